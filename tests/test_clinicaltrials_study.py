"""A study of API v2 read into a Record: made-up studies, odd ones and hostile ones."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.errors import RecordError
from tracker.records import Link, Record, Site, fingerprint
from tracker.sources.clinicaltrials.study import normalise_phase, read

NCT = "NCT99000001"


def a_study(nct: str = NCT, **modules: Any) -> dict[str, Any]:
    """A made-up study. `modules` replace or add modules of the protocol section (status=..., design=...)."""
    protocol: dict[str, Any] = {
        "identificationModule": {
            "nctId": nct,
            "briefTitle": "Mossgel for Pattern Hair Loss",
            "officialTitle": "A Phase IIa Study of Mossgel in Adults With Pattern Hair Loss",
            "nctIdAliases": ["NCT99009999"],
            "secondaryIdInfos": [{"id": "2031-000000-00", "type": "EUDRACT_NUMBER"}],
        },
        "statusModule": {
            "statusVerifiedDate": "2031-02",
            "overallStatus": "UNKNOWN",
            "lastKnownStatus": "RECRUITING",
            "whyStopped": "no gel",
            "startDateStruct": {"date": "2030-05", "type": "ACTUAL"},
            "primaryCompletionDateStruct": {"date": "2031-11-30", "type": "ESTIMATED"},
            "completionDateStruct": {"date": "2032"},
            "studyFirstPostDateStruct": {"date": "2030-04-02", "type": "ACTUAL"},
            "lastUpdatePostDateStruct": {"date": "2031-02-11", "type": "ESTIMATED"},
            "resultsFirstPostDateStruct": {"date": "2032-12-24", "type": "ACTUAL"},
        },
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Moss Works", "class": "INDUSTRY"}},
        "descriptionModule": {"briefSummary": "Is hair count \\> 10 \\[per cm\\^2\\]?\n\n* yes\n* no"},
        "conditionsModule": {"conditions": ["Alopecia", "Baldness"], "keywords": ["moss", "Alopecia"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE1", "PHASE2"],
            "designInfo": {"allocation": "RANDOMIZED", "maskingInfo": {"masking": "DOUBLE"}},
            "enrollmentInfo": {"count": 0, "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "Gel", "type": "EXPERIMENTAL", "description": "daily, \\<= 1 mL"},
                {"label": "Watchers"},
            ],
            "interventions": [{"type": "DRUG", "name": "Mossgel", "otherNames": ["MG-77"]}, {"name": "Water"}],
        },
        "outcomesModule": {"primaryOutcomes": [{"measure": "Hair count", "timeFrame": "week 24"}, {"measure": "Harm"}]},
        "eligibilityModule": {"eligibilityCriteria": "Age \\>= 18"},
        "contactsLocationsModule": {
            "locations": [
                {"facility": "Fen Clinic", "city": "Fen", "country": "Utopia", "geoPoint": {"lat": 1.5, "lon": -2}},
                {"city": "Bog", "country": "Erewhon", "geoPoint": {"lat": 91, "lon": 2}},
                {"facility": "Marsh Clinic", "country": "Utopia"},
            ]
        },
        "referencesModule": {
            "references": [
                {"pmid": "900000001", "type": "RESULT", "citation": "Moss M. " + "x" * 300},
                {"pmid": "0900000002", "type": "DERIVED", "citation": "Fern F."},
                {"pmid": "900000003", "type": "BACKGROUND", "citation": "Reed R."},
                {"type": "RESULT", "citation": "no number"},
                {"pmid": "900000001", "type": "RESULT", "citation": "the same again"},
            ]
        },
    }
    protocol |= {f"{name}Module": module for name, module in modules.items()}
    return {
        "protocolSection": protocol,
        "derivedSection": {"miscInfoModule": {"versionHolder": "2031-02-12"}},
        "hasResults": True,
    }


def read_study(study: Any, key: str = "") -> Record:
    return read(json.dumps(study).encode(), key)


def warned(study: Any) -> str:
    return " | ".join(read_study(study).warnings)


def test_every_column_of_a_trial_is_read() -> None:
    body = json.dumps(a_study()).encode()
    record = read(body)
    trial = record.trial
    assert trial
    assert (record.id, record.source, record.kind, record.raw) == (NCT, "clinicaltrials", "trial", body)
    assert (record.title, record.venue) == ("Mossgel for Pattern Hair Loss", "ClinicalTrials.gov")
    assert record.url == f"https://clinicaltrials.gov/study/{NCT}"
    assert record.types == ("INTERVENTIONAL",)
    assert record.terms == ("Alopecia", "Baldness", "moss", "Mossgel", "Water", "MG-77")
    assert (record.published, trial.first_posted) == ("2030-04-02", "2030-04-02")
    assert (trial.status, trial.last_known_status, trial.why_stopped) == ("UNKNOWN", "RECRUITING", "no gel")
    assert (trial.start, trial.start_type) == ("2030-05", "ACTUAL")
    assert (trial.primary_completion, trial.primary_completion_type) == ("2031-11-30", "ESTIMATED")
    assert (trial.completion, trial.completion_type) == ("2032", "")
    assert (trial.verified, trial.last_update) == ("2031-02", "2031-02-11")
    assert (trial.has_results, trial.results_posted) == (True, "2032-12-24")
    assert (trial.study_type, trial.phases) == ("INTERVENTIONAL", ("PHASE1", "PHASE2"))
    assert (trial.phase_detail, trial.phase_source) == ("2a", "official title")
    assert (trial.sponsor, trial.allocation, trial.masking) == ("Moss Works", "RANDOMIZED", "DOUBLE")
    assert (trial.enrollment, trial.enrollment_type) == (0, "ESTIMATED")
    assert trial.conditions == ("Alopecia", "Baldness")
    assert trial.interventions == ("DRUG: Mossgel", "Water")
    assert trial.arms == ("EXPERIMENTAL: Gel: daily, <= 1 mL", "Watchers")
    assert trial.primary_outcomes == ("Hair count [week 24]", "Harm")
    assert trial.secondary_ids == ("2031-000000-00", "NCT99009999")
    assert trial.countries == ("Utopia", "Erewhon")


def test_backslash_escapes_are_undone_and_other_markdown_is_left() -> None:
    record = read_study(a_study())
    assert record.abstract == "Is hair count > 10 [per cm^2]?\n\n* yes\n* no"
    assert record.trial and record.trial.eligibility == "Age >= 18"


def test_a_place_outside_the_world_is_none() -> None:
    record = read_study(a_study())
    assert record.trial and record.trial.sites == (
        Site("Fen Clinic", "Fen", "Utopia", 1.5, -2.0),
        Site("", "Bog", "Erewhon"),
        Site("Marsh Clinic", "", "Utopia"),
    )
    assert "locations[1].geoPoint.lat: skipped, out of range" in record.warnings[0]


def test_references_become_links_with_the_registrys_own_word() -> None:
    assert read_study(a_study()).links == (
        Link("reported_by", "pubmed-900000001", "registry", ("Moss M. " + "x" * 300)[:200]),
        Link("derived_in", "pubmed-900000002", "registry", "Fern F."),
        Link("cites", "pubmed-900000003", "registry", "Reed R."),
    )


def test_a_retracted_reference_is_said() -> None:
    reference = {"pmid": "900000009", "type": "BACKGROUND", "retractions": [{"pmid": "900000010", "source": "J Moss"}]}
    study = a_study(references={"references": [reference]})
    assert "reference 900000009 is retracted by 900000010 J Moss" in warned(study)
    assert [link.relation for link in read_study(study).links] == ["cites"]


def test_a_number_that_is_no_pmid_is_skipped_and_said() -> None:
    study = a_study(references={"references": [{"pmid": "PMC12", "type": "RESULT"}]})
    assert "'PMC12' is no PMID" in warned(study)
    assert read_study(study).links == ()


def test_a_study_with_nothing_but_its_number_is_read() -> None:
    record = read_study({"protocolSection": {"identificationModule": {"nctId": NCT}}})
    assert (record.id, record.title, record.warnings) == (NCT, "", ())
    assert record.trial and record.trial.enrollment is None and record.trial.phases == ()


def test_the_official_title_stands_in_for_a_missing_brief_one() -> None:
    study = a_study(identification={"nctId": NCT, "officialTitle": "Of Moss"})
    assert read_study(study).title == "Of Moss"


def test_the_registrys_sentinel_for_unknown_enrollment_is_unknown() -> None:
    record = read_study(a_study(design={"enrollmentInfo": {"count": 99999999}}))
    assert record.trial and record.trial.enrollment is None
    assert any("99999999" in warning for warning in record.warnings)


@pytest.mark.parametrize("count", [True, "12", 12.5, -3, 10**30, []])
def test_an_enrollment_that_is_no_count_costs_a_warning(count: Any) -> None:
    record = read_study(a_study(design={"enrollmentInfo": {"count": count}}))
    assert record.trial and record.trial.enrollment is None
    assert any("enrollmentInfo.count" in warning for warning in record.warnings)


def test_unknown_values_are_kept_raw_with_a_warning() -> None:
    record = read_study(
        a_study(design={"phases": ["PHASE9"], "studyType": "DREAM"}, status={"overallStatus": "PONDERING"})
    )
    assert record.trial
    assert (record.trial.phases, record.trial.study_type, record.trial.status) == (("PHASE9",), "DREAM", "PONDERING")
    warnings = " ".join(record.warnings)
    assert all(f"unknown value {value!r}" in warnings for value in ("PHASE9", "DREAM", "PONDERING"))


@pytest.mark.parametrize(
    ("said", "read_as"), [("2031-02-30", "2031-02"), ("soon", ""), ("2031-13", "2031"), ("20310203", "")]
)
def test_a_date_that_cannot_be_is_not_invented(said: str, read_as: str) -> None:
    record = read_study(a_study(status={"startDateStruct": {"date": said}}))
    assert record.trial and record.trial.start == read_as
    assert any(repr(said) in warning for warning in record.warnings)


def test_values_of_the_wrong_type_are_skipped_with_a_warning_and_the_rest_is_kept() -> None:
    study = a_study(
        conditions={"conditions": ["Alopecia", 7, None, {"a": 1}], "keywords": "moss"},
        armsInterventions={"interventions": [1, {"name": ["x"], "type": "DRUG"}, {"name": "Gel"}], "armGroups": {}},
        contactsLocations={"locations": [{"facility": 1, "city": "Fen", "geoPoint": [1, 2]}]},
    )
    record = read_study(study)
    assert record.trial
    assert record.trial.conditions == ("Alopecia",)
    assert record.trial.interventions == ("DRUG", "Gel")
    assert record.trial.sites == (Site("", "Fen", ""),)
    assert len(record.warnings) == len(set(record.warnings)) >= 8


def test_control_characters_are_taken_out_and_said() -> None:
    record = read_study(a_study(identification={"nctId": NCT, "briefTitle": "Mo\x00ss\x1b[31m"}))
    assert record.title == "Moss[31m"
    assert any("control characters" in warning for warning in record.warnings)


@pytest.mark.parametrize("name", ["identification", "status", "design", "armsInterventions", "references"])
@pytest.mark.parametrize("value", [[], "text", 7, True])
def test_a_module_that_is_no_object_is_a_record_error_that_names_the_study(name: str, value: Any) -> None:
    with pytest.raises(RecordError, match=f"{NCT}: {name}Module is") as caught:
        read_study(a_study(**{name: value}), NCT)
    assert caught.value.record == NCT


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'"study"',
        b'{"protocolSection": []}',
        b'{"protocolSection": {"identificationModule": {"nctId": "NCT1"}}}',
        b'{"protocolSection": {"identificationModule": {"nctId": 5}}}',
        b"{}",
        b'{"a": NaN}',
        b"[" * 200_000,
        b'{"a": ' * 100_000 + b"1" + b"}" * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\xff\xfe"}',
        json.dumps(a_study(), indent=1).encode()[:-9],
    ],
    ids=range(15),
)
def test_what_is_no_study_is_a_record_error_in_one_line(body: bytes) -> None:
    with pytest.raises(RecordError) as caught:
        read(body, "NCT99000007")
    assert "\n" not in str(caught.value) and "NCT99000007" in str(caught.value)
    assert caught.value.record == "NCT99000007"


def test_half_a_surrogate_pair_is_a_record_error_and_a_whole_one_is_text() -> None:
    good = json.dumps(a_study(identification={"nctId": NCT, "briefTitle": "moss \U0001f33f"})).encode()
    assert b"\\ud83c" in good and read(good).title == "moss \U0001f33f"
    with pytest.raises(RecordError, match="surrogate"):
        read(good.replace(b"\\udf3f", b""), NCT)


@pytest.mark.parametrize(
    ("title", "detail"),
    [
        ("A Phase 2a Study", "2a"),
        ("Phase IIB, Double-Blind", "2b"),
        ("Phase II b, open", "2b"),
        ("Phase Ib/IIa of Moss", "1b/2a"),
        ("Phase 1b/2 of Moss", "1b/2"),
        ("Phase I/IIa of Moss", "1/2a"),
        ("Phase 1a and Phase 1b of Moss", "1a/1b"),
        ("Phases 1b-2a of Moss", "1b/2a"),
        ("Phase-3b trial", "3b"),
        ("a phase 2 part, then phase 2b", "2b"),
        ("Phase II A Study of Moss", ""),
        ("Phase 2 arm", ""),
        ("Phase 2-arm study", ""),
        ("Phase II B-cell Study", ""),
        ("Phase 2/3", ""),
        ("Phase 12b", ""),
        ("Phased 2a", ""),
        ("Moss", ""),
    ],
)
def test_the_finer_phase_of_a_title_is_read_and_nothing_else(title: str, detail: str) -> None:
    record = read_study(a_study(identification={"nctId": NCT, "briefTitle": title}))
    assert record.trial and record.trial.phase_detail == detail
    assert record.trial.phase_source == ("title" if detail else "")


def test_roman_phases_are_written_in_digits() -> None:
    assert normalise_phase("IVa to I-b") == "4a/1b"


def every_place(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values inside a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inside for place in every_place(item, (*path, key)))]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.tuples(st.sampled_from(every_place(a_study())[1:]), anything), min_size=1, max_size=4))
def test_any_value_at_any_place_is_read_or_refused_and_what_is_read_can_be_stored(
    swaps: list[tuple[tuple[Any, ...], Any]],
) -> None:
    study: Any = a_study()
    for path, value in swaps:
        place = study
        try:
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
        except (LookupError, TypeError):  # an earlier swap took this place away
            continue
    try:
        record = read_study(study, NCT)
    except RecordError as error:
        assert "\n" not in str(error)
        return
    fingerprint(record).encode()
    assert record.trial and all(isinstance(phase, str) for phase in record.trial.phases)
    for text in (record.title, record.abstract, *record.terms, *record.trial.arms, *record.warnings):
        text.encode()
    assert record.trial.enrollment is None or 0 <= record.trial.enrollment < 99999999
