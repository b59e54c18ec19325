"""Opening the database: is the file ours, whole and of our version? Everything else refuses in one line."""

import contextlib
import os
import sqlite3
from pathlib import Path

from sqlite_utils import Database, Migrations

from tracker.errors import StoreError
from tracker.schema import APPLICATION_ID, OLDEST_SQLITE, make_views, migrations, read_through_own_views

_MAGIC = b"SQLite format 3\x00"


def open_for_writing(path: Path) -> Database:
    """The database, created or brought up to date. The caller holds the writer's lock. Raises StoreError."""
    _refuse_old_sqlite()
    if _size(path):
        _finish_rollback(path)
    new = not _size(path)
    if not new:
        _refuse_foreign(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if new:
            path.touch(mode=0o600)  # deliveries name people; what SQLite makes beside it takes the same mode
        db = Database(sqlite3.connect(path, timeout=5.0), strict=True)
        _set_up(db, path, new)
        migrations.apply(db)
        make_views(db)
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:  # a damaged schema may be no text
        raise StoreError(explain(path, error)) from error
    return db


def open_for_reading(path: Path) -> Database:
    """The database, read-only. Raises StoreError, also when there is none yet."""
    _refuse_old_sqlite()
    if not _size(path):
        raise StoreError(f"{path}: there is no database yet; run: tracker fetch")
    _refuse_foreign(path)
    try:
        db = Database(_connect(path))
        if migrations.pending(db):
            how = "was written by an older tracker" if migrations.applied(db) else "was begun and never finished"
            raise StoreError(f"{path}: {how}; run: tracker fetch")
        read_through_own_views(db.conn)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise StoreError(explain(path, error)) from error
    return db


def there(path: Path) -> bool:
    """Whether anything stands at that path. Raises StoreError where the folders above it may not be entered."""
    return _size(path) is not None


def explain(path: Path, error: Exception) -> str:
    """One line that a user can act on, for what SQLite or the system says about a database file."""
    text = str(error)
    advice = {
        "locked": "another program is writing to it; close it and try again",
        "readonly": "it cannot be written; check the permissions of the file and its folder",
        "unable to open": "it cannot be opened; check the permissions of its folder",
        "disk is full": "the disk is full; nothing of this step was kept",
        "disk I/O": "the disk refused to write; check space and quota; nothing of this step was kept",
        "decode": "it is damaged; restore a backup",
        "malformed": "it is damaged; restore a backup",
        "not a database": "it is no SQLite database; name another file with --db",
    }
    hint = next((hint for words, hint in advice.items() if words in text), "")
    return f"{path}: {text}" + (f": {hint}" if hint else "")


def _size(path: Path) -> int | None:
    """Bytes of the file, None where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}); check it and the folders above it") from None


def _connect(path: Path, mode: str = "mode=ro") -> sqlite3.Connection:
    """A connection that writes nothing, also where nothing can be written."""
    conn = sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, timeout=5.0)
    try:
        conn.execute("select 1 from sqlite_master limit 1")
    except sqlite3.OperationalError:
        conn.close()
        if mode != "mode=ro" or os.access(path.parent, os.W_OK) or _beside(path, "-wal") or _beside(path, "-journal"):
            raise
        # In a folder that cannot be written SQLite reads a WAL database only when it is told that nobody else will.
        return _connect(path, "mode=ro&immutable=1")
    except sqlite3.DatabaseError:
        conn.close()
        raise
    return conn


def _beside(path: Path, suffix: str) -> int:
    return _size(path.with_name(path.name + suffix)) or 0


def _finish_rollback(path: Path) -> None:
    """A creation that was killed half-way leaves a journal, which no reader may roll back: the writer does."""
    if not _beside(path, "-journal"):
        return
    try:
        with contextlib.closing(_connect(path, "mode=rw")):
            pass
    except sqlite3.Error as error:
        raise StoreError(explain(path, error)) from error


def _refuse_old_sqlite() -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        needed = ".".join(map(str, OLDEST_SQLITE[:2]))
        raise StoreError(f"this Python has SQLite {sqlite3.sqlite_version}; tracker needs {needed} or newer")


def _refuse_foreign(path: Path) -> None:
    """A file that is no SQLite database, somebody else's, or written by a newer tracker is never touched."""
    try:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}); name another file with --db") from None
    if head != _MAGIC:
        raise StoreError(f"{path}: is no SQLite database; name another file with --db")
    try:
        conn = _connect(path)
    except sqlite3.Error as error:
        raise StoreError(explain(path, error)) from error
    try:
        application = conn.execute("pragma application_id").fetchone()[0]
        if application != APPLICATION_ID:
            raise StoreError(f"{path}: is a SQLite database of another program; name another file with --db")
        over = (_size(path) or 0) % conn.execute("pragma page_size").fetchone()[0]
        if over and not _beside(path, "-wal"):  # SQLite reads what is cut off as zeros, and goes on
            raise StoreError(f"{path}: ends in the middle of a page: it is damaged; restore a backup")
        newer = {migration.name for migration in Migrations("tracker").applied(Database(conn))} - _known()
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise StoreError(explain(path, error)) from error
    finally:
        conn.close()
    if newer:
        raise StoreError(f"{path}: was written by a newer tracker ({', '.join(sorted(newer))}); update this one")


def _known() -> set[str]:
    with contextlib.closing(Database(memory=True)) as fresh:
        return {migration.name for migration in migrations.pending(fresh)}


def _set_up(db: Database, path: Path, new: bool) -> None:
    if new:  # first of all, so that a creation that was cut off is still known as ours
        db.conn.execute(f"pragma application_id = {APPLICATION_ID}")
    # A reader such as Datasette must never block a fetch; a file system that cannot do WAL is said, not hidden.
    mode = db.conn.execute("pragma journal_mode = wal").fetchone()[0]
    if mode != "wal":
        raise StoreError(f"{path}: this file system refuses SQLite's WAL mode; keep the database on a local disk")
    db.conn.execute("pragma synchronous = full")
    db.conn.execute("pragma foreign_keys = on")
