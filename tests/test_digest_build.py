"""What a digest makes of its material: where a work stands, in which order, who gets a card, what is said on top."""

from dataclasses import replace
from typing import Any

import pytest

from tracker.digest.build import CARDS, SHAPES, build
from tracker.digest.entries import entry, section_of
from tracker.digest.material import Answer, Change, Corrected, Left, Material, Reason, TrialFacts, Work
from tracker.digest.model import Digest, Section
from tracker.digest.render import render_html, render_markdown, render_text
from tracker.digest.wording import counted, first_words, status_words

ANSWERED = Answer(
    source="pubmed", query="q", fetches=1, last_try="2026-11-22T06:00:00Z", last_success="2026-11-22T06:00:00Z"
)


def change(number: int, kind: str, severity: int = 1, **given: Any) -> Change:
    given = {"field": None, "old": None, "new": None, "headline": f"pubmed-1: {kind}", **given}
    return Change(id=number, record="pubmed-1", seen="2026-11-22T06:00:00Z", kind=kind, severity=severity, **given)


def work(
    number: int = 1, *kinds: str, stage: str = "", severity: int = 1, flags: dict[str, str] | None = None, **given: Any
) -> Work:
    changes = tuple(change(number * 100 + n, kind, severity) for n, kind in enumerate(kinds or ("new_article",)))
    labels = tuple(Reason(axis="flag", label=name, name=name, value=value) for name, value in (flags or {}).items())
    return Work(**{
        "id": f"pubmed-{number}", "kind": "article", "title": f"Title {number}", "url": "", "changes": changes,
        "stage": Reason(axis="stage", label=stage, name=stage.title()) if stage else None, "flags": labels, **given,
    })  # fmt: skip


def trial(number: int, *kinds: str, stage: str = "", severity: int = 1, **given: Any) -> Work:
    facts = {name: given.pop(name) for name in list(given) if name in TrialFacts.__dataclass_fields__}
    changes = tuple(change(number * 100 + n, kind, severity) for n, kind in enumerate(kinds))
    changes = given.pop("changes", changes)
    return work(number, stage=stage, **{"kind": "trial", "trial": TrialFacts(**facts), "changes": changes, **given})


def digest(*works: Work, answers: tuple[Answer, ...] = (ANSWERED,), period: str = "2026-W48", **given: Any) -> Digest:
    span = {"since": "2026-11-16T07:00:00Z", "until": "2026-11-23T07:00:00Z"}
    return build(Material(**{"name": "weekly", **span, "works": works, "answers": answers, **given}), period)


def section(made: Digest, key: str) -> Section:
    return next(one for one in made.sections if one.key == key)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (work(stage="phase2"), "human"),
        (work(stage="case_report"), "human"),
        (work(stage="systematic_review"), "systematic"),
        (work(stage="animal"), "preclinical"),
        (work(stage="review"), "other"),
        (work(), "other"),
        (work(stage="phase2", flags={"preprint": ""}), "preprints"),
        (work(stage="phase2", flags={"protocol": ""}), "other"),  # a plan is no evidence
        (work(1, "new_item", kind="news"), "news"),
        (trial(1, "new_trial"), "new_trials"),
        (trial(1, "new_trial", "status_changed"), "new_trials"),
        (trial(1, "status_changed"), "moved"),
        (trial(1, "matched"), "new_trials"),  # held for another digest
        (trial(1, "matched", told_in=("2026-W40",)), "other"),
        (trial(1, "matched", "stopped", told_in=("2026-W40",)), "moved"),
        (work(1, "retracted", stage="phase2", notice="retracted"), "corrections"),
        (work(1, "corrected", stage="phase2", notice="corrected", told_in=("2026-W40",)), "corrections"),
        (work(1, "retraction_reversed", stage="phase2", told_in=("2026-W40",)), "corrections"),
        (work(1, "new_article", stage="phase2", notice="retracted"), "corrections"),  # retracted when first seen
        (work(1, "new_article", "corrected", stage="phase2", notice="corrected"), "human"),
        (work(1, "published_from_preprint", stage="phase2", told_in=("2026-W40",)), "human"),
        (work(1, "new_article", stage="phase2", told_in=("2026-W40",)), "human"),  # its preprint was told
        (work(1, "gone", stage="phase2", told_in=("2026-W40",)), "corrections"),
        (trial(1, "gone", told_in=("2026-W40",)), "moved"),
    ],
)
def test_a_work_stands_in_one_section(made: Work, expected: str) -> None:
    assert section_of(made) == expected
    assert [one.key for one in digest(made).sections] == [expected]


