"""What a source can answer in place of what was asked, over real HTTP, to the program in its own process.

Each fault is played for as long as the program asks: it says one line with host and cause, exits 1, and the other
source and queries are stored. Then the source mends, and a clean run must end in the same database as one that never
met the fault.
"""

from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from tests.child import Under, tracker
from tests.world import World, at
from tracker.demo.faults import (
    BadEncoding,
    Body,
    Cut,
    Drip,
    Empty,
    Endless,
    Fault,
    FetchError,
    GzipBomb,
    Hang,
    Honest,
    Html,
    NullStudies,
    Plain,
    PrologOnly,
    Redirect,
    Reset,
    SearchError,
    SetWithText,
    ShortIdList,
    Slow,
    Status,
    TooMany,
    WrongTotal,
)
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream

MEMORY = 200_000_000  # bytes
QUICK = Under(deadline=0.7)


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as standing:
        yield standing


@pytest.fixture
def world(stand_in: StandIn, tmp_path: Path) -> Iterator[World]:
    stand_in.behave()
    world = at(stand_in, tmp_path / "faulty")
    for n in range(1, 9):
        world.put_article(n, "Moss and gel in alopecia" if n == 1 else "")
    for n in (1, 2):
        world.put_study(n)
    yield world


@pytest.fixture
def calm(world: World, tmp_path: Path) -> str:
    """The database of a run that never failed."""
    other = at(world.stand_in, tmp_path / "calm")
    other.fetch()
    return other.dump()


def mended(world: World) -> str:
    world.stand_in.behave()
    assert not [tally.error for tally in world.fetch().values() if tally.error]
    return world.dump()


# name: (endpoint, fault, words of the line that says it, deadline or None)
FOREVER: dict[str, tuple[str, Fault, str, float | None]] = {
    "429 without Retry-After": ("esearch", TooMany(), "HTTP 429 (too many requests)", None),
    "429 asks for seconds": ("esearch", TooMany("1"), "asks to wait 1 s", 0.7),
    "429 asks for an hour": ("studies", TooMany("3600"), "asks to wait 3600 s", None),
    "429 asks for a date": ("studies", TooMany(formatdate(4e9, usegmt=True)), "HTTP 429", None),
    "429 asks for the past": ("esearch", TooMany(formatdate(1e9, usegmt=True)), "HTTP 429", None),
    "429 asks for 10^9 s": ("efetch", TooMany("1000000000"), "HTTP 429", None),
    "429 asks for soon": ("efetch", TooMany("soon"), "HTTP 429", None),
    "429 asks for minus one": ("studies", TooMany("-1"), "HTTP 429", None),
    "500": ("esearch", Status(500), "HTTP 500", None),
    "502": ("efetch", Status(502), "HTTP 502", None),
    "503": ("studies", Status(503), "HTTP 503", None),
    "504": ("version", Status(504), "HTTP 504", None),
    "403": ("studies", Status(403), "refuses us (HTTP 403)", None),
    "404": ("studies", Status(404), "nothing of API v2 is served at http://127.0.0.1", None),
    "silence": ("esearch", Hang(30), "127.0.0.1", 0.7),
    "silence at the registry": ("studies", Hang(30), "127.0.0.1", 0.7),
    "too late": ("efetch", Slow(3), "127.0.0.1", 0.7),
    "one byte at a time": ("efetch", Drip(0.05), "no whole answer within 0.7 s", 0.7),
    "one byte of JSON at a time": ("studies", Drip(0.05), "no whole answer within 0.7 s", 0.7),
    "cut": ("efetch", Cut(300), "ended before the answer was whole", None),
    "cut in a chunk": ("studies", Cut(300, "chunked"), "ended before the answer was whole", None),
    "cut without a length": ("efetch", Cut(300, "close"), "cut or broken", None),
    "cut JSON without a length": ("studies", Cut(300, "close"), "127.0.0.1", None),
    "cut gzip": ("efetch", Cut(200, "close", gzipped=True), "ended before the answer was whole", None),
    "reset": ("studies", Reset(), "the connection failed", None),
    "reset half-way": ("efetch", Reset(100), "127.0.0.1", None),
    "garbage": ("esearch", Body(bytes(range(256)) * 9), "127.0.0.1", None),
    "garbage of the registry": ("studies", Body(bytes(range(256)) * 9, "application/json"), "127.0.0.1", None),
    "not the gzip it claims": ("efetch", BadEncoding(), "not the gzip it claims to be", None),
    "brotli": ("studies", BadEncoding("br"), "encoding that was not asked for", None),
    "nothing": ("esearch", Empty(), "an empty answer", None),
    "204": ("studies", Empty(204), "an empty answer", None),
    "only a prolog": ("efetch", PrologOnly(), "cut or broken", None),
    "a web page": ("esearch", Html("Maintenance"), "a web page came", None),
    "a web page at the registry": ("studies", Html("Maintenance"), "web page", None),
    "a block": ("efetch", Html(), "NCBI blocks this network's address", None),
    "an error in a 200": ("esearch", SearchError(), "NCBI says", None),
    "an error for records": ("efetch", FetchError(), "NCBI says", None),
    "words for records": ("efetch", SetWithText(), "words in place of articles", None),
    "an id less than counted": ("esearch", ShortIdList(), "counts 8 records and lists 7", None),
    "no studies": ("studies", NullStudies(), "studies", None),
    "a study less than counted": ("studies", WrongTotal(), "3", None),
    "a plain 400": ("studies", Plain("Invalid value in parameter `x`"), "Invalid value in parameter", None),
    "elsewhere": ("esearch", Redirect("http://198.51.100.1/"), "redirects to http://198.51.100.1", None),
    "in a circle": ("studies", Redirect("studies"), "redirects more than", None),
    "without end": ("efetch", Endless(), "larger than 64,000,000 bytes", None),
    "a bomb": ("esearch", GzipBomb(200_000_000), "larger than 64,000,000 bytes", None),
    "a bomb of JSON": ("studies", GzipBomb(200_000_000), "larger than 64,000,000 bytes", None),
    "a bomb under the cap": ("efetch", GzipBomb(20_000_000), "something other than XML", None),
}


