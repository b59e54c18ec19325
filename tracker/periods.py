"""Schedules and their periods: the whole grammar of `every` (and of `fetch`), and which slot a moment belongs to.

    monday 07:00       each week; any weekday by its English name, in full or by its first three letters
    daily 06:00        each day
    monthly 3 08:00    each month on that day, 1 to 28, which every month has

A slot is one firing of a schedule. It is named by the local date that it was meant for, so that a key never depends on
daylight saving: 2026-W48, 2026-11-23, 2026-11. A local time that a day does not have fires at the first moment after
the gap; one that a day has twice fires the first time. Pure: no clock, no database, no configuration.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from tracker.errors import ConfigError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_EXAMPLES = 'write "monday 07:00", "daily 06:00" or "monthly 3 08:00"'
_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[T ](?P<time>\d\d:\d\d(?::\d\d)?)(?P<zone>Z|[+-]\d\d:\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_MOMENTS = "write a day such as 2026-11-23, a local time such as 2026-11-23T07:00"
# A zone's clock was never set back by more than a day, so no slot of a later date can lie before this many days ahead.
_AHEAD = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Every:
    """One schedule. unit: week, day, month. day: weekday 0 (Monday) to 6, or day of the month 1 to 28, or 0."""

    unit: str
    day: int
    at: time

    def __str__(self) -> str:
        name = {"week": WEEKDAYS[self.day % 7], "day": "daily", "month": f"monthly {self.day}"}[self.unit]
        return f"{name} {self.at:%H:%M}"


@dataclass(frozen=True, slots=True)
class Slot:
    """One firing: its period's key, the moment (aware, UTC), and the local date that it was meant for."""

    key: str
    at: datetime
    day: date


def parse(text: str) -> Every:
    """Read one schedule. Raises ConfigError, in one line with a hint, on anything outside the grammar."""
    words = text.lower().split()
    text = " ".join(words)[:60]
    if len(words) == 2 and words[0] == "daily":
        return Every("day", 0, _time(text, words[1]))
    if len(words) == 3 and words[0] == "monthly":
        return Every("month", _day_of_month(text, words[1]), _time(text, words[2]))
    if len(words) == 2:
        return Every("week", _weekday(text, words[0]), _time(text, words[1]))
    raise ConfigError(f'"{text}" is no schedule - {_EXAMPLES}')


def _time(text: str, word: str) -> time:
    match = _TIME.fullmatch(word)
    if not match:
        raise ConfigError(f'"{text}": "{word}" is no time of day - write 07:00, from 00:00 to 23:59')
    return time(int(match[1]), int(match[2]))


def _weekday(text: str, word: str) -> int:
    for n, name in enumerate(WEEKDAYS):
        if word in (name, name[:3]):
            return n
    near = get_close_matches(word, WEEKDAYS, n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"name a weekday, such as monday, or {_EXAMPLES}"
    raise ConfigError(f'"{text}": "{word}" is no weekday - {hint}')


def _day_of_month(text: str, word: str) -> int:
    if word.isascii() and word.isdigit() and len(word) <= 2 and 1 <= int(word) <= 28:
        return int(word)
    raise ConfigError(f'"{text}": "{word}" is no day that every month has - write a number from 1 to 28')


def moment(text: str, every: Every, zone: ZoneInfo) -> datetime:
    """The moment (aware, UTC) that a person means. A day alone is that day at the schedule's own hour, so that the day
    of a slot is the slot; a time without a zone is local. Raises ConfigError on anything else.
    """
    words = _MOMENT.fullmatch(text.strip())
    try:
        if words and not words["time"]:
            return _moment(every, zone, date.fromisoformat(words["day"]))
        if words:
            meant = datetime.fromisoformat(f"{words['day']}T{words['time']}{(words['zone'] or '').upper()}")
            return (meant if meant.tzinfo else meant.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # no day of the calendar, no time of a day
    shown = text[:60] if text.isprintable() else ascii(text[:60])
    raise ConfigError(f'"{shown}" is no moment - {_MOMENTS} ({zone.key}) or 2026-11-23T07:00:00Z')


def slot(every: Every, zone: ZoneInfo, now: datetime) -> Slot:
    """The last slot at or before `now` (aware)."""
    now = now.astimezone(UTC)
    day = _at_or_before(every, now.astimezone(zone).date() + _AHEAD)
    while _moment(every, zone, day) > now:
        day = _before(every, day)
    return _slot(every, zone, day)


def previous(every: Every, zone: ZoneInfo, slot: Slot) -> Slot:
    """The slot before this one."""
    day = _before(every, slot.day)
    while _moment(every, zone, day) >= slot.at:  # a date that its zone skipped has no slot of its own at midnight
        day = _before(every, day)
    return _slot(every, zone, day)


def following(every: Every, zone: ZoneInfo, slot: Slot) -> Slot:
    """The slot after this one."""
    day = _after(every, slot.day)
    while _moment(every, zone, _after(every, day)) <= _moment(every, zone, day):
        day = _after(every, day)
    return _slot(every, zone, day)


def _slot(every: Every, zone: ZoneInfo, day: date) -> Slot:
    year, week, _ = day.isocalendar()
    key = {"week": f"{year:04d}-W{week:02d}", "day": day.isoformat(), "month": f"{day:%Y-%m}"}[every.unit]
    return Slot(key, _moment(every, zone, day), day)


def _at_or_before(every: Every, day: date) -> date:
    if every.unit == "week":
        return day - timedelta(days=(day.weekday() - every.day) % 7)
    if every.unit == "month":
        return day.replace(day=every.day) if day.day >= every.day else _before(every, day.replace(day=every.day))
    return day


def _before(every: Every, day: date) -> date:
    if every.unit == "month":
        return (day.replace(day=1) - timedelta(days=1)).replace(day=every.day)
    return day - timedelta(days=7 if every.unit == "week" else 1)


def _after(every: Every, day: date) -> date:
    if every.unit == "month":
        return (day.replace(day=28) + timedelta(days=4)).replace(day=every.day)
    return day + timedelta(days=7 if every.unit == "week" else 1)


def _moment(every: Every, zone: ZoneInfo, day: date) -> datetime:
    """When a schedule fires on a local date. With fold 0 an ambiguous time is the first of the two."""
    wall = datetime.combine(day, every.at)
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    return _end_of_gap(zone, wall)


def _end_of_gap(zone: ZoneInfo, wall: datetime) -> datetime:
    """The first moment past a local time that the zone skipped: fold 1 lies before the gap, fold 0 after it."""
    low = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    high = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            low = middle
        else:
            high = middle
    return high
