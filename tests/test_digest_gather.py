"""Which events are told, on a real database: the rules of design.md, each of them alone."""

import sqlite3

import pytest

from tests.digest_case import BEFORE, NOW, Case, add_event, add_fetch, add_issue, add_query, add_record, case
from tracker.digest.gather import gather

TWO_QUERIES = '[digest]\nqueries = ["pp405", "exosomes"]\n[[query]]\nname = "pp405"\n[[query]]\nname = "exosomes"\n'
LATER = "2026-11-22T06:05:00Z"


@pytest.fixture
def week() -> Case:
    """A digest of two queries; a third query exists."""
    made = case(TWO_QUERIES)
    add_query(made.db, "landscape")
    return made


def told(made: Case) -> dict[str, list[str]]:
    return {work.id: [change.kind for change in work.changes] for work in made.material().works}


def settings(made: Case, **changes: object) -> None:
    made.settings = type(made.settings)(**{**vars(made.settings), **changes})


def test_only_events_of_the_span_that_were_not_told_are_told(week: Case) -> None:
    add_record(week.db, "pubmed-1", queries=["pp405"])
    for kind in ("new_article", "corrected", "concern", "corrected"):
        add_event(week.db, "pubmed-1", kind)
    add_issue(week.db, "weekly", "2026-W46", [3])
    week.after_event = 1
    assert told(week) == {"pubmed-1": ["corrected", "corrected"]}
    settings(week, name="other")
    assert told(week) == {"pubmed-1": ["corrected", "concern", "corrected"]}


def test_a_record_of_no_query_of_this_digest_is_not_told(week: Case) -> None:
    add_record(week.db, "NCT00000001", trial={}, queries=["landscape"])
    add_record(week.db, "NCT00000002", trial={})
    for record in ("NCT00000001", "NCT00000002"):
        add_event(week.db, record, "stopped", 3)
    assert told(week) == {}


def test_a_digest_without_queries_tells_all_but_what_links_brought() -> None:
    made = case('[[query]]\nname = "pp405"\n[[query]]\nname = "linked"\nsources = []\n')
    add_record(made.db, "pubmed-1", queries=["pp405"])
    add_record(made.db, "pubmed-2", queries=["linked"])
    for record in ("pubmed-1", "pubmed-2"):
        add_event(made.db, record, "new_article")
    assert told(made) == {"pubmed-1": ["new_article"]}


def test_the_baseline_is_not_announced_but_its_moves_are_told(week: Case) -> None:
    add_record(week.db, "NCT00000001", trial={}, queries=["pp405"], baseline=True)
    for kind in ("new_trial", "matched", "status_changed"):
        add_event(week.db, "NCT00000001", kind, 2)
    assert told(week) == {"NCT00000001": ["status_changed"]}


@pytest.mark.parametrize(
    ("matches", "announced"),
    [
        ([("pp405", BEFORE, 1), ("exosomes", NOW, 0)], False),  # it was there before: the second query changes nothing
        ([("pp405", NOW, 0), ("exosomes", LATER, 1)], True),  # new for a watched query, then listed by an added one
        ([("pp405", NOW, 1), ("exosomes", NOW, 0)], True),  # in one run: new for the query that was watched
        ([("landscape", BEFORE, 1), ("exosomes", NOW, 0)], True),  # held for another digest, new for this one
        ([("landscape", NOW, 0), ("exosomes", LATER, 1)], False),
    ],
)
def test_the_earliest_match_among_the_digests_own_queries_decides(
    week: Case, matches: list[tuple[str, str, int]], announced: bool
) -> None:
    keys = ("query", "first_seen", "baseline")
    add_record(week.db, "pubmed-1", queries=[dict(zip(keys, match, strict=True)) for match in matches])
    add_event(week.db, "pubmed-1", "new_article")
    assert bool(told(week)) is announced


def test_severity_has_a_floor_and_details_are_counted(week: Case) -> None:
    add_record(week.db, "NCT00000001", trial={}, queries=["pp405"])
    for kind, severity in (("detail", 0), ("detail", 0), ("sponsor_changed", 1), ("status_changed", 2)):
        add_event(week.db, "NCT00000001", kind, severity)
    add_record(week.db, "NCT00000002", trial={}, queries=["pp405"])
    add_event(week.db, "NCT00000002", "sponsor_changed", 1)
    settings(week, min_severity=2)
    left = week.material().left
    assert told(week) == {"NCT00000001": ["status_changed"]}
    assert (left.details, left.detailed, left.below_severity) == (2, 1, 1)


