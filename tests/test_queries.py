"""The shipped queries.toml: it loads, asks what it means, and finds what it is meant to see.

Evaluated by the stand-ins' own search over the labelled records and the real hair records. Run with -s to read the
figures: what is found, what is caught beside it, and which terms match nothing in either collection.
"""

import gzip
import json
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SHARED
from tracker.config import Query, Settings, load
from tracker.config.checks import about_hair
from tracker.demo.articles import read
from tracker.demo.registry import Registry
from tracker.demo.search import Search
from tracker.demo.upstream import Upstream
from tracker.expression import and_parts, parse, render, terms

ROOT = Path(__file__).resolve().parents[1]
Gold = dict[str, Any]
WITH_PUBMED = ("stem-cells", "exosomes", "pp405")


@cache
def shipped() -> Settings:
    return load(ROOT / "queries.toml", {})


def test_the_shipped_file_has_no_mistake_and_no_warning() -> None:
    taxonomy = tomllib.loads((ROOT / "tracker/classify/taxonomy.toml").read_text(encoding="utf-8"))
    settings = load(ROOT / "queries.toml", {}, {leaf["id"] for leaf in taxonomy["leaf"]})
    assert settings.warnings == ()
    assert [query.name for query in settings.queries] == [*WITH_PUBMED, "landscape"]
    assert (settings.timezone, settings.contact) == ("Europe/London", "you@example.org")
    (weekly,) = settings.digests
    assert (weekly.name, weekly.every, weekly.queries) == ("weekly", "monday 07:00", WITH_PUBMED)
    assert (ROOT / "queries.toml").read_text(encoding="utf-8").startswith("#:schema ./queries.schema.json\n")


@pytest.mark.parametrize("name", WITH_PUBMED)
def test_each_expression_is_a_treatment_and_hair_loss(name: str) -> None:
    treatment, hair = and_parts(parse(shipped().query(name).pubmed))
    assert about_hair(hair) and not about_hair(treatment)
    hair_parts = {render(and_parts(parse(shipped().query(other).pubmed))[1]) for other in WITH_PUBMED}
    assert len(hair_parts) == 1, "hair loss means the same in every query"


@pytest.mark.parametrize("name", WITH_PUBMED)
def test_each_term_is_written_as_pubmed_takes_it(name: str) -> None:
    found = terms(parse(shipped().query(name).pubmed))
    for term in found:
        assert term.field in ("tiab", "mh", "ad"), f"{term.text} has no tag"
        assert " " not in term.text or term.quoted, f"{term.text} is a phrase without quotes"
        assert not term.truncated or len(term.text.split()[-1]) >= 4, f"{term.text}* is too short"
        assert not (term.truncated and term.field == "mh")
    assert {"tiab", "mh"} <= {term.field for term in found}
    for part in and_parts(parse(shipped().query(name).pubmed)):
        assert len(terms(part)) == len(set(terms(part))), "a term stands twice"


def test_the_spellings_of_pp405_are_all_asked_for() -> None:
    query = shipped().query("pp405")
    for spelling in ("PP405", "PP-405", "PP\u2011405", "UK-5099", "UK5099", "JXL069", "pyruvate carrier"):
        assert spelling in query.pubmed and spelling in query.clinicaltrials["intr"]


@pytest.mark.parametrize("name", ["UK-5099", "deoxyribose"])
def test_a_record_without_mesh_is_found_by_its_words(name: str) -> None:
    found = found_by(shipped().query("pp405"), articles([gold(title=f"{name} and the hair cycle")]))
    assert found == {FIRST}
    assert not found_by(shipped().query("pp405"), articles([gold(title=f"{name} in the liver")]))


# The labelled records as PubMed and the registry would hold them.
FIRST = 90_000_001


def gold(**facts: Any) -> Gold:
    return {"id": "", "title": "", "abstract": "", "mesh": [], **facts}


