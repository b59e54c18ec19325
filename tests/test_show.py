"""`tracker show`: a record as a page for readers, and as a stable object for programs."""

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from tests.test_cli import ROOT, TRACKER, tracker
from tests.world import WEEKS, World, at, nct, pmid
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.page.layout import block, marked
from tracker.page.record import record_page
from tracker.page.words import phase_words, spoken, study_words
from tracker.store import Store
from tracker.store.reading import find_record

NOTICE = """<CommentsCorrectionsList><CommentsCorrections RefType="{kind}"><RefSource>x</RefSource>
<PMID>{pmid}</PMID></CommentsCorrections></CommentsCorrectionsList>"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        yield at(stand_in, tmp_path)


def page(world: World, identifier: str) -> str:
    with Store.read(world.settings.db) as store:
        return click.unstyle(record_page(find_record(store, identifier)))


def section(text: str, name: str) -> list[str]:
    """The lines below a heading."""
    lines = text.split("\n")
    start = next(n for n, line in enumerate(lines) if name in line) + 1
    return lines[start : lines.index("", start)] if "" in lines[start:] else lines[start:]


def trial(world: World, **changes: Any) -> str:
    sites = [
        ("Boston", "United States"),
        ("Chicago", "United States"),
        ("Boston", "United States"),
        ("Bern", "Switzerland"),
    ]
    return world.put_study(
        1,
        contactsLocationsModule={
            "locations": [{"facility": "A clinic", "city": city, "country": country} for city, country in sites]
        },
        outcomesModule={"primaryOutcomes": [{"measure": "Hair count", "timeFrame": "24 weeks"}]},
        armsInterventionsModule={
            "armGroups": [{"label": "Vehicle", "type": "PLACEBO_COMPARATOR", "description": "Once a day"}],
            "interventions": [{"type": "DRUG", "name": "Moss gel"}],
        },
        designModule={"studyType": "INTERVENTIONAL", "phases": ["PHASE1", "PHASE2"],
                      "enrollmentInfo": {"count": 60, "type": "ESTIMATED"}},
        **changes,
    )  # fmt: skip


def test_a_trial_says_what_it_is_in_words_with_its_sites_arms_and_outcomes(world: World) -> None:
    trial(world)
    world.fetch()
    text = page(world, nct(1))
    assert text.split("\n")[1].startswith(
        "Interventional trial, phase 1/2, recruiting, 60 participants (planned), Moss"
    )
    assert section(text, "Arms") == ["  - Placebo comparator: Vehicle: Once a day"]
    assert section(text, "Primary outcomes") == ["  - Hair count [24 weeks]"]
    assert section(text, "4 sites in 2 countries") == [
        "  United States (3): Boston, Chicago",
        "  Switzerland (1): Bern",
    ]
    assert "  Interventions:      Drug: Moss gel" in text
    assert "  Primary completion: 2026-12 (estimated)" in section(text, "Dates")


def test_an_article_says_where_it_stands_and_by_which_words_it_is_judged(world: World) -> None:
    world.put_article(1, "Exosome gel in androgenetic alopecia", types=["Journal Article", "Clinical Trial, Phase II"])
    world.fetch()
    text = page(world, pmid(1))
    assert "Article (Clinical Trial, Phase II) in Journal of Moss, 2031-01" in text
    judged = " ".join(" ".join(section(text, "Judged")).split())
    assert "Stage: Phase 2 - “Clinical Trial, Phase II” in the publication types [stage.pubtype" in judged
    assert "Vesicles, source not named - “Exosome” in the title [" in judged
    assert "Condition: Pattern hair loss (androgenetic alopecia) - “androgenetic" in judged, (
        "a condition goes by its name, not its id"
    )


def test_a_retraction_that_both_sides_say_is_told_once_with_its_title(world: World) -> None:
    world.put_article(1, "A gel for alopecia", rest=NOTICE.format(kind="RetractionIn", pmid=pmid(2)))
    world.put_article(2, "Retraction: a gel for alopecia", rest=NOTICE.format(kind="RetractionOf", pmid=pmid(1)))
    world.put_article(3, "A gel for alopecia, too", rest=NOTICE.format(kind="ErratumIn", pmid="999000077"))
    world.fetch()
    text = page(world, pmid(1))
    assert section(text, "Links") == [f"  retracted by PMID {pmid(2)}: Retraction: a gel for alopecia [corrections]"]
    assert f"RETRACTED (see PMID {pmid(2)})" in text
    assert section(page(world, pmid(2)), "Links") == [f"  retracts PMID {pmid(1)}: A gel for alopecia [corrections]"]
    assert section(page(world, pmid(3)), "Links") == ["  corrected by PMID 999000077 (not held) [corrections]"]


def test_history_tells_each_version_with_what_changed_in_it_details_too(world: World) -> None:
    trial(world)
    world.fetch(0)
    world.put_article(2)
    world.fetch(1)
    trial(world, statusModule={"overallStatus": "TERMINATED", "whyStopped": "No moss", "statusVerifiedDate": "2026-11"})
    world.fetch(2)
    lines = section(page(world, nct(1)), "History")
    assert lines[0] == "  2026-11-23 07:00 UTC  version 2 of 2"
    assert "    status RECRUITING -> TERMINATED; reason given: No moss" in lines
    assert any(line.startswith("    verified") for line in lines), "a detail is told, too"
    first = lines.index("  2026-11-09 07:00 UTC  version 1 of 2")
    assert "new trial" in lines[first + 1] and first > lines.index(
        "    status RECRUITING -> TERMINATED; reason given: No moss"
    )
    assert not any("2026-11-16" in line for line in lines), "nothing moved in the week between"


def test_a_phase_that_is_its_trials_names_the_trial(world: World) -> None:
    trial(world)
    world.put_article(2, "A gel in alopecia", abstract=f"The gel ({nct(1)}) in 20 people.")
    world.fetch()
    judged = " ".join(" ".join(section(page(world, pmid(2)), "Judged")).split())
    assert f"Stage: Phase 1/2 - the registry's own field, of {nct(1)} [stage.registry.linked]" in judged


def life(world: World, identifier: str) -> list[str]:
    return section(page(world, identifier), "Life")


def test_the_life_of_a_trial_stands_in_time_with_its_papers_and_what_is_expected(world: World) -> None:
    dates = {"primaryCompletionDateStruct": {"date": "2027-06", "type": "ESTIMATED"}}
    registered = {"studyFirstPostDateStruct": {"date": "2025-12-09", "type": "ACTUAL"}}
    trial(world, statusModule=registered)
    world.fetch(0)
    trial(world, statusModule=registered | dates)
    world.put_article(2, "A gel in alopecia", abstract=f"The gel ({nct(1)}) in 20 people.", day="2026-11-20")
    world.put_article(3, "A gel in alopecia: study protocol", abstract=f"Of {nct(1)}.", day="2026-11-20")
    world.fetch(2)
    assert life(world, nct(1)) == [
        "  2025-12-09  registered",
        "  2026-01     start",
        "  2026-11-23  primary completion 2026-12 -> 2027-06 (slipped 6 months)",
        "  2027-06     primary completion (expected)",
        f"  2031-02     result paper, PMID {pmid(2)}: A gel in alopecia",
        f"  2031-03     protocol, PMID {pmid(3)}: A gel in alopecia: study protocol",
        "  No results posted.",
    ]
    assert "Life" not in page(world, pmid(2))


@pytest.mark.parametrize(
    ("types", "notice", "called", "absent"),
    [
        (["Retracted Publication"], "RetractionIn", "RETRACTED", ["  No linked paper with results that stands."]),
        ([], "ExpressionOfConcernIn", "EXPRESSION OF CONCERN", []),
    ],
)
def test_a_result_paper_that_was_taken_back_is_called_so_and_that_is_a_moment_of_the_trials_life(
    world: World, types: list[str], notice: str, called: str, absent: list[str]
) -> None:
    trial(world)
    result = {"title": "A gel in alopecia", "abstract": f"The gel ({nct(1)}) in 20 people.", "day": "2026-11-10"}
    world.put_article(2, **result)
    world.fetch(0)
    assert "RETRACTED" not in page(world, nct(1)) and "that stands" not in page(world, nct(1))
    world.put_article(2, **result, types=types, rest=NOTICE.format(kind=notice, pmid=pmid(3)))
    world.fetch(2)
    told = life(world, nct(1))
    assert f"  2026-11-23  result paper, PMID {pmid(2)}: {called}" in told
    assert f"result paper ({called}), PMID {pmid(2)}: A gel in alopecia" in " ".join(" ".join(told).split())
    assert told[-1 - len(absent) :] == ["  No results posted.", *absent]
    assert f"({called}) PMID {pmid(2)}" in " ".join(section(page(world, nct(1)), "Links"))


@pytest.mark.parametrize(
    ("abstract", "said"),
    [
        ("Nothing of a trial.", "  No linked paper found."),
        (f"The protocol of {nct(1)}.", "  No linked paper with results found; 1 other paper linked."),
    ],
)
def test_a_paper_that_was_not_found_is_never_called_unpublished(world: World, abstract: str, said: str) -> None:
    trial(world)
    world.put_article(2, "A gel in alopecia: study protocol", abstract=abstract)
    world.fetch()
    assert life(world, nct(1))[-2:] == ["  No results posted.", said]
    assert "unpublished" not in page(world, nct(1))


def test_a_sub_phase_is_kept_apart_from_the_registrys_phase_with_who_said_it(world: World) -> None:
    trial(world, identificationModule={"briefTitle": "Gel, a Phase 2a Trial"})
    world.fetch()
    text = page(world, nct(1))
    assert "phase 1/2 (2a by its title)" in text.split("\n")[1]
    assert "  Phase:              phase 1/2\n  Sub-phase:          2a, by its title\n" in text


def test_ids_are_taken_as_people_write_them(world: World) -> None:
    world.put_article(1, rest="")
    trial(world)
    world.fetch()
    with Store.open(world.settings.db) as store, store.transaction():
        store.db.conn.execute("update records set doi = '10.5555/moss.1' where id = ?", [f"pubmed-{pmid(1)}"])
    for name in (pmid(1), f"00{pmid(1)}", f"PMID: {pmid(1)}", f"pubmed-{pmid(1)}", "10.5555/MOSS.1",
                 "https://doi.org/10.5555/moss.1", "doi:10.5555/moss.1", f"https://pubmed.ncbi.nlm.nih.gov/{pmid(1)}/?from=x",
                 f"www.ncbi.nlm.nih.gov/pubmed/{pmid(1)}"):  # fmt: skip
        assert f"pubmed-{pmid(1)}" in page(world, name)
    for name in (nct(1).lower(), f"https://clinicaltrials.gov/study/{nct(1)}?tab=history",
                 f"https://classic.clinicaltrials.gov/ct2/show/{nct(1)}"):  # fmt: skip
        assert nct(1) in page(world, name)
    assert "'': is not held" in tracker(world, "show", "").stderr
    done = tracker(world, "show", "\x1b[31m1")
    assert done.returncode == 2 and "\x1b" not in done.stderr and "is not held" in done.stderr


def test_other_records_of_the_same_work_are_named_on_both(world: World) -> None:
    world.put_article(1)
    world.put_article(2)
    world.fetch()
    with Store.open(world.settings.db) as store, store.transaction():
        store.db.conn.execute("update records set same_as = ? where id = ?", [f"pubmed-{pmid(2)}", f"pubmed-{pmid(1)}"])
    assert f"Another version of pubmed-{pmid(2)}, which stands for both" in page(world, pmid(1))
    assert f"Stands also for pubmed-{pmid(1)}" in page(world, pmid(2))


def test_json_is_a_stable_object(world: World) -> None:
    trial(world)
    world.put_article(1)
    world.fetch()
    told = json.loads(tracker(world, "show", nct(1), "--json").stdout)
    assert set(told) == {
        "id", "source", "kind", "title", "abstract", "url", "venue", "authors", "types", "terms", "mesh", "substances",
        "databanks", "doi", "pmcid", "published", "entered", "language", "notice", "same_as", "first_seen",
        "last_changed", "gone", "stands_for", "trial", "sites", "labels", "judgements", "links", "matches", "versions",
        "history", "papers", "claims", "mentions", "elsewhere",
    } | (set(told) & {"takeaway"})  # fmt: skip
    assert told["trial"]["phases"] == ["PHASE1", "PHASE2"] and told["trial"]["has_results"] is False
    assert told["sites"][3] == {
        "facility": "A clinic",
        "city": "Bern",
        "country": "Switzerland",
        "latitude": None,
        "longitude": None,
    }
    assert told["matches"][0]["baseline"] is True and told["history"][0]["versions"] == [1]
    assert json.loads(tracker(world, "show", pmid(1), "--json").stdout)["trial"] is None


def test_colours_on_a_terminal_plain_text_elsewhere(world: World) -> None:
    world.put_article(1)
    world.fetch()
    assert "\x1b" not in tracker(world, "show", pmid(1)).stdout
    assert "\x1b[1m" in on_a_terminal(world, "show", pmid(1))
    assert "\x1b" not in on_a_terminal(world, "show", pmid(1), NO_COLOR="1")


def on_a_terminal(world: World, *arguments: str, **environment: str) -> str:
    leader, follower = pty.openpty()
    env = os.environ | world.stand_in.environment | {"TRACKER_NOW": WEEKS[0], "PYTHONPATH": ROOT} | environment
    subprocess.run([*TRACKER, *arguments], cwd=world.folder, env=env, stdout=follower, stderr=follower, check=True)
    os.close(follower)
    drawn = os.read(leader, 100_000).decode()
    os.close(leader)
    return drawn


def test_nothing_of_a_source_reaches_a_terminal_raw() -> None:
    evil = "A\x1b[31m red\u202e title\x07 \x02found\x03"
    assert "\x1b" not in block(evil)[0] and "\u202e" not in block(evil)[0]
    assert marked(evil)[0].count("\x1b") == 3 and "*found*" in marked(evil)[0] and "\u202e" not in marked(evil)[0]


def test_raw_values_have_words() -> None:
    assert phase_words(["NA"]) == "phase not applicable" and phase_words([]) == ""
    assert phase_words(["EARLY_PHASE1"]) == "phase early 1" and study_words("EXPANDED_ACCESS") == "Expanded access"
    assert (
        study_words("") == "Study" and spoken("DRUG: PP405: gel") == "Drug: PP405: gel" and spoken("Gel: x") == "Gel: x"
    )