def test_sections_are_read_in_one_order() -> None:
    made = digest(
        work(1, stage="review"), work(2, stage="animal"), work(3, stage="phase1", flags={"preprint": ""}),
        trial(4, "new_trial"), work(5, stage="systematic_review"), work(6, stage="phase2"), trial(7, "stopped"),
        work(8, "concern", notice="concern"), work(9, "new_item", kind="news"),
    )  # fmt: skip
    assert [one.key for one in made.sections] == [shape.key for shape in SHAPES]


def test_human_evidence_stands_by_stage_then_size_then_date_then_id() -> None:
    made = digest(
        work(1, stage="case_report", flags={"n": "900"}),
        work(2, stage="phase2", flags={"n": "12"}),
        work(3, stage="phase2", flags={"n": "1,204"}),
        work(4, stage="phase3"),
        work(6, stage="phase1", published="2026-10"),
        work(5, stage="phase1", published="2026-10"),
        work(7, stage="phase1", published="2026-10-31"),
        work(8, stage="phase1", published="2026"),
    )
    order = [int(one.record.removeprefix("pubmed-")) for one in section(made, "human").entries]
    assert order == [4, 3, 2, 7, 5, 6, 8, 1]


def test_trials_stand_by_severity_and_loud_lines_come_first() -> None:
    moves = (change(1, "enrollment_changed", 1), change(2, "results_posted", 3), change(3, "status_changed", 2))
    made = digest(trial(1, "date_met"), trial(2, changes=moves), trial(3, "status_changed", severity=2))
    entries = section(made, "moved").entries
    assert [one.record for one in entries] == ["pubmed-2", "pubmed-3", "pubmed-1"]
    assert [line.text for line in entries[0].lines] == ["results_posted", "status_changed", "enrollment_changed"]
    assert [line.loud for line in entries[0].lines] == [True, False, False]
    assert entries[0].events == (1, 2, 3)


def test_cards_are_capped_and_everything_is_told() -> None:
    works = [work(n, stage="phase2", flags={"n": str(n)}) for n in range(1, 31)]
    made = digest(*works)
    human = section(made, "human")
    assert [one.record for one in human.cards] == [f"pubmed-{n}" for n in range(30, 30 - CARDS, -1)]
    assert len(human.headlines) == 30 - CARDS
    assert made.summary == "30 new human studies."
    assert {event for event, _ in made.events} == {100 * n for n in range(1, 31)}
    assert {key for _, key in made.events} == {"human"}
    text = render_markdown(made)
    assert all(f"[PMID {n}](" in text for n in range(1, 31))


def carded(made: Digest) -> list[str]:
    return [entry.record.removeprefix("pubmed-") for one in made.sections for entry in one.cards]


def test_the_first_of_each_section_is_a_card_then_the_gravest() -> None:
    trials = [trial(n, "stopped", severity=3, enrollment=n) for n in range(1, 9)]
    assert carded(digest(*trials)) == ["8", "7", "6", "5", "4"]
    others = [work(11, severity=2, stage="phase2"), trial(12, "new_trial", severity=2)]
    assert carded(digest(*trials, *others)) == ["8", "7", "6", "11", "12"]
    slight = work(13, stage="animal", flags={"preprint": ""})
    assert carded(digest(*trials, *others, slight)) == ["8", "7", "6", "11", "12"]
    assert carded(digest(*trials[:2], *others, slight)) == ["2", "1", "11", "12", "13"]


def test_among_moves_of_one_severity_the_stage_decides_then_the_people() -> None:
    made = digest(
        trial(1, "stopped", severity=3, stage="phase1", enrollment=90),
        trial(2, "stopped", severity=3, stage="phase2", enrollment=10),
        trial(3, "stopped", severity=3, stage="phase2", enrollment=20),
        trial(4, "date_slipped", severity=2, stage="phase3"),
    )
    assert [entry.record for entry in section(made, "moved").entries] == [f"pubmed-{n}" for n in (3, 2, 1, 4)]


def test_order_does_not_depend_on_the_order_of_the_material() -> None:
    works = [trial(n, "status_changed") for n in range(1, 6)] + [work(n, stage="animal") for n in range(6, 12)]
    assert digest(*works) == digest(*reversed(works))


