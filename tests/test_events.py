"""Events from two readings of one record: exactly the table of docs/events.md, and nothing else."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import SHARED
from tracker import events
from tracker.dates import months_between
from tracker.events import announce_severity, compare
from tracker.records import Event, Link, Record, Site, Trial
from tracker.sources.clinicaltrials.study import read

NCT = "NCT99000001"
TRIAL = Trial(
    study_type="INTERVENTIONAL",
    status="RECRUITING",
    phases=("PHASE1", "PHASE2"),
    sponsor="Moss Works",
    primary_outcomes=("Hair count [week 24]", "Harm"),
    enrollment=40,
    enrollment_type="ESTIMATED",
    start="2030-05",
    start_type="ACTUAL",
    primary_completion="2031-03",
    primary_completion_type="ESTIMATED",
    completion="2031-09-30",
    completion_type="ESTIMATED",
    last_update="2030-11-02",
    verified="2030-11",
    sites=(Site("Fen Clinic", "Fen", "Utopia"),),
)
RECORD = Record(id=NCT, source="clinicaltrials", kind="trial", title="Moss gel", trial=TRIAL)
ARTICLE = Record(id="pubmed-900000001", source="pubmed", kind="article", title="Of moss")


def moved(**changes: Any) -> list[Event]:
    """The events of a trial whose columns change to these."""
    return compare(RECORD, replace(RECORD, trial=replace(TRIAL, **changes)))


def noticed(before: str, now: str) -> list[Event]:
    return compare(replace(ARTICLE, notice=before), replace(ARTICLE, notice=now))


def only(found: list[Event]) -> Event:
    assert len(found) == 1, found
    return found[0]


def summary(found: list[Event]) -> list[tuple[str, int, str | None]]:
    return [(event.kind, event.severity, event.field) for event in found]


def test_nothing_changed_is_no_event() -> None:
    assert compare(RECORD, replace(RECORD, warnings=("odd",))) == []


def test_a_change_that_no_column_holds_is_one_detail() -> None:
    assert summary(compare(RECORD, replace(RECORD, raw=b"other contacts"))) == [("detail", 0, None)]


@pytest.mark.parametrize(
    ("record", "kind", "severity", "headline"),
    [
        (RECORD, "new_trial", 3, f"{NCT}: new trial, PHASE1/PHASE2, RECRUITING: Moss gel"),
        (replace(RECORD, trial=Trial()), "new_trial", 1, f"{NCT}: new trial: Moss gel"),
        (ARTICLE, "new_article", 1, "pubmed-900000001: new article: Of moss"),
        (replace(ARTICLE, notice="retracted", title=""), "new_article", 1,
         "pubmed-900000001: new article, retracted: (no title)"),
        (replace(ARTICLE, id="feed-00", kind="news"), "new_item", 1, "feed-00: new item: Of moss"),
    ],
)  # fmt: skip
def test_a_record_is_announced_once_when_first_seen(record: Record, kind: str, severity: int, headline: str) -> None:
    assert compare(None, record) == [Event(kind, severity, None, None, None, headline)]


@pytest.mark.parametrize(
    ("phases", "stage", "relevance", "severity"),
    [
        (("PHASE2",), "phase2", "core", 3),
        (("PHASE1", "PHASE2"), "phase1_2", "hair", 3),
        (("PHASE4",), "phase4", "off", 3),
        (("EARLY_PHASE1",), "early_phase1", "core", 2),
        (("PHASE1",), "phase1", "core", 2),
        (("NA",), "trial_unphased", "core", 2),
        (("NA",), "trial_unphased", "off", 1),
        (None, "phase2", "core", 2),
        (None, "case_report", "hair", 2),
        (None, "observational", "core", 2),
        (None, "observational", "off", 1),
        (None, "animal", "core", 1),
        (None, "systematic_review", "core", 1),
        (None, "", "", 1),
    ],
)
def test_an_announcement_is_as_loud_as_its_evidence(
    phases: tuple[str, ...] | None, stage: str, relevance: str, severity: int
) -> None:
    record = ARTICLE if phases is None else replace(RECORD, trial=Trial(phases=phases))
    assert announce_severity(record, stage, relevance) == severity


def test_news_is_no_evidence() -> None:
    assert announce_severity(replace(ARTICLE, kind="news"), "phase2", "core") == 1


def test_a_status_is_told_with_its_raw_values() -> None:
    event = only(moved(status="ACTIVE_NOT_RECRUITING"))
    assert event == Event(
        "status_changed", 2, "status", "RECRUITING", "ACTIVE_NOT_RECRUITING",
        f"{NCT}: status RECRUITING -> ACTIVE_NOT_RECRUITING",
    )  # fmt: skip


def test_unknown_is_told_with_the_last_known_status() -> None:
    event = only(moved(status="UNKNOWN", last_known_status="RECRUITING"))
    assert (event.kind, event.severity) == ("status_changed", 2)
    assert event.headline.endswith("RECRUITING -> UNKNOWN; last known status RECRUITING")


@pytest.mark.parametrize("status", ["TERMINATED", "SUSPENDED", "WITHDRAWN"])
def test_a_stop_is_told_instead_with_the_reason_given(status: str) -> None:
    event = only(moved(status=status, why_stopped="no\nmoss"))
    assert (event.kind, event.severity, event.field, event.new) == ("stopped", 3, "status", status)
    assert event.headline == f"{NCT}: status RECRUITING -> {status}; reason given: no moss"
    assert only(moved(status=status)).headline.endswith("; no reason given")


def test_a_reason_that_changes_alone_is_a_detail() -> None:
    assert summary(moved(why_stopped="no moss")) == [("detail", 0, "why_stopped")]


@pytest.mark.parametrize(
    ("phases", "severity"), [(("PHASE3",), 3), (("PHASE2", "PHASE3"), 3), (("PHASE2",), 3), (("PHASE1",), 2), ((), 2)]
)
def test_a_phase_that_rises_is_louder(phases: tuple[str, ...], severity: int) -> None:
    event = only(moved(phases=phases))
    assert summary([event]) == [("phase_changed", severity, "phases")]
    assert (event.old, event.new) == ('["PHASE1", "PHASE2"]', json.dumps(list(phases)))
    assert event.headline == f"{NCT}: phase PHASE1/PHASE2 -> {'/'.join(phases) or '(none)'}"


@pytest.mark.parametrize(
    ("column", "date", "kind", "severity", "size"),
    [
        ("primary_completion", "2031-09", "date_slipped", 3, "slipped 6 months"),
        ("primary_completion", "2031-08", "date_slipped", 2, "slipped 5 months"),
        ("primary_completion", "2031-04-01", "date_slipped", 2, "slipped 1 month"),
        ("primary_completion", "2033", "date_slipped", 3, "slipped 2 years"),
        ("primary_completion", "2030-09-01", "date_pulled_in", 3, "pulled in 6 months"),
        ("completion", "2031-10-29", "date_slipped", 1, "slipped 29 days"),
        ("completion", "2031-10-30", "date_slipped", 2, "slipped 30 days, 1 full month"),
        ("completion", "2032-03-30", "date_slipped", 3, "slipped 182 days, 6 full months"),
        ("completion", "2031-09-29", "date_pulled_in", 1, "pulled in 1 day"),
        ("start", "2030-04", "date_pulled_in", 2, "pulled in 1 month"),
    ],
)
def test_a_date_is_told_with_the_size_of_its_move(column: str, date: str, kind: str, severity: int, size: str) -> None:
    event = only(moved(**{column: date}))
    before = getattr(TRIAL, column)
    assert (event.kind, event.severity, event.field, event.old, event.new) == (kind, severity, column, before, date)
    assert event.headline == f"{NCT}: {column.replace('_', ' ')} {before} -> {date} ({size})"


@pytest.mark.parametrize("date", ["2031-03-15", "2031", "2031-03"])
def test_a_date_that_only_changed_its_precision_is_no_event(date: str) -> None:
    assert moved(primary_completion=date) == []


def test_a_date_met_is_told_beside_the_move() -> None:
    found = moved(completion="2031-10-15", completion_type="ACTUAL")
    assert summary(found) == [("date_slipped", 1, "completion"), ("date_met", 1, "completion")]
    assert found[1].headline == f"{NCT}: completion 2031-10-15: ESTIMATED -> ACTUAL"
    assert (found[1].old, found[1].new) == ("ESTIMATED", "ACTUAL")
    assert summary(moved(completion_type="ACTUAL")) == [("date_met", 1, "completion")]


def test_an_absent_date_is_not_met() -> None:
    old = replace(RECORD, trial=replace(TRIAL, start="", start_type="ESTIMATED"))
    new = replace(RECORD, trial=replace(TRIAL, start="", start_type="ACTUAL"))
    assert summary(compare(old, new)) == [("detail", 0, "start_type")]


def test_any_other_change_of_a_dates_type_is_a_detail() -> None:
    assert summary(moved(start_type="ESTIMATED")) == [("detail", 0, "start_type")]
    assert summary(moved(completion_type="")) == [("detail", 0, "completion_type")]


def test_a_date_that_appears_or_disappears_is_a_detail() -> None:
    assert summary(moved(completion="")) == [("detail", 0, "completion")]
    old = replace(RECORD, trial=replace(TRIAL, start=""))
    assert only(compare(old, RECORD)).headline == f"{NCT}: start (none) -> 2030-05"


def test_results_are_told_when_they_come_and_are_a_detail_when_they_go() -> None:
    came = only(moved(has_results=True, results_posted="2032-01-05"))
    assert came == Event(
        "results_posted", 3, "has_results", "false", "true", f"{NCT}: results posted 2032-01-05"
    )  # fmt: skip
    with_results = replace(RECORD, trial=replace(TRIAL, has_results=True))
    assert summary(compare(with_results, RECORD)) == [("detail", 0, "has_results")]


def test_an_outcome_that_changes_after_start_is_told_with_both_wordings() -> None:
    event = only(moved(primary_outcomes=("Hair count [week 12]", "Harm")))
    assert summary([event]) == [("outcome_changed", 2, "primary_outcomes")]
    assert event.headline.endswith('changed after start: "Hair count [week 24]" -> "Hair count [week 12]"')
    assert (event.old, event.new) == (
        '["Hair count [week 24]", "Harm"]',
        '["Hair count [week 12]", "Harm"]',
    )
    assert only(moved(primary_outcomes=())).headline.endswith('"Hair count [week 24]" and 1 more -> (none)')


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        ({"status": "NOT_YET_RECRUITING", "start": "2031-01"}, "detail"),
        ({"status": "NOT_YET_RECRUITING", "start": "2030-11"}, "detail"),  # the month is not over
        ({"status": "NOT_YET_RECRUITING", "start": "2030-10"}, "outcome_changed"),
        ({"status": "NOT_YET_RECRUITING", "start": ""}, "detail"),
        ({"status": "WITHDRAWN", "start": "2031-01"}, "detail"),
        ({"status": "UNKNOWN", "last_known_status": "NOT_YET_RECRUITING", "start": "2031-01"}, "detail"),
        ({"status": "UNKNOWN", "last_known_status": "RECRUITING", "start": "2031-01"}, "outcome_changed"),
        ({"status": "COMPLETED", "start": "2031-01"}, "outcome_changed"),
    ],
)
def test_an_outcome_that_changes_before_start_is_a_detail(now: dict[str, str], kind: str) -> None:
    trial = replace(TRIAL, **now)  # type: ignore[arg-type]
    found = compare(replace(RECORD, trial=trial), replace(RECORD, trial=replace(trial, primary_outcomes=("Other",))))
    assert (only(found).kind, only(found).field) == (kind, "primary_outcomes")


def test_outcomes_in_another_order_are_a_detail() -> None:
    assert summary(moved(primary_outcomes=TRIAL.primary_outcomes[::-1])) == [("detail", 0, "primary_outcomes")]


def test_outcomes_in_another_case_or_spacing_are_a_detail() -> None:
    assert summary(moved(primary_outcomes=("HAIR count  [Week 24]", "harm"))) == [("detail", 0, "primary_outcomes")]
    event = only(moved(primary_outcomes=("HAIR count [week 24]", "Pain")))
    assert event.headline.endswith('changed after start: "Harm" -> "Pain"')


def test_a_reference_that_becomes_a_result_is_told_and_one_that_stops_being_one_is_a_detail() -> None:
    cited, result = (Link(relation, "pubmed-9", "registry") for relation in ("cites", "reported_by"))
    there = compare(replace(RECORD, links=(cited,)), replace(RECORD, links=(result,)))
    assert summary([event for event in there if event.severity]) == [("paper_linked", 3, "links")]
    both = compare(replace(RECORD, links=(cited,)), replace(RECORD, links=(result, cited)))
    assert summary(both) == [("paper_linked", 3, "links")]
    back = compare(replace(RECORD, links=(result,)), replace(RECORD, links=(cited,)))
    assert summary(back) == [("detail", 0, "links")]


def test_an_outcome_that_is_measured_otherwise_is_told_from_where_its_wording_parts() -> None:
    named = "Non-vellus target area hair count per square centimetre in the vertex transition zone [week 24]: "
    there = replace(TRIAL, primary_outcomes=(named + "counted by a blinded central reader", "Harm"))
    here = replace(TRIAL, primary_outcomes=(named + "rated by the patient", "Harm"))
    event = only(compare(replace(RECORD, trial=there), replace(RECORD, trial=here)))
    assert event.kind == "outcome_changed" and named not in event.headline
    assert "counted by a blinded central reader" in event.headline and "rated by the patient" in event.headline


def test_phases_in_another_order_are_a_detail() -> None:
    assert summary(moved(phases=("PHASE2", "PHASE1"))) == [("detail", 0, "phases")]


def test_enrollment_and_sponsor_are_told_with_their_values() -> None:
    event = only(moved(enrollment=0, enrollment_type="ACTUAL"))
    assert event == Event(
        "enrollment_changed", 1, "enrollment", "40", "0", f"{NCT}: enrollment 40 ESTIMATED -> 0 ACTUAL"
    )  # fmt: skip
    assert only(moved(enrollment=None)).new == ""
    assert summary(moved(enrollment_type="ACTUAL")) == [("detail", 0, "enrollment_type")]
    assert only(moved(sponsor="Fern Co")) == Event(
        "sponsor_changed", 1, "sponsor", "Moss Works", "Fern Co", f"{NCT}: sponsor Moss Works -> Fern Co"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "now", "kind", "severity", "words"),
    [
        ("", "retracted", "retracted", 3, "retracted"),
        ("corrected", "withdrawn", "retracted", 3, "withdrawn"),
        ("", "concern", "concern", 3, "expression of concern"),
        ("", "corrected", "corrected", 2, "corrected"),
        ("concern", "corrected", "corrected", 2, "corrected"),
        ("retracted", "", "retraction_reversed", 2, "no longer marked as retracted"),
        ("withdrawn", "corrected", "retraction_reversed", 2, "no longer marked as withdrawn; now: corrected"),
        ("concern", "", "retraction_reversed", 2, "no longer under an expression of concern"),
        ("corrected", "", "detail", 0, "notice corrected -> (none)"),
    ],
)
def test_a_notice_is_told(before: str, now: str, kind: str, severity: int, words: str) -> None:
    assert noticed(before, now) == [Event(kind, severity, "notice", before, now, f"{ARTICLE.id}: {words}")]


def test_a_retraction_names_the_notice_that_retracts() -> None:
    links = (Link("retracted_by", "pubmed-900000009", "corrections"),)
    found = compare(ARTICLE, replace(ARTICLE, notice="retracted", links=links))
    assert summary(found) == [("retracted", 3, "notice"), ("detail", 0, "links")]
    assert found[0].headline == "pubmed-900000001: retracted by PMID 900000009"


def test_every_other_column_is_one_detail_with_its_text() -> None:
    found = moved(
        verified="2030-12", last_update="2030-12-03", sites=(), eligibility="x" * 900, masking="NONE", phase_detail="2a"
    )
    assert {event.kind for event in found} == {"detail"} and {event.severity for event in found} == {0}
    details = {event.field: event for event in found}
    assert set(details) == {"verified", "last_update", "sites", "eligibility", "masking", "phase_detail"}
    assert (details["verified"].old, details["verified"].new) == ("2030-11", "2030-12")
    assert json.loads(details["sites"].old or "")[0]["facility"] == "Fen Clinic"
    assert len(details["eligibility"].new or "") == 500
    shorter = replace(RECORD, trial=replace(TRIAL, eligibility="y" * 900))
    assert len(only(compare(shorter, RECORD)).old or "") == 500
    assert details["eligibility"].headline == f"{NCT}: eligibility changed"


def test_every_column_of_a_record_is_compared() -> None:
    other: dict[str, Any] = {"authors": (), "links": (Link("cites", "pubmed-1", "registry"),), "published": "2030"}
    for name in Record.__dataclass_fields__:
        if name not in ("id", "source", "kind", "trial", "warnings", "raw"):
            value: Any = other.get(name, ("other",) if isinstance(getattr(ARTICLE, name), tuple) else "2030")
            expected = [] if name == "authors" else [name]
            assert [event.field for event in compare(ARTICLE, replace(ARTICLE, **{name: value}))] == expected
    for name in Trial.__dataclass_fields__:
        before = getattr(TRIAL, name)
        value = {str: "2040", tuple: ("other",), bool: True, int: 1}[type(before)]
        assert name in {event.field for event in moved(**{name: value})}, name


def test_the_stores_own_kinds_have_their_severity() -> None:
    assert summary([events.gone(NCT), events.returned(NCT)]) == [("gone", 1, "gone"), ("returned", 1, "gone")]
    assert events.gone("pubmed-1").headline == "pubmed-1: PubMed no longer holds it"
    assert summary([events.matched(NCT, "exosomes")]) == [("matched", 1, "exosomes")]
    relations = {"reports": 3, "reported_by": 3, "derived": 2, "derived_in": 2, "background": 2, "cites": 2}
    for relation, severity in relations.items():
        event = events.paper_linked(NCT, "pubmed-1", relation)
        assert (event.kind, event.severity, event.new) == ("paper_linked", severity, "pubmed-1")
    event = events.published_from_preprint(ARTICLE, "pubmed-2")
    assert (event.kind, event.severity, event.old, event.new) == ("published_from_preprint", 2, "pubmed-2", ARTICLE.id)


@given(st.text(max_size=2000), st.text(max_size=2000))
def test_a_headline_is_one_plain_line_that_starts_with_the_id(title: str, reason: str) -> None:
    record = replace(RECORD, title=title)
    stopped = replace(
        RECORD, title=reason, trial=replace(TRIAL, status="TERMINATED", why_stopped=reason, sponsor=title)
    )
    for event in [*compare(None, record), *compare(record, stopped)]:
        assert event.headline.startswith(f"{NCT}: ") and len(event.headline) <= 600
        assert event.headline.isprintable() and event.headline == " ".join(event.headline.split())


def test_a_long_headline_is_cut_and_says_so() -> None:
    headline = only(moved(status="TERMINATED", why_stopped="long " * 5000)).headline
    assert len(headline) == 600 and headline.endswith("…")


dates = st.sampled_from(["", "2030", "2031-01", "2031-01-31", "2031-02", "2031-02-28", "2033-05-05"])


@given(dates, dates, st.sampled_from(["ESTIMATED", "ACTUAL", ""]), st.sampled_from(["ESTIMATED", "ACTUAL", ""]))
def test_the_way_back_of_a_date_is_told_as_loudly(a: str, b: str, kind: str, other: str) -> None:
    there = replace(RECORD, trial=replace(TRIAL, start=a, start_type=kind))
    back = replace(RECORD, trial=replace(TRIAL, start=b, start_type=other))
    opposite = {"date_slipped": "date_pulled_in", "date_pulled_in": "date_slipped"}
    moves = [(opposite[event.kind], event.severity) for event in compare(there, back) if event.kind in opposite]
    assert moves == [(event.kind, event.severity) for event in compare(back, there) if event.kind in opposite]
    assert len(moves) == (1 if a and b and not (a.startswith(b) or b.startswith(a)) else 0)


def test_the_documented_table_is_the_table_of_the_code() -> None:
    text = (Path(__file__).parents[1] / "docs" / "events.md").read_text()
    documented = {
        kind: tuple(int(n) for n in severities.split(", "))
        for kind, severities in re.findall(r"^\| ([a-z_]+) \| ([0-3](?:, [0-3])*) \| .*\|.*\|.*\|$", text, re.M)
    }
    assert documented == events.KINDS
    assert re.findall(r"^\| (\w+) \| (\d) \| [^|]*\|$", text, re.M) == [
        (name, str(severity)) for severity, name in sorted(events.SEVERITY_NAMES.items(), reverse=True)
    ]


# --- the recorded versions of 27 real trials -----------------------------------------------------------------------


def real_pairs() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    versions: dict[str, list[dict[str, Any]]] = {}
    lines = gzip.decompress((SHARED / "real" / "ctgov" / "versions.jsonl.gz").read_bytes()).splitlines()
    for line in map(json.loads, lines):
        versions.setdefault(line["nct_id"], []).append(line["study"])
    for studies in versions.values():
        yield from pairwise(studies)


def dig(study: dict[str, Any], *path: str) -> Any:
    value: Any = study["protocolSection"]
    for name in path:
        value = (value or {}).get(name)
    return value


def expected_events(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, str, Any, Any]]:
    """What moved between two studies by their JSON alone: (kind, field, old, new), details left out."""

    def both(*path: str) -> tuple[Any, Any]:
        return dig(old, *path), dig(new, *path)

    before, now = both("statusModule", "overallStatus")
    if before != now:
        stops = ("TERMINATED", "SUSPENDED", "WITHDRAWN")
        yield "stopped" if now in stops else "status_changed", "status", before, now
    for column, struct in (
        ("start", "startDateStruct"),
        ("primary_completion", "primaryCompletionDateStruct"),
        ("completion", "completionDateStruct"),
    ):
        before, now = both("statusModule", struct, "date")
        if before and now and not (before.startswith(now) or now.startswith(before)):
            yield "date_slipped" if now > before else "date_pulled_in", column, before, now
        if both("statusModule", struct, "type") == ("ESTIMATED", "ACTUAL"):
            yield "date_met", column, "ESTIMATED", "ACTUAL"
    before, now = both("designModule", "phases")
    if before != now:
        yield "phase_changed", "phases", json.dumps(before or []), json.dumps(now or [])
    if new["hasResults"] and not old["hasResults"]:
        yield "results_posted", "has_results", "false", "true"
    before, now = (
        json.dumps([outcome_text(o) for o in outcomes or []], ensure_ascii=False)
        for outcomes in both("outcomesModule", "primaryOutcomes")
    )
    if before != now:  # every trial of the recording that changed its outcomes had begun
        yield "outcome_changed", "primary_outcomes", before, now
    before, now = both("designModule", "enrollmentInfo", "count")
    if before != now:
        yield "enrollment_changed", "enrollment", str(before), str(now)
    before, now = both("sponsorCollaboratorsModule", "leadSponsor", "name")
    if before != now:
        yield "sponsor_changed", "sponsor", before, now


def outcome_text(outcome: dict[str, str]) -> str:
    how = " ".join(outcome.get("description", "").split())
    return f"{outcome['measure']} [{outcome['timeFrame']}]" + (f": {how}" if how else "")


def expected_severity(kind: str, old: Any, new: Any) -> int:
    if kind in ("date_slipped", "date_pulled_in"):
        months = abs(months_between(old, new) or 0)
        return 3 if months >= 6 else 2 if months >= 1 else 1
    return {"status_changed": 2, "stopped": 3, "outcome_changed": 2, "results_posted": 3}.get(kind, 1)


@pytest.mark.shared
def test_recorded_versions_of_real_trials_yield_exactly_the_changes_that_are_in_them() -> None:
    told: list[Event] = []
    details = Counter[str | None]()
    for old, new in real_pairs():
        found = compare(read(json.dumps(old).encode()), read(json.dumps(new).encode()))
        named = [event for event in found if event.severity]
        expected = sorted(expected_events(old, new))
        assert sorted((event.kind, event.field, event.old, event.new) for event in named) == expected
        assert all(event.severity == expected_severity(event.kind, event.old, event.new) for event in named)
        details.update(event.field for event in found if not event.severity)
        told += named
    for event in told:
        print(event.severity, event.kind.ljust(18), event.headline)
    print(dict(Counter(event.kind for event in told)), "details", dict(details))
    assert Counter(event.kind for event in told) == {
        "date_slipped": 10,
        "date_pulled_in": 3,
        "status_changed": 3,
        "date_met": 2,
        "enrollment_changed": 2,
        "outcome_changed": 2,  # one of them in its description alone: who judges the response
    }


@pytest.mark.shared
def test_a_status_that_the_registry_set_by_itself_is_found_though_no_date_moved() -> None:
    found = []
    for old, new in real_pairs():
        if dig(old, "identificationModule", "nctId") == "NCT05294952":
            assert dig(old, "statusModule", "lastUpdatePostDateStruct") == dig(
                new, "statusModule", "lastUpdatePostDateStruct"
            )
            found += compare(read(json.dumps(old).encode()), read(json.dumps(new).encode()))
    assert [(event.kind, event.old, event.new) for event in found] == [
        ("status_changed", "NOT_YET_RECRUITING", "UNKNOWN")
    ]
