"""Exports, each read by another program's library: rispy, pybtex, Bio.Medline, csv, json, feedparser, icalendar."""

import csv
import io
import json
import re
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import feedparser
import icalendar
import pytest
import rispy
from Bio import Medline
from hypothesis import given
from hypothesis import strategies as st
from pybtex.database import parse_string

from tests.test_cli import tracker
from tests.world import World, at, hair_article, nct, pmid
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.export.bibtex import escaped
from tracker.export.calendar import span
from tracker.export.rows import harmless
from tracker.export.tagged import one_line
from tracker.store import Store

AUTHORS = (
    '<AuthorList><Author ValidYN="Y"><LastName>de Souza</LastName><ForeName>Ana-Maria J</ForeName>'
    "<Initials>AJ</Initials></Author><Author><LastName>Li</LastName><ForeName>Bo</ForeName><Suffix>Jr</Suffix></Author>"
    "<Author><CollectiveName>Gel and Hair Group, North</CollectiveName></Author></AuthorList>"
)
HOSTILE = '=HYPERLINK("http://x.example") 50 % of {hair} & $5_a #1 ~ ^ \\ , alopecia'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        yield at(stand_in, tmp_path)


@pytest.fixture
def filled(world: World) -> World:
    """Two articles, one of them hostile and retracted, one off topic, and a trial whose date slips a week later."""
    body = re.sub(rb"<AuthorList>.*</AuthorList>", AUTHORS.encode(), hair_article(1))
    world.upstream.put_article(body, date(2026, 11, 1), date(2026, 11, 1))
    world.put_article(2, HOSTILE, types=("Journal Article", "Retracted Publication"))
    world.put_study(1)
    world.fetch()
    moved = {"primaryCompletionDateStruct": {"date": "2027-03", "type": "ESTIMATED"}}
    world.put_study(1, statusModule=moved)
    world.put_article(3, "Gel number 3 for alopecia")
    world.fetch(1)
    return world


def export(world: World, form: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = tracker(world, "export", "--format", form, *arguments)
    assert done.returncode == 0, done.stderr
    return done


def test_ris_is_read_with_authors_groups_and_the_retraction(filled: World) -> None:
    read = {one["accession_number"]: one for one in rispy.loads(export(filled, "ris").stdout)}
    assert set(read) == {pmid(1), pmid(2), pmid(3), nct(1)}
    first = read[pmid(1)]
    assert first["type_of_reference"] == "JOUR" and first["title"].startswith("Gel number 1")
    assert first["authors"] == ["de Souza, Ana-Maria J", "Li, Bo, Jr", "Gel and Hair Group  North,"]
    assert first["abstract"] == "A gel was tested in 20 people with alopecia."
    assert HOSTILE in read[pmid(2)]["title"] and "RETRACTED" in read[pmid(2)]["notes"]
    assert read[nct(1)]["type_of_reference"] == "ELEC" and any("RECRUITING" in note for note in read[nct(1)]["notes"])


def test_bibtex_is_read_with_every_special_character_harmless(filled: World) -> None:
    text = export(filled, "bibtex").stdout
    read = parse_string(text, "bibtex").entries
    assert set(read) == {f"pubmed-{pmid(n)}" for n in (1, 2, 3)} | {nct(1)}
    people = read[f"pubmed-{pmid(1)}"].persons["author"]
    names = [" ".join(one.prelast_names + one.last_names) for one in people]
    assert names == ["de Souza", "Li", "{Gel and Hair Group, North}"]
    assert " ".join(people[1].lineage_names) == "Jr"
    hostile = read[f"pubmed-{pmid(2)}"].fields
    assert r"50 \% of \textbraceleft{}hair\textbraceright{} \& \$5\_a \#1 \textasciitilde{}" in hostile["title"]
    assert hostile["note"].startswith("RETRACTED")
    assert read[nct(1)].type == "misc"


def test_nbib_is_read_by_biopython_and_by_our_own_import(filled: World) -> None:
    done = export(filled, "nbib")
    assert "1 of them are left out" in done.stderr
    read = {one["PMID"]: one for one in Medline.parse(io.StringIO(done.stdout))}
    assert set(read) == {pmid(1), pmid(2), pmid(3)}
    assert read[pmid(1)]["FAU"][0] == "de Souza, Ana-Maria J" and read[pmid(1)]["AU"][0] == "de Souza AMJ"
    assert read[pmid(1)]["CN"] == ["Gel and Hair Group, North"]
    assert "Retracted Publication" in read[pmid(2)]["PT"] and read[pmid(2)]["TI"].startswith(HOSTILE)
    (filled.folder / "back.nbib").write_text(done.stdout, newline="")
    facts = "select * from records", "select record, axis, label from labels", "select * from events"
    before = [filled.rows(sql) for sql in facts]
    done = tracker(filled, "import", "back.nbib")
    assert done.returncode == 0 and done.stdout.splitlines()[-1].split()[1:8] == ["3", "0", "0", "0", "3", "0", "0"]
    assert [filled.rows(sql) for sql in facts] == before, "a poorer form of what is held changes nothing"


def test_csv_is_a_table_in_which_nothing_is_a_formula(filled: World) -> None:
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(export(filled, "csv").stdout))}
    assert set(rows) == {f"pubmed-{pmid(n)}" for n in (1, 2, 3)} | {nct(1)}
    hostile = rows[f"pubmed-{pmid(2)}"]
    assert hostile["title"].startswith("'=HYPER") and hostile["notice"] == "retracted"
    trial = rows[nct(1)]
    assert (trial["phases"], trial["primary_completion"], trial["has_results"]) == ("PHASE2", "2027-03", "False")
    assert trial["queries"] == "gel" and trial["conditions"]
    assert '"gel"' in export(filled, "csv").stdout, "every cell in quotation marks: none is split at a semicolon"