def test_a_correction_names_the_issues_that_told_it() -> None:
    told = work(1, "retracted", notice="retracted", told_in=("2026-W40", "2026-W42"))
    fresh = work(2, "concern", notice="concern")
    made = digest(told, fresh)
    lines = {one.record: [line.text for line in one.lines] for one in section(made, "corrections").entries}
    assert lines["pubmed-1"] == ["retracted", "This digest told it in 2026-W40 and 2026-W42."]
    assert lines["pubmed-2"] == ["concern", "Not told here before."]
    assert made.summary == "1 retraction and 1 expression of concern."


def test_an_entry_says_what_it_is_and_why_it_is_here() -> None:
    leaf = Reason(axis="approach", label="act.mpc", name="MPC inhibitors", field="abstract", quote="one two " * 10)
    made = entry(
        work(
            1, stage="phase2", venue="J Made Up", published="2026-11", approaches=(leaf,), queries=("pp405",),
            flags={"randomised": "", "n": "1204", "duration": "24 weeks"},
        ),
        card=True,
    )  # fmt: skip
    assert made.facts == ("Phase2", "randomised", "n = 1,204", "24 weeks", "J Made Up, 2026-11")
    assert (made.approaches, made.queries, made.lines) == (("MPC inhibitors",), ("pp405",), ())
    assert made.why == f"“{'one two ' * 5}one two…” in abstract"


@pytest.mark.parametrize(
    ("source", "reports", "fact"),
    [
        ("registry", ("NCT00000001",), "Phase 2 (by NCT00000001)"),
        ("title", ("NCT00000001",), "Phase 2"),
        ("registry", (), "Phase 2"),
    ],
)
def test_a_phase_that_is_its_trials_says_so(source: str, reports: tuple[str, ...], fact: str) -> None:
    stage = Reason(axis="stage", label="phase2", name="Phase 2", source=source)
    paper = replace(work(1), stage=stage, reports=reports)
    assert entry(paper, card=True).facts == (fact,)


def test_a_card_names_approaches_conditions_and_words_in_one_line() -> None:
    leaves = tuple(Reason(axis="approach", label=name, name=name, field="title", quote="gel") for name in ("A, B", "C"))
    conditions = tuple(
        Reason(axis="condition", label=name, name=name)
        for name in ("Pattern hair loss (androgenetic)", "Alopecia areata")
    )
    made = entry(work(1, approaches=leaves, conditions=conditions), card=True)
    assert made.grounds == "A, B; C · pattern hair loss, alopecia areata · why: “gel”"
    assert entry(work(1, conditions=conditions[:1]), card=True).grounds == "pattern hair loss"


def notice(number: int, about: str, kind: str, **given: Any) -> Work:
    return work(number, corrects=(Corrected(id=about, kind=kind, **given),))


def test_a_notice_stands_with_the_paper_that_says_so_and_is_told_with_it() -> None:
    paper = work(1, "retracted", notice="retracted", told_in=("2026-W40",))
    made = digest(paper, notice(2, "pubmed-1", "retracted"))
    (one,) = section(made, "corrections").entries
    assert (one.record, one.events) == ("pubmed-1", (100, 200))
    assert made.summary == "1 retraction."
    assert made.events == ((100, "corrections"), (200, "corrections"))


@pytest.mark.parametrize(
    ("others", "about"),
    [
        ((), "pubmed-1"),  # the paper is not told here
        ((work(1, "gone", told_in=("2026-W40",)),), "pubmed-1"),  # it is, and does not say so yet
    ],
)
def test_a_notice_whose_paper_does_not_say_so_stands_by_itself(others: tuple[Work, ...], about: str) -> None:
    made = digest(notice(2, about, "concern", told_in=("2026-W40",)), *others)
    (one,) = (entry for entry in section(made, "corrections").entries if entry.record == "pubmed-2")
    assert [(line.text, line.ref, line.loud) for line in one.lines] == [
        ("expresses concern about", "PMID 1", True),
        ("This digest told it in 2026-W40.", "", False),
    ]
    assert made.summary.startswith("1 expression of concern")


def test_the_gravest_correction_comes_first() -> None:
    made = digest(
        work(1, "corrected", notice="corrected"),
        notice(2, "pubmed-9", "retracted"),
        work(3, "concern", notice="concern"),
    )
    assert [one.record for one in section(made, "corrections").entries] == ["pubmed-2", "pubmed-3", "pubmed-1"]


