"""due() under a simulated clock: ten years in twelve zones, without a break and with naps and outages. No database.

A plain run plays every twelfth of these; `make proof` plays them all.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.test_due import DAY, HOUR, MINUTE, Machine, settings_for
from tracker.periods import WEEKDAYS

ZONES = (
    "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo",
    "Africa/Casablanca", "Asia/Tehran",
    "Pacific/Chatham", "America/St_Johns", "Antarctica/Troll", "Pacific/Apia", "UTC",
)  # fmt: skip
# Among them the hours that daylight saving skips and repeats, midnight, and the last minute of a day.
SCHEDULES = ("monday 07:00", "sunday 01:30", "daily 02:30", "daily 00:00", "monthly 1 02:00", "monthly 28 23:45")
FIRST, LAST = date(2024, 1, 1), date(2034, 1, 1)  # leap days, and weeks 53 in 2026 and 2032


def slots(every: str, zone: ZoneInfo) -> Iterator[tuple[str, datetime]]:
    """(key, moment) of each firing, found by looking at a clock on the wall every quarter of an hour."""
    words = every.split()
    at = time.fromisoformat(words[-1])
    for n in range((LAST - FIRST).days):
        day = FIRST + n * DAY
        year, week, _ = day.isocalendar()
        if words[0] in WEEKDAYS and WEEKDAYS[day.weekday()] == words[0]:
            yield f"{year}-W{week:02}", _first_showing(datetime.combine(day, at), zone)
        elif words[0] == "daily":
            yield f"{day}", _first_showing(datetime.combine(day, at), zone)
        elif words[0] == "monthly" and day.day == int(words[1]):
            yield f"{day:%Y-%m}", _first_showing(datetime.combine(day, at), zone)


def _first_showing(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first quarter of an hour at which the clock on the wall shows this time or a later one of that day."""
    moment = wall.replace(tzinfo=UTC) - timedelta(hours=15)
    while moment.astimezone(zone).replace(tzinfo=None) < wall:
        moment += max(timedelta(minutes=15), (wall - moment.astimezone(zone).replace(tzinfo=None)) - 4 * HOUR)
    return moment


@pytest.mark.parametrize("every", SCHEDULES)
@pytest.mark.parametrize("zone", ZONES)
def test_ten_years_without_a_break(zone: str, every: str) -> None:
    """A minute before each slot nothing is due, at the slot the issue is, and after it nothing any more."""
    machine = Machine(settings_for(every, zone))
    wanted = list(slots(every, ZoneInfo(zone)))
    before = wanted[0][0]
    for key, moment in wanted:
        if machine.composed:
            assert not machine.look(moment - MINUTE, before).digests, f"{key} too early"
        assert machine.look(moment, key).digests == ("it",), f"{key} is missing at {moment}"
        assert not machine.look(moment + MINUTE, key).digests
        before = key
    assert [(key, moment) for moment, key in machine.composed] == wanted


@pytest.mark.parametrize("every", SCHEDULES)
@pytest.mark.parametrize("zone", ZONES)
def test_ten_years_of_sleep_and_outage(zone: str, every: str) -> None:
    """Whenever it wakes it catches up once: the newest period that was reached, and none of those between."""
    dice = random.Random(f"{zone} {every}")
    machine = Machine(settings_for(every, zone))
    wanted = list(slots(every, ZoneInfo(zone)))
    now, n = wanted[0][1], 0
    while now < wanted[-1][1]:
        while n + 1 < len(wanted) and wanted[n + 1][1] <= now:
            n += 1
        composed = machine.composed[-1][1] if machine.composed else ""
        assert bool(machine.look(now, wanted[n][0]).digests) == (composed != wanted[n][0])
        now += dice.choice((MINUTE, HOUR, 5 * HOUR, DAY, 9 * DAY, 40 * DAY)) * dice.random()
    assert len({key for _, key in machine.composed}) == len(machine.composed)
