"""--as-of: an issue as it would be if the clock stood at an earlier moment, from what was stored by then."""

import re
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.test_cli import tracker
from tests.test_ties import named, reference
from tests.world import World, at, pmid
from tracker import lock
from tracker.dates import clock_from
from tracker.demo.faults import Status
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.errors import ConfigError
from tracker.pipeline import FetchOptions, Issue, compose, fetch_all
from tracker.pipeline.as_of import Step, compose_as_of, past_of
from tracker.pipeline.labelling import Judge
from tracker.store import Store, dump, past

START = datetime(2026, 11, 9, 7, tzinfo=UTC)  # a Monday, at the digest's hour
NOW = "2027-03-01T12:00:00Z"
RETRACTS = """<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn"><RefSource>J. Moss</RefSource>
<PMID Version="1">999009999</PMID></CommentsCorrections></CommentsCorrectionsList>"""
PREPRINT = """<CommentsCorrectionsList><CommentsCorrections RefType="UpdateOf"><RefSource>mossRxiv</RefSource>
<PMID Version="1">999000011</PMID></CommentsCorrections></CommentsCorrectionsList>"""


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        yield stand_in


def stamp_of(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def week(n: int, **later: int) -> str:
    return stamp_of(START + timedelta(weeks=n, **later))


def fetch(world: World, now: str, **options: Any) -> None:
    fetch_all(world.settings, clock_from({"TRACKER_NOW": now}), options=FetchOptions(**options))


def composed(world: World, now: str, name: str = "weekly") -> Issue:
    with Store.open(world.settings.db) as store:
        return compose(world.settings, store, world.settings.digest(name), clock_from({"TRACKER_NOW": now}))


def as_of(world: World, moment: str, name: str = "weekly") -> Issue:
    settings, clock = world.settings, clock_from({"TRACKER_NOW": NOW})
    with Store.read(settings.db) as store:
        return compose_as_of(settings, store, [settings.digest(name)], moment, clock)[0]


def forms(issue: Issue) -> tuple[str, ...]:
    return issue.period, issue.subject, issue.markdown, issue.html, issue.text


def status(trial: str, **more: Any) -> dict[str, Any]:
    return {"statusModule": {"overallStatus": trial, **more}}


def completion(day: str) -> dict[str, Any]:
    return {"primaryCompletionDateStruct": {"date": day, "type": "ESTIMATED"}}


def first(world: World) -> None:
    for n in range(1, 5):
        world.put_article(n)
        world.put_study(n)
    world.put_article(5, "Sleep and gel", abstract="Nothing of it. A gel for hair cells of the ear, not alopecia.")


def news(world: World) -> None:
    world.put_article(11, types=["Preprint"], abstract=named(2), day="2026-11-15")
    world.put_article(6, "Gel in 40 people with alopecia", day="2026-11-15")
    world.put_study(1, **status("RECRUITING", **completion("2027-03")))


def moves(world: World) -> None:
    world.put_study(1, **status("TERMINATED", whyStopped="Slow accrual"))
    world.put_study(2, designModule={"phases": ["PHASE3"]}, **reference(1))
    world.put_article(12, "The gel trial, in full", abstract=named(2), rest=PREPRINT, day="2026-11-22")


def corrections(world: World) -> None:
    world.put_article(
        6, "Gel in 40 people with alopecia", types=["Retracted Publication"], rest=RETRACTS, day="2026-11-29"
    )
    world.put_article(7, day="2026-11-28")
    world.upstream.delete_article(pmid(3))


def an_added_query(world: World) -> None:
    world.put_article(20, "Foam and gel for alopecia", day="2026-12-06")
    world.put_study(9, **status("RECRUITING"))
    world.put_article(
        6, "Gel in 40 people with alopecia", abstract="Retracted.", types=["Retracted Publication"], day="2026-12-06"
    )


def a_source_down(world: World) -> None:
    world.put_article(21, day="2026-12-13")
    world.put_study(2, designModule={"phases": ["PHASE3"]}, **status("COMPLETED"))


def it_answers(world: World) -> None:
    world.upstream.data_timestamp = "2026-12-20T05:00:05"
    world.put_article(
        4, "Gel number 4 for alopecia, revised", abstract="No alopecia here: hair cells.", day="2026-12-20"
    )


STORY: Sequence[Callable[[World], None]] = (
    first, news, moves, corrections, an_added_query, a_source_down, it_answers, lambda world: None,
)  # fmt: skip
FOAM = """
[[query]]
name = "foam"
title = "Foams"
pubmed = 'foam[tiab] AND alopecia[tiab]'
follows = ["act"]
[[digest]]
"""


def set_up(world: World, n: int) -> None:
    path = world.folder / "queries.toml"
    if n == 4:
        text = path.read_text().replace("[[digest]]", FOAM, 1).replace('["gel", "moss"]', '["gel", "moss", "foam"]')
        path.write_text(text)


def play(stand_in: StandIn, folders: Sequence[Path], after: Callable[[list[World], int], None]) -> list[World]:
    """The same weeks for several installations. `after` is told each week, once all of them have fetched."""
    worlds = [at(stand_in, folder) for folder in folders]
    for n, step in enumerate(STORY):
        step(worlds[0])
        for world in worlds:
            if step is a_source_down:
                stand_in.misbehave("pubmed", Status(503), times=99)
            set_up(world, n)
            fetch(world, week(n))
            stand_in.behave()
        after(worlds, n)
    return worlds


@dataclass(frozen=True)
class Played:
    """One installation that composed each week, and how its database stood then; another that only fetched."""

    issues: list[Issue]
    stood: list[str]
    late: World


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder, issues, stood = tmp_path_factory.mktemp("played"), list[Issue](), list[str]()

    def after(worlds: list[World], n: int) -> None:
        issues.append(composed(worlds[0], week(n)))
        stood.append(worlds[0].dump())

    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        yield Played(issues, stood, play(stand_in, [folder / "weekly", folder / "late"], after)[1])


def test_composed_each_week_and_composed_afterwards_are_the_same_files(played: Played) -> None:
    assert "retraction" in played.issues[3].subject and "This digest told it in 2026-W47" in played.issues[3].text
    assert "no answer from PubMed" in played.issues[5].subject
    assert sum(issue.told for issue in played.issues) > 15
    for n, issue in enumerate(played.issues):
        assert forms(as_of(played.late, week(n))) == forms(issue), f"week {n}"


def test_the_copy_is_the_database_as_it_stood(played: Played) -> None:
    """Not only what a digest shows: every row but the queries, which say what is asked today."""
    settings = played.late.settings
    with (
        Store.read(settings.db) as held,
        past_of(settings, held, week(len(STORY)), lambda done, total: None) as copy,
    ):
        for n, then in enumerate(played.stood):
            copy.compose(Step(START + timedelta(weeks=n), settings.digest("weekly")))
            assert lines(dump(copy.store.db)) == lines(then), f"week {n}"


def test_every_table_has_a_place_in_the_copy(played: Played) -> None:
    """A new table: bring it in tracker/store/past.py, or say here why not."""
    brought = set(re.findall(r'"(\w+)"', Path(past.__file__).read_text()))
    written_anew = {"records", "trials", "sites", "labels", "links", "payloads"}
    of_today = {"approaches", "stages", "conditions", "approvals", "judged"}  # `prepare` writes them
    no_matter = {"deliveries", "pauses", "feeds", "feed_items"}  # a copy sends nothing, and asks nothing
    tables = {row["name"] for row in played.late.rows("select name from sqlite_schema where type = 'table'")}
    ours = {name for name in tables if not name.startswith(("records_fts", "sqlite_", "_"))}
    assert ours - brought - written_anew - of_today - no_matter == set()


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("queries ")]


