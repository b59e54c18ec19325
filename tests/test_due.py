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
    for back in (HOUR, 6 * HOUR, DAY):
        assert not due(settings, done, NOON - back).digests
    assert due(settings, done, NOON - DAY).fetch == (PAIR,), "what was written by a wrong clock counts for nothing"


def test_a_clock_that_was_years_ahead_once_keeps_nothing_from_being_composed_or_sent() -> None:
    settings, ahead = settings_for(), datetime(2036, 1, 7, 7, tzinfo=UTC)
    held = replace(ledger(**{"2026-W47": NOON - 7 * DAY, "2036-W02": ahead}), waiting=(ahead + 5 * MINUTE,))
    found = due(settings, held, NOON)
    assert (found.digests, found.ahead, found.deliver) == (("it",), ("it",), True)
    again = replace(held, issues={"it": {**held.issues["it"], "2026-W48": NOON}})
    assert not due(settings, again, NOON + HOUR).digests
    assert due(settings, again, NOON + 7 * DAY).digests == ("it",) and not due(settings, again, NOON + 7 * DAY).ahead
    assert not due(settings, again, ahead).digests, "its own period is never told twice"
    assert due(settings, ledger(**{"2036-W02": ahead}), NOON).digests == ("it",), "a first issue, too"
    assert not due(settings, replace(held, waiting=(NOON + DAY,)), NOON).deliver, "the longest gap"


# ---- An issue waits for a source that failed


def composed_at(*answers: bool, settings: Settings, start: datetime, hours: int = 48) -> list[datetime]:
    """When an issue is composed, looked at each minute; answers: of each fetch in turn, the last for ever."""
    asked, issues, found, rest = Asked(success=start - 20 * DAY), {"2026-W45": start - 20 * DAY}, [], list(answers)
    for minute in range(hours * 60):
        now = start + minute * MINUTE
        if due(settings, Ledger({PAIR: asked}, {"it": issues}), now).fetch:
            good = rest.pop(0) if rest[1:] else rest[0]
            asked = Asked(success=now) if good else replace(asked, failed=(*asked.failed, now))
        if due(settings, Ledger({PAIR: asked}, {"it": issues}), now).digests:
            found.append(now)
            issues = {**issues, f"2026-W{len(found)}": now} | {"2026-W48": now}
    return found


WOKEN = NOON - 3 * HOUR  # at nine; the slots were at six and seven


@pytest.mark.parametrize(
    "answers, after",
    [
        ((True,), timedelta(0)),
        ((False, True), timedelta(minutes=15)),
        ((False, False, True), timedelta(hours=1, minutes=15)),
        ((False,), sum(FETCH_GAPS, timedelta(0))),
    ],
    ids=["answers", "15 minutes late", "later", "never"],
)
def test_an_issue_waits_for_a_source_that_is_asked_again_but_not_for_ever(
    answers: tuple[bool, ...], after: timedelta
) -> None:
    assert composed_at(*answers, settings=settings_for(), start=WOKEN) == [WOKEN + after]


def test_a_machine_that_is_on_for_an_hour_a_day_gives_up_at_the_fourth_try() -> None:
    tries = (NOON, NOON + 15 * MINUTE, NOON + DAY, NOON + DAY + 15 * MINUTE)
    asked = [Asked(success=NOON - 9 * DAY, failed=tries[: n + 1]) for n in range(4)]
    before = {"2026-W47": NOON - 7 * DAY}
    found = [due(settings_for(), ledger(one, **before), now).digests for one, now in zip(asked, tries, strict=True)]
    assert found == [(), (), (), ("it",)]


def test_a_source_that_is_none_of_the_digest_s_keeps_nothing_waiting() -> None:
    settings = settings_for()
    both = replace(settings, queries=(*settings.queries, Query(name="moss", pubmed="moss")))
    held = Ledger({PAIR: Asked(success=NOON), ("pubmed", "moss"): Asked(failed=(NOON,))}, {})
    assert due(both, held, NOON).digests == ("it",)


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
    [
        ((0, 0, 0, 0), None),
        ((1, 0), None),
        ((2, 1, 0), "2026-11-21"),
        ((9, 5, 0), None),
        ((9, 2, 1, 0), "2026-11-21"),
        ((0, 1, 1), None),
    ],
    ids=str,
)
def test_failures_on_three_days_in_a_row_are_an_alert_once(days: tuple[int, ...], day: str | None) -> None:
    failed = tuple(sorted(NOON - n * DAY for n in days))
    held = ledger(Asked(success=NOON - 20 * DAY, failed=failed))
    alerts = due(settings_for(), held, NOON).alerts
    assert alerts == ((("it", day),) if day else ())
    told = replace(held, issues={"it.alert": {str(day): NOON}})
    assert due(settings_for(), told, NOON + DAY).alerts == ()


def test_one_outage_is_one_alert_whichever_query_and_zone_sees_it() -> None:
    settings = settings_for()
    gel, moss = settings.queries[0], Query(name="moss", pubmed="moss")
    both = replace(settings, queries=(gel, moss), digests=(replace(settings.digests[0], queries=("gel", "moss")),))
    morning = NOON - 6 * HOUR
    asked = {
        PAIR: Asked(failed=tuple(morning - n * DAY for n in (3, 2, 1, 0))),
        ("pubmed", "moss"): Asked(failed=tuple(morning - n * DAY for n in (2, 1, 0))),
    }
    held = Ledger(asked, {"it": {"2026-W48": NOON}})
    assert due(both, held, NOON).alerts == (("it", "2026-11-20"),)
    told = replace(held, issues={**held.issues, "it.alert": {"2026-11-20": NOON - DAY}})
    west = replace(both, digests=(replace(both.digests[0], timezone="America/Los_Angeles"),))
    mended = replace(told, asked={**asked, PAIR: Asked(success=NOON)})
    for later, ledger_then in ((both, told), (west, told), (both, mended)):
        assert due(later, ledger_then, NOON).alerts == ()
    again = Asked(success=NOON + DAY, failed=tuple(morning + n * DAY for n in (2, 3, 4)))
    assert due(both, replace(told, asked={PAIR: again}), NOON + 4 * DAY).alerts == (("it", "2026-11-25"),)


def test_where_it_is_fetched_once_a_week_three_weeks_in_a_row_are_an_alert() -> None:
    failed = tuple(NOON - n * 7 * DAY for n in (2, 1, 0))
    assert due(settings_for(fetch="monday 06:00"), ledger(Asked(failed=failed)), NOON).alerts == (("it", "2026-11-09"),)


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
