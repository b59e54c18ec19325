"""What became of each delivery, in the database, and what follows from it. Sends nothing.

    pending     waits: for its first try, or for the next one after a refusal that may pass
    sending     the recipient was accepted and the mail is on its way
    sent        the server said that it took it
    failed      refused for good, given up, or its address was taken out of queries.toml
    unknown     the whole mail may have been handed over and nobody heard the answer: never sent again by itself

A row that is `sending` while nobody sends belongs to a run that died there: it is unknown. Each state is committed
before the next step is taken, so that a death in between leaves the one that is true.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tracker.dates import from_stamp, stamp
from tracker.deliver.channel import Mail
from tracker.errors import ConfigError, DeliveryError
from tracker.store import Store

# How long after the n-th try the next one comes; the last of them over and over.
GAPS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 180, 360, 720, 1440))
# RFC 5321 4.5.4.1: a sender gives up after four to five days. Not before so many tries, for a machine may be off.
GIVE_UP_AFTER, GIVE_UP_TRIES = timedelta(days=5), 5
REFUSED_ISSUES = 2  # of one digest, in a row and of different periods, after which an address is paused
CUT_OFF = "the run ended while the mail was on its way"
_THEIRS = ("recipient", "message")  # stages at which a refusal is about the recipient, and not about us

_DELIVERY = """select d.id, i.name, i.period, d.channel, d.recipient, d.state, d.attempts, d.message_id, d.error,
    d.queued, d.updated, d.mail from deliveries d join digests i on i.id = d.digest"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One issue for one recipient by one channel. id is what `tracker deliver --resend` takes."""

    id: int
    name: str
    period: str
    channel: str
    recipient: str
    state: str
    attempts: int
    message_id: str
    error: str
    queued: datetime
    updated: datetime
    body: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """The digest whose recipients are meant: an alert and a baseline report go by its list."""
        return self.name.partition(".")[0]

    @property
    def mail(self) -> Mail:
        return Mail(self.recipient, self.message_id, self.body)

    @property
    def due(self) -> datetime:
        """From when on a pending delivery may be tried."""
        return due(self.attempts, self.updated)


def due(attempts: int, updated: datetime) -> datetime:
    return updated + (GAPS[min(attempts, len(GAPS)) - 1] if attempts else timedelta(0))


def is_due(moment: datetime, now: datetime) -> bool:
    """Whether what may be tried from `moment` on may be tried now. Nothing has to wait for longer than the last gap: a
    later moment was written down by a clock that was ahead.
    """
    return moment <= now or moment > now + GAPS[-1]


def queue(store: Store, digest: int, channel: str, mails: Iterable[Mail], now: str) -> None:
    """In the transaction that keeps the issue: either both are there or neither is."""
    store.db.conn.executemany(
        "insert into deliveries (digest, channel, recipient, state, message_id, mail, queued, updated)"
        " values (?, ?, ?, 'pending', ?, ?, ?, ?)",
        [(digest, channel, mail.recipient, mail.message_id, zlib.compress(mail.body), now, now) for mail in mails],
    )


def pending(store: Store) -> list[Delivery]:
    """What waits, in the order in which it was composed, but for paused addresses."""
    rows = store.rows(
        f"{_DELIVERY} where d.state = 'pending'"
        " and d.recipient not in (select recipient from pauses where until is null) order by d.id"
    )
    return [_delivery(row) for row in rows]


def _delivery(row: dict[str, Any]) -> Delivery:
    times = {name: from_stamp(row[name]) for name in ("queued", "updated")}
    mail = row.pop("mail")
    return Delivery(**row | times, body=zlib.decompress(mail) if mail else b"")


def settle_cut_off(store: Store, now: str) -> list[Delivery]:
    """Whoever holds the writer's lock sends alone: what is still `sending` was cut off with its run, and is unknown."""
    cut_off = [_delivery(row) for row in store.rows(f"{_DELIVERY} where d.state = 'sending' order by d.id")]
    _close(store, cut_off, "unknown", now, error=CUT_OFF, stage="message", tried=0)
    return cut_off


def begin(store: Store, delivery: Delivery, now: str) -> None:
    """Right before the mail itself is sent."""
    with store.transaction():
        store.db.conn.execute(
            "update deliveries set state = 'sending', attempts = ?, updated = ? where id = ?",
            [delivery.attempts + 1, now, delivery.id],
        )


def close_sent(store: Store, delivery: Delivery, receipt: str, now: str) -> None:
    _close(store, [delivery], "sent", now, receipt=receipt)


def close_failed(store: Store, deliveries: Sequence[Delivery], error: DeliveryError, now: str) -> str:
    """How these deliveries stand after a try that came to nothing. Returns their state."""
    state, text = error.state, str(error)
    first = deliveries[0]
    since = from_stamp(now) - first.queued
    tried_enough = first.attempts + 1 >= GIVE_UP_TRIES and since >= GIVE_UP_AFTER
    if state == "pending" and error.stage != "connection" and tried_enough:
        state, text = "failed", f"given up after {first.attempts + 1} tries in {since.days} days: {text}"
    _close(store, deliveries, state, now, error=text, stage=error.stage)
    if state == "failed" and error.stage in _THEIRS:
        _pause_who_refuses(store, first, text, now)
    return state


