"""Trials of ISRCTN, CTIS and ICTRP: cut out of made-up files, read into records, and what is said of broken ones."""

import json
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.registry_files import (
    CHICTR,
    CTIS,
    ISRCTN,
    ctis,
    ctis_hit,
    ctis_row,
    dumped,
    ictrp,
    ictrp_file,
    isrctn,
    isrctn_file,
    isrctn_row,
    spaced,
    table,
)  # fmt: skip
from tracker.config import SourceSettings
from tracker.errors import RecordError, SourceError
from tracker.records import Payload, Record, Trial, record_id, source_key, source_of
from tracker.registration import number, numbers, spelled
from tracker.sources import SOURCES, files
from tracker.sources.files import RecordFile
from tracker.sources.registries import text, words
from tracker.sources.versions import version_of

Give = Callable[[bytes | str], tuple[list[Payload], str]]


@pytest.fixture
def give(tmp_path: Path) -> Give:
    """The payloads of a file of this content, and the error at its end."""

    def read(content: bytes | str) -> tuple[list[Payload], str]:
        path = tmp_path / "a name that says nothing"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        found: list[Payload] = []
        try:
            for item in RecordFile(path):
                assert isinstance(item, Payload)
                found.append(item)
        except SourceError as error:
            return found, str(error)
        return found, ""

    return read


def record(payload: Payload) -> Record:
    (read,) = SOURCES[payload.source](SourceSettings(name=payload.source, url="", pace=1)).parse(payload)
    assert not payload.key or read.id == record_id(payload.source, payload.key)
    return read


def trial(payload: Payload) -> Trial:
    about = record(payload).trial
    assert about is not None
    return about


EVERY = [
    (isrctn_file(isrctn()), "isrctn", ISRCTN),
    (table(isrctn_row()), "isrctn", ISRCTN),
    (table(isrctn_row("90000001")), "isrctn", ISRCTN),
    (ictrp_file(ictrp()), "ictrp", CHICTR),
    (table(spaced(ictrp())), "ictrp", CHICTR),
    (table(spaced(ictrp()), sign=";", ends="\n"), "ictrp", CHICTR),
    (json.dumps(ctis()), "ctis", CTIS),
    (dumped(ctis_hit()), "ctis", CTIS),
    (json.dumps({"pagination": {"totalRecords": 1}, "data": [ctis_hit()]}), "ctis", CTIS),
    (table(ctis_row()), "ctis", CTIS),
    (table(ctis_row(), sign="\t"), "ctis", CTIS),
]


@pytest.mark.parametrize(("content", "source", "key"), EVERY)
@pytest.mark.parametrize("piece", [1 << 18, 7])
def test_every_form_is_told_by_its_content_and_read(
    give: Give, monkeypatch: pytest.MonkeyPatch, content: bytes | str, source: str, key: str, piece: int
) -> None:
    monkeypatch.setattr(files, "PIECE", piece)
    for start in ("", "\ufeff", "\r\n"):
        plain = content.encode() if isinstance(content, str) else content
        (payload,), error = give(start.encode() + plain)
        assert (error, payload.source, payload.key) == ("", source, key)
    read = record(payload)
    assert (read.source, read.kind, read.id, read.warnings) == (source, "trial", key, ())
    assert "moss" in read.title.lower() and read.trial and read.trial.study_type == "INTERVENTIONAL"
    assert "alopecia" in read.terms[0].lower() and read.url.startswith("https://")


