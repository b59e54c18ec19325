"""Deliver: queue the mails of an issue when it is composed, and send what waits. Each recipient by himself.

What became of a delivery is committed before the next one is begun, so that a run that dies repeats nothing and loses
nothing. Only the moment between the end of a mail and its recorded answer can end as unknown.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from tracker.config import Digest, Settings
from tracker.dates import Clock, from_stamp, stamp
from tracker.deliver import CHANNELS, Channel, Mail, message, outbox
from tracker.deliver.finishing import finishing
from tracker.deliver.message import Letter
from tracker.deliver.outbox import Delivery
from tracker.errors import DeliveryError
from tracker.store import Store

EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of one delivery in this run. state: as deliver/outbox.py has it, or "withdrawn". said: the server's
    receipt, or why there is none.
    """

    id: int
    name: str
    period: str
    recipient: str
    state: str
    said: str


Told = Callable[[Delivered], None]


def queue_issue(settings: Settings, store: Store, digest: Digest, number: int, letter: Letter) -> None:
    """Fix the mails of an issue, in the transaction that keeps it: one for each recipient. Those for a paused address
    wait until it is resumed.
    """
    mails = [write_mail(settings, letter, recipient) for recipient in recipients(settings, digest)]
    outbox.queue(store, number, EMAIL, mails, stamp(letter.created))


def recipients(settings: Settings, digest: Digest) -> tuple[str, ...]:
    """Who is written to. Nobody where there is no server to send by: then the file is all there is."""
    return digest.email if settings.smtp else ()


def write_mail(settings: Settings, letter: Letter, recipient: str) -> Mail:
    """Raises DeliveryError where there is no [smtp], whose sender a mail needs."""
    if settings.smtp is None:
        raise DeliveryError("queries.toml has no [smtp], so there is nobody to send a mail from")
    owner = settings.contact or message.address(settings.smtp.sender)
    return message.write(letter, recipient, sender=settings.smtp.sender, owner=owner)


def letter_of(row: dict[str, str]) -> Letter:
    """What a row of `digests` says to its recipients."""
    named = {name: row[name] for name in ("name", "period", "subject", "text", "html")}
    return Letter(**named, created=from_stamp(row["created"]))


def deliver(
    settings: Settings, store: Store, clock: Clock, *, at_once: bool = False, told: Told = lambda one: None
) -> list[Delivered]:
    """Send what waits and is due; with `at_once` also what was to wait longer after a refusal that may pass.

    Tells what became of each as it happens, first of those that a dead run left unknown. Raises StoreError when the
    database does not take it: then nothing is sent.
    """
    cut_off = outbox.settle_cut_off(store, stamp(clock()))
    run = _Run(settings, store, clock, at_once)
    done = []
    for one in chain((_delivered(one, "unknown", outbox.CUT_OFF) for one in cut_off), run.each()):
        told(one)
        done.append(one)
    return done


def send_test(settings: Settings, mail: Mail, channel: str = EMAIL) -> str:
    """Send one mail past the ledger. Returns the receipt. Raises DeliveryError."""
    server = CHANNELS[channel](settings)
    try:
        with finishing():
            return server.send(mail, lambda: None)
    finally:
        server.close()


class _Run:
    """One run over what waits: the channels that it has opened, and whose turn has to wait."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, at_once: bool) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock
        self.at_once = at_once
        self.channels: dict[str, Channel] = {}
        self.addresses = {digest.name: {one.casefold() for one in digest.email} for digest in settings.digests}

    def each(self) -> Iterator[Delivered]:
        waiting = outbox.pending(self.store)
        gone = [one for one in waiting if one.recipient.casefold() not in self.addresses.get(one.digest, ())]
        if gone:
            outbox.withdraw(self.store, gone, self._now())
        for one in gone:
            yield _delivered(one, "withdrawn", "taken out of queries.toml before it was sent")
        try:
            yield from self._send(self._ready([one for one in waiting if one not in gone]))
        finally:
            for channel in self.channels.values():
                channel.close()

    def _ready(self, waiting: Sequence[Delivery]) -> list[Delivery]:
        """What is due, in the order of composing: who has to wait for one mail does not get the next before it."""
        ready, behind = [], set()
        for one in waiting:
            if one.recipient in behind or not (self.at_once or outbox.is_due(one.due, self.clock())):
                behind.add(one.recipient)
            else:
                ready.append(one)
        return ready

    def _send(self, ready: Sequence[Delivery]) -> Iterator[Delivered]:
        behind: set[str] = set()
        for n, one in enumerate(ready):
            if one.recipient in behind or one.recipient in outbox.paused(self.store):
                continue
            with finishing():
                done = self._attempt(one, [other for other in ready[n:] if other.channel == one.channel])
            yield from done
            # Who could not be given this one now; where nobody was there at all, that is everybody.
            behind |= {other.recipient for other in done if other.state == "pending"}

    def _attempt(self, one: Delivery, rest: Sequence[Delivery]) -> list[Delivered]:
        """Send one mail and keep what became of it. Where nobody was there, that is what became of the rest too."""
        try:
            if one.channel not in self.channels:
                self.channels[one.channel] = CHANNELS[one.channel](self.settings)
            receipt = self.channels[one.channel].send(one.mail, lambda: outbox.begin(self.store, one, self._now()))
        except DeliveryError as error:
            concerned = rest if error.stage == "connection" else [one]
            state = outbox.close_failed(self.store, concerned, error, self._now())
            return [_delivered(other, state, str(error)) for other in concerned]
        outbox.close_sent(self.store, one, receipt, self._now())
        return [_delivered(one, "sent", receipt)]

    def _now(self) -> str:
        return stamp(self.clock())


def _delivered(one: Delivery, state: str, said: str) -> Delivered:
    return Delivered(one.id, one.name, one.period, one.recipient, state, said)
