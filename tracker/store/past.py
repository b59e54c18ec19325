"""What was stored by a moment: the rows of a database by their own times, copied into another one. Reads no record.

    versions       every payload by a moment, in the order in which they came; `payload` gives its bytes
    queries        the queries that were configured by a moment
    bring_fetches  fetches of a span, which events point to
    bring_facts    matches, events, quarantine and persons' words of a span, once the records themselves are there
    bring_issues   a digest's issues by a moment, with what they told

Nothing is written to `held`. What carries no time is taken as it is now: the names of queries, and that somebody took
a word back.
"""

import contextlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tracker.records import Payload, source_key
from tracker.store import Store
from tracker.store.works import unite

_IN_SPAN = "{0} > :since and {0} <= :until"
_KNOWN = "record in (select id from records where first_seen <= :until)"


@dataclass(frozen=True, slots=True)
class Version:
    """One payload as it came. `newest`: from then on it was gone by; an import may keep an older one aside."""

    id: int
    record: str
    source: str
    received: str
    newest: bool


@contextlib.contextmanager
def snapshot(held: Store) -> Iterator[None]:
    """One view of a database for as long, whoever writes to it meanwhile."""
    held.db.conn.execute("begin")
    try:
        yield
    finally:
        held.db.conn.rollback()


def versions(held: Store, until: str) -> list[Version]:
    rows = held.db.conn.execute(
        """select p.id, p.record, r.source, p.received from payloads p join records r on r.id = p.record
           where p.received <= ? order by p.received, p.id""",
        [until],
    )
    newest: dict[str, int] = {}
    out = []
    for number, record, source, received in rows:
        out.append(Version(number, record, source, received, number > newest.get(record, 0)))
        newest[record] = max(number, newest.get(record, 0))
    return out


def payload(held: Store, version: Version) -> Payload:
    sha256, body = held.db.conn.execute("select sha256, body from payloads where id = ?", [version.id]).fetchone()
    return Payload(version.source, source_key(version.record), zlib.decompress(body), sha256)


def queries(held: Store, until: str) -> set[str]:
    """Names of the queries that were configured by then."""
    rows = held.db.conn.execute(
        "select name from queries where since <= :until union select query from fetches where started <= :until",
        {"until": until},
    )
    return {row[0] for row in rows}


def bring_queries(held: Store, copy: Store) -> None:
    """Every name that a match or a fetch may point to."""
    _insert(copy, "queries", held.rows("select * from queries"))


def bring_fetches(held: Store, copy: Store, since: str, until: str) -> None:
    _insert(copy, "fetches", _span(held, "fetches", "started", since, until))


def bring_as_it_is(held: Store, copy: Store, version: Version) -> None:
    """A record whose payload today's parser refuses keeps what an earlier one read, as it does in `held`."""
    if copy.rows("select 1 from records where id = ?", [version.record]):
        return
    _insert(copy, "records", [row | {"same_as": None} for row in _of(held, "records", "id", version.record)])
    for table in ("trials", "sites", "labels", "links", "registrations"):
        _insert(copy, table, _of(held, table, "record", version.record))
    _insert(copy, "payloads", [row | {"id": None} for row in _of(held, "payloads", "id", version.id)])


def bring_facts(held: Store, copy: Store, since: str, until: str) -> list[str]:
    """Copy what came in (since, until] beside the records. Returns the ids of records that a person judged."""
    _insert(copy, "matches", _span(held, "matches", "first_seen", since, until, _KNOWN))
    _insert(copy, "events", _span(held, "events", "seen", since, until, _KNOWN))
    _insert(copy, "quarantine", _span(held, "quarantine", "seen", since, until))
    words = _span(held, "judgements", "seen", since, until, _KNOWN)
    _insert(copy, "judgements", words)
    conn = copy.db.conn
    conn.execute("update quarantine set resolved = null where resolved > ?", [until])
    conn.execute("update matches set absent_since = null where absent_since > ?", [until])
    absent = _span(held, "matches", "absent_since", since, until, _KNOWN)
    conn.executemany(
        "update matches set absent_since = :absent_since where record = :record and query = :query", absent
    )
    moved = _span(held, "events", "seen", since, until, _KNOWN + " and kind in ('gone', 'returned') order by id")
    conn.executemany("update records set gone = iif(:kind = 'gone', :seen, null) where id = :record", moved)
    for event in moved:
        unite(copy.db, event["record"])
    return sorted({word["record"] for word in words})


def bring_issues(held: Store, copy: Store, name: str, until: str) -> None:
    """The issues of a digest that were composed by then. Their numbers are new ones; those of events are kept."""
    for issue in held.rows("select * from digests where name = ? and created <= ? order by id", [name, until]):
        told = held.rows(
            f"""select i.* from digest_items i join events e on e.id = i.event
                where i.digest = :digest and e.seen <= :until and e.{_KNOWN}""",
            {"digest": issue["id"], "until": until},
        )
        number = _insert(copy, "digests", [issue | {"id": None}])
        _insert(copy, "digest_items", [row | {"digest": number} for row in told])


def _span(held: Store, table: str, column: str, since: str, until: str, only: str = "true") -> list[dict[str, Any]]:
    where = f"{_IN_SPAN.format(column)} and {only}"
    return held.rows(f"select * from {table} where {where}", {"since": since, "until": until})


def _of(held: Store, table: str, column: str, key: str | int) -> list[dict[str, Any]]:
    return held.rows(f"select * from {table} where {column} = ?", [key])


def _insert(copy: Store, table: str, rows: Iterable[dict[str, Any]]) -> int:
    """Insert rows as they are. Returns the number of the last one."""
    number = 0
    for row in rows:
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" * len(row))
        cursor = copy.db.conn.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))
        number = cursor.lastrowid or 0
    return number
