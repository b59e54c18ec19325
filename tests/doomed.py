"""Runs `tracker` and kills it at a counted moment, without a hook in it: `python -m tests.doomed call:812 fetch`.

call:N     at the N-th call that reaches the file system or SQLite, before it or after it
opcode:N   at the N-th tick of SQLite's own progress handler, so inside a statement
byte:N     at the first write beyond byte N of any file; what of it lies before N is written, as on a torn page
never:0    not at all, and the ticks are counted into the file that DOOMED_COUNTS names

Death is SIGKILL (SIGXFSZ for bytes): nothing of Python runs after it.
"""

import json
import os
import resource
import signal
import sqlite3
import sys
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

_OPCODES = 200  # SQLite instructions per tick
_TELLING = {
    "open", "write", "fsync", "pwrite", "ftruncate", "chmod", "replace", "rename", "unlink", "mkdir", "flock", "link",
    "connect", "execute", "executemany", "executescript", "commit", "rollback", "close", "fetchone", "compress",
}  # fmt: skip


class Doom:
    """Counts ticks of two kinds; at the `at`-th of the kind that it waits for it ends the process."""

    def __init__(self, kind: str, at: int) -> None:
        self.kind, self.at = kind, at
        self.ticks = {"call": 0, "opcode": 0}

    def tick(self, kind: str) -> int:
        self.ticks[kind] += 1
        if kind == self.kind and self.ticks[kind] == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    def watch_calls(self) -> None:
        def profile(frame: FrameType, event: str, what: Any) -> None:
            if (
                event in ("c_call", "c_return")
                and what.__name__ in _TELLING
                and "importlib" not in frame.f_code.co_filename
            ):
                self.tick("call")

        sys.setprofile(profile)

    def watch_opcodes(self) -> None:
        connect: Any = sqlite3.connect

        def watched(*args: Any, **options: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*args, **options)
            connection.set_progress_handler(lambda: self.tick("opcode"), _OPCODES)
            return connection

        sqlite3.connect = watched  # type: ignore[assignment]


def main() -> NoReturn:
    kind, _, at = sys.argv[1].partition(":")
    doom = Doom(kind, int(at))
    if kind == "byte":
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(at), resource.RLIM_INFINITY))
    from tracker.__main__ import main as tracker

    sys.argv[:] = ["tracker", *sys.argv[2:]]
    if kind in ("opcode", "never"):
        doom.watch_opcodes()
    if kind in ("call", "never"):
        doom.watch_calls()
    try:
        tracker()
    finally:
        sys.setprofile(None)
        if counts := os.environ.get("DOOMED_COUNTS"):
            Path(counts).write_text(json.dumps(doom.ticks))
    sys.exit(0)


if __name__ == "__main__":
    main()
