"""Partial dates: "2026", "2026-05" or "2026-05-04", as text, with the precision that the source gave.

Reading never raises: what is no date becomes "". No day or month is ever invented.
Moments of our own clock are another thing: aware UTC datetimes, stored as "2026-11-23T07:00:00Z".
"""

import calendar
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from tracker.errors import ConfigError

Clock = Callable[[], datetime]

_PARTIAL = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:[T ]\d{2}:\d{2}.*)?")
_MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_abbr) if n}


def partial(text: str | None) -> str:
    """A partial date in canonical form, or "" where `text` is none. A day that its month lacks is dropped."""
    match = _PARTIAL.fullmatch((text or "").strip())
    if not match:
        return ""
    year, month, day = match.groups()
    return from_parts(year, month, day)


def from_parts(year: str | None, month: str | None = None, day: str | None = None) -> str:
    """A partial date from a year, a month (a number or an English name) and a day, each perhaps missing or wrong."""
    y = _number(year, 1000, 2999)
    if not y:
        return ""
    m = month_number(month)
    if not m:
        return f"{y:04d}"
    d = _number(day, 1, calendar.monthrange(y, m)[1])
    return f"{y:04d}-{m:02d}-{d:02d}" if d else f"{y:04d}-{m:02d}"


def month_number(text: str | None) -> int:
    """1 to 12 for "5", "05", "May" or "may."; 0 for anything else."""
    word = (text or "").strip().strip(".").lower()
    return _number(word, 1, 12) or _MONTHS.get(word[:3] if word.isalpha() else "", 0)


def _number(text: str | None, low: int, high: int) -> int:
    text = (text or "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        return 0
    return int(text) if low <= int(text) <= high else 0


def common(a: str, b: str) -> tuple[str, str]:
    """Both dates cut to the precision that they share."""
    size = min(len(a), len(b))
    return a[:size], b[:size]


def differ(a: str, b: str) -> bool:
    """Whether two partial dates are unequal over their common precision. An absent date differs from a present one."""
    if not a or not b:
        return a != b
    a, b = common(a, b)
    return a != b


def last_day(value: str) -> date | None:
    """The last day that a partial date can mean; None for ""."""
    if not value:
        return None
    parts = [int(part) for part in value.split("-")]
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    day = parts[2] if len(parts) > 2 else calendar.monthrange(year, month)[1]
    return date(year, month, day)


def is_past(value: str, today: date) -> bool:
    """A partial date is past when its last day is past."""
    last = last_day(value)
    return last is not None and last < today


def months_between(a: str, b: str) -> int | None:
    """Whole months from `a` to `b` (negative when b is earlier); None unless both have a month.

    Days count only where both dates have one: 2025-01-31 to 2025-03-01 is one month, to 2025-03-31 or 2025-02-28 (the
    end of a month to the end of another) a whole number of them.
    """
    if len(a) < 7 or len(b) < 7:
        return None
    months = (int(b[:4]) - int(a[:4])) * 12 + int(b[5:7]) - int(a[5:7])
    if len(a) == len(b) == 10:
        if months > 0 and b[8:] < a[8:] and not _ends_month(b):
            months -= 1
        elif months < 0 and b[8:] > a[8:] and not _ends_month(a):
            months += 1
    return months


def _ends_month(value: str) -> bool:
    return int(value[8:]) == calendar.monthrange(int(value[:4]), int(value[5:7]))[1]


def days_between(a: str, b: str) -> int | None:
    """Days from `a` to `b`; None unless both have a day."""
    if len(a) < 10 or len(b) < 10:
        return None
    return (date.fromisoformat(b) - date.fromisoformat(a)).days


def stamp(moment: datetime) -> str:
    """A moment as it is stored: UTC, to the second, with Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_stamp(text: str) -> datetime:
    """The moment behind a stored stamp. Raises ValueError on anything else."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def clock_from(environment: Mapping[str, str]) -> Clock:
    """The clock of a command: TRACKER_NOW (2026-11-23T07:00:00Z) where it is set, else the time of day.

    Raises ConfigError when TRACKER_NOW is no such moment.
    """
    fixed = environment.get("TRACKER_NOW", "")
    if not fixed:
        return lambda: datetime.now(UTC)
    try:
        moment = from_stamp(fixed)
    except ValueError:
        raise ConfigError(f"TRACKER_NOW is {fixed!r}: write a moment in UTC, such as 2026-11-23T07:00:00Z") from None
    if not 1970 < moment.year < 3000:  # schedules look a while back and ahead, and calendars end
        raise ConfigError(f"TRACKER_NOW is {fixed!r}: write a moment between 1971 and 2999")
    return lambda: moment
