"""A database that is locked, foreign, junk, truncated or newer; and several programs at once.

What is not ours or not whole is refused in one line and left as it was, byte for byte.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.child import start, tracker
from tests.world import World, at
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.schema import APPLICATION_ID

COMMANDS = (["fetch"], ["digest"], ["status"], ["show", "999000001"], ["check"])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path / "own")
        for n in range(1, 30):
            world.put_article(n, abstract="A gel was tested in alopecia. " * 40)
        world.put_study(1)
        world.fetch()
        yield world


@pytest.fixture
def path(world: World) -> Path:
    return world.folder / "db/tracker.db"


@pytest.fixture
def calm(world: World, tmp_path: Path) -> str:
    other = at(world.stand_in, tmp_path / "calm")
    other.fetch()
    return other.dump()


# ---- Not ours, or not whole


def write(body: bytes) -> Callable[[Path], None]:
    return lambda path: [path.write_bytes(body), None][1]


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("create table records (id text)")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values ('tracker', 'm999', '')")


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def circle(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def cut(share: float) -> Callable[[Path], None]:
    def shorten(path: Path) -> None:
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    return shorten


def smashed(path: Path) -> None:
    body = bytearray(path.read_bytes())
    for page in range(1, len(body) // 4096):
        body[page * 4096 : page * 4096 + 100] = b"\xff" * 100
    path.write_bytes(body)


UNUSABLE: dict[str, tuple[Callable[[Path], None], str]] = {
    "junk": (write(b"\x00\xff junk " * 500), "is no SQLite database"),
    "text": (write(b"id,title\n"), "is no SQLite database"),
    "one byte": (write(b"S"), "is no SQLite database"),
    "only a header": (write(b"SQLite format 3\x00"), "tracker.db: "),
    "a header and junk": (write(b"SQLite format 3\x00" + b"junk" * 2000), "tracker.db: "),
    "foreign": (foreign, "is a SQLite database of another program"),
    "newer": (newer, "was written by a newer tracker (m999); update this one"),
    "a folder": (folder, "tracker.db: "),
    "a link to itself": (circle, "tracker.db"),
    "cut in half": (cut(0.5), "it is damaged; restore a backup"),
    "cut at the end": (cut(0.99), "it is damaged; restore a backup"),
    "cut to a page and a half": (cut(6000 / 500_000), "it is damaged; restore a backup"),
    "smashed": (smashed, "it is damaged; restore a backup"),
}


@pytest.mark.parametrize("spoil, words", UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_be_used_is_refused_and_left_alone(
    world: World, path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    for command in COMMANDS if spoil is not circle else COMMANDS[:4]:  # check says of a broken link: not there yet
        tracker(world, *command).fails(1, str(path), words)
    assert (path.read_bytes() if path.is_file() else None) == before
    beside = {file.name: file.stat().st_size for file in path.parent.iterdir() if file != path}
    # A reader leaves an empty log and its index beside a database in WAL mode; SQLite removes them.
    assert beside.keys() <= {"tracker.db.lock", "tracker.db-wal", "tracker.db-shm"} and not beside.get("tracker.db-wal")


def test_a_refusal_names_the_file_given_with_db(world: World, tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("Dear reader,")
    for command in COMMANDS[:4]:
        tracker(world, "--db", str(other), *command).fails(1, "letter.txt", "is no SQLite database", "--db")
    assert other.read_text() == "Dear reader,"


def test_after_a_backup_is_put_back_all_is_as_before(world: World, path: Path, calm: str) -> None:
    backup = path.read_bytes()
    cut(0.5)(path)
    tracker(world, "fetch").fails(1, "restore a backup")
    path.write_bytes(backup)
    assert tracker(world, "fetch").code == 0
    assert world.dump() == calm


# ---- Others at the same time


def test_a_foreign_writer_is_waited_for_and_then_named(world: World, path: Path, calm: str) -> None:
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("begin immediate")
        for command in ("fetch", "digest"):
            tracker(world, command).fails(1, str(path), "another program is writing to it; close it and try again")
        assert tracker(world, "show", "999000001").code == 0
        conn.rollback()
    assert tracker(world, "fetch").code == 0
    assert world.dump() == calm


def test_a_foreign_writer_that_soon_ends_is_only_waited_for(world: World, path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("begin immediate")
        child = start(world, "fetch")
        time.sleep(2)
        conn.rollback()
        assert child.communicate(timeout=30) and child.returncode == 0


def test_a_reader_that_holds_on_to_its_snapshot_stops_nobody(world: World, path: Path) -> None:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as conn:
        conn.execute("begin")
        before = conn.execute("select count(*) from records").fetchone()[0]
        world.put_article(100)
        assert tracker(world, "fetch").code == 0
        assert conn.execute("select count(*) from records").fetchone()[0] == before
    assert world.rows("select count(*) as n from records")[0]["n"] == before + 1


@pytest.mark.parametrize("command", ["fetch", "digest"])
def test_eight_at_once_work_one_after_the_other_or_say_that_another_works(
    world: World, tmp_path: Path, command: str
) -> None:
    crowd = at(world.stand_in, tmp_path / "crowd")  # nothing there yet: all of them want to make the database
    if command == "digest":
        crowd.fetch()
    children = [start(crowd, command) for _ in range(8)]
    said = [child.communicate(timeout=120)[1].decode() for child in children]
    codes = [child.returncode for child in children]
    assert set(codes) <= {0, 75} and 0 in codes, said
    assert all("another run is writing (process " in text for code, text in zip(codes, said, strict=True) if code)
    assert "Traceback" not in "".join(said)
    alone = at(world.stand_in, tmp_path / "alone")
    alone.fetch()
    if command == "digest":
        alone.digest(0)
    assert crowd.dump() == alone.dump()
    assert crowd.rows("pragma integrity_check") == [{"integrity_check": "ok"}]


def test_a_database_that_was_only_begun_is_taken_up(world: World, tmp_path: Path, calm: str) -> None:
    for begun in (b"", None):
        other = at(world.stand_in, tmp_path / str(begun))
        fresh = other.folder / "db/tracker.db"
        fresh.parent.mkdir()
        fresh.write_bytes(b"")
        if begun is None:  # died right after it said whose it is
            with closing(sqlite3.connect(fresh)) as conn, conn:
                conn.execute(f"pragma application_id = {APPLICATION_ID}")
        assert tracker(other, "fetch").code == 0
        assert other.dump() == calm
