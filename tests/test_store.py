"""The database file: what is opened and what is refused, what saving writes, and when it writes nothing."""

import multiprocessing
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from tracker import lock
from tracker.errors import ConfigError, LockedError, StoreError
from tracker.records import Label, Link, Payload, Record, Trial, fingerprint
from tracker.store import Store, dump
from tracker.store.reading import find_record
from tracker.store.variants import spellings

NOW, LATER = "2026-11-09T07:00:00Z", "2026-11-16T07:00:00Z"

ARTICLE = Record(
    id="pubmed-999000001", source="pubmed", kind="article", title="A gel for PP-405", doi="10.5555/a",
    links=(Link("reports", "NCT99900001", "databank"),),
)  # fmt: skip
TRIAL = Record(
    id="NCT99900001", source="clinicaltrials", kind="trial", title="A trial",
    trial=Trial(status="RECRUITING", phases=("PHASE2",), enrollment=0, completion="2027-03"),
)  # fmt: skip
CORE = Label(axis="relevance", label="core", field="title", start=2, end=5, quote="gel", rule="r1", version="1")


def payload(record: Record, body: bytes = b"first") -> Payload:
    return Payload(record.source, record.id.removeprefix("pubmed-"), body, f"sha of {body!r}")


def put(store: Store, record: Record, body: bytes = b"first", labels: tuple[Label, ...] = (), old: Record | None = None,
        now: str = NOW) -> str:  # fmt: skip
    def reread(_: Payload) -> Record:
        assert old is not None, "nothing held should have been read again"
        return old

    with store.transaction():
        return store.save(record, payload(record, body), labels, reread, fetch=None, now=now)


@pytest.fixture
def store(tmp_path: Path):  # type: ignore[no-untyped-def]
    with Store.open(tmp_path / "db" / "t.db") as opened:
        yield opened


def test_a_new_record_is_stored_whole_with_its_event(store: Store) -> None:
    assert put(store, ARTICLE, labels=(CORE,)) == "new"
    page = find_record(store, "999000001")
    assert page.record["title"] == "A gel for PP-405"
    assert page.record["fingerprint"] == fingerprint(ARTICLE)
    assert [(e["kind"], e["severity"]) for e in page.events] == [("new_article", 1)]
    assert page.labels[0]["quote"] == page.record["title"][2:5]
    assert page.links[0]["other"] == "NCT99900001"


def test_an_equal_body_writes_nothing(store: Store) -> None:
    put(store, ARTICLE, labels=(CORE,))
    before = list(store.db.conn.iterdump())
    assert put(store, ARTICLE, labels=(CORE,), now=LATER) == "same"
    assert list(store.db.conn.iterdump()) == before


def test_a_changed_record_keeps_its_first_version_and_first_sight(store: Store) -> None:
    put(store, TRIAL)
    moved = replace(TRIAL, trial=replace(TRIAL.trial, status="TERMINATED", why_stopped="Funding"))
    assert put(store, moved, b"second", old=TRIAL, now=LATER) == "changed"
    page = find_record(store, "nct99900001")
    assert [e["kind"] for e in page.events] == ["new_trial", "stopped"]
    assert page.record["first_seen"] == NOW and page.record["last_changed"] == LATER
    assert [version["received"] for version in page.versions] == [NOW, LATER]
    assert page.trial is not None and page.trial["enrollment"] == 0


def test_a_payload_that_returns_to_an_older_state_is_a_version_of_its_own(store: Store) -> None:
    put(store, TRIAL, b"one")
    put(store, TRIAL, b"two", old=TRIAL)
    assert put(store, TRIAL, b"one", old=TRIAL) == "changed"
    assert store.held_record(payload(TRIAL, b"two")) is None
    assert store.held_record(payload(TRIAL, b"one")) == TRIAL.id


def relabel(store: Store, *labels: Label) -> bool:
    with store.transaction():
        return store.relabel(ARTICLE, labels, LATER)


def test_labels_that_stay_the_same_are_not_rewritten(store: Store) -> None:
    put(store, ARTICLE, labels=(CORE,))
    other = replace(CORE, axis="flag", label="protocol")
    assert relabel(store, CORE, other)
    seen = {row["label"]: row["seen"] for row in store.rows("select label, seen from labels")}
    assert seen == {"core": NOW, "protocol": LATER}
    assert not relabel(store, CORE, other)
    assert relabel(store, other)
    assert [row["label"] for row in store.rows("select label from labels")] == ["protocol"]


