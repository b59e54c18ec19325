"""What a digest knows of a record before it tells anything of it: was it there before, was it told, in which issue?

A work counts once, however many records it has: the digest knows it when it knows one of them.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tracker.digest import sql
from tracker.digest.material import ANNOUNCES, Change

ADDS = (*ANNOUNCES, "paper_linked")  # kinds whose `field` holds no state that the next one replaces


class DigestSettings(Protocol):
    """What gathering needs of a digest's configuration. No queries: all of them. No approaches: no limit."""

    @property
    def name(self) -> str: ...
    @property
    def queries(self) -> Sequence[str]: ...
    @property
    def approaches(self) -> Sequence[str]: ...
    @property
    def min_severity(self) -> int: ...


@dataclass(slots=True)
class Standing:
    """What decides whether a record's events are told. matched, baseline: by the digest's own queries.

    earlier: the other version of the same work that this digest had before, and "" where the work itself is new.
    """

    head: str
    paper: bool
    matched: bool
    baseline: bool
    off_topic: bool
    approaches: frozenset[str]
    told: bool  # the work, by this digest, by now
    told_fields: set[str]  # of which this digest has told a move
    earlier: str


class Known:
    """One digest's knowledge, read from the database."""

    def __init__(self, conn: sqlite3.Connection, digest: DigestSettings) -> None:
        self.conn = conn
        self.name = digest.name
        self.queries = tuple(digest.queries) or self._all_queries()
        self.approaches = tuple(digest.approaches)
        self.min_severity = max(1, digest.min_severity)
        self.marks = sql.marks(self.queries)
        self.versions = self._versions()

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return sql.rows(self.conn, statement, *values)

    def _all_queries(self) -> tuple[str, ...]:
        """Every query that asks something: `linked`, which follows links, asks nothing and announces nothing."""
        return tuple(row[0] for row in self.rows("select name from queries where source != '[]' order by name"))

    def _versions(self) -> Mapping[str, tuple[str, ...]]:
        """Version of record -> its other versions."""
        out: dict[str, tuple[str, ...]] = {}
        for head, other in self.rows("select same_as, id from records where same_as is not null order by same_as, id"):
            out[head] = (*out.get(head, ()), other)
        return out

    def standing(self, record: str) -> Standing:
        head, kind = self.rows("select coalesce(same_as, id), kind from records where id = ?", record)[0]
        first = self._first_match(record)
        off_topic, approaches = self._topic(record)
        return Standing(
            head=head,
            paper=kind == "article",
            matched=bool(first) or (tied := self._tied(record)),
            baseline=first[1] if first else tied,
            off_topic=off_topic,
            approaches=approaches,
            told=bool(self.told_in(head, named=True)),
            told_fields=self._told_fields(record),
            earlier=self._earlier(record, head, first),
        )

    def _topic(self, record: str) -> tuple[bool, frozenset[str]]:
        """Whether it is off topic, and its approaches."""
        labels = self.rows(
            "select axis, label from labels where record = ? and axis in ('relevance', 'approach')", record
        )
        return ("relevance", "off") in labels, frozenset(label for axis, label in labels if axis == "approach")

    def is_outside(self, approaches: Iterable[str]) -> bool:
        """Whether this digest is limited to approaches, and none of these is one of them."""
        return bool(self.approaches) and not any(within(leaf, self.approaches) for leaf in approaches)

    def _first_match(self, record: str) -> tuple[str, bool] | None:
        """(first_seen, baseline) of the earliest match among the digest's queries. Two queries that list it in one run
        see it at one moment: one of them was watched, so it was not there before."""
        statement = f"""select first_seen, baseline from matches where record = ? and query in ({self.marks})
            order by first_seen, baseline limit 1"""
        found = self.rows(statement, record, *self.queries)
        return (found[0][0], bool(found[0][1])) if found else None

    def _earlier(self, record: str, head: str, first: tuple[str, bool] | None) -> str:
        """Which other record of its work this digest told before this one, or could have. For a paper a preprint is no
        such record: that it came out is news."""
        others = self._equals(record, head)
        return next((other for other in others if self.issues_of((other,)) or self._could_tell(other, first)), "")

    def _equals(self, record: str, head: str) -> tuple[str, ...]:
        """The other records of its work; of a paper those that are papers."""
        others = tuple(other for other in (head, *self.versions.get(head, ())) if other != record)
        if not others or self._is_preprint(record):
            return others
        return tuple(other for other in others if not self._is_preprint(other))

    def repeats(self, change: Change, head: str) -> bool:
        """Whether this digest told the same of another record of the same paper."""
        others = self._equals(change.record, head)
        statement = f"""select 1 from events e join digest_items i on i.event = e.id and i.name = ?
            where e.record in ({sql.marks(others)}) and e.kind = ? and substr(e.headline, length(e.record) + 1) = ?"""
        said = change.headline.removeprefix(change.record)
        return bool(others) and bool(self.rows(statement, self.name, *others, change.kind, said))

    def _could_tell(self, record: str, before: tuple[str, bool] | None) -> bool:
        """Whether this digest was to tell it at a moment before, or it was there before the digest was."""
        first = self._first_match(record)
        if not first or not before or first[0] >= before[0]:
            return False
        if first[1]:
            return True
        off_topic, approaches = self._topic(record)
        loud = self.rows(
            "select 1 from events where record = ? and kind in (?, ?) and severity >= ? limit 1",
            record,
            "new_article",
            "published_from_preprint",
            self.min_severity,
        )
        return bool(loud) and not off_topic and not self.is_outside(approaches)

    def _is_preprint(self, record: str) -> bool:
        return bool(self.rows("select 1 from labels where record = ? and axis = 'flag' and label = 'preprint'", record))

    def _told_fields(self, record: str) -> set[str]:
        statement = f"""select distinct e.field from events e
            join digest_items i on i.event = e.id and i.name = ?
            where e.record = ? and e.field is not null and e.kind not in ({sql.marks(ADDS)})"""
        return {field for (field,) in self.rows(statement, self.name, record, *ADDS)}

    def told_in(self, head: str, *, named: bool = False) -> tuple[str, ...]:
        """The issues that told a work; with `named` also those that told it as the paper of a trial."""
        return self.issues_of((head, *self.versions.get(head, ())), named=named)

    def issues_of(self, records: tuple[str, ...], *, named: bool = False) -> tuple[str, ...]:
        """The same of just these records."""
        marks = sql.marks(records)
        tied = f"or e.kind = 'paper_linked' and e.new in ({marks})" if named else ""
        statement = f"""select distinct d.id, d.period from events e
            join digest_items i on i.event = e.id and i.name = ? join digests d on d.id = i.digest
            where e.record in ({marks}) {tied} order by d.id"""
        return tuple(period for _, period in self.rows(statement, self.name, *records, *(records if named else ())))

    def _tied(self, record: str) -> bool:
        """Held only because a record of this digest's queries names it: its moves are theirs, and it is never new."""
        statement = f"""select 1 from links l join matches m on m.query in ({self.marks})
                and m.record = iif(l.record = ?, l.target, l.record)
            where (l.record = ? or l.target = ?) and l.relation in ('reports', 'reported_by') limit 1"""
        return bool(self.rows(statement, *self.queries, record, record, record))


def within(leaf: str, wanted: Sequence[str]) -> bool:
    """Whether a leaf is one of the wanted leaves or of the wanted families: "ev.msc" is within "ev"."""
    return any(leaf == one or leaf.startswith(one + ".") for one in wanted)