@pytest.mark.parametrize("where, fault, words, deadline", FOREVER.values(), ids=FOREVER)
def test_a_source_that_fails_is_said_and_the_rest_goes_on(
    world: World, calm: str, where: str, fault: Fault, words: str, deadline: float | None
) -> None:
    world.stand_in.misbehave(where, fault, times=60)
    done = tracker(world, "fetch", under=Under(deadline=deadline))
    source, other = ("pubmed", "clinicaltrials") if where.startswith("e") else ("clinicaltrials", "pubmed")
    done.reports(1, f"{source} gel", "failed: ", words)
    assert f"{other} gel: failed" not in done.out
    assert world.rows("select count(*) as n from records where source = ?", other)[0]["n"] > 0
    assert not world.rows("select 1 from fetches where source = ? and complete = 1", source)
    assert 0 < done.peak < MEMORY
    assert mended(world) == calm


# What no other try within the same run can mend.
PERMANENT = ("403", "is served", "400", "blocks", "larger", "redirects", "Invalid", "3600", "lists 7")
PASSING = {
    name: (where, fault)
    for name, (where, fault, words, deadline) in FOREVER.items()
    if not deadline and not any(word in words for word in PERMANENT)
}


@pytest.mark.parametrize("where, fault", PASSING.values(), ids=PASSING)
def test_a_fault_that_passes_leaves_no_trace(world: World, calm: str, where: str, fault: Fault) -> None:
    world.stand_in.misbehave(where, fault)
    assert [tally.error for tally in world.fetch().values() if tally.error] == []
    assert world.stand_in.pending() == 0 and world.dump() == calm


def test_a_host_that_nobody_answers_at_is_said(world: World, calm: str) -> None:
    for host, words in (("127.0.0.1:9", "connection refused"), ("nowhere.invalid", "cannot be resolved")):
        done = tracker(world, "fetch", env={"TRACKER_PUBMED_URL": f"http://{host}/entrez/eutils/"})
        done.reports(1, "pubmed gel", host.partition(":")[0], words)
        assert "clinicaltrials gel: failed" not in done.out
    assert mended(world) == calm


def test_a_query_that_fails_leaves_the_other_query_of_its_source_running(world: World, calm: str) -> None:
    # The second query fails: which of two queries finds a record first is a fact, and told in `matched`.
    world.stand_in.misbehave("esearch", Honest(), *[Status(503)] * 5)
    done = tracker(world, "fetch", "--source", "pubmed")
    done.reports(1, "pubmed moss", "HTTP 503")
    assert "pubmed gel: failed" not in done.out and len(world.rows("select 1 from records")) == 8
    assert mended(world) == calm


def test_a_broken_proxy_is_named_by_its_variable(world: World, calm: str) -> None:
    done = tracker(world, "fetch", "--source", "pubmed", env={"HTTP_PROXY": "http://127.0.0.1:9"})
    assert "http_proxy" in done.out.lower() and done.code == 1 and "Traceback" not in done.err
    assert mended(world) == calm
