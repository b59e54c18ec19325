"""One trial in several registries: imported from made-up files in any order, shown once, found by its numbers."""

import json
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.registry_files import (
    CHICTR,
    CTIS,
    ISRCTN,
    ctis,
    ctis_row,
    dumped,
    ictrp,
    ictrp_file,
    isrctn,
    isrctn_file,
    isrctn_row,
    spaced,
    table,
)  # fmt: skip
from tests.test_browse import getter
from tests.test_import import run, verdicts
from tests.world import World, at, gel_study, hair_article, nct, pmid
from tracker.browse.plugin import render_cell
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.digest.wording import address, reference, source_name
from tracker.errors import ConfigError
from tracker.page.record import record_page
from tracker.pipeline.exporting import choose, export
from tracker.store import Store
from tracker.store.filters import Filters
from tracker.store.reading import find_record, record_of
from tracker.store.searching import search

NCT = nct(1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        yield at(stand_in, tmp_path)


def study(n: int = 1, *ids: str) -> dict[str, Any]:
    return gel_study(n, identificationModule={"secondaryIdInfos": [{"id": one} for one in ids]})


def refs(number: str) -> str:
    return f"<clinicalTrialsGovNumber>{number}</clinicalTrialsGovNumber>"


def works(world: World) -> dict[str, str | None]:
    return {row["id"]: row["same_as"] for row in world.rows("select id, same_as from records order by id")}


ALONE = isrctn_file(isrctn())
NAMES_IT = isrctn_file(isrctn(refs=refs(NCT)))


@pytest.mark.parametrize(
    ("one", "other", "twin"),
    [
        (study(1), NAMES_IT, ISRCTN),
        (study(1, ISRCTN), ALONE, ISRCTN),
        (study(1, "EudraCT 2030-001234-12"), ictrp_file(ictrp("EUCTR2030-001234-12-DE")), "EUCTR2030-001234-12-DE"),
        (study(1, "2031-590001-12-00"), json.dumps(ctis()), CTIS),
        (study(1), json.dumps(ctis(nct=NCT)), CTIS),
        (study(1, "2030-001234-12"), json.dumps(ctis(eudract="2030-001234-12")), CTIS),
        (study(1), ictrp_file(ictrp(Secondary_ID=f"Nil;{NCT.lower()}")), CHICTR),
        (study(1), table(spaced(ictrp(NCT))), f"ictrp-{NCT}"),
        (study(1), table(isrctn_row(**{"ClinicalTrials.gov number": NCT})), ISRCTN),
    ],
)
def test_a_trial_in_two_registries_is_one_whichever_came_first(
    world: World, one: dict[str, Any], other: bytes | str, twin: str
) -> None:
    for folder, order in (("a", (one, other)), ("b", (other, one))):
        place = at(world.stand_in, world.folder / folder)
        assert verdicts(run(place, *order)) == ["new", "new"]
        assert works(place) == {NCT: None, twin: NCT}
        assert len(place.rows("select 1 from cards where id in (?, ?)", NCT, twin)) == 1


@pytest.mark.parametrize(
    "other",
    [
        ALONE,
        isrctn_file(isrctn(refs=refs(nct(2)))),
        isrctn_file(isrctn(refs=refs(f"see {NCT}"))),
        isrctn_file(isrctn(title=f"A follow-up of {NCT}")),
        ictrp_file(ictrp(Secondary_ID=f"{NCT}X")),
    ],
)
def test_what_names_no_number_as_a_whole_stays_apart(world: World, other: bytes) -> None:
    run(world, study(1), other)
    assert set(works(world).values()) == {None}


def test_an_export_of_who_leaves_the_registers_own_records_alone(world: World) -> None:
    run(world, study(1), ALONE, json.dumps(ctis()))
    before = world.rows("select * from records where id not like 'ictrp-%' order by id")
    run(world, ictrp_file(ictrp(NCT), ictrp(ISRCTN), ictrp(f"CTIS{CTIS}")))
    assert world.rows("select * from records where id not like 'ictrp-%' order by id") == before
    assert works(world) == {
        NCT: None, ISRCTN: None, CTIS: None,
        f"ictrp-{NCT}": NCT, f"ictrp-{ISRCTN}": ISRCTN, f"ictrp-{CTIS}": CTIS,
    }  # fmt: skip


def test_all_of_five_registries_are_one_in_every_order(world: World) -> None:
    every = [
        study(1, "2030-001234-12"),
        isrctn_file(isrctn(refs="<eudraCTNumber>2030-001234-12</eudraCTNumber>")),
        json.dumps(ctis(eudract="2030-001234-12")),
        ictrp_file(ictrp("EUCTR2030-001234-12-DE"), ictrp("EUCTR2030-001234-12-FR")),
        table(spaced(ictrp(ISRCTN))),
    ]
    dumps = set()
    for n, order in enumerate(list(permutations(every))[::12]):
        place = at(world.stand_in, world.folder / str(n))
        run(place, *order)
        assert {same for one, same in works(place).items() if one != NCT} == {NCT} and works(place)[NCT] is None
        dumps.add(place.dump())
    assert len(dumps) == 1


OTHERS = [  # (what PubMed or an abstract calls it, the file, the record)
    ("ISRCTN", ISRCTN, isrctn_file(isrctn(refs=refs(NCT))), ISRCTN),
    (
        "EudraCT",
        "2030-001234-12",
        ictrp_file(ictrp("EUCTR2030-001234-12-DE", Secondary_ID=NCT)),
        "EUCTR2030-001234-12-DE",
    ),
    ("ChiCTR", CHICTR.upper(), ictrp_file(ictrp(CHICTR, Secondary_ID=NCT)), CHICTR),
    ("EU CTIS", CTIS[:-3], json.dumps(ctis(nct=NCT)), CTIS),
]


@pytest.mark.parametrize(("bank", "number", "other", "record"), OTHERS)
@pytest.mark.parametrize("said", ["databank", "abstract"])
def test_a_paper_is_tied_to_the_trial_whichever_came_first(
    world: World, bank: str, number: str, other: bytes | str, record: str, said: str
) -> None:
    for folder, first in (("a", "paper"), ("b", "trial")):
        place = at(world.stand_in, world.folder / folder)
        bank_list = f"""<DataBankList CompleteYN="Y"><DataBank><DataBankName>{bank}</DataBankName><AccessionNumberList>
            <AccessionNumber>{number}</AccessionNumber></AccessionNumberList></DataBank></DataBankList>"""
        text = "A gel was tested in 20 people with alopecia." + (f" Trial {number}." if said == "abstract" else "")
        body = hair_article(1, abstract=text)
        if said == "databank":
            body = body.replace(b"<PublicationTypeList>", bank_list.encode() + b"<PublicationTypeList>")
        paper = b"<PubmedArticleSet>" + body + b"</PubmedArticleSet>"
        run(place, *((paper, other, study(1)) if first == "paper" else (study(1), other, paper)))
        assert [row["target"] for row in place.rows("select target from links where relation = 'reports'")] == [record]
        papers = place.rows("select trial, paper from trial_papers where kind = 'result'")
        assert papers == [{"trial": NCT, "paper": f"pubmed-{pmid(1)}"}], "at the record that stands for both"
        (stage,) = place.rows("select label from labels where axis = 'stage' and record like 'pubmed-%'")
        assert stage["label"] == "phase2", "as the record says that stands for both"
        with Store.read(place.settings.db) as store:
            shown = [record_page(find_record(store, one)) for one in (NCT, record)]
        assert all(f"result paper, PMID {pmid(1)}: Gel number 1" in page for page in shown)


def test_the_page_says_what_each_registry_says(world: World) -> None:
    run(world, study(1), NAMES_IT, json.dumps(ctis(nct=NCT, ctStatus="Ended")))
    with Store.read(world.settings.db) as store:
        page, other = (record_page(find_record(store, one)) for one in (NCT, ISRCTN))
    words = " ".join(page.split())
    assert f"Elsewhere: {CTIS}: ended, phase 2; {ISRCTN}: status not stated, phase 1/2" in words, words
    assert "Status: not stated" in " ".join(other.split())


def test_two_trials_that_name_the_same_third_stay_two(world: World) -> None:
    """An extension names the trial that it extends; only what is named back is the same."""
    both = isrctn_file(isrctn(refs=refs(NCT)), isrctn("ISRCTN90000002", refs=refs(NCT)))
    run(world, study(1), both)
    assert set(works(world).values()) == {None}
    updated = study(1, ISRCTN)
    updated["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"] = {"date": "2031-05-05"}
    run(world, updated)
    assert works(world) == {NCT: None, ISRCTN: NCT, "ISRCTN90000002": None}


def test_the_latest_resubmission_stands_for_an_eu_number(world: World) -> None:
    again = CTIS[:-2] + "01"
    for n, order in enumerate(([CTIS, again], [again, CTIS])):
        place = at(world.stand_in, world.folder / str(n))
        run(place, *(json.dumps(ctis(number)) for number in order))
        assert works(place) == {CTIS: again, again: None}
        with Store.read(place.settings.db) as store:
            assert record_of(store, CTIS[:-3]) == again


def test_two_nct_numbers_are_never_one(world: World) -> None:
    run(world, study(1, nct(2), ISRCTN), study(2, nct(1), ISRCTN), ALONE)
    assert set(works(world).values()) == {None}


def test_what_hangs_together_by_too_many_numbers_keeps_its_copies(world: World) -> None:
    both = isrctn_file(isrctn(refs=refs(NCT)), isrctn("ISRCTN90000002", refs=refs(NCT)))
    run(world, study(1, ISRCTN, "ISRCTN90000002"), both, ictrp_file(ictrp(ISRCTN)))
    assert works(world) == {NCT: None, ISRCTN: None, "ISRCTN90000002": None, f"ictrp-{ISRCTN}": ISRCTN}


def test_a_number_that_the_other_side_takes_back_parts_them_too(world: World) -> None:
    run(world, study(1, ISRCTN), ALONE)
    assert works(world)[ISRCTN] == NCT
    later = study(1)
    later["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"] = {"date": "2031-05-05"}
    run(world, later)
    assert works(world) == {NCT: None, ISRCTN: None}


def test_a_number_that_is_taken_back_parts_them_again(world: World) -> None:
    run(world, study(1), NAMES_IT)
    assert works(world)[ISRCTN] == NCT
    run(world, isrctn_file(isrctn(version=5)))
    assert works(world) == {NCT: None, ISRCTN: None}


def test_trials_that_were_held_before_are_known_by_their_numbers(world: World) -> None:
    """A database of before this table: what its trials name is drawn from what it holds."""
    run(world, study(1, ISRCTN))
    with Store.open(world.settings.db) as store:
        store.db.executescript(
            "drop table registrations; delete from _sqlite_migrations where name = 'm010_registrations'"
        )
    run(world, ALONE)
    assert works(world) == {NCT: None, ISRCTN: NCT}


def test_an_import_again_writes_nothing_and_an_older_export_changes_nothing(world: World) -> None:
    files = (NAMES_IT, ictrp_file(ictrp()), json.dumps(ctis()))
    run(world, *files)
    before = world.dump()
    assert verdicts(run(world, *files)) == ["same", "same", "same"] and world.dump() == before
    old = (
        isrctn_file(isrctn(version=3, title="Old")),
        table(spaced(ictrp(Last_Refreshed_on="1 September 2031", Public_title="Old"))),
        table(ctis_row(**{"Title of the trial": "Old"})),
    )
    assert verdicts(run(world, *old)) == ["older", "older", "older"]
    assert not world.rows("select 1 from records where title = 'Old'")
    assert verdicts(run(world, ictrp_file(ictrp(Last_Refreshed_on="1 October 2031", Phase="Phase 3")))) == ["changed"]
    kinds = world.rows("select kind, old, new from events where record = ? and kind = 'phase_changed'", CHICTR)
    assert kinds == [{"kind": "phase_changed", "old": '["PHASE2", "PHASE3"]', "new": '["PHASE3"]'}]


def test_broken_records_are_kept_with_a_line_and_the_rest_goes_on(world: World) -> None:
    (tally,) = run(
        world, ictrp_file(ictrp(""), ictrp(), ictrp("ChiCTR3100090002")).replace(b"<Phase>", b"<Phase>&x;", 1)
    )
    assert (tally.new, tally.quarantined, tally.error) == (2, 1, "")
    (row,) = world.rows("select source, record, reason from quarantine")
    assert row["source"] == "ictrp"
    assert row["reason"].startswith("file0, record 1: ictrp trial: is not well-formed XML (undefined entity")
    assert row["reason"].endswith("; export it again")


def test_an_import_is_judged_and_never_announced(world: World) -> None:
    world.put_study(1)
    world.fetch()
    run(world, NAMES_IT, ictrp_file(ictrp()), query="gel")
    world.digest(1)
    labels = world.rows("select axis, label from labels where record = ? and axis in ('stage', 'relevance')", CHICTR)
    assert {row["label"] for row in labels} == {"phase2_3", "core"}
    assert not world.rows(
        "select 1 from digest_items i join events e on e.id = i.event where e.record in (?, ?)",
        CHICTR, ISRCTN,
    )  # fmt: skip


def test_the_board_counts_a_trial_once(world: World) -> None:
    run(world, ALONE)
    counted = "select sum(trials) as n from trial_board where approach in (select label from labels where record = ?)"
    assert world.rows(counted, ISRCTN)[0]["n"]
    before = world.rows("select sum(trials) as n from trial_board")[0]["n"]
    run(world, table(spaced(ictrp(ISRCTN))), json.dumps(ctis(nct="", eudract="")))
    after = world.rows("select sum(trials) as n from trial_board")[0]["n"]
    assert after == before + 1  # the trial of CTIS, and not the copy of the portal


@pytest.mark.parametrize(
    ("said", "record"),
    [
        (ISRCTN, ISRCTN), ("isrctn 90000001", ISRCTN), (f"https://www.isrctn.com/{ISRCTN}?q=x", ISRCTN),
        (CTIS, CTIS), (f"CTIS{CTIS}", CTIS), ("2031-590001-12", CTIS),
        (f"https://euclinicaltrials.eu/ctis-public/view/{CTIS}?lang=en", CTIS),
        (CHICTR, CHICTR), (CHICTR.upper(), CHICTR), ("ISRCTN90000009", "ictrp-ISRCTN90000009"),
        ("2030-001234-12", "EUCTR2030-001234-12-DE"), ("CTRI/2031/01/090001", "CTRI/2031/01/090001"),
        ("10.1186/ISRCTN90000001", ISRCTN),
    ],
)  # fmt: skip
def test_a_trial_is_found_by_its_number(world: World, said: str, record: str) -> None:
    others = [ictrp(one) for one in (CHICTR, "ISRCTN90000009", "EUCTR2030-001234-12-DE", "CTRI/2031/01/090001")]
    run(world, ALONE, dumped(ctis()), ictrp_file(*others))
    with Store.read(world.settings.db) as store:
        assert record_of(store, said) == record
        assert find_record(store, said).record["id"] == record
        with pytest.raises(ConfigError, match="is not held"):
            record_of(store, "ISRCTN90000008")


def test_search_and_exports_work_with_them(world: World) -> None:
    ctri = "CTRI/2031/01/090001"
    run(world, NAMES_IT, study(1), ictrp_file(ictrp(ctri)))
    with Store.read(world.settings.db) as store:
        assert ISRCTN in {hit.id for hit in search(store, "moss exosomes").hits}
        assert find_record(store, NCT).stands_for == [ISRCTN]
        texts = {form: world.folder / f"out.{form}" for form in ("ris", "bibtex", "csv", "json", "atom", "ics")}
        for form, path in texts.items():
            assert list(export(choose(store, [ctri, ISRCTN], "", Filters()), form, path))
    ris = texts["ris"].read_text()
    assert f"AN  - {ctri}" in ris and "T2  - ISRCTN" in ris and "Status: not stated, PHASE1/PHASE2" in ris
    assert f"UR  - https://www.isrctn.com/{ISRCTN}" in ris and "DO  - 10.1186/isrctn90000001" in ris
    for form in ("bibtex", "csv", "json"):
        assert "Exosomes of moss" in texts[form].read_text()


def test_browse_shows_them_with_their_registry_and_a_page_each(world: World) -> None:
    ctri = "CTRI/2031/01/090001"
    run(world, ALONE, dumped(ctis()), ictrp_file(ictrp(ctri), ictrp(ISRCTN)))
    get = getter(world.settings.db)
    cards = get("/tracker/cards")
    for name, page in (("ISRCTN", ISRCTN), ("EU CTIS", CTIS), ("WHO ICTRP", "CTRI~2F2031~2F01~2F090001")):
        assert f'<span class="pill kind">{name}</span>' in get("/search?q=moss") and f"/records/{page}" in cards
        assert "oss" in get(f"/tracker/records/{page}")
    assert f"/records/ictrp-{ISRCTN}" in get(f"/tracker/records/{ISRCTN}")
    assert "/records/CTRI~2F2031~2F01~2F090001" in get("/tracker/records")
    get("/board")


def test_a_cell_with_an_id_leads_to_its_page() -> None:
    cell = render_cell(value="CTRI/2031/01/090001", column="furthest_trial", table="trial_board")
    assert str(cell) == '<a href="/tracker/records/CTRI~2F2031~2F01~2F090001">CTRI/2031/01/090001</a>'
    assert render_cell(value="2019-001234-12", column="", table=None) is None  # an EudraCT number is no id


def test_a_trials_page_says_its_registrys_own_word(world: World) -> None:
    run(world, ALONE, ictrp_file(ictrp()))
    with Store.read(world.settings.db) as store:
        page = record_page(find_record(store, CHICTR))
    assert "not recruiting" in page and "ChiCTR" in page


def test_names_and_pages_of_registries() -> None:
    assert [source_name(one) for one in ("isrctn", "ctis", "ictrp")] == ["ISRCTN", "EU CTIS", "WHO ICTRP"]
    assert address(ISRCTN) == f"https://www.isrctn.com/{ISRCTN}"
    assert address(CTIS) == f"https://euclinicaltrials.eu/ctis-public/view/{CTIS}"
    for record in (CHICTR, f"ictrp-{NCT}"):
        number = record.removeprefix("ictrp-")
        assert address(record) == f"https://trialsearch.who.int/Trial2.aspx?TrialID={number}"
    assert reference(f"ictrp-{NCT}") == f"{NCT} at WHO ICTRP" and reference(ISRCTN) == ISRCTN
    assert address("MOSS-7") == ""


def test_a_registry_that_is_read_from_files_cannot_be_asked(world: World) -> None:
    with pytest.raises(ConfigError, match="ctis is not asked, but read from files that its site exports"):
        world.fetch(sources=("ctis",))
