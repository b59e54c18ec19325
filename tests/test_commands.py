"""init, check, backup, taxonomy, completion and the help of every command, as a user types them."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.test_cli import ROOT, TRACKER, tracker
from tests.world import World, at, pmid
from tracker.cli import cli
from tracker.config import shipped
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.errors import StoreError
from tracker.store import Store, dump
from tracker.store.backup import back_up


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        yield at(stand_in, tmp_path)


def alone(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": ROOT} | environment
    return subprocess.run(
        [*TRACKER, *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_explains_itself_by_an_example(name: str) -> None:
    done = CliRunner().invoke(cli, [name, "-h"])
    assert done.exit_code == 0 and f"tracker {name}" in done.output.replace(
        "tracker --config my/queries.toml", "tracker"
    )
    assert cli.commands[name].get_short_help_str(200), "the list of commands says what it does"


def test_init_writes_a_file_that_passes_check_and_is_never_written_over(tmp_path: Path) -> None:
    done = alone(tmp_path, "init", "hair")
    assert done.returncode == 0 and "wrote hair/queries.toml" in done.stdout and "tracker check" in done.stdout
    path = tmp_path / "hair/queries.toml"
    assert path.read_text() == shipped().read_text() and "# " in path.read_text()
    assert (tmp_path / "hair/queries.schema.json").exists(), "its first line names the schema for editors"
    checked = alone(tmp_path / "hair", "check")
    assert checked.returncode == 0 and checked.stdout.endswith("queries.toml: 1 warning.\n") and checked.stderr == ""
    assert "tracker.contact: you@example.org is an example's" in checked.stdout  # what fetch would refuse
    path.write_text("mine")
    again = alone(tmp_path, "init", "hair")
    assert again.returncode == 2 and "exists already and is not written over" in again.stderr
    assert path.read_text() == "mine" and len(again.stderr.splitlines()) == 1


def test_init_says_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = alone(tmp_path, "init", "file/inner")
    assert done.returncode == 2 and "cannot be written" in done.stderr and "Traceback" not in done.stderr


def test_without_a_file_every_command_says_how_to_get_one(tmp_path: Path) -> None:
    for name in ("check", "taxonomy", "status", "classify", "fetch"):
        done = alone(tmp_path, name)
        assert done.returncode == 2 and "`tracker init` writes one" in done.stderr, name


WRONG = """\
[tracker]
timezon = "UTC"
[[query]]
name = "a"
pubmed = 'exosome*[tiab] AND (hair[tiab]'
[[query]]
name = "b"
pubmed = '"stem cells[tiab] AND hair[tiab]'
[[approach]]
id = "xx.new"
terms = ["moss(gel"]
[[approach]]
id = "oth.new"
terms = ["moss*gel"]
[[digest]]
name = "w"
every = "mondy 07:00"
queries = ["aa"]
"""


def test_check_says_every_mistake_at_once_with_its_line_and_a_hint(tmp_path: Path) -> None:
    (tmp_path / "queries.toml").write_text(WRONG)
    done = alone(tmp_path, "check")
    assert done.returncode == 2 and done.stdout == ""
    said = [line.removeprefix("tracker: ") for line in done.stderr.splitlines()]
    lines = [line.removeprefix("queries.toml:") for line in said if not line.startswith("warning: ")]
    for number, words in [
        (2, 'unknown key - did you mean "timezone"?'),
        (5, "query.a.pubmed: "),
        (8, "query.b.pubmed: quotes opened at position 1 are never closed"),
        (10, "approach.xx.new.id: an id is family.name, and the families are cell"),
        (11, 'approach.xx.new.terms: "moss(gel" has a bracket without its partner'),
        (14, 'approach.oth.new.terms: "moss*gel" has a * that is not at its end'),
        (17, 'did you mean "monday"?'),
        (18, 'no query or feed "aa" - did you mean "a"?'),
    ]:
        assert [line for line in lines if line.startswith(f"{number}:") and words in line], (number, words, lines)
    assert len(lines) == 8


def test_check_warns_of_a_query_without_hair_loss_and_notes_what_no_query_follows(tmp_path: Path) -> None:
    (tmp_path / "queries.toml").write_text(
        '[[query]]\nname = "a"\npubmed = \'exosome*[tiab] OR stem[tiab]\'\nfollows = ["ev", "cell.dp", "evv"]\n'
        '[[approach]]\nid = "oth.new"\nterms = ["moss gel"]\n'
    )
    done = alone(tmp_path, "check")
    assert done.returncode == 0
    assert "queries.toml:3: query.a.pubmed: no AND-ed part is about hair loss" in done.stdout
    assert (
        'queries.toml:4: query.a.follows.3: no family or leaf "evv" in the taxonomy - did you mean "ev"?' in done.stdout
    )
    assert "queries.toml:6: approach.oth.new.id: no query follows it" in done.stdout
    assert "note: no query follows eng (Engineered hair)" in done.stdout
    assert "note: no query follows cell.msc_bm, " in done.stdout and "follows ev " not in done.stdout
    assert done.stdout.endswith("queries.toml: 4 warnings.\n")  # the fourth: nobody is named as contact


def test_check_finds_a_damaged_database(world: World) -> None:
    world.put_article(1, abstract="Gel. " * 20_000)
    world.fetch()
    path = world.settings.db
    with Store.open(path) as store:
        root = store.rows("select rootpage from sqlite_master where name = 'payloads'")[0]["rootpage"]
        store.db.conn.execute("pragma wal_checkpoint(truncate)")
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 4096)
    done = tracker(world, "check")
    assert done.returncode == 1 and "restore a backup" in done.stderr and "Traceback" not in done.stderr


def test_a_backup_is_the_same_database_in_one_file_for_its_owner_alone(world: World) -> None:
    world.put_article(1, "Exosome gel for alopecia")
    world.fetch()
    done = tracker(world, "backup", "copies/b.db")
    path = world.folder / "copies/b.db"
    assert done.returncode == 0 and done.stdout.startswith("copies/b.db: 1 records, ")
    assert [one.name for one in path.parent.iterdir()] == ["b.db"] and stat.S_IMODE(path.stat().st_mode) == 0o600
    path.parent.chmod(0o555)  # it can be read where nothing can be written
    with Store.read(path) as store:
        assert dump(store.db) == world.dump()
    path.parent.chmod(0o755)
    assert "Exosome" in tracker(world, "--db", "copies/b.db", "search", "exosomes").stdout


def test_a_backup_never_writes_over_a_file_and_leaves_nothing_when_it_fails(world: World) -> None:
    world.fetch()
    (world.folder / "mine").write_text("mine")
    for arguments in (["backup", "mine"], ["backup", "db/tracker.db"], ["backup", "mine/x.db"]):
        done = tracker(world, *arguments)
        assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert (world.folder / "mine").read_text() == "mine"
    assert not [path for path in world.folder.rglob("*draft*")]


def test_a_public_backup_holds_no_byte_of_what_is_left_out_and_is_searched_as_before(world: World) -> None:
    for n in range(1, 60):
        world.put_article(n, f"Gel number {n} for alopecia", abstract=f"Word{n} gel for alopecia.")
    world.fetch()
    assert (
        tracker(world, "label", pmid(7), "stage=phase2", "--author", "adaSECRET", "--note", "noteSECRET").returncode
        == 0
    )
    with Store.open(world.settings.db) as store, store.transaction():
        conn = store.db.conn
        conn.execute(
            "insert into quarantine (source, record, sha256, payload, reason, query, seen)"
            " values ('pubmed', '1', 'x', x'00', 'reasonSECRET', 'gel', '')"
        )
        conn.execute(
            "insert into digests (name, period, created, since, until, last_event, subject, markdown, html, text)"
            " values ('weekly', 'x', '', '', '', 0, '', '', '', '')"
        )
        conn.execute("insert into deliveries (digest, channel, recipient, state, updated)"
                     " values (1, 'email', 'readerSECRET@example.org', 'sent', '')")  # fmt: skip
    with Store.open(world.settings.db) as store:
        # Rows that were removed: their numbers are used again when the copy is packed, and full text must follow.
        store.db.conn.execute("pragma foreign_keys = off")
        store.db.conn.execute("delete from records where id < ?", [f"pubmed-{pmid(6)}"])
        store.db.conn.commit()
    assert b"readerSECRET" in world.settings.db.read_bytes()
    done = tracker(world, "backup", "public.db", "--public")
    assert done.returncode == 0, done.stderr
    path = world.folder / "public.db"
    assert b"SECRET" not in path.read_bytes() and stat.S_IMODE(path.stat().st_mode) == 0o644
    with sqlite3.connect(path) as conn:
        assert conn.execute("select says, author, note from judgements").fetchall() == [("yes", "", "")]
        assert conn.execute("select count(*) from deliveries").fetchone() == (0,)
        assert conn.execute("select count(*) from quarantine").fetchone() == (0,)
        sql = "select id from records_fts f join records r on r.rowid = f.rowid where records_fts match 'word42'"
        assert conn.execute(sql).fetchall() == [(f"pubmed-{pmid(42)}",)]
        conn.execute("insert into records_fts (records_fts, rank) values ('integrity-check', 1)")
    conn.close()


def test_a_backup_is_one_moment_of_a_database_that_is_being_written(world: World, tmp_path: Path) -> None:
    world.put_article(1)
    world.fetch()
    done = threading.Event()

    def write() -> None:
        with Store.open(world.settings.db) as store:
            n = 0
            while not done.is_set():
                n += 1
                with store.transaction():
                    store.db.conn.execute("update records set venue = ?, language = ?", [f"v{n}", f"v{n}"])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with Store.read(world.settings.db) as store:
            for n in range(10):
                back_up(store, tmp_path / f"copy{n}.db", public=bool(n % 2))
            with pytest.raises(StoreError, match="exists already"):
                back_up(store, tmp_path / "copy1.db")
    finally:
        done.set()
        writer.join()
    for n in range(10):
        with Store.read(tmp_path / f"copy{n}.db") as copy:
            (row,) = copy.rows("select venue, language from records")
            assert row["venue"] == row["language"] or row["language"] == "eng"


def test_taxonomy_lists_each_leaf_with_what_it_holds(world: World) -> None:
    before = tracker(world, "taxonomy").stdout
    assert "no database yet, so nothing is counted" in before and "ev.plant" in before
    world.put_article(1, "Exosome gel for alopecia")
    world.put_article(2, "Exosome gel for alopecia, again")
    world.put_study(1)
    world.fetch()
    lines = tracker(world, "taxonomy").stdout.splitlines()
    row = next(line.split() for line in lines if line.strip().startswith("ev.unspec"))
    assert row[-2:] == ["2", "0"]
    assert any(line.startswith("ev  Exosomes and other vesicles  core") for line in lines)
    text = world.folder / "queries.toml"
    text.write_text(text.read_text().replace('title = "Gels"', 'title = "Gels"\nfollows = ["act", "ev.plant"]'))
    told = tracker(world, "taxonomy", "--definitions").stdout
    assert "core, followed" in told and "Vesicles that cells, plants or milk give off" in told
    assert next(line for line in told.splitlines() if line.startswith("  ev.plant")).endswith("followed")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_that_completes(shell: str, tmp_path: Path) -> None:
    script = alone(tmp_path, "completion", shell)
    assert script.returncode == 0 and "_TRACKER_COMPLETE" in script.stdout
    word = "tax" if shell == "fish" else "1"  # fish names the word, the others its number
    done = alone(tmp_path, _TRACKER_COMPLETE=f"{shell}_complete", COMP_WORDS="tracker tax", COMP_CWORD=word)
    assert "taxonomy" in done.stdout


def test_the_commands_start_without_what_they_do_not_need(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['tracker', '-h']; from tracker.cli import cli\n"
        "try: cli.main(prog_name='tracker')\nexcept SystemExit: pass\n"
        "print(sorted({name.split('.')[0] for name in sys.modules}))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": ROOT}
    ).stdout
    for heavy in ("requests", "sqlite_utils", "Bio", "pydantic", "jinja2"):
        assert f"'{heavy}'" not in out
