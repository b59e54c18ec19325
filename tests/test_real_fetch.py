"""Real records, served by the stand-ins and fetched over HTTP: every one is stored, and what is stored is what it says.

The other reading is lxml paths and plain JSON paths here, and Bio.Entrez.read in test_pubmed_real.py.
"""

import gzip
import itertools
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.conftest import SHARED
from tests.world import WEEKS, World, at
from tracker.dates import clock_from
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.pipeline import fetch_all
from tracker.store import Store

pytestmark = pytest.mark.shared

PUBMED_FILES = ("general.xml.gz", "general_older.xml.gz", "hair.xml.gz")

# Every record there is, whatever it is about.
EVERYTHING = """
[tracker]
contact = "tester@example.org"
[sources.pubmed]
pace = 500
[sources.clinicaltrials]
pace = 500
[[query]]
name = "everything"
title = "Everything"
pubmed = '1800/01/01:3000/12/31[edat]'
clinicaltrials = { term = "NOT qqxyzzy" }
"""


def real_articles() -> dict[str, bytes]:
    """PMID -> the element's own bytes, by lxml; of two versions of one PMID the later one in the files."""
    found = {}
    for name in PUBMED_FILES:
        root = etree.fromstring(gzip.decompress((SHARED / "real/pubmed" / name).read_bytes()))
        for element in root.xpath("PubmedArticle|PubmedBookArticle"):
            pmid = element.xpath("string(MedlineCitation/PMID|BookDocument/PMID)")
            found[str(pmid)] = etree.tostring(element, with_tail=False)
        for pmid in root.xpath("DeleteCitation/PMID/text()"):
            found.pop(str(pmid), None)
    return found