def test_a_trial_of_isrctn_keeps_what_its_xml_says(give: Give) -> None:
    papers = (
        '<output outputType="resultsarticle" id="o"><externalLink url="https://pubmed.ncbi.nlm.nih.gov/38000002/"/>'
        '</output><output outputType="protocolarticle"><externalLink url="https://pubmed.ncbi.nlm.nih.gov/38000003"/>'
        "</output>"
    )
    refs = "<clinicalTrialsGovNumber>NCT09000001</clinicalTrialsGovNumber><eudraCTNumber>2030-001234-12</eudraCTNumber>"
    details = """<results><publicationDetails>2011 Results article in http://ncbi.nlm.nih.gov/pubmed/38000004 results
2010 Protocol in http://www.ncbi.nlm.nih.gov/pubmed/38000005 protocol
2012 Abstract results in https://doi.org/10.5555/moss (added 30/09/2031)</publicationDetails></results>"""
    (payload,), _ = give(isrctn_file(isrctn(refs=refs, outputs=papers).replace("<parties>", details + "<parties>")))
    read = record(payload)
    assert read.abstract == "Background and study aims\nHair grows where moss exosomes <a gel> are rubbed in."
    assert (read.doi, read.published) == ("10.1186/isrctn90000001", "2030-11-05")
    assert [(link.relation, link.target) for link in read.links] == [
        ("reported_by", "pubmed-38000002"), ("cites", "pubmed-38000003"),
        ("reported_by", "pubmed-38000004"), ("cites", "pubmed-38000005"),
    ]  # fmt: skip
    about = read.trial
    assert about and about.interventions == ("Biological/Vaccine: Moss exosomes: A gel, rubbed in daily.",)
    assert (about.phases, about.allocation, about.masking) == (
        ("PHASE1", "PHASE2"), "RANDOMIZED", "Blinded (masking used)",
    )  # fmt: skip
    assert (about.sponsor, about.countries) == ("University of Moss", ("Norway", "United Kingdom"))
    assert (about.enrollment, about.enrollment_type, about.status) == (60, "ESTIMATED", "")
    assert (about.start, about.start_type, about.completion) == ("2030-12-01", "", "2032-06-30")
    assert about.secondary_ids == ("NCT09000001", "2030-001234-12", "MOSS-7")
    assert about.primary_outcomes == ("Hair count [week 24]",)


def test_a_status_stands_only_where_the_registry_states_it(give: Give) -> None:
    stopped = "<overallStatusOverride>Stopped</overallStatusOverride><reasonAbandoned>No money</reasonAbandoned>"
    (one, two), _ = give(
        isrctn_file(isrctn(status=stopped), isrctn("ISRCTN90000002", status=stopped.replace("Stopped", "Suspended")))
    )
    assert (trial(one).status, trial(one).why_stopped, trial(two).status) == ("Stopped", "No money", "SUSPENDED")
    (final,), _ = give(isrctn_file(isrctn(final="58")))
    assert (trial(final).enrollment, trial(final).enrollment_type) == (58, "ACTUAL")


def test_a_trial_of_ctis_keeps_what_retrieve_says(give: Give) -> None:
    (payload,), _ = give(json.dumps(ctis(nct="NCT09000001", eudract="2030-001234-12", startDateEU="2031-04-01")))
    about = trial(payload)
    assert (about.status, about.phases, about.enrollment) == ("RECRUITING", ("PHASE2",), 50)
    assert (about.start, about.start_type) == ("2031-04-01", "ACTUAL")
    assert (about.completion, about.completion_type) == ("2033-03-01", "ESTIMATED")
    assert about.secondary_ids == ("NCT09000001", "2030-001234-12", "MOSS-8")
    assert about.interventions == ("MX-1 (MOSS EXOSOMES)",)
    assert [(site.facility, site.city, site.country) for site in about.sites] == [("Moss Clinic", "Ghent", "Belgium")]
    assert [link.target for link in record(payload).links] == ["pubmed-38000001"]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"ctStatus": "Authorised", "ctPublicStatusCode": 2}, "NOT_YET_RECRUITING"),
        ({"ctStatus": "Authorised", "ctPublicStatusCode": 3}, "RECRUITING"),
        ({"ctStatus": "Authorised", "ctPublicStatusCode": 5}, "ACTIVE_NOT_RECRUITING"),
        ({"ctStatus": "Authorised", "ctPublicStatusCode": None}, "Authorised"),
        ({"ctStatus": "Ended", "ctPublicStatusCode": 8}, "Ended"),
        ({"ctStatus": "Halted", "ctPublicStatusCode": 6}, "Halted"),
        ({"ctStatus": 6, "ctPublicStatusCode": None}, "SUSPENDED"),
        ({"ctStatus": "Revoked", "ctPublicStatusCode": 999}, "Revoked"),
        ({"ctStatus": ["x"], "ctPublicStatusCode": {}}, ""),
    ],
)
def test_the_status_of_ctis(give: Give, said: dict[str, Any], status: str) -> None:
    (payload,), _ = give(json.dumps(ctis(**said)))
    assert trial(payload).status == status


