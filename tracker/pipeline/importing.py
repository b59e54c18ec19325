"""Import: records from files, read and judged as a fetch does it, but never announced.

A file is no listing: nothing is baseline by it, nothing absent. An older version, or a poorer form, of what we hold is
kept and changes nothing. Each batch is one transaction, and whatever a batch changes is in it, so a run that dies
leaves whole batches, and running it again ends in the same database.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracker.classify import Classifier
from tracker.config import Settings
from tracker.dates import Clock, stamp
from tracker.errors import RecordError, SourceError
from tracker.pipeline.fetch import BATCH, labels_of, only, relabel_papers
from tracker.records import REGISTRIES, Payload, Record, fingerprint, record_id, source_of
from tracker.sources import SOURCES, Source
from tracker.sources.files import Cut, Deletion, Item, RecordFile
from tracker.sources.versions import version_of
from tracker.store import Store, fetching, versions

BATCH_BYTES = 8_000_000  # of large records fewer go into a batch


@dataclass(slots=True)
class FileTally:
    """How the import of one file went: a row of the closing table. `taken` of `size` bytes were read."""

    file: str
    size: int = 0
    taken: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    older: int = 0
    quarantined: int = 0
    deleted: int = 0
    finished: bool = False
    error: str = ""

    @property
    def records(self) -> int:
        return self.new + self.changed + self.same + self.older + self.quarantined


# Told after each batch, and once more when a file is finished.
Progress = Callable[[FileTally], None]


def import_files(
    settings: Settings,
    store: Store,
    classifier: Classifier,
    clock: Clock,
    paths: Sequence[Path],
    query: str = "",
    progress: Progress = lambda tally: None,
) -> list[FileTally]:
    """Import these files, and tie their records to `query` as baseline where one is named.

    Returns one tally per file, with its error where it could not be read whole; the others go on.
    """
    run = _Import(settings, store, classifier, stamp(clock()), query)
    return [run.file(path, progress) for path in paths]


class _Import:
    def __init__(self, settings: Settings, store: Store, classifier: Classifier, now: str, query: str) -> None:
        self.settings = settings
        self.store = store
        self.classifier = classifier
        self.now = now
        self.query = query
        self.sources: dict[str, Source] = {name: make(settings.sources[name]) for name, make in SOURCES.items()}

    def file(self, path: Path, progress: Progress) -> FileTally:
        file = RecordFile(path)
        tally = FileTally(str(path), file.size)
        try:
            for batch in _batches(file):
                with self.store.transaction():
                    self._keep(batch, tally)
                tally.taken = file.taken
                progress(tally)
        except SourceError as error:
            tally.error = str(error)
        tally.finished = True
        progress(tally)
        return tally

    def _keep(self, batch: Sequence[Item], tally: FileTally) -> None:
        ids = [_id(item) for item in batch if isinstance(item, Payload)]
        held = versions.hashes(self.store.db, ids)
        touched: list[str] = []
        for item in batch:
            if isinstance(item, Deletion):
                tally.deleted += self._delete(item)
            elif isinstance(item, Cut):
                self._quarantine(item.payload, item.reason, tally)
                tally.quarantined += 1
            else:
                verdict = self._one(item, held, tally)
                setattr(tally, verdict, getattr(tally, verdict) + 1)
                if verdict in ("new", "changed"):
                    touched.append(_id(item))
        trials = [record for record in touched if source_of(record) in REGISTRIES]
        relabel_papers(self.store, self.settings, self.classifier, trials, self.now)

    def _quarantine(self, payload: Payload, reason: str, tally: FileTally) -> None:
        """Kept with a line that says where it stands: of a record without an id the file and its place there."""
        place = "" if payload.key else f", record {tally.records + 1}"
        self.store.quarantine(payload, self.query, f"{Path(tally.file).name}{place}: {reason}", self.now)

    def _one(self, payload: Payload, held: dict[str, list[str]], tally: FileTally) -> str:
        """Store one record. Returns the field of the tally that counts it."""
        try:
            record, verdict = self._store(payload, held)
        except RecordError as error:
            self._quarantine(payload, str(error), tally)
            return "quarantined"
        if verdict != "new":
            self.store.resolve_quarantine(payload, self.now)  # a broken form of it came between two good ones
        if self.query:
            fetching.add_match(self.store.db, record, self.query, True, self.now)
        return verdict

    def _store(self, payload: Payload, held: dict[str, list[str]]) -> tuple[str, str]:
        """The rule by which a version changes what we say: "same" and "older" change nothing. Returns (id, verdict).

        Equal bytes are not even read. `held` is kept up to date, because a file can name a record twice in a batch.
        """
        hashes = held.setdefault(_id(payload), []) if payload.key else []
        if hashes and hashes[-1] == payload.sha256:
            return _id(payload), "same"
        age = self._age(payload) if hashes else "newer"
        if age != "newer" and payload.sha256 in hashes:
            return _id(payload), age
        record = self._read(payload)
        if age == "older" or (age == "same" and self._says_the_same(record)):
            versions.keep_aside(self.store.db, record.id, payload, self.now)
            hashes.insert(-1, payload.sha256)
            return record.id, age
        labels = labels_of(self.store, self.classifier, record)
        verdict = self.store.save(record, payload, labels, self._read, fetch=None, now=self.now)
        hashes.append(payload.sha256)
        return record.id, verdict

    def _age(self, payload: Payload) -> str:
        """Beside the newest version held: "older" (or poorer), "same" or "newer"."""
        newest = self.store.payload_of(_id(payload))
        if newest is None:
            return "newer"
        mine, theirs = version_of(payload), version_of(newest)
        if mine.is_poorer(theirs) or mine.is_older(theirs):
            return "older"
        return "same" if mine == theirs else "newer"

    def _says_the_same(self, record: Record) -> bool:
        """One version in two layouts, such as an answer of efetch and NLM's baseline file."""
        row = self.store.rows("select fingerprint from records where id = ?", [record.id])
        return bool(row) and row[0]["fingerprint"] == fingerprint(record)

    def _read(self, payload: Payload) -> Record:
        return only(self.sources[payload.source].parse(payload), payload)

    def _delete(self, deletion: Deletion) -> int:
        """Held records that PubMed says it has deleted are marked as gone. Returns how many of them we hold."""
        named = {record_id("pubmed", pmid): version for pmid, version in deletion.citations}
        found = 0
        for ids in _chunks(sorted(named)):
            for record in versions.hashes(self.store.db, ids):
                newest = self.store.payload_of(record)
                # A version may be deleted by itself; another one that we hold stays.
                if newest and version_of(newest).age[0] in ("", named[record]):
                    fetching.mark_gone(self.store.db, record, None, self.now)
                    found += 1
        return found


def _id(payload: Payload) -> str:
    return record_id(payload.source, payload.key)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Items in batches; where the file breaks off, first what was read before."""
    batch: list[Item] = []
    size = 0
    try:
        for item in items:
            batch.append(item)
            size += len(item.body) if isinstance(item, Payload) else 0
            if len(batch) == BATCH or size > BATCH_BYTES:
                yield batch
                batch, size = [], 0
    except SourceError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))
