"""What news says of a trial: labels and links of its own, beside the registry's facts and never in their place."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faultserver import FaultServer, Say
from tests.feed_world import item, rss
from tests.registry_files import isrctn, isrctn_file
from tests.test_cli import tracker
from tests.test_import import run
from tests.test_works import put
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
        ("Gel for alopecia", "It completed phase 2 of its office expansion.", {}),
        ("Gel for alopecia", "A phase 1 clean room was opened for the drug.", {}),
        ("Gel for alopecia", "No phase 3 data exist.", {}),
        ("Gel for alopecia", "The company denies that a phase 3 trial has begun.", {}),
        ("Gel for alopecia", "The firm does not report results. It failed to present data.", {}),
        ("Gel for alopecia", "Third quarter financial results were reported.", {}),
        ("Gel for alopecia", "It plans to sell shares; it was founded in 2019.", {}),
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
    assert "Moss Works reports phase 3 results of its gel · press: phase 3 ·" in world.digest(1)
    item_page = tracker(world, "show", news["id"]).stdout
    assert f"{nct(1)}: press: phase 3; registry: PHASE2" in item_page
    told = json.loads(tracker(world, "show", nct(1), "--json").stdout)
    assert [(one["label"], one["value"]) for one in told["claims"]] == [("claim_results", ""), ("claim_phase", "3")]


def test_a_claim_of_a_trial_that_is_named_by_another_registry_s_number(world: World) -> None:
    """Shown at the record that stands for both, and once, though the item names both numbers."""
    world.fetch(0)
    refs = f"<clinicalTrialsGovNumber>{nct(1)}</clinicalTrialsGovNumber>"
    run(world, isrctn_file(isrctn(refs=refs)))
    text = f"The phase 3 trial ({nct(1)}, ISRCTN 90000001) met its primary endpoint in alopecia."
    world.press = rss(
        item(1, "Moss Works and its gel", text=text),
        item(2, "A gel for alopecia", text="The phase 4 trial ISRCTN90000001 met its endpoint in alopecia."),
    )  # type: ignore[attr-defined]
    world.fetch(1)
    for one in (nct(1), "ISRCTN90000001"):
        shown = tracker(world, "show", one).stdout
        assert [shown.count(f"press: phase {n}; registry: PHASE2") for n in (3, 4)] == [1, 1], shown
        assert shown.count("named by press") == 2


@pytest.mark.parametrize(
    ("text", "about"),
    [
        (f"It met its endpoint in alopecia in a phase 3 trial, unlike Moss Works' gel ({nct(1)}).", False),
        (f"Its phase 3 trial met its primary endpoint in alopecia. Competitor Moss Works runs {nct(1)}.", False),
        (f"Unlike others, it met its endpoint. The phase 3 trial in alopecia is {nct(1)}.", True),
    ],
)
def test_what_is_claimed_of_a_rival_is_not_shown_at_the_trial_that_it_is_compared_with(
    world: World, text: str, about: bool
) -> None:
    world.fetch(0)
    world.press = rss(item(1, "Fern Pharma and its gel", text=text))  # type: ignore[attr-defined]
    world.fetch(1)
    shown = tracker(world, "show", nct(1)).stdout
    assert ("press: phase 3" in shown) == about and "named by press: Fern Pharma" in shown
    assert bool(json.loads(tracker(world, "show", nct(1), "--json").stdout)["claims"]) == about


def test_a_date_that_is_claimed_stands_in_its_sentence(world: World) -> None:
    world.fetch(0)
    text = f"The gel ({nct(1)}) is safe. A phase 3 trial in alopecia is planned for Q2 2027."
    world.press = rss(item(1, "Moss Works and its gel", text=text))  # type: ignore[attr-defined]
    world.fetch(1)
    shown = " ".join(tracker(world, "show", nct(1)).stdout.split())
    assert (
        "press: Q2 2027 (“A phase 3 trial in alopecia is planned for Q2 2027.”); registry: primary completion" in shown
    )


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


@pytest.mark.parametrize(("other", "about"), [("NCT00000000", False), ("2019-001234-12", True)])
def test_an_item_that_names_a_trial_more_claims_nothing_though_it_is_not_held(
    world: World, other: str, about: bool
) -> None:
    """A number of another registry may be the same trial's."""
    world.fetch(0)
    text = f"The phase 3 trial in alopecia ({nct(1)}; {other}) met its endpoint."
    world.press = rss(item(1, "Moss Works and its gel", text=text))  # type: ignore[attr-defined]
    world.fetch(1)
    assert ("press: phase 3" in tracker(world, "show", nct(1)).stdout) == about
    (news,) = world.rows("select id from records where kind = 'news'")
    assert f"{other}: is not held; it is named by {news['id']}" in tracker(world, "show", other).stderr


