"""--explain-missing: what became of a record in a digest, case by case, as a user asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_cli import tracker
from tests.world import WEEKS, World, at, hair_article, nct, pmid
from tracker.dates import clock_from
from tracker.demo.faults import DropArticles, Status
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.pipeline.missing import explain_missing
from tracker.store import Store

BOARD = """
[[query]]
name = "board"
clinicaltrials = { cond = "sleep" }
[[digest]]"""
MORE = """
[[digest]]
name = "high"
every = "monday 07:00"
queries = ["gel"]
min_severity = "high"
[[digest]]
name = "vesicles"
every = "monday 07:00"
queries = ["gel"]
approaches = ["ev"]
"""
OFF = "A gel for hair cells of the cochlea, and no word of alopecia but this."


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A baseline, a week that was told, and a week of moves that are not told yet."""
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path_factory.mktemp("world"))
        path = world.folder / "queries.toml"
        path.write_text(path.read_text().replace("[[digest]]", BOARD) + MORE)
        world.put_article(1)
        world.put_article(2, rest="<KeywordList/>")
        world.put_study(1)
        world.put_study(5, identificationModule={"briefTitle": "Sleep"}, conditionsModule={"conditions": ["Sleep"]})
        world.fetch(0)
        world.digest(0)
        world.put_article(3, day="2026-11-15")
        world.put_article(4, "Hair cells of the cochlea", abstract=OFF, day="2026-11-15")
        world.fetch(1)
        world.digest(1)
        world.put_article(6, day="2026-11-22")
        world.put_article(7, day="2026-11-22", abstract=f"A gel in alopecia, {nct(8)}.")
        world.put_study(8, conditionsModule={"conditions": ["Skin"]}, identificationModule={"briefTitle": "A gel"})
        world.put_study(1, sponsorCollaboratorsModule={"leadSponsor": {"name": "New Moss"}})
        world.put_article(20, day="2026-11-22")
        world.stand_in.misbehave("efetch", DropArticles(pmid(20)), times=9)
        world.fetch(2)
        world.stand_in.behave()
        (world.folder / "file.xml").write_bytes(b"<PubmedArticleSet>" + hair_article(30) + b"</PubmedArticleSet>")
        assert tracker(world, "import", "file.xml", TRACKER_NOW=WEEKS[2]).returncode == 0
        (world.folder / "file.xml").write_bytes(b"<PubmedArticleSet>" + hair_article(31) + b"</PubmedArticleSet>")
        assert (
            tracker(world, "import", "--query", "gel", "file.xml", TRACKER_NOW="2026-11-23T08:00:00Z").returncode == 0
        )
        yield world


def why(world: World, identifier: str, digest: str = "weekly") -> str:
    settings = world.settings
    with Store.read(settings.db) as store:
        clock = clock_from({"TRACKER_NOW": "2026-11-23T09:00:00Z"})
        return explain_missing(settings, store, settings.digest(digest), identifier, clock)


@pytest.mark.parametrize(
    ("identifier", "digest", "words"),
    [
        (pmid(99), "weekly", ["PMID 999000099 is not held", "PubMed, queries gel and moss: not listed (last whole"]),
        (nct(99), "weekly", ["NCT99900099 is not held", "query gel: not listed", "Outside this digest", "for board"]),
        ("10.1000/moss", "weekly", ["DOI 10.1000/moss is not held"]),
        (pmid(20), "weekly", ["is not held", "query gel: listed, but the source did not give it"]),
        (pmid(4), "weekly", ["Off topic, by rule other.ear: “Hair cells” in its title", "tracker why"]),
        (pmid(1), "weekly", ["It is baseline: it was in the first answer to query gel (2026-11-09 07:00 UTC)",
                             "Nothing of it has moved since."]),
        (nct(1), "weekly", ["It is baseline", "“NCT99900001: sponsor", "waits for the next issue, 2026-W48"]),
        (nct(1), "high", ["It is baseline", "Below this digest's severity (high)", "which is low"]),
        (pmid(3), "weekly", ["Told in 2026-W47 of 2026-11-16, under New human evidence: new article.", "Nothing else"]),
        (pmid(3), "high", ["Below this digest's severity (high)", "which is medium"]),
        (pmid(3), "vesicles", ["Outside this digest's approaches, which are ev: it has no approach."]),
        (pmid(6), "weekly", ["waits for the next issue"]),
        (nct(5), "weekly", ["No query of this digest lists it (they are gel and moss); it is held because of board."]),
        (nct(8), "weekly", ["Off topic, by rule hair.absent"]),
        (pmid(30), "weekly", ["No query of this digest lists it", "because it came from a file"]),
        (pmid(31), "weekly", ["It is baseline: it came from a file for query gel (2026-11-23 08:00 UTC)"]),
    ],
)  # fmt: skip
def test_each_reason_is_said(world: World, identifier: str, digest: str, words: list[str]) -> None:
    said = why(world, identifier, digest)
    assert said.startswith(f"{digest}: ") and said.count("\n") == 0
    assert [one for one in words if one not in said] == [], said