def test_json_lines_are_objects(filled: World) -> None:
    read = {one["id"]: one for one in map(json.loads, export(filled, "json").stdout.splitlines())}
    assert read[nct(1)]["trial"]["phases"] == ["PHASE2"] and read[nct(1)]["trial"]["has_results"] is False
    assert read[f"pubmed-{pmid(2)}"]["notice"] == "retracted" and read[f"pubmed-{pmid(1)}"]["trial"] is None


def test_atom_tells_what_moved_and_not_what_was_there(filled: World) -> None:
    feed = feedparser.parse(export(filled, "atom").stdout)
    assert not feed.bozo and feed.feed.updated == "2026-11-16T07:00:00Z"
    titles = [entry.title for entry in feed.entries]
    assert len(titles) == 2 and any("slipped 3 months" in title for title in titles)
    assert any("new article" in title and "number 3" in title for title in titles)
    assert len({entry.id for entry in feed.entries}) == 2
    assert export(filled, "atom").stdout == export(filled, "atom").stdout
    filled.put_article(3, "Gel number 3 for alopecia", types=("Journal Article", "Retracted Publication"))
    filled.fetch(2, full=True)
    newest = feedparser.parse(export(filled, "atom").stdout).entries[0]
    assert newest.title.startswith("[RETRACTED]")


def test_a_digest_keeps_a_feed_of_what_it_told_beside_its_issues(world: World) -> None:
    config = world.folder / "queries.toml"
    config.write_text(config.read_text().replace('every = "monday 07:00"', 'every = "monday 07:00"\natom = true'))
    world.put_article(1)
    world.fetch()
    world.digest(0)
    path = world.folder / "digests/weekly.atom"
    assert feedparser.parse(path.read_text()).entries == []
    world.put_article(2)
    world.fetch(1)
    world.digest(1)
    (entry,) = feedparser.parse(path.read_text()).entries
    assert "Gel number 2" in entry.title and entry.link.endswith(f"/{pmid(2)}/")


def events(world: World) -> dict[str, Any]:
    calendar = icalendar.Calendar.from_ical(export(world, "ics", "--kind", "trial").stdout)
    return {str(event["UID"]): event for event in calendar.walk("VEVENT")}


def test_a_slip_moves_the_same_event_of_the_calendar(world: World) -> None:
    world.put_study(1, statusModule={"completionDateStruct": {"date": "2026-12-31", "type": "ACTUAL"}})
    world.fetch()
    uid = f"{nct(1)}-primary_completion@follicle-tracker"
    before = events(world)
    assert set(before) == {uid, uid.replace("primary_", "")}
    assert (before[uid].decoded("DTSTART"), before[uid].decoded("DTEND")) == (date(2026, 12, 1), date(2027, 1, 1))
    assert "(estimated)" in before[uid]["SUMMARY"] and before[uid]["STATUS"] == "TENTATIVE"
    done = before[uid.replace("primary_", "")]
    assert "(actual)" in done["SUMMARY"] and done.decoded("DTSTART") == date(2026, 12, 31)
    world.put_study(1, statusModule={"primaryCompletionDateStruct": {"date": "2027-03-15", "type": "ESTIMATED"}})
    world.fetch(1)
    after = events(world)[uid]
    assert after.decoded("DTSTART") == date(2027, 3, 15)
    assert after["SEQUENCE"] == before[uid]["SEQUENCE"] + 1 and "slipped" in after["DESCRIPTION"]