def test_a_trial_of_ictrp_is_cleaned_of_markup(give: Give) -> None:
    secondary = "NCT09000001;Nil known; EUCTR2030-001234-12-DE"
    (payload,), _ = give(ictrp_file(ictrp(Secondary_ID=secondary, Public_title="Moss &amp;lt;5&amp;gt; &#8805; 3")))
    about = trial(payload)
    assert record(payload).title == "Moss <5> ≥ 3"
    assert about.eligibility == (
        "Inclusion criteria: 1. Alopecia;\n\n2. 10^6 hairs, p < 0.05\n\nExclusion Criteria:\n\nMoss"
    )
    assert (about.status, about.phases, about.masking) == ("Not Recruiting", ("PHASE2", "PHASE3"), "DOUBLE")
    assert (about.enrollment, about.countries) == (60, ("China", "Iran, Islamic Republic of"))
    assert about.secondary_ids == ("NCT09000001", "EUCTR2030-001234-12-DE")
    assert (about.first_posted, about.last_update, about.start) == ("2031-09-20", "2031-09-21", "2031-10-01")


@pytest.mark.parametrize(
    ("trial_id", "record_id_", "ids"),
    [
        ("NCT09000001", "ictrp-NCT09000001", ("NCT09000001",)),
        ("ISRCTN90000001", "ictrp-ISRCTN90000001", ("ISRCTN90000001",)),
        ("CTIS2031-590001-12-00", "ictrp-2031-590001-12-00", ("2031-590001-12-00",)),
        ("JPRN-jRCTs031310001", "JPRN-jRCTs031310001", ()),
        ("EUCTR2019-001234-12-GB", "EUCTR2019-001234-12-GB", ()),
        ("ACTRN12631000001234p", "ACTRN12631000001234p", ()),
        ("CTRI/2031/01/090001", "CTRI/2031/01/090001", ()),
        ("A register of 2040-1", "ictrp-A register of 2040-1", ()),
    ],
)
def test_ids_are_kept_and_no_other_registers_record_is_taken_for_its_own(
    give: Give, trial_id: str, record_id_: str, ids: tuple[str, ...]
) -> None:
    for content in (ictrp_file(ictrp(trial_id)), table(spaced(ictrp(trial_id)))):
        (payload,), _ = give(content)
        read = record(payload)
        assert (read.id, trial(payload).secondary_ids, source_of(read.id)) == (record_id_, ids, "ictrp")
        assert record_id("ictrp", source_key(read.id)) == read.id


@pytest.mark.parametrize(
    ("said", "phases"),
    [
        ("Phase 1", ("PHASE1",)), ("Phase I/II", ("PHASE1", "PHASE2")), ("Phase 2/Phase 3", ("PHASE2", "PHASE3")),
        ("2-3", ("PHASE2", "PHASE3")), ("IV", ("PHASE4",)), ("Phase IIa", ("PHASE2",)), ("N/A", ("NA",)),
        ("Not Applicable", ("NA",)), ("Not Specified", ()), ("", ()), ("Other", ()), ("Retrospective study 1", ()),
        ("Post-market", ()), ("Phase 0", ("EARLY_PHASE1",)), ("Early Phase 1", ("EARLY_PHASE1",)),
        ("Human pharmacology (Phase I): no\nTherapeutic exploratory (Phase II): yes\n"
         "Therapeutic confirmatory - (Phase III): yes\nTherapeutic use (Phase IV): no", ("PHASE2", "PHASE3")),
        ("Phase I and Phase II (Integrated) - First administration to humans", ("PHASE1", "PHASE2")),
        ("Therapeutic confirmatory  (Phase III)", ("PHASE3",)), ("Phase III/IV", ("PHASE3", "PHASE4")),
    ],
)  # fmt: skip
def test_phases(said: str, phases: tuple[str, ...]) -> None:
    assert text.phases(said) == phases


