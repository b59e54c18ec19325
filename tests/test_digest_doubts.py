"""Look twice: which words are quoted, which works and trials are named, and when a silent trial is news."""

from typing import Any

import pytest

from tests.digest_case import Case, add_event, add_fetch, add_issue, add_query, add_record, case
from tracker.digest.model import Section
from tracker.digest.words import telling_words


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Two patients had an infection.", ["safety"]),
        ("Tumour formation was seen; a tumor, tumorigenicity", ["safety"]),
        ("sepsis", ["safety"]),
        ("Skin NECROSIS occurred", ["safety"]),
        ("blindness after injection", ["safety"]),
        ("a double-blind, blinded trial", []),
        ("disinfection of the scalp", []),
        ("No infection occurred in either group.", []),
        ("This is a pay-to-participate study", ["payment"]),
        ("Patients will pay for the product.", ["payment"]),
        ("participants are charged a fee", ["payment"]),
        ("Patients paid a fee", ["payment"]),
        ("participants paid for their treatment", ["payment"]),
        ("each patient will pay", ["payment"]),
        ("All were charged a fee", ["payment"]),
        ("an out-of-pocket treatment", ["payment"]),
        ("offered at a cost of $5,000 to the participant", ["payment"]),
        ("at a cost of 5000 euros per patient", ["payment"]),
        ("a self-pay clinic", ["payment"]),
        ("Subjects are responsible for the cost of treatment", ["payment"]),
        ("Treatment fees are paid by participants", ["payment"]),
        ("given at their own expense", ["payment"]),
        ("at the patient's cost", ["payment"]),
        ("a patient-funded study", ["payment"]),
        ("patients pay attention", []),
        ("participants will be paid for travel", []),
        ("participants were paid $50 for travel", []),
        ("Twenty paid volunteers took part", []),
        ("participants are paid a fee for each visit", []),
        ("patients received a fee", []),
        ("participants will not pay for anything", []),
        ("free of charge, at no cost to the participant", []),
        ("Patients paid attention to their scalp", []),
        ("the sponsor paid for the gel that participants used", []),
        ("expanded access to the drug", ["expanded_access"]),
        ("Compassionate use", ["expanded_access"]),
        ("", []),
    ],
)
def test_words_are_found_whole(text: str, kinds: list[str]) -> None:
    assert [word.label for word in telling_words({"abstract": text}, {})] == kinds


def test_a_quote_has_twelve_words_of_the_field_that_holds_it() -> None:
    text = "one two three four five six seven infection nine ten eleven twelve thirteen fourteen fifteen"
    (word,) = telling_words({"title": "none", "abstract": text}, {})
    assert (word.field, word.quote) == (
        "abstract",
        "… three four five six seven infection nine ten eleven twelve thirteen fourteen …",
    )
    (word,) = telling_words({"title": "An infection\n\u202eafter it", "abstract": text}, {})
    assert (word.field, word.quote) == ("title", "An infection …")


def test_a_warning_is_the_first_find_that_is_not_denied() -> None:
    texts = {"title": "A trial without infection", "abstract": "No infection occurred. One man had sepsis."}
    (word,) = telling_words(texts, {})
    assert (word.field, word.quote) == ("abstract", "… One man had sepsis.")


def test_what_a_registration_will_count_is_no_warning_and_why_it_stopped_is() -> None:
    texts = {
        "abstract": "Number of participants with infection",
        "why_stopped": "The number of participants with infection",
    }
    assert [word.field for word in telling_words(texts, {}, plans=("title", "abstract"))] == ["why_stopped"]
    assert [word.field for word in telling_words(texts, {})] == ["abstract"]


def test_a_field_can_be_searched_for_some_words_alone() -> None:
    text = {"eligibility": "no infection; patients will pay for it"}
    assert [word.label for word in telling_words(text, {"eligibility": ("payment",)})] == ["payment"]


@pytest.fixture
def week() -> Case:
    """A digest that had an issue; the fetch before that issue was on 2026-11-15, the last one on 2026-11-22."""
    made = case('[digest]\nqueries = ["q"]\n[[query]]\nname = "q"\nsources = ["pubmed"]\n')
    add_query(made.db, "landscape")
    add_fetch(made.db, "pubmed", "q", "2026-11-15T06:00:00Z")
    add_fetch(made.db, "pubmed", "q")
    add_issue(made.db, "weekly", "2026-W47", [])
    return made


def told(made: Case, n: int, stage: str = "trial_unphased", **given: Any) -> str:
    record = f"NCT{n:08}" if "trial" in given else f"pubmed-{n}"
    add_record(made.db, record, **{"title": f"Title {n}", "queries": ["q"], "stage": stage, **given})
    add_event(made.db, record, "new_trial" if "trial" in given else "new_article")
    return record


