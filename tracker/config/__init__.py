"""Configuration: queries.toml -> typed, frozen settings; every mistake at once, each with file:line and a hint.

    settings.py    what the rest of the program holds: Settings, Query, Digest ... Start here.
    reading.py     load() and find(), top to bottom
    syntax.py      bytes -> TOML, or where it is none     positions.py  where each key stands
    form.py        sections and keys (pydantic)           grammar.py    what a single value may be
    checks.py      what two values together get wrong     mistakes.py   a mistake as one line
    hosts.py       the real hosts and their limits        upstreams.py  addresses and secrets of the environment
    starter.py     the file that `tracker init` writes

It asks nothing of the network.
"""

from tracker.config.reading import find, load, schema, shipped
from tracker.config.settings import (
    LINKED,
    Approach,
    Digest,
    Feed,
    Query,
    Settings,
    Smtp,
    SourceSettings,
)
from tracker.config.starter import write_starter

__all__ = [
    "LINKED",
    "Approach",
    "Digest",
    "Feed",
    "Query",
    "Settings",
    "Smtp",
    "SourceSettings",
    "find",
    "load",
    "schema",
    "shipped",
    "write_starter",
]