@pytest.mark.parametrize(
    ("said", "day", "warned"),
    [
        ("2031-09-20", "2031-09-20", ""), ("20310920", "2031-09-20", ""), ("20/09/2031", "2031-09-20", ""),
        ("2031-09-20T00:00:00.000Z", "2031-09-20", ""), ("21 September 2031", "2031-09-21", ""),
        ("September 2031", "2031-09", ""), ("Sep 5, 2031", "2031-09-05", ""), ("2031", "2031", ""), ("", "", ""),
        ("04/05/2031", "2031-05-04", "could be the month"), ("05/05/2031", "2031-05-05", ""),
        ("09/20/2031", "2031-09-20", "month first"), ("31/02/2031", "2031-02", ""), ("99/99/2031", "2031", ""),
        ("soon", "", "no date"), ("20319999", "2031", ""), ("00000000", "", "no date"), ("N/A", "", ""),
    ],
)  # fmt: skip
def test_dates(said: str, day: str, warned: str) -> None:
    warnings: list[str] = []
    assert text.date(said, warnings.append, doubtful=True) == day
    assert bool(warnings) == bool(warned) and warned in "".join(warnings)


def test_a_doubtful_date_is_said_by_the_record(give: Give) -> None:
    (payload,), _ = give(ictrp_file(ictrp(Date_registration3="", Date_registration="04/05/2031", Target_size="many")))
    assert record(payload).warnings == (
        "target size: 'many' is no number of people, left out",
        "date registration: '04/05/2031' was read with the day first; it could be the month",
    )


def test_only_words_that_mean_the_same_become_values_of_the_api() -> None:
    for source, table_ in words.STATUS.items():
        for word, value in table_.items():
            assert words.status(source, word.capitalize()) == value
    for raw in ("Not Recruiting", "Completed", "Complete", "Authorised", "Other"):
        assert words.status("ictrp", raw) == raw


WHOLE = [
    (isrctn_file(isrctn(), isrctn("ISRCTN90000002")), b"<isrctn dateAssigned", "ISRCTN90000001"),
    (ictrp_file(ictrp(), ictrp("ChiCTR3100090002")), b"<TrialID>", CHICTR),
]


@pytest.mark.parametrize(("content", "mark", "first"), WHOLE)
def test_a_file_that_was_cut_off_gives_what_is_whole_before_it(
    give: Give, content: bytes, mark: bytes, first: str
) -> None:
    middle = content.index(mark, content.index(mark) + 1)
    found, error = give(content[: middle + 80])
    assert [one.key for one in found] == [first] and error.startswith("is cut off within ")
    found, error = give(content[: middle - 20])
    assert [one.key for one in found] == [first] and "cut off within a record" in error
    found, error = give(content[: content.rindex(b"</")])
    assert len(found) == 2 and "is missing" in error


def test_a_table_that_was_cut_off_gives_its_whole_rows(give: Give) -> None:
    content = table(spaced(ictrp()), spaced(ictrp("ChiCTR3100090002")))
    for end in (-200, -4, content.rindex("ChiCTR31") + 4 - len(content)):
        found, error = give(content[:end])
        assert [one.key for one in found] == [CHICTR] and "is cut off within its last row (line " in error


def test_a_table_that_was_cut_off_in_its_last_column_is_said_to_be(give: Give) -> None:
    row = ctis_row() | {"Note": "moss, and more moss"}
    found, error = give(table(row, row)[:-8])
    assert [one.key for one in found] == [CTIS] and "is cut off within its last row (line 3)" in error


def test_a_record_that_lost_its_end_does_not_take_the_next(give: Give) -> None:
    content = ictrp_file(ictrp(), ictrp("ChiCTR3100090002")).replace(b"</Trial>", b"", 1)
    (broken, whole), error = give(content)
    assert error == "" and record(whole).id == "ChiCTR3100090002" and b"90002" not in broken.body
    with pytest.raises(RecordError, match=f"ictrp {CHICTR}: is not well-formed XML"):
        record(broken)


