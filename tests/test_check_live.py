"""`tracker check --live` over real HTTP: what changed at a source is named, what a query finds is counted, and no more
requests are made than were announced."""

import ast
import gzip
import inspect
import json
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import SHARED
from tests.faultserver import Say
from tests.feed_world import FeedWorld, item, rss
from tests.test_cli import tracker
from tests.world import WEEKS, World, at, hair_article, nct, pmid
from tracker.config import Settings
from tracker.dates import clock_from
from tracker.demo.faults import DropArticles, Fault, Html, Plain, Rewrite, SearchError, Status, TooMany
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.expression import branches, parse, render
from tracker.pipeline import check_live
from tracker.pipeline.living import Line
from tracker.sources.clinicaltrials import shape as study_shape
from tracker.sources.clinicaltrials import study
from tracker.sources.pubmed import shape as article_shape
from tracker.terminal import LIVE_WIDTH, live_line

GEL = '(gel[tiab] OR foam[tiab] OR "moss water"[tiab]) AND alopecia[tiab]'
PMID = "99000002"  # of the second article: gold ids have eight digits at most
HISTORY = b"""<PubmedData><History><PubMedPubDate PubStatus="entrez"><Year>2026</Year><Month>11</Month><Day>1</Day>
</PubMedPubDate></History>"""
WHOLE = {
    "statusModule": {"statusVerifiedDate": "2026-01", "studyFirstPostDateStruct": {"date": "2026-01-01"}},
    "eligibilityModule": {"eligibilityCriteria": "Adults"},
    "descriptionModule": {"briefSummary": "A gel."},
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Nine articles, of which 8 and 9 are about moss and 8 has no gel, and three studies."""
    with StandIn(Upstream(known_phrases=("moss water",))) as stand_in:
        world = at(stand_in, tmp_path)
        world.config(gel=GEL)
        for n in range(1, 10):
            title = {8: "A foam with moss for alopecia", 9: "A gel with moss for alopecia"}.get(n, "")
            text = {8: "Nothing more."}.get(n, "A gel was tested.")
            body = hair_article(n, title, abstract=text, types=["Journal Article"])
            body = body.replace(pmid(2).encode(), PMID.encode())
            day = date(2026, 11, 10) if n == 1 else date(2026, 1, 1)
            world.upstream.put_article(body.replace(b"<PubmedData>", HISTORY), day, day)
        for n in range(1, 4):
            world.put_study(n, **WHOLE)
        yield world


@pytest.fixture
def feeds(tmp_path: Path) -> Iterator[FeedWorld]:
    with FeedWorld(tmp_path) as world:
        yield world


def configure(world: World, *changes: tuple[str, str], more: str = "") -> None:
    path = world.folder / "queries.toml"
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text + more)


def look(world: World | FeedWorld, *names: str, settings: Settings | None = None, requests: int = 60) -> list[Line]:
    return list(check_live(settings or world.settings, clock_from({"TRACKER_NOW": WEEKS[2]}), names, requests))


def of(lines: list[Line], level: str) -> list[str]:
    return [line.text for line in lines if line.level == level]


def under(lines: list[Line], head: str) -> list[str]:
    """The lines of one section."""
    texts = [live_line(line) for line in lines]
    at = texts.index(head) + 1
    return [line.strip() for line in texts[at : next(n for n in range(at, len(texts)) if texts[n][0] != " ")]]


def announced(lines: list[Line]) -> int:
    return int(re.findall(r"at most (\d+) request", lines[0].text)[0])


def test_good_answers_are_told_in_sections_and_nothing_is_stored(world: World) -> None:
    done = tracker(world, "check", "--live", TRACKER_NOW=WEEKS[2])
    assert done.returncode == 0 and done.stderr == "" and not world.settings.db.exists()
    assert (
        done.stdout[done.stdout.index("live: ") :]
        == f"""\
live: at most 11 requests (pubmed 7, clinicaltrials 4), 0 s at the pace of each
pubmed: {world.stand_in.pubmed_url}
  esearch of gel: 9 records
  efetch of 5 of them: 5 came
  esearch of what changed within 30 days: 1 records
clinicaltrials: {world.stand_in.clinicaltrials_url}
  version: API 2.0.5, data of 2026-11-02T09:00:05
  studies of gel: 3 counted, 3 compared
  known enum values only
  study NCT99900002 by its number: as it was listed
query gel
  pubmed: 9 records
  clinicaltrials: 3 records
query moss
  pubmed: 2 records
branches of query gel in pubmed
        8  gel[tiab]
        1  foam[tiab]
        0  "moss water"[tiab]
overlap in pubmed
        2  in gel (9) and moss (2)
10 requests made: 0 errors, 0 warnings
"""
    )
    assert [one.params["retmax"] for one in world.stand_in.asked("esearch")] == ["9999", "1", "9999", "1", "1", "1"]
    assert [one.where for one in world.stand_in.log[:6]] == [
        "esearch",
        "efetch",
        "esearch",
        "version",
        "studies",
        "study",
    ]
    assert len(world.stand_in.log) == 10


def test_without_live_the_network_is_not_asked(world: World) -> None:
    assert tracker(world, "check").returncode == 0
    for wrong in (["gel"], ["--requests", "5"]):
        done = tracker(world, "check", *wrong)
        assert done.returncode == 2 and "go with --live" in done.stderr
    assert world.stand_in.log == []
    done = tracker(world, "check", "--live", "gell")
    assert done.returncode == 2 and 'did you mean "gel"' in done.stderr and world.stand_in.log == []


@pytest.mark.parametrize("requests", [1, 3, 6, 8, 10, 11, 60])
def test_no_more_is_asked_than_was_announced_and_what_is_left_out_is_said(world: World, requests: int) -> None:
    lines = look(world, requests=requests)
    assert len(world.stand_in.log) <= announced(lines) <= requests
    assert lines[-1].text.startswith(f"{len(world.stand_in.log)} request")
    left = [line for line in of(lines, "note") if "left out" in line]
    assert bool(left) == (requests < 11)
    if left:
        assert left[0].startswith(f"{11 - announced(lines)} request")
    assert of(lines, "error") == []


def test_a_budget_is_shared_by_turns_among_the_branches_of_all_queries(world: World) -> None:
    both = 'clinicaltrials = { cond = "alopecia", intr = "gel" }'
    configure(world, (both, ""), ("pubmed = 'moss[tiab]", "pubmed = '(moss[tiab] OR fern[tiab] OR ivy[tiab])"))
    lines = look(world, requests=3 + 1 + 2)
    assert (
        len(under(lines, "branches of query gel in pubmed"))
        == len(under(lines, "branches of query moss in pubmed"))
        == 2
    )
    assert under(lines, "branches of query moss in pubmed")[1] == "note: 2 left out"


def test_only_the_named_queries_and_their_sources_are_asked(world: World) -> None:
    lines = look(world, "moss")
    assert {one.where for one in world.stand_in.log} == {"esearch", "efetch"} and len(world.stand_in.log) == 3
    assert not any("gel" in line.text for line in lines)


# where, fault, level and words of what is said
CHANGED: dict[str, tuple[str, Fault, str, str]] = {
    "an esearch without its translation": (
        "esearch", Rewrite(b"<QueryTranslation>.*</QueryTranslation>", b""), "error",
        "QueryTranslation is missing in esearch"),
    "an esearch without its count": (
        "esearch", Rewrite(b"<Count>.*</Count>", b""), "error", "without Count and IdList"),
    "an esearch with something new": ("esearch", Rewrite(b"<IdList>", b"<New/><IdList>"), "note", "New is new"),
    "an esearch without a set": (
        "esearch", Rewrite(b"<TranslationSet/>", b""), "warning", "TranslationSet is missing in all"),
    "a title of another name": (
        "efetch", Rewrite(b"ArticleTitle>", b"Heading>", 0), "error",
        "MedlineCitation/Article/ArticleTitle is missing in pubmed-999000001, pubmed-"),
    "an element that is new": (
        "efetch", Rewrite(b"<PubmedData>", b"<Trust>1</Trust><PubmedData>"), "note", "Trust is new"),
    "an article that is not given": ("efetch", DropArticles(first=1), "error", "which esearch lists"),
    "an article that cannot be read": ("efetch", Rewrite(b"<Language>", b"<Language"), "error", "not well-formed"),
    "a web page": ("esearch", Html("Maintenance"), "error", "a web page came"),
    "too many requests": ("esearch", TooMany("60"), "error", "HTTP 429 (too many requests), and asks to wait 60 s"),
    "an error in a 200": ("esearch", SearchError(), "error", "NCBI says: Search Backend failed"),
    "a set of another name": (
        "efetch", Rewrite(b"PubmedArticleSet", b"Articles", 0), "error", "PubmedArticleSet was expected"),
    "no date of the data": (
        "version", Rewrite(b"dataTimestamp", b"timestamp"), "error", "version without dataTimestamp"),
    "no API there": ("version", Status(404), "error", "nothing of API v2 is served"),
    "a registry's web page": ("studies", Html("Maintenance"), "error", "sent a web page"),
    "a registry's refusal": ("studies", Plain("Invalid query"), "error", "query gel is refused: Invalid query"),
    "no list": ("studies", Rewrite(b'"studies"', b'"trials"'), "error", "without a list of studies"),
    "a module of another name": (
        "studies", Rewrite(b"statusModule", b"situationModule", 0), "error",
        "protocolSection.statusModule.overallStatus is missing in NCT99900002, NCT99900003, NCT99900001"),
    "a module that is new": (
        "studies", Rewrite(b"statusModule", b"situationModule", 0), "note", "protocolSection.situationModule is new"),
    "a module of another type": (
        "studies", Rewrite(b'"designModule": {', b'"designModule": 1, "x": {'), "error", "designModule is a number"),
    "an unknown enum value": (
        "studies", Rewrite(b'"RECRUITING"', b'"HIRING"'), "warning",
        "statusModule.overallStatus: unknown value 'HIRING', kept as it is"),
    "dates that left": (
        "studies", Rewrite(b"statusVerifiedDate", b"checked", 0), "warning", "statusVerifiedDate is missing in all"),
    "a study that is not given": ("study", Status(404), "error", "is listed and not given by its number"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_what_changed_is_named_and_the_other_sources_are_asked_all_the_same(world: World, name: str) -> None:
    where, fault, level, words = CHANGED[name]
    world.stand_in.misbehave(where, fault)
    lines = look(world)
    assert [text for text in of(lines, level) if words in text], [live_line(line) for line in lines]
    assert bool(of(lines, "error")) == (level == "error" or name == "a module that is new")
    assert "known enum values only" not in [line.text for line in lines] or name != "an unknown enum value"
    assert len(world.stand_in.log) <= announced(lines)
    other = "clinicaltrials: 3 records" if where in ("esearch", "efetch") else "pubmed: 9 records"
    assert other in [line.text for line in lines]


@pytest.mark.parametrize("fault", [Html(), Status(503), Status(403), TooMany()], ids=str)
def test_a_source_that_fails_is_asked_nothing_more(world: World, fault: Fault) -> None:
    world.stand_in.misbehave("pubmed", fault, times=20)
    done = tracker(world, "check", "--live")
    assert done.returncode == 1 and len(world.stand_in.asked("pubmed")) == 1
    assert "error: 127.0.0.1: " in done.stdout and "not asked, because of what failed: pubmed" in done.stdout
    assert "  clinicaltrials: 3 records" in done.stdout and "1 error" in done.stdout


def test_a_dead_host_is_said_and_the_rest_is_asked(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    done = tracker(world, "check", "--live", TRACKER_PUBMED_URL=f"http://127.0.0.1:{port}/entrez/eutils/")
    assert (
        done.returncode == 1 and "(gave up after 1 try" in done.stdout and "connection refused" in done.stdout.lower()
    )
    assert "  clinicaltrials: 3 records" in done.stdout


def test_gold_ids_that_are_not_listed_are_named(world: World) -> None:
    gold = [PMID, "98765432", nct(1), nct(88)]
    configure(world, ('name = "gel"', f'name = "gel"\ngold = {json.dumps(gold)}'))
    done = tracker(world, "check", "--live")
    assert done.returncode == 0
    assert "  pubmed: 9 records, gold 1 of 2\n  warning: pubmed does not list its gold 98765432\n" in done.stdout
    assert (
        "  clinicaltrials: 3 records, gold 1 of 2\n  warning: clinicaltrials does not list its gold NCT99900088\n"
        in done.stdout
    )
    assert [one.params["filter.ids"] for one in world.stand_in.asked("studies") if "filter.ids" in one.params] == [
        "NCT99900001,NCT99900088"
    ]


def test_gold_of_a_query_with_more_records_than_are_listed_is_asked_for_by_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.sources.pubmed.eutils.Eutils.search.__defaults__", (None, 4))
    configure(world, ('name = "gel"', f'name = "gel"\ngold = ["{PMID}", "98765432"]'))
    lines = look(world, "gel")
    assert "pubmed: 9 records, gold 1 of 2" in under(lines, "query gel")
    assert f"AND ({PMID}[uid] OR 98765432[uid])" in [one.params["term"] for one in world.stand_in.asked("esearch")][2]
    assert len(world.stand_in.log) <= announced(lines)


def test_what_pubmed_dropped_or_read_otherwise_is_told(world: World) -> None:
    configure(world, ("foam[tiab]", "foam[tiab] OR quill*[tiab]"), ("'moss[tiab] AND", "'quill[tiab] AND alopecia AND"))
    lines = look(world)
    gel, moss = under(lines, "query gel"), under(lines, "query moss")
    assert "warning: PubMed does not know the phrase quill*[tiab]" in gel
    assert any(line.startswith("note: PubMed reads alopecia as ") and "mesh terms" in line.lower() for line in moss)
    assert any(line.startswith("error: query moss: it became a broader query") for line in moss)
    assert any("mend the query" in line for line in of(lines, "error"))


def test_a_pubmed_that_no_longer_says_what_it_does_not_know_is_noticed(world: World) -> None:
    world.upstream.known_phrases = lambda phrase: True
    assert any("a query could lose a part unseen" in text for text in of(look(world), "warning"))


def test_a_window_that_is_ignored_is_noticed_by_its_count(world: World) -> None:
    world.stand_in.misbehave("esearch", Rewrite(b"", b"", 1), Rewrite(b"<Count>1</Count>", b"<Count>10</Count>"))
    assert "a month of gel counts 10 records, the whole 9" in of(look(world), "error")


def test_branches_and_overlap_are_counted_in_the_registry_too(world: World) -> None:
    moss = 'clinicaltrials = { cond = "baldness OR alopecia" }\npubmed = \'moss[tiab]'
    configure(world, ('intr = "gel"', 'intr = "gel OR foam OR (serum AND water)"'), ("pubmed = 'moss[tiab]", moss))
    lines = look(world)
    assert under(lines, "branches of query gel in clinicaltrials") == ["3  gel", "0  foam", "0  serum AND water"]
    assert under(lines, "branches of query moss in clinicaltrials") == ["0  baldness", "3  alopecia"]
    assert under(lines, "overlap in clinicaltrials") == ["3  in gel and moss"]
    asked = [one.params for one in world.stand_in.asked("studies")][-1]
    assert asked["query.cond"] == "(alopecia) AND (baldness OR alopecia)" and asked["pageSize"] == "1"


def test_an_expression_in_the_registrys_own_grammar_is_not_split(world: World) -> None:
    configure(world, ('intr = "gel"', "intr = 'AREA[InterventionName]gel OR foam'"))
    assert not any("in clinicaltrials" in line.text for line in look(world))


def test_the_pace_of_each_source_holds(world: World) -> None:
    settings = world.settings
    slow = {name: replace(source, pace=20.0) for name, source in settings.sources.items()}
    lines = look(world, settings=replace(settings, sources=slow))
    assert lines[0].text.endswith("1 s at the pace of each")
    for source in ("pubmed", "clinicaltrials"):
        times = [one.time for one in world.stand_in.asked(source)]
        assert len(times) >= 3 and min(b - a for a, b in pairwise(times)) > 0.045


def test_without_an_address_the_real_hosts_are_not_asked(world: World) -> None:
    configure(world, ("tester@example.org", ""), ("pace = 500", ""), ("pace = 500", ""))
    done = tracker(world, "check", "--live", TRACKER_PUBMED_URL="", TRACKER_CLINICALTRIALS_URL="")
    assert done.returncode == 2 and "tracker.contact" in done.stderr and "live:" not in done.stdout


def test_no_line_is_wider_than_a_page_and_no_id_is_cut_off() -> None:
    for level in ("", "note", "warning", "error"):
        text = live_line(Line("moss\x1b[31m " * 40 + "39155501", level))  # type: ignore[arg-type]
        assert max(map(len, text.splitlines())) <= LIVE_WIDTH and "\x1b" not in text
        assert text.endswith("39155501") == (level in ("warning", "error"))


FEED = "feed news: {url}feed"


def told(feeds: FeedWorld) -> tuple[list[str], list[Line]]:
    lines = look(feeds)
    return under(lines, FEED.format(url=feeds.server.url)), lines


def test_a_feed_is_read_once_and_nothing_is_remembered(feeds: FeedWorld) -> None:
    feeds.answer = Say(rss(item(1), item(2, guid="", link=""), item(3, date="")), headers={"ETag": '"1"'})
    said, lines = told(feeds)
    assert said == [
        "rss20: 3 items",
        "warning: 1 of 3 items have no link and no guid",
        "warning: 1 of 3 items have no date",
    ]
    assert len(feeds.server.requests) == 1 and not feeds.settings.db.exists()
    assert lines[-1].text == "1 request made: 0 errors, 2 warnings"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"<html><body>Blocked</body></html>", "it is no feed"),
        (Say(b"", status=404), "HTTP 404 (not found)"),
        (Say(b"", status=410), "gone for good (410)"),
        (Say(b"", status=503), "HTTP 503"),
        (rss(item(1), item(2))[:-60], "is cut off after its last whole item"),
        (Say(b"", status=302, headers={"Location": "/feed"}), "redirects more than 2 times"),
    ],
    ids=["a page", "404", "410", "503", "cut", "in a circle"],
)
def test_a_feed_that_is_none_is_an_error(feeds: FeedWorld, answer: Say | bytes, words: str) -> None:
    feeds.answer = answer
    said, lines = told(feeds)
    assert [line for line in of(lines, "error") if words in line], said
    assert len(feeds.server.requests) <= announced(lines) == 3


def test_a_feed_that_moved_is_said(feeds: FeedWorld) -> None:
    feeds.answer = lambda request: (
        Say(b"", status=301, headers={"Location": "/new"}) if request.path == "/feed" else Say(rss(item(1)))
    )
    said, _ = told(feeds)
    assert said[0].startswith("warning: has moved for good to ") and said[0].endswith("/new: mend its url")
    assert said[1] == "rss20: 1 items" and len(feeds.server.requests) == 2


@pytest.mark.parametrize(
    ("expression", "wholes"),
    [
        ("a", []),
        ("a AND b", []),
        ("a OR b", ["a", "b"]),
        ("(a OR b) AND c", ["a AND c", "b AND c"]),
        ("c AND (a OR (b AND d)) NOT e", ["(c AND a) NOT e", "(c AND (b AND d)) NOT e"]),
        ("a NOT (b OR c)", []),
    ],
)
def test_branches_are_the_alternatives_of_the_first_part_that_has_any(expression: str, wholes: list[str]) -> None:
    assert [render(whole) for _, whole in branches(parse(expression))] == wholes


def test_every_module_that_the_reader_reads_stands_among_those_that_are_known() -> None:
    words = {node.value for node in ast.walk(ast.parse(inspect.getsource(study))) if isinstance(node, ast.Constant)}
    read = {word for word in words if isinstance(word, str) and re.fullmatch(r"[a-z]\w+Module", word)}
    assert len(read) > 8 and read <= set(study_shape.STUDY.known["protocolSection"])


@pytest.mark.shared
def test_recorded_records_have_the_shape_that_is_expected() -> None:
    real = SHARED / "real/ctgov"
    lines = [
        *(real / "hair.jsonl").read_bytes().splitlines(),
        *gzip.decompress((real / "studies.jsonl.gz").read_bytes()).splitlines(),
    ]
    studies = [one for line in lines if "derivedSection" in (one := json.loads(line))]
    found = {str(n): set(study_shape.paths(one)) for n, one in enumerate(studies)}
    assert len(found) > 600 and list(study_shape.STUDY.compare(found, ".")) == []
    for name in ("hair.xml.gz", "general.xml.gz"):
        root = ET.fromstring(gzip.decompress((SHARED / "real/pubmed" / name).read_bytes()))
        found = {str(n): set(article_shape.paths(one)) for n, one in enumerate(root.iterfind("PubmedArticle"))}
        assert len(found) > 300 and list(article_shape.ARTICLE.compare(found, "/")) == []
        books = {str(n): set(article_shape.paths(one)) for n, one in enumerate(root.iterfind("PubmedBookArticle"))}
        assert list(article_shape.BOOK.compare(books, "/")) == []
