"""Papers tied to trials, several records of one work, and dates that slip again: over HTTP, fetch by fetch."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.world import World, at, nct, pmid
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path)
        world.put_study(1)
        world.put_article(1)
        world.fetch(0)
        yield world


def named(n: int) -> str:
    """An abstract that names a trial."""
    return f"The gel, {nct(n)}, was tested in 20 people with alopecia."


def reference(n: int, kind: str = "RESULT") -> dict[str, Any]:
    return {"referencesModule": {"references": [{"pmid": pmid(n), "type": kind, "citation": "Moss 2031"}]}}


def linked(world: World, trial: str) -> list[tuple[str, int]]:
    rows = world.rows("select new, severity from events where record = ? and kind = 'paper_linked' order by id", trial)
    return [(row["new"], row["severity"]) for row in rows]


def stage(world: World, record: str) -> str:
    return str(world.rows("select label from labels where record = ? and axis = 'stage'", record)[0]["label"])


def test_a_paper_that_names_its_trial_moves_the_trial(world: World) -> None:
    paper = world.put_article(2, abstract=named(1), day="2026-11-15")
    world.fetch(1)
    assert linked(world, nct(1)) == [(paper, 3)]
    assert world.rows("select kind from trial_papers where trial = ? and paper = ?", nct(1), paper) == [
        {"kind": "result"}
    ]
    assert "result paper" in world.digest(1)


@pytest.mark.parametrize(("kind", "severity"), [("RESULT", 3), ("DERIVED", 2), ("BACKGROUND", 2)])
def test_a_reference_that_the_registry_adds_moves_the_trial(world: World, kind: str, severity: int) -> None:
    world.put_study(1, **reference(9, kind))
    world.fetch(1)
    assert linked(world, nct(1)) == [(f"pubmed-{pmid(9)}", severity)]


@pytest.mark.parametrize(
    ("title", "types", "kind"),
    [
        ("A gel in alopecia: study protocol of a trial", [], "protocol"),
        ("A gel in alopecia", ["Clinical Trial Protocol"], "protocol"),
        ("Correction: a gel in alopecia", ["Published Erratum"], "notice"),
        ("Retraction: a gel in alopecia", ["Retraction of Publication"], "notice"),
        ("A gel in alopecia: a review", ["Review"], "review"),
        ("Gels in alopecia: a systematic review", ["Systematic Review"], "review"),
    ],
)
def test_a_paper_that_can_be_no_result_is_not_told_as_one(
    world: World, title: str, types: list[str], kind: str
) -> None:
    paper = world.put_article(2, title, abstract=named(1), types=["Journal Article", *types], day="2026-11-15")
    world.fetch(1)
    assert linked(world, nct(1)) == [(paper, 2)]
    (row,) = world.rows("select headline from events where kind = 'paper_linked'")
    words = "notice of a correction or retraction," if kind == "notice" else f"{kind} paper"
    assert row["headline"] == f"{nct(1)}: {words} PMID {pmid(2)}"
    assert world.rows("select kind from trial_papers where paper = ?", paper) == [{"kind": kind}]


def test_a_held_review_that_the_registry_lists_as_a_result_is_told_as_one_and_a_held_protocol_is_not(
    world: World,
) -> None:
    world.put_article(2, "A gel in alopecia: a review", types=["Review"], day="2026-11-15")
    world.put_article(3, "A gel in alopecia: study protocol", types=["Clinical Trial Protocol"], day="2026-11-15")
    world.fetch(1)
    both = [reference(n)["referencesModule"]["references"][0] for n in (2, 3)]
    world.put_study(1, referencesModule={"references": both})
    world.fetch(2)
    assert linked(world, nct(1)) == [(f"pubmed-{pmid(2)}", 3), (f"pubmed-{pmid(3)}", 2)]


def test_a_paper_told_as_background_is_told_again_when_the_registry_makes_it_the_result(world: World) -> None:
    for week, kind in ((1, "BACKGROUND"), (2, "RESULT"), (2, "BACKGROUND"), (3, "RESULT")):
        world.put_study(1, **reference(9, kind))
        world.fetch(week)
    assert linked(world, nct(1)) == [(f"pubmed-{pmid(9)}", 2), (f"pubmed-{pmid(9)}", 3)]


@pytest.mark.parametrize("first", ["paper", "registry"])
def test_a_tie_that_both_sides_tell_is_told_once(world: World, first: str) -> None:
    def paper() -> None:
        world.put_article(2, abstract=named(1), day="2026-11-15")

    def registry() -> None:
        world.put_study(1, **reference(2))

    steps = [paper, registry] if first == "paper" else [registry, paper]
    for week, step in enumerate(steps, start=1):
        step()
        world.fetch(week)
    assert [new for new, _ in linked(world, nct(1))] == [f"pubmed-{pmid(2)}"]


def test_a_trial_that_a_paper_reports_is_fetched_by_id_and_gives_the_paper_its_phase(world: World) -> None:
    world.put_study(7, conditionsModule={"conditions": ["Sleep"]}, identificationModule={"briefTitle": "A gel"})
    paper = world.put_article(2, abstract=named(7), day="2026-11-15")
    tallies = world.fetch(1)
    assert tallies["clinicaltrials", "linked"].new == 1
    assert stage(world, paper) == "phase2"
    source = world.rows("select source from labels where record = ? and axis = 'stage'", paper)[0]["source"]
    assert source == "registry"
    assert world.rows("select query, baseline from matches where record = ?", nct(7)) == [
        {"query": "linked", "baseline": 1}
    ]


def test_many_linked_trials_are_asked_for_at_once(world: World) -> None:
    elsewhere = {"conditionsModule": {"conditions": ["Sleep"]}, "identificationModule": {"briefTitle": "A gel"}}
    for n in range(20, 27):
        world.put_study(n, **elsewhere)
        world.put_article(n, abstract=named(n), day="2026-11-15")
    world.put_article(31, abstract=named(77), day="2026-11-15")
    asked = len(world.stand_in.asked("clinicaltrials"))
    tally = world.fetch(1)["clinicaltrials", "linked"]
    assert (tally.new, tally.missing, tally.requests) == (7, (nct(77),), 2)
    assert len(world.stand_in.asked("clinicaltrials")) == asked + 3 + 2


def test_a_result_paper_that_the_registry_lists_is_fetched_by_id(world: World) -> None:
    world.put_article(5, "A gel for sleep", abstract="Nothing of hair.")
    world.put_study(1, **reference(5))
    tallies = world.fetch(1)
    assert tallies["pubmed", "linked"].new == 1
    assert world.rows("select held from trial_papers where paper = ?", f"pubmed-{pmid(5)}") == [{"held": 1}]
    assert "A gel for sleep" not in world.digest(1)


def test_a_linked_trial_that_moves_gives_its_papers_the_new_phase(world: World) -> None:
    elsewhere = {"conditionsModule": {"conditions": ["Sleep"]}, "identificationModule": {"briefTitle": "A gel"}}
    world.put_study(7, **elsewhere)
    paper = world.put_article(2, abstract=named(7), day="2026-11-15")
    world.fetch(1)
    world.put_study(7, designModule={"phases": ["PHASE3"]}, **elsewhere)
    assert world.fetch(2)["clinicaltrials", "linked"].changed == 1
    assert stage(world, paper) == "phase3"


def test_what_a_source_does_not_give_by_id_is_said_and_asked_for_again(world: World) -> None:
    world.put_article(2, abstract=named(55), day="2026-11-15")
    for week in (1, 2):
        assert world.fetch(week)["clinicaltrials", "linked"].missing == (nct(55),)


def corrections(kind: str, n: int) -> str:
    return (
        f'<CommentsCorrectionsList><CommentsCorrections RefType="{kind}"><RefSource>J Moss</RefSource>'
        f'<PMID Version="1">{pmid(n)}</PMID></CommentsCorrections></CommentsCorrectionsList>'
    )


def test_a_preprint_that_comes_out_is_told_as_published_and_counts_once(world: World) -> None:
    preprint = world.put_article(3, "A gel for alopecia, preprint", types=["Preprint"], day="2026-11-15")
    world.fetch(1)
    world.digest(1)
    paper = world.put_article(4, "A gel for alopecia", rest=corrections("UpdateOf", 3), day="2026-11-20")
    world.fetch(2)
    assert world.kinds(paper) == ["published_from_preprint"]
    assert world.rows("select same_as from records where id = ?", preprint) == [{"same_as": paper}]
    assert world.digest(2).count("**A gel for alopecia**") == 1


def test_two_pmids_of_one_doi_are_one_work_whichever_came_first(world: World) -> None:
    doi = '<ArticleIdList><ArticleId IdType="doi">10.5555/Twin</ArticleId></ArticleIdList>'
    for n in (8, 7):
        body = world_article(world, n, doi)
        assert b"10.5555" in body
    world.fetch(1)
    rows = world.rows("select id, same_as from records where doi = '10.5555/twin' order by id")
    assert rows == [{"id": f"pubmed-{pmid(7)}", "same_as": f"pubmed-{pmid(8)}"},
                    {"id": f"pubmed-{pmid(8)}", "same_as": None}]  # fmt: skip


def world_article(world: World, n: int, ids: str) -> bytes:
    """An article whose own identifiers are `ids`."""
    from datetime import date

    from tests.world import hair_article

    body = hair_article(n).decode()
    start, end = body.index("<PubmedData>") + len("<PubmedData>"), body.index("</PubmedData>")
    changed = (body[:start] + ids + body[end:]).encode()
    world.upstream.put_article(changed, date(2026, 11, 15), date(2026, 11, 15))
    return changed


def test_a_date_that_slips_again_says_how_often_and_how_far_in_total(world: World) -> None:
    for week, day in enumerate(("2027-02", "2027-06", "2027-05"), start=1):
        world.put_study(1, statusModule={"primaryCompletionDateStruct": {"date": day, "type": "ESTIMATED"}})
        world.fetch(week)
    told = [row["headline"] for row in world.rows("select headline from events where field = 'primary_completion'")]
    assert told[0].endswith("primary completion 2026-12 -> 2027-02 (slipped 2 months)")
    assert told[1].endswith("primary completion 2027-02 -> 2027-06 (slipped 4 months; 2nd slip, 6 months in total)")
    assert told[2].endswith("primary completion 2027-06 -> 2027-05 (pulled in 1 month)")


def test_a_slip_after_a_date_was_pulled_in_gives_no_sum(world: World) -> None:
    for week, day in enumerate(("2027-06", "2027-05", "2027-09"), start=1):
        world.put_study(1, statusModule={"primaryCompletionDateStruct": {"date": day, "type": "ESTIMATED"}})
        world.fetch(week)
    told = [row["headline"] for row in world.rows("select headline from events where field = 'primary_completion'")]
    assert told[2].endswith(
        "(slipped 4 months; 2nd slip; with what was pulled in, 9 months later than 2026-12, as first held)"
    )


def test_a_paper_that_only_the_registry_names_is_watched_and_its_retraction_told(world: World) -> None:
    """No query lists it, so no listing and no window of changes would show that it was taken back."""
    world.put_article(9, "A cream in people", abstract="Alopecia was treated in 20 people.", day="2026-11-15")
    world.put_study(1, **reference(9))
    world.fetch(1)
    assert "result paper" in world.digest(1)
    assert stage(world, f"pubmed-{pmid(9)}") == "phase2"  # its trial's, by the registry's word
    world.put_article(9, "A cream in people", abstract="Alopecia was treated in 20 people.", day="2026-11-15",
                      types=("Retracted Publication",))  # fmt: skip
    world.fetch(2)
    told = world.digest(2)
    assert "retracted" in told and "This digest told it in 2026-W47." in told


def test_a_result_paper_that_was_taken_back_is_called_so_where_it_is_tied(world: World) -> None:
    world.put_article(9, "A gel in alopecia", abstract=named(1), day="2026-11-15", types=("Retracted Publication",))
    world.fetch(1)
    told = world.digest(1)
    assert "result paper (retracted)" in told and "with a result paper" not in told.partition("From")[0]


def test_a_paper_of_two_trials_of_one_phase_has_that_phase(world: World) -> None:
    world.put_study(2)
    paper = world.put_article(2, abstract=f"{named(1)} {named(2)}", day="2026-11-15")
    world.fetch(1)
    assert stage(world, paper) == "phase2"


def test_moves_of_a_trial_that_only_a_paper_names_are_told_and_itself_never_as_new(world: World) -> None:
    world.put_article(2, abstract=named(5), day="2026-11-15")
    world.put_study(5, conditionsModule={"conditions": ["Alopecia"]}, armsInterventionsModule={"interventions": []},
                    identificationModule={"briefTitle": "Something for alopecia"})  # fmt: skip
    world.fetch(1)
    assert "Something for alopecia" not in world.digest(1)
    world.put_study(5, conditionsModule={"conditions": ["Alopecia"]}, armsInterventionsModule={"interventions": []},
                    identificationModule={"briefTitle": "Something for alopecia"},
                    statusModule={"overallStatus": "TERMINATED", "whyStopped": "Safety"})  # fmt: skip
    world.fetch(2)
    assert "reason given: Safety" in world.digest(2)


def test_a_gone_record_is_told_and_makes_no_later_week_incomplete(world: World) -> None:
    for n in (6, 7, 8):
        world.put_article(n)
    world.fetch(0)
    record = world.put_article(2, day="2026-11-15")
    world.fetch(1)
    world.digest(1)
    world.upstream.delete_article(pmid(2))
    for week in (1, 2):
        world.fetch(week)
    assert world.kinds(record)[-1] == "gone"
    told = world.digest(2)
    assert "no longer holds it" in told and "Incomplete" not in told
    world.fetch(3)
    assert "A quiet week" in world.digest(3)