@pytest.mark.parametrize(
    ("kind", "headline", "text", "ref", "url"),
    [
        ("paper_linked", "result paper PMID 7", "result paper", "PMID 7", "https://pubmed.ncbi.nlm.nih.gov/7/"),
        ("retracted", "retracted by PMID 7, PMID 8", "retracted by PMID 7,", "PMID 8",
         "https://pubmed.ncbi.nlm.nih.gov/8/"),
        ("retracted", "withdrawn", "withdrawn", "", ""),
        ("published_from_preprint", "published; was the preprint PMID 7: A title", "published; was the preprint",
         "PMID 7", "https://pubmed.ncbi.nlm.nih.gov/7/"),
        ("stopped", "status RECRUITING -> TERMINATED; reason given: see NCT00000001 instead",
         "status recruiting -> terminated; reason given: see NCT00000001 instead", "", ""),
    ],
)  # fmt: skip
def test_what_a_line_ends_with_is_where_it_leads(kind: str, headline: str, text: str, ref: str, url: str) -> None:
    moved = change(1, kind, headline=f"pubmed-1: {headline}", old="pubmed-7")
    line = entry(work(1, changes=(moved,)), card=True).lines[0]
    assert (line.text, line.ref, line.url) == (text, ref, url)


def test_a_trials_entry_says_who_plans_what() -> None:
    reason = Reason(axis="relevance", label="core", name="core", field="terms", quote="alopecia")
    made = entry(
        trial(
            1, "new_trial", stage="phase2", status="NOT_YET_RECRUITING", phase_detail="2a", phase_source="title",
            enrollment=1, enrollment_type="ESTIMATED", sponsor="Made Up", primary_completion="2027-01",
            primary_completion_type="ESTIMATED",
            flags={"randomised": "", "single_arm": ""}, relevance=reason,
        ),
        card=True,
    )  # fmt: skip
    assert made.facts == (
        "Phase2 (2a by its title)", "not yet recruiting", "randomised", "single arm", "1 person planned", "Made Up",
        "primary completion 2027-01 (estimated)",
    )  # fmt: skip
    assert made.why == "“alopecia” in conditions and interventions"


def test_a_trial_that_enrolled_nobody_says_so() -> None:
    made = entry(trial(1, "stopped", status="WITHDRAWN", enrollment=0, enrollment_type="ACTUAL"), card=True)
    assert made.facts == ("withdrawn", "0 people enrolled")


def test_a_status_is_looked_up_whole() -> None:
    assert status_words("NOT_YET_RECRUITING") == "not yet recruiting"
    assert status_words("ACTIVE_NOT_RECRUITING") == "active, not recruiting"
    assert status_words("SOME_NEW_STATUS") == "some new status"


@pytest.mark.parametrize(
    ("period", "word"), [("2026-W48", "week"), ("2026-W48.2", "week"), ("2026-11-23", "day"), ("2026-11", "month")]
)
def test_quiet_is_said_in_one_line(period: str, word: str) -> None:
    made = digest(period=period)
    assert made.quiet and not made.events
    assert made.summary == f"A quiet {word}: nothing moved and nothing new. Every source answered."
    assert made.subject.endswith(": all clear")


FAILED = Answer(
    source="pubmed", query="q", fetches=3, failed=2, last_try="2026-11-22T06:00:00Z",
    last_success="2026-11-17T06:00:00Z", failing_since="2026-11-19T06:00:00Z", error="503\nfrom [x](y)",
)  # fmt: skip
IDLE = Answer(source="pubmed", query="q", last_try="2026-11-10T06:00:00Z", last_success="2026-11-10T06:00:00Z")
NEVER = Answer(source="pubmed", query="q")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            FAILED,
            "PubMed has failed since 2026-11-19 06:00 UTC for query q: last complete answer 2026-11-17 06:00",
        ),
        (IDLE, "PubMed was not asked in this span for query q: last complete answer 2026-11-10 06:00 UTC."),
        (NEVER, "PubMed was never asked for query q."),
    ],
)
def test_without_every_answer_nothing_is_called_quiet(answer: Answer, said: str) -> None:
    made = digest(answers=(ANSWERED, answer))
    assert not made.quiet
    assert [alarm.text.startswith(said) for alarm in made.alarms] == [True]
    assert "quiet" in made.summary and "not known" in made.summary
    assert ("no answer from PubMed" if "has failed" in said else "PubMed not asked") in made.subject
    text = render_markdown(made)
    assert text.index("Incomplete") < text.index("Nothing to tell")


def test_an_alarm_stands_above_news_too_and_names_the_cause_in_one_line() -> None:
    made = digest(trial(1, "stopped"), answers=(FAILED,))
    assert made.alarms[0].cause == "503 from [x](y)"
    assert made.subject == "Hair research, weekly 2026-W48: no answer from PubMed, 1 trial moved"
    text = render_markdown(made)
    assert text.index("Incomplete") < text.index("1 trial moved")