def test_a_row_whose_columns_slipped_is_refused_and_the_next_read(give: Give) -> None:
    head, row, more = table(spaced(ictrp()), spaced(ictrp("ChiCTR3100090002"))).split("\r\n")[:3]
    short = ",".join(row.split(",")[:4])
    (one, two, three), error = give("\r\n".join([head, row + ",surplus,more", short, more, ""]))
    assert error == "" and record(three).id == "ChiCTR3100090002"
    with pytest.raises(RecordError, match=r"line 2 has 2[0-9] columns where the header has 24; mend the row"):
        record(one)
    with pytest.raises(RecordError, match="line 3 has 4 columns"):
        record(two)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (ictrp_file(ictrp("")), "no TrialID that could be one"),
        (ictrp_file(ictrp("x" * 70)), "no TrialID that could be one"),
        (table(spaced(ictrp(""))), "no TrialID that could be one"),
        (isrctn_file(isrctn("ISRCTN9")), "has no ISRCTN number"),
        (table(isrctn_row("none")), "has no ISRCTN number"),
        (json.dumps(ctis("2031-1")), "has no EU CT number"),
        (json.dumps(ctis("NCT09000001")), "has no EU CT number"),
        (table(ctis_row("2019-001234-12")), "has no EU CT number"),
        (dumped(ctis(ctTitle="\ud83d")), "half a surrogate pair"),
        (ictrp_file(ictrp()).replace(b"<Phase>", b"<Phase>&lol;"), "is not well-formed XML"),
        (ictrp_file(ictrp()).replace(b"<Phase>", b"<!DOCTYPE x><Phase>"), "defines entities of its own"),
    ],
)
def test_a_record_that_cannot_be_read_says_what_it_lacks(give: Give, content: bytes | str, why: str) -> None:
    (payload,), error = give(content)
    assert error == ""
    with pytest.raises(RecordError, match=why):
        record(payload)


def test_entities_of_a_file_are_never_read(give: Give, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    bomb = "".join(f'<!ENTITY l{n} "{10 * f"&l{n - 1};"}">' for n in range(1, 10))
    head = f'<!DOCTYPE x [<!ENTITY l0 "lol">{bomb}<!ENTITY xxe SYSTEM "{secret.as_uri()}">]>'
    for name in ("l9", "xxe"):
        content = isrctn_file(isrctn(title=f"&{name};")).replace(b"?>", f"?>{head}".encode(), 1)
        (payload,), _ = give(content)
        with pytest.raises(RecordError, match="undefined entity"):
            record(payload)


def test_what_a_spreadsheet_wrote_is_read(give: Give) -> None:
    content = table(spaced(ictrp(Public_title="Möss – gel", Condition="alopécie"))).encode("cp1252")
    (payload,), _ = give(content)
    assert record(payload).title == "Möss – gel" and trial(payload).conditions == ("alopécie",)
    broken = ictrp_file(ictrp(Public_title="MARK")).replace(b"MARK", "Möss".encode("cp1252"))
    (payload,), _ = give(broken)
    assert record(payload).title == "Möss"
    assert record(payload).warnings == ("is no UTF-8, read as Windows-1252",)


def test_control_characters_cost_a_warning_and_no_record(give: Give) -> None:
    (payload,), _ = give(ictrp_file(ictrp(Public_title="Mo\x01ss MARK")).replace(b"MARK", b"&#x1F;gel"))
    assert record(payload).title == "Moss gel" and "control characters" in record(payload).warnings[0]


@pytest.mark.parametrize("many", ["<br>", "<sup>1", "&amp;", "<p ", "x; ", '"', "a:1;", "<b a=", "&#"])
def test_a_field_of_a_megabyte_is_read_in_time(give: Give, many: str) -> None:
    big = many * (1_000_000 // len(many))
    fields = {"Public_title": big, "Inclusion_Criteria": big, "Phase": big, "Target_size": big, "Study_design": big}
    more = {"Secondary_ID": big, "Date_enrollement": big, "Countries": big}
    begun = time.perf_counter()
    for content in (ictrp_file(ictrp(**fields, **more)), table(spaced(ictrp(**fields, **more)))):
        (payload,), _ = give(content)
        assert record(payload).id == CHICTR
    assert time.perf_counter() - begun < 20


def test_memory_stays_small_however_long_the_file(tmp_path: Path) -> None:
    for n, content in enumerate(
        (ictrp_file(*[ictrp()] * 9000), table(*[spaced(ictrp())] * 9000).encode(), dumped(*[ctis()] * 4000))
    ):
        path = tmp_path / str(n)
        path.write_bytes(content)
        assert len(content) > 5_000_000
        tracemalloc.start()
        count = sum(1 for _ in RecordFile(path))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count in (9000, 4000) and peak < 3_000_000


def test_hashes_leave_out_what_moves_by_itself(give: Give) -> None:
    later = {"Export_date": "12/24/2031 01:00:00", "Internal_Number": "9"}
    for make in (lambda one: ictrp_file(one), lambda one: table(spaced(one))):
        ((before,), _), ((after,), _) = give(make(ictrp())), give(make(ictrp(**later)))
        ((changed,), _) = give(make(ictrp(Recruitment_Status="Recruiting")))
        assert before.sha256 == after.sha256 != changed.sha256


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (isrctn_file(isrctn(version=9)), isrctn_file(isrctn(version=10))),
        (isrctn_file(isrctn(version=12)), isrctn_file(isrctn(day="2031-03-01", version=13))),
        (ictrp_file(ictrp()), table(spaced(ictrp(Last_Refreshed_on="22 September 2031")))),
        (table(spaced(ictrp())), ictrp_file(ictrp(Export_date="11/01/2031 00:00:00"))),
        (json.dumps(ctis()), json.dumps(ctis(publishDate="2031-02-02T00:00:00"))),
        (table(ctis_row()), dumped(ctis_hit(lastUpdated="09/09/2031"))),
    ],
)
def test_which_of_two_versions_is_older(give: Give, older: bytes | str, newer: bytes | str) -> None:
    ((one,), _), ((two,), _) = give(older), give(newer)
    assert version_of(one).is_older(version_of(two)) and not version_of(two).is_older(version_of(one))


