"""The group that all commands hang on, and the two things that nearly all of them open: the settings and the store."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker import __version__

if TYPE_CHECKING:
    from tracker.config import Settings

_STYLE = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


# Whether a file can be read, its reader says in one line; click would stop everything with its usage.
ANY_PATH = click.Path(path_type=Path, readable=False)


@click.group(context_settings=_STYLE)
@click.version_option(__version__, "--version", message="tracker %(version)s")
@click.option("--config", "config", type=ANY_PATH, default=Path("queries.toml"), show_default=True)
@click.option("--db", type=ANY_PATH, help="The database; by default as queries.toml says.")
@click.pass_context
def cli(context: click.Context, config: Path, db: Path | None) -> None:
    """How close is the regenerative treatment of hair loss to the clinic, and what moved this week?"""
    context.obj = {"config": config, "db": db}
    if os.environ.get("NO_COLOR"):
        context.color = False


def settings_of(context: click.Context) -> "Settings":
    from dataclasses import replace

    from tracker.config import load
    from tracker.errors import ConfigError

    settings = load(context.obj["config"], os.environ)
    if context.obj["db"] and not context.obj["db"].name:
        raise ConfigError(f"--db {context.obj['db']}: names no file")
    return replace(settings, db=context.obj["db"]) if context.obj["db"] else settings


@contextlib.contextmanager
def open_store(context: click.Context, *, writing: bool) -> "Iterator[Any]":
    from tracker.store import Store

    settings = settings_of(context)
    with Store.open(settings.db) if writing else Store.read(settings.db) as store:
        yield settings, store
