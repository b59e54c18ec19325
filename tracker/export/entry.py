"""What is exported: the chosen records, and what moved in them, read from the database one after the other."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Connection, Row
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A record for people's other programs. Dates are partial dates, "" is absent."""

    id: str
    source: str
    kind: str  # article, trial, news
    title: str
    abstract: str
    url: str
    venue: str
    authors: tuple[Mapping[str, Any], ...]  # name, family, given, suffix, group
    types: tuple[str, ...]
    terms: tuple[str, ...]
    doi: str
    pmcid: str
    published: str
    language: str
    notice: str  # "" or retracted, withdrawn, concern, corrected
    in_book: bool
    relevance: str
    stage: str
    stage_label: str
    approaches: tuple[tuple[str, str], ...]  # (leaf, its name)
    conditions: tuple[str, ...]
    flags: Mapping[str, str]  # name -> value: {"n": "120", "randomised": ""}
    takeaway: str
    queries: tuple[str, ...]
    first_seen: str
    last_changed: str
    trial: Mapping[str, Any] | None  # the columns of `trials`, lists as tuples

    @property
    def pmid(self) -> str:
        return self.id.removeprefix("pubmed-") if self.source == "pubmed" else ""

    @property
    def warning(self) -> str:
        """What a reader must know before the title, in capitals."""
        return {"": "", "concern": "EXPRESSION OF CONCERN"}.get(self.notice, self.notice.upper())


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One event that is told, with its record's title and address."""

    id: int
    record: str
    seen: str
    kind: str
    severity: int
    headline: str
    title: str
    url: str
    notice: str


class Choice:
    """The records for which `where` (conditions over `records r`) holds, in the order of their ids."""

    def __init__(self, connection: Connection, where: Sequence[str], values: Mapping[str, str]) -> None:
        self._connection = connection
        self._where = " and ".join(where) or "1"
        self._values = dict(values)

    def count(self, also: str = "1") -> int:
        """How many there are; with `also`, a condition over `r`, how many of them it holds for."""
        return int(self._rows("select count(*) as n from records r where {where} and " + also)[0]["n"])

    def entries(self) -> Iterator[Entry]:
        for row in self._rows("select r.id from records r where {where} order by r.id"):
            yield self._entry(row["id"])

    def moves(self, most: int) -> list[Move]:
        """The newest events of these records, newest first: what the view `what_moved` tells."""
        rows = self._rows(
            """select w.id, w.record, w.seen, w.kind, w.severity, w.headline, r.title, r.url, r.notice
               from what_moved w join records r on r.id = w.record
               where {where} order by w.seen desc, w.id desc limit :most""",
            most=most,
        )
        return [Move(**dict(row)) for row in rows]

    def slips(self, trial: str) -> Mapping[str, str]:
        """The headline of the last move of each date of a trial."""
        rows = self._connection.execute(
            """select field, max(id), headline from events
               where record = ? and kind in ('date_slipped', 'date_pulled_in', 'date_met') group by field""",
            [trial],
        )
        return {row[0]: row[2] for row in rows}

    def revisions(self, record: str) -> int:
        """How often a record has changed since it was first stored."""
        rows = self._connection.execute("select count(*) from payloads where record = ?", [record])
        return max(int(rows.fetchone()[0]) - 1, 0)

    def _rows(self, sql: str, **values: object) -> list[Row]:
        cursor = self._connection.cursor()
        cursor.row_factory = Row
        return cursor.execute(sql.format(where=self._where), self._values | values).fetchall()

    def _entry(self, record: str) -> Entry:
        facts = self._one("select * from records where id = ?", record)
        labels = self._connection.execute(
            """select l.axis, l.label, coalesce(a.label, s.label, l.label), l.quote, l.value from labels l
               left join approaches a on l.axis = 'approach' and a.id = l.label
               left join stages s on l.axis = 'stage' and s.id = l.label
               where l.record = ? order by l.axis, l.strength desc, l.label""",
            [record],
        ).fetchall()
        by_axis: dict[str, list[tuple[str, str, str]]] = {}
        for axis, label, name, quote, _ in labels:
            by_axis.setdefault(axis, []).append((label, name, quote or ""))
        stage = next(iter(by_axis.get("stage", [])), ("", "", ""))
        flags = {row[1]: row[4] for row in labels if row[0] == "flag" and row[1] != "takeaway"}
        queries = self._connection.execute("select query from matches where record = ? order by query", [record])
        return Entry(
            **{name: facts[name] for name in _PLAIN},
            url=facts["url"] if facts["url"].startswith(("https://", "http://")) else "",
            authors=tuple(json.loads(facts["authors"])),
            types=tuple(json.loads(facts["types"])),
            terms=tuple(json.loads(facts["terms"])),
            in_book=facts["source"] == "pubmed" and not facts["record_status"],  # of a book PubMed keeps no status
            relevance=next((label for label, _, _ in by_axis.get("relevance", [])), ""),
            stage=stage[0],
            stage_label=stage[1],
            approaches=tuple((label, name) for label, name, _ in by_axis.get("approach", [])),
            conditions=tuple(label for label, _, _ in by_axis.get("condition", [])),
            flags=flags,
            takeaway=next((quote for label, _, quote in by_axis.get("flag", []) if label == "takeaway"), ""),
            queries=tuple(row[0] for row in queries),
            trial=self._trial(record) if facts["kind"] == "trial" else None,
        )

    def _trial(self, record: str) -> Mapping[str, Any]:
        row = self._one("select * from trials where record = ?", record)
        lists = {name: tuple(json.loads(row[name])) for name in _LISTS}
        return dict(row) | lists | {"has_results": bool(row["has_results"])}

    def _one(self, sql: str, record: str) -> Row:
        cursor = self._connection.cursor()
        cursor.row_factory = Row
        row: Row = cursor.execute(sql, [record]).fetchone()
        return row


def told(connection: Connection, digest: str, most: int) -> list[Move]:
    """The newest events that the issues of a digest have told, newest first."""
    cursor = connection.cursor()
    cursor.row_factory = Row
    rows = cursor.execute(
        """select e.id, e.record, e.seen, e.kind, e.severity, e.headline, r.title, r.url, r.notice
           from digest_items i join events e on e.id = i.event join records r on r.id = e.record
           where i.name = ? order by e.seen desc, e.id desc limit ?""",
        [digest, most],
    )
    return [Move(**dict(row)) for row in rows]


_PLAIN = (
    *("id", "source", "kind", "title", "abstract", "venue", "doi", "pmcid", "published", "language", "notice"),
    *("first_seen", "last_changed"),
)
_LISTS = ("phases", "conditions", "interventions", "arms", "primary_outcomes", "secondary_ids", "countries")
