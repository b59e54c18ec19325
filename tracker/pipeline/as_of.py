"""As of: an issue as it would be if the clock stood at an earlier moment. Keeps nothing.

The database is told once more, in a copy, what it was told by then: each version of each record is read by today's
parser and judged by today's rules, in the order in which they came; events and fetches are copied. What is composed is
composed there, by the function that composes every issue, and the copy is thrown away.

Issues that were composed by then hold. Where a digest had none, its earlier ones are composed first, each at its own
moment: what was told before, corrections and numbers depend on them.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from tracker import periods
from tracker.classify import Classifier, load_taxonomy
from tracker.config import Digest, Settings
from tracker.dates import Clock, from_stamp, stamp
from tracker.errors import ConfigError, RecordError
from tracker.pipeline import prepare
from tracker.pipeline.compose import Issue, compose
from tracker.pipeline.fetch import labels_of, lay_labels, only, relabel_papers
from tracker.records import REGISTRIES, source_of
from tracker.sources import SOURCES
from tracker.store import Store, past, saving, versions, works

# An issue so much later than its slot is not a late one: whoever asks for it asks for an extra one.
_LATE = timedelta(days=1)

Progress = Callable[[int, int], None]  # versions read, versions in all


@dataclass(frozen=True, slots=True)
class Step:
    """One issue to compose: the earlier ones of a digest, and last the one that is asked for."""

    moment: datetime
    digest: Digest


def compose_as_of(
    settings: Settings,
    held: Store,
    digests: Sequence[Digest],
    text: str,
    clock: Clock,
    progress: Progress = lambda done, total: None,
) -> list[Issue]:
    """The issue of each of these digests as of a moment (`periods.moment` says how it is written).

    Nothing is written to `held`, which may be open for reading while another run writes. Raises ConfigError for what is
    no moment, one to come, or one before the first fetch.
    """
    with past.snapshot(held):
        steps = [step for digest in digests for step in _steps(settings, held, digest, text, clock())]
        steps.sort(key=lambda step: step.moment)
        with past_of(settings, held, stamp(steps[-1].moment), progress) as copy:
            issues = {step.digest.name: copy.compose(step) for step in steps}
    return [issues[digest.name] for digest in digests]


def _steps(settings: Settings, held: Store, digest: Digest, text: str, now: datetime) -> list[Step]:
    """The issues that must be composed for the one that is asked for, which is the last of them."""
    zone, every = ZoneInfo(digest.timezone), periods.parse(digest.every)
    at = periods.moment(text, every, zone)
    fetched = _fetched(held, digest)
    newest = max([now, *fetched])
    if at > newest:
        raise ConfigError(f"--as-of {text}: lies ahead; it is {stamp(newest)} now")
    if not fetched or at < fetched[0]:
        first = f"it was first fetched for at {stamp(fetched[0])}" if fetched else "it was never fetched for"
        raise ConfigError(f"--as-of {text}: nothing was held for digest {digest.name} at {stamp(at)}; {first}")
    composed = held.rows("select 1 from digests where name = ? and created <= ? limit 1", [digest.name, stamp(at)])
    earlier = [] if composed else _earlier(every, zone, at, fetched)
    return [Step(moment, digest) for moment in (*earlier, at)]


def _earlier(every: periods.Every, zone: ZoneInfo, at: datetime, fetched: Sequence[datetime]) -> Iterator[datetime]:
    """When the earlier issues were due, from the first fetch on.

    Each as long after its slot as `at` is after its own, for a machine may be late each time. But where that is a day
    or more, and something had been fetched for the slot, the slot's own issue came first and in time, as all others.
    """
    slot = periods.slot(every, zone, at)
    late = at - slot.at
    before = periods.previous(every, zone, slot)
    if late >= _LATE and any(before.at + late < moment <= slot.at for moment in fetched):
        late, before = timedelta(0), slot
    while before.at + late >= fetched[0]:
        yield before.at + late
        before = periods.previous(every, zone, before)


def _fetched(held: Store, digest: Digest) -> list[datetime]:
    """When something was fetched for a digest."""
    marks = ",".join("?" * len(digest.queries))
    rows = held.rows(f"select distinct started from fetches where query in ({marks}) order by 1", digest.queries)
    return [from_stamp(row["started"]) for row in rows]


@contextmanager
def past_of(settings: Settings, held: Store, last: str, progress: Progress) -> Iterator["Past"]:
    with TemporaryDirectory(prefix="tracker-as-of-") as folder, Store.open(Path(folder) / "as-of.db") as store:
        store.db.conn.execute("pragma synchronous = off")  # it is thrown away whatever happens
        inside = replace(settings, db=store.path, digests_dir=Path(folder) / "digests", smtp=None)
        yield Past(inside, held, store, last, progress)


class Past:
    """The copy, which is brought forward through time, from before everything to `last`."""

    def __init__(self, settings: Settings, held: Store, store: Store, last: str, progress: Progress) -> None:
        self.settings = settings
        self.held = held
        self.store = store
        self.progress = progress
        self.taxonomy = load_taxonomy(settings.approaches)
        self.classifier = Classifier(self.taxonomy)
        self.sources = {name: make(settings.sources[name]) for name, make in SOURCES.items()}
        self.until = ""
        self.versions = past.versions(held, last)
        self.read = 0
        past.bring_queries(held, store)

    def compose(self, step: Step) -> Issue:
        """Compose an issue at its moment, with the queries that were configured then."""
        until = stamp(step.moment)
        known = past.queries(self.held, until)
        settings = replace(self.settings, queries=tuple(one for one in self.settings.queries if one.name in known))
        mine = tuple(name for name in step.digest.queries if name in known)
        digest = replace(step.digest, queries=mine, email=())  # nobody is written to
        prepare(settings, self.store, self.taxonomy, lambda: step.moment)
        self._bring(until)
        past.bring_issues(self.held, self.store, digest.name, until)
        return compose(settings, self.store, digest, lambda: step.moment)

    def _bring(self, until: str) -> None:
        """Tell the copy everything up to a moment."""
        since, self.until = self.until, until
        with self.store.transaction():
            past.bring_fetches(self.held, self.store, since, until)
            for received, run in groupby(self._due(), key=lambda version: version.received):
                self._run(list(run), received)
            for record in past.bring_facts(self.held, self.store, since, until):
                with suppress(RecordError):
                    lay_labels(self.store, self.settings, self.classifier, record, until)

    def _due(self) -> Iterator[past.Version]:
        while self.read < len(self.versions) and self.versions[self.read].received <= self.until:
            self.read += 1
            yield self.versions[self.read - 1]
            self.progress(self.read, len(self.versions))

    def _run(self, run: Sequence[past.Version], received: str) -> None:
        """What one run brought. Papers are judged again when it brought a trial that they report."""
        for version in run:
            self._take(version)
        trials = sorted({version.record for version in run if source_of(version.record) in REGISTRIES})
        relabel_papers(self.store, self.settings, self.classifier, trials, received)

    def _take(self, version: past.Version) -> None:
        payload, db = past.payload(self.held, version), self.store.db
        if not version.newest:
            versions.keep_aside(db, version.record, payload, version.received)
            return
        try:
            record = only(self.sources[version.source].parse(payload), payload)
        except RecordError:
            past.bring_as_it_is(self.held, self.store, version)
            works.unite(db, version.record)
            return
        labels = labels_of(self.store, self.classifier, record)
        saving.write_record(db, record, payload, self.store.leaf_names(record.id, labels), version.received)
        saving.write_labels(db, record.id, labels, version.received)
        works.unite(db, record.id)
