"""What `tracker check` says: mistakes and warnings of a configuration, what it asks, whether the database is whole.

A mistake raises; warnings and notes are lines. The network is not asked.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tracker.classify import Taxonomy, load_taxonomy
from tracker.config import Query, Settings, load
from tracker.errors import ConfigError, StoreError
from tracker.pipeline.judging import outdated
from tracker.sources import SOURCES
from tracker.store import Store
from tracker.store.opening import there

_ANY_LEAF = "oth.leaf"


def check_file(path: Path, env: Mapping[str, str] = os.environ, db: Path | None = None) -> Iterator[str]:
    """Line by line. Raises ConfigError with every mistake of the file, StoreError when the database cannot be used."""
    names = [name for leaf in load_taxonomy().leaves for name in (leaf.id, leaf.family)]
    settings = load(path, env, names, leaf_mistakes)
    yield from check_all(replace(settings, db=db) if db else settings)


def leaf_mistakes(row: Mapping[str, Any]) -> list[str]:
    """What the taxonomy says against an [[approach]], each as "key: what is wrong"."""
    try:
        load_taxonomy([row])
    except ConfigError as error:
        lines = [line.removeprefix(f'approach "{row.get("id")}": ') for line in str(error).splitlines()]
        # One whose family does not exist is looked at no further, so that its terms are looked at by themselves.
        own = str(row.get("id")) != _ANY_LEAF and lines[0].startswith("an id is")
        return lines + (leaf_mistakes({**row, "id": _ANY_LEAF}) if own else [])
    return []


def check_all(settings: Settings) -> Iterator[str]:
    """What is to be said of a configuration that could be read: warnings, notes, queries, the database."""
    warnings = [*settings.warnings, *_without_contact(settings)]
    yield from warnings
    yield from _not_followed(settings, load_taxonomy(settings.approaches))
    for query in settings.queries:
        asks = [source for source in SOURCES if query.expression(source)]
        yield f"query {query.name}: asks {' and '.join(asks)}{_follows(query)}"
    for source in settings.experimental:
        yield f"note: {source} is experimental: look at it with tracker check --live before you rely on it"
    for digest in settings.digests:
        yield f"digest {digest.name}: {digest.every}, from {', '.join(digest.queries)}"
    yield from _database(settings)
    count = len(warnings)
    name = settings.path.name if settings.path else "queries.toml"
    yield f"{name}: {count} warning{'s' if count > 1 else ''}." if count else f"{name} is fine."


def _without_contact(settings: Settings) -> Iterator[str]:
    """What fetch will refuse: the real hosts are not asked without an address."""
    for source in settings.sources:
        try:
            settings.require_contact(source)
        except ConfigError as error:
            yield str(error)
            return


def _not_followed(settings: Settings, taxonomy: Taxonomy) -> Iterator[str]:
    """Core families and leaves that no query is meant to see: no mistake, but what comes of them comes by chance."""
    followed = {name for query in settings.queries for name in query.follows}
    for family in taxonomy.families:
        leaves = [leaf for leaf in taxonomy.leaves if leaf.family == family.id]
        left = [leaf.id for leaf in leaves if leaf.id not in followed]
        if not family.core or family.id in followed or not left:
            continue
        what = f"{family.id} ({family.label})" if len(left) == len(leaves) else ", ".join(left)
        yield f"note: no query follows {what}: of it only what other queries find comes in"


def _database(settings: Settings) -> Iterator[str]:
    path = settings.db
    if not there(path):
        yield f"{path}: not there yet; tracker fetch makes it"
        return
    with Store.read(path) as store:
        result = store.rows("pragma quick_check(1)")[0]["quick_check"]
        if result != "ok":
            raise StoreError(f"{path}: is damaged ({result}); restore a backup")
        yield f"{path}: whole"
        yield from (f"note: {line}" for line in outdated(settings, store))


def _follows(query: Query) -> str:
    return f", follows {', '.join(query.follows)}" if query.follows else ""
