"""The made-up corpus of the demo: complete, marked, in the sources' own shapes, and nobody else's words."""

import gzip
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from Bio import Entrez

from tracker.demo import corpus
from tracker.demo.corpus import pubmed, registry

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN"'
    b' "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
)
Study = dict[str, Any]

FIRST, SECOND = corpus.weeks()
BASE = corpus.Week(corpus.baseline(), corpus.articles(), corpus.studies())
STATES = (BASE, FIRST, SECOND)


def nct(study: Study) -> str:
    return str(study["protocolSection"]["identificationModule"]["nctId"])


def articles(*states: corpus.Week) -> Iterator[tuple[str, ET.Element]]:
    """Every article as often as it appears in these states (all, if none is named)."""
    for state in states or STATES:
        yield from ((article.pmid, ET.fromstring(article.xml)) for article in state.articles)


def article(state: corpus.Week, pmid: str) -> ET.Element:
    return next(element for key, element in articles(state) if key == pmid)


def studies(*states: corpus.Week) -> Iterator[Study]:
    for state in states or STATES:
        yield from state.studies


def study(state: corpus.Week, number: str) -> Study:
    return next(found["protocolSection"] for found in state.studies if nct(found) == number)


def ids(*states: corpus.Week) -> set[str]:
    return {article.pmid for state in states for article in state.articles} | {nct(found) for found in studies(*states)}


def texts(element: ET.Element, path: str) -> list[str]:
    return ["".join(found.itertext()) for found in element.iterfind(path)]


# --- what there is ---------------------------------------------------------------------------------------------------


def test_the_baseline_holds_as_much_as_was_promised() -> None:
    assert len(BASE.articles) >= 66
    assert len(BASE.studies) >= 28
    assert sum(meant.off_topic for key, meant in corpus.meant().items() if key in ids(BASE)) >= 8


def test_no_number_and_no_doi_is_used_twice_but_for_the_one_work_with_two_pmids() -> None:
    for state in STATES:
        assert len([found.pmid for found in state.articles]) == len({found.pmid for found in state.articles})
        assert len([nct(found) for found in state.studies]) == len({nct(found) for found in state.studies})
    dois = Counter(doi for doi in (pubmed.doi(entry) for entry in _entries("pmid")) if doi)
    assert [doi for doi, times in dois.items() if times > 1] == ["10.5555/tracker.demo.026"]


def _entries(key: str) -> list[corpus.Entry]:
    return [entry for entry in corpus.entries().values() if key in entry]


def test_the_field_is_spread_over_approaches_stages_and_conditions() -> None:
    meant = corpus.meant().values()
    approaches = {leaf for one in meant for leaf in one.approaches}
    assert approaches >= {
        "ev.adsc", "ev.dpc", "ev.plant", "ev.msc", "ev.milk", "ev.other", "ev.unspec",
        "cell.msc_bm", "cell.msc_adipose", "cell.msc_uc", "cell.msc_other", "cell.hfsc", "cell.dp", "cell.micrograft",
        "eng.ipsc", "eng.organoid", "eng.follicle", "free.cm", "free.gf", "free.pn", "act.mpc", "act.sugar", "sig.wnt",
        "sig.prlr", "blood.prp", "dev.microneedle", "minox.oral", "minox.topical", "andr.5ari", "imm.jak",
        "surg.transplant",
    }  # fmt: skip
    assert {one.stage for one in meant} >= {
        "in_silico", "in_vitro", "ex_vivo", "animal", "early_phase1", "phase1", "phase1_2", "phase2", "phase2_3",
        "phase3", "phase4", "trial_unphased", "observational", "case_report", "systematic_review", "review",
    }  # fmt: skip
    assert {condition for one in meant for condition in one.conditions} >= {"aga", "aa", "te", "cia", "scarring"}


