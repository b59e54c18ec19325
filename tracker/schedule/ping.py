"""Tells an address on the web how a run went: it is called after a good run, and told of a bad one under /fail.

That is how healthchecks.io and its kin watch a cron job: who hears nothing for too long, or of a failure, tells a
person. Names of queries and digests are told, no address and no text of a source.
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import requests
from urllib3.exceptions import HTTPError

from tracker import __version__
from tracker.config.hosts import web_address
from tracker.web.wire import Limit, session

_SECONDS = 10.0  # for the whole of it: a ping that hangs must not hold up anything


def ping(address: str, failures: Sequence[str]) -> str:
    """Call the address. Returns "" or what went wrong, without the address, which may hold a key."""
    method, target = ("POST", _fail(address)) if failures else ("GET", address)
    body = "\n".join(failures).encode("utf-8", "replace")[:10_000]
    with Limit(_SECONDS), session(f"follicle-tracker/{__version__}") as http:
        try:
            with http.request(
                method, target, data=body or None, timeout=_SECONDS / 2, stream=True, allow_redirects=False
            ) as answer:
                status = answer.status_code
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            return f"ping: {urlsplit(address).hostname} cannot be reached ({type(error).__name__})"
    return "" if status < 300 else f"ping: {urlsplit(address).hostname} answers HTTP {status}"


def ping_of(path: Path, failures: Sequence[str]) -> str:
    """Tell of a queries.toml that cannot be used the address that stands in it, where that much can be read."""
    try:
        address = tomllib.loads(path.read_text())["tracker"]["ping"]
        return ping(web_address(address), failures)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""


def _fail(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/fail"))