def test_a_row_of_a_table_is_poorer_than_the_trial_itself(give: Give) -> None:
    for row, whole in ((table(ctis_row()), json.dumps(ctis())), (table(isrctn_row()), isrctn_file(isrctn()))):
        ((poor,), _), ((full,), _) = give(row), give(whole)
        assert version_of(poor).is_poorer(version_of(full)) and not version_of(full).is_poorer(version_of(poor))
        assert not version_of(full).is_older(version_of(poor))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("ISRCTN\r\n90000001\r\n", "is none of PubMed XML"),
        ("a,b\r\n1,2\r\n", "is none of PubMed XML"),
        ('{"x": 1}', "no study of ClinicalTrials.gov or CTIS"),
        ("<trials><trial/></trials>", "no PubmedArticleSet, ISRCTN or ICTRP file"),
        ("<?xml version='1.0' encoding='windows-1252'?><Trials_downloaded_from_ICTRP/>", "tracker reads UTF-8"),
    ],
)
def test_what_is_no_file_of_a_registry_is_said(give: Give, content: str, why: str) -> None:
    assert why in give(content)[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("NCT01234567", " nct01234567 "), ("ISRCTN12345678", "ISRCTN 12345678"),
        ("2031-590001-12-00", "CTIS2031-590001-12-01"), ("2031-590001-12", "EU CT 2031-590001-12-00"),
        ("2019-001234-12", "EUCTR2019-001234-12-GB"), ("EudraCT: 2019-001234-12", "EUCTR2019-001234-12-DE"),
        ("NCT01234567", "NCT: 0123 4567"), ("NCT01234567", "ClinicalTrials.gov Identifier: NCT-01234567"),
        ("NCT01234567", "NCT01234567 (ClinicalTrials.gov)"), ("2019-001234-12", "EudraCT number 2019‑001234–12"),
        ("jRCTs031310001", "JPRN-jRCTs031310001"), ("ChiCTR3100090001", "CHICTR3100090001"),
    ],
)  # fmt: skip
def test_spellings_of_one_number(one: str, other: str) -> None:
    assert number(one) == number(other) is not None


def test_a_field_may_hold_several_numbers() -> None:
    found = [one.key for one in numbers("NCT01234567 / EudraCT 2019-001234-12, MOSS-7 and ISRCTN12345678")]
    assert found == ["NCT01234567", "2019-001234-12", "ISRCTN12345678"]


@pytest.mark.parametrize(
    "text_",
    ["", "NCT0123456", "NCT012345678", "see NCT01234567", "NCT01234567/NCT01234568", "12345678", "2019-901234-12",
     "MOSS-7", "U1111-1234-5678", "NCT０1234567"],
)  # fmt: skip
def test_what_is_no_number_as_a_whole(text_: str) -> None:
    assert number(text_) is None and spelled(text_) == text_
