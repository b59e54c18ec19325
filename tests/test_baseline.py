"""--baseline: the state of the field. Everything held on topic, readable, and nothing taken, queued or missed."""

from collections.abc import Iterator

import pytest

from tests.test_cli import tracker
from tests.world import WEEKS, World, at, nct, pmid
from tracker.dates import clock_from
from tracker.demo.faults import Status
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.digest.page import LIMIT
from tracker.pipeline.baseline import Report, compose_baseline
from tracker.store import Store

BOARD = """
[[query]]
name = "board"
clinicaltrials = { cond = "alopecia" }
[[digest]]"""
LATER = '[[query]]\nname = "later"\npubmed = "foam[tiab] AND alopecia[tiab]"\n[[digest]]'


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Trials of three phases, papers of several kinds, one taken back, one off topic; told up to the first week."""
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path_factory.mktemp("world"))
        path = world.folder / "queries.toml"
        path.write_text(path.read_text().replace("[[digest]]", BOARD, 1))
        for n, phase, status in [(1, "PHASE3", "RECRUITING"), (2, "PHASE2", "COMPLETED"), (3, "PHASE2", "RECRUITING")]:
            world.put_study(
                n,
                designModule={"phases": [phase], "enrollmentInfo": {"count": 100 * n, "type": "ESTIMATED"}},
                statusModule={"overallStatus": status},
            )
        world.put_study(4, armsInterventionsModule={"interventions": [{"name": "Cream"}]},
                        identificationModule={"briefTitle": "Cream in alopecia"})  # fmt: skip
        world.put_article(1)
        world.put_article(2, types=["Systematic Review"], abstract="Trials of the gel in alopecia were reviewed.")
        world.put_article(3, types=["Retracted Publication"])
        world.put_article(4, "Hair cells of the cochlea and a gel", abstract="No alopecia here.")
        world.put_article(
            5, "A gel for mice with alopecia", abstract="In mice, hair grew back.", mesh=["Mice", "Animals"]
        )
        world.fetch(0)
        world.digest(0)
        yield world


def report(world: World, now: str = WEEKS[0]) -> Report:
    settings = world.settings
    with Store.read(settings.db) as store:
        return compose_baseline(settings, store, settings.digests[0], clock_from({"TRACKER_NOW": now}))


def section(text: str, title: str) -> str:
    return text.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_it_shows_what_is_held_although_nothing_of_it_was_told(world: World) -> None:
    made = report(world)
    assert made.subject == "Hair research, weekly: the state of the field on 2026-11-09"
    text = made.markdown
    assert "**7 works on topic: 3 trials (2 under way or planned), " in text
    ladder = section(text, "Trials by stage and status")
    assert "- Phase 3: 1 trial, 100 people enrolled or planned: 1 recruiting\n" in ladder
    assert "- Phase 2: 2 trials, 500 people enrolled or planned: 1 recruiting; 1 completed\n" in ladder
    assert "1 more trial that other queries list: see the board." in ladder
    under_way = section(text, "Trials under way or planned, the furthest first")
    assert under_way.index(nct(1)) < under_way.index(nct(3)) and nct(2) not in under_way
    assert pmid(1) in section(text, "Newest evidence in people") and pmid(2) in section(
        text, "Newest systematic reviews"
    )
    back = section(text, "Taken back or under concern")
    assert pmid(3) in back and "**Retracted**" in back
    assert pmid(3) not in text.replace(back, ""), "what was taken back is no evidence"
    assert pmid(4) not in text, "it is off topic"
    assert "How close to the clinic" in text
    assert "PubMed, gel: read since 2026-11-09 07:00 UTC; 5 records held, 1 of them off topic." in text


def test_all_three_forms_say_the_same_and_a_page_fits_into_a_mail(world: World) -> None:
    made = report(world)
    for text in (made.markdown, made.html, made.text):
        for words in (
            nct(1),
            pmid(1),
            "Trials by stage and status".upper() if text is made.text else "by stage",
            "100 people",
        ):
            assert words in text, words
    assert len(made.html.encode()) < LIMIT


def test_it_takes_no_event_and_writes_nothing_into_the_database(world: World) -> None:
    world.put_article(7, day="2026-11-15")
    world.fetch(1)
    before = world.dump()
    done = tracker(world, "digest", "--baseline", TRACKER_NOW=WEEKS[1])
    assert done.returncode == 0, done.stderr
    path = world.folder / "digests/2026-W47-weekly-baseline.md"
    assert str(path) in done.stdout and ".html and .txt" in done.stdout
    made = report(world, WEEKS[1])
    assert [path.with_suffix(suffix).read_text() for suffix in (".md", ".html", ".txt")] == [
        made.markdown, made.html, made.text
    ]  # fmt: skip
    assert pmid(7) in made.markdown and world.dump() == before
    assert pmid(7) in world.digest(1), "it is told in its issue all the same"
    assert report(world, WEEKS[1]).markdown == made.markdown, "and whether it was told is no matter"


def test_a_dry_run_prints_it_and_writes_no_file(world: World) -> None:
    done = tracker(world, "digest", "weekly", "--baseline", "--dry-run")
    assert done.stdout == report(world).markdown
    assert [path.name for path in (world.folder / "digests").iterdir()] == ["2026-W46-weekly.md"]


def test_much_is_counted_and_not_listed(world: World) -> None:
    for n in range(20, 60):
        world.put_article(n, day="2026-11-01")
        world.put_study(n)
    world.fetch(1, accept_drift=True)
    text = report(world, WEEKS[1]).markdown
    for title in ("Trials under way or planned, the furthest first", "Newest evidence in people"):
        shown = section(text, title)
        assert shown.count("\n- ") <= 20 and " more: tracker search" in shown
    assert len(text.splitlines()) < 250


def test_a_source_that_is_down_heads_it(world: World) -> None:
    world.stand_in.misbehave("pubmed", Status(503), times=50)
    world.fetch(1)
    text = report(world, WEEKS[1]).markdown
    assert text.index("> **Incomplete:** PubMed has failed since 2026-11-16") < text.index("7 works on topic")


def test_a_digest_of_some_approaches_shows_those(world: World) -> None:
    path = world.folder / "queries.toml"
    path.write_text(path.read_text() + 'approaches = ["ev"]\n')
    assert "Nothing on topic is held yet" in report(world).markdown
    world.put_article(8, "Exosomes in a gel for alopecia", day="2026-11-15")
    world.fetch(1)
    text = report(world, WEEKS[1]).markdown
    assert "**1 work on topic: " in text and "No registered trial is held." in text and pmid(8) in text


def test_hostile_titles_do_nothing(world: World) -> None:
    world.put_article(9, "Gel in alopecia [x](javascript:alert(1)) &lt;script&gt; **bold**", day="2031-12-01")
    world.fetch(1)
    made = report(world, WEEKS[1])
    assert "<script>" not in made.html and "[x](javascript" not in made.markdown and "**bold**" not in made.markdown


def test_before_the_first_fetch_and_over_another_digest_s_issues_it_is_refused(world: World) -> None:
    path = world.folder / "queries.toml"
    text = path.read_text()
    path.write_text(text.replace('"gel", "moss"', '"later"').replace("[[digest]]", LATER, 1))
    done = tracker(world, "digest", "--baseline")
    assert done.returncode == 1 and "none of its sources was ever asked" in done.stderr
    path.write_text(text + '[[digest]]\nname = "weekly-baseline"\nevery = "monday 07:00"\n')
    done = tracker(world, "digest", "weekly", "--baseline")
    assert done.returncode == 2 and "would be written over issues of the digest weekly-baseline" in done.stderr
