"""Importing: what files change in a database, what they leave alone, and that a run may die at any moment."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SHARED
from tests.generated import FIRST_PMID, write_set
from tests.standin_world import pmid
from tests.world import WEEKS, World, at, gel_study, hair_article
from tracker.classify import Classifier, load_taxonomy
from tracker.config import load
from tracker.dates import clock_from
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.errors import ConfigError
from tracker.pipeline import import_all, prepare
from tracker.pipeline.importing import FileTally, Progress, import_files
from tracker.records import Payload
from tracker.sources.versions import version_of
from tracker.store import Store, versions

TEXT = """
PMID- {pmid}
STAT- MEDLINE
LR  - {revised}
DP  - 2031 Jan
TI  - {title}
AB  - A gel was tested in 20 people with alopecia.
LA  - eng
SO  - J. 2031.
"""


@pytest.fixture
def world(tmp_path: Path) -> Any:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        yield at(stand_in, tmp_path)


def dated(n: int, title: str = "", *, day: str = "", version: int = 1, status: str = "MEDLINE") -> bytes:
    """An article last revised on a day, "" for none."""
    year, month, date = (day or "0-0-0").split("-")
    revised = f"<DateRevised><Year>{year}</Year><Month>{month}</Month><Day>{date}</Day></DateRevised>" if day else ""
    body = hair_article(n, title).replace(b'<PMID Version="1">', b'<PMID Version="%d">' % version, 1)
    body = body.replace(b"</PMID>", b"</PMID>" + revised.encode(), 1)
    return body.replace(b'Status="MEDLINE"', b'Status="%s"' % status.encode())


def holder(study: dict[str, Any], day: str) -> dict[str, Any]:
    study["derivedSection"]["miscInfoModule"]["versionHolder"] = day
    return study


def a_set(*articles: bytes) -> bytes:
    return b"<PubmedArticleSet>" + b"\n".join(articles) + b"</PubmedArticleSet>"


@cache
def classifier() -> Classifier:
    return Classifier(load_taxonomy())


def run(world: World, *contents: bytes | dict[str, Any] | str, query: str = "", week: int = 0) -> list[FileTally]:
    paths = []
    for n, content in enumerate(contents):
        path = world.folder / f"file{n}"
        text = json.dumps(content) if isinstance(content, dict) else content
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        paths.append(path)
    return run_paths(world, paths, query, week)


def run_paths(
    world: World, paths: list[Path], query: str = "", week: int = 0, progress: Progress = lambda tally: None
) -> list[FileTally]:
    """As import_all does it, with one classifier for all tests, which costs more than a file."""
    clock = clock_from({"TRACKER_NOW": WEEKS[week]})
    with Store.open(world.settings.db) as store:
        prepare(world.settings, store, classifier().taxonomy, clock)
        return import_files(world.settings, store, classifier(), clock, paths, query, progress)


def verdicts(tallies: list[FileTally]) -> list[str]:
    """One word for each file of one record: what became of the record."""
    names = ("new", "changed", "same", "older", "quarantined")
    return [" ".join(name for name in names if getattr(tally, name)) + tally.error for tally in tallies]


def titles(world: World) -> list[str]:
    return [row["title"] for row in world.rows("select title from records order by id")]


def newest(world: World, record: str) -> bytes:
    with Store.read(world.settings.db) as store:
        payload = store.payload_of(record)
        assert payload is not None
        return payload.body


def test_records_of_every_form_are_stored_and_judged_as_by_a_fetch(world: World) -> None:
    world.put_article(1)
    world.put_study(1)
    world.fetch()
    fetched = world.dump()
    other = at(world.stand_in, world.folder / "other")
    assert verdicts(run(other, a_set(hair_article(1)), gel_study(1), query="gel")) == ["new", "new"]
    assert other.dump() == fetched


def test_the_same_file_again_is_the_same_and_writes_nothing(world: World) -> None:
    text = TEXT.format(pmid=7, revised="20260101", title="T")
    contents = (a_set(hair_article(1), hair_article(2)), gel_study(1), text)
    run(world, *contents)
    before = world.dump()
    tallies = run(world, *contents)
    assert [tally.same for tally in tallies] == [2, 1, 1] and [tally.records for tally in tallies] == [2, 1, 1]
    assert world.dump() == before


def test_a_record_that_a_file_names_twice_is_stored_once(world: World) -> None:
    both = a_set(dated(1, "One", version=1), dated(1, "Two", version=2), dated(1, "One", version=1))
    (tally,) = run(world, both)
    assert (tally.new, tally.changed, tally.older) == (1, 1, 1)
    assert titles(world) == ["Two"] and newest(world, f"pubmed-{pmid(1)}") == dated(1, "Two", version=2)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (dated(1, "Old", day="2026-01-09"), dated(1, "New", day="2026-01-10")),
        (dated(1, "Old", day="2026-9-10"), dated(1, "New", day="2026-10-09")),
        (dated(1, "Old", day="2026-05-05"), dated(1, "New", day="2020-01-01", version=2)),
        (dated(1, "Old", day="2026-01-10", status="Publisher"), dated(1, "New", day="2026-01-10", status="In-Process")),
        (dated(1, "Old", status="In-Data-Review"), dated(1, "New", day="2026-01-10")),
        (gel_study(1, statusModule={"overallStatus": "SUSPENDED"}),
         gel_study(1, statusModule={"lastUpdatePostDateStruct": {"date": "2031-01-02"}})),
        (holder(gel_study(1, statusModule={"overallStatus": "SUSPENDED"}), "2030-12-31"), gel_study(1)),
    ],
)  # fmt: skip
def test_an_older_version_is_kept_and_changes_nothing(world: World, older: Any, newer: Any) -> None:
    def wrapped(body: Any) -> Any:
        return a_set(body) if isinstance(body, bytes) else body

    run(world, wrapped(newer))
    before = world.rows("select * from records"), world.rows("select * from events"), world.rows("select * from labels")
    record = before[0][0]["id"]
    body = newest(world, record)
    assert verdicts(run(world, wrapped(older))) == ["older"]
    assert (world.rows("select * from records"), world.rows("select * from events"),
            world.rows("select * from labels")) == before  # fmt: skip
    assert newest(world, record) == body, "what the next comparison is made with"
    assert len(world.rows("select id from payloads")) == 2
    dump = world.dump()
    assert verdicts(run(world, wrapped(older), wrapped(newer))) == ["older", "same"]
    assert world.dump() == dump


def test_a_newer_version_of_what_is_followed_is_ordinary_news(world: World) -> None:
    world.put_study(1)
    world.fetch()
    world.digest(0)
    stopped = gel_study(1, statusModule={
        "overallStatus": "TERMINATED", "whyStopped": "no gel", "lastUpdatePostDateStruct": {"date": "2031-01-02"},
    })  # fmt: skip
    assert verdicts(run(world, stopped, week=1)) == ["changed"]
    assert world.kinds("NCT99900001") == ["new_trial", "stopped", "detail"]
    assert "no gel" in world.digest(1)


def test_what_was_imported_is_never_announced(world: World) -> None:
    world.put_article(1)
    world.fetch()
    world.digest(0)
    run(world, a_set(hair_article(2, "Second gel")), gel_study(3), query="gel", week=1)
    run(world, a_set(hair_article(4, "Fourth gel")), week=1)
    assert [row["baseline"] for row in world.rows("select baseline from matches order by record")] == [1, 1, 1]
    told = world.digest(1)
    assert "Second gel" not in told and "Fourth gel" not in told and "NCT99900003" not in told


def test_every_readable_record_of_a_file_is_tied_to_the_query_and_a_tie_stays_as_it_was(world: World) -> None:
    world.put_article(1)
    world.fetch()
    world.put_article(2)
    world.fetch(1)
    held = world.rows("select * from matches order by record")
    run(world, a_set(hair_article(1), hair_article(2), hair_article(3)), query="gel", week=2)
    after = world.rows("select * from matches order by record")
    assert after[:2] == held and [row["record"] for row in after[2:]] == [f"pubmed-{pmid(3)}"]
    with pytest.raises(ConfigError, match="nonsense"):
        import_all(world.settings, clock_from({}), [], "nonsense")


def test_another_layout_of_the_same_version_is_the_same(world: World) -> None:
    body = dated(1, day="2026-01-10")
    run(world, a_set(body))
    spread = body.replace(b"><", b">\n  <")
    assert verdicts(run(world, a_set(spread))) == ["same"]
    assert newest(world, f"pubmed-{pmid(1)}") == body
    dump = world.dump()
    assert verdicts(run(world, a_set(spread), a_set(body))) == ["same", "same"] and world.dump() == dump
    later = spread.replace(b"<Day>10</Day>", b"<Day>11</Day>")
    assert verdicts(run(world, a_set(later), a_set(body))) == ["changed", "older"]
    assert world.kinds(f"pubmed-{pmid(1)}") == ["new_article", "detail"]  # its day of revision, in no column


def test_a_version_that_gave_way_to_one_of_the_same_day_does_not_come_back(world: World) -> None:
    first, second = dated(1, "First", day="2026-01-10"), dated(1, "Second", day="2026-01-10")
    assert verdicts(run(world, a_set(first), a_set(second), a_set(first))) == ["new", "changed", "same"]
    assert titles(world) == ["Second"]


def test_medline_text_never_replaces_xml_and_xml_replaces_medline_text(world: World) -> None:
    text = TEXT.format(pmid=pmid(1), revised="20270101", title="As text")
    xml = dated(1, "As XML", day="2027-01-01")
    assert verdicts(run(world, a_set(xml), text, text)) == ["new", "older", "older"]
    assert titles(world) == ["As XML"]
    other = at(world.stand_in, world.folder / "other")
    old = dated(1, "Old", day="2026-01-01")
    assert verdicts(run(other, text, a_set(xml), a_set(old))) == ["new", "changed", "older"]
    assert titles(other) == ["As XML"]


def test_a_study_cut_to_some_fields_never_replaces_a_whole_one(world: World) -> None:
    whole = gel_study(1)
    cut = {"protocolSection": {"identificationModule": whole["protocolSection"]["identificationModule"]}}
    assert verdicts(run(world, cut, whole, cut)) == ["new", "changed", "older"]
    assert world.rows("select status from trials") == [{"status": "RECRUITING"}]


def test_of_two_cut_studies_the_poorer_never_replaces_the_fuller(world: World) -> None:
    fuller, poorer = gel_study(1), gel_study(1)
    for one in (fuller, poorer):
        del one["protocolSection"]["sponsorCollaboratorsModule"]
    del poorer["protocolSection"]["designModule"]
    assert verdicts(run(world, fuller, poorer, fuller)) == ["new", "older", "same"]
    assert [row["kind"] for row in world.rows("select kind from events")] == ["new_trial"]


def test_a_record_cut_in_the_middle_of_a_file_goes_to_quarantine(world: World) -> None:
    cut = f"PMID- {pmid(2)}\nTI  - Two\nAB  - We gave a gel to\n<html>502</html>\n\n"
    whole = "PMID- {}\nTI  - Gel for alopecia\nSO  - J. 2031.\n\n"
    (tally,) = run(world, whole.format(pmid(1)) + cut + whole.format(pmid(3)))
    assert (tally.new, tally.quarantined, tally.error) == (2, 1, "")
    (row,) = world.rows("select record, reason from quarantine")
    assert row["record"] == pmid(2) and "is cut off" in row["reason"]


def test_a_good_version_after_a_broken_one_settles_the_quarantine(world: World) -> None:
    good = hair_article(1)
    broken = good.replace(b"<ArticleTitle>", b"<ArticleTitle><")
    assert verdicts(run(world, a_set(good), a_set(broken), a_set(good))) == ["new", "quarantined", "same"]
    assert world.rows("select 1 from quarantine where resolved is null") == []


def test_bad_records_go_to_quarantine_and_the_rest_goes_on(world: World) -> None:
    bad = hair_article(2).replace(b"</Article>", b"", 1)
    nameless = hair_article(3).replace(pmid(3).encode(), b"none")
    (tally,) = run(world, a_set(hair_article(1), bad, nameless, hair_article(4)), query="gel")
    assert (tally.new, tally.quarantined, tally.error) == (2, 2, "")
    rows = world.rows("select record, reason, query, resolved from quarantine order by id")
    assert [row["record"] for row in rows] == [pmid(2), ""] and "not well-formed" in rows[0]["reason"]
    run(world, a_set(hair_article(1), bad, nameless, hair_article(4)), query="gel")
    assert len(world.rows("select id from quarantine")) == 2
    run(world, a_set(hair_article(2)), week=1)
    assert world.rows("select resolved from quarantine where record != ''") == [{"resolved": WEEKS[1]}]


def test_a_deletion_marks_what_is_held_as_gone_once(world: World) -> None:
    deleted = "".join(f'<PMID Version="{v}">{pmid(n)}</PMID>' for n, v in ((1, 1), (2, 1), (9, 1)))
    content = a_set(hair_article(1), dated(2, version=2), f"<DeleteCitation>{deleted}</DeleteCitation>".encode())
    (tally,) = run(world, content)
    assert (tally.new, tally.deleted) == (2, 1), "a version of 2 that we do not hold, and 9 not at all"
    assert world.kinds(f"pubmed-{pmid(1)}") == ["new_article", "gone"]
    gone = world.rows("select id, gone from records where gone is not null")
    (tally,) = run(world, content, week=1)
    assert (tally.same, tally.deleted) == (2, 1)
    assert world.rows("select id, gone from records where gone is not null") == gone
    assert world.kinds(f"pubmed-{pmid(1)}") == ["new_article", "gone"]


def test_a_paper_takes_the_phase_of_its_trial_whichever_is_imported_first(world: World) -> None:
    paper = hair_article(1, abstract="A gel was tested in alopecia (NCT99900001).", types=["Clinical Trial"])
    run(world, a_set(paper), gel_study(1))
    stage = world.rows("select label from labels where record like 'pubmed-%' and axis = 'stage'")
    assert stage == [{"label": "phase2"}]
    other = at(world.stand_in, world.folder / "other")
    run(other, gel_study(1), a_set(paper))
    assert other.rows("select label from labels where record like 'pubmed-%' and axis = 'stage'") == stage


def test_what_a_cut_file_gave_is_kept_and_the_next_file_goes_on(world: World) -> None:
    whole = a_set(hair_article(1), hair_article(2), hair_article(3))
    first, second = run(world, whole[:-400], gel_study(1))
    assert (first.new, first.error) == (2, f"is cut off within PMID {pmid(3)}")
    assert (second.new, second.error) == (1, "")
    (again,) = run(world, whole)
    assert (again.new, again.same, again.error) == (1, 2, "")


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_a_run_that_dies_is_simply_run_again(world: World, tmp_path: Path, batches: int) -> None:
    path = write_set(tmp_path / "set.xml", 450)
    seen = 0

    def die(tally: FileTally) -> None:
        nonlocal seen
        seen += 1
        if seen > batches:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_paths(world, [path], "gel", progress=die)
    assert world.rows("select count(*) as n from records")[0]["n"] == 200 * (batches + 1) - 150 * (batches == 2)
    run_paths(world, [path], "gel")
    other = at(world.stand_in, world.folder / "other")
    run_paths(other, [path], "gel")
    assert world.dump() == other.dump()


def test_an_unchanged_file_is_not_even_read(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_set(tmp_path / "set.xml.gz", 250)
    run_paths(world, [path])
    monkeypatch.setattr("tracker.sources.pubmed.article.read", lambda body: pytest.fail("it was read"))
    (tally,) = run_paths(world, [path])
    assert (tally.same, tally.records) == (250, 250) and tally.taken == tally.size == path.stat().st_size
    assert [row["id"] for row in world.rows("select min(id) as id from records")] == [f"pubmed-{FIRST_PMID}"]


def test_keeping_a_version_aside_leaves_the_newest_the_newest(world: World) -> None:
    run(world, a_set(hair_article(1), hair_article(2)))
    record = f"pubmed-{pmid(1)}"
    with Store.open(world.settings.db) as store:
        kept = store.payload_of(record)
        for n in range(3):
            with store.transaction():
                versions.keep_aside(store.db, record, Payload("pubmed", pmid(1), b"older", f"sha{n}"), WEEKS[0])
        assert store.payload_of(record) == kept
        assert kept and store.held_record(kept) == record
        assert versions.hashes(store.db, [record, "pubmed-1"]) == {record: ["sha0", "sha1", "sha2", kept.sha256]}


def test_ages_are_compared_only_where_both_sides_tell_them() -> None:
    def age(body: bytes) -> Any:
        return version_of(Payload("pubmed", "", body, ""))

    undated, of_a_day = age(dated(1)), age(dated(1, day="2026-01-10"))
    assert not undated.is_older(of_a_day) and not of_a_day.is_older(undated)
    text = age(TEXT.format(pmid=1, revised="20260109", title="").encode())
    assert text.is_older(of_a_day) and text.is_poorer(undated) and not undated.is_poorer(text)
    broken = version_of(Payload("clinicaltrials", "", b"{", ""))
    assert broken.is_poorer(version_of(Payload("clinicaltrials", "", json.dumps(gel_study(1)).encode(), "")))


@pytest.mark.shared
def test_the_real_files_are_imported_whole(tmp_path: Path) -> None:
    (tmp_path / "queries.toml").write_text('[[query]]\nname = "x"\npubmed = "gel[tiab] AND alopecia[tiab]"\n')
    real = SHARED / "real"
    paths = [real / "pubmed/sample.nbib", real / "pubmed/general.xml.gz", real / "pubmed/general_older.xml.gz",
             real / "ctgov/studies.jsonl.gz", *sorted((real / "ctgov/pages").glob("sequence_*.json"))]  # fmt: skip
    settings = load(tmp_path / "queries.toml", {})
    tallies = import_all(settings, clock_from({"TRACKER_NOW": WEEKS[0]}), paths)
    assert [(tally.new + tally.older, tally.quarantined, tally.error) for tally in tallies] == [
        (299, 0, ""), (805, 0, ""), (188, 0, ""), (700, 0, ""), (5, 0, ""), (5, 0, "")
    ]  # fmt: skip
    again = import_all(settings, clock_from({"TRACKER_NOW": WEEKS[1]}), paths)
    assert [tally.same + tally.older for tally in again] == [tally.records for tally in tallies]
