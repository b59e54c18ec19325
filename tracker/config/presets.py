"""Feeds by name: presets.toml as a mapping, and the address that a [[feed]] comes to."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote


@cache
def presets() -> Mapping[str, Mapping[str, str]]:
    """name -> title, url, and `of`: what {of} in the url stands for."""
    return tomllib.loads(files("tracker.config").joinpath("presets.toml").read_text("utf-8"))


def mistake(feed: Mapping[str, Any]) -> tuple[str, str] | None:
    """(key, what is wrong with it) where a [[feed]] has not just one address; None where all is well."""
    name, of = feed.get("preset"), feed.get("of")
    if bool(feed.get("url")) == bool(name):
        return "url", "a feed has either a url or a preset"
    if not name:
        return ("of", "goes with a preset alone") if of else None
    if not isinstance(name, str) or name not in presets():
        return None  # its name is checked, with the nearest ones
    wanted = presets()[name].get("of")
    if wanted and not of:
        return "preset", f"{name} needs of = ...: {wanted}"
    return ("of", f"{name} needs no more than its name") if of and not wanted else None


def address(preset: str, of: str) -> str:
    """The address of a preset; "" where there is none of that name, which is a mistake that is said."""
    return presets().get(preset, {}).get("url", "").replace("{of}", quote(of, safe="+_-."))