@cache
def labelled() -> tuple[Gold, ...]:
    with (SHARED / "gold/dev.jsonl").open(encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


def is_trial(record: Gold) -> bool:
    return str(record["id"]).startswith("NCT")


def follows(query: Query, record: Gold) -> bool:
    return any(leaf in query.follows or leaf.partition(".")[0] in query.follows for leaf in record["approaches"])


def articles(records: Iterable[Gold]) -> Upstream:
    """PMIDs count up from FIRST, as most labelled records have none of their own."""
    upstream = Upstream()
    for pmid, record in enumerate(records, FIRST):
        mesh = [f"<MeshHeading><DescriptorName>{escape(n)}</DescriptorName></MeshHeading>" for n in record["mesh"]]
        upstream.put_article(
            f"<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article>"
            f"<ArticleTitle>{escape(record['title'])}</ArticleTitle>"
            f"<Abstract><AbstractText>{escape(record['abstract'])}</AbstractText></Abstract></Article>"
            f"<MeshHeadingList>{''.join(mesh)}</MeshHeadingList></MedlineCitation></PubmedArticle>".encode()
        )
    return upstream


def search(upstream: Upstream) -> Search:
    return Search({pmid: read(article) for pmid, article in upstream.articles.items()}, knows=lambda phrase: True)


def found_by(query: Query, upstream: Upstream) -> set[int]:
    return {int(pmid) for pmid in search(upstream).run(query.pubmed)[0]}


def study(record: Gold) -> dict[str, Any]:
    """What the labels know of a trial: no conditions and no interventions, so its words must do."""
    observational = record["pub_types"] == ["CT.gov:N/A"]
    return {
        "protocolSection": {
            "identificationModule": {"nctId": record["id"], "briefTitle": record["title"]},
            "descriptionModule": {"briefSummary": record["abstract"]},
            "designModule": {"studyType": "OBSERVATIONAL" if observational else "INTERVENTIONAL"},
        }
    }


def trials_found(query: Query, studies: Iterable[dict[str, Any]]) -> set[str]:
    upstream = Upstream()
    for each in studies:
        upstream.put_study(each)
    asked = {
        ("filter." if area == "advanced" else "query.") + area: text for area, text in query.clinicaltrials.items()
    }
    answer = json.loads(Registry(upstream).studies({**asked, "pageSize": "1000"}).body)
    return {each["protocolSection"]["identificationModule"]["nctId"] for each in answer["studies"]}


@cache
def hair_articles() -> Upstream:
    upstream = Upstream()
    for element in ET.fromstring(gzip.decompress((SHARED / "real/pubmed/hair.xml.gz").read_bytes())):
        upstream.put_article(ET.tostring(element))
    return upstream


@cache
def hair_studies() -> tuple[dict[str, Any], ...]:
    with (SHARED / "real/ctgov/hair.jsonl").open(encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


@pytest.mark.shared
def test_the_queries_find_the_core_records_that_they_follow() -> None:
    papers = [record for record in labelled() if not is_trial(record)]
    trials = [record for record in labelled() if is_trial(record)]
    upstream = articles(papers)
    found_in_all = wanted_in_all = negatives_caught = 0
    for query in map(shipped().query, WITH_PUBMED):
        found = {papers[pmid - FIRST]["id"] for pmid in found_by(query, upstream)}
        found |= trials_found(query, map(study, trials))
        wanted = {r["id"] for r in labelled() if r["core"] and follows(query, r)}
        negatives = {r["id"] for r in labelled() if not r["relevant"] and r["id"] in found}
        print(f"\n{query.name}: {len(wanted & found)} of {len(wanted)} core records, {len(found)} found in all")
        print(f"  missed: {', '.join(sorted(wanted - found)) or 'none'}")
        print(f"  not about hair loss: {', '.join(sorted(negatives)) or 'none'}")
        found_in_all += len(wanted & found)
        wanted_in_all += len(wanted)
        negatives_caught += len(negatives)
    assert wanted_in_all >= 40
    assert found_in_all >= 0.95 * wanted_in_all
    assert negatives_caught <= 4


@pytest.mark.shared
def test_every_heading_is_one_of_mesh() -> None:
    rows = (SHARED / "gold/mesh_subset.tsv").read_text(encoding="utf-8").splitlines()
    headings = {row.split("\t")[1] for row in rows}
    asked = {
        term.text for name in WITH_PUBMED for term in terms(parse(shipped().query(name).pubmed)) if term.field == "mh"
    }
    assert asked and asked <= headings


@pytest.mark.shared
def test_the_landscape_finds_the_interventional_trials() -> None:
    query = shipped().query("landscape")
    trials = [record for record in labelled() if is_trial(record)]
    found = trials_found(query, map(study, trials))
    wanted = {r["id"] for r in trials if r["relevant"] and r["pub_types"] != ["CT.gov:N/A"]}
    print(f"\nlandscape: {len(wanted & found)} of {len(wanted)} labelled trials; missed: {sorted(wanted - found)}")
    assert len(wanted & found) >= 0.95 * len(wanted)
    assert found <= wanted

    studies = [s for s in hair_studies() if s["protocolSection"].get("designModule", {}).get("studyType")]
    print(f"landscape: {len(trials_found(query, studies))} of {len(studies)} real hair trials whose type is known")
    assert len(trials_found(query, studies)) >= 0.8 * len(studies)


@pytest.mark.shared
@pytest.mark.parametrize("name", WITH_PUBMED)
def test_the_terms_that_match_nothing_are_listed(name: str) -> None:
    tree = parse(shipped().query(name).pubmed)
    in_gold, in_hair = search(articles(r for r in labelled() if not is_trial(r))), search(hair_articles())
    silent = [render(term) for term in terms(tree) if not in_gold.find(term) and not in_hair.find(term)]
    print(f"\n{name}: {len(silent)} of {len(terms(tree))} terms match nothing here: {', '.join(silent)}")
    assert len(silent) <= len(terms(tree)) / 2
    for part in and_parts(tree):
        assert in_gold.find(part), f"nothing at all matches {render(part)}"
