"""The receipt: how each source answered each query of a digest, and what that brought. Decides nothing.

Answers are read from the log of fetches, what they brought from the records themselves: a fetch credits a record that
several queries list to the first of them alone, which nobody could add up.
"""

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from tracker.digest.material import ANNOUNCES, Answer
from tracker.digest.sql import marks, rows
from tracker.records import record_id

# How a source's fetch says of which day its data is, in `fetches.notes`; shown in the footer, not among the notes.
_DATA_OF = re.compile(r"data of (\d{4}-\d{2}-\d{2})(?:[T ].*)?")


@dataclass(frozen=True, slots=True)
class Span:
    """What an issue covers: fetches and first listings in (since, until], events with ids in (after, upto]."""

    since: str
    until: str
    after: int
    upto: int
    first: bool  # the digest's first issue: its baseline is older than the span


@dataclass(frozen=True, slots=True)
class _Fetch:
    started: str
    complete: bool
    listed: int | None
    quarantined: int
    missing: int
    notes: tuple[str, ...]
    error: str


@dataclass(slots=True)
class _Counts:
    new: int = 0
    baseline: int = 0
    off_topic: int = 0
    changed: int = 0


def gather_answers(conn: sqlite3.Connection, queries: tuple[str, ...], span: Span) -> tuple[Answer, ...]:
    """One Answer per source and query, by source. A source that was never asked has its row too."""
    pairs = [(source, query) for query in queries for source in _sources(conn, query, span.until)]
    counts = _counts(conn, queries, span)
    return tuple(
        _answer(source, query, _fetches(conn, source, query, span.until), counts.get((source, query), _Counts()), span)
        for source, query in sorted(pairs, key=itemgetter(0))
    )


def count_new(conn: sqlite3.Connection, queries: tuple[str, ...], span: Span) -> int:
    """Records that these queries listed for the first time in the span, each once."""
    statement = f"""select count(distinct record) from matches
        where query in ({marks(queries)}) and baseline = 0 and first_seen > ? and first_seen <= ?"""
    return int(rows(conn, statement, *queries, span.since, span.until)[0][0])


def _counts(conn: sqlite3.Connection, queries: tuple[str, ...], span: Span) -> dict[tuple[str, str], _Counts]:
    """By (source, query)."""
    listed = f"""select r.source, m.query, sum(m.baseline = 0), sum(m.baseline),
            sum(m.baseline = 0 and exists (
                select 1 from labels where record = m.record and axis = 'relevance' and label = 'off'))
        from matches m join records r on r.id = m.record
        where m.query in ({marks(queries)}) and m.first_seen <= ?
            and m.first_seen > case when m.baseline then ? else ? end
        group by r.source, m.query"""
    known_since = "" if span.first else span.since
    counts = {
        (source, query): _Counts(new, baseline, off_topic)
        for source, query, new, baseline, off_topic in rows(conn, listed, *queries, span.until, known_since, span.since)
    }
    # The cross joins and the plus sign hold SQLite to the few events of the span.
    moved = f"""select r.source, m.query, count(distinct e.record)
        from events e cross join records r on r.id = e.record cross join matches m on m.record = e.record
        where e.id > ? and e.id <= ? and +m.query in ({marks(queries)}) and e.kind not in ({marks(ANNOUNCES)})
        group by r.source, m.query"""
    for source, query, changed in rows(conn, moved, span.after, span.upto, *queries, *ANNOUNCES):
        counts.setdefault((source, query), _Counts()).changed = changed
    return counts


def _sources(conn: sqlite3.Connection, query: str, until: str) -> list[str]:
    """The sources that a query asks by its configuration; of one that is no longer configured, those it asked."""
    configured = rows(conn, "select s.value from queries q, json_each(q.source) s where q.name = ? order by 1", query)
    asked = rows(conn, "select distinct source from fetches where query = ? and started <= ? order by 1", query, until)
    return [row[0] for row in configured or asked]


def _fetches(conn: sqlite3.Connection, source: str, query: str, until: str) -> list[_Fetch]:
    sql = """select started, complete, listed, quarantined, missing, notes, error from fetches
        where source = ? and query = ? and started <= ? order by id"""
    return [
        _Fetch(
            started=started,
            complete=bool(complete),
            listed=listed,
            quarantined=quarantined or 0,
            missing=sum(not _is_gone(conn, source, key) for key in _listed(missing)),
            notes=tuple(str(note) for note in _listed(notes)),
            error=error or "",
        )
        for started, complete, listed, quarantined, missing, notes, error in rows(conn, sql, source, query, until)
    ]


def _is_gone(conn: sqlite3.Connection, source: str, key: object) -> bool:
    """Asked for by itself, and no longer held by its source: that is told of the record, and nothing is missing."""
    return bool(rows(conn, "select 1 from records where id = ? and gone is not null", record_id(source, str(key))))


def _listed(column: str) -> list[object]:
    """A JSON list; nearly all of thousands are empty and need no parser."""
    return [] if column == "[]" else list(json.loads(column))


def _answer(source: str, query: str, fetches: Sequence[_Fetch], counts: _Counts, span: Span) -> Answer:
    recent = [fetch for fetch in fetches if fetch.started > span.since]
    complete = [fetch for fetch in recent if fetch.complete]
    ever = [fetch for fetch in fetches if fetch.complete]
    failing = fetches[len(fetches) - _failures_at_the_end(fetches) :]
    said = list(dict.fromkeys(note for fetch in recent for note in fetch.notes))
    data_of = [match[1] for note in said if (match := _DATA_OF.fullmatch(note))]
    return Answer(
        source=source,
        query=query,
        fetches=len(recent),
        failed=len(recent) - len(complete),
        listed=complete[-1].listed if complete else None,
        listed_before=next((fetch.listed for fetch in reversed(ever) if fetch.started <= span.since), None),
        new=counts.new,
        baseline=counts.baseline,
        changed=counts.changed,
        quarantined=complete[-1].quarantined if complete else 0,
        missing=complete[-1].missing if complete else 0,
        off_topic=counts.off_topic,
        notes=tuple(note for note in said if not _DATA_OF.fullmatch(note)),
        data_of=max(data_of, default=""),
        last_try=fetches[-1].started if fetches else "",
        last_success=ever[-1].started if ever else "",
        failing_since=failing[0].started if failing else "",
        error=(failing[-1].error or "it was cut off before it ended") if failing else "",
    )


def _failures_at_the_end(fetches: Sequence[_Fetch]) -> int:
    for n, fetch in enumerate(reversed(fetches)):
        if fetch.complete:
            return n
    return len(fetches)
