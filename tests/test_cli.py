"""The commands as a user types them, in their own process: what they print, their exit codes, what they write."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import WEEKS, World, at
from tracker.demo.faults import Html
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.store import Store

TRACKER = [sys.executable, "-m", "tracker"]
ROOT = str(Path(__file__).resolve().parents[1])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path)
        world.put_article(1, "PP-405 gel in <i>alopecia</i>")
        world.put_study(1)
        yield world


def tracker(world: World, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": ROOT, "TRACKER_NOW": WEEKS[0]}
    env |= world.stand_in.environment | environment
    return subprocess.run(
        [*TRACKER, *arguments], cwd=world.folder, env=env, capture_output=True, text=True, timeout=60, check=False
    )


def test_fetch_ends_with_a_table_and_digest_writes_the_file(world: World) -> None:
    done = tracker(world, "fetch")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split()[:4] == ["source", "query", "listed", "asked"]
    assert lines[2].split()[:5] == ["pubmed", "gel", "1", "1", "1"]
    assert "pubmed gel: 1 read, 1 listed" in done.stderr
    done = tracker(world, "digest")
    assert "digests/2026-W46-weekly.md" in done.stdout
    assert (world.folder / "digests/2026-W46-weekly.md").read_text().startswith("# ")


def test_on_a_terminal_fetch_draws_a_bar_and_wipes_it(world: World) -> None:
    leader, follower = pty.openpty()
    env = os.environ | world.stand_in.environment | {"TRACKER_NOW": WEEKS[0], "PYTHONPATH": ROOT}
    done = subprocess.run([*TRACKER, "fetch"], cwd=world.folder, env=env, stdout=subprocess.DEVNULL, stderr=follower)
    os.close(follower)
    drawn = os.read(leader, 100_000).decode()
    os.close(leader)
    assert done.returncode == 0
    assert "█" in drawn and "\r\x1b[2K" in drawn


def test_a_digest_that_has_nothing_new_to_tell_is_the_same_bytes(world: World) -> None:
    tracker(world, "fetch")
    tracker(world, "digest")
    path = world.folder / "digests/2026-W46-weekly.md"
    first = path.read_bytes()
    path.unlink()
    done = tracker(world, "digest")
    assert "nothing new to tell" in done.stdout and path.read_bytes() == first
    assert tracker(world, "digest", "--period", "2026-W46").stdout.encode() == first
    assert tracker(world, "digest", "--period", "2020-W01").returncode == 2


def test_what_came_after_the_issue_is_told_by_an_extra_one(world: World) -> None:
    tracker(world, "fetch")
    tracker(world, "digest")
    world.put_article(2, "Gel number 2 for alopecia")
    tracker(world, "fetch", TRACKER_NOW="2026-11-10T07:00:00Z")
    preview = tracker(world, "digest", "--dry-run", TRACKER_NOW="2026-11-10T08:00:00Z")
    assert "Gel number 2" in preview.stdout
    assert not (world.folder / "digests/2026-W46.2-weekly.md").exists()
    tracker(world, "digest", TRACKER_NOW="2026-11-10T08:00:00Z")
    assert "Gel number 2" in (world.folder / "digests/2026-W46.2-weekly.md").read_text()


def test_a_failed_source_is_exit_code_1_and_the_others_are_stored(world: World) -> None:
    world.stand_in.misbehave("esearch", Html("Site maintenance"), times=99)
    done = tracker(world, "fetch")
    assert done.returncode == 1 and "FAILED" in done.stdout
    assert len(world.rows("select id from records")) == 1
    done = tracker(world, "status")
    assert done.returncode == 1 and "never answered" not in done.stderr and "FAILED" in done.stdout
    table, _, below = done.stdout.partition("\n\n")
    assert "Site maintenance" not in table and "pubmed gel: FAILED: 127.0.0.1" in below


def test_status_is_well_after_a_good_run_and_overdue_when_days_go_by(world: World) -> None:
    tracker(world, "fetch")
    tracker(world, "digest")
    assert tracker(world, "status").returncode == 0
    done = tracker(world, "status", TRACKER_NOW="2026-11-12T07:00:00Z")
    assert done.returncode == 1 and "OVERDUE" in done.stdout


def test_status_says_that_a_run_is_at_work_and_that_is_well(world: World) -> None:
    tracker(world, "fetch")
    tracker(world, "digest")
    with Store.open(world.settings.db) as store:
        store.db.conn.execute(
            "insert into fetches (source, query, expression, started) values ('pubmed', 'gel', '', '2099')"
        )
        store.db.conn.commit()
        done = tracker(world, "status")
        assert done.returncode == 0 and f"running (process {os.getpid()})" in done.stdout
    done = tracker(world, "status")
    assert done.returncode == 1 and "was cut off before it ended" in done.stdout


def test_a_new_approach_is_said_to_reach_what_is_held_only_by_classify(world: World) -> None:
    assert "tracker classify" not in tracker(world, "fetch").stdout
    config = world.folder / "queries.toml"
    config.write_text(config.read_text() + '[[approach]]\nid = "oth.gel"\nlabel = "Gels"\nterms = ["gel"]\n')
    for command in ("fetch", "status", "check"):
        assert "tracker classify --dry-run shows what would change" in tracker(world, command).stdout, command
    tracker(world, "classify", "--dry-run")
    assert "tracker classify" in tracker(world, "status").stdout
    tracker(world, "classify")
    for command in ("fetch", "status", "check"):
        assert "tracker classify" not in tracker(world, command).stdout, command


def test_show_reads_like_a_page(world: World) -> None:
    tracker(world, "fetch")
    page = tracker(world, "show", "999000001").stdout
    assert page.startswith("PP-405 gel in alopecia\n")
    assert "https://pubmed.ncbi.nlm.nih.gov/999000001/" in page and "new article" in page
    assert "Primary completion: 2026-12 (estimated)" in tracker(world, "show", "nct99900001").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["fetch", "gell"], 2, 'did you mean "gel"'),
        (["fetch", "--source", "pubmd"], 2, "no source is named"),
        (["fetsh"], 2, "No such command"),
        (["show", "1"], 1, "there is no database yet"),
        (["digest", "daily"], 2, "no digest is named"),
        (["status", "--config", "a.toml"], 2, "--config stands before the command"),
        (["--db", "", "fetch"], 2, "names no file"),
        (["--db", "/", "fetch"], 2, "names no file"),
        (["--config", "nowhere.toml", "check"], 2, "nowhere.toml"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(world: World, arguments: list[str], code: int, words: str) -> None:
    done = tracker(world, *arguments)
    assert done.returncode == code
    assert words in done.stderr and "Traceback" not in done.stderr


def test_a_digest_before_any_fetch_is_refused_and_never_called_quiet(world: World) -> None:
    tracker(world, "fetch", "moss", "--dry-run")
    done = tracker(world, "digest")
    assert done.returncode == 1 and "none of its sources was ever asked" in done.stderr
    assert not list(world.folder.glob("digests/*"))


def test_a_wrong_clock_is_said(world: World) -> None:
    done = tracker(world, "fetch", TRACKER_NOW="yesterday")
    assert done.returncode == 2 and "TRACKER_NOW" in done.stderr


def test_check_names_what_each_query_asks_and_finds_the_database_whole(world: World) -> None:
    tracker(world, "fetch")
    done = tracker(world, "check")
    assert done.returncode == 0
    assert "query gel: asks pubmed and clinicaltrials" in done.stdout and "whole" in done.stdout


def test_without_an_address_the_real_hosts_are_not_asked(world: World) -> None:
    path = world.folder / "queries.toml"
    path.write_text(path.read_text().replace("tester@example.org", "").replace("pace = 500", ""))
    done = tracker(world, "fetch", TRACKER_PUBMED_URL="", TRACKER_CLINICALTRIALS_URL="")
    assert done.returncode == 2 and "contact" in done.stderr and world.stand_in.log == []


def test_two_fetches_at_once_do_not_meet(world: World) -> None:
    from tracker import lock

    with lock.writing(world.folder / "db/tracker.db"):
        done = tracker(world, "fetch")
    assert done.returncode == 75 and "another run is writing" in done.stderr
