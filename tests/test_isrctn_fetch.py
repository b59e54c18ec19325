"""ISRCTN asked over HTTP: whole listings, trials by their numbers, and no half answer taken for a whole one."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faultserver import Behaviour, FaultServer, Request, Say
from tests.registry_files import isrctn, isrctn_file
from tests.test_cli import tracker
from tests.test_import import run
from tests.world import World, at
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream

QUERY = '\n[sources.isrctn]\nurl = "{url}api/"\npace = 500\nretry_wait = 0\n[[query]]\nname = "uk"\n{asks}\n[[digest]]'
ASKS = 'isrctn = \'"hair loss" OR alopecia\'\ngold = ["ISRCTN90000001", "ISRCTN90000009"]'
ONE, TWO, THREE = "ISRCTN90000001", "ISRCTN90000002", "ISRCTN90000003"


class Registry:
    """Answers as the API does: whole trials up to `limit`, `totalCount` of all that match; numbers as queries."""

    def __init__(self) -> None:
        self.trials = {ONE: isrctn(ONE), TWO: isrctn(TWO, title="Moss gel for hair loss")}
        self.by_number: dict[str, str] = {}  # given by their number alone
        self.all_fits = False  # as a server does that passes over `q`
        self.answer: Behaviour | None = None

    def say(self, request: Request) -> Behaviour:
        assert request.path.startswith("/api/query/format/default?")
        if self.answer:
            return self.answer
        numbers = set(re.findall(r"ISRCTN\d{8}", request.query["q"]))
        held = self.trials | (self.by_number if numbers else {})
        hits = [text for key, text in held.items() if key in numbers or not numbers or self.all_fits]
        hits = [] if "unheard" in request.query["q"] and not self.all_fits else hits
        body = isrctn_file(*hits[: int(request.query["limit"])])
        return Say(body.replace(b'totalCount="1"', b'totalCount="%d"' % len(hits)))


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def world(tmp_path: Path, registry: Registry) -> Iterator[World]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in, FaultServer(registry.say) as server:
        world = at(stand_in, tmp_path)
        path = world.folder / "queries.toml"
        text = path.read_text().replace("[[digest]]", QUERY.format(url=server.url, asks=ASKS))
        path.write_text(text.replace('queries = ["gel", "moss"]', 'queries = ["gel", "uk"]'))
        world.asked = server.requests  # type: ignore[attr-defined]
        yield world


def uk(world: World, week: int) -> list[str]:
    """Ids of the trials that the query lists, after a fetch that must be whole."""
    tally = world.fetch(week, sources=("isrctn",))["isrctn", "uk"]
    assert (tally.complete, tally.error) == (True, "")
    sql = "select record from matches where query = 'uk' and absent_since is null order by record"
    return [row["record"] for row in world.rows(sql)]


def test_a_new_trial_and_a_moved_date_are_told_and_a_listed_one_is_baseline(world: World, registry: Registry) -> None:
    assert uk(world, 0) == [ONE, TWO]
    world.digest(0)
    registry.trials[ONE] = isrctn(ONE, day="2031-04-04", version=5).replace("2032-06-30", "2033-06-30")
    registry.trials[THREE] = isrctn(THREE, title="Exosomes of moss for alopecia")
    assert uk(world, 1) == [ONE, TWO, THREE]
    assert world.kinds(ONE)[:2] == ["new_trial", "date_slipped"] and world.kinds(THREE) == ["new_trial"]
    told = world.digest(1)
    assert "Exosomes of moss for alopecia" in told and "Moss gel for hair loss" not in told
    assert [request.query["limit"] for request in world.asked] == ["1000", "1000"]  # type: ignore[attr-defined]


def test_an_import_and_a_fetch_of_one_trial_are_the_same_version(world: World) -> None:
    run(world, isrctn_file(isrctn(ONE)))
    uk(world, 0)
    assert len(world.rows("select 1 from payloads where record = ?", ONE)) == 1


def test_what_left_the_listing_is_asked_by_its_number_and_gone_only_when_not_held(
    world: World, registry: Registry
) -> None:
    uk(world, 0)
    registry.by_number = {ONE: registry.trials.pop(ONE)}
    uk(world, 1)
    assert uk(world, 2) == [TWO]
    assert world.rows("select gone from records where id = ?", ONE) == [{"gone": None}]
    registry.by_number.clear()
    uk(world, 3)
    assert world.rows("select gone from records where id = ?", ONE)[0]["gone"]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Say(b"<html><body>Busy</body></html>"), "sent a web page instead of data"),
        (Say(b"<trials/>"), "sent something else than allTrials"),
        (Say(isrctn_file(isrctn(ONE))[:-400]), "sent an answer that is cut off"),
        (Say(isrctn_file(isrctn(ONE)).replace(b"</allTrials>", b"")), "sent an answer that is cut off"),
        (Say(isrctn_file(isrctn(ONE)).replace(b'totalCount="1"', b"")), "does not say how many trials match"),
        (Say(isrctn_file(isrctn(ONE)).replace(b'="1"', b'="2"', 1)), "1 of 2 trials came"),
        (Say(isrctn_file(isrctn(ONE)).replace(b'="1"', b'="26000"', 1)), "matches 26,000 trials.*narrow it"),
        (Say(b"<e/>", status=400), "refuses query uk"),
        (Say(b"", status=500), "HTTP 500"),
    ],
)
def test_half_an_answer_is_no_listing(world: World, registry: Registry, answer: Say, why: str) -> None:
    uk(world, 0)
    registry.answer = answer
    tally = world.fetch(1, sources=("isrctn",))["isrctn", "uk"]
    assert not tally.complete and re.search(why, tally.error), tally.error
    assert world.rows("select 1 from matches where query = 'uk' and absent_since is not null") == []


def test_a_trial_that_cannot_be_read_is_kept_and_the_others_go_on(world: World, registry: Registry) -> None:
    registry.trials["x"] = isrctn("ISRCTN9")
    assert uk(world, 0) == [ONE, TWO]
    (kept,) = world.rows("select source, reason from quarantine")
    assert kept["source"] == "isrctn" and "has no ISRCTN number" in kept["reason"]


def test_it_is_named_experimental_wherever_it_is_asked(world: World) -> None:
    uk(world, 0)
    assert "isrctn is experimental" in tracker(world, "check").stdout
    assert "isrctn is experimental" in tracker(world, "status").stdout


def test_check_live_looks_at_its_shape_its_numbers_and_its_gold(world: World, registry: Registry) -> None:
    done = tracker(world, "check", "--live", "uk")
    assert done.returncode == 0, done.stdout
    for line in ("trials of uk: 2 counted, 2 compared", f"trial {ONE} by its number: as it was listed",
                 "isrctn: 2 records, gold 1 of 2", "does not list its gold ISRCTN90000009"):  # fmt: skip
        assert line in done.stdout
    assert len(world.asked) == 5  # type: ignore[attr-defined]
    registry.trials[ONE] = registry.trials[ONE].replace("primaryStudyDesign", "studyKind")
    failed = tracker(world, "check", "--live", "uk")
    assert failed.returncode == 1 and f"trial/trialDesign/primaryStudyDesign is missing in {ONE}" in failed.stdout
    registry.all_fits = True
    assert "queries are not read as they are meant" in tracker(world, "check", "--live", "uk").stdout


def test_check_live_counts_what_two_queries_have_in_common(world: World) -> None:
    path = world.folder / "queries.toml"
    path.write_text(path.read_text() + '\n[[query]]\nname = "moss-uk"\nisrctn = "moss AND alopecia"\n')
    told = tracker(world, "check", "--live", "uk", "moss-uk").stdout
    assert "overlap in isrctn\n        2  in uk and moss-uk" in told
    asked = [request.query["q"] for request in world.asked]  # type: ignore[attr-defined]
    assert '("hair loss" OR alopecia) AND (moss AND alopecia)' in asked


@pytest.mark.parametrize(
    ("asks", "said"),
    [
        ("isrctn = 'hair loss'", "hair loss: words side by side are alternatives"),
        ("isrctn = 'asthma'", "is not about hair loss"),
        ("isrctn = '\"hair loss'", "quotation mark at position 1"),
        ("isrctn = ''", "is empty"),
    ],
)
def test_a_query_that_is_rarely_meant_is_said(world: World, asks: str, said: str) -> None:
    path = world.folder / "queries.toml"
    path.write_text(path.read_text().replace(ASKS, asks))
    done = tracker(world, "check")
    assert re.search(f"uk.isrctn: .*({said})", done.stdout + done.stderr), done.stdout + done.stderr
