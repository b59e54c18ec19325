"""due(): what is due by what was done: first issues, failures, clocks that jump, days that a zone left out. Pure.

tests/test_due_ten_years.py lets the clock run.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tracker.config import Digest, Query, Settings, Smtp, SourceSettings
from tracker.schedule.due import FETCH_GAPS, Asked, Due, Ledger, due

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PAIR = ("pubmed", "gel")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday


def settings_for(every: str = "monday 07:00", zone: str = "UTC", fetch: str = "daily 06:00") -> Settings:
    return Settings(
        timezone=zone,
        fetch=fetch,
        sources={"pubmed": SourceSettings(name="pubmed", url="", pace=1)},
        queries=(Query(name="gel", pubmed="gel"),),
        digests=(Digest(name="it", every=every, timezone=zone, queries=("gel",), email=("a@example.org",)),),
        smtp=Smtp(host="localhost", sender="t@example.org"),
    )


class Machine:
    """Does at once whatever is due, and remembers it as the database would."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ledger = Ledger(asked={PAIR: Asked(success=datetime(2000, 1, 1, tzinfo=UTC))})
        self.composed: list[tuple[datetime, str]] = []

    def look(self, now: datetime, key: str) -> Due:
        """`key`: of the period that it is. Only the answer of due() decides whether anything is composed for it."""
        found = due(self.settings, self.ledger, now)
        if found.digests:
            issues = dict(self.ledger.issues.get("it", {}))
            assert key not in issues, f"{key} a second time at {now}"
            self.composed.append((now, key))
            self.ledger = replace(self.ledger, issues={"it": issues | {key: now}})
        return found


def ledger(asked: Asked | None = Asked(success=NOON - HOUR), **issues: datetime) -> Ledger:
    return Ledger(asked={PAIR: asked} if asked else {}, issues={"it": issues} if issues else {})


def test_a_first_issue_waits_for_a_first_complete_answer() -> None:
    settings = settings_for()
    assert due(settings, ledger(None), NOON) == Due(fetch=(PAIR,))
    assert not due(settings, ledger(Asked(failed=(NOON - MINUTE,))), NOON).digests
    assert due(settings, ledger(), NOON).digests == ("it",)


def test_a_clock_set_back_composes_nothing_twice_and_fetches_anew() -> None:
    settings = settings_for()
    done = ledger(Asked(success=NOON), **{"2026-W48": NOON})
    for back in (HOUR, 6 * HOUR, DAY, 8 * DAY, 400 * DAY):
        assert not due(settings, done, NOON - back).digests
    assert due(settings, done, NOON - DAY).fetch == (PAIR,), "what was written by a wrong clock counts for nothing"


def test_another_zone_or_schedule_makes_no_second_issue_of_a_period() -> None:
    done = ledger(**{"2026-W48": NOON - 5 * HOUR})
    assert not due(settings_for(zone="America/New_York"), done, NOON + HOUR).digests, "Monday 07:00 comes there later"
    assert not due(settings_for("monday 11:00"), done, NOON).digests
    assert due(settings_for("daily 11:00"), done, NOON).digests, "a day is another period, and its slot came after"


def test_an_extra_issue_of_the_period_counts_as_the_period() -> None:
    assert not due(settings_for(), ledger(**{"2026-W48.2": NOON - DAY}), NOON).digests


def test_a_source_that_failed_is_asked_again_after_growing_gaps_and_then_at_the_next_slot() -> None:
    settings, slot = settings_for(), NOON.replace(hour=6)
    tries: list[datetime] = []
    for minutes in range(24 * 60):
        now = slot + minutes * MINUTE
        if due(settings, ledger(Asked(success=slot - DAY, failed=tuple(tries))), now).fetch:
            tries.append(now)
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert tries[0] == slot and tuple(gaps) == FETCH_GAPS
    assert due(settings, ledger(Asked(success=slot - DAY, failed=tuple(tries))), slot + DAY).fetch == (PAIR,)


def test_every_thirty_days_everything_is_read_again() -> None:
    def full(days: int) -> bool:
        asked = Asked(success=NOON - DAY, full=NOON - days * DAY)
        return due(settings_for(), ledger(asked), NOON).full

    assert [full(days) for days in (1, 29, 30, 31)] == [False, False, True, True]
    assert not due(settings_for(), ledger(None), NOON).full, "a first fetch reads everything anyway"
    fresh = Asked(success=NOON - HOUR, full=NOON - 31 * DAY)
    assert not due(settings_for(), ledger(fresh), NOON).full, "only when a fetch is due"


@pytest.mark.parametrize(
    "days, day",
    [((0, 0, 0, 0), None), ((1, 0), None), ((2, 1, 0), "2026-11-21"), ((9, 5, 0), "2026-11-14"), ((0, 1, 1), None)],
    ids=str,
)
def test_failures_on_three_days_are_an_alert_once(days: tuple[int, ...], day: str | None) -> None:
    failed = tuple(sorted(NOON - n * DAY for n in days))
    held = ledger(Asked(success=NOON - 20 * DAY, failed=failed))
    alerts = due(settings_for(), held, NOON).alerts
    assert alerts == ((("it", day),) if day else ())
    told = replace(held, issues={"it.alert": {str(day): NOON}})
    assert due(settings_for(), told, NOON + DAY).alerts == ()


def test_the_day_of_an_alert_is_the_day_in_the_zone() -> None:
    evening = datetime(2026, 11, 20, 23, tzinfo=UTC)
    held = ledger(Asked(failed=tuple(evening + n * DAY for n in range(3))))
    assert due(settings_for(zone="Asia/Kolkata"), held, NOON).alerts == (("it", "2026-11-21"),)


def test_without_anybody_to_tell_there_is_no_alert_and_without_a_server_no_delivery() -> None:
    settings = settings_for()
    held = replace(ledger(Asked(failed=tuple(NOON - n * DAY for n in (3, 2, 1)))), waiting=(NOON,))
    alone = replace(settings, digests=(replace(settings.digests[0], email=()),))
    assert due(alone, held, NOON).alerts == ()
    assert due(settings, held, NOON).deliver
    assert not due(settings, held, NOON - MINUTE).deliver
    without = due(replace(settings, smtp=None), held, NOON)
    assert not without.deliver and not without.alerts


def test_nothing_due_is_false() -> None:
    done = ledger(Asked(success=NOON), **{"2026-W48": NOON})
    assert not due(settings_for(), done, NOON)


def test_what_was_due_on_a_day_that_a_zone_left_out_is_due_right_after_it() -> None:
    """Samoa went from the 29th to the 31st of December 2011."""
    machine = Machine(settings_for("daily 07:00", "Pacific/Apia"))
    zone = ZoneInfo("Pacific/Apia")
    composed = []
    for hours in range(24 * 4):
        now = datetime(2011, 12, 29, 0, 30, tzinfo=zone).astimezone(UTC) + hours * HOUR
        if machine.look(now, f"{hours}").digests:
            composed.append(now.astimezone(zone).strftime("%d %H:%M"))
    assert composed == ["29 00:30", "29 07:30", "31 00:30", "31 07:30", "01 07:30", "02 07:30"]
