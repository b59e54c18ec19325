"""A person's word: kept apart from the labels in `judgements`, and laid over what the rules say each time they speak.

So it survives fetching and classifying, and taking it back brings the rules' label back. Every function that writes
runs in the caller's transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from tracker.records import Label

# Axes on which a record has one label: a person says which, and never "not this one", for that would leave none.
ONE_LABEL = ("relevance", "stage")
UNNAMED_CONDITION = "general"  # what the rules say where no disorder is named


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a person says of a record: `label` on `axis` holds (yes), or does not (no)."""

    axis: str
    label: str
    says: str = "yes"
    author: str = ""
    note: str = ""
    seen: str = ""


def judged_by(db: Database) -> str:
    """The version of the taxonomy by which everything that is held was judged last; "" where that is not known."""
    row = db.conn.execute("select version from judged").fetchone()
    return str(row[0]) if row else ""


def note_judged_by(db: Database, version: str, now: str) -> None:
    if judged_by(db) != version:
        db.conn.execute("delete from judged")
        db.conn.execute("insert into judged (version, since) values (?, ?)", [version, now])


def judgements_of(db: Database, record: str) -> list[Judgement]:
    rows = db.conn.execute(
        "select axis, label, says, author, note, seen from judgements where record = ? order by axis, label", [record]
    )
    return [
        Judgement(axis=axis, label=label, says=says, author=author, note=note, seen=seen)
        for axis, label, says, author, note, seen in rows
    ]


def keep_judgement(db: Database, record: str, word: Judgement, now: str) -> None:
    """Write a person's word; what was said of the same label before, or of the only label of its axis, gives way."""
    if word.axis in ONE_LABEL:
        drop_judgements(db, record, word.axis)
    db.conn.execute(
        """insert into judgements (record, axis, label, says, author, note, seen) values (?, ?, ?, ?, ?, ?, ?)
           on conflict (record, axis, label) do update set
               says = excluded.says, author = excluded.author, note = excluded.note, seen = excluded.seen""",
        [record, word.axis, word.label, word.says, word.author, word.note, now],
    )


def drop_judgements(db: Database, record: str, axis: str = "", label: str = "") -> int:
    """Take back what was said of a label, of an axis, or of a record. Returns how many words that were."""
    cursor = db.conn.execute(
        "delete from judgements where record = :record and :axis in ('', axis) and :label in ('', label)",
        {"record": record, "axis": axis, "label": label},
    )
    return cursor.rowcount


def overlaid(labels: Iterable[Label], words: Sequence[Judgement]) -> list[Label]:
    """The labels of the rules with a person's word over them. Laying it over twice changes nothing more."""
    if not words:
        return list(labels)
    spoken = {(word.axis, word.label) for word in words}
    said = [(word.axis, word.label) for word in words if word.says == "yes"]
    kept = [label for label in labels if (label.axis, label.label) not in spoken and not _gives_way(label, said)]
    return kept + [
        Label(axis=axis, label=label, origin="person", source="person", rule="person") for axis, label in said
    ]


def _gives_way(label: Label, said: Sequence[tuple[str, str]]) -> bool:
    """Whether a rule's label goes because of what a person says of others."""
    if label.axis in ONE_LABEL:
        return any(axis == label.axis for axis, _ in said)
    if ("relevance", "off") in said:  # the rules, too, give no approach and no condition to what is off topic
        return label.axis in ("approach", "condition")
    named = any(axis == "condition" for axis, _ in said)
    return named and (label.axis, label.label) == ("condition", UNNAMED_CONDITION)