@pytest.mark.parametrize("told_before", [True, False])
def test_the_moves_of_a_field_are_one_story(week: Case, told_before: bool) -> None:
    """Once a move is told, the later ones of its field are, however small; earlier ones and other fields are not."""
    add_record(week.db, "NCT00000001", trial={}, queries=["pp405"])
    moves = [
        ("date_slipped", 2, "start"), ("date_slipped", 3, "start"), ("date_pulled_in", 1, "start"),
        ("date_met", 1, "start"), ("detail", 0, "start"), ("date_slipped", 2, "completion"),
    ]  # fmt: skip
    ids = [add_event(week.db, "NCT00000001", kind, severity, field=field) for kind, severity, field in moves]
    if told_before:
        add_issue(week.db, "weekly", "2026-W47", ids[:2])
        add_issue(week.db, "other", "2026-W47", ids)
        week.after_event = ids[1]
    settings(week, min_severity=3)
    kinds = [change.id for work in week.material().works for change in work.changes]
    assert kinds == (ids[2:4] if told_before else ids[1:4])


def test_papers_and_queries_are_no_story(week: Case) -> None:
    add_record(week.db, "NCT00000001", trial={}, queries=["pp405", "exosomes"])
    for kind, field in (("paper_linked", "links"), ("matched", "exosomes")):
        for severity in (3, 2):
            add_event(week.db, "NCT00000001", kind, severity, field=field)
    settings(week, min_severity=3)
    assert told(week) == {"NCT00000001": ["paper_linked", "matched"]}


def test_a_work_has_the_conditions_that_it_names_and_the_trials_that_it_reports(week: Case) -> None:
    labels = [{"axis": "condition", "label": label} for label in ("aa", "aga", "general")]
    link = [{"relation": "reports", "target": "NCT00000001"}, {"relation": "background", "target": "NCT00000002"}]
    add_record(week.db, "pubmed-1", queries=["pp405"], label=labels, link=link)
    add_event(week.db, "pubmed-1", "new_article")
    (work,) = week.material().works
    assert [one.name for one in work.conditions] == ["Pattern hair loss (androgenetic alopecia)", "Alopecia areata"]
    assert work.reports == ("NCT00000001",)


def test_a_notice_names_what_it_is_about_and_who_told_that(week: Case) -> None:
    add_record(week.db, "pubmed-1", queries=["pp405"])
    add_record(week.db, "pubmed-3", queries=["pp405"], same_as="pubmed-1")
    first = add_event(week.db, "pubmed-1", "new_article")
    add_issue(week.db, "weekly", "2026-W40", [first])
    link = [{"relation": "corrects", "target": "pubmed-3"}, {"relation": "mentions", "target": "pubmed-1"}]
    add_record(week.db, "pubmed-2", queries=["pp405"], types=["Published Erratum"], link=link)
    add_record(week.db, "pubmed-4", queries=["pp405"], types=["Journal Article"], link=link)  # republished: no notice
    for record in ("pubmed-2", "pubmed-4"):
        add_event(week.db, record, "new_article")
    week.after_event = first
    about = {work.id: [(one.id, one.kind, one.told_in) for one in work.corrects] for work in week.material().works}
    assert about == {"pubmed-2": [("pubmed-1", "corrected", ("2026-W40",))], "pubmed-4": []}


def test_what_is_off_topic_is_counted_and_not_told(week: Case) -> None:
    add_record(week.db, "pubmed-1", queries=["pp405", "exosomes"], relevance="off")
    add_record(week.db, "pubmed-2", queries=["pp405"], relevance="off", baseline=True)
    add_record(week.db, "pubmed-3", queries=["pp405"], relevance="hair")
    for record in ("pubmed-1", "pubmed-2", "pubmed-3"):
        add_event(week.db, record, "new_article")
    add_fetch(week.db, "pubmed", "pp405")
    material = week.material()
    assert told(week) == {"pubmed-3": ["new_article"]}
    assert material.left.off_topic == 1
    off_topic = {(answer.source, answer.query): answer.off_topic for answer in material.answers}
    assert off_topic[("pubmed", "pp405")] == 1
    assert off_topic[("pubmed", "exosomes")] == 1
    assert off_topic[("clinicaltrials", "pp405")] == 0