def test_a_record_has_one_relevance(store: Store) -> None:
    put(store, ARTICLE)
    with pytest.raises(sqlite3.IntegrityError):
        store.relabel(ARTICLE, (CORE, replace(CORE, label="off")), NOW)


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.save(ARTICLE, payload(ARTICLE), (), lambda _: ARTICLE, fetch=None, now=NOW)
        raise ZeroDivisionError
    assert store.rows("select * from records") == []


def test_quarantine_keeps_the_bytes_once_and_is_resolved_by_a_readable_version(store: Store) -> None:
    broken = payload(ARTICLE, b"<broken")
    for _ in range(2):
        with store.transaction():
            store.quarantine(broken, "pp405", "no PMID", NOW)
    assert [row["reason"] for row in store.rows("select reason from quarantine")] == ["no PMID"]
    put(store, ARTICLE)
    assert store.rows("select resolved from quarantine")[0]["resolved"] == NOW


def test_a_record_is_found_by_pmid_id_nct_number_and_doi(store: Store) -> None:
    put(store, ARTICLE)
    for name in ("999000001", "0999000001", "pubmed-999000001", "10.5555/A", "https://doi.org/10.5555/a"):
        assert find_record(store, name).record["id"] == ARTICLE.id
    with pytest.raises(ConfigError, match="is not held"):
        find_record(store, "1")


def test_full_text_finds_a_code_by_its_other_spelling(store: Store) -> None:
    put(store, ARTICLE)
    for words in ("pp405", '"pp 405"', "gels"):
        assert store.rows("select rowid from records_fts where records_fts match ?", [words]), words
    assert spellings("PP\u2011405 at 45 mg, then KX 826") == ["pp405", "pp-405", "pp 405", "kx826", "kx-826", "kx 826"]


def test_dump_tells_the_same_facts_from_different_times_and_another_fact_apart(tmp_path: Path) -> None:
    dumps = []
    for name, now, record in (("a", NOW, TRIAL), ("b", LATER, TRIAL), ("c", NOW, replace(TRIAL, title="Another"))):
        with Store.open(tmp_path / f"{name}.db") as store:
            put(store, record, now=now)
            dumps.append(dump(store.db))
    assert dumps[0] == dumps[1] != dumps[2]


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"junk, and more of it", "is no SQLite database"), (b"SQLite format 3\0" + b"x" * 500, "not a database")],
)
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, body: bytes, words: str) -> None:
    path = tmp_path / "t.db"
    path.write_bytes(body)
    with pytest.raises(StoreError, match=words):
        Store.open(path)
    assert path.read_bytes() == body


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with sqlite3.connect(path) as conn:
        conn.execute("create table a (b)")
    conn.close()
    with pytest.raises(StoreError, match="of another program"):
        Store.open(path)


def test_a_database_of_a_newer_tracker_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with Store.open(path) as store:
        store.db.table("_sqlite_migrations").insert({"migration_set": "tracker", "name": "m999", "applied_at": NOW})
    with pytest.raises(StoreError, match=r"newer tracker \(m999\)"):
        Store.open(path)


def test_reading_before_anything_was_fetched_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="run: tracker fetch"):
        Store.read(tmp_path / "t.db")


def test_a_user_s_own_view_survives_and_ours_are_made_again(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with Store.open(path) as store:
        store.db.conn.execute("create view mine as select 1 as one")
        store.db.conn.execute("drop view literature")
    with Store.open(path) as store:
        assert {"mine", "literature"} <= set(store.db.view_names())


def _hold(path: Path, held, done) -> None:  # type: ignore[no-untyped-def]
    with lock.writing(path):
        held.set()
        done.wait(20)


def test_a_second_writer_is_told_who_writes_and_the_lock_dies_with_its_holder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(tmp_path / "t.db", held, done))
    holder.start()
    assert held.wait(20)
    with pytest.raises(LockedError, match=f"process {holder.pid}"), lock.writing(tmp_path / "t.db", patience=0.2):
        pass
    holder.kill()
    holder.join()
    with lock.writing(tmp_path / "t.db", patience=0.2):
        pass
