"""Fetch, end to end over real HTTP: what is new, what is baseline, what is gone, and a source that fails."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import GEL, WEEKS, World, at, pmid
from tracker.demo.faults import Cut, DropArticles, Hang, Html, SearchError, ShortIdList, Status
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream

PUBMED, REGISTRY = ("pubmed", "gel"), ("clinicaltrials", "gel")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with StandIn(Upstream()) as stand_in:
        world = at(stand_in, tmp_path)
        for n in range(1, 6):
            world.put_article(n)
        world.put_article(6, "Moss and gel in alopecia")
        for n in (1, 2):
            world.put_study(n)
        yield world


def everything_but_fetches(world: World) -> list[str]:
    from tracker.store import Store

    with Store.read(world.settings.db) as store:
        return [line for line in store.db.conn.iterdump() if not line.startswith('INSERT INTO "fetches"')]


def test_the_first_fetch_stores_all_and_is_baseline(world: World) -> None:
    tallies = world.fetch()
    assert (tallies[PUBMED].listed, tallies[PUBMED].new, tallies[PUBMED].baseline) == (6, 6, True)
    assert (tallies["pubmed", "moss"].listed, tallies["pubmed", "moss"].asked) == (1, 0)
    assert tallies[REGISTRY].new == 2
    assert {row["baseline"] for row in world.rows("select baseline from matches")} == {1}
    assert "Gel number" not in world.digest(0)


def test_a_second_fetch_of_an_unchanged_upstream_adds_its_log_and_nothing_else(world: World) -> None:
    world.fetch()
    before, asked = everything_but_fetches(world), len(world.stand_in.asked("efetch"))
    tallies = world.fetch(1)
    assert everything_but_fetches(world) == before
    assert len(world.rows("select * from fetches")) == 6
    assert tallies[PUBMED].asked == 0 and len(world.stand_in.asked("efetch")) == asked
    assert tallies[REGISTRY].same == 2


def test_asked_is_the_sum_of_what_came_of_it(world: World) -> None:
    world.fetch()
    world.put_article(7, day="2026-11-15")
    world.put_article(1, "Gel number 1 for alopecia, corrected title", day="2026-11-15")
    tally = world.fetch(1)[PUBMED]
    assert (tally.new, tally.changed, tally.same, tally.quarantined, tally.missing) == (1, 1, 0, 0, ())
    row = world.rows("select * from fetches where source = 'pubmed' and query = 'gel' order by id desc limit 1")[0]
    assert row["asked"] == row["new"] + row["changed"] + row["same"] + row["quarantined"] == 2
    assert row["complete"] == 1 and row["listed"] == 7 and row["error"] is None


def test_a_record_that_is_indexed_late_is_new_although_its_dates_are_old(world: World) -> None:
    world.fetch()
    late = world.put_article(8, day="2024-02-01")
    world.fetch(1)
    assert world.kinds(late) == ["new_article"]
    assert "Gel number 8" in world.digest(1)


def test_a_source_that_was_down_at_the_first_fetch_makes_nothing_old_new_later(world: World) -> None:
    world.stand_in.misbehave("pubmed", Status(503), times=50)
    tallies = world.fetch()
    assert "503" in tallies[PUBMED].error and not tallies[REGISTRY].error
    assert world.rows("select count(*) as n from records where source = 'pubmed'")[0]["n"] == 0
    assert "PubMed" in world.digest(0)
    world.stand_in.behave()
    world.fetch(1)
    text = world.digest(1)
    assert "Gel number" not in text and world.rows("select * from matches where baseline = 0") == []


def test_a_failed_source_heads_the_digest_and_leaves_the_others_running(world: World) -> None:
    world.fetch()
    world.put_study(3)
    world.stand_in.misbehave("esearch", Html(), times=50)
    tallies = world.fetch(1)
    assert tallies[PUBMED].error and tallies[REGISTRY].new == 1
    text = world.digest(1)
    assert text.index("PubMed") < text.index("Gel 3 in alopecia")
    assert "quiet" not in text.lower()


@pytest.mark.parametrize(
    "fault",
    [Html("Site maintenance"), Status(500), SearchError(), Cut(200), ShortIdList()],
    ids=lambda fault: type(fault).__name__,
)
def test_a_fault_that_passes_ends_in_the_same_database_as_none(world: World, tmp_path: Path, fault: object) -> None:
    world.stand_in.misbehave("esearch", fault)  # type: ignore[arg-type]
    world.fetch()
    other = at(world.stand_in, tmp_path / "other")
    other.fetch()
    assert world.dump() == other.dump()


def test_records_that_pubmed_did_not_give_are_missing_and_asked_for_again(world: World) -> None:
    world.stand_in.misbehave("efetch", DropArticles(pmid(2)), times=9)
    tally = world.fetch(names=("gel",))[PUBMED]
    world.stand_in.behave()
    assert tally.missing == (pmid(2),) and tally.new == 5
    assert world.fetch(1)[PUBMED].new == 1
    # It was listed when everything else was: it is no news, only late.
    assert "Gel number 2" not in world.digest(1)


@pytest.mark.parametrize("trouble", ["missing", "emptied", "added"])
def test_a_week_in_which_something_is_amiss_is_never_called_quiet(world: World, trouble: str) -> None:
    world.fetch()
    world.digest(0)
    if trouble == "missing":
        world.put_article(7, day="2026-11-15")
        world.stand_in.misbehave("efetch", DropArticles(pmid(7)), times=9)
    elif trouble == "emptied":
        for n in range(1, 7):
            world.upstream.delete_article(pmid(n))
    world.fetch(1)
    if trouble == "added":
        path = world.folder / "queries.toml"
        more = '[[query]]\nname = "foam"\npubmed = "foam[tiab] AND alopecia[tiab]"\n[[digest]]'
        path.write_text(path.read_text().replace("[[digest]]", more).replace('"gel", "moss"', '"gel", "moss", "foam"'))
    text = world.digest(1)
    assert "quiet week" not in text and "all clear" not in text
    assert {"missing": "did not come", "emptied": "it lists 0", "added": "never asked"}[trouble] in text


def test_a_record_that_cannot_be_read_is_kept_and_the_rest_goes_on(world: World) -> None:
    world.put_study(3, identificationModule={"briefTitle": {"not": "text"}}, statusModule={"overallStatus": ["?"]})
    world.upstream.studies["NCT99900003"]["protocolSection"] = "broken"
    world.upstream.studies["NCT99900003"]["title"] = "alopecia gel"
    tallies = world.fetch()
    assert not tallies[REGISTRY].error and tallies[REGISTRY].new == 2


def test_a_new_record_that_two_queries_list_is_told_once(world: World) -> None:
    world.fetch()
    both = world.put_article(9, "Moss gel for alopecia", day="2026-11-15")
    world.fetch(1)
    assert world.kinds(both) == ["new_article"]
    assert {row["query"] for row in world.rows("select query from matches where record = ?", both)} == {"gel", "moss"}
    assert world.digest(1).count("**Moss gel for alopecia**") == 1


def test_a_held_record_that_one_more_query_lists_is_matched(world: World) -> None:
    world.fetch()
    record = world.put_article(1, "Gel number 1 for alopecia, with moss", day="2026-11-15")
    world.fetch(1)
    matched = world.rows("select field from events where record = ? and kind = 'matched'", record)
    assert matched == [{"field": "moss"}]


def test_an_edited_query_tells_what_the_old_form_found_and_takes_the_rest_as_baseline(world: World) -> None:
    world.fetch()
    news = world.put_article(10, day="2026-11-15")
    old = world.put_article(11, "Foam for alopecia", abstract="Foam was tested in alopecia.", day="2020-01-01")
    world.config(gel="(gel[tiab] OR foam[tiab]) AND alopecia[tiab]")
    world.fetch(1)
    baseline = {row["record"]: row["baseline"] for row in world.rows("select record, baseline from matches")}
    assert baseline[news] == 0 and baseline[old] == 1
    text = world.digest(1)
    assert "Gel number 10" in text and "Foam" not in text
    expressions = [row["expression"] for row in world.rows("select expression from fetches where source = 'pubmed'")]
    assert expressions.count(GEL) == 2


def test_a_listed_record_that_does_not_come_is_missing_and_never_gone(world: World) -> None:
    world.fetch()
    world.upstream.delete_article(pmid(3))
    world.fetch(1)
    record = world.put_article(3)
    world.stand_in.misbehave("efetch", DropArticles(pmid(3)), times=9)
    assert world.fetch(2)[PUBMED].missing == (pmid(3),)
    assert "gone" not in world.kinds(record)


def test_gone_needs_two_absences_and_the_source_s_word(world: World) -> None:
    world.fetch()
    world.upstream.delete_article(pmid(3))
    record = f"pubmed-{pmid(3)}"
    world.fetch(1)
    assert world.rows("select gone from records where id = ?", record)[0]["gone"] is None
    world.fetch(2)
    assert world.kinds(record)[-1] == "gone"
    world.put_article(3)
    world.fetch(3)
    assert world.kinds(record)[-1] == "returned"
    assert world.rows("select absent_since from matches where record = ?", record)[0]["absent_since"] is None


def test_what_only_left_the_listing_is_not_gone_and_is_read_again_by_id(world: World) -> None:
    world.fetch()
    record = world.put_article(3, "Gel number 3", abstract="The gel, for bald patches.", day="2026-11-15")
    for week in (1, 2, 3):
        world.fetch(week)
    assert "gone" not in world.kinds(record)
    assert world.rows("select absent_since from matches where record = ?", record)[0]["absent_since"] == WEEKS[1]
    world.put_article(3, "Gel number 3", abstract="The gel, for bald patches.", rest="<KeywordList/>")
    assert world.fetch(3)[PUBMED].changed == 1


def test_a_listing_that_shrinks_at_once_marks_nothing_and_says_so(world: World) -> None:
    for n in range(20, 40):
        world.put_article(n)
    world.fetch()
    for n in range(20, 35):
        world.upstream.delete_article(pmid(n))
    tally = world.fetch(1)[PUBMED]
    assert any("15 of 26 records left" in note for note in tally.notes)
    assert world.rows("select * from matches where absent_since is not null") == []


def test_a_query_that_grew_tenfold_is_held_until_told_otherwise(world: World) -> None:
    world.fetch(names=("gel",))
    for n in range(100, 160):
        world.put_article(n)
    before = len(world.rows("select * from records"))
    tally = world.fetch(1, names=("gel",))[PUBMED]
    assert "accept-drift" in tally.error and len(world.rows("select * from records")) == before
    assert world.fetch(1, names=("gel",), accept_drift=True)[PUBMED].new == 60


def test_a_phrase_that_pubmed_does_not_know_is_said_and_a_lost_part_fails(world: World) -> None:
    world.config(gel="(gel[tiab] OR unheard-of[tiab]) AND alopecia[tiab]")
    tally = world.fetch()[PUBMED]
    assert not tally.error and any("unheard-of" in note for note in tally.notes)
    world.config(gel="gel[tiab] AND unheard-of[tiab]")
    assert "unheard-of" in world.fetch(1, accept_drift=False)[PUBMED].error


def test_a_dry_run_counts_and_stores_nothing(world: World) -> None:
    world.fetch()
    world.put_article(7, day="2026-11-15")
    from tracker.store import Store

    with Store.read(world.settings.db) as store:
        before = list(store.db.conn.iterdump())
    assert world.fetch(1, dry_run=True)[PUBMED].new == 1
    with Store.read(world.settings.db) as store:
        assert list(store.db.conn.iterdump()) == before


def test_a_dry_run_makes_no_database(world: World) -> None:
    assert world.fetch(dry_run=True)[PUBMED].new == 6
    assert not world.settings.db.exists()


def test_tool_and_contact_are_sent_and_the_pace_is_kept(world: World) -> None:
    world.fetch()
    for asked in world.stand_in.asked("pubmed"):
        assert asked.method == "POST"
        assert asked.params["tool"] and asked.params["email"] == "tester@example.org"
    assert all("mailto:tester@example.org" in asked.headers["User-Agent"] for asked in world.stand_in.log)


def test_killed_half_way_the_next_run_ends_in_the_same_database(world: World, tmp_path: Path) -> None:
    # The registry hangs, PubMed is already stored: the run dies there.
    world.stand_in.misbehave("studies", Hang(60))
    command = [sys.executable, "-m", "tracker", "--config", str(world.folder / "queries.toml"), "fetch"]
    child = subprocess.Popen(command, env=os.environ | world.stand_in.environment | {"TRACKER_NOW": WEEKS[0]})
    deadline = time.monotonic() + 30
    while not world.stand_in.asked("studies") and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert len(world.rows("select * from records")) == 6
    world.fetch(0)
    other = at(world.stand_in, tmp_path / "other")
    other.fetch(0)
    assert world.dump() == other.dump()
    assert "Gel number" not in world.digest(0)
