"""Killed at any moment: what is run again after it ends in the same database as what was never killed.

    python -m tests.kill --points 100 --pairs 20 --seed 1

A story of commands (STORY) is played once without harm. Then, for each point, the folder as it stood before one of
them is copied, that command is killed at a random moment, run again to its end, and the rest of the story after it. The
database (`dump`, integrity, foreign keys) and every digest must be equal to the harmless ones, right after the command
and at the end. A pair is killed once more while it recovers. One command more is one line in STORY.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.world import gel_study, hair_article
from tracker.config import shipped
from tracker.deliver.outbox import CUT_OFF
from tracker.demo import corpus
from tracker.demo.faults import Asked
from tracker.demo.reply import Reply
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.pipeline.fetch import BATCH
from tracker.store import Store, dump

ROOT = Path(__file__).resolve().parents[1]
DAYS = (date(2026, 11, 9), date(2026, 11, 16), date(2026, 11, 23))
KINDS = ("clock", "request", "call", "opcode", "byte")
HURRY = """
[sources.pubmed]
pace = 500
retry_wait = 0.01
[sources.clinicaltrials]
pace = 500
retry_wait = 0.01
[[query]]
name = "many"
title = "More than one batch"
pubmed = "gel[tiab] AND alopecia[tiab]"
"""


@dataclass(frozen=True)
class Step:
    """One command of the story, in the week (0, 1, 2) whose upstream and clock it meets."""

    week: int
    command: tuple[str, ...]
    config: str = ""  # what is added to queries.toml before it

    @property
    def name(self) -> str:
        return self.command[0]


NEW_LEAF = """
[[approach]]
id = "act.numbered"
label = "Numbered gels"
terms = ["gel number"]
"""
STORY = (
    Step(0, ("fetch",)),
    Step(0, ("digest",)),
    Step(0, ("import", "--query", "many", "more.xml", "more.jsonl")),
    Step(1, ("classify",), config=NEW_LEAF),
    Step(1, ("fetch",)),
    Step(1, ("digest",)),
    Step(2, ("fetch", "--full")),
    Step(2, ("digest",)),
)


@dataclass(frozen=True)
class Moment:
    """When a command dies: seconds after its start (clock), or the n-th request, call, opcode tick or byte."""

    kind: str
    at: float

    def __str__(self) -> str:
        return f"{self.kind} {self.at:.3f}" if self.kind == "clock" else f"{self.kind} {self.at:.0f}"


@dataclass(frozen=True)
class State:
    """What must be equal: the database in its canonical form, whether it is whole, and the digests by name."""

    dump: str = field(repr=False)
    whole: tuple[str, ...]
    digests: dict[str, bytes] = field(repr=False)


class Executioner(StandIn):
    """Both sources; it kills whoever sends the `fatal`-th request, before that is answered."""

    fatal = 0
    victim: subprocess.Popen[bytes] | None = None

    def answer(self, asked: Asked, rest: str) -> Reply:
        reply = super().answer(asked, rest)
        if len(self.log) == self.fatal and self.victim:
            self.victim.kill()
        return reply


def upstream(week: int, many: int) -> Upstream:
    """What the sources hold in that week: the demo's corpus, and what the query "many" lists."""
    world = Upstream(known_phrases=lambda phrase: True, data_timestamp=f"{DAYS[week]}T05:00:05")
    states = [(corpus.articles(), corpus.studies()), *((one.articles, one.studies) for one in corpus.weeks()[:week])]
    for articles, studies in states:
        for article in articles:
            world.put_article(article.xml, date.fromisoformat(article.entered), date.fromisoformat(article.modified))
        for study in studies:
            world.put_study(study)
    for n in range(500, 500 + many + week):
        world.put_article(hair_article(n, abstract=" "), DAYS[0], DAYS[0])
    return world


def _write_files(folder: Path, many: int) -> None:
    """What the story imports: articles in more than one batch, and trials."""
    articles = b"".join(hair_article(n) for n in range(1_000, 1_000 + many))
    (folder / "more.xml").write_bytes(b"<PubmedArticleSet>" + articles + b"</PubmedArticleSet>")
    studies = [json.dumps(gel_study(n)) for n in range(500, 510)]
    (folder / "more.jsonl").write_text("\n".join(studies))


