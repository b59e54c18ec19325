"""What is due at a moment, by the configuration and by what was done before. Pure: no clock, no database.

A slot that was missed is caught up once, whatever the number of slots since: the newest one counts. A period has its
issue once, even when the clock is set back, the zone is changed or the hour comes twice. A source that failed is asked
again after growing gaps until the next slot, and until the last of them an issue waits for it. What a clock that was
wrong dated ahead counts for nothing, but that a period never has a second issue.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tracker import periods
from tracker.config import Digest, Settings
from tracker.deliver import outbox

FULL_EVERY = timedelta(days=30)  # every listed record is read again
FETCH_GAPS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))  # after the first, second, third failure
ALERT_AFTER = 3  # slots of `fetch` in a row, which are days as a rule
# How far ahead of now an issue may be dated and still count: a clock that is set right by minutes makes no extra issue.
AHEAD = timedelta(days=1)

Pair = tuple[str, str]  # source, query


@dataclass(frozen=True, slots=True)
class Asked:
    """How one source answered one query. Moments are starts of fetches.

    success: of the last complete one. full: of the last complete one that read every listed record. failed: of those
    since the last complete one, oldest first.
    """

    success: datetime | None = None
    full: datetime | None = None
    failed: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was done. issues: by digest, each period with the moment of its composing; a digest's alerts are under
    NAME.alert. waiting: from when on each delivery that waits may be tried.
    """

    asked: Mapping[Pair, Asked] = field(default_factory=dict)
    issues: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)
    waiting: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """fetch: (source, query) pairs; full: whether every listed record is read again. digests: names; ahead: those of
    them whose newest issue is dated ahead of the clock. alerts: (digest, day on which the failure began). deliver:
    whether a delivery may be tried.
    """

    fetch: tuple[Pair, ...] = ()
    full: bool = False
    digests: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()
    alerts: tuple[tuple[str, str], ...] = ()
    deliver: bool = False

    def __bool__(self) -> bool:
        return bool(self.fetch or self.digests or self.alerts or self.deliver)


def due(settings: Settings, ledger: Ledger, now: datetime) -> Due:
    """What is due at `now` (aware). Asked again after each step, as a fetch makes a first issue possible."""
    slot = periods.slot(periods.parse(settings.fetch), ZoneInfo(settings.timezone), now)
    fetch = tuple(pair for pair in pairs(settings) if _fetch_due(ledger.asked.get(pair, Asked()), slot.at, now))
    digests = tuple(
        one.name
        for one in settings.digests
        if _issue_due(settings, one, ledger, now) and not waits_for(settings, one, ledger, now)
    )
    return Due(
        fetch=fetch,
        full=any(_full_due(ledger.asked.get(pair, Asked()), now) for pair in fetch),
        digests=digests,
        ahead=tuple(name for name in digests if _newest_is_ahead(ledger, name, now)),
        alerts=tuple(alert for one in settings.digests for alert in _alerts(settings, one, ledger, now)),
        deliver=settings.smtp is not None and any(outbox.is_due(moment, now) for moment in ledger.waiting),
    )


def waits_for(settings: Settings, digest: Digest, ledger: Ledger, now: datetime) -> tuple[Pair, ...]:
    """The pairs for which an issue that is due waits: they failed, and are asked again soon.

    A machine that wakes before its network would else tell of nothing, and of the week's news a week later. At the
    last try after the digest's slot it waits no more.
    """
    if not _issue_due(settings, digest, ledger, now):
        return ()
    slot = periods.slot(periods.parse(digest.every), ZoneInfo(digest.timezone), now)
    asked_for = periods.slot(periods.parse(settings.fetch), ZoneInfo(settings.timezone), slot.at).at
    return tuple(
        pair
        for pair in pairs(settings)
        if pair[1] in digest.queries
        and 0 < _failures(ledger.asked.get(pair, Asked()), asked_for, now) <= len(FETCH_GAPS)
    )


def next_try(settings: Settings, asked: Asked, now: datetime) -> datetime:
    """When a pair that failed is asked again."""
    every, zone = periods.parse(settings.fetch), ZoneInfo(settings.timezone)
    slot = periods.slot(every, zone, now)
    failed = [moment for moment in asked.failed if slot.at <= moment <= now]
    if not failed:
        return slot.at
    following = periods.following(every, zone, slot).at
    return following if len(failed) > len(FETCH_GAPS) else min(following, failed[-1] + FETCH_GAPS[len(failed) - 1])