def real_studies() -> dict[str, dict[str, Any]]:
    lines = gzip.decompress((SHARED / "real/ctgov/studies.jsonl.gz").read_bytes()).splitlines()
    lines += (SHARED / "real/ctgov/hair.jsonl").read_bytes().splitlines()
    studies = [json.loads(line) for line in lines]
    return {study["protocolSection"]["identificationModule"]["nctId"]: study for study in studies}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One fetch of everything, shared by the tests below."""
    upstream = Upstream()
    for name in PUBMED_FILES:
        upstream.load_pubmed((SHARED / "real/pubmed" / name).read_bytes())
    for study in real_studies().values():
        upstream.put_study(study)
    with StandIn(upstream) as stand_in:
        world = at(stand_in, tmp_path_factory.mktemp("real"))
        (world.folder / "queries.toml").write_text(EVERYTHING)
        tallies = fetch_all(world.settings, clock_from({"TRACKER_NOW": WEEKS[0]}))
        assert {tally.error for tally in tallies} == {""}
        for tally in tallies:
            print(f"{tally.source}: {tally.listed} listed, {tally.new} stored, {tally.quarantined} quarantined")
        yield world


def test_every_real_record_is_stored(real: World) -> None:
    held = {row["id"] for row in real.rows("select id from records")}
    assert held == {f"pubmed-{pmid}" for pmid in real_articles()} | set(real_studies())
    assert real.rows("select * from quarantine") == []


def test_every_payload_is_the_record_s_own_bytes(real: World) -> None:
    with Store.read(real.settings.db) as store:
        bodies = {
            row["record"]: zlib.decompress(row["body"]) for row in store.rows("select record, body from payloads")
        }
    for nct, study in real_studies().items():
        assert json.loads(bodies[nct]) == study
    for pmid, element in real_articles().items():
        held = etree.fromstring(bodies[f"pubmed-{pmid}"])
        assert etree.tostring(held, method="c14n") == etree.tostring(etree.fromstring(element), method="c14n")


POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")  # 10<sup>9</sup> is stored as 10⁹


def test_the_stored_columns_of_articles_agree_with_xpaths(real: World) -> None:
    stored = {row["id"]: row for row in real.rows("select * from records where kind = 'article'")}
    for pmid, body in real_articles().items():
        root, row = etree.fromstring(body), stored[f"pubmed-{pmid}"]
        if root.tag == "PubmedBookArticle":
            continue
        title, abstract = (squeezed(row[name]).translate(POWERS) for name in ("title", "abstract"))
        assert title == squeezed(root.xpath("string(MedlineCitation/Article/ArticleTitle)")).translate(POWERS), pmid
        for part in root.xpath("MedlineCitation/Article/Abstract/AbstractText"):
            assert squeezed(part.xpath("string()")).translate(POWERS) in abstract, pmid
        own = root.xpath("PubmedData/ArticleIdList/ArticleId[@IdType='doi']/text()")
        assert not own or row["doi"] == squeezed(own[0]).lower(), pmid
        own = root.xpath("PubmedData/ArticleIdList/ArticleId[@IdType='pmc']/text()")
        assert row["pmcid"] == (squeezed(own[0]) if own else ""), pmid
        headings = {
            squeezed(text) for text in root.xpath("MedlineCitation/MeshHeadingList/MeshHeading/DescriptorName/text()")
        }
        assert headings <= set(json.loads(row["terms"])), pmid
        people = root.xpath("count(MedlineCitation/Article/AuthorList/Author[LastName or CollectiveName])")
        assert len(json.loads(row["authors"])) == people, pmid
        year = root.xpath("string(MedlineCitation/Article/Journal/JournalIssue/PubDate/Year)")
        assert not year or row["published"].startswith(year), pmid


def test_the_stored_columns_of_trials_agree_with_json_paths(real: World) -> None:
    stored = {row["record"]: row for row in real.rows("select * from trials")}
    for nct, study in real_studies().items():
        protocol, row = study["protocolSection"], stored[nct]
        status, design = protocol.get("statusModule", {}), protocol.get("designModule", {})
        assert row["status"] == status.get("overallStatus", ""), nct
        assert json.loads(row["phases"]) == design.get("phases", []), nct
        assert row["why_stopped"] == status.get("whyStopped", ""), nct
        assert row["has_results"] == int(study.get("hasResults", False)), nct
        assert row["enrollment"] == design.get("enrollmentInfo", {}).get("count"), nct
        for column, name in (
            ("start", "start"),
            ("primary_completion", "primaryCompletion"),
            ("completion", "completion"),
        ):
            struct = status.get(f"{name}DateStruct", {})
            assert (row[column], row[f"{column}_type"]) == (struct.get("date", ""), struct.get("type", "")), nct
        places = protocol.get("contactsLocationsModule", {}).get("locations", [])
        sites = real.rows("select * from sites where record = ? order by n", nct)
        assert [site["city"] for site in sites] == [place.get("city", "") for place in places], nct


def test_a_second_fetch_of_real_records_changes_nothing(real: World) -> None:
    before = real.dump()
    tallies = fetch_all(real.settings, clock_from({"TRACKER_NOW": WEEKS[1]}))
    assert {(tally.new, tally.changed, tally.quarantined, tally.error) for tally in tallies} == {(0, 0, 0, "")}
    assert real.dump() == before


def test_every_label_quotes_what_is_stored(real: World) -> None:
    labels = real.rows(
        """select l.*, r.title, r.abstract, r.terms, r.types,
               t.conditions, t.interventions, t.arms, t.eligibility, t.phases
           from labels l join records r on r.id = l.record left join trials t on t.record = r.id"""
    )
    assert len({label["record"] for label in labels}) == len(real.rows("select id from records"))
    for label in labels:
        if label["field"] is None:
            assert (label["start"], label["end"], label["quote"]) == (None, None, None)
        else:
            assert label[label["field"]][label["start"] : label["end"]] == label["quote"], label


def squeezed(text: object) -> str:
    return " ".join(str(text).split())


def test_real_versions_yield_the_changes_that_are_in_them(tmp_path: Path) -> None:
    """The same trial on different days, as an upstream that changes: each status is told when it moved."""
    lines = gzip.decompress((SHARED / "real/ctgov/versions.jsonl.gz").read_bytes()).splitlines()
    versions: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        entry = json.loads(line)
        versions.setdefault(entry["nct_id"], []).append(entry["study"])
    upstream, rounds = Upstream(), max(map(len, versions.values()))
    with StandIn(upstream) as stand_in:
        world = at(stand_in, tmp_path)
        (world.folder / "queries.toml").write_text(EVERYTHING)
        for n in range(rounds):
            for studies in versions.values():
                upstream.put_study(studies[min(n, len(studies) - 1)])
            fetch_all(
                world.settings,
                clock_from({"TRACKER_NOW": f"2026-02-{n + 1:02d}T07:00:00Z"}),
                sources=("clinicaltrials",),
            )
    told = {(r["record"], r["old"], r["new"]) for r in world.rows("select * from events where field = 'status'")}
    expected = set()
    for nct, studies in versions.items():
        states = [study["protocolSection"]["statusModule"]["overallStatus"] for study in studies]
        expected |= {(nct, old, new) for old, new in itertools.pairwise(states) if old != new}
    assert told == expected and len(told) >= 3
    counts = world.rows("select kind, count(*) as n from events group by kind order by kind")
    print({row["kind"]: row["n"] for row in counts})