def look(made: Case) -> Section | None:
    return next((one for one in made.digest().sections if one.key == "look_twice"), None)


def said(made: Case) -> dict[str, list[str]]:
    section = look(made)
    return {entry.record: [line.text for line in entry.lines] for entry in section.entries} if section else {}


@pytest.mark.parametrize(
    ("stage", "given", "reasons"),
    [
        (
            "trial_unphased",
            {"flags": {"single_arm": "", "n": 29}, "abstract": "One had sepsis."},
            ["single arm", "n = 29", "safety words: “One had sepsis.” in abstract"],
        ),
        ("case_report", {"abstract": "One had sepsis."}, ["safety words: “One had sepsis.” in abstract"]),
        ("animal", {"abstract": "Viral infection of cells.", "flags": {"n": 6}}, None),
        ("review", {"abstract": "The risk of infection."}, None),
        ("phase1", {"trial": {"why_stopped": "An infection."}}, ["safety words: “An infection.” in why it stopped"]),
        ("phase1", {"trial": {"eligibility": "Active infection excluded"}}, None),
        ("phase1", {"trial": {"why_stopped": ""}, "abstract": "Number of participants with infection"}, None),
        ("unclear", {"trial": {"study_type": "EXPANDED_ACCESS"}}, ["expanded access, not a trial"]),
        (
            "phase1",
            {"trial": {"eligibility": "Must pay. Patients pay for it"}},
            ["who pays: “… Patients pay for it” in eligibility"],
        ),
    ],
)
def test_told_works_are_named_with_their_reasons(
    week: Case, stage: str, given: dict[str, Any], reasons: list[str] | None
) -> None:
    record = told(week, 1, stage, **given)
    assert said(week) == ({record: reasons} if reasons else {})


@pytest.mark.parametrize(
    ("stage", "given", "small"),
    [
        ("trial_unphased", {"flags": {"n": 29}}, "n = 29"),
        ("trial_unphased", {"flags": {"n": 30}}, ""),
        ("trial_unphased", {"flags": {"single_arm": "", "n": 29}}, "single arm, n = 29"),
        ("case_report", {"flags": {"n": 2, "single_arm": ""}}, ""),  # it says so by being one
        ("phase1", {"trial": {"enrollment": 12}}, "n = 12"),
        ("phase1", {"trial": {"enrollment": 0}}, ""),
    ],
)
def test_what_is_only_small_or_bare_is_named_by_its_id_as_its_title_stands_above(
    week: Case, stage: str, given: dict[str, Any], small: str
) -> None:
    told(week, 1, stage, **given)
    section, ref = look(week), "NCT00000001" if "trial" in given else "PMID 1"
    assert (section.note if section else "") == (f"Single arm or under 30 people: {ref} ({small})." if small else "")
    assert said(week) == {}


def test_those_that_are_only_small_are_counted_where_they_are_many(week: Case) -> None:
    for n in range(10, 21):
        told(week, n, flags={"n": 7})
    section = look(week)
    assert section and section.note.endswith("PMID 17 (n = 7) and 3 more.")


def test_a_told_work_is_named_shortly_as_its_title_stands_above(week: Case) -> None:
    told(week, 1, title="One two three four five six seven", abstract="sepsis")
    section = look(week)
    assert section and section.entries[0].title == "One two three four five…"


def test_works_that_are_not_told_and_works_taken_back_are_left_out(week: Case) -> None:
    add_record(week.db, "pubmed-1", queries=["q"], stage="phase2", abstract="sepsis")
    told(week, 2, abstract="sepsis", notice="retracted")
    assert said(week) == {}


SILENT = {"status": "COMPLETED", "completion": "2025-11-20"}


@pytest.mark.parametrize(
    ("completion", "queries", "named"),
    [
        ("2025-11-20", ["q"], True),
        ("2025-11-16", ["q"], True),  # the day after the fetch that the last issue saw
        ("2025-11-15", ["q"], False),  # the last issue could say it
        ("2024", ["q"], False),
        ("2025-11-20", ["landscape"], False),
    ],
)
def test_a_trial_is_named_when_it_has_become_silent_since_the_last_issue(
    week: Case, completion: str, queries: list[str], named: bool
) -> None:
    add_record(week.db, "NCT00000001", title="Old", queries=queries, baseline=True, stage="phase2",
               trial={**SILENT, "completion": completion})  # fmt: skip
    section = look(week)
    assert bool(section) is named
    if section:
        assert section.note == "In all: 1 silent trial."  # what that is stands in its line
        day = f"2026{completion[4:]}"
        assert said(week) == {
            "NCT00000001": [f"silent since {day}: completed a year before, nothing posted, no linked paper found"]
        }


