"""The receipt: how each source answered each query of a digest, read from the log of fetches. Decides nothing."""

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from tracker.digest.material import Answer
from tracker.digest.sql import rows

# How a source's fetch says of which day its data is, in `fetches.notes`; shown in the footer, not among the notes.
_DATA_OF = re.compile(r"data of (\d{4}-\d{2}-\d{2})(?:[T ].*)?")


@dataclass(frozen=True, slots=True)
class _Fetch:
    started: str
    complete: bool
    listed: int | None
    new: int
    changed: int
    quarantined: int
    missing: int
    notes: tuple[str, ...]
    error: str


def gather_answers(
    conn: sqlite3.Connection, queries: Sequence[str], off_topic: Mapping[tuple[str, str], int], since: str, until: str
) -> tuple[Answer, ...]:
    """One Answer per source and query, by source. A source that was never asked has its row too."""
    pairs = sorted(((source, query) for query in queries for source in _sources(conn, query, until)), key=itemgetter(0))
    return tuple(
        _answer(source, query, _fetches(conn, source, query, until), off_topic.get((source, query), 0), since)
        for source, query in pairs
    )


def _sources(conn: sqlite3.Connection, query: str, until: str) -> list[str]:
    """The sources that a query asks by its configuration; of one that is no longer configured, those it asked."""
    configured = rows(conn, "select s.value from queries q, json_each(q.source) s where q.name = ? order by 1", query)
    asked = rows(conn, "select distinct source from fetches where query = ? and started <= ? order by 1", query, until)
    return [row[0] for row in configured or asked]


def _fetches(conn: sqlite3.Connection, source: str, query: str, until: str) -> list[_Fetch]:
    sql = """select started, complete, listed, new, changed, quarantined, missing, notes, error from fetches
        where source = ? and query = ? and started <= ? order by id"""
    return [
        _Fetch(
            started=started,
            complete=bool(complete),
            listed=listed,
            new=new or 0,
            changed=changed or 0,
            quarantined=quarantined or 0,
            missing=len(_listed(missing)),
            notes=tuple(str(note) for note in _listed(notes)),
            error=error or "",
        )
        for started, complete, listed, new, changed, quarantined, missing, notes, error in rows(
            conn, sql, source, query, until
        )
    ]


def _listed(column: str) -> list[object]:
    """A JSON list; nearly all of thousands are empty and need no parser."""
    return [] if column == "[]" else list(json.loads(column))


def _answer(source: str, query: str, fetches: Sequence[_Fetch], off_topic: int, since: str) -> Answer:
    span = [fetch for fetch in fetches if fetch.started > since]
    complete = [fetch for fetch in span if fetch.complete]
    ever = [fetch for fetch in fetches if fetch.complete]
    failing = fetches[len(fetches) - _failures_at_the_end(fetches) :]
    said = list(dict.fromkeys(note for fetch in span for note in fetch.notes))
    data_of = [match[1] for note in said if (match := _DATA_OF.fullmatch(note))]
    return Answer(
        source=source,
        query=query,
        fetches=len(span),
        failed=len(span) - len(complete),
        listed=complete[-1].listed if complete else None,
        listed_before=next((fetch.listed for fetch in reversed(ever) if fetch.started <= since), None),
        new=sum(fetch.new for fetch in span),
        changed=sum(fetch.changed for fetch in span),
        quarantined=complete[-1].quarantined if complete else 0,
        missing=complete[-1].missing if complete else 0,
        off_topic=off_topic,
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
