"""Where the program runs: no rights, no space, no home, no terminal, no UTF-8, nobody who reads what it prints.

All of it in a process of its own. What fails is one line with the path and what to do; afterwards a clean run ends in
the same database as one that never failed.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.child import Done, Under, tracker
from tests.world import World, at
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream

ORDINARY = Under(ordinary=True)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path / "poor")
        for n in range(1, 6):
            world.put_article(n, "Großer Moss – gel in αlopecia, alopecia" if n == 1 else "")
        world.put_study(1)
        yield world


@pytest.fixture
def calm(world: World, tmp_path: Path) -> str:
    other = at(world.stand_in, tmp_path / "calm")
    other.fetch()
    other.digest(0)
    return other.dump()


def finished(world: World) -> str:
    assert tracker(world, "fetch").code == 0
    assert tracker(world, "digest").code == 0
    return world.dump()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    folder.chmod(0o500)
    try:
        yield
    finally:
        folder.chmod(0o700)


def ordinary(world: World, *arguments: str, **conditions: object) -> Done:
    """Run without the rights of root; skipped where root cannot give them up."""
    try:
        return tracker(world, *arguments, under=ORDINARY, **conditions)
    except subprocess.SubprocessError:
        pytest.skip("this root cannot give up its rights")


# ---- Rights


def test_a_read_only_folder_is_named_and_nothing_is_asked(world: World, calm: str) -> None:
    asked = len(world.stand_in.log)
    (world.folder / "db").mkdir()
    with read_only(world.folder / "db"):
        ordinary(world, "fetch").fails(1, "db/tracker.db", "make its folder writable")
    assert len(world.stand_in.log) == asked
    assert finished(world) == calm


def test_a_folder_that_cannot_be_made_is_named(world: World) -> None:
    with read_only(world.folder):
        ordinary(world, "fetch").fails(1, str(world.folder / "db"), "Permission denied", "make its folder writable")


def test_a_read_only_database_is_named(world: World, calm: str) -> None:
    world.fetch()
    (world.folder / "db/tracker.db").chmod(0o400)
    ordinary(world, "fetch").fails(1, "db/tracker.db", "check the permissions")
    (world.folder / "db/tracker.db").chmod(0o600)
    assert finished(world) == calm


@pytest.mark.parametrize("command", [["status"], ["show", "999000001"], ["check"]], ids=" ".join)
def test_reading_needs_no_right_to_write(world: World, command: list[str]) -> None:
    world.fetch()
    world.digest(0)
    with read_only(world.folder / "db"), read_only(world.folder):
        done = ordinary(world, *command)
    assert done.code == 0 and "Traceback" not in done.err, done.err


@pytest.mark.parametrize("command", [["status"], ["fetch"], ["digest"], ["show", "1"]], ids=" ".join)
def test_a_folder_that_cannot_be_looked_into_is_one_line(world: World, command: list[str]) -> None:
    world.fetch()
    (world.folder / "db").chmod(0o000)
    try:
        ordinary(world, *command).fails(1, "db/tracker.db")
    finally:
        (world.folder / "db").chmod(0o700)


def test_a_digest_folder_that_refuses_keeps_the_issue_for_later(world: World, calm: str) -> None:
    world.fetch()
    (world.folder / "digests").mkdir()
    with read_only(world.folder / "digests"):
        ordinary(world, "digest").fails(
            1, "digests/2026-W46-weekly.md", "Permission denied", "the issue itself is kept"
        )
    assert finished(world) == calm
    assert (world.folder / "digests/2026-W46-weekly.md").read_text().startswith("# ")
    assert [file.name for file in world.folder.glob("digests/*")] == ["2026-W46-weekly.md"]


def test_an_issue_whose_file_was_never_written_is_written_a_week_later(world: World) -> None:
    world.fetch()
    (world.folder / "digests").write_text("a file where the folder should be")
    tracker(world, "digest").fails(1, "digests/2026-W46-weekly.md", "the issue itself is kept")
    (world.folder / "digests").unlink()
    world.fetch(1)
    world.digest(1)
    assert sorted(file.name for file in world.folder.glob("digests/*")) == ["2026-W46-weekly.md", "2026-W47-weekly.md"]


def test_a_read_only_current_folder_is_no_matter(world: World, calm: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with read_only(elsewhere):
        for command in ("fetch", "digest"):
            done = ordinary(world, "--config", str(world.folder / "queries.toml"), command, folder=elsewhere)
            assert done.code == 0, done.err
    assert world.dump() == calm


def test_a_current_folder_that_is_gone_is_no_matter(world: World) -> None:
    command = f"cd gone && rmdir ../gone && exec {shutil.which('env')} TRACKER_X=1 $0 -m tracker --config $1 fetch"
    (world.folder / "gone").mkdir()
    from tests.child import environment

    done = subprocess.run(
        ["sh", "-c", command, os.sys.executable, str(world.folder / "queries.toml")], cwd=world.folder,
        env=environment(world), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr


# ---- Space


@pytest.mark.parametrize("kilobytes", [0, 1, 4, 30, 60, 120, 160, 200])
def test_a_full_disk_is_said_and_nothing_is_lost(world: World, calm: str, kilobytes: int) -> None:
    for command in ("fetch", "digest"):
        done = tracker(world, command, under=Under(file_size=1024 * kilobytes))
        if done.code:
            done.fails(1, str(world.folder))
    assert finished(world) == calm


@pytest.mark.parametrize("pages", [1, 5, 40, 60, 70, 80])
def test_a_database_that_may_not_grow_is_said_and_nothing_is_lost(world: World, calm: str, pages: int) -> None:
    world.put_article(6, abstract="A gel was tested in alopecia. " * 3_000)
    done = tracker(world, "fetch", under=Under(pages=pages))
    done.fails(1, "db/tracker.db", "the disk is full; nothing of this step was kept")
    world.upstream.delete_article("999000006")
    assert finished(world) == calm


def test_a_full_device_that_should_take_the_output_is_one_line(world: World) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    world.fetch()
    for command in (["fetch"], ["status"], ["show", "999000001"], ["-h"]):
        with open("/dev/full", "wb") as full:
            tracker(world, *command, stdout=full).fails(1, "the output cannot be written (No space left on device)")


# ---- Home, language, terminal, output


POOR = {
    "no home": {"HOME": None},
    "a home that is not there": {"HOME": "/nonexistent"},
    "LANG=C": {"LANG": "C", "LC_ALL": "C"},
    "LANG=C and no help from Python": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "ascii alone": {"PYTHONIOENCODING": "ascii"},
    "an unknown language": {"LANG": "xx_YY.UTF-8", "LC_ALL": "xx_YY.UTF-8"},
    "no variables": {"PATH": None, "LANG": None, "HOME": None, "USER": None, "TZ": None, "TERM": None},
    "a dumb terminal": {"TERM": "dumb", "COLUMNS": "1", "LINES": "1"},
    "another time zone": {"TZ": "Pacific/Kiritimati"},
    "a time zone that is none": {"TZ": "Nowhere/Nothing"},
    "no temporary folder": {"TMPDIR": "/nonexistent"},
    "warnings are errors": {"PYTHONWARNINGS": "error"},
}


@pytest.mark.parametrize("env", POOR.values(), ids=POOR)
def test_a_poor_environment_changes_nothing(world: World, calm: str, env: dict[str, str | None]) -> None:
    for command in (["fetch"], ["digest"], ["show", "999000001"], ["status"], ["check"]):
        done = tracker(world, *command, env=env)
        assert done.code == 0 and "Traceback" not in done.err, (command, done.err)
    assert world.dump() == calm


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
def test_closed_standard_streams_change_nothing(world: World, calm: str, closed: tuple[int, ...]) -> None:
    for command in (["fetch"], ["digest"], ["show", "999000001"], ["status"]):
        done = tracker(world, *command, under=Under(closed=closed))
        assert done.code == 0 and "Traceback" not in done.err, (command, done.err)
    assert world.dump() == calm


def test_a_reader_that_went_away_is_no_error(world: World, calm: str) -> None:
    for command in (["fetch"], ["digest"], ["show", "999000001"], ["status"]):
        reader, writer = os.pipe()
        os.close(reader)
        done = tracker(world, *command, stdout=writer)
        os.close(writer)
        assert done.code == 0 and done.err.count("\n") == done.err.count(" read, "), done.err
    assert world.dump() == calm
