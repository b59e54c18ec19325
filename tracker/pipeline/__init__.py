"""The order of things: fetch, compose, and the health of both. The only package that knows all the rooms."""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tracker.classify import Classifier, load_taxonomy
from tracker.config import Settings
from tracker.config.hosts import FROM_FILES
from tracker.dates import Clock
from tracker.errors import ConfigError
from tracker.pipeline.checking import check_all, check_file
from tracker.pipeline.compose import Issue, compose, stored_issues
from tracker.pipeline.fetch import Options as FetchOptions
from tracker.pipeline.fetch import Progress, fetch, relabel
from tracker.pipeline.health import Health, health
from tracker.pipeline.importing import FileTally, import_files
from tracker.pipeline.importing import Progress as ImportProgress
from tracker.pipeline.judging import outdated
from tracker.pipeline.living import check_live
from tracker.pipeline.preparing import prepare
from tracker.sources import SOURCES
from tracker.store import Store, Tally
from tracker.store.opening import there

__all__ = [
    "FetchOptions",
    "Health",
    "Issue",
    "check_all",
    "check_file",
    "check_live",
    "compose",
    "fetch",
    "fetch_all",
    "health",
    "import_all",
    "outdated",
    "prepare",
    "relabel",
    "stored_issues",
]


def fetch_all(
    settings: Settings,
    clock: Clock,
    names: Sequence[str] = (),
    sources: Sequence[str] = (),
    options: FetchOptions = FetchOptions(),
    progress: Progress = lambda tally: None,
) -> list[Tally]:
    """Open the database, fetch the named queries (all by default) from the named sources, close it again.

    Raises ConfigError for a name that is not configured, LockedError while another run writes.
    """
    queries = [settings.query(name) for name in names] or list(settings.queries)
    for source in sources:
        if source not in SOURCES:
            asked = ", ".join(name for name in SOURCES if name not in FROM_FILES)
            raise ConfigError(f'no source is named "{source}"; there are: {asked}')
        if source in FROM_FILES:
            raise ConfigError(f"{source} is not asked, but read from files that its site exports: tracker import FILE")
    taxonomy = load_taxonomy(settings.approaches)
    with _opened(settings, dry_run=options.dry_run) as store:
        if not options.dry_run:
            prepare(settings, store, taxonomy, clock)
        return fetch(
            settings, store, Classifier(taxonomy), clock,
            queries=queries, sources=sources or list(SOURCES), options=options, progress=progress,
        )  # fmt: skip


@contextlib.contextmanager
def _opened(settings: Settings, *, dry_run: bool) -> Iterator[Store]:
    """The database; for a dry run read-only, and an empty one elsewhere when there is none yet."""
    if not dry_run:
        with Store.open(settings.db) as store:
            yield store
    elif there(settings.db):
        with Store.read(settings.db) as store:
            yield store
    else:
        with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "dry.db") as store:
            yield store


def import_all(
    settings: Settings,
    clock: Clock,
    paths: Sequence[Path],
    query: str = "",
    progress: ImportProgress = lambda tally: None,
) -> list[FileTally]:
    """Open the database, import these files, close it again. `query` ties their records to it, as baseline.

    Raises ConfigError for a query that is not configured, LockedError while another run writes.
    """
    if query:
        settings.query(query)
    taxonomy = load_taxonomy(settings.approaches)
    with Store.open(settings.db) as store:
        prepare(settings, store, taxonomy, clock)
        return import_files(settings, store, Classifier(taxonomy), clock, paths, query, progress)
