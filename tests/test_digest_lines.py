"""The lines of a card as a clinician reads them: a trial that ended, raw enum values, and dates that mean nothing."""

from dataclasses import replace
from typing import Any

import pytest

from tests.test_digest_build import change, digest, trial
from tracker.digest.board import make_issue_board
from tracker.digest.entries import entry
from tracker.digest.material import BoardRow, Reason
from tracker.digest.render import render_html, render_markdown, render_text

ENDED = (
    change(1, "date_pulled_in", 3, field="completion", headline="pubmed-1: completion 2027-09-30 -> 2026-10-19"),
    change(2, "date_met", 1, field="completion", headline="pubmed-1: completion 2026-10-19: ESTIMATED -> ACTUAL"),
    change(3, "stopped", 3, field="status", headline="pubmed-1: status RECRUITING -> TERMINATED; reason given: ACTUAL"),
    change(4, "enrollment_changed", 1, field="enrollment", headline="pubmed-1: enrollment 6 ESTIMATED -> 0 ACTUAL"),
)


def lines(*changes: Any, **given: Any) -> list[tuple[str, bool]]:
    return [(line.text, line.loud) for line in entry(trial(1, changes=changes, **given), card=True).lines]


@pytest.mark.parametrize("status", ["TERMINATED", "WITHDRAWN", "SUSPENDED"])
def test_dates_of_a_trial_that_stopped_follow_the_stop_and_are_not_loud(status: str) -> None:
    assert lines(*ENDED, status=status) == [
        ("status recruiting -> terminated; reason given: ACTUAL", True),
        ("enrollment 6 estimated -> 0 actual", False),
        ("completion 2027-09-30 -> 2026-10-19, no longer an estimate", False),
    ]


def test_a_date_that_moved_and_was_met_is_one_line_and_two_events() -> None:
    slipped = change(1, "date_slipped", 2, field="start", headline="pubmed-1: start 2026-01 -> 2026-02")
    met = change(2, "date_met", 1, field="start", headline="pubmed-1: start 2026-02: ESTIMATED -> ACTUAL")
    assert lines(slipped, met) == lines(met, slipped) == [("start 2026-01 -> 2026-02, no longer an estimate", False)]
    assert entry(trial(1, changes=(slipped, met)), card=True).events == (1, 2)
    other = replace(met, field="completion")
    assert len(lines(slipped, other)) == 2 and lines(met) == [("start 2026-02, no longer an estimate", False)]


@pytest.mark.parametrize(
    ("status", "loud"), [("TERMINATED", False), ("WITHDRAWN", False), ("SUSPENDED", True), ("RECRUITING", True)]
)
def test_a_date_that_moves_after_the_end_is_not_loud_either(status: str, loud: bool) -> None:
    assert lines(ENDED[0], status=status) == [("completion 2027-09-30 -> 2026-10-19", loud)]


@pytest.mark.parametrize(
    ("kind", "headline", "said"),
    [
        ("status_changed", "status NOT_YET_RECRUITING -> RECRUITING", "status not yet recruiting -> recruiting"),
        (
            "status_changed",
            "status RECRUITING -> UNKNOWN; last known status RECRUITING",
            "status recruiting -> unknown; last known status recruiting",
        ),
        ("phase_changed", "phase PHASE1/PHASE2 -> PHASE2", "phase 1/2 -> 2"),
        ("phase_changed", "phase EARLY_PHASE1 -> PHASE1", "phase early 1 -> 1"),
        ("status_changed", "status SOMETHING_NEW -> RECRUITING", "status SOMETHING_NEW -> recruiting"),
        ("date_met", "start 2026-11-10: ESTIMATED -> ACTUAL", "start 2026-11-10, no longer an estimate"),
        ("sponsor_changed", "sponsor ACTUAL -> RECRUITING", "sponsor ACTUAL -> RECRUITING"),  # names
    ],
)
def test_raw_values_are_said_as_the_registrys_own_pages_say_them(kind: str, headline: str, said: str) -> None:
    assert lines(change(1, kind, headline=f"pubmed-1: {headline}")) == [(said, False)]


@pytest.mark.parametrize(
    ("status", "kind", "shown"),
    [
        ("WITHDRAWN", "ESTIMATED", False),
        ("WITHDRAWN", "", False),
        ("TERMINATED", "ESTIMATED", False),
        ("TERMINATED", "ACTUAL", True),
        ("SUSPENDED", "ESTIMATED", True),
        ("RECRUITING", "ESTIMATED", True),
    ],
)
def test_an_end_that_will_not_come_is_left_out(status: str, kind: str, shown: bool) -> None:
    one = trial(1, "new_trial", status=status, primary_completion="2028-06", primary_completion_type=kind)
    assert any("primary completion" in fact for fact in entry(one, card=True).facts) is shown


def test_the_first_issue_is_called_the_baseline() -> None:
    made = digest(first_issue=True, baseline=(("q", 87), ("r", 1)))
    assert made.subject.endswith(": the baseline, 88 records held")
    assert digest(first_issue=True, baseline=(("q", 1),)).subject.endswith(": the baseline, 1 record held")
    assert digest(first_issue=True).subject.endswith(": all clear")


def test_what_the_places_of_a_ladder_are_is_said_once_in_every_form() -> None:
    rows = [
        BoardRow(approach=name, condition="pattern hair loss", followed=followed, trials=2, furthest="Phase 4")
        for name, followed in (("One", True), ("Two", False))
    ]
    made = digest(trial(1, "stopped"), board=tuple(rows))
    assert made.board == make_issue_board(rows, made.since[:10], made.until[:10], [trial(1, "stopped")])
    rungs = "laboratory, animals, people (no phase stated), phases 1 to 4, approved"
    for render in (render_markdown, render_html, render_text):
        text = " ".join(render(made).split())
        assert text.count(rungs) == 1
        assert text.count("a phase is no approval") == 1
        assert "Two (Phase 4)" in text


@pytest.mark.parametrize(("condition", "moved"), [("aga", "pattern hair loss"), ("te", "other or unnamed hair loss")])
def test_what_an_issue_tells_has_moved_on_the_board_whatever_its_date(condition: str, moved: str) -> None:
    rows = [
        BoardRow(approach="One", condition=name, followed=True, trials=2, furthest="Phase 4", moved="2020-01-01")
        for name in ("pattern hair loss", "other or unnamed hair loss")
    ]
    approach = Reason(axis="approach", label="x", name="One")
    told = replace(
        trial(1, "stopped"), approaches=(approach,), conditions=(Reason(axis="condition", label=condition, name="c"),)
    )
    made = digest(told, board=tuple(rows))
    assert made.board and [row.condition for row in made.board.rows if row.moved] == [moved]


def test_a_fact_that_a_line_tells_is_not_said_twice() -> None:
    now = {"status": "TERMINATED", "enrollment": 0, "enrollment_type": "ACTUAL", "sponsor": "Made Up"}
    assert entry(trial(1, changes=ENDED, **now), card=True).facts == ("Made Up",)
    assert entry(trial(1, changes=ENDED[:1], **now), card=True).facts == ("terminated", "0 people enrolled", "Made Up")
