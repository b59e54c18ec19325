"""What news says of a trial: labels and links of its own, beside the registry's facts and never in their place."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faultserver import FaultServer, Say
from tests.feed_world import item, rss
from tests.test_cli import tracker
from tests.world import WEEKS, World, at, nct, pmid
from tracker.classify import Classifier, load_taxonomy
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.records import Record

FEED = '\n[[feed]]\nname = "press"\nurl = "{url}"\nprivate = true\n[[digest]]'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world whose feed says what `world.press` is set to."""
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path)
        world.press = rss()  # type: ignore[attr-defined]
        with FaultServer(lambda request: Say(world.press)) as server:  # type: ignore[attr-defined]
            path = world.folder / "queries.toml"
            text = path.read_text().replace("[[digest]]", FEED.format(url=server.url))
            path.write_text(text.replace('queries = ["gel", "moss"]', 'queries = ["gel", "moss", "press"]'))
            world.put_study(1)
            yield world


def claims(title: str, text: str, kind: str = "news") -> dict[str, tuple[str, str]]:
    record = Record(id="feed-0123456789abcdef", source="feeds", kind=kind, title=title, abstract=text)
    labels = Classifier(load_taxonomy()).classify(record)
    for label in labels:
        if label.quote is not None:
            assert record.column(label.field or "")[label.start : label.end] == label.quote
    return {one.label: (one.value, one.quote or "") for one in labels if one.label.startswith("claim_")}


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Moss Works reports phase 2b results for its gel", "It grew hair in alopecia.",
         {"claim_phase": "2b", "claim_results": ""}),
        ("Moss Works and its gel for alopecia", "The phase I/II trial met its primary endpoint.",
         {"claim_phase": "1/2", "claim_results": ""}),
        ("Moss Works to begin a phase 3 trial of its hair loss gel in Q2 2027", "",
         {"claim_phase": "3", "claim_date": "Q2 2027"}),
        ("Gel for alopecia", "Top-line data are expected in the second half of 2027.",
         {"claim_date": "second half of 2027"}),
        ("Gel for alopecia", "Hair in its growth phase 2 days later. The company was founded in 2019.", {}),
        ("Gel for alopecia", "The company has moved to new offices.", {}),
    ],
)  # fmt: skip
def test_a_claim_is_a_label_of_the_item_with_its_words(title: str, text: str, expected: dict[str, str]) -> None:
    assert {name: value for name, (value, _) in claims(title, text).items()} == expected


def test_only_news_claims() -> None:
    title, text = "Phase 2b results of a gel in alopecia are reported", "A trial is planned in Q2 2027."
    assert (
        claims(title, text)
        and not claims(title, text, "article")
        and not claims("A new bridge: phase 2", "It is open.")
    )


def test_a_claim_stands_beside_the_registry_s_fact_and_changes_none(world: World) -> None:
    world.fetch(0)
    before = world.rows("select * from trials")
    world.press = rss(  # type: ignore[attr-defined]
        item(1, "Moss Works reports phase 3 results of its gel", text=f"Hair grew in alopecia ({nct(1)}).")
    )
    world.fetch(1)
    assert world.rows("select * from trials") == before and world.kinds(nct(1)) == ["new_trial"]
    (news,) = world.rows("select id from records where kind = 'news'")
    shown = tracker(world, "show", nct(1)).stdout
    assert "Claims" in shown and "press: phase 3; registry: PHASE2" in shown
    assert "registry: no results posted" in shown and "named by press: Moss Works reports phase 3" in shown
    item_page = tracker(world, "show", news["id"]).stdout
    assert f"{nct(1)}: press: phase 3; registry: PHASE2" in item_page
    told = json.loads(tracker(world, "show", nct(1), "--json").stdout)
    assert [(one["label"], one["value"]) for one in told["claims"]] == [("claim_results", ""), ("claim_phase", "3")]


def test_news_is_no_evidence_on_the_board(world: World) -> None:
    world.fetch(0)
    board = world.rows("select * from trial_board")
    world.press = rss(item(1, "Exosomes regrow hair in a phase 3 trial of 200 men with alopecia"))  # type: ignore[attr-defined]
    world.fetch(1)
    assert world.rows("select * from trial_board") == board
    assert "## News" in world.digest(1)


def test_what_news_names_is_fetched_by_its_id_and_never_announced(world: World) -> None:
    world.put_study(5, conditionsModule={"conditions": ["Sleep"]}, identificationModule={"briefTitle": "Sleep"})
    world.put_article(9, "Sleep", abstract="Sleep.", rest="<KeywordList/>")
    world.fetch(0)
    world.digest(0)
    world.press = rss(item(1, text=f"Exosomes for alopecia: {nct(5)}, PMID {pmid(9)}, and NCT00000000."))  # type: ignore[attr-defined]
    world.fetch(1)
    held = {row["id"] for row in world.rows("select id from records")}
    assert {nct(5), f"pubmed-{pmid(9)}"} <= held
    told = world.digest(1)
    assert "Exosomes for hair loss, item 1" in told and "\n- Sleep" not in told and "**Sleep" not in told


def test_one_trial_is_followed_through_press_registry_and_paper(world: World) -> None:
    world.fetch(0)
    world.press = rss(item(1, "Gel company announces its phase 2 trial", text=f"For alopecia: {nct(1)}."))  # type: ignore[attr-defined]
    world.fetch(1)
    world.put_study(1, statusModule={"overallStatus": "COMPLETED"})
    world.put_article(2, "A gel in alopecia: trial", abstract=f"20 people with alopecia. {nct(1)}.", day="2026-11-22")
    world.fetch(2)
    shown = tracker(world, "show", nct(1), TRACKER_NOW=WEEKS[2]).stdout
    for words in ("named by press", "status RECRUITING -> COMPLETED", "result paper"):
        assert words in shown, shown
