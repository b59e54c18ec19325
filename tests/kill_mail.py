"""Killed at any moment while it sends: every mail arrives once, or is held as unknown and sent again on request alone.

    python -m tests.kill_mail --points 200 --seed 1

The machinery of tests/kill.py with a mail server that keeps a log, and kills of one more kind: by the mail server, at
a random step of the talk. After each point the log is counted against the database, Message-ID by Message-ID.
"""

import argparse
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests import mime
from tests.kill import KINDS, Moment, Play, Proof, Step, doomed, finished
from tests.mailserver import MailServer

CONFIG = """
[[digest]]
name = "mailed"
every = "monday 07:00"
queries = ["stem-cells", "exosomes", "pp405"]
email = ["anne@example.org", "ben@example.org", "cara@example.org"]
[smtp]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "Tracker <tracker@example.net>"
"""
ALL_KINDS = ("mail", *KINDS)


def story(port: int) -> tuple[Step, ...]:
    return (
        Step(0, ("run",), config=CONFIG.format(port=port)),
        Step(1, ("fetch",)),
        Step(1, ("digest", "--send")),
        Step(2, ("fetch",)),
        Step(2, ("digest",)),
        Step(2, ("deliver",)),
    )


class Postman(MailServer):
    """A mail server that does all as it should, and at its `fatal`-th step kills the victim before it answers."""

    def __init__(self) -> None:
        super().__init__(self.step)
        self.steps = 0
        self.fatal = 0
        self.victim: subprocess.Popen[bytes] | None = None

    def step(self, step: str, line: str) -> None:
        self.steps += 1
        if self.steps == self.fatal and self.victim:
            self.victim.kill()


class MailPlay(Play):
    """The story with mails, played once without harm against a mail server of its own."""

    def __init__(self, folder: Path, steps: Callable[[int], tuple[Step, ...]] = story) -> None:
        with Postman() as self.postman:
            super().__init__(folder, steps(self.postman.port), many=5)
        self.mails = {mime.read(mail.body).one("Message-ID"): mail.body for mail in self.postman.mails}

    def _measured(self, stage: Path, step: Step) -> dict[str, float]:
        before = self.postman.steps
        return {**super()._measured(stage, step), "mail": self.postman.steps - before}

    def killed(self, folder: Path, n: int, moment: Moment) -> bool:
        if moment.kind != "mail":
            return super().killed(folder, n, moment)
        step = self.story[n]
        self.postman.fatal = self.postman.steps + int(moment.at)
        with self.standing(step) as standin:
            self.postman.victim = doomed("", step, folder, self.environment(standin, step))
            self.postman.victim.communicate(timeout=120)
        died, self.postman.victim = self.postman.victim.returncode < 0, None
        return died

    def resend(self, folder: Path, number: int) -> None:
        step = Step(2, ("deliver", "--resend", str(number)))
        with self.standing(step) as standin:
            finished(doomed("", step, folder, self.environment(standin, step)))


def deliveries(folder: Path) -> list[dict[str, Any]]:
    path = folder / "db/tracker.db"
    if not path.exists():
        return []
    with sqlite3.connect(path) as conn:
        conn.row_factory = sqlite3.Row
        rows = [dict(row) for row in conn.execute("select * from deliveries order by id")]
    conn.close()
    return rows


