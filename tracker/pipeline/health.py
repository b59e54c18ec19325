"""Is everything well? Each source and query, each digest: last success, next due, and what is wrong in plain words.

A delivery that failed, or of which nobody knows whether it arrived, is a trouble until a later issue has reached its
recipient; one that waits, as long as it waits.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from tracker import periods
from tracker.config import Digest, Settings
from tracker.dates import Clock, from_stamp, stamp
from tracker.deliver import outbox
from tracker.deliver.outbox import Delivery
from tracker.lock import holder
from tracker.pipeline.judging import outdated
from tracker.store import Store

_MONTH = timedelta(days=30)
_GRACE = timedelta(hours=2)  # for whoever runs it once an hour, and for a long fetch


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
    sent: str  # what became of its mails: "2 sent, 1 unknown"; "" where nobody is written to
    next_due: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Health:
    """troubles: what is wrong with single deliveries and addresses, each with the command that helps."""

    sources: tuple[SourceHealth, ...]
    digests: tuple[DigestHealth, ...]
    troubles: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def well(self) -> bool:
        verdicts = [part.verdict for part in self.sources] + [part.verdict for part in self.digests]
        return all(verdict == "ok" or verdict.startswith("running") for verdict in verdicts) and not self.troubles


def health(settings: Settings, store: Store, clock: Clock, waits: Mapping[str, str] = MappingProxyType({})) -> Health:
    """The health of everything that is configured, at this moment of the clock. waits: why the issue of a digest, by
    its name, is not composed yet.
    """
    now = clock()
    zone = ZoneInfo(settings.timezone)
    mail = list(_mail(settings, store, now))
    return Health(
        sources=tuple(
            _source(settings, store, source, query.name, zone, now)
            for source in settings.sources
            for query in settings.queries
            if query.expression(source)
        ),
        digests=tuple(_digest(store, digest, now, waits.get(digest.name, "")) for digest in settings.digests),
        troubles=tuple(line for trouble, line in mail if trouble),
        remarks=(*(line for trouble, line in mail if not trouble), *_remarks(settings, store)),
    )


def _source(settings: Settings, store: Store, source: str, query: str, zone: ZoneInfo, now: datetime) -> SourceHealth:
    rows = store.rows("select * from source_health where source = ? and query = ?", [source, query])
    every = periods.parse(settings.fetch)
    due = periods.slot(every, zone, now)
    row = rows[0] if rows else {"last_success": None, "error": None, "listed": None, "last_try": None}
    success = str(row["last_success"] or "")
    if row["error"]:
        verdict = f"FAILED: {row['error']}"
    elif row["last_try"] and str(row["last_try"]) > success and (process := holder(store.path)):
        verdict = f"running (process {process})"
    elif row["last_try"] and str(row["last_try"]) > success:
        verdict = "FAILED: the last fetch was cut off before it ended"
    elif not success:
        verdict = "never fetched"
    elif success < stamp(periods.previous(every, zone, due).at if now < due.at + _GRACE else due.at):
        verdict = "OVERDUE"
    else:
        verdict = "ok"
    # A slot that was missed is due until it is caught up.
    next_due = due.at if success < stamp(due.at) else periods.following(every, zone, due).at
    return SourceHealth(source, query, success, row["listed"], stamp(next_due), verdict)


def _digest(store: Store, digest: Digest, now: datetime, waits: str) -> DigestHealth:
    name, every, zone = digest.name, periods.parse(digest.every), ZoneInfo(digest.timezone)
    due = periods.slot(every, zone, now)
    rows = store.rows("select period, created from digests where name = ? order by id desc limit 1", [name])
    last = rows[0] if rows else {"period": "", "created": ""}
    fine = last["period"].split(".")[0] == due.key or (rows and from_stamp(last["created"]) >= due.at)
    next_due = stamp(periods.following(every, zone, due).at)
    if rows and from_stamp(last["created"]) > now:
        verdict = "OVERDUE: its last issue is dated ahead of now; see that the clock is right"
    elif fine:
        verdict = "ok"
    elif waits:
        verdict, next_due = f"WAITS: {waits}", stamp(due.at)
    elif not rows:
        verdict = "not yet composed"
    else:
        verdict, next_due = "OVERDUE", stamp(due.at)
    return DigestHealth(name, last["period"], last["created"], _sent(store, name, last["period"]), next_due, verdict)


def _sent(store: Store, name: str, period: str) -> str:
    rows = store.rows(
        """select d.state, count(*) as n from deliveries d join digests i on i.id = d.digest
           where i.name = ? and i.period = ? and d.stage != 'withdrawn'
           group by d.state order by d.state = 'sent' desc""",
        [name, period],
    )
    return ", ".join(f"{row['n']} {row['state']}" for row in rows)


def _mail(settings: Settings, store: Store, now: datetime) -> Iterator[tuple[bool, str]]:
    """Deliveries to whoever is still configured that need somebody's eye, and addresses that are paused; each with
    whether it is a trouble. It is none any more once a later issue has arrived, and is forgotten a month later.
    """
    configured = {digest.name: {one.casefold() for one in digest.email} for digest in settings.digests}
    for one, passed in outbox.unsettled(store):
        known = one.recipient.casefold() in configured.get(one.digest, ())
        quiet = (one.state == "pending" and not _waits(one, now)) or (passed and now - one.updated > _MONTH)
        if known and not quiet:
            yield not passed, f"delivery {one.id}, {one.name} {one.period} to {one.recipient}: {_trouble(one)}"
    for recipient, since in outbox.paused(store).items():
        if any(recipient.casefold() in addresses for addresses in configured.values()):
            yield (
                True,
                f"{recipient}: paused since {since}, refused for good in two issues running;"
                f" take it out of queries.toml, or: tracker deliver --resume {recipient}",
            )


def _waits(one: Delivery, now: datetime) -> bool:
    """Whether a mail has waited for longer than the time that it takes somebody to come by."""
    return one.attempts > 0 or now - one.queued > timedelta(hours=1)


def _trouble(one: Delivery) -> str:
    if one.state == "failed":
        return f"failed ({one.error}); to send it once more: tracker deliver --resend {one.id}"
    if one.state == "pending":
        tried = f"tried {one.attempts} times ({one.error})" if one.attempts else "not tried yet"
        return f"waits since {stamp(one.queued)}, {tried}; at once: tracker deliver"
    said = one.error or "it is on its way, or its run was cut off"
    return f"unknown ({said}); it may have arrived: ask, and if not: tracker deliver --resend {one.id}"


def _remarks(settings: Settings, store: Store) -> list[str]:
    counts = store.rows(
        """select (select count(*) from records) as records, (select count(*) from trials) as trials,
                  (select count(*) from quarantine where resolved is null) as quarantined,
                  (select count(*) from records where gone is not null) as gone"""
    )[0]
    lines = [f"{settings.db}: {counts['records']} records, {counts['trials']} of them trials"]
    lines += outdated(settings, store)
    lines += [f"{name} is experimental: nobody has tried it on the real host yet" for name in settings.experimental]
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
