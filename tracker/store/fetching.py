"""What a fetch asks of the database and leaves in it: what we hold, the log, matches, the baseline, what is gone."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlite_utils import Database

from tracker.config import LINKED, Query
from tracker.events import gone, matched
from tracker.records import FeedState, Held, Listing, as_json, record_id, source_key, source_of
from tracker.store import feeds
from tracker.store.saving import write_events
from tracker.store.works import unite

# Above this, a shrunken listing says more about the source than about its records.
_VANISH_SHARE, _VANISH_COUNT = 0.05, 10


@dataclass(slots=True)
class Tally:
    """How one fetch of one query from one source went: a row of the closing table."""

    source: str
    query: str
    listed: int | None = None
    expected: int = 0  # how many payloads the source means to give, 0 where it does not say
    new: int = 0
    changed: int = 0
    same: int = 0
    quarantined: int = 0
    missing: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    requests: int = 0
    complete: bool = False
    baseline: bool = False
    error: str = ""

    @property
    def asked(self) -> int:
        return self.new + self.changed + self.same + self.quarantined + len(self.missing)


def last_complete(db: Database, source: str, query: str) -> dict[str, object] | None:
    """The newest complete fetch of a query from a source: expression, started, listed, missing."""
    return next(
        db.query(
            "select expression, started, listed, missing from fetches"
            " where source = ? and query = ? and complete = 1 order by id desc limit 1",
            [source, query],
        ),
        None,
    )


def is_baseline(db: Database, source: str, query: str, expression: str) -> bool:
    """A listing is baseline while no earlier complete listing of the same query and expression exists."""
    found = db.conn.execute(
        "select 1 from fetches where source = ? and query = ? and expression = ? and complete = 1 limit 1",
        [source, query, expression],
    ).fetchone()
    return found is None


def unread_at_baseline(db: Database, source: str, query: str, expression: str) -> set[str]:
    """Keys that the baseline listed but did not give readably: once they are read they are late, not new."""
    first = db.conn.execute(
        "select started, missing from fetches where source = ? and query = ? and expression = ? and complete = 1"
        " order by id limit 1",
        [source, query, expression],
    ).fetchone()
    if first is None:
        return set()
    quarantined = db.conn.execute(
        "select record from quarantine where source = ? and query = ? and seen <= ?", [source, query, first[0]]
    )
    return set(json.loads(first[1])) | {row[0] for row in quarantined}


def held(db: Database, source: str, query: str, **run: object) -> Held:
    """What we hold of a source, and which of a query's ids must be asked for again. `run` are the run's own fields."""
    before = last_complete(db, source, query)
    ids = db.conn.execute("select id from records where source = ?", [source])
    again = db.conn.execute(
        """select m.record from matches m join records r on r.id = m.record
           where m.query = ? and r.source = ? and m.absent_since is not null""",
        [query, source],
    )
    unread = db.conn.execute(
        "select record from quarantine where source = ? and query = ? and record != '' and resolved is null",
        [source, query],
    )
    retry = {source_key(row[0]) for row in again} | {row[0] for row in unread}
    if before:
        retry |= set(json.loads(str(before["missing"])))
    return Held(
        ids=frozenset(source_key(row[0]) for row in ids),
        retry=frozenset(retry),
        since=str(before["started"]) if before else "",
        listed=int(str(before["listed"])) if before else None,
        feed=feeds.state_of(db, query) if source == "feeds" else FeedState(),
        **run,  # type: ignore[arg-type]
    )


def linked_ids(db: Database, source: str) -> frozenset[str]:
    """Keys of what held records name and no query lists: trials that on-topic papers report, result papers of trials,
    what on-topic items of feeds name.

    Those not held, and those that are held by nothing but such a link: no listing would show that they were retracted.
    """
    rows = db.conn.execute(
        """select l.target from links l
           where l.target not in (select id from records)
             and (l.relation = 'reported_by' or l.relation = 'reports' and exists (
                 select 1 from labels where record = l.record and axis = 'relevance' and label != 'off')
               or l.relation = 'mentions' and l.record in (
                 select r.id from records r join labels a on a.record = r.id and a.axis = 'relevance'
                 where r.source = 'feeds' and a.label != 'off'))
           union
           select record from matches where query = :linked
             and record not in (select record from matches where query != :linked)""",
        {"linked": LINKED},
    )
    return frozenset(source_key(row[0]) for row in rows if source_of(row[0]) == source)


def begin_fetch(db: Database, source: str, query: str, expression: str, now: str, *, full: bool = False) -> int:
    """A row of the log, committed before the first request: a run that dies leaves a trace."""
    cursor = db.conn.execute(
        "insert into fetches (source, query, expression, started, full) values (?, ?, ?, ?, ?)",
        [source, query, expression, now, int(full)],
    )
    db.conn.commit()
    return int(cursor.lastrowid or 0)


def finish_fetch(db: Database, fetch: int, tally: Tally, now: str) -> None:
    db.table("fetches").update(
        fetch,
        {
            "finished": now,
            "complete": int(tally.complete),
            "listed": tally.listed,
            "asked": tally.asked,
            "new": tally.new,
            "changed": tally.changed,
            "same": tally.same,
            "quarantined": tally.quarantined,
            "missing": as_json(tally.missing),
            "notes": as_json(tally.notes),
            "requests": tally.requests,
            "error": tally.error or None,
        },
    )


def add_match(db: Database, record: str, query: str, baseline: bool, now: str) -> bool:
    """Tie a record to a query that listed it. True when the tie is new."""
    cursor = db.conn.execute(
        "insert into matches (record, query, first_seen, baseline) values (?, ?, ?, ?) on conflict do nothing",
        [record, query, now, int(baseline)],
    )
    return cursor.rowcount == 1


def settle_listing(
    db: Database, source: str, query: str, listing: Listing, baseline: bool, fetch: int, now: str
) -> list[str]:
    """Lay a whole listing over the matches of a query: new ties, ids that left, ids that came back. Returns notes."""
    listed = {record_id(source, key) for key in listing.ids}
    known = {
        row[0]: row[1]
        for row in db.conn.execute(
            "select m.record, m.absent_since from matches m join records r on r.id = m.record"
            " where m.query = ? and r.source = ?",
            [query, source],
        )
    }
    held_ids = {row[0] for row in db.conn.execute("select id from records where source = ?", [source])}
    for record in sorted((listed & held_ids) - known.keys()):
        add_match(db, record, query, baseline, now)
        if (
            not listing.rolling
            and db.conn.execute(  # another feed that brings it, too, is no news
                # What this run stored was announced a moment ago: a second query for it is no second news.
                "select 1 from records where id = ? and first_seen < ?",
                [record, now],
            ).fetchone()
        ):
            write_events(db, record, fetch, [matched(record, query)], now)
    if listing.feed:
        feeds.remember(db, query, listing.feed)
    if listing.rolling:
        return []
    _mark_absent(db, query, [record for record in known if known[record] and record in listed], None)
    missing = {record_id(source, key) for key in listing.missing}
    for record in sorted(record for record in (missing & held_ids) - listed if known.get(record)):
        mark_gone(db, record, fetch, now)
    left = sorted(record for record, absent in known.items() if not absent and record not in listed)
    if len(left) > _VANISH_COUNT and len(left) > _VANISH_SHARE * len(known):
        return [f"{len(left)} of {len(known)} records left the listing at once: none is marked as absent"]
    _mark_absent(db, query, left, now)
    return []


def _mark_absent(db: Database, query: str, records: Iterable[str], since: str | None) -> None:
    db.conn.executemany(
        "update matches set absent_since = ? where record = ? and query = ?", [(since, r, query) for r in records]
    )


def mark_gone(db: Database, record: str, fetch: int | None, now: str) -> None:
    """Asked for by itself after two absences, and the source says that it does not hold it."""
    cursor = db.conn.execute("update records set gone = ? where id = ? and gone is null", [now, record])
    if cursor.rowcount:
        unite(db, record)
        write_events(db, record, fetch, [gone(record)], now)


def sync_queries(db: Database, queries: Iterable[Query], sources: Iterable[str], now: str) -> None:
    """Names, expressions and titles as configured today, so that views and digests can name what was never asked."""
    asks = {q.name: ({s: q.expression(s) for s in sources if q.expression(s)}, q.title) for q in queries}
    for name, (expressions, title) in {LINKED: ({}, "Named by another record"), **asks}.items():
        db.conn.execute(
            """insert into queries (name, source, expression, title, since) values (?, ?, ?, ?, ?)
               on conflict (name) do update set
                   source = excluded.source, expression = excluded.expression, title = excluded.title""",
            [name, as_json(sorted(expressions)), as_json(dict(expressions), sort_keys=True), title, now],
        )
    db.conn.commit()
