"""Records that are odd or broken, in answers that are whole: kept, shown, told, and never a reason to stop.

Unknown elements and next year's DTD among them: nothing is asked of the network for either.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.child import Under, tracker
from tests.world import World, at, hair_article, pmid
from tracker.demo.faults import DropArticles, NextYearDtd, Recode, Reorder, Rewrite
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream

Edit = Callable[[bytes], bytes]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path)
        for n in (1, 2):
            world.put_article(n)
        world.put_study(1)
        yield world


def without(pattern: str, instead: str = "") -> Edit:
    return lambda body: re.sub(pattern.encode(), instead.encode(), body, flags=re.DOTALL)


AUTHORS = "".join(f"<Author><LastName>Author{n}</LastName><Initials>X</Initials></Author>" for n in range(5_000))
WORDS = "alopecia gel " * 20_000
ODD: dict[str, Edit] = {
    "no title": without("<ArticleTitle>.*?</ArticleTitle>"),
    "an empty title": without("<ArticleTitle>.*?</ArticleTitle>", "<ArticleTitle/>"),
    "no abstract": without("<Abstract>.*?</Abstract>", "<KeywordList><Keyword>alopecia</Keyword></KeywordList>"),
    "no date": without("<PubDate>.*?</PubDate>"),
    "an empty date": without("<PubDate>.*?</PubDate>", "<PubDate/>"),
    "a date in words": without("<PubDate>.*?</PubDate>", "<PubDate><MedlineDate>Sommer 2031?</MedlineDate></PubDate>"),
    "a date that is none": without("<PubDate>.*?</PubDate>", "<PubDate><Year>20XX</Year><Month>13</Month></PubDate>"),
    "no authors": without("<AuthorList>.*?</AuthorList>"),
    "a group as author": without("<Author>.*?</Author>", "<Author><CollectiveName>The Group</CollectiveName></Author>"),
    "an empty author": without("<Author>.*?</Author>", "<Author/>"),
    "5,000 authors": without("<Author>.*?</Author>", AUTHORS),
    "no journal": without("<Journal>.*?</Journal>"),
    "no publication data": without("<PubmedData>.*?</PubmedData>"),
    "a title of 260 kB": without("<ArticleTitle>.*?</ArticleTitle>", f"<ArticleTitle>{WORDS}</ArticleTitle>"),
    "markup in the title": without("<ArticleTitle>", "<ArticleTitle>A <i>gel</i><sup>2</sup> &lt;script&gt; "),
    "control characters": without("<ArticleTitle>", "<ArticleTitle>\u202e\u2028\U000e0001"),
    "escape codes": without("<ArticleTitle>", "<ArticleTitle>&#x9b;31m \u009b2J"),
    "unknown elements": without("</MedlineCitation>", "<Future A='1'><Deep>text</Deep></Future></MedlineCitation>"),
    "an unknown status": without('Status="MEDLINE"', 'Status="Imagined-By-2031"'),
}


@pytest.mark.parametrize("edit", ODD.values(), ids=ODD)
def test_an_odd_record_is_stored_shown_and_told(world: World, edit: Edit) -> None:
    world.fetch()
    body = hair_article(3)
    assert edit(body) != body
    world.upstream.put_article(edit(body))
    done = tracker(world, "fetch", env={"TRACKER_NOW": "2026-11-16T07:00:00Z"})
    assert done.code == 0 and "Traceback" not in done.err, done.err
    assert world.kinds(f"pubmed-{pmid(3)}")[0] == "new_article"
    assert world.rows("select count(*) as n from quarantine") == [{"n": 0}]
    page = tracker(world, "show", pmid(3))
    assert page.code == 0 and pmid(3) in page.out and not re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u202e]", page.out)
    assert f"/{pmid(3)}/" in world.digest(1)


def test_a_record_that_cannot_be_read_is_kept_with_its_reason_and_the_rest_goes_on(world: World) -> None:
    world.put_article(3)
    world.stand_in.misbehave("efetch", Rewrite(rb"</ArticleTitle>", b"", count=1), times=2)
    done = tracker(world, "fetch")
    assert done.code == 0 and "Traceback" not in done.err
    assert world.rows("select record, resolved from quarantine") == [{"record": pmid(1), "resolved": None}]
    assert len(world.rows("select 1 from records where source = 'pubmed'")) == 2
    assert world.fetch()["pubmed", "gel"].new == 1
    assert world.rows("select 1 from quarantine where resolved is null") == []


def test_next_year_s_dtd_is_read_and_nothing_is_asked_of_the_network_for_it(world: World) -> None:
    world.stand_in.misbehave("efetch", NextYearDtd(), times=9)
    done = tracker(world, "fetch", under=Under(loopback=True))
    assert done.code == 0, done.err
    assert len(world.rows("select 1 from records where source = 'pubmed'")) == 2
    assert {asked.where for asked in world.stand_in.log} == {"esearch", "efetch", "studies", "version"}


def test_the_guard_against_the_network_bites(world: World) -> None:
    address = {"TRACKER_PUBMED_URL": "http://198.51.100.7/entrez/eutils/"}
    assert tracker(world, "fetch", env=address, under=Under(loopback=True)).code == 99


@pytest.mark.parametrize(
    "fault", [Reorder(), DropArticles(pmid(2)), Recode("latin-1")], ids=lambda one: type(one).__name__
)
def test_an_answer_in_disorder_is_put_right(world: World, tmp_path: Path, fault: object) -> None:
    world.put_article(4, "Ein Gel für alopecia")
    world.stand_in.misbehave("efetch", fault)  # type: ignore[arg-type]
    assert tracker(world, "fetch").code == 0
    world.fetch()
    other = at(world.stand_in, tmp_path / "other")
    other.fetch()
    assert world.dump() == other.dump()


TRIALS = {
    "a title that is an object": {"identificationModule": {"briefTitle": {"not": "text"}}},
    "no status": {"statusModule": {"overallStatus": None}},
    "a status of the future": {"statusModule": {"overallStatus": "IMAGINED"}},
    "a date that is none": {"statusModule": {"startDateStruct": {"date": "soon"}}},
    "phases that are none": {"designModule": {"phases": "PHASE2"}},
    "an enrolment of 99999999": {"designModule": {"enrollmentInfo": {"count": 99999999}}},
    "an enrolment beyond 64 bits": {"designModule": {"enrollmentInfo": {"count": 10**30}}},
    "5,000 sites": {
        "contactsLocationsModule": {"locations": [{"city": f"C{n}", "country": "X"} for n in range(5_000)]}
    },
}


@pytest.mark.parametrize("modules", TRIALS.values(), ids=TRIALS)
def test_an_odd_trial_is_stored_or_kept_aside_and_the_rest_goes_on(world: World, modules: dict[str, object]) -> None:
    world.put_study(2, **modules)
    done = tracker(world, "fetch")
    assert done.code == 0 and "Traceback" not in done.err, done.err
    held = {row["id"] for row in world.rows("select id from records where kind = 'trial'")}
    aside = {row["record"] for row in world.rows("select record from quarantine")}
    assert held | aside == {"NCT99900001", "NCT99900002"} and "NCT99900001" in held
    assert tracker(world, "digest").code == 0
    if "NCT99900002" in held:
        assert tracker(world, "show", "NCT99900002").code == 0