def test_lines_of_a_calendar_are_never_longer_than_75_bytes(filled: World) -> None:
    filled.put_study(2, identificationModule={"nctId": nct(2), "briefTitle": "Gel: β, γ; alopecia — " * 20})
    filled.fetch(2)
    text = export(filled, "ics").stdout.encode()
    assert max(map(len, text.splitlines())) <= 75
    assert "β\\, γ\\; alopecia" in text.decode().replace("\n ", "")


def test_what_is_meant_is_chosen_as_by_search(filled: World) -> None:
    def ids(*arguments: str) -> set[str]:
        return {json.loads(line)["id"] for line in export(filled, "json", *arguments).stdout.splitlines()}

    assert ids("--kind", "trial") == ids("--stage", "phase2") == ids("--query", "gel", "--kind", "trial") == {nct(1)}
    assert ids("--query", "moss") == set()
    assert ids("--search", "numbers 3") == {f"pubmed-{pmid(3)}"}
    assert ids(pmid(1), f"https://clinicaltrials.gov/study/{nct(1)}") == {f"pubmed-{pmid(1)}", nct(1)}
    for arguments, words in [
        (["--query", "gell"], 'did you mean "gel"'),
        (["--stage", "phase9"], "did you mean"),
        (["--since", "soon"], "is no date"),
        (["99"], "is not held"),
    ]:
        done = tracker(filled, "export", "--format", "ris", *arguments)
        assert done.returncode == 2 and words in done.stderr and not done.stdout


def test_off_topic_records_and_older_versions_are_taken_only_by_name(world: World) -> None:
    world.put_article(1, "A moss on concrete", abstract="The gel of a moss; alopecia is no matter of ours.")
    world.put_article(2, "Gel number 2 for alopecia")
    world.fetch()
    with Store.open(world.settings.db) as store, store.transaction():
        store.db.conn.execute(
            "update labels set label = 'off' where axis = 'relevance' and record = ?", [f"pubmed-{pmid(1)}"]
        )
    assert pmid(2) in export(world, "csv").stdout
    assert pmid(1) not in export(world, "csv").stdout and pmid(1) in export(world, "csv", pmid(1)).stdout
    with Store.open(world.settings.db) as store, store.transaction():
        store.db.conn.execute("update records set same_as = ? where id = ?", [f"pubmed-{pmid(1)}", f"pubmed-{pmid(2)}"])
    assert export(world, "json").stdout == ""


def test_a_file_is_written_whole_or_not_at_all(filled: World) -> None:
    done = export(filled, "ris", "-o", "out/all.ris")
    assert done.stdout == "" and "out/all.ris: 4 records" in done.stderr
    assert len(rispy.loads((filled.folder / "out/all.ris").read_text())) == 4
    (filled.folder / "file").write_text("")
    done = tracker(filled, "export", "--format", "ris", "-o", "file/x.ris")
    assert done.returncode == 1 and "file/x.ris: cannot be written" in done.stderr


@given(st.text())
def test_no_text_breaks_a_line_a_cell_or_a_brace(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    assert harmless(text).lstrip()[:1] not in tuple("=+-@")
    depth = 0
    for char in escaped(text):  # as readers count them, a backslash before or not
        depth += {"{": 1, "}": -1}.get(char, 0)
        assert depth >= 0
    assert depth == 0


@pytest.mark.parametrize(
    ("partial", "first", "last"),
    [
        ("2024-02", (2024, 2, 1), (2024, 2, 29)),
        ("2026", (2026, 1, 1), (2026, 12, 31)),
        ("2026-05-04", (2026, 5, 4), (2026, 5, 4)),
    ],
)
def test_a_partial_date_fills_its_month_or_year(
    partial: str, first: tuple[int, int, int], last: tuple[int, int, int]
) -> None:
    assert span(partial) == (date(*first), date(*last))