def test_every_status_and_phase_of_the_registry_is_there() -> None:
    statuses = {found["protocolSection"]["statusModule"]["overallStatus"] for found in studies()}
    assert statuses >= {
        "NOT_YET_RECRUITING", "RECRUITING", "ENROLLING_BY_INVITATION", "ACTIVE_NOT_RECRUITING", "COMPLETED",
        "SUSPENDED", "TERMINATED", "WITHDRAWN", "UNKNOWN", "AVAILABLE",
    }  # fmt: skip
    designs = [found["protocolSection"]["designModule"] for found in studies()]
    assert {tuple(design.get("phases", ())) for design in designs} == {
        (), ("NA",), ("EARLY_PHASE1",), ("PHASE1",), ("PHASE1", "PHASE2"), ("PHASE2",), ("PHASE2", "PHASE3"),
        ("PHASE3",), ("PHASE4",),
    }  # fmt: skip
    assert {design["studyType"] for design in designs} == {"INTERVENTIONAL", "OBSERVATIONAL", "EXPANDED_ACCESS"}
    assert 0 in [design.get("enrollmentInfo", {}).get("count") for design in designs]


@pytest.mark.parametrize(
    "shape",
    [
        "AbstractText[@Label]", "ArticleTitle/i", "ArticleTitle/sub", "ArticleTitle/sup", "CollectiveName",
        "Identifier[@Source='ORCID']", "MedlineDate", "Season", "VernacularTitle", "AccessionNumber", "Grant",
        "Keyword", "QualifierName", "Chemical", "ReferenceList", "CoiStatement", "ArticleDate",
        "CommentsCorrections[@RefType='CommentOn']", "PubDate/Day", "ArticleId[@IdType='pmc']",
    ],
)  # fmt: skip
def test_the_shapes_of_pubmed_are_there(shape: str) -> None:
    assert any(element.find(f".//{shape}") is not None for _, element in articles())


def test_the_rarer_shapes_of_pubmed_are_there_too() -> None:
    everything = dict(articles(BASE))
    months = {text for element in everything.values() for text in texts(element, ".//PubDate/Month")}
    assert "Mar" in months and "06" in months
    assert any(element.find(".//Abstract") is None for element in everything.values())
    assert any(len(element.findall(".//Article/Language")) == 2 for element in everything.values())
    titles = {pmid: "".join(texts(element, ".//ArticleTitle")) for pmid, element in everything.items()}
    assert any("PP‑405" in title for title in titles.values()), "the U+2011 hyphen"
    assert any("β" in title for title in titles.values())
    assert any(title.startswith("[") and title.endswith("].") for title in titles.values())
    statuses = {element.find("MedlineCitation").get("Status"): element for element in everything.values()}  # type: ignore[union-attr]
    assert statuses.keys() >= {"MEDLINE", "PubMed-not-MEDLINE", "Publisher", "In-Process"}
    assert statuses["Publisher"].find(".//MeshHeadingList") is None
    mentioned = [pmid for pmid, element in everything.items() if "NCT999" in "".join(texts(element, ".//AbstractText"))]
    assert mentioned == ["999000008", "999000040"]


# --- nobody can take it for real -------------------------------------------------------------------------------------


def test_every_article_says_that_it_is_made_up() -> None:
    for pmid, element in articles():
        assert re.fullmatch(r"999000\d{3}", pmid)
        assert texts(element, ".//Journal/Title")[0].endswith("(sample)")
        if pieces := texts(element, ".//AbstractText"):
            assert pieces[-1].endswith(" This record is made up for the tracker demo.")
        own = element.find("PubmedData/ArticleIdList/ArticleId[@IdType='doi']")
        assert own is not None and re.fullmatch(r"10\.5555/tracker\.demo\.\d{3}", own.text or "")
        for orcid in texts(element, ".//Identifier"):
            assert "0000-0000-9990-" in orcid, "outside of the range that ORCID gives out"


def test_every_trial_says_that_it_is_made_up() -> None:
    for found in studies():
        protocol = found["protocolSection"]
        assert re.fullmatch(r"NCT999\d{5}", nct(found))
        assert protocol["descriptionModule"]["briefSummary"].endswith(" This record is made up for the tracker demo.")
        assert re.search(
            r"\(made up\)|Sample|Imaginary|Invented", protocol["sponsorCollaboratorsModule"]["leadSponsor"]["name"]
        )
        for place in protocol.get("contactsLocationsModule", {}).get("locations", ()):
            assert re.match("Sample|Imaginary|Invented|Pretend", place["facility"])


