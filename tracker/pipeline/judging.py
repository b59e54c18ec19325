"""Judging again: every held record by today's rules, and what that changes. Nothing here makes an event.

A record is read from the newest payload that is held of it, so that a better parser counts too. What a person said lies
over the rules wherever labels are written (store/judging.py).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tracker.classify import Classifier, load_taxonomy
from tracker.config import Settings
from tracker.dates import Clock, stamp
from tracker.errors import RecordError
from tracker.pipeline.fetch import BATCH, labels_of, only
from tracker.records import Label, Record
from tracker.sources import SOURCES
from tracker.store import Store
from tracker.store.judging import ONE_LABEL, judged_by, note_judged_by
from tracker.store.saving import Rows, compare_labels, read_otherwise

EXAMPLES = 3
_DERIVED = {"fingerprint", "variants", "title_key"}  # columns that no source said

Progress = Callable[[int, int], None]  # records done, records in all


@dataclass(frozen=True, slots=True)
class Example:
    record: str
    title: str
    quote: str


@dataclass(slots=True)
class Move:
    """A label that records gain, lose or, on an axis of one label, change: how many, and the first of them."""

    count: int = 0
    examples: list[Example] = field(default_factory=list)


@dataclass(slots=True)
class Review:
    """What today's rules change. moves: (axis, label before or "", label after or "")."""

    records: int = 0
    changed: int = 0
    reworded: int = 0  # same labels by other words, rules or strength
    moves: dict[tuple[str, str, str], Move] = field(default_factory=dict)
    columns: Counter[str] = field(default_factory=Counter)  # read otherwise by today's parser
    unreadable: list[str] = field(default_factory=list)


def classify_all(
    settings: Settings,
    store: Store,
    classifier: Classifier,
    clock: Clock,
    *,
    dry_run: bool = False,
    progress: Progress = lambda done, total: None,
) -> Review:
    """Read every held record by today's rules and, unless `dry_run`, write what differs; the rest is left alone."""
    review, now = Review(), stamp(clock())
    # Trials first: a paper takes the phase of the trial that it reports.
    ids = [row["id"] for row in store.rows("select id from records order by kind = 'trial' desc, id")]
    for start in range(0, len(ids), BATCH):
        read = list(_readings(settings, store, classifier, ids[start : start + BATCH], review))
        changed = [one for one in read if _differs(store, *one, review)]
        if changed and not dry_run:
            with store.transaction():
                for record, labels in changed:
                    store.relabel(record, labels, now)
        progress(min(start + BATCH, len(ids)), len(ids))
    if not dry_run:
        with store.transaction():
            note_judged_by(store.db, classifier.taxonomy.version, now)
    return review


def outdated(settings: Settings, store: Store) -> list[str]:
    """A line for whoever should judge again, because the rules, or leaves of his own, have changed since."""
    before, today = judged_by(store.db), load_taxonomy(settings.approaches).version
    if before == today or not store.rows("select 1 from records limit 1"):
        return []
    return [
        f"what is held was judged by the taxonomy {before or 'of an older tracker'}, and today's is {today}: "
        "tracker classify --dry-run shows what would change, tracker classify writes it"
    ]


def _readings(
    settings: Settings, store: Store, classifier: Classifier, ids: Sequence[str], review: Review
) -> Iterator[tuple[Record, list[Label]]]:
    for record in ids:
        try:
            read = reread(settings, store, record)
        except RecordError as error:  # it was read once, by an earlier parser: it keeps what that one read
            review.unreadable.append(str(error))
            continue
        if read is not None:
            review.records += 1
            yield read, labels_of(store, classifier, read)


def reread(settings: Settings, store: Store, record: str) -> Record | None:
    """A held record as today's parser reads its newest payload; None where none is held. Raises RecordError."""
    payload = store.payload_of(record)
    if payload is None:
        return None
    return only(SOURCES[payload.source](settings.sources[payload.source]).parse(payload), payload)


def _differs(store: Store, record: Record, labels: list[Label], review: Review) -> bool:
    """Whether anything of a record would be written; counts what in `review`."""
    held, wanted = compare_labels(store.db, record.id, labels)
    columns = read_otherwise(store.db, record, store.leaf_names(record.id, labels))
    review.columns.update(set(columns) - _DERIVED)
    for move in _moves(held, wanted):
        quotes = {(label.axis, label.label): label.quote or "" for label in labels}
        counted = review.moves.setdefault(move, Move())
        counted.count += 1
        if len(counted.examples) < EXAMPLES:
            counted.examples.append(Example(record.id, record.title, quotes.get((move[0], move[2]), "")))
    review.reworded += held.keys() == wanted.keys() and held != wanted
    review.changed += bool(columns or held != wanted)
    return bool(columns or held != wanted)


def _moves(held: Rows, wanted: Rows) -> Iterator[tuple[str, str, str]]:
    lost, gained = sorted(held.keys() - wanted.keys()), sorted(wanted.keys() - held.keys())
    for axis in ONE_LABEL:
        before = next((label for one, label in lost if one == axis), "")
        after = next((label for one, label in gained if one == axis), "")
        if before or after:
            yield axis, before, after
    yield from ((axis, label, "") for axis, label in lost if axis not in ONE_LABEL)
    yield from ((axis, "", label) for axis, label in gained if axis not in ONE_LABEL)
