"""One writer at a time: an exclusive lock beside the database that dies with its holder, so no stale file can block."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from tracker.errors import LockedError, StoreError

PATIENCE = 5.0  # seconds, as the contract of exit code 75 says


@contextlib.contextmanager
def writing(database: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the writer's lock of a database. Raises LockedError after `patience` seconds, StoreError without access."""
    path = _beside(database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"{path}: cannot be opened for writing ({error.strerror}); make its folder writable") from None
    try:
        _acquire(handle, path, patience)
        yield
    finally:
        os.close(handle)  # closing releases the lock, as death does


def holder(database: Path) -> str:
    """The process that writes to a database at this moment, "" where none does. Takes no lock and makes no file."""
    try:
        handle = os.open(_beside(database), os.O_RDONLY)
    except OSError:
        return ""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _named(handle)
    finally:
        os.close(handle)
    return ""


def _beside(database: Path) -> Path:
    """Beside the file itself: a link to it must not have a lock of its own."""
    return Path(os.path.realpath(database) + ".lock")


def _named(handle: int) -> str:
    return os.pread(handle, 100, 0).decode("ascii", "replace").strip() or "unknown"


def _acquire(handle: int, path: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LockedError(
                    f"another run is writing (process {_named(handle)}, lock {path}); try again later"
                ) from None
            time.sleep(0.05)
        except OSError as error:
            raise StoreError(f"{path}: cannot be locked ({error.strerror}); keep it on a local disk") from None
    with contextlib.suppress(OSError):  # who holds it is a courtesy; on a full disk the lock holds without
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