def withdraw(store: Store, deliveries: Sequence[Delivery], now: str) -> None:
    """An address that was taken out of queries.toml is not sent what still waits for it."""
    _close(
        store,
        deliveries,
        "failed",
        now,
        error="taken out of queries.toml before it was sent",
        stage="withdrawn",
        tried=0,
    )


def _close(
    store: Store, deliveries: Sequence[Delivery], state: str, now: str,
    *, error: str = "", stage: str = "", receipt: str = "", tried: int = 1,
) -> None:  # fmt: skip
    with store.transaction():
        store.db.conn.executemany(
            "update deliveries set state = ?, attempts = ?, error = ?, stage = ?, receipt = ?, updated = ?"
            " where id = ?",
            [(state, one.attempts + tried, error, stage, receipt, now, one.id) for one in deliveries],
        )


def _pause_who_refuses(store: Store, one: Delivery, error: str, now: str) -> None:
    """Once his last issues were refused for good, each of them; alerts and baseline reports are no issues."""
    recipient = one.recipient
    last = store.rows(
        """select max(d.state = 'sent') as arrived from deliveries d join digests i on i.id = d.digest
           where d.recipient = ? and i.name = ?
               and d.state in ('sent', 'failed') and d.stage in ('', 'recipient', 'message')
               and d.updated > coalesce((select until from pauses where recipient = d.recipient), '')
           group by substr(i.period, 1, instr(i.period || '.', '.') - 1) order by max(d.digest) desc limit ?""",
        [recipient, one.digest, REFUSED_ISSUES],
    )
    if len(last) == REFUSED_ISSUES and not any(row["arrived"] for row in last):
        with store.transaction():
            store.db.conn.execute(
                """insert into pauses (recipient, since, error) values (?, ?, ?) on conflict (recipient)
                   do update set since = excluded.since, until = null, error = excluded.error""",
                [recipient, now, error],
            )


def paused(store: Store) -> dict[str, str]:
    """Addresses to which nothing is sent, each with since when."""
    rows = store.rows("select recipient, since from pauses where until is null order by recipient")
    return {row["recipient"]: row["since"] for row in rows}


def resume(store: Store, address: str, now: str) -> str:
    """Send to a paused address again. Returns it as it is stored. Raises ConfigError when it is not paused."""
    found = next((one for one in paused(store) if one.casefold() == address.casefold()), "")
    if not found:
        names = ", ".join(paused(store)) or "none"
        raise ConfigError(f"{address} is not paused; paused are: {names}")
    with store.transaction():
        store.db.conn.execute("update pauses set until = ? where recipient = ?", [now, found])
    return found


def resend(store: Store, number: int, now: str) -> Delivery:
    """Let a delivery wait for its first try again, whatever became of it. Raises ConfigError when there is none."""
    rows = store.rows(f"{_DELIVERY} where d.id = ?", [number])
    if not rows:
        raise ConfigError(f"there is no delivery {number}; tracker status lists those that can be sent once more")
    delivery = _delivery(rows[0])
    if delivery.recipient in paused(store):
        address = delivery.recipient
        raise ConfigError(f"{address} is paused, so nothing is sent there; first: tracker deliver --resume {address}")
    with store.transaction():
        store.db.conn.execute(
            "update deliveries set state = 'pending', attempts = 0, error = '', stage = '', receipt = '',"
            " queued = ?, updated = ? where id = ?",
            [now, now, number],
        )
    return delivery


def unsettled(store: Store) -> list[tuple[Delivery, bool]]:
    """What waits (but for paused addresses), what failed, what may have arrived; each with whether something that was
    composed later for the same digest and recipient has arrived since.
    """
    arrived: dict[tuple[str, str], str] = {}
    for row in store.rows(
        "select i.name, d.recipient, max(d.queued) as last from deliveries d join digests i on i.id = d.digest"
        " where d.state = 'sent' group by i.name, d.recipient"
    ):
        key = (row["name"].partition(".")[0], row["recipient"])
        arrived[key] = max(arrived.get(key, ""), row["last"])
    rows = map(_delivery, store.rows(f"{_DELIVERY} where d.state != 'sent' and d.stage != 'withdrawn' order by d.id"))
    away = paused(store)
    return [
        (one, arrived.get((one.digest, one.recipient), "") > stamp(one.queued))
        for one in rows
        if one.state != "pending" or one.recipient not in away
    ]


def is_known(store: Store, digest: str, recipient: str) -> bool:
    """Whether this digest was ever sent to a recipient, or tried to: else he is new."""
    return bool(
        store.rows(
            "select 1 from deliveries d join digests i on i.id = d.digest"
            " where i.name in (?, ? || '.baseline') and lower(d.recipient) = lower(?) limit 1",
            [digest, digest, recipient],
        )
    )


def waiting(store: Store) -> tuple[datetime, ...]:
    """From when on each delivery that waits may be tried; those that a dead run left `sending` from now on."""
    rows = store.rows(
        "select state, attempts, updated from deliveries where state in ('pending', 'sending')"
        " and recipient not in (select recipient from pauses where until is null)"
    )
    return tuple(due(row["attempts"] if row["state"] == "pending" else 0, from_stamp(row["updated"])) for row in rows)
