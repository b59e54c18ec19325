"""An honest first run: what was there before us is never told as news, whatever went wrong while it was read."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.child import environment
from tests.test_ties import named
from tests.world import World, at, nct, pmid
from tracker.dates import clock_from
from tracker.demo.faults import Cut, Status
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.pipeline import compose
from tracker.store import Store

FOAM = """
[[query]]
name = "foam"
pubmed = "foam[tiab] AND alopecia[tiab]"
[[digest]]"""
OTHER = """
[[digest]]
name = "mosses"
every = "monday 07:00"
queries = ["moss"]
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A trial, two papers of it that have been there for long, and two others."""
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path / "world")
        world.put_study(1)
        world.put_article(1, abstract=named(1))
        world.put_article(2)
        world.put_article(3, "Foam for alopecia", abstract=f"Foam, {nct(1)}, was tested in 20 people with alopecia.")
        world.put_article(4, "Moss and gel in alopecia")
        yield world


def told(world: World, period: str, name: str = "weekly") -> dict[str, str]:
    """Record -> kinds of event, of what an issue told."""
    rows = world.rows(
        """select e.record, e.kind from digest_items i join digests d on d.id = i.digest join events e on e.id = i.event
           where d.name = ? and d.period = ? order by e.id""",
        name,
        period,
    )
    kinds: dict[str, list[str]] = {}
    for row in rows:
        kinds.setdefault(row["record"], []).append(row["kind"])
    return {record: ", ".join(said) for record, said in kinds.items()}


def digest(world: World, week: int, name: str) -> None:
    settings = world.settings
    with Store.open(settings.db) as store:
        compose(
            settings, store, settings.digest(name), clock_from({"TRACKER_NOW": f"2026-11-{9 + 7 * week:02}T07:00:00Z"})
        )


@pytest.mark.parametrize("source", ["pubmed", "clinicaltrials"])
def test_a_source_that_was_down_announces_nothing_once_it_answers(world: World, source: str) -> None:
    world.stand_in.misbehave(source, Status(503), times=50)
    world.fetch(0)
    first = world.digest(0)
    assert "it has never answered completely. Its first answer will be its baseline." in first
    assert "all clear" not in first and "quiet week" not in first
    world.stand_in.behave()
    world.fetch(1)
    text = world.digest(1)
    assert told(world, "2026-W47") == {}, "neither the records, nor that they are tied to each other"
    assert "query gel listed when it was first asked so" in text and "baseline and not listed as new" in text
    news = world.put_article(7, day="2026-11-20")
    world.put_study(1, statusModule={"overallStatus": "COMPLETED"})
    world.fetch(2)
    world.digest(2)
    assert told(world, "2026-W48") == {news: "new_article", nct(1): "status_changed"}


def test_a_first_answer_that_breaks_off_is_baseline_too(world: World) -> None:
    """Half of it is stored before the source fails; no whole listing was there, so all of it is baseline."""
    world.stand_in.misbehave("efetch", Cut(1500), times=50)
    world.fetch(0)
    world.digest(0)
    world.stand_in.behave()
    world.fetch(1)
    world.digest(1)
    assert told(world, "2026-W46") == told(world, "2026-W47") == {}
    assert len(world.rows("select 1 from matches where baseline = 1")) == len(world.rows("select 1 from matches"))


def test_killed_at_any_step_and_run_again_the_digests_are_those_of_an_unharmed_run(
    world: World, tmp_path: Path
) -> None:
    moments = [0.02, 0.3, 0.6, 0.9]
    victims = [at(world.stand_in, tmp_path / str(moment)) for moment in moments]
    total = calls(at(world.stand_in, tmp_path / "counted"))
    for victim, moment in zip(victims, moments, strict=True):
        assert doomed(victim, f"call:{int(total * moment)}") == -9
    for one in (world, *victims):
        one.fetch(0)
        one.digest(0)
    news = world.put_article(7, day="2026-11-15")
    for one in (world, *victims):
        one.fetch(1)
    texts = [one.digest(1) for one in (world, *victims)]
    assert told(world, "2026-W47") == {news: "new_article"}
    assert texts == [texts[0]] * len(texts)
    assert len({(one.folder / "digests/2026-W46-weekly.md").read_text() for one in (world, *victims)}) == 1


def test_killed_and_told_at_once_it_says_so_and_nothing_is_news_later(world: World, tmp_path: Path) -> None:
    total = calls(at(world.stand_in, tmp_path / "counted"))
    assert doomed(world, f"call:{int(total * 0.7)}") == -9
    text = world.digest(0)
    assert "Incomplete" in text and "all clear" not in text and "quiet week" not in text
    world.fetch(1)
    world.digest(1)
    assert told(world, "2026-W46") == told(world, "2026-W47") == {}


def calls(world: World) -> int:
    counts = world.folder / "counts.json"
    assert doomed(world, "never:0", DOOMED_COUNTS=str(counts)) == 0
    return int(json.loads(counts.read_text())["call"])


def doomed(world: World, how: str, **variables: str) -> int:
    command = [sys.executable, "-m", "tests.doomed", how, "fetch"]
    return subprocess.run(command, cwd=world.folder, env=environment(world) | variables, capture_output=True).returncode


def add_foam(world: World) -> None:
    path = world.folder / "queries.toml"
    path.write_text(path.read_text().replace("[[digest]]", FOAM, 1).replace('"gel", "moss"', '"gel", "moss", "foam"'))


def test_a_query_added_later_brings_its_baseline_and_no_news_of_what_is_held(world: World) -> None:
    world.fetch(0)
    world.digest(0)
    both = world.put_article(7, "Gel and foam in alopecia", day="2026-11-15")
    world.fetch(1)
    world.digest(1)
    add_foam(world)
    gel = world.put_article(8, day="2026-11-20")
    world.put_article(9, "Foam again", abstract="A foam in alopecia.", day="2026-11-20")
    world.fetch(2)
    text = world.digest(2)
    assert told(world, "2026-W47") == {both: "new_article"}
    assert told(world, "2026-W48") == {gel: "new_article"}, "not that the foam query finds what was told, nor a tie"
    assert "2 records that query foam listed when it was first asked so are its baseline" in text
    foam = world.put_article(10, "Foam once more", abstract="A foam in alopecia.", day="2026-11-27")
    world.put_article(8, "Gel number 8, a foam, for alopecia", day="2026-11-27")
    world.fetch(3)
    world.digest(3)
    assert told(world, "2026-W49") == {foam: "new_article", gel: "matched"}, "what it finds from now on is news"


def test_a_query_edited_in_a_week_with_news(world: World) -> None:
    world.fetch(0)
    world.digest(0)
    gel = world.put_article(7, day="2026-11-15")
    world.put_study(1, statusModule={"overallStatus": "COMPLETED"})
    world.config(gel="(gel[tiab] OR foam[tiab]) AND alopecia[tiab]")
    world.fetch(1)
    text = world.digest(1)
    assert told(world, "2026-W47") == {gel: "new_article", nct(1): "status_changed"}
    assert "1 record that query gel listed when it was first asked so is its baseline" in text
    foam = world.put_article(9, "Foam again", abstract="A foam in alopecia.", day="2026-11-20")
    world.fetch(2)
    world.digest(2)
    assert told(world, "2026-W48") == {foam: "new_article"}


def test_a_query_edited_in_a_week_in_which_its_source_is_down(world: World) -> None:
    """The old form is listed once more as soon as it can be: what came meanwhile is news, the rest baseline."""
    world.fetch(0)
    world.digest(0)
    gel = world.put_article(7, day="2026-11-15")
    world.config(gel="(gel[tiab] OR foam[tiab]) AND alopecia[tiab]")
    world.stand_in.misbehave("pubmed", Status(503), times=50)
    world.fetch(1)
    world.digest(1)
    world.stand_in.behave()
    world.fetch(2)
    world.digest(2)
    assert told(world, "2026-W47") == {} and told(world, "2026-W48") == {gel: "new_article"}


def test_a_record_in_two_queries_and_two_digests_is_told_once_in_each(world: World) -> None:
    path = world.folder / "queries.toml"
    path.write_text(path.read_text() + OTHER)
    world.fetch(0)
    digest(world, 0, "weekly"), digest(world, 0, "mosses")
    both = world.put_article(7, "Gel of moss in alopecia", day="2026-11-15")
    world.put_article(2, "Gel number 2 for alopecia, with moss", day="2026-11-15")
    world.fetch(1)
    digest(world, 1, "weekly"), digest(world, 1, "mosses")
    assert told(world, "2026-W47") == {both: "new_article"}
    # Of the digest that asks for moss alone, the one that was there without moss is news as well.
    assert told(world, "2026-W47", "mosses") == {both: "new_article", f"pubmed-{pmid(2)}": "matched"}
    world.put_article(7, "Gel of moss in alopecia", types=["Retracted Publication"], day="2026-11-20")
    world.fetch(2)
    digest(world, 2, "mosses"), digest(world, 2, "weekly")
    assert told(world, "2026-W48") == told(world, "2026-W48", "mosses") == {both: "retracted"}


def test_a_match_by_a_query_of_another_digest_is_no_news(world: World) -> None:
    path = world.folder / "queries.toml"
    path.write_text(path.read_text().replace('"gel", "moss"', '"gel"') + OTHER)
    news = ""
    for week in (0, 1, 2):
        if week == 1:
            news = world.put_article(7, day="2026-11-15")
        elif week == 2:
            world.put_article(7, "Gel number 7 for alopecia, with moss", day="2026-11-20")
        world.fetch(week)
        digest(world, week, "weekly"), digest(world, week, "mosses")
    assert [told(world, period) for period in ("2026-W47", "2026-W48")] == [{news: "new_article"}, {}]
    assert [told(world, period, "mosses") for period in ("2026-W47", "2026-W48")] == [{}, {news: "matched"}]