def forgetful(world: World, folder: Path, *names: str) -> World:
    """A copy of an installation that never composed these digests. Composing changes nothing that a fetch does."""
    shutil.copytree(world.folder, folder)
    with sqlite3.connect(folder / "db/tracker.db") as conn:
        for name in names:
            conn.execute("delete from digest_items where name = ?", [name])
            conn.execute("delete from deliveries where digest in (select id from digests where name = ?)", [name])
            conn.execute("delete from digests where name = ?", [name])
    conn.close()
    copy = at(world.stand_in, folder)
    shutil.copy(world.folder / "queries.toml", folder)
    return copy


@pytest.mark.parametrize("hours", [3, 50], ids=["hours", "days"])
def test_a_machine_that_is_late_each_week(stand_in: StandIn, tmp_path: Path, hours: int) -> None:
    """Both fetch and digest run hours after the slot: no extra issue, and none that lacks the fetch."""
    world, issues = at(stand_in, tmp_path / "weekly"), []
    for n, step in enumerate(STORY[:3]):
        step(world)
        fetch(world, week(n, hours=hours))
        issues.append(composed(world, week(n, hours=hours, minutes=10)))
        if hours < 24:  # a fetch between two issues is no sign that the next one was in time
            fetch(world, week(n, hours=100))
    assert [issue.period for issue in issues] == ["2026-W46", "2026-W47", "2026-W48"]
    late = forgetful(world, tmp_path / "late", "weekly")
    for n, issue in enumerate(issues):
        assert forms(as_of(late, week(n, hours=hours, minutes=10))) == forms(issue)