def test_queries_that_fail_together_raise_one_alarm() -> None:
    answers = tuple(Answer(source="pubmed", query=name, fetches=1, failed=1, failing_since="2026-11-19T06:00:00Z",
                           last_try="2026-11-19T06:00:00Z", error="503") for name in "abc")  # fmt: skip
    (alarm,) = digest(answers=answers).alarms
    assert "for queries a, b and c: it has never answered completely" in alarm.text


def test_an_extra_issue_is_not_alarmed_by_a_source_that_answered_this_morning() -> None:
    morning = Answer(source="pubmed", query="q", last_try="2026-11-23T06:00:00Z", last_success="2026-11-23T06:00:00Z")
    made = digest(work(), answers=(morning,), since="2026-11-23T07:00:00Z", until="2026-11-23T09:00:00Z")
    assert not made.alarms


def test_the_first_issue_says_what_its_baseline_is() -> None:
    made = digest(first_issue=True, baseline=(("a", 1200), ("b", 34)))
    assert made.notices == (
        "First issue: 1,234 records held before tracker began are the baseline and not listed as new.",
    )
    later = digest(baseline=(("b", 1),))
    assert later.notices == (
        "1 record that query b listed when it was first asked so is its baseline and not listed as new.",
    )


def test_what_is_counted_and_not_listed_is_said() -> None:
    left = Left(off_topic=2, below_severity=1, outside_approaches=3, details=14, detailed=6)
    answer = Answer(source="pubmed", query="q", fetches=1, quarantined=1, missing=2, notes=("phrase not known: x",))
    assert digest(left=left, answers=(answer,)).remarks == (
        "PubMed, q: phrase not known: x",
        "Counted, not listed: 14 small edits in 6 records, 2 works off topic, 1 work below this digest's severity,"
        " 3 works outside its approaches.",
    )


def test_a_receipt_can_be_added_up() -> None:
    answers = (
        Answer(source="pubmed", query="a", fetches=1, new=3),
        Answer(source="pubmed", query="b", fetches=1, new=2),
    )
    assert digest(answers=answers, new=4).remarks == (
        "A record counts with each query that lists it: 4 new records in all,"
        " notices of corrections and what is off topic among them.",
    )
    assert digest(answers=answers, new=5).remarks == ()
    text = render_markdown(digest(answers=(Answer(source="pubmed", query="a", fetches=1, baseline=40), ANSWERED)))
    assert "| Listed | Baseline | New | Changed |" in text
    assert "Baseline" not in render_markdown(digest(answers=answers))


def test_when_all_were_asked_at_one_time_that_is_said_once() -> None:
    late = replace(ANSWERED, query="r", last_try="2026-11-22T07:00:00Z")
    for answers, later in (((ANSWERED, replace(ANSWERED, query="r")), 0), ((ANSWERED, late), 1)):
        for render in (render_markdown, render_html, render_text):
            text = render(digest(answers=answers))
            assert text.count("2026-11-22 06:00") == 2  # once in the receipt, once in the footer
            assert text.count("2026-11-22 07:00") == later


def test_nothing_off_topic_needs_no_count() -> None:
    made = digest(answers=(ANSWERED, replace(ANSWERED, query="r", off_topic=2)))
    assert [row.off_topic for row in made.receipt] == [None, 2]
    assert "Off topic" in render_markdown(made) and "Off topic" not in render_markdown(digest())


def test_every_issue_ends_with_what_it_is_not_and_where_it_is_from() -> None:
    registry = Answer(
        source="clinicaltrials", query="q", fetches=1, data_of="2026-11-20", last_success="2026-11-22T06:05:00Z"
    )
    assert digest(answers=(registry, ANSWERED)).footer == (
        "A registry's status and phase are what a sponsor reports: neither is an approval.",
        "Not medical advice.",
        "Source: ClinicalTrials.gov, data of 2026-11-20, retrieved 2026-11-22 06:05 UTC.",
        "Source: PubMed, courtesy of the U.S. National Library of Medicine, retrieved 2026-11-22 06:00 UTC.",
    )


def test_words_are_counted() -> None:
    assert [counted(n, "study", "studies") for n in (0, 1, 2, 1200)] == [
        "0 studies",
        "1 study",
        "2 studies",
        "1,200 studies",
    ]
    assert first_words("one two three", 2) == "one two…"
    assert first_words("one two", 2) == "one two"
