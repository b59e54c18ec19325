"""The grammar of schedules, and slots over decades of daylight saving."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.errors import ConfigError
from tracker.periods import WEEKDAYS, Every, following, parse, previous, slot

LONDON = ZoneInfo("Europe/London")
ZONES = [
    "UTC",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",  # changed at 00:01 until 2011
    "America/Havana",  # changes at midnight
    "America/Asuncion",  # back to 23:00 of the day before
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Apia",  # had no 30 December 2011
    "Pacific/Kwajalein",  # had no 21 August 1993
]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("monday 07:00", Every("week", 0, time(7))),
        ("Sun 23:59", Every("week", 6, time(23, 59))),
        ("  THURSDAY   00:00 ", Every("week", 3, time(0))),
        ("daily 06:00", Every("day", 0, time(6))),
        ("monthly 3 08:00", Every("month", 3, time(8))),
        ("monthly 28 08:05", Every("month", 28, time(8, 5))),
    ],
)
def test_each_form_of_the_grammar_is_read(text: str, every: Every) -> None:
    assert parse(text) == every
    assert parse(str(every)) == every


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "monday 07:00"),
        ("weekly", "monday 07:00"),
        ("1 07:00", "name a weekday"),
        ("weekly 07:00", "name a weekday"),
        ("thurs 07:00", 'did you mean "thursday"?'),
        ("wendsday 07:00", 'did you mean "wednesday"?'),
        ("monday 7:00", "07:00"),
        ("monday 24:00", "23:59"),
        ("monday 07:60", "23:59"),
        ("daily ٠٦:٠٠", "07:00"),
        ("daily", "daily 06:00"),
        ("monthly 29 08:00", "1 to 28"),
        ("monthly 0 08:00", "1 to 28"),
        ("monthly third 08:00", "1 to 28"),
        ("monthly ² 08:00", "1 to 28"),
        ("weekly monday 07:00", "monday 07:00"),
        ("monday 07:00 UTC", "monday 07:00"),
    ],
)
def test_anything_else_is_refused_in_one_line_with_a_hint(text: str, hint: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(text)
    assert hint in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("every", "now", "key", "at"),
    [
        ("monday 07:00", utc(2026, 11, 23, 7, 0), "2026-W48", utc(2026, 11, 23, 7)),
        ("monday 07:00", utc(2026, 11, 23, 6, 59, 59), "2026-W47", utc(2026, 11, 16, 7)),
        ("monday 07:00", utc(2026, 7, 6, 6, 0), "2026-W28", utc(2026, 7, 6, 6)),  # summer time
        ("monday 07:00", utc(2026, 12, 31), "2026-W53", utc(2026, 12, 28, 7)),  # a year of 53 weeks
        ("sunday 07:00", utc(2027, 1, 3, 12), "2026-W53", utc(2027, 1, 3, 7)),
        ("monday 07:00", utc(2027, 1, 4, 12), "2027-W01", utc(2027, 1, 4, 7)),
        ("tuesday 07:00", utc(2024, 12, 31, 12), "2025-W01", utc(2024, 12, 31, 7)),
        ("daily 06:00", utc(2028, 2, 29, 6), "2028-02-29", utc(2028, 2, 29, 6)),
        ("daily 06:00", utc(2028, 3, 1, 5), "2028-02-29", utc(2028, 2, 29, 6)),
        ("daily 06:00", utc(2027, 1, 1, 5), "2026-12-31", utc(2026, 12, 31, 6)),
        ("monthly 3 08:00", utc(2027, 1, 3, 7), "2026-12", utc(2026, 12, 3, 8)),
        ("monthly 28 08:00", utc(2026, 2, 28, 8), "2026-02", utc(2026, 2, 28, 8)),
    ],
)
def test_a_moment_belongs_to_the_last_slot_at_or_before_it(every: str, now: datetime, key: str, at: datetime) -> None:
    found = slot(parse(every), LONDON, now)
    assert (found.key, found.at) == (key, at)


def test_a_time_that_the_day_skips_fires_when_the_gap_ends() -> None:
    night = parse("daily 01:30")  # clocks go from 01:00 to 02:00 on 2026-03-29 in London
    assert slot(night, LONDON, utc(2026, 3, 29, 0, 59, 59)).key == "2026-03-28"
    found = slot(night, LONDON, utc(2026, 3, 29, 1, 0))
    assert (found.key, found.at) == ("2026-03-29", utc(2026, 3, 29, 1, 0))


def test_a_time_that_the_day_has_twice_fires_the_first_time_only() -> None:
    night = parse("daily 01:30")  # clocks go from 02:00 to 01:00 on 2026-10-25 in London
    found = slot(night, LONDON, utc(2026, 10, 25, 1, 45))  # the second 01:45
    assert (found.key, found.at) == ("2026-10-25", utc(2026, 10, 25, 0, 30))


def test_a_date_that_a_zone_never_had_still_has_its_slot() -> None:
    apia = ZoneInfo("Pacific/Apia")
    morning = parse("friday 07:00")  # 2011-12-30, a Friday, was skipped
    found = slot(morning, apia, utc(2011, 12, 31))
    assert (found.key, found.day) == ("2011-W52", date(2011, 12, 30))
    assert found.at.astimezone(apia).replace(tzinfo=None) == datetime(2011, 12, 31)


def test_two_slots_never_share_a_moment() -> None:
    apia = ZoneInfo("Pacific/Apia")
    midnight = parse("daily 00:00")
    new_year = slot(midnight, apia, utc(2011, 12, 30, 10))
    assert new_year.key == "2011-12-31"
    assert previous(midnight, apia, new_year).key == "2011-12-29"
    assert following(midnight, apia, previous(midnight, apia, new_year)) == new_year


schedules = st.builds(
    lambda unit, weekday, day, hour, minute: Every(
        unit, {"week": weekday, "day": 0, "month": day}[unit], time(hour, minute)
    ),
    st.sampled_from(["week", "day", "month"]),
    st.integers(0, 6),
    st.integers(1, 28),
    st.integers(0, 23),
    st.integers(0, 59),
)
moments = st.datetimes(datetime(1980, 1, 1), datetime(2040, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
zones = st.sampled_from(ZONES).map(ZoneInfo)


@settings(max_examples=400, deadline=None)
@given(schedules, zones, moments)
def test_now_lies_between_its_slot_and_the_next(every: Every, zone: ZoneInfo, now: datetime) -> None:
    found = slot(every, zone, now)
    after = following(every, zone, found)
    assert found.at <= now < after.at
    assert slot(every, zone, found.at) == found
    assert slot(every, zone, after.at) == after
    assert slot(every, zone, after.at - timedelta(seconds=1)) == found
    assert previous(every, zone, after) == found


@settings(max_examples=60, deadline=None)
@given(schedules, zones, moments)
def test_slots_strictly_increase_and_each_has_its_own_key(every: Every, zone: ZoneInfo, now: datetime) -> None:
    run = [slot(every, zone, now)]
    for _ in range(120):
        run.append(previous(every, zone, run[-1]))
    run.reverse()
    assert all(a.at < b.at and a.day < b.day for a, b in pairwise(run))
    keys = [one.key for one in run]
    assert len(set(keys)) == len(keys)
    assert keys == sorted(keys)


@pytest.mark.parametrize("zone", ZONES)
def test_every_day_from_1990_to_2035_has_one_slot_at_its_local_time_or_at_the_end_of_a_gap(zone: str) -> None:
    every, place = parse("daily 00:30"), ZoneInfo(zone)
    now = slot(every, place, utc(1990, 1, 1))
    while now.at < utc(2035, 1, 1):
        wall = now.at.astimezone(place).replace(tzinfo=None)
        if wall != datetime.combine(now.day, every.at):
            before = (now.at - timedelta(seconds=1)).astimezone(place).replace(tzinfo=None)
            assert before < datetime.combine(now.day, every.at) < wall
        now = following(every, place, now)


def test_weekdays_are_counted_as_python_counts_them() -> None:
    assert [date(2026, 11, 23 + n).weekday() for n in range(7)] == [parse(f"{name} 07:00").day for name in WEEKDAYS]