class Play:
    """The story, played once without harm: the folder before each command, and the state after it."""

    def __init__(self, folder: Path, story: Sequence[Step] = STORY, many: int = BATCH + 10) -> None:
        self.folder, self.story = folder, story
        self.upstreams = [upstream(week, many) for week in range(len(DAYS))]
        self.after: list[State] = []
        self.totals: list[dict[str, float]] = []
        stage = folder / "stage"
        stage.mkdir()
        config = stage / "queries.toml"
        config.write_text(shipped().read_text() + HURRY)
        _write_files(stage, many)
        for n, step in enumerate(story):
            config.write_text(config.read_text() + step.config)
            shutil.copytree(stage, self.before(n))
            self.totals.append(self._measured(stage, step))
            self.after.append(state(stage))

    def before(self, n: int) -> Path:
        return self.folder / f"before-{n}"

    def _measured(self, stage: Path, step: Step) -> dict[str, float]:
        """One harmless run, and how many moments of each kind it has."""
        counts = self.folder / "counts.json"
        with self.standing(step) as standin:
            environment = self.environment(standin, step) | {"DOOMED_COUNTS": str(counts)}
            start = time.monotonic()
            finished(doomed("never:0", step, stage, environment))
            seconds = time.monotonic() - start
            requests = len(standin.log)
        size = (stage / "db/tracker.db").stat().st_size
        return {"clock": seconds, "request": requests, "byte": size, **json.loads(counts.read_text())}

    @contextmanager
    def standing(self, step: Step) -> Iterator[Executioner]:
        with Executioner(self.upstreams[step.week]) as standin:
            yield standin

    @staticmethod
    def environment(standin: StandIn, step: Step) -> dict[str, str]:
        now = f"{DAYS[step.week]}T07:00:00Z"
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TRACKER_NOW": now, **standin.environment}

    def moment(self, dice: random.Random, n: int, kind: str) -> Moment:
        total = self.totals[n][kind]
        if kind == "clock":
            return Moment(kind, dice.uniform(0.05, 1.0) * total)
        return Moment(kind, dice.randint(1, max(1, int(total))))

    def killed(self, folder: Path, n: int, moment: Moment) -> bool:
        """Run step n in `folder` and kill it at that moment. False when it came to its end before."""
        step = self.story[n]
        counted = moment.kind in ("call", "opcode", "byte")
        with self.standing(step) as standin:
            how = f"{moment.kind}:{moment.at:.0f}" if counted else ""
            standin.fatal = int(moment.at) if moment.kind == "request" else 0
            child = doomed(how, step, folder, self.environment(standin, step))
            standin.victim = child
            if moment.kind == "clock":
                timer = threading.Timer(moment.at, child.kill)
                timer.start()
            out, err = child.communicate(timeout=120)
        if child.returncode in (-signal.SIGKILL, -signal.SIGXFSZ):
            return True
        if not ended_well(child.returncode, out):
            raise AssertionError(f"{step.name} at {moment}: exit code {child.returncode}\n{err.decode()}")
        return False

    def recover(self, folder: Path, n: int) -> None:
        """Run step n once more, and the rest of the story; everything must be as if nobody had died."""
        for m in range(n, len(self.story)):
            step = self.story[m]
            if m > n:
                config = folder / "queries.toml"
                config.write_text(config.read_text() + step.config)
            with self.standing(step) as standin:
                finished(doomed("", step, folder, self.environment(standin, step)))
            if m in (n, len(self.story) - 1):
                compare(state(folder), self.after[m], f"after {step.name} of week {step.week}")


