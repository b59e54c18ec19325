"""`tracker schedule`: it stays, does what is due when it is due, survives what goes wrong, and leaves when asked to."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import mime
from tests.child import Under, start
from tests.mail_world import ANNE, MailWorld
from tests.mailserver import DRIP, STALL, MailServer
from tests.world import GEL, WEEKS
from tracker.dates import Clock, from_stamp
from tracker.deliver import finishing
from tracker.demo.faults import Hang
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.lock import writing
from tracker.schedule import Report, Thing, stay, staying


@pytest.fixture
def world(tmp_path: Path) -> Iterator[MailWorld]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in, MailServer() as server:
        world = MailWorld(tmp_path, stand_in, server)
        world.put_article(1)
        world.config(gel=GEL, email=(ANNE,))
        yield world


class Minutes:
    """A clock that a test sets; `stay` looks every tenth of a second and is ended when the list of moments is."""

    def __init__(self, world: MailWorld, moments: list[str], between: Callable[[int], None] = lambda n: None) -> None:
        self.world = world
        self.moments = moments
        self.between = between
        self.told: list[Thing] = []
        self.reports: list[Report] = []
        self.looks = 0

    def clock(self) -> Clock:
        return lambda: from_stamp(self.moments[min(self.looks, len(self.moments)) - 1])

    def read(self) -> object:
        self.between(self.looks)
        self.looks += 1
        if self.looks > len(self.moments):
            raise SystemExit(0)
        return self.world.settings

    def stay(self) -> None:
        with pytest.raises(SystemExit):
            stay(self.read, self.clock(), self.told.append, after=self.reports.append, minute=0.1)  # type: ignore[arg-type]


def test_it_does_what_is_due_when_it_is_due_and_nothing_twice(world: MailWorld) -> None:
    moments = [*WEEKS[:1] * 3, "2026-11-10T05:59:00Z", "2026-11-10T06:00:00Z", "2026-11-10T06:01:00Z", *WEEKS[1:2] * 2]
    Minutes(world, moments).stay()
    days = world.rows("select distinct started from fetches order by 1")
    assert [row["started"] for row in days] == [WEEKS[0], "2026-11-10T06:00:00Z", WEEKS[1]]
    assert [row["period"] for row in world.rows("select period from digests where name = 'weekly'")] == [
        "2026-W46", "2026-W47",
    ]  # fmt: skip
    assert len(world.server.to(ANNE)) == 3


def test_an_edit_of_queries_toml_counts_from_the_next_minute_and_a_mistake_is_said_once(world: MailWorld) -> None:
    path = world.folder / "queries.toml"
    good = path.read_text()

    def edit(n: int) -> None:
        path.write_text(
            {1: "[tracker\n", 2: "[tracker\n", 3: "[tracker\n"}.get(
                n, good.replace("weekly", "other" * (n > 3) or "weekly")
            )
        )

    run = Minutes(world, [WEEKS[0]] * 6, edit)
    run.stay()
    assert len([thing for thing in run.told if isinstance(thing, Exception)]) == 1
    assert {row["name"] for row in world.rows("select name from digests")} == {
        "weekly", "weekly.baseline", "other", "other.baseline",
    }  # fmt: skip


def test_a_locked_database_is_somebody_elses_turn(world: MailWorld) -> None:
    run = Minutes(world, [WEEKS[0]])
    with writing(world.settings.db):
        run.stay()
    assert run.told == [] and run.reports == []


def test_a_bug_is_seen_and_ends_nothing(
    world: MailWorld, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staying, "_REST", 1.0)
    world.fetch(0)
    world.execute("create trigger bug before insert on digests begin select raise(abort, 'a bug of ours'); end")
    begun = time.monotonic()
    Minutes(world, [WEEKS[0]] * 2).stay()
    assert time.monotonic() - begun >= 1.0, "not tried each minute"
    assert "Traceback" in (said := capsys.readouterr().err) and "a bug of ours" in said
    world.execute("drop trigger bug")
    Minutes(world, [WEEKS[0]]).stay()
    assert len(world.server.mails) == 2


def test_after_sleep_the_network_gets_a_minute(world: MailWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0, 4_000.0, 4_060.0, 4_120.0]  # at the start, on waking, and each minute from then on
    looked: list[float] = []

    def wall() -> float:
        looked.append(clock.pop(0))
        return looked[-1]

    monkeypatch.setattr(staying, "wall", wall)
    read: list[float] = []
    run = Minutes(world, [WEEKS[0]], lambda n: read.append(looked[-1]))
    run.stay()
    assert read == [4_060.0, 4_120.0] and len(run.reports) == 1


# ---- Signals


def started(world: MailWorld) -> "subprocess.Popen[bytes]":
    return start(world, "schedule", env={"TRACKER_NOW": WEEKS[0]})


def ended(child: "subprocess.Popen[bytes]", number: int) -> float:
    """Seconds until it has gone; it must go by its own exit code and without a traceback."""
    begun = time.monotonic()
    child.send_signal(number)
    out, err = child.communicate(timeout=30)
    assert child.returncode == 128 + number, (out, err)
    assert b"Traceback" not in err and b"interrupted" in err
    return time.monotonic() - begun


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
def test_a_signal_ends_it_while_it_waits(world: MailWorld, number: int) -> None:
    child = started(world)
    until(lambda: len(world.server.mails) == 2)
    time.sleep(0.5)
    assert ended(child, number) < 10
    assert set(world.states().values()) == {"sent"}


def test_a_signal_ends_a_fetch_that_hangs_and_the_next_run_goes_on(world: MailWorld) -> None:
    world.stand_in.misbehave("efetch", Hang(60))
    child = started(world)
    until(lambda: any("efetch" in request.path for request in world.stand_in.log))
    assert ended(child, signal.SIGTERM) < 10
    assert world.run("run").code in (0, 1)
    world.stand_in.behave()
    assert world.run("run", now="2026-11-09T09:00:00Z").code == 0
    assert len(world.server.mails) == 2


@pytest.mark.parametrize("command", ["deliver", "run"])
def test_a_signal_ends_a_look_up_of_a_name_that_nobody_answers(world: MailWorld, command: str) -> None:
    if command == "deliver":
        world.fetch(0)
        world.issue()
    child = start(world, command, env={"TRACKER_NOW": WEEKS[0]}, under=Under(nameless=True))
    until((world.folder / "asked").exists)
    assert ended(child, signal.SIGTERM) < 10
    assert world.run("run").code == 0 and set(world.states().values()) == {"sent"}


def test_a_signal_ends_a_ping_that_nobody_answers(world: MailWorld) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        path = world.folder / "queries.toml"
        address = f"http://127.0.0.1:{deaf.getsockname()[1]}/key"
        path.write_text(path.read_text().replace("[tracker]\n", f'[tracker]\nping = "{address}"\n'))
        child = started(world)
        asked, _ = deaf.accept()
        with asked:
            assert ended(child, signal.SIGTERM) < 10
    assert set(world.states().values()) == {"sent"}, "all was done and recorded before"


@pytest.mark.parametrize("step", ["dot", "sender"])
def test_a_signal_is_not_held_up_by_a_goodbye(world: MailWorld, step: str) -> None:
    """The answer comes late but in time, or never, and then the server drips."""
    heard = threading.Event()

    def slowly() -> str | None:
        heard.set()
        time.sleep(3)
        return STALL if step == "sender" else None

    world.does({step: slowly, "quit": DRIP})
    child = started(world)
    assert heard.wait(30)
    assert ended(child, signal.SIGTERM) < 10
    assert sorted(world.states().values()) == {"dot": ["pending", "sent"], "sender": ["pending", "pending"]}[step]


def test_a_mail_whose_answer_is_on_its_way_is_waited_for(world: MailWorld) -> None:
    heard = threading.Event()

    def slowly() -> None:
        heard.set()
        time.sleep(2)

    world.does({"dot": slowly})
    child = started(world)
    assert heard.wait(30)
    assert ended(child, signal.SIGTERM) < 10
    assert sorted(world.states().values()) == ["pending", "sent"]
    world.does({})
    world.deliver()
    assert len(world.server.mails) == 2


def test_a_mail_whose_answer_does_not_come_is_unknown_and_left_within_ten_seconds(world: MailWorld) -> None:
    heard = threading.Event()

    def stall() -> str:
        heard.set()
        return STALL

    world.does({"dot": stall})
    child = started(world)
    assert heard.wait(30)
    assert ended(child, signal.SIGTERM) < 10
    world.does({})
    world.deliver()
    assert sorted(world.states().values()) == ["sent", "unknown"]
    assert len({mime.read(mail.body).one("Message-ID") for mail in world.server.mails}) == len(world.server.mails) == 2


def test_finishing_lets_a_signal_through_at_its_end_and_not_twice() -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: came.append(number))
    try:
        with finishing.finishing():
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)
            assert came == []
        assert came == [signal.SIGTERM]
        with finishing.finishing(longest=0.1):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.5)
            assert came == [signal.SIGTERM] * 2
        assert came == [signal.SIGTERM] * 2
        with finishing.finishing():
            """Nothing comes."""
        assert came == [signal.SIGTERM] * 2 and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    finally:
        signal.signal(signal.SIGTERM, before)