@pytest.mark.parametrize("kind", ["retracted", "concern", "corrected", "retraction_reversed"])
def test_a_correction_to_what_was_told_is_always_told(week: Case, kind: str) -> None:
    add_record(week.db, "pubmed-1", queries=["pp405"], relevance="off")
    add_record(week.db, "pubmed-2", queries=["pp405"], relevance="off")
    first = add_event(week.db, "pubmed-1", "new_article")
    for record in ("pubmed-1", "pubmed-2"):
        add_event(week.db, record, kind, 2)
    add_issue(week.db, "weekly", "2026-W40", [first])
    week.after_event = first
    settings(week, min_severity=3, approaches=("cell",))
    assert told(week) == {"pubmed-1": [kind]}
    assert week.material().works[0].told_in == ("2026-W40",)


def test_told_in_names_each_issue_of_this_digest_that_told_any_version(week: Case) -> None:
    add_record(week.db, "pubmed-2", queries=["pp405"])
    add_record(week.db, "pubmed-1", queries=["pp405"], same_as="pubmed-2")
    events = [add_event(week.db, "pubmed-1", "new_article"), add_event(week.db, "pubmed-2", "published_from_preprint")]
    add_issue(week.db, "weekly", "2026-W40", events[:1])
    add_issue(week.db, "weekly", "2026-W41", events[1:])
    add_issue(week.db, "other", "2026-W39", events)
    add_event(week.db, "pubmed-2", "retracted", 3)
    week.after_event = events[-1]
    assert week.material().works[0].told_in == ("2026-W40", "2026-W41")


def test_a_digest_of_some_approaches_tells_only_those(week: Case) -> None:
    for n, leaf in enumerate(("ev.msc", "ev.plant", "cell.dp", "evil.x"), start=1):
        add_record(week.db, f"pubmed-{n}", queries=["pp405"], label=[{"axis": "approach", "label": leaf}])
        add_event(week.db, f"pubmed-{n}", "new_article")
    settings(week, approaches=("ev", "cell.dp"))
    assert sorted(told(week)) == ["pubmed-1", "pubmed-2", "pubmed-3"]
    assert week.material().left.outside_approaches == 1


def test_versions_of_a_work_are_told_once_with_the_facts_of_the_version_of_record(week: Case) -> None:
    add_record(week.db, "pubmed-2", title="The paper", queries=["pp405"], stage="phase2")
    add_record(week.db, "pubmed-1", title="The preprint", queries=["exosomes"], same_as="pubmed-2", stage="unclear")
    for record in ("pubmed-1", "pubmed-2"):
        add_event(week.db, record, "new_article")
    (work,) = week.material().works
    assert (work.id, work.title, work.queries) == ("pubmed-2", "The paper", ("pp405", "exosomes"))
    assert work.stage and work.stage.name == "Phase 2"
    assert [change.record for change in work.changes] == ["pubmed-1", "pubmed-2"]


def test_the_first_issue_counts_the_whole_baseline_and_later_ones_what_a_query_brought(week: Case) -> None:
    add_record(week.db, "pubmed-1", queries=["pp405"], baseline=True)
    add_record(week.db, "pubmed-2", queries=["exosomes"], baseline=True, matched=NOW)
    add_record(week.db, "pubmed-3", queries=["pp405"])
    assert week.material().first_issue
    assert week.material().baseline == (("exosomes", 1), ("pp405", 1))
    add_issue(week.db, "weekly", "2026-W47", [])
    assert not week.material().first_issue
    assert week.material().baseline == (("exosomes", 1),)


