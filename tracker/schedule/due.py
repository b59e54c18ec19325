"""What is due at a moment, by the configuration and by what was done before. Pure: no clock, no database.

A slot that was missed is caught up once, whatever the number of slots since: the newest one counts. A period has its
issue once, even when the clock is set back, the zone is changed or the hour comes twice. A source that failed is asked
again after growing gaps until the next slot.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tracker import periods
from tracker.config import Digest, Settings

FULL_EVERY = timedelta(days=30)  # every listed record is read again
FETCH_GAPS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))  # after the first, second, third failure
ALERT_AFTER = 3  # days on which a source was asked and failed

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
    """fetch: (source, query) pairs; full: whether every listed record is read again. digests: names. alerts: (digest,
    day on which the failure began). deliver: whether a delivery may be tried.
    """

    fetch: tuple[Pair, ...] = ()
    full: bool = False
    digests: tuple[str, ...] = ()
    alerts: tuple[tuple[str, str], ...] = ()
    deliver: bool = False

    def __bool__(self) -> bool:
        return bool(self.fetch or self.digests or self.alerts or self.deliver)


def due(settings: Settings, ledger: Ledger, now: datetime) -> Due:
    """What is due at `now` (aware). Asked again after each step, as a fetch makes a first issue possible."""
    slot = periods.slot(periods.parse(settings.fetch), ZoneInfo(settings.timezone), now)
    fetch = tuple(pair for pair in pairs(settings) if _fetch_due(ledger.asked.get(pair, Asked()), slot.at, now))
    return Due(
        fetch=fetch,
        full=any(_full_due(ledger.asked.get(pair, Asked()), now) for pair in fetch),
        digests=tuple(one.name for one in settings.digests if _issue_due(settings, one, ledger, now)),
        alerts=tuple(alert for one in settings.digests for alert in _alerts(settings, one, ledger)),
        deliver=settings.smtp is not None and any(moment <= now for moment in ledger.waiting),
    )


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


def _full_due(asked: Asked, now: datetime) -> bool:
    return asked.full is not None and now - asked.full >= FULL_EVERY


def _issue_due(settings: Settings, digest: Digest, ledger: Ledger, now: datetime) -> bool:
    slot = periods.slot(periods.parse(digest.every), ZoneInfo(digest.timezone), now)
    issues = ledger.issues.get(digest.name, {})
    if not issues:  # a first issue needs something to begin from
        return any(asked.success for asked in _asked(settings, digest, ledger))
    if any(period.partition(".")[0] == slot.key for period in issues):
        return False
    # One that was composed since, under another zone or schedule or a clock that is ahead, told what there was to tell.
    return max(issues.values()) < slot.at


def _alerts(settings: Settings, digest: Digest, ledger: Ledger) -> Iterable[tuple[str, str]]:
    """One for each day on which a failure began that has lasted for three days, where somebody can be told."""
    if settings.smtp is None or not digest.email:
        return
    told, zone = ledger.issues.get(f"{digest.name}.alert", {}), ZoneInfo(digest.timezone)
    begun = {
        str(days[0]) for asked in _asked(settings, digest, ledger) if len(days := _days(asked, zone)) >= ALERT_AFTER
    }
    yield from ((digest.name, day) for day in sorted(begun) if day not in told)


def _days(asked: Asked, zone: ZoneInfo) -> list[date]:
    return sorted({moment.astimezone(zone).date() for moment in asked.failed})


def _asked(settings: Settings, digest: Digest, ledger: Ledger) -> Iterator[Asked]:
    """How the digest's own queries were answered."""
    return (ledger.asked.get(pair, Asked()) for pair in pairs(settings) if pair[1] in digest.queries)
