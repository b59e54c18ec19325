"""One command in a process of its own: what it cost. Nothing is interpreted here."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Cost:
    cpu: float  # seconds, user and system
    wall: float  # seconds
    peak: int  # bytes of memory
    out: str


def run(*arguments: str, folder: Path, env: Mapping[str, str] | None = None) -> Cost:
    """Run `python ARGUMENTS` in a folder. Raises RuntimeError with its last words when it fails.

    The system counts a child's peak from its fork on, so whoever calls this has to stay small itself.
    """
    with TemporaryFile() as out, TemporaryFile() as err:
        started = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), **(env or {})},
        )  # fmt: skip
        _, status, usage = os.wait4(child.pid, 0)  # and not child.wait(), which does not tell what it used
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if child.returncode:
            said = err.read().decode("utf-8", "replace")[-2000:]
            raise RuntimeError(f"python {' '.join(arguments)}: code {child.returncode}\n{said}")
        return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024, out.read().decode())


def cheapest(*arguments: str, folder: Path, rounds: int) -> Cost:
    """The least CPU of some rounds: other work on the machine can only add."""
    return min((run(*arguments, folder=folder) for _ in range(rounds)), key=lambda cost: cost.cpu)