def test_in_the_middle_of_a_week_it_is_the_extra_issue(stand_in: StandIn, tmp_path: Path) -> None:
    world = at(stand_in, tmp_path / "weekly")
    first(world)
    fetch(world, week(0))
    composed(world, week(0))
    news(world)
    fetch(world, week(1))
    monday = composed(world, week(1))
    before = forgetful(world, tmp_path / "before", "weekly")
    assert forms(as_of(before, week(1, hours=60))) == forms(monday), "nothing is untold: the issue stands"
    moves(world)
    fetch(world, week(1, hours=48))
    extra = composed(world, week(1, hours=60))
    late = forgetful(world, tmp_path / "late", "weekly")
    assert extra.period == "2026-W47.2" and forms(as_of(late, week(1, hours=60))) == forms(extra)


def test_two_digests_of_which_one_was_composed(stand_in: StandIn, tmp_path: Path) -> None:
    """Issues that were composed hold; those of the other digest are made up for."""
    world, issues = at(stand_in, tmp_path / "both"), []
    path = world.folder / "queries.toml"
    path.write_text(path.read_text() + '[[digest]]\nname = "high"\nevery = "monday 07:00"\nmin_severity = "high"\n')
    for n, step in enumerate(STORY[:3]):
        step(world)
        fetch(world, week(n))
        issues.append([composed(world, week(n), name) for name in ("weekly", "high")])
    late = forgetful(world, tmp_path / "late", "high")
    settings = late.settings
    for n, pair in enumerate(issues):
        with Store.read(settings.db) as held:
            made = compose_as_of(settings, held, settings.digests, week(n), clock_from({"TRACKER_NOW": NOW}))
        assert [forms(issue) for issue in made] == [forms(issue) for issue in pair]
    assert forms(as_of(world, week(1, hours=60))) == forms(issues[1][0]), "it was composed, and nothing came since"


def two_weeks(stand_in: StandIn, folder: Path) -> World:
    """Two weeks of news, fetched and not composed."""
    world = at(stand_in, folder)
    for n, step in enumerate((first, news, moves)):
        step(world)
        fetch(world, week(n))
    return world


