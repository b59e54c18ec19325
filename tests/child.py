"""`tracker` in a process of its own, under conditions that a test names: limits, a poor environment, no rights.

    done = tracker(world, "fetch", under=Under(deadline=1.0))
    done.fails(1, "127.0.0.1", "fell silent")

Under.deadline and Under.pages are set inside the child before the program starts (this file is its main module then);
everything else is what the system itself offers. No hook in the product.
"""

import atexit
import contextlib
import ctypes
import json
import os
import re
import resource
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.world import WEEKS, World

ROOT = Path(__file__).resolve().parents[1]
_NO_ROOT = (28, 1)  # prctl: PR_SET_SECUREBITS, SECBIT_NOROOT: what root starts has the rights of an ordinary owner


@dataclass(frozen=True)
class Under:
    """deadline: seconds for one answer. pages: the most that SQLite may make of the database (a full disk).

    file_size: bytes beyond which no file can be written. ordinary: without the rights of root. loopback: any thought
    of another address than 127.0.0.1 ends the child with code 99. closed: file descriptors that are not open.
    nameless: the look-up of a name begins (a file "asked" says so) and never returns, whatever signal comes.
    """

    deadline: float | None = None
    pages: int | None = None
    file_size: int | None = None
    ordinary: bool = False
    loopback: bool = False
    closed: tuple[int, ...] = ()
    nameless: bool = False

    def prepare(self) -> None:
        """Runs in the child before the program is loaded."""
        if self.file_size is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.file_size, self.file_size))
        if self.ordinary and os.getuid() == 0 and ctypes.CDLL(None).prctl(*_NO_ROOT, 0, 0, 0):
            raise PermissionError("this root cannot give up its rights")
        for descriptor in self.closed:
            os.close(descriptor)


@dataclass(frozen=True)
class Done:
    code: int
    out: str = field(repr=False)
    err: str = field(repr=False)
    peak: int = 0  # bytes of memory; 0 where it was killed, or could write nothing

    def fails(self, code: int, *words: str) -> None:
        """It ended with this code and said why on one line of its own, with all of these words in it."""
        said = [line for line in self.err.splitlines() if line.startswith("tracker: ")]
        self._is_clean(code)
        assert len(said) == 1, self.err
        assert all(word in said[0] for word in words), said[0]

    def reports(self, code: int, subject: str, *words: str) -> None:
        """It ended with this code, and the closing table has one line about the subject with all of these words."""
        self._is_clean(code)
        source, query = subject.split()
        about = (line.partition(": ")[0].partition(" ") for line in self.out.splitlines())  # "pubmed gel, moss"
        of_it = [name == source and query in queries.split(", ") for name, _, queries in about]
        said = [line for line, mine in zip(self.out.splitlines(), of_it, strict=True) if mine and ": " in line]
        assert len(said) == 1, self.out
        assert all(word in said[0] for word in words), said[0]

    def _is_clean(self, code: int) -> None:
        assert "Traceback" not in self.err + self.out, self.err
        assert self.code == code, f"exit code {self.code}\n{self.out}{self.err}"


def environment(world: World, week: int = 0) -> dict[str, str]:
    usual = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TRACKER_NOW": WEEKS[week]}
    return usual | world.stand_in.environment


def start(
    world: World,
    *arguments: str,
    out: IO[Any] | int = subprocess.PIPE,
    err: IO[Any] | int = subprocess.PIPE,
    under: Under = Under(),
    env: Mapping[str, str | None] | None = None,
    folder: Path | None = None,
    peak: Path | None = None,
) -> "subprocess.Popen[bytes]":
    """Start it. env: variables over the usual ones, None to leave one out. folder: the current one. peak: a file into
    which it writes how much memory it had, in kB."""
    every = {**environment(world), **(env or {})}
    names = ("deadline", "pages", "loopback", "nameless")
    inside = json.dumps({name: getattr(under, name) for name in names} | {"peak": str(peak or "")})
    return subprocess.Popen(
        [sys.executable, "-m", "tests.child", inside, *arguments], cwd=folder or world.folder,
        env={name: value for name, value in every.items() if value is not None},
        stdin=subprocess.DEVNULL, stdout=out, stderr=err, preexec_fn=under.prepare, start_new_session=True,
    )  # fmt: skip


def tracker(world: World, *arguments: str, stdout: IO[Any] | int | None = None, **conditions: Any) -> Done:
    """Run it to its end. stdout: where that goes, when it is not to be read here. conditions: as for start()."""
    told = world.folder.parent / f"{world.folder.name}.peak"
    told.unlink(missing_ok=True)
    child = start(
        world,
        *arguments,
        out=subprocess.PIPE if stdout is None else stdout,
        err=subprocess.PIPE,
        peak=told,
        **conditions,
    )
    with ThreadPoolExecutor(2) as readers:
        texts = [readers.submit(pipe.read) if pipe else None for pipe in (child.stdout, child.stderr)]
        child.wait()
    out, err = (text.result().decode("utf-8", "replace") if text else "" for text in texts)
    for pipe in (child.stdout, child.stderr):
        if pipe:
            pipe.close()
    return Done(child.returncode, out, err, peak=1024 * int(told.read_text() or 0) if told.exists() else 0)


def _inside() -> None:
    """The child itself: conditions that only its own Python can set, then the program."""
    wanted = json.loads(sys.argv[1])
    if wanted["loopback"]:
        sys.addaudithook(_only_loopback)
    if wanted["deadline"] is not None:
        from tracker.web import Web

        Web.__init__.__kwdefaults__["deadline"] = wanted["deadline"]  # type: ignore[index]
    if wanted["pages"] is not None:
        _limit_pages(wanted["pages"])
    if wanted["nameless"]:
        socket.getaddrinfo = _never  # type: ignore[assignment]
    if wanted["peak"]:
        atexit.register(_tell_peak, Path(wanted["peak"]))
    sys.argv[:] = ["tracker", *sys.argv[2:]]
    from tracker.__main__ import main

    main()


def _tell_peak(path: Path) -> None:
    """The most memory that this program had. What the system tells its parent begins with what the parent had."""
    peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    with contextlib.suppress(OSError):  # the disk is full, by the test's own wish
        path.write_text(peak[1] if peak else "")


def _never(*_: object, **__: object) -> None:
    """As the system's own while no name server answers: C code that a signal does not end."""
    Path("asked").touch()
    lock, libc = ctypes.create_string_buffer(256), ctypes.CDLL(None)
    libc.pthread_mutex_lock(lock)
    libc.pthread_mutex_lock(lock)


def _only_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect"):
        host = arguments[1][0] if event == "socket.connect" else arguments[0]
        if host != "127.0.0.1":
            os.write(2, f"asked the network for {host!r}\n".encode())
            os._exit(99)


def _limit_pages(pages: int) -> None:
    connect: Any = sqlite3.connect

    def limited(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.execute(f"pragma max_page_count = {pages}")
        return connection

    sqlite3.connect = limited  # type: ignore[assignment]


if __name__ == "__main__":
    _inside()