def doomed(how: str, step: Step, folder: Path, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    runner = ["-m", "tests.doomed", how] if how else ["-m", "tracker"]
    command = [sys.executable, *runner, *step.command]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended_well(code: int, out: bytes) -> bool:
    """A run that finds a mail which an earlier one left unknown says so, and counts as a bad one."""
    return code == 0 or (code == 1 and CUT_OFF.encode() in out)


def finished(child: "subprocess.Popen[bytes]") -> None:
    out, err = child.communicate(timeout=120)
    if not ended_well(child.returncode, out):
        raise AssertionError(f"exit code {child.returncode}\n{out.decode()}{err.decode()}")


def state(folder: Path) -> State:
    path = folder / "db/tracker.db"
    with sqlite3.connect(path) as conn:
        whole = [row[0] for row in conn.execute("pragma integrity_check")]
        whole += [str(row) for row in conn.execute("pragma foreign_key_check")]
    conn.close()
    with Store.read(path) as store:
        text = dump(store.db)
    return State(text, tuple(whole), {one.name: one.read_bytes() for one in sorted(folder.glob("digests/*"))})


def compare(found: State, wanted: State, when: str) -> None:
    assert found.whole == ("ok",), f"{when}: {found.whole}"
    assert found.digests.keys() == wanted.digests.keys(), f"{when}: digests {sorted(found.digests)}"
    if found.dump != wanted.dump:
        ours, theirs = set(found.dump.splitlines()), set(wanted.dump.splitlines())
        lines = [f"+ {one[:300]}" for one in sorted(ours - theirs)] + [
            f"- {one[:300]}" for one in sorted(theirs - ours)
        ]
        raise AssertionError(f"{when}: another database\n" + "\n".join(lines[:12]))
    other = [name for name in wanted.digests if found.digests[name] != wanted.digests[name]]
    assert not other, f"{when}: another text of {other}"


@dataclass(frozen=True)
class Proof:
    step: str
    moments: tuple[Moment, ...]
    failure: str = ""


def prove(play: Play, n: int, kinds: Sequence[str], seed: int) -> Proof:
    """One point: step n killed at a random moment of each of these kinds in turn, then recovered."""
    dice = random.Random(seed)
    step = play.story[n]
    moments: list[Moment] = []
    with TemporaryDirectory(dir=play.folder) as name:
        folder = Path(name) / "work"
        shutil.copytree(play.before(n), folder)
        for kind in kinds:
            moment = play.moment(dice, n, kind)
            try:
                died = play.killed(folder, n, moment)
            except AssertionError as error:
                return Proof(step.name, (*moments, moment), str(error))
            if died:
                moments.append(moment)
        try:
            play.recover(folder, n)
        except AssertionError as error:
            return Proof(step.name, tuple(moments), str(error))
    return Proof(step.name, tuple(moments))


def points(play: Play, seed: int) -> Iterator[tuple[int, str, int]]:
    """Steps and kinds in turn, without end; digests ask nobody, so no request can kill them."""
    dice = random.Random(seed)
    while True:
        for kind in KINDS:
            n = dice.randrange(len(play.story))
            if play.totals[n][kind]:
                yield n, kind, dice.randrange(2**32)


def run(play: Play, singles: int, pairs: int, seed: int, jobs: int = 2) -> list[Proof]:
    """So many points of one death, and of two. A command that came to its end alive is no point and drawn again."""
    proofs: list[Proof] = []
    source = points(play, seed)
    with ThreadPoolExecutor(jobs) as pool:
        for wanted, deaths in ((singles, 1), (pairs, 2)):
            while (
                lacking := wanted - sum(len(proof.moments) >= deaths or bool(proof.failure) for proof in proofs)
            ) > 0:
                drawn = [next(source) for _ in range(min(lacking, 4 * jobs))]
                drawn_kinds = [(n, (kind,) if deaths == 1 else (kind, kind), s) for n, kind, s in drawn]
                proofs += pool.map(lambda one: prove(play, *one), drawn_kinds)
    return proofs


def table(proofs: Iterable[Proof]) -> str:
    """Kills by command and kind of moment."""
    counted = Counter((proof.step, moment.kind) for proof in proofs for moment in proof.moments)
    head = f"{'command':<10}" + "".join(f"{kind:>9}" for kind in (*KINDS, "all"))
    lines = [head]
    for step in sorted({step for step, _ in counted}):
        row = [counted[step, kind] for kind in KINDS]
        lines.append(f"{step:<10}" + "".join(f"{number:>9}" for number in (*row, sum(row))))
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill tracker at random moments and see what is left.")
    parser.add_argument("--points", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    asked = parser.parse_args()
    with TemporaryDirectory() as name:
        start = time.monotonic()
        play = Play(Path(name))
        proofs = run(play, asked.points, asked.pairs, asked.seed, asked.jobs)
        failures = [proof for proof in proofs if proof.failure]
        print(table(proofs))
        print(
            f"{sum(len(p.moments) for p in proofs)} kills, {len(failures)} failures, {time.monotonic() - start:.0f} s"
        )
        for proof in failures:
            print(f"\n{proof.step}, killed at {', '.join(map(str, proof.moments))}: {proof.failure}")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