def pairs(settings: Settings) -> Iterator[Pair]:
    """Every source with every query that asks it."""
    for source in settings.sources:
        yield from ((source, query.name) for query in settings.queries if query.expression(source))


def _fetch_due(asked: Asked, slot: datetime, now: datetime) -> bool:
    """What a clock that was wrong wrote down for a moment to come counts for nothing."""
    failed = [moment for moment in asked.failed if slot <= moment <= now]
    if not failed:
        return asked.success is None or not slot <= asked.success <= now
    return len(failed) <= len(FETCH_GAPS) and now >= failed[-1] + FETCH_GAPS[len(failed) - 1]


def _failures(asked: Asked, since: datetime, now: datetime) -> int:
    return sum(since <= moment <= now for moment in asked.failed)


def _full_due(asked: Asked, now: datetime) -> bool:
    return asked.full is not None and now - asked.full >= FULL_EVERY


def _issue_due(settings: Settings, digest: Digest, ledger: Ledger, now: datetime) -> bool:
    slot = periods.slot(periods.parse(digest.every), ZoneInfo(digest.timezone), now)
    issues = ledger.issues.get(digest.name, {})
    if not issues:  # a first issue needs something to begin from
        return any(asked.success for asked in _asked(settings, digest, ledger))
    if any(period.partition(".")[0] == slot.key for period in issues):
        return False
    # One that was composed since, under another zone or schedule, told what there was to tell.
    return not any(slot.at <= moment <= now + AHEAD for moment in issues.values())


def _newest_is_ahead(ledger: Ledger, digest: str, now: datetime) -> bool:
    """The newest by the order of composing."""
    issues = list(ledger.issues.get(digest, {}).values())
    return bool(issues) and issues[-1] > now + AHEAD


def _alerts(settings: Settings, digest: Digest, ledger: Ledger, now: datetime) -> Iterable[tuple[str, str]]:
    """One for each day on which a failure began that has lasted for three slots in a row, if somebody can be told."""
    if settings.smtp is None or not digest.email:
        return
    told, zone = ledger.issues.get(f"{digest.name}.alert", {}), ZoneInfo(digest.timezone)
    begun = {moment for source in settings.sources if (moment := _began(settings, digest, ledger, source, now))}
    days = {moment.astimezone(zone).date() for moment in begun if not _is_told(told, moment, zone)}
    yield from ((digest.name, str(day)) for day in sorted(days))


def _is_told(told: Mapping[str, datetime], began: datetime, zone: ZoneInfo) -> bool:
    """A day more or less is the same failure, seen in another zone or by another query, if the alert came after it."""
    day = began.astimezone(zone).date()
    return any(abs(date.fromisoformat(key) - day) <= timedelta(days=1) and at >= began for key, at in told.items())


def _began(settings: Settings, digest: Digest, ledger: Ledger, source: str, now: datetime) -> datetime | None:
    """When the failure of a source began that has lasted long enough; by whichever of the digest's queries is first."""
    mine = [pair for pair in pairs(settings) if pair[0] == source and pair[1] in digest.queries]
    begun = (_in_a_row(settings, ledger.asked.get(pair, Asked()).failed, now) for pair in mine)
    return min((run[0] for run in begun if len(run) >= ALERT_AFTER), default=None)


def _in_a_row(settings: Settings, failed: Iterable[datetime], now: datetime) -> list[datetime]:
    """The first failure of each of the last slots of `fetch`, as long as they follow each other; oldest first."""
    every, zone = periods.parse(settings.fetch), ZoneInfo(settings.timezone)
    run: list[tuple[periods.Slot, datetime]] = []
    for moment in (one for one in failed if one <= now):
        slot = periods.slot(every, zone, moment)
        if run and run[-1][0] == slot:
            continue
        if run and periods.following(every, zone, run[-1][0]) != slot:
            run.clear()
        run.append((slot, moment))
    return [moment for _, moment in run]


def _asked(settings: Settings, digest: Digest, ledger: Ledger) -> Iterator[Asked]:
    """How the digest's own queries were answered."""
    return (ledger.asked.get(pair, Asked()) for pair in pairs(settings) if pair[1] in digest.queries)
