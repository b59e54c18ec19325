"""The board and the views behind it, each rule alone on a real database, and `tracker board`."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt

from tests.digest_case import NOW, Case, add_event, add_fetch, add_record, case, insert
from tracker.classify import load_taxonomy
from tracker.cli import cli
from tracker.digest.board import COLUMNS, make_board, make_issue_board, read_board
from tracker.digest.model import Board
from tracker.digest.plain import render_board
from tracker.digest.sql import dicts
from tracker.store import Store

AGA = {"axis": "condition", "label": "aga"}
MPC = {"axis": "approach", "label": "act.mpc"}


@pytest.fixture
def made() -> Case:
    made = case('[[query]]\nname = "q"\n[[approach]]\nid = "imm.jak"\nlabel = "JAK inhibitors"\nfollowed = false\n')
    add_fetch(made.db, "clinicaltrials", "q")  # today is 2026-11-22
    return made


def trial(made: Case, n: int, stage: str = "phase2", status: str = "COMPLETED", **given: Any) -> str:
    labels = given.pop("label", [MPC, AGA])
    link = given.pop("link", [])
    facts = {"status": status, "enrollment": 50, "enrollment_type": "ACTUAL", **given}
    add_record(
        made.db, f"NCT{n:08}", title=f"Trial {n}", queries=["q"], stage=stage, label=labels, link=link, trial=facts
    )
    return f"NCT{n:08}"


def paper(made: Case, n: int, stage: str = "trial_unphased", **given: Any) -> str:
    given = {"label": [MPC, AGA], "published": "2026-01", "queries": ["q"], "stage": stage, **given}
    add_record(made.db, f"pubmed-{n}", **given)
    return f"pubmed-{n}"


def board(made: Case, approach: str = "act.mpc", condition: str = "aga") -> dict[str, Any]:
    statement = "select * from trial_board where approach = ? and condition = ?"
    (row,) = dicts(made.db.conn, statement, approach, condition)
    return row


def ids(made: Case, view: str) -> list[str]:
    return [row["id"] for row in dicts(made.db.conn, f"select id from {view} order by id")]


@pytest.mark.parametrize(
    ("status", "given", "furthest"),
    [
        ("RECRUITING", {}, "phase3"),
        ("COMPLETED", {}, "phase3"),
        ("TERMINATED", {"enrollment": 9}, "phase1"),  # it enrolled somebody and was stopped
        ("SUSPENDED", {"enrollment": 9}, "phase1"),
        ("TERMINATED", {"enrollment": 0}, "phase1"),
        ("UNKNOWN", {"last_known_status": "RECRUITING"}, "phase3"),
        ("UNKNOWN", {"last_known_status": "NOT_YET_RECRUITING"}, "phase1"),
        ("NOT_YET_RECRUITING", {"enrollment_type": "ESTIMATED"}, "phase1"),
        ("WITHDRAWN", {"enrollment": 0}, "phase1"),
        ("AVAILABLE", {}, "phase1"),  # expanded access is no trial
    ],
)
def test_the_furthest_stage_is_of_a_trial_that_enrolled_somebody(
    made: Case, status: str, given: dict[str, Any], furthest: str
) -> None:
    trial(made, 1, "phase1")
    trial(made, 2, "phase3", status, **given)
    row = board(made)
    assert row["furthest_stage"] == furthest
    stopped = status in ("TERMINATED", "SUSPENDED") and given["enrollment"] > 0
    assert row["phase3"] == int(furthest == "phase3" or stopped)  # the ladder counts no plan, and whoever came


def test_a_stopped_trial_is_never_the_furthest_and_its_reason_stands_beside_it(made: Case) -> None:
    trial(made, 1, "phase1", enrollment=80, phase_detail="1b", phase_source="official title")
    trial(made, 2, "phase2", "TERMINATED", enrollment=4, why_stopped="Sepsis in two participants.")
    trial(made, 3, "phase3", "WITHDRAWN", enrollment=0, why_stopped="No money; " + "no " * 60 + "time.")
    row = board(made)
    assert (row["furthest_trial"], row["furthest_stage"], row["sub_phase"]) == ("NCT00000001", "phase1", "1b")
    stopped, withdrawn = row["beside"].split("; withdrawn: ")
    assert stopped == "stopped: Phase 2, NCT00000002 (Sepsis in two participants)"
    assert withdrawn.startswith("Phase 3, NCT00000003 (No money; no no ") and withdrawn.endswith("…)")
    assert len(withdrawn) < 160


def test_where_all_were_stopped_none_is_the_furthest_and_that_is_said(made: Case) -> None:
    trial(made, 1, "phase2", "TERMINATED", enrollment=4)
    assert "Furthest in people: no trial that enrolled somebody and was not stopped" in said(made)
    assert cell(made, "Furthest in people").startswith("no trial that enrolled somebody and was not stopped; stopped: ")


@pytest.mark.parametrize(
    ("status", "why", "quote"),
    [
        ("TERMINATED", "Sepsis in two participants.", "why it stopped: “Sepsis in two participants.”"),
        ("SUSPENDED", "A tumour", "why it stopped: “A tumour”"),
        ("WITHDRAWN", "Deaths elsewhere", "why it stopped: “Deaths elsewhere”"),
        ("TERMINATED", "Funding. No infection occurred.", ""),
        ("TERMINATED", "", ""),
        ("COMPLETED", "Sepsis", ""),
    ],
)
def test_a_harm_that_stopped_a_trial_is_a_harm_reported(made: Case, status: str, why: str, quote: str) -> None:
    trial(made, 1, "phase1")
    trial(made, 2, "phase2", status, enrollment=4, why_stopped=why, completion="2026-04", completion_type="ACTUAL")
    trials = f"Harm reported: 2026-04, {quote}, NCT00000002"
    assert (trials in said(made)) is bool(quote) and ("Harm reported" in said(made)) is bool(quote)
    paper(made, 3, "case_report", published="2026-02-01", label=[MPC, AGA, harm("title", "Sepsis")])
    assert (trials if quote else "Harm reported: 2026-02-01, “Sepsis”, PMID 3") in said(made)
    paper(made, 4, "case_report", published="2026-06-01", label=[MPC, AGA, harm("title", "Sepsis")])
    assert "Harm reported: 2026-06-01, “Sepsis”, PMID 4" in said(made)


def test_what_is_planned_stopped_or_withdrawn_is_named_beside_it(made: Case) -> None:
    trial(made, 1)
    trial(made, 2, "phase3", "NOT_YET_RECRUITING")
    trial(made, 3, "phase1", "NOT_YET_RECRUITING")
    trial(made, 4, "phase3", "WITHDRAWN", enrollment=0)
    trial(made, 5, "phase1", "SUSPENDED")
    assert board(made)["beside"] == (
        "planned: Phase 3, NCT00000002; stopped: Phase 1, NCT00000005; withdrawn: Phase 3, NCT00000004"
    )


def test_trials_and_people_are_counted_by_state(made: Case) -> None:
    for n, status in enumerate(
        ("RECRUITING", "ACTIVE_NOT_RECRUITING", "COMPLETED", "TERMINATED", "UNKNOWN", "WITHDRAWN")
    ):
        trial(made, n, status=status, enrollment=10 * (n + 1))
    row = board(made)
    states = ("running", "completed", "planned", "stopped", "unknown", "withdrawn")
    assert [row[state] for state in states] == [2, 1, 0, 1, 1, 1]
    assert [row[f"{state}_people"] for state in states[:5]] == [30, 30, None, 40, 50]
    assert row["trials"] == 6


def test_sub_phase_is_kept_apart_and_says_who_said_it(made: Case) -> None:
    trial(made, 1, phase_detail="2a", phase_source="official title")
    row = board(made)
    assert (row["furthest_label"], row["sub_phase"], row["sub_phase_source"]) == ("Phase 2", "2a", "official title")
    assert "Phase 2 (2a by its official title), completed, 50 people" in " ".join(" ".join(lines(made)).split())


def said(made: Case) -> str:
    return " ".join(" ".join(lines(made)).split())


def lines(made: Case) -> list[str]:
    found = make_board(read_board(made.db.conn))
    return render_board(found) if found else []


@pytest.mark.parametrize(
    ("label", "conditions"),
    [
        ([], ["other"]),
        ([AGA], ["aga"]),
        ([AGA, {"axis": "condition", "label": "aa"}], ["aga", "aa"]),
        ([{"axis": "condition", "label": "te"}, {"axis": "condition", "label": "general"}], ["other"]),
        ([AGA, {"axis": "condition", "label": "te"}], ["aga"]),
    ],
)
def test_a_work_stands_in_the_groups_that_it_names(made: Case, label: list[Any], conditions: list[str]) -> None:
    trial(made, 1, label=[MPC, *label])
    rows = dicts(made.db.conn, "select condition, trials from trial_board where trials > 0")
    assert [(row["condition"], row["trials"]) for row in rows] == [(one, 1) for one in conditions]


def test_versions_count_once_and_what_was_taken_back_or_is_off_topic_not_at_all(made: Case) -> None:
    paper(made, 2, published="2026-10", flags={"n": 24})
    paper(made, 1, same_as="pubmed-2", flags={"preprint": ""})
    paper(made, 3, published="2026-11", notice="retracted", flags={"n": 99, "retracted": ""})
    paper(made, 4, relevance="off", published="2026-11")
    row = board(made)
    assert (row["people"], row["newest_result"], row["newest_result_people"]) == (1, "pubmed-2", 24)


@pytest.mark.parametrize(
    ("stage", "given", "clinical"),
    [
        ("trial_unphased", {}, True),
        ("case_report", {}, True),
        ("animal", {}, False),
        ("systematic_review", {}, False),
        ("phase2", {"flags": {"protocol": ""}}, False),  # and stands on no rung
        ("phase2", {"flags": {"preprint": ""}}, False),
    ],
)
def test_what_is_not_held_is_said(made: Case, stage: str, given: dict[str, Any], clinical: bool) -> None:
    trial(made, 1)
    paper(made, 2, stage, **given)
    assert ("no peer-reviewed clinical paper held" in board(made)["absent"]) is not clinical
    assert "no results posted; no readout expected" in board(made)["absent"]
    said = " ".join(" ".join(lines(made)).split())
    assert ("MPC inhibitors: no peer-reviewed clinical paper held" in said) is not clinical
    assert board(made)["phase2"] == 1 + (stage == "phase2" and "protocol" not in given["flags"])


def test_an_approach_that_is_followed_and_not_held_is_named(made: Case) -> None:
    trial(made, 1)
    assert board(made, "cell.hfsc", "")["absent"] == (
        "no registered trial held; no peer-reviewed clinical paper held; no readout expected"
    )
    assert "Nothing held: Vesicles, adipose; Follicle stem cells." in lines(made)


@pytest.mark.parametrize(
    ("given", "readout"),
    [
        ({"primary_completion": "2026-12"}, "2026-12"),
        ({"primary_completion": "2026-11"}, "2026-11"),  # not past before its last day is
        ({"primary_completion": "2026-11-21"}, None),
        ({"primary_completion": "2026-11-22"}, "2026-11-22"),
        ({"primary_completion": "2026"}, "2026"),
        ({"primary_completion": "2025"}, None),
        ({"primary_completion": "2027-01", "primary_completion_type": "ACTUAL"}, None),
        ({"primary_completion": "2027-01", "status": "NOT_YET_RECRUITING"}, None),
        ({"primary_completion": "2027-01", "status": "UNKNOWN"}, None),
        ({"primary_completion": ""}, None),
    ],
)
def test_the_next_readout_is_the_earliest_to_come_of_a_running_trial(
    made: Case, given: dict[str, Any], readout: str | None
) -> None:
    trial(made, 1, **{"status": "RECRUITING", "primary_completion_type": "ESTIMATED", **given})
    assert board(made)["next_readout"] == readout
    trial(made, 2, status="ACTIVE_NOT_RECRUITING", primary_completion="2030-01", primary_completion_type="ESTIMATED")
    assert board(made)["next_readout"] == (readout or "2030-01")


@pytest.mark.parametrize(
    ("given", "moved", "months"),
    [
        ({"first_posted": "2026-11-21"}, "2026-11-21", 0),
        ({"first_posted": "2026-10-23"}, "2026-10-23", 0),
        ({"first_posted": "2026-10-22"}, "2026-10-22", 1),
        ({"first_posted": "2026-05"}, "2026-05", 6),
        ({"first_posted": "2024"}, "2024", None),  # a year alone: how many months nobody knows
        ({"first_posted": "2024-01", "start": "2025-11-22"}, "2025-11-22", 12),  # an old record, without a type
        ({"first_posted": "2024-01", "start": "2027-01-01"}, "2024-01", 34),
        ({"first_posted": "2024-01", "start": "2025-11-22", "start_type": "ACTUAL"}, "2025-11-22", 12),
        ({"first_posted": "2024-01", "start": "2025-11-22", "start_type": "ESTIMATED"}, "2024-01", 34),
        ({}, None, None),
    ],
)
def test_months_count_since_something_happened(
    made: Case, given: dict[str, str], moved: str | None, months: int | None
) -> None:
    trial(made, 1, **given)
    row = board(made)
    assert (row["moved"], row["months_still"]) == (moved, months)


def test_an_event_that_we_saw_moves_the_board_and_a_detail_or_the_first_storing_does_not(made: Case) -> None:
    record = trial(made, 1, first_posted="2024-01")
    add_event(made.db, record, "new_trial", 3)
    add_event(made.db, record, "detail", 0)
    assert board(made)["moved"] == "2024-01"
    add_event(made.db, record, "date_slipped", 2, seen="2026-08-01T06:00:00Z")
    assert (board(made)["moved"], board(made)["months_still"]) == ("2026-08-01", 3)


def test_the_newest_result_is_a_paper_or_posted_results_with_its_size(made: Case) -> None:
    paper(made, 1, published="2026-01-05", flags={"n": 24})
    assert (board(made)["newest_result"], board(made)["newest_result_people"]) == ("pubmed-1", 24)
    trial(made, 2, has_results=1, results_posted="2026-02-01", enrollment=300)
    assert (board(made)["newest_result"], board(made)["newest_result_people"]) == ("NCT00000002", 300)
    paper(made, 3, "animal", published="2026-03")
    assert board(made)["newest_result"] == "NCT00000002"


def harm(field: str, quote: str) -> dict[str, str]:
    return {"axis": "flag", "label": "safety", "value": "harm", "field": field, "quote": quote}


@pytest.mark.parametrize(
    ("stage", "more", "newest", "harmful"),
    [
        ("trial_unphased", [], "pubmed-2", None),
        ("trial_unphased", [harm("abstract", "one had sepsis")], "pubmed-2", None),  # a study that also had a harm
        ("trial_unphased", [harm("title", "Sepsis after cells")], "pubmed-1", "pubmed-2"),  # its own finding
        ("trial_unphased", [{"axis": "flag", "label": "safety"}], "pubmed-2", None),
        ("observational", [harm("title", "Sepsis after cells")], "pubmed-1", "pubmed-2"),
        ("case_report", [], "pubmed-1", None),
        ("case_report", [harm("abstract", "one had sepsis")], "pubmed-1", "pubmed-2"),
        ("animal", [harm("title", "Tumours in mice")], "pubmed-1", None),
    ],
)
def test_a_report_of_harm_is_no_result_and_stands_apart(
    made: Case, stage: str, more: list[Any], newest: str, harmful: str | None
) -> None:
    paper(made, 1, published="2026-01-05")
    paper(made, 2, stage, published="2026-06-05", label=[MPC, AGA, *more])
    row = board(made)
    assert (row["newest_result"], row["newest_harm"]) == (newest, harmful)
    said = [line for line in lines(made) if "Harm reported" in line]
    assert said == ([f"  - Harm reported: 2026-06-05, “{more[0]['quote']}”, PMID 2"] if harmful else [])
    if stage != "animal":
        assert row["moved"] == "2026-06-05" and row["people"] == 2  # something happened in people, whatever it was


def test_the_newest_of_several_harms_is_said_and_none_that_was_taken_back(made: Case) -> None:
    for n, more in ((1, {}), (2, {}), (3, {"notice": "retracted", "flags": {"retracted": ""}})):
        paper(made, n, "case_report", published=f"2026-0{n}", label=[MPC, AGA, harm("title", f"Sepsis {n}")], **more)
    row = board(made)
    assert (row["newest_harm"], row["newest_harm_date"], row["newest_harm_quote"]) == (
        "pubmed-2",
        "2026-02",
        "Sepsis 2",
    )
    assert "  - Newest result in people: no study held, 1 paper taken back" in lines(made)
    assert cell(made, "Newest result in people") == "Harm reported 2026-02 PMID 2; no study held, 1 paper taken back"


PLAN = {"enrollment_type": "ESTIMATED"}


@pytest.mark.parametrize(
    ("status", "given", "furthest", "people"),
    [
        ("TERMINATED", {}, "phase1", 50),
        ("TERMINATED", PLAN, "phase1", None),  # how many came before it stopped nobody said
        ("SUSPENDED", PLAN, "phase1", None),
        ("COMPLETED", PLAN, "phase2", None),
        ("UNKNOWN", PLAN, "phase2", None),
        ("RECRUITING", PLAN, "phase2", 50),
    ],
)
def test_people_who_were_only_planned_are_not_counted_as_enrolled(
    made: Case, status: str, given: dict[str, str], furthest: str, people: int | None
) -> None:
    trial(made, 1, "phase1", "AVAILABLE")
    trial(made, 2, "phase1", "RECRUITING", enrollment=7)
    trial(made, 3, "phase2", status, **given)
    row = board(made)
    assert row["furthest_stage"] == furthest
    state = {"SUSPENDED": "stopped", "TERMINATED": "stopped", "RECRUITING": "running"}.get(status, status.lower())
    assert (row[f"{state}_people"] or 0) == (people or 0) + 7 * (state == "running")
    said = " ".join(" ".join(lines(made)).split())
    if furthest == "phase2":
        assert ("50 people planned, NCT00000003" in said) is bool(given)
        assert ("50 people, NCT00000003" in said) is not bool(given)


JAK = {"axis": "approach", "label": "imm.jak"}


def approve(
    made: Case, product: str, authority: str, year: int, condition: str = "aa", approach: str = "imm.jak"
) -> None:
    row = {"approach": approach, "condition": condition, "product": product, "indication": "hair loss"}
    insert(made.db, "approvals", {**row, "authority": authority, "year": year, "reference": f"No {year}"})


def test_approved_comes_from_a_dated_sourced_entry_alone(made: Case) -> None:
    trial(made, 1, "phase4", label=[JAK, {"axis": "condition", "label": "aa"}])
    trial(made, 2, "phase4", label=[JAK, AGA])
    assert board(made, "imm.jak", "aa")["approved"] is None
    approve(made, "one", "FDA", 2022)
    approve(made, "two", "FDA", 2024)
    approve(made, "one", "EU", 2023)
    approve(made, "three", "FDA", 2025, condition="te")
    row = board(made, "imm.jak", "aa")
    assert row["approved"] == (
        "one for hair loss: FDA 2022 (No 2022), EU 2023 (No 2023); two for hair loss: FDA 2024 (No 2024)"
    )
    assert row["approved_products"] == 2
    assert board(made, "imm.jak", "aga")["approved"] is None
    assert board(made, "imm.jak", "other")["approved_products"] == 1  # te is neither pattern hair loss nor areata
    head, _, below = "\n".join(lines(made)).partition("Not followed by any query")
    assert "JAK inhibitors" not in head and "approved: one for hair loss: FDA 2022" in below


def test_an_approval_stands_on_the_last_rung_of_what_is_followed(made: Case) -> None:
    approve(made, "one", "FDA", 2029, "aga", "act.mpc")
    (card,) = made_board(made).rows
    assert card.rungs[-1] == ("approved", 1)
    assert card.lines[0].text == "Approved: one for hair loss: FDA 2029 (No 2029)" and card.lines[0].loud


def test_every_shipped_approval_names_a_leaf_a_condition_a_year_and_where_to_look_it_up() -> None:
    taxonomy = load_taxonomy()
    conditions = {condition.id for condition in taxonomy.conditions}
    assert taxonomy.approvals
    for one in taxonomy.approvals:
        assert one.approach in taxonomy.leaf and one.condition in conditions
        assert one.product and one.indication and one.authority and 1950 < one.year <= 2026 and one.reference
    keys = [(one.product, one.condition, one.authority) for one in taxonomy.approvals]
    assert len(set(keys)) == len(keys)


def made_board(made: Case) -> Board:
    found = make_board(read_board(made.db.conn))
    assert found
    return found


def news(made: Case, since: str = "2026-11-16") -> Board:
    found = make_issue_board(read_board(made.db.conn), since, "2026-11-23")
    assert found
    return found


def cell(made: Case, column: str, approach: str = "MPC inhibitors") -> str:
    row = next(row for row in news(made).rows if row.approach == approach)
    return "; ".join(f"{line.text} {line.ref}".strip() for line in row.cells[COLUMNS.index(column)])


def test_conditions_stand_apart_pattern_hair_loss_first(made: Case) -> None:
    for n, condition in enumerate(("te", "aa", "aga"), start=1):
        trial(made, n, f"phase{4 - n}", label=[MPC, {"axis": "condition", "label": condition}])
    assert [card.condition for card in made_board(made).rows] == [
        "pattern hair loss", "alopecia areata", "other or unnamed hair loss"
    ]  # fmt: skip
    assert [line for line in lines(made) if line.startswith("==")] == [
        "== Pattern hair loss", "== Alopecia areata", "== Other or unnamed hair loss"
    ]  # fmt: skip


def test_an_issue_has_a_row_for_each_approach_what_moved_first(made: Case) -> None:
    for n in range(1, 8):
        made.db.execute("insert into approaches values (?, 'x', ?, '', ?, 1)", [f"x.{n}", f"X{n}", 10 + n])
        label = [{"axis": "approach", "label": f"x.{n}"}, AGA]
        trial(made, n, f"phase{min(n, 3)}", label=label, first_posted="2025-01-01")
    for n in (1, 2, 3):
        add_event(made.db, f"NCT{n:08}", "date_slipped", 2)
    board = news(made)
    assert [row.approach for row in board.rows] == ["X3", "X2", "X1", "X4", "X5", "X6", "X7"]
    assert [row.moved for row in board.rows] == [True] * 3 + [False] * 4
    assert [(heading, len(names)) for heading, names in board.aside] == [("Nothing held", 3)]
    table = "\n".join(render_board(board))
    assert all(f"* X{n}\n" in table for n in (1, 2, 3)) and all(f"- X{n}\n" in table for n in (4, 5, 6, 7))


def test_a_row_says_all_that_is_known_in_short(made: Case) -> None:
    trial(made, 1, "phase2", "RECRUITING", enrollment=300, enrollment_type="ESTIMATED", phase_detail="2b",
          phase_source="title", primary_completion="2027-06", primary_completion_type="ESTIMATED")  # fmt: skip
    trial(made, 2, "phase1", enrollment=84, completion="2025-02-01", completion_type="ACTUAL")
    trial(made, 3, "phase3", "NOT_YET_RECRUITING", enrollment=480, enrollment_type="ESTIMATED")
    paper(made, 4, flags={"n": "54"}, published="2026-01-12")
    (row,) = news(made).rows
    said = {name: cell(made, name) for name in COLUMNS}
    assert said == {
        "Furthest in people": "Phase 2 (2b by its title), recruiting, 300 people planned NCT00000001;"
        " planned: Phase 3, NCT00000003",
        "Trials (people)": "1 running (300), 1 completed (84), 1 planned (480)",
        "Newest result in people": "2026-01-12, n = 54 PMID 4; no results posted",
        "Next readout": "2027-06 NCT00000001",
        "Last moved": "2026-01-12, 10 months ago",
    }
    assert [name for name, count in row.rungs if count] == ["people", "phase1", "phase2"]


def test_what_is_only_on_the_bench_is_named_with_its_counts_under_its_condition(made: Case) -> None:
    trial(made, 1)
    for n, stage in enumerate(("animal", "animal", "in_vitro"), start=2):
        paper(made, n, stage, label=[MPC])  # names no condition
    paper(made, 5, "animal", label=[{"axis": "approach", "label": "ev.adsc"}, AGA])
    beside = (
        "Laboratory and animals besides, other or unnamed hair loss",
        ("MPC inhibitors (laboratory 1, animals 2)",),
    )
    for board in (news(made), made_board(made)):
        assert board.aside[0] == ("Laboratory and animals only", ("Vesicles, adipose (animals 1)",))
        assert board.aside[1] == beside and [row.condition for row in board.rows] == ["pattern hair loss"]


@pytest.mark.parametrize(("date", "loud"), [("2026-12", True), ("2027-02-22", True), ("2027-03", False)])
def test_a_readout_within_three_months_is_loud(made: Case, date: str, loud: bool) -> None:
    trial(made, 1, "phase2", "RECRUITING", primary_completion=date, primary_completion_type="ESTIMATED")
    (line,) = news(made).rows[0].cells[COLUMNS.index("Next readout")]
    assert (line.text, line.loud) == (date, loud)


@pytest.mark.parametrize(
    ("stage", "status", "furthest", "trials"),
    [
        ("phase3", "WITHDRAWN", "no trial that enrolled somebody; withdrawn: Phase 3, NCT00000001", "1 withdrawn"),
        ("", "", "papers on people", "none"),
    ],
)
def test_what_nobody_was_enrolled_in_says_so(made: Case, stage: str, status: str, furthest: str, trials: str) -> None:
    if stage:
        trial(made, 1, stage, status, enrollment=0)
    else:
        paper(made, 1)
    assert (cell(made, "Furthest in people"), cell(made, "Trials (people)")) == (furthest, trials)
    assert cell(made, "Next readout") == "none"


def test_the_markdown_of_a_board_is_a_table_that_no_name_breaks(made: Case) -> None:
    made.db.execute("insert into approaches values ('x.1', 'x', 'A | B\n**c**', '', 11, 1)")
    trial(made, 1, label=[{"axis": "approach", "label": "x.1"}, AGA])
    made.settings = replace(made.settings, queries=("q",))
    add_event(made.db, "NCT00000001", "date_slipped", 2)
    lines = made.rendered()["md"].splitlines()
    start = lines.index("### Pattern hair loss") + 2
    tree = MarkdownIt("commonmark").enable("table").parse("\n".join(lines[start : start + 3]))
    assert sum(token.type == "td_open" for token in tree) == sum(token.type == "th_open" for token in tree) == 7
    assert "A | B **c**" in "".join(child.content for token in tree for child in token.children or ())


def test_what_no_query_follows_is_counted(made: Case) -> None:
    for n in range(1, 11):
        made.db.execute("insert into approaches values (?, 'x', ?, '', ?, 0)", [f"x.{n}", f"X{n}", 10 + n])
        trial(made, n, label=[{"axis": "approach", "label": f"x.{n}"}, AGA], first_posted="2025-01-01")
    assert (len(made_board(made).unfollowed), made_board(made).unfollowed_more) == (10, 0)
    assert news(made).unfollowed_more == 7
    assert "7 more: tracker board" in "\n".join(render_board(news(made)))


def test_an_issue_says_of_an_approval_who_gave_the_first(made: Case) -> None:
    approve(made, "one", "FDA", 2022)
    approve(made, "one", "EU", 2023)
    approve(made, "two", "FDA", 2024)
    approve(made, "three", "MFDS", 2029, "aga", "act.mpc")
    assert news(made).unfollowed[0].text == "JAK inhibitors (approved: one: FDA 2022; two: FDA 2024)"
    assert cell(made, "Furthest in people") == "Approved: three: MFDS 2029; no trial that enrolled somebody"
    trial(made, 1, first_posted="2026-11-20")
    assert news(made).rows[0].cells[0][0].loud
    assert cell(made, "Furthest in people").startswith("Approved: three: MFDS 2029; Phase 2")


def test_a_preprint_that_is_the_newest_result_is_called_one(made: Case) -> None:
    paper(made, 1, published="2026-01-05", flags={"n": 24, "preprint": ""})
    assert "  - Newest result in people: 2026-01-05, n = 24, a preprint, PMID 1" in lines(made)


def test_a_result_under_an_expression_of_concern_is_called_one(made: Case) -> None:
    paper(made, 1, published="2026-01-05", flags={"n": 24}, notice="concern")
    assert "Newest result in people: 2026-01-05, n = 24, under an expression of concern, PMID 1" in said(made)
    paper(made, 2, published="2026-02-05", notice="corrected")
    assert "  - Newest result in people: 2026-02-05, size not stated, PMID 2" in lines(made)


@pytest.mark.parametrize("flag", ["retracted", "withdrawn"])
def test_a_row_whose_only_paper_was_taken_back_says_so(made: Case, flag: str) -> None:
    paper(made, 1, notice=flag, flags={flag: ""})
    row = board(made)
    assert (row["newest_result"], row["taken_back"], row["people"]) == (None, 1, 0)
    assert "Newest result in people: no study held, 1 paper taken back" in said(made)
    assert cell(made, "Furthest in people") == "papers on people, 1 paper taken back"
    assert cell(made, "Last moved") == "no date held"
    assert "MPC inhibitors" not in next(line for line in lines(made) if line.startswith("Nothing held"))
    paper(made, 2, "animal", notice=flag, flags={flag: ""})  # no result in people was taken back with it
    assert board(made)["taken_back"] == 1
    paper(made, 3, published="2026-02-05")
    assert "taken back" not in said(made)


def test_papers_of_an_approach_that_no_query_follows_say_nothing(made: Case) -> None:
    paper(made, 1, label=[{"axis": "approach", "label": "imm.jak"}, AGA])
    trial(made, 2, label=[{"axis": "approach", "label": "imm.jak"}, AGA])
    row = board(made, "imm.jak")
    assert (row["people"], row["phase2"], row["newest_result"]) == (0, 1, None)
    assert "peer-reviewed" not in row["absent"]


@pytest.mark.parametrize(
    ("given", "silent"),
    [
        ({"completion": "2025-11-22"}, True),
        ({"completion": "2025-11-23"}, False),
        ({"completion": "2025-11"}, False),  # it may have been the last day of the month
        ({"completion": "2025-10"}, True),
        ({"completion": "2024"}, True),
        ({"completion": "2025"}, False),
        ({"completion": "", "primary_completion": "2024-01"}, True),
        ({"completion": ""}, False),
        ({"completion": "2024", "has_results": 1}, False),
        ({"completion": "2024", "status": "TERMINATED"}, False),
        ({"completion": "2024", "link": [{"relation": "reported_by", "target": "pubmed-9"}]}, False),
        ({"completion": "2024", "link": [{"relation": "cites", "target": "pubmed-9"}]}, True),  # background
    ],
)
def test_a_trial_is_silent_a_year_after_completion_without_results_or_paper(
    made: Case, given: dict[str, Any], silent: bool
) -> None:
    record = trial(made, 1, **given)
    assert ids(made, "silent_trials") == [record] * silent


NOTICE = {"types": ["Journal Article", "Published Erratum"]}
PROTOCOL = {"flags": {"protocol": ""}}


@pytest.mark.parametrize(
    ("notice", "silent"), [("retracted", True), ("withdrawn", True), ("concern", False), ("corrected", False)]
)
def test_a_result_paper_that_was_taken_back_ends_no_silence(made: Case, notice: str, silent: bool) -> None:
    record = trial(made, 1, completion="2024")
    paper(made, 2, notice=notice, link=[{"relation": "reports", "target": record, "origin": "databank"}])
    add_event(made.db, "pubmed-2", "retracted", 3, seen="2026-11-20T06:00:00Z")
    assert [row["notice"] for row in dicts(made.db.conn, "select notice from trial_papers")] == [notice]
    said = dicts(made.db.conn, "select id, since, taken_back from silent_trials")
    assert said == [{"id": record, "since": "2026-11-20", "taken_back": 1}] * silent
    paper(made, 3, link=[{"relation": "derived", "target": record, "origin": "databank"}])
    assert ids(made, "silent_trials") == []  # one that stands is enough


@pytest.mark.parametrize(
    ("relation", "given", "kind", "silent"),
    [
        ("reports", {}, "result", False),
        ("derived", {}, "derived", False),
        ("background", {}, "background", True),
        ("reports", PROTOCOL, "protocol", True),
        ("derived", PROTOCOL, "protocol", True),
        ("reports", NOTICE, "notice", True),
        ("reports", {"types": ["Retraction of Publication"]}, "notice", True),
        ("reports", {"stage": "review"}, "review", True),
        ("reports", {"stage": "systematic_review"}, "review", True),
    ],
)
def test_a_paper_that_reports_it_ends_the_silence_and_no_other(
    made: Case, relation: str, given: dict[str, Any], kind: str, silent: bool
) -> None:
    record = trial(made, 1, completion="2024")
    paper(made, 2, link=[{"relation": relation, "target": record, "origin": "databank"}], **given)
    assert [row["kind"] for row in dicts(made.db.conn, "select kind from trial_papers")] == [kind]
    assert ids(made, "silent_trials") == [record] * silent
    if silent:
        assert dicts(made.db.conn, "select other_papers from silent_trials") == [{"other_papers": 1}]


@pytest.mark.parametrize(
    ("given", "kind"), [({"stage": "review"}, "result"), (PROTOCOL, "protocol"), (NOTICE, "notice"), ({}, "result")]
)
def test_the_registrys_word_stands_against_our_reading_of_a_paper_as_a_review(
    made: Case, given: dict[str, Any], kind: str
) -> None:
    trial(made, 1, completion="2024", link=[{"relation": "reported_by", "target": "pubmed-2"}])
    paper(made, 2, **given)
    (row,) = dicts(made.db.conn, "select * from trial_papers")
    assert (row["kind"], row["held"], row["paper"]) == (kind, 1, "pubmed-2")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"completion": "2026-11-21", "verified": "2026-11"}, "past its completion"),
        ({"completion": "2026-11-22", "verified": "2026-11"}, None),
        ({"completion": "2026-11", "verified": "2026-11"}, None),
        ({"completion": "2027", "verified": "2024-10"}, "not verified for two years"),
        ({"completion": "2027", "verified": "2024-11"}, None),
        ({"completion": "2025", "verified": "2023"}, "both"),
        ({"completion": "", "verified": ""}, None),
        ({"completion": "2025", "verified": "2023", "status": "COMPLETED"}, None),
        ({"completion": "2025", "verified": "2023", "status": "UNKNOWN", "last_known_status": "RECRUITING"}, "both"),
        ({"completion": "2025", "verified": "2023", "status": "UNKNOWN", "last_known_status": "COMPLETED"}, None),
    ],
)
def test_a_trial_is_stale_past_its_completion_or_unverified(
    made: Case, given: dict[str, Any], reason: str | None
) -> None:
    trial(made, 1, **{"status": "RECRUITING", **given})
    assert [row["reason"] for row in dicts(made.db.conn, "select reason from stale_trials")] == [reason] * bool(reason)


def test_the_view_reads_the_same_twice_and_writes_nothing(made: Case) -> None:
    for n in range(5):
        trial(made, n, ("phase1", "phase2")[n % 2], ("RECRUITING", "COMPLETED")[n % 2])
    before = made.db.conn.total_changes
    assert read_board(made.db.conn) == read_board(made.db.conn)
    assert made.db.conn.total_changes == before


def test_tracker_board_shows_every_row(tmp_path: Path) -> None:
    (tmp_path / "queries.toml").write_text(
        '[tracker]\ncontact = "a@example.org"\n[[query]]\nname = "q"\npubmed = "gel[tiab]"\n', encoding="utf-8"
    )
    with Store.open(tmp_path / "db/tracker.db") as store:
        store.sync_taxonomy(
            [("act.mpc", "act", "MPC inhibitors", "", True)], [("phase2", 6, "Phase 2"), ("animal", 2, "Animal")]
        )
        store.db.execute("insert into queries values ('q', '[]', '{}', '', ?)", [NOW])
        store.db.execute(
            "insert into fetches (source, query, expression, started) values ('pubmed', 'q', '', ?)", [NOW]
        )
        add_record(store.db, "NCT00000001", stage="phase2", label=[MPC, AGA],
                   trial={"status": "COMPLETED", "enrollment": 78, "enrollment_type": "ACTUAL"})  # fmt: skip
    result = CliRunner().invoke(cli, ["--config", str(tmp_path / "queries.toml"), "board"])
    assert result.exit_code == 0, result.output
    assert "== Pattern hair loss\n\n* MPC inhibitors\n" in result.output
    assert "Furthest in people: Phase 2, completed, 78 people, NCT00000001" in result.output