@pytest.mark.shared
def test_no_eight_words_in_a_row_are_those_of_a_real_record() -> None:
    real = {shingle for text in _real_texts() for shingle in _shingles(text)}
    assert len(real) > 100_000, "the real records were not read"
    borrowed = {" ".join(shingle) for text in _our_texts() for shingle in _shingles(text) if shingle in real}
    assert not borrowed


def _shingles(text: str) -> Iterator[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    yield from zip(*(words[n:] for n in range(8)), strict=False)


def _our_texts() -> Iterator[str]:
    for _, element in articles():
        yield from texts(element, ".//ArticleTitle") + texts(element, ".//AbstractText")
    yield from (value for found in studies() for value in _values(found) if isinstance(value, str))


def _real_studies() -> Iterator[Study]:
    with gzip.open(SHARED / "real" / "ctgov" / "studies.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)
    with (SHARED / "real" / "ctgov" / "hair.jsonl").open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _real_texts() -> Iterator[str]:
    with (SHARED / "gold" / "dev.jsonl").open(encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if record["source"] != "synthetic":
                yield f"{record['title']} {record['abstract']}"
    with (SHARED / "gold" / "phase.jsonl").open(encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            yield f"{record['title']} {record.get('abstract') or record.get('brief_summary') or ''}"
    for name in ("general", "general_older", "hair"):
        with gzip.open(SHARED / "real" / "pubmed" / f"{name}.xml.gz") as file:
            for element in ET.parse(file).getroot():
                yield from texts(element, ".//ArticleTitle") + texts(element, ".//AbstractText")
    for found in _real_studies():
        yield from (value for value in _values(found) if isinstance(value, str))


# --- the shapes of the sources ---------------------------------------------------------------------------------------


def test_biopython_accepts_every_article_in_every_state() -> None:
    everything = [found for state in STATES for found in state.articles]
    body = HEAD + b"<PubmedArticleSet>" + b"".join(found.xml for found in everything) + b"</PubmedArticleSet>"
    parse: Callable[..., Any] = Entrez.read
    read = parse(io.BytesIO(body), validate=True)["PubmedArticle"]
    assert [str(record["MedlineCitation"]["PMID"]) for record in read] == [found.pmid for found in everything]


def test_the_dates_beside_an_article_are_those_inside_it() -> None:
    for state in STATES:
        for found in state.articles:
            element = ET.fromstring(found.xml)
            for path, day in (
                (".//PubMedPubDate[@PubStatus='entrez']", found.entered),
                (".//DateRevised", found.modified),
            ):
                where = element.find(path)
                assert where is not None
                parts = [int(where.findtext(name, "")) for name in ("Year", "Month", "Day")]
                assert date(*parts) == date.fromisoformat(day) < state.date


def test_nothing_new_or_changed_is_dated_before_the_last_fetch_but_the_record_that_is_listed_late() -> None:
    early = {
        found.pmid
        for week in (FIRST, SECOND)
        for found in week.articles
        if date.fromisoformat(found.modified) < week.date - timedelta(days=7)
    }
    assert early == {"999000204"}
    late = next(found for found in SECOND.articles if found.pmid == "999000204")
    assert late.entered == "2026-06-15" and late.pmid not in ids(BASE, FIRST)


def test_the_references_of_an_article_lead_to_records_of_the_corpus() -> None:
    for pmid, element in articles():
        known = ids(*STATES)
        linked = texts(element, ".//CommentsCorrections/PMID") + texts(
            element, ".//Reference//ArticleId[@IdType='pubmed']"
        )
        assert set(linked) <= known - {pmid}
        named = re.findall(r"NCT\d+", "".join(texts(element, ".//AbstractText") + texts(element, ".//AccessionNumber")))
        assert set(named) <= known


def test_corrections_point_both_ways() -> None:
    pairs = {"ErratumIn": "ErratumFor", "RetractionIn": "RetractionOf", "UpdateIn": "UpdateOf"}
    said = {
        (pmid, found.get("RefType"), found.findtext("PMID"))
        for pmid, element in articles()
        for found in element.iterfind(".//CommentsCorrections")
    }
    for there, back in pairs.items():
        assert (
            {(a, b) for a, kind, b in said if kind == there} == {(b, a) for a, kind, b in said if kind == back} != set()
        )


def test_the_references_of_a_trial_lead_to_articles_of_the_corpus() -> None:
    kinds = Counter[str]()
    for found in studies():
        for reference in found["protocolSection"].get("referencesModule", {}).get("references", ()):
            assert reference["pmid"] in ids(*STATES)
            kinds[reference["type"]] += 1
    assert kinds.keys() == {"RESULT", "BACKGROUND", "DERIVED"}


@pytest.mark.shared
def test_a_study_has_no_module_and_no_key_that_real_studies_lack() -> None:
    real = {key for found in _real_studies() for key in _keys(found)}
    # Contacts were taken out of the real records; the OpenAPI description has them.
    contacts = {
        "protocolSection.contactsLocationsModule.centralContacts" + end for end in ("", ".name", ".role", ".email")
    }
    assert {key for found in studies() for key in _keys(found)} <= real | contacts


def _keys(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{path}{key}"
            yield from _keys(inner, f"{path}{key}.")
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner, path)


def test_a_study_keeps_the_order_of_modules_and_what_has_no_value_is_left_out() -> None:
    order = list(registry.render(_entries("nct")[0], corpus.entries(), corpus.names(), BASE.date)["protocolSection"])
    for found in studies():
        assert [module for module in order if module in found["protocolSection"]] == [
            module for module in found["protocolSection"] if module in order
        ]
        assert "" not in _values(found) and found["hasResults"] == ("resultsSection" in found)


def _values(value: Any) -> list[Any]:
    if isinstance(value, dict | list):
        return [found for inner in (value.values() if isinstance(value, dict) else value) for found in _values(inner)]
    return [value]


def test_partial_dates_and_dates_without_a_kind_are_there() -> None:
    starts = [found["protocolSection"]["statusModule"].get("startDateStruct", {}) for found in studies(BASE)]
    assert {len(start["date"]) for start in starts if start} == {7, 10}
    assert {start.get("type") for start in starts if start} == {None, "ACTUAL", "ESTIMATED"}


def test_a_typing_mistake_in_the_data_is_named() -> None:
    entry = dict(_entries("pmid")[0]) | {"abstrct": "x"}
    with pytest.raises(ValueError, match="article 999000001: unknown key abstrct"):
        pubmed.render(entry, corpus.entries(), corpus.names())
    with pytest.raises(ValueError, match="trial NCT99900001: unknown key sponsr"):
        registry.render(dict(_entries("nct")[0]) | {"sponsr": "x"}, corpus.entries(), corpus.names(), BASE.date)


def test_a_sign_below_in_a_text_is_no_markup() -> None:
    found = article(BASE, "999000003")
    assert "controls (p < 0.01)" in "".join(texts(found, ".//AbstractText"))
    assert texts(found, ".//ArticleTitle/i") == ["Panax ginseng"]


# --- what two weeks change -------------------------------------------------------------------------------------------


def test_weeks_are_mondays_a_week_apart() -> None:
    assert [state.date for state in STATES] == [date(2026, 11, 9), date(2026, 11, 16), date(2026, 11, 23)]


def test_every_planned_change_changes_the_record_and_nothing_else_is_sent() -> None:
    planned = Counter((change.date, change.id) for change in corpus.changes())
    seen: dict[str, Any] = {}
    for state in STATES:
        now: dict[str, Any] = {found.pmid: found.xml for found in state.articles}
        now |= {
            nct(found): found["protocolSection"] | {"results": found.get("resultsSection")} for found in state.studies
        }
        changed = {key for key in now if key in seen}
        assert changed == {key for day, key in planned if day == state.date}
        assert all(now[key] != seen[key] for key in changed)
        seen |= now
    assert set(planned.values()) == {1}


def test_each_week_brings_new_articles_and_trials() -> None:
    assert len(ids(FIRST) - ids(BASE)) >= 10
    assert ids(FIRST) & {"NCT99900032"} and ids(SECOND) >= {"NCT99900033", "NCT99900034"}
    assert len(ids(SECOND) - ids(BASE, FIRST)) >= 10


def test_the_primary_completion_of_the_pp405_trial_slips_by_eight_months_and_then_by_two() -> None:
    dates = [study(state, "NCT99900002")["statusModule"]["primaryCompletionDateStruct"] for state in STATES]
    assert [found["date"] for found in dates] == ["2027-01-15", "2027-09-15", "2027-11-15"]
    assert {found["type"] for found in dates} == {"ESTIMATED"}
    sizes = [study(state, "NCT99900002")["designModule"]["enrollmentInfo"]["count"] for state in STATES]
    assert sizes == [240, 240, 300]


def test_one_trial_starts_recruiting_and_one_is_terminated_with_its_reason() -> None:
    assert study(BASE, "NCT99900003")["statusModule"]["overallStatus"] == "NOT_YET_RECRUITING"
    assert study(FIRST, "NCT99900003")["statusModule"]["overallStatus"] == "RECRUITING"
    before, after = (study(state, "NCT99900010")["statusModule"] for state in (BASE, FIRST))
    assert (before["overallStatus"], after["overallStatus"]) == ("RECRUITING", "TERMINATED")
    assert "whyStopped" not in before and "slow enrolment" in after["whyStopped"]


def test_the_registry_sets_unknown_and_moves_no_date() -> None:
    before, after = (study(state, "NCT99900011")["statusModule"] for state in (BASE, FIRST))
    moved = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert moved == {"overallStatus", "lastKnownStatus"}
    assert (after["overallStatus"], after["lastKnownStatus"]) == ("UNKNOWN", "RECRUITING")


def test_results_are_posted_and_the_paper_comes_in_the_same_week() -> None:
    assert "resultsFirstPostDateStruct" not in study(BASE, "NCT99900009")["statusModule"]
    assert study(SECOND, "NCT99900009")["statusModule"]["resultsFirstPostDateStruct"]["date"] == "2026-11-18"
    assert texts(article(SECOND, "999000205"), ".//AccessionNumber") == ["NCT99900009"]


def test_a_trial_moves_to_phase_2() -> None:
    phases = [study(state, "NCT99900004")["designModule"]["phases"] for state in (BASE, SECOND)]
    assert phases == [["PHASE1", "PHASE2"], ["PHASE2"]]


def test_an_article_of_the_first_week_is_retracted_in_the_second() -> None:
    assert "999000101" not in ids(BASE)
    before, after = (texts(article(week, "999000101"), ".//PublicationType") for week in (FIRST, SECOND))
    assert set(after) - set(before) == {"Retracted Publication"}
    assert (
        article(SECOND, "999000101").find(".//CommentsCorrections[@RefType='RetractionIn']/PMID[.='999000201']")
        is not None
    )
    assert texts(article(SECOND, "999000201"), ".//PublicationType") == ["Retraction of Publication"]


def test_errata_come_to_an_article_of_the_baseline_and_to_one_that_was_announced() -> None:
    for week, pmid in ((FIRST, "999000025"), (SECOND, "999000103")):
        assert article(week, pmid).find(".//CommentsCorrections[@RefType='ErratumIn']") is not None
    assert "999000103" in ids(FIRST)


def test_a_preprint_of_the_baseline_is_published_in_the_second_week() -> None:
    assert "Preprint" in texts(article(BASE, "999000014"), ".//PublicationType")
    link = article(SECOND, "999000202").find(".//CommentsCorrections[@RefType='UpdateOf']/PMID")
    assert link is not None and link.text == "999000014"


def test_noise_moves_no_fact_that_a_reader_waits_for() -> None:
    noisy = [change for change in corpus.changes() if change.why.startswith("noise")]
    assert len({change.id for change in noisy if change.id.startswith("NCT")}) >= 4
    for change in noisy:
        if change.id.startswith("NCT"):
            week = next(state for state in STATES if state.date == change.date)
            assert _what_matters(study(BASE, change.id)) == _what_matters(study(week, change.id))


def _what_matters(protocol: Study) -> list[Any]:
    status, design = protocol["statusModule"], protocol["designModule"]
    facts = [
        status.get(key) for key in ("overallStatus", "startDateStruct", "primaryCompletionDateStruct", "whyStopped")
    ]
    return [*facts, design.get("phases"), design.get("enrollmentInfo"), protocol["outcomesModule"]]