def test_the_receipt_counts_a_record_with_each_query_that_lists_it(week: Case) -> None:
    for n, (queries, given) in enumerate(
        [
            (["pp405", "exosomes"], {}),
            (["exosomes"], {"relevance": "off"}),
            (["pp405"], {"matched": BEFORE}),  # before the span
            (["pp405", "landscape"], {"baseline": True, "matched": NOW}),
        ]
    ):
        add_record(week.db, f"pubmed-{n}", queries=queries, **given)
        for kind in ("new_article", "corrected", "detail")[: 3 if n in (0, 2) else 1]:
            add_event(week.db, f"pubmed-{n}", kind)
    add_fetch(week.db, "pubmed", "pp405")
    material = week.material()
    counts = {
        answer.query: (answer.new, answer.baseline, answer.changed, answer.off_topic)
        for answer in material.answers
        if answer.source == "pubmed"
    }
    assert counts == {"pp405": (1, 1, 2, 0), "exosomes": (2, 0, 1, 1)}
    assert material.new == 2
    assert sum(answer.new + answer.changed for answer in material.answers if answer.source != "pubmed") == 0


def test_the_baseline_of_a_first_issue_counts_however_old_it_is(week: Case) -> None:
    add_record(week.db, "pubmed-1", queries=["pp405"], baseline=True, matched="2026-01-01T06:00:00Z")
    add_fetch(week.db, "pubmed", "pp405")
    assert sum(answer.baseline for answer in week.material().answers) == 1
    add_issue(week.db, "weekly", "2026-W47", [])
    assert sum(answer.baseline for answer in week.material().answers) == 0


def test_the_receipt_sums_the_span_and_looks_back_for_what_it_lacks(week: Case) -> None:
    add_fetch(week.db, "pubmed", "pp405", "2026-11-10T06:00:00Z", listed=9, quarantined=9, notes=["old"])
    add_fetch(week.db, "pubmed", "pp405", "2026-11-17T06:00:00Z", listed=10, quarantined=2, notes=["a"])
    add_fetch(week.db, "pubmed", "pp405", "2026-11-18T06:00:00Z", error="503", notes=["b", "a"])
    add_fetch(week.db, "pubmed", "pp405", "2026-11-19T06:00:00Z", listed=12, quarantined=1, missing=["7"])
    add_fetch(week.db, "pubmed", "pp405", "2026-11-24T06:00:00Z", listed=99)  # after the span
    add_fetch(week.db, "clinicaltrials", "pp405", "2026-11-10T06:00:00Z", listed=5)
    answers = {(answer.source, answer.query): answer for answer in week.material().answers}
    pubmed = answers[("pubmed", "pp405")]
    assert (pubmed.fetches, pubmed.failed, pubmed.complete) == (3, 1, True)
    assert (pubmed.listed, pubmed.quarantined, pubmed.missing) == (12, 1, 1)
    assert (pubmed.notes, pubmed.last_try, pubmed.error) == (("a", "b"), "2026-11-19T06:00:00Z", "")
    registry = answers[("clinicaltrials", "pp405")]
    assert (registry.fetches, registry.listed, registry.last_success) == (0, None, "2026-11-10T06:00:00Z")
    assert not answers[("pubmed", "exosomes")].last_try


def test_a_failing_source_says_since_when_and_why(week: Case) -> None:
    add_fetch(week.db, "pubmed", "pp405", "2026-11-10T06:00:00Z", listed=9)
    add_fetch(week.db, "pubmed", "pp405", "2026-11-15T06:00:00Z", error="first cause")
    add_fetch(week.db, "pubmed", "pp405", "2026-11-20T06:00:00Z", error="last cause")
    answer = next(one for one in week.material().answers if (one.source, one.query) == ("pubmed", "pp405"))
    assert (answer.failing_since, answer.last_success) == ("2026-11-15T06:00:00Z", "2026-11-10T06:00:00Z")
    assert (answer.error, answer.complete, answer.listed) == ("last cause", False, None)


def test_gathering_works_whatever_rows_the_connection_gives_and_writes_nothing(week: Case) -> None:
    add_record(week.db, "NCT00000001", trial={"phases": ["PHASE2"], "has_results": 1}, queries=["pp405"])
    add_event(week.db, "NCT00000001", "new_trial")
    add_fetch(week.db, "pubmed", "pp405")
    plain, before = week.material(), week.db.conn.total_changes
    week.db.conn.row_factory = sqlite3.Row
    assert week.material() == plain
    week.db.conn.row_factory = lambda cursor, row: {column[0]: n for n, column in enumerate(cursor.description)}
    assert gather(week.db.conn, week.settings, 0, 1, week.since, week.until) == plain
    assert week.db.conn.total_changes == before
    assert plain.works[0].trial and plain.works[0].trial.phases == ("PHASE2",) and plain.works[0].trial.has_results