@pytest.fixture
def world(stand_in: StandIn, tmp_path: Path) -> World:
    return two_weeks(stand_in, tmp_path)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same for tests that only ask: what they ask for writes nothing."""
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = two_weeks(stand_in, tmp_path_factory.mktemp("untouched"))
        before = world.dump()
        yield world
        assert world.dump() == before


def test_rules_that_changed_since_are_today_s(world: World) -> None:
    before = as_of(world, week(1))
    leaf = '[[approach]]\nid = "act.gel"\nlabel = "Gels of moss"\nterms = ["gel"]\n'
    path = world.folder / "queries.toml"
    path.write_text(path.read_text() + leaf)
    assert "Gels of moss" not in before.markdown and "Gels of moss" in as_of(world, week(1)).markdown
    assert tracker(world, "classify", TRACKER_NOW=NOW).returncode == 0
    assert "Gels of moss" in as_of(world, week(1)).markdown


def test_a_person_s_word_counts_from_when_it_was_said(world: World) -> None:
    def say(now: str, statement: str) -> bool:
        """Whether it is told as of the first week, once this is said."""
        with Store.open(world.settings.db) as store:
            Judge(world.settings, store, clock_from({"TRACKER_NOW": now})).say(pmid(6), [statement], "me", "")
        return "Gel in 40 people" in as_of(world, week(1)).markdown

    assert not say(week(1, hours=-1), "relevance=off")
    # Only the newest word is kept: as of a moment before it the rules speak.
    assert say(week(2), "relevance=off")


def test_what_today_s_parser_refuses_is_told_as_it_was_read(world: World) -> None:
    wanted = as_of(world, week(2))
    with sqlite3.connect(world.settings.db) as conn:
        conn.execute("update payloads set body = ? where record = ?", [zlib.compress(b"<broken"), f"pubmed-{pmid(6)}"])
    conn.close()
    assert forms(as_of(world, week(2))) == forms(wanted)


def test_nothing_changes_and_a_writer_is_no_hindrance(world: World) -> None:
    db = world.settings.db
    with Store.read(db) as store:
        rows = list(store.db.conn.iterdump())
    files = {path.name: path.read_bytes() for path in db.parent.iterdir() if path.suffix in (".db", ".db-wal")}
    with lock.writing(db), sqlite3.connect(db, isolation_level=None) as writer:
        writer.execute("begin immediate")
        writer.execute("delete from events")
        done = tracker(world, "digest", "--as-of", week(1), TRACKER_NOW=NOW)
        writer.execute("rollback")
    writer.close()
    assert done.returncode == 0 and "Gel in 40 people" in done.stdout, done.stderr
    assert done.stdout == as_of(world, week(1)).markdown
    with Store.read(db) as store:
        assert list(store.db.conn.iterdump()) == rows
    assert {path.name: path.read_bytes() for path in db.parent.iterdir() if path.name in files} == files
    assert not (world.folder / "digests").exists()


def test_a_run_that_ends_meanwhile_is_not_seen(world: World) -> None:
    """One view of the database from the first row to the last, whatever is committed in between."""
    settings, wanted, done = world.settings, as_of(world, week(2)), []

    def commit(read: int, versions: int) -> None:
        if not done:
            with sqlite3.connect(settings.db) as writer:
                done.append(writer.execute("delete from events").rowcount)
            writer.close()

    with Store.read(settings.db) as store:
        clock = clock_from({"TRACKER_NOW": NOW})
        made = compose_as_of(settings, store, settings.digests, week(2), clock, commit)
    assert done[0] > 5 and [forms(issue) for issue in made] == [forms(wanted)]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-11-16", week(1)),  # the day of the slot is the slot
        ("2026-11-16T07:00", week(1)),
        ("2026-11-16 07:00:00", week(1)),
        ("2026-11-16T02:00-05:00", week(1)),
        ("2026-11-16t07:00z", week(1)),
        ("2026-11-18", week(1, hours=48)),  # another day is that day at the digest's hour
    ],
)
def test_a_moment_is_written_as_people_write_it(untouched: World, text: str, same: str) -> None:
    assert forms(as_of(untouched, text)) == forms(as_of(untouched, same))


def test_a_time_without_a_zone_is_local(world: World) -> None:
    path = world.folder / "queries.toml"
    path.write_text(path.read_text().replace("[tracker]", '[tracker]\ntimezone = "Asia/Tokyo"'))
    assert "to 2026-11-16 07:00 UTC" in as_of(world, "2026-11-16T16:00").markdown
    assert "to 2026-11-22 22:00 UTC" in as_of(world, "2026-11-23").markdown  # monday 07:00 in Tokyo


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "2026-11-09T06:59:59Z",
            "nothing was held for digest weekly at 2026-11-09T06:59:59Z; it was first fetched for at",
        ),
        ("2026-11-01", "first fetched for at 2026-11-09T07:00:00Z"),
        ("0001-01-01T00:00+14:00", "is no moment"),
        ("0001-01-01", "first fetched"),
        ("2027-03-01T12:00:01Z", "lies ahead; it is 2027-03-01T12:00:00Z now"),
        ("9999-12-31T23:59-14:00", "is no moment"),
        ("last monday", '"last monday" is no moment - write a day such as 2026-11-23'),
        ("2026-02-30", "is no moment"),
        ("2026-11-16T25:00", "is no moment"),
        ("2026-W47", "is no moment"),
        ("٢٠٢٦-11-16", "is no moment"),
        ("\x1b[31m", "is no moment"),
        ("", "is no moment"),
    ],
)
def test_what_is_no_moment_is_said_in_one_line(untouched: World, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)) as raised:
        as_of(untouched, text)
    assert "\n" not in str(raised.value) and str(raised.value).isprintable()


def test_the_command_says_it_with_exit_code_2(untouched: World) -> None:
    for text in ("last monday", "2026-11-01", "2031-01-01"):
        done = tracker(untouched, "digest", "--as-of", text, TRACKER_NOW=NOW)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done.stderr
        assert text in done.stderr


def test_what_was_stored_lies_never_ahead_whatever_the_clock_says(untouched: World) -> None:
    done = tracker(untouched, "digest", "--as-of", week(1), TRACKER_NOW=week(-9))
    assert done.returncode == 0, done.stderr


def test_two_questions_at_once_are_refused(untouched: World) -> None:
    done = tracker(untouched, "digest", "--as-of", week(1), "--period", "2026-W47")
    assert done.returncode == 2 and "ask one at a time" in done.stderr


def test_a_period_that_is_not_there_gets_a_hint(world: World) -> None:
    for n in (1, 2):
        composed(world, week(n))
    for period, hint in {
        "2026-48": "did you mean 2026-W48?",
        "2026w48": "did you mean 2026-W48?",
        "2026-49": "it has 2026-W47 to 2026-W48",
        "never": "it has 2026-W47 to 2026-W48",
    }.items():
        done = tracker(world, "digest", "--period", period, TRACKER_NOW=week(2))
        assert done.returncode == 2 and f"digest weekly has no issue {period} - {hint}" in done.stderr