def test_ids_are_taken_as_everywhere(world: World) -> None:
    for identifier in (f"pubmed-{pmid(3)}", f" PMID: {pmid(3)}", f"https://pubmed.ncbi.nlm.nih.gov/{pmid(3)}/"):
        assert why(world, identifier) == why(world, pmid(3))
    assert why(world, nct(1).lower()) == why(world, nct(1))


def test_as_a_user_asks_it_changes_nothing_and_answers_per_digest(world: World) -> None:
    before = world.dump()
    done = tracker(world, "digest", "--explain-missing", pmid(3), TRACKER_NOW=WEEKS[2])
    assert done.returncode == 0, done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["weekly", "high", "vesicles"]
    assert world.dump() == before
    wrong = tracker(world, "digest", "--explain-missing", "\x1bfoo", TRACKER_NOW=WEEKS[2])
    assert wrong.returncode == 2 and "'\\x1bfoo': is no id" in wrong.stderr


def test_what_cannot_be_read_and_what_was_never_answered(tmp_path: Path) -> None:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path)
        world.put_study(3)
        world.upstream.studies[nct(3)]["protocolSection"]["statusModule"] = "broken"
        stand_in.misbehave("pubmed", Status(503), times=50)
        world.fetch(0)
        said = why(world, nct(3))
        assert "came with query gel on 2026-11-09 07:00 UTC and could not be read" in said and "quarantine" in said
        assert "PubMed, queries gel and moss: never answered whole." in why(world, pmid(1))


def test_a_person_s_word_and_an_issue_that_passed_it_by(tmp_path: Path) -> None:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path)
        world.fetch(0)
        world.put_article(3, day="2026-11-15")
        world.fetch(1)
        tracker(world, "label", pmid(3), "relevance=off", TRACKER_NOW=WEEKS[1])
        world.digest(1)
        assert "Off topic, by a person's word" in why(world, pmid(3))
        tracker(world, "label", pmid(3), "--drop", TRACKER_NOW=WEEKS[2])
        assert "was left out of 2026-W47: the labels and settings of that day kept it out" in why(world, pmid(3))


def test_an_issue_passed_by_what_no_query_of_its_digest_listed_yet(tmp_path: Path) -> None:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path)
        queries = world.folder / "queries.toml"
        whole = queries.read_text()
        queries.write_text(whole.replace("[[digest]]", BOARD))
        sleep = {"conditionsModule": {"conditions": ["Sleep"]}, "identificationModule": {"briefTitle": "Gel for hair"}}
        world.put_study(5, **sleep)
        world.fetch(0)
        world.digest(0)
        world.put_study(5, **sleep, statusModule={"overallStatus": "COMPLETED"})
        world.fetch(1)
        world.digest(1)
        world.put_study(5, **sleep | {"conditionsModule": {"conditions": ["Alopecia"]}})
        world.fetch(2)
        said = why(world, nct(5))
        assert f"2026-W47: none of its queries listed the record yet, gel did first on {WEEKS[2][:10]}" in said


def test_versions_of_a_work_and_what_the_page_has_no_room_for(tmp_path: Path) -> None:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path)
        world.fetch(0)
        world.digest(0)
        doi = '<ArticleId IdType="doi">10.1000/moss</ArticleId>'
        for n in (101, 102):
            body = hair_article(n, "One paper of two numbers on alopecia and gel")
            world.upstream.put_article(body.replace(b"</ArticleIdList>", f"{doi}</ArticleIdList>".encode()))
        for n in range(200, 290):
            world.put_article(n, day="2026-11-15", types=["Review"])
        world.fetch(1, accept_drift=True)
        world.digest(1)
        older = why(world, pmid(101))
        assert f"It is told as PMID {pmid(102)}, another version" in older and "Told in 2026-W47" in older
        assert why(world, "10.1000/moss").startswith(f"weekly: PMID {pmid(102)}")
        page = world.rows("select html from digests order by id desc limit 1")[0]["html"]
        hidden = next(n for n in range(200, 290) if pmid(n) not in page)
        assert "; the HTML counts it among those that it has no room for." in why(world, pmid(hidden))
        shown = next(n for n in range(200, 290) if pmid(n) in page)
        assert "no room" not in why(world, pmid(shown))
