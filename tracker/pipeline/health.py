"""Is everything well? Each source and query, each digest: last success, next due, and what is wrong in plain words."""

import json
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tracker import periods
from tracker.config import Settings
from tracker.dates import Clock, from_stamp, stamp
from tracker.store import Store


@dataclass(frozen=True, slots=True)
class SourceHealth:
    source: str
    query: str
    last_success: str  # stamp, "" when there was none
    listed: int | None
    next_due: str
    verdict: str  # "ok", or what is wrong


@dataclass(frozen=True, slots=True)
class DigestHealth:
    name: str
    last_period: str
    composed: str
    next_due: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Health:
    sources: tuple[SourceHealth, ...]
    digests: tuple[DigestHealth, ...]
    remarks: tuple[str, ...]

    @property
    def well(self) -> bool:
        verdicts = [part.verdict for part in self.sources] + [part.verdict for part in self.digests]
        return all(verdict == "ok" for verdict in verdicts)


def health(settings: Settings, store: Store, clock: Clock) -> Health:
    """The health of everything that is configured, at this moment of the clock."""
    now = clock()
    zone = ZoneInfo(settings.timezone)
    return Health(
        sources=tuple(
            _source(settings, store, source, query.name, zone, now)
            for source in settings.sources
            for query in settings.queries
            if query.expression(source)
        ),
        digests=tuple(_digest(store, digest.name, digest.every, zone, now) for digest in settings.digests),
        remarks=tuple(_remarks(settings, store)),
    )


def _source(settings: Settings, store: Store, source: str, query: str, zone: ZoneInfo, now: datetime) -> SourceHealth:
    rows = store.rows("select * from source_health where source = ? and query = ?", [source, query])
    every = periods.parse(settings.fetch)
    due = periods.slot(every, zone, now)
    row = rows[0] if rows else {"last_success": None, "error": None, "listed": None, "last_try": None}
    success = str(row["last_success"] or "")
    if row["error"]:
        verdict = f"FAILED: {row['error']}"
    elif row["last_try"] and str(row["last_try"]) > success:
        verdict = "FAILED: the last fetch was cut off before it ended"
    elif not success:
        verdict = "never fetched"
    elif from_stamp(success) < periods.previous(every, zone, due).at:
        verdict = "OVERDUE"
    else:
        verdict = "ok"
    return SourceHealth(source, query, success, row["listed"], stamp(periods.following(every, zone, due).at), verdict)


def _digest(store: Store, name: str, every_text: str, zone: ZoneInfo, now: datetime) -> DigestHealth:
    every = periods.parse(every_text)
    due = periods.slot(every, zone, now)
    rows = store.rows("select period, created from digests where name = ? order by id desc limit 1", [name])
    last = rows[0] if rows else {"period": "", "created": ""}
    fine = last["period"].split(".")[0] >= due.key or (rows and from_stamp(last["created"]) >= due.at)
    verdict = "ok" if fine else ("not yet composed" if not rows else "OVERDUE")
    return DigestHealth(name, last["period"], last["created"], stamp(periods.following(every, zone, due).at), verdict)


def _remarks(settings: Settings, store: Store) -> list[str]:
    counts = store.rows(
        """select (select count(*) from records) as records, (select count(*) from trials) as trials,
                  (select count(*) from quarantine where resolved is null) as quarantined,
                  (select count(*) from records where gone is not null) as gone"""
    )[0]
    lines = [f"{settings.db}: {counts['records']} records, {counts['trials']} of them trials"]
    if counts["quarantined"]:
        lines.append(f"{counts['quarantined']} records could not be read; they are kept in the table quarantine")
    if counts["gone"]:
        lines.append(f"{counts['gone']} records are no longer held by their source")
    notes = store.rows(
        """select source, query, notes from fetches f where id = (
               select max(id) from fetches where source = f.source and query = f.query) and notes != '[]'"""
    )
    lines += [f"{row['source']} {row['query']}: {note}" for row in notes for note in _list(row["notes"])]
    return lines


def _list(text: str) -> list[str]:
    return [str(item) for item in json.loads(text)]
