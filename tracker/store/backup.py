"""A copy of the database in one file: consistent while others write, checked, and there whole or not at all."""

import contextlib
import os
import sqlite3
from pathlib import Path

from tracker.errors import StoreError
from tracker.store import Store
from tracker.store.opening import explain

# What a public copy leaves out: who was written to, what could not be read, and who said what of a record, and why.
_LEAVE_OUT = """
delete from deliveries;
delete from pauses;
delete from quarantine;
update judgements set author = '', note = '';
"""


def back_up(store: Store, target: Path, *, public: bool = False) -> int:
    """Copy the database into `target`, a file that must not exist yet. Returns its size in bytes. Raises StoreError."""
    _refuse_existing(target)
    draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # deliveries name people
        _copy(store, draft, public=public)
        _sync(draft)
        _refuse_existing(target)
        if public:
            draft.chmod(0o644)
        draft.rename(target)
        _sync(target.parent)
    except OSError as error:
        raise StoreError(f"{target}: cannot be written ({error.strerror}); nothing was kept") from error
    except sqlite3.Error as error:
        raise StoreError(explain(target, error)) from error
    finally:
        for path in (draft, draft.with_name(draft.name + "-journal")):
            with contextlib.suppress(OSError):
                path.unlink()
    return target.stat().st_size


def _refuse_existing(target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise StoreError(f"{target}: exists already and is not written over; name another file")


def _copy(store: Store, draft: Path, *, public: bool) -> None:
    with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as copy:
        store.db.conn.backup(copy)  # one snapshot; in WAL mode no writer waits for it
        copy.execute("pragma journal_mode = delete")  # one file, which can be read from where nothing can be written
        if public:
            _make_public(copy)
        problems = [row[0] for row in copy.execute("pragma integrity_check(3)")]
    if problems != ["ok"]:
        raise StoreError(f"{store.path}: its copy is not whole ({problems[0]}); nothing was kept")


def _make_public(copy: sqlite3.Connection) -> None:
    """Leave out what is nobody else's, down to the bytes of free pages.

    VACUUM numbers the rows of `records` anew, so that full text, which goes by these numbers, is built after it.
    """
    copy.execute("pragma secure_delete = on")
    copy.executescript(f"begin; {_LEAVE_OUT} insert into records_fts (records_fts) values ('delete-all'); commit;")
    copy.execute("vacuum")
    copy.execute("insert into records_fts (records_fts) values ('rebuild')")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