def test_a_first_issue_names_the_latest_and_counts_all() -> None:
    made = case('[digest]\nqueries = ["q"]\n[[query]]\nname = "q"\nsources = ["pubmed"]\n')
    add_fetch(made.db, "pubmed", "q")
    for n in range(10, 22):
        add_record(made.db, f"NCT{n:08}", queries=["q"], baseline=True, trial={**SILENT, "completion": f"20{n}"})
    section = look(made)
    assert section and [entry.record for entry in section.entries] == [f"NCT{n:08}" for n in range(21, 17, -1)]
    assert "12 silent trials" in section.note and section.note.endswith("8 more silent: view silent_trials.")


@pytest.mark.parametrize(
    ("silent", "stale", "shown"), [(12, 1, (3, 1)), (12, 9, (2, 2)), (1, 9, (1, 3)), (2, 1, (2, 1))]
)
def test_silent_trials_leave_room_for_stale_ones(silent: int, stale: int, shown: tuple[int, int]) -> None:
    made = case('[[query]]\nname = "q"\n')
    add_fetch(made.db, "clinicaltrials", "q")
    for n in range(silent + stale):
        facts = SILENT if n < silent else {"status": "RECRUITING"}
        add_record(made.db, f"NCT{n:08}", queries=["q"], baseline=True, trial={**facts, "completion": "2020"})
    section = look(made)
    assert section
    lines = [entry.lines[0].text for entry in section.entries]
    assert [sum(line.startswith(kind) for line in lines) for kind in ("silent", "stale")] == list(shown)
    for kind, held, seen in (("silent", silent, shown[0]), ("stale", stale, shown[1])):
        assert (f"{held - seen} more {kind}: view {kind}_trials." in section.note) is (held > seen)


def test_a_trial_whose_result_was_taken_back_is_a_doubt_of_this_week(week: Case) -> None:
    trial = {**SILENT, "completion": "2020"}
    add_record(week.db, "NCT00000002", queries=["q"], baseline=True, trial=trial)
    link = [{"relation": "reports", "target": "NCT00000002"}]
    add_record(week.db, "pubmed-9", notice="retracted", link=link)
    assert said(week) == {}
    add_event(week.db, "pubmed-9", "retracted", 3)
    assert said(week)["NCT00000002"] == [
        "silent since 2026-11-22: completed a year before, nothing posted, the linked paper with results was taken back"
    ]


def test_what_a_doubt_is_called_is_explained_where_no_line_does(week: Case) -> None:
    told(week, 1, abstract="sepsis")
    add_record(week.db, "NCT00000002", queries=["q"], baseline=True, trial={**SILENT, "completion": "2020"})
    section = look(week)
    assert section and section.note == "In all: 1 silent trial (completed a year ago, no results posted or linked)."


def test_a_told_trial_that_is_in_doubt_stands_once_with_everything(week: Case) -> None:
    told(
        week, 1, "phase1", trial={"status": "RECRUITING", "enrollment": 8, "completion": "2020", "verified": "2020-01"}
    )
    assert said(week) == {
        "NCT00000001": [
            "n = 8",
            "stale since 2021-01-01: past its completion and not verified for two years",
        ]
    }


def test_the_list_is_short_and_the_rest_is_counted(week: Case) -> None:
    for n in range(10):
        told(week, n, flags={"single_arm": ""}, abstract="sepsis" if n == 9 else "patients pay a fee")
    section = look(week)
    assert section and [entry.record for entry in section.entries] == ["pubmed-9", *(f"pubmed-{n}" for n in range(3))]
    assert section.note.startswith("6 more of the works above")


def test_a_doubt_alone_is_said_on_top_and_takes_no_event(week: Case) -> None:
    add_record(week.db, "NCT00000001", queries=["q"], baseline=True, trial=SILENT)
    made = week.digest()
    assert not made.quiet and made.events == ()
    assert made.summary == "Nothing moved and nothing new, but 1 trial to look at twice."


def test_without_anything_new_the_issue_is_quiet_and_has_no_board(week: Case) -> None:
    add_record(week.db, "NCT00000001", queries=["q"], baseline=True, trial={**SILENT, "completion": "2020"},
               label=[{"axis": "approach", "label": "act.mpc"}])  # fmt: skip
    made = week.digest()
    assert made.quiet and made.board is None and look(week) is None