@pytest.mark.parametrize("command", ["fetch", "run"])
def test_what_news_names_is_fetched_though_no_query_asks_its_source(world: World, command: str) -> None:
    path = world.folder / "queries.toml"
    text = path.read_text().replace('queries = ["gel", "moss", "press"]', "")
    path.write_text(text[: text.index("[[query]]")] + text[text.index("[[feed]]") :])
    world.put_article(9, "A gel in alopecia")
    world.press = rss(item(1, text=f"Exosomes for alopecia: {nct(1)}, PMID {pmid(9)}, 2023-501234-12-00."))  # type: ignore[attr-defined]
    done = tracker(world, command, TRACKER_NOW=WEEKS[0])
    assert done.returncode == 0, done.stderr
    held = {row["id"] for row in world.rows("select id from records")}
    assert {nct(1), f"pubmed-{pmid(9)}"} <= held


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


PREPRINT = b"""<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="u">
 <title>Made-up preprints</title><link>u</link></channel><item rdf:about="u1"><title>A topical gel in 20 people
 with alopecia</title><link>https://www.medrxiv.org/content/10.1101/2026.11.01.26300001v1?rss=1</link>
 <dc:creator>Moss, A., Fern, B., Reed, C.</dc:creator><dc:date>2026-11-14</dc:date>
 <dc:identifier>doi:10.1101/2026.11.01.26300001</dc:identifier>
 <description>The gel was tested in 20 people with alopecia.</description></item></rdf:RDF>"""


def test_a_feed_s_preprint_and_its_paper_are_one_work_and_its_publication_is_told_once(world: World) -> None:
    world.fetch(0)
    world.digest(0)
    world.press = PREPRINT  # type: ignore[attr-defined]
    world.fetch(1)
    (preprint,) = (row["id"] for row in world.rows("select id from records where source = 'feeds'"))
    assert "## Preprints" in world.digest(1)
    paper = put(world, 4, year=2027)
    world.fetch(2)
    assert world.rows("select same_as from records where id = ?", preprint) == [{"same_as": paper}]
    assert world.kinds(paper) == ["published_from_preprint"]
    assert world.digest(2).count("was the preprint") == 1
    world.fetch(3)
    assert world.kinds(paper) == ["published_from_preprint"] and "was the preprint" not in world.digest(3)


@pytest.mark.parametrize("first", ["feed", "pubmed"])
def test_an_item_that_is_a_pubmed_record_is_told_once(world: World, first: str) -> None:
    world.fetch(0)
    world.digest(0)
    title = "A topical gel for alopecia"
    link = f"https://pubmed.ncbi.nlm.nih.gov/{pmid(4)}/?utm_source=x"
    steps = {
        "feed": lambda: setattr(world, "press", rss(item(4, title, link=link, guid=f"pubmed:{pmid(4)}"))),
        "pubmed": lambda: world.put_article(4, title, day="2026-11-15"),
    }
    steps.pop(first)()
    world.fetch(1)
    told = world.digest(1)
    (rest,) = steps.values()
    rest()
    world.fetch(2)
    told += world.digest(2)
    (row,) = world.rows("select same_as from records where source = 'feeds'")
    assert row["same_as"] == f"pubmed-{pmid(4)}"
    assert told.count(title) == 1
