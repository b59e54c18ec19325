"""Databases of earlier programs: brought up to date by whoever writes, read by today's views before that."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlite_utils import Database

from tests.digest_case import add_record
from tracker.cli import cli
from tracker.errors import StoreError
from tracker.schema import APPLICATION_ID, migrations
from tracker.store import Store, dump

# The views that were there when `approvals` was one of them, as far as they stood on each other.
OLD_VIEWS = """
create view approvals as with entries (approach, product) as (values ('imm.jak', 'baricitinib')) select * from entries;
create view today as select '2020-01-01' as day;
create view trial_board as select approach from approvals;
create view mine as select id from records;
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "queries.toml").write_text(
        '[tracker]\ncontact = "a@example.org"\n[[query]]\nname = "q"\npubmed = "gel[tiab]"\n', encoding="utf-8"
    )
    (tmp_path / "db").mkdir()
    return tmp_path / "db/tracker.db"


def of_the_founding_schema(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn:
        db = Database(conn)
        conn.execute(f"pragma application_id = {APPLICATION_ID}")
        migrations.apply(db, stop_before="m002_names_and_approvals")
        add_record(db, "pubmed-1", title="Held before")
        db.executescript(OLD_VIEWS)
        conn.commit()


def test_a_database_of_the_founding_schema_is_brought_up_to_date_and_keeps_what_it_holds(path: Path) -> None:
    of_the_founding_schema(path)
    with pytest.raises(StoreError, match="was written by an older tracker; run: tracker fetch"):
        Store.read(path)
    with Store.open(path) as store:
        approval = ("imm.jak", "aa", "one", "hair loss", "FDA", 2022, "No 1")
        store.sync_taxonomy([("imm.jak", "imm", "JAK", "", False)], [], [("aa", "Alopecia areata")], [approval])
        assert store.rows("select approved from trial_board") == [{"approved": "one for hair loss: FDA 2022 (No 1)"}]
        assert [row["title"] for row in store.rows("select title from records")] == ["Held before"]
        assert store.rows("select id from mine") == [{"id": "pubmed-1"}], "a user's own view is left alone"
        assert 'approvals {"approach": "imm.jak"' in dump(store.db)
        store.sync_taxonomy([("imm.jak", "imm", "JAK", "", False)], [])
        assert store.rows("select * from approvals") == [], "what the taxonomy no longer says is gone"
    with Store.read(path) as store:
        assert store.rows("pragma integrity_check") == [{"integrity_check": "ok"}]


def make_views_old(path: Path) -> None:
    with Store.open(path) as store:
        add_record(store.db, "pubmed-1", title="Held before")
    with closing(sqlite3.connect(path)) as conn, conn:
        for view in ("trial_board", "silent_trials", "trial_papers"):
            conn.execute(f"drop view {view}")
        conn.execute("create view trial_board as select 'old' as approach")


def test_a_reader_reads_by_todays_views_whatever_the_file_has_and_writes_nothing(path: Path) -> None:
    make_views_old(path)
    before = path.read_bytes()
    with Store.read(path) as store:
        assert store.rows("select * from trial_board") == [] and store.rows("select * from trial_papers") == []
    result = CliRunner().invoke(cli, ["--config", str(path.parents[1] / "queries.toml"), "board"])
    assert (result.exit_code, result.output) == (0, "Nothing is held yet; tracker fetch fills the board.\n")
    assert path.read_bytes() == before


def test_the_next_writer_brings_the_files_own_views_up_to_date(path: Path) -> None:
    make_views_old(path)
    with Store.open(path):
        pass
    with closing(sqlite3.connect(path)) as conn:
        assert conn.execute("select * from trial_board").fetchall() == []