def prove(play: MailPlay, n: int, kinds: Sequence[str], seed: int) -> tuple[Proof, int]:
    """Step n killed at a random moment of each of these kinds in turn, then recovered and counted. Also returns how
    many deliveries were left unknown.
    """
    dice, step = random.Random(seed), play.story[n]
    moments: list[Moment] = []
    with TemporaryDirectory(dir=play.folder) as name, Postman() as server:
        point, folder = copy(play), Path(name) / "work"
        point.postman = server
        shutil.copytree(play.before(n), folder)
        config = folder / "queries.toml"
        config.write_text(re.sub(r"(?m)^port = \d+", f"port = {server.port}", config.read_text()))
        before = {row["message_id"] for row in deliveries(folder) if row["state"] == "sent"}
        try:
            for kind in kinds:
                moment = play.moment(dice, n, kind)
                if point.killed(folder, n, moment):
                    moments.append(moment)
            point.recover(folder, n)
            unknown = count(play, folder, server, before, len(moments))
            for row in unknown:
                point.resend(folder, row["id"])
            count(play, folder, server, before, 0, resent={row["message_id"] for row in unknown})
        except AssertionError as error:
            return Proof(step.name, tuple(moments), str(error) or "an assertion failed"), 0
    return Proof(step.name, tuple(moments)), len(unknown)


def count(
    play: MailPlay, folder: Path, server: Postman, before: set[str], deaths: int, resent: Container[str] = ()
) -> list[dict[str, Any]]:
    """The log against the database. Returns the deliveries that are unknown, of which each death may leave one."""
    taken = Counter(mime.read(mail.body).one("Message-ID") for mail in server.mails)
    rows = deliveries(folder)
    assert {row["message_id"] for row in rows} == play.mails.keys(), "other mails than without harm"
    for row in rows:
        name = row["message_id"]
        fixed = zlib.decompress(row["mail"])
        assert fixed == play.mails[name], f"{name}: other bytes than without harm"
        assert all(mail.body == fixed for mail in server.mails if mime.read(mail.body).one("Message-ID") == name)
        least = 0 if row["state"] == "unknown" or name in before else 1
        most = 0 if name in before else 1 + (name in resent)
        assert row["state"] in ("sent", "unknown"), f"{name} is {row['state']}"
        assert least <= taken[name] <= most, f"{name} is {row['state']} and arrived {taken[name]} times"
    unknown = [row for row in rows if row["state"] == "unknown"]
    assert len(unknown) <= deaths, f"{len(unknown)} unknown after {deaths} deaths"
    return unknown


def points(play: MailPlay, seed: int) -> Iterator[tuple[int, str, int]]:
    """Steps and kinds in turn, without end; every other one by the mail server, which knows the moments that count."""
    dice = random.Random(seed)
    while True:
        for kind in (*KINDS, *("mail",) * len(KINDS)):
            n = dice.randrange(len(play.story))
            if play.totals[n][kind]:
                yield n, kind, dice.randrange(2**32)


def run(play: MailPlay, wanted: int, seed: int, jobs: int) -> list[tuple[Proof, int]]:
    """So many deaths, every fifth of them followed by another one while it recovers."""
    proofs: list[tuple[Proof, int]] = []
    source = points(play, seed)
    with ThreadPoolExecutor(jobs) as pool:
        while (lacking := wanted - sum(len(proof.moments) or bool(proof.failure) for proof, _ in proofs)) > 0:
            drawn = [next(source) for _ in range(min(lacking, 4 * jobs))]
            kinds = [(n, (kind,) if s % 5 else (kind, kind), s) for n, kind, s in drawn]
            proofs += pool.map(lambda one: prove(play, *one), kinds)
    return proofs


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill tracker while it sends and count what arrived.")
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    asked = parser.parse_args()
    with TemporaryDirectory() as name:
        start = time.monotonic()
        play = MailPlay(Path(name))
        proofs = run(play, asked.points, asked.seed, asked.jobs)
        failures = [proof for proof, _ in proofs if proof.failure]
        kinds = Counter(moment.kind for proof, _ in proofs for moment in proof.moments)
        print(", ".join(f"{kind}: {kinds[kind]}" for kind in ALL_KINDS))
        print(
            f"{sum(kinds.values())} kills while {len(play.mails)} mails were sent, {sum(n for _, n in proofs)} left"
            f" unknown, {len(failures)} failures, {time.monotonic() - start:.0f} s"
        )
        for proof in failures:
            print(f"\n{proof.step}, killed at {', '.join(map(str, proof.moments))}: {proof.failure}")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
