"""`tracker run`: whatever is due, once; catching up, failing sources, alerts, the ping, the lock.

In this process where the clock and the database are looked at, as a command where its words and exit code are.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests import mime
from tests.mail_world import ANNE, BEN, MailWorld
from tests.mailserver import MailServer
from tests.world import GEL, WEEKS
from tracker import schedule
from tracker.dates import clock_from, from_stamp, stamp
from tracker.demo.faults import Html
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.errors import LockedError
from tracker.lock import writing
from tracker.pipeline import Issue
from tracker.schedule import Report, Thing
from tracker.store import Store


@pytest.fixture
def world(tmp_path: Path) -> Iterator[MailWorld]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in, MailServer() as server:
        world = MailWorld(tmp_path, stand_in, server)
        world.put_article(1)
        world.put_study(1)
        yield world


def run(world: MailWorld, now: str, told: list[Thing] | None = None) -> Report:
    return schedule.run(world.settings, clock_from({"TRACKER_NOW": now}), (told if told is not None else []).append)


def later(now: str, **by: float) -> str:
    return stamp(from_stamp(now) + timedelta(**by))


def periods(world: MailWorld, name: str = "weekly") -> list[str]:
    return [row["period"] for row in world.rows("select period from digests where name = ? order by id", name)]


def test_the_first_run_does_everything_and_the_second_nothing(world: MailWorld) -> None:
    done = world.run("run")
    assert done.code == 0, done.err
    assert "weekly" in done.out and len(world.server.mails) == 4
    again = world.run("run")
    assert again.code == 0 and again.out == "Nothing is due.\n"
    asked = len(world.stand_in.log)
    assert run(world, later(WEEKS[0], hours=20)) == Report() and len(world.stand_in.log) == asked


def test_each_day_is_fetched_and_each_week_told_once_however_often_it_runs(world: MailWorld) -> None:
    for hours in range(0, 24 * 15, 8):
        run(world, later(WEEKS[0], hours=hours))
    assert periods(world) == ["2026-W46", "2026-W47", "2026-W48"]
    days = world.rows("select distinct substr(started, 1, 10) as day, count(*) as n from fetches group by 1")
    assert len(days) == 15 and len({row["n"] for row in days[1:]}) == 1
    assert len(world.server.to(ANNE)) == 4, "a report and three issues"


def test_after_weeks_off_it_catches_up_once_and_states_the_longer_span(world: MailWorld) -> None:
    run(world, WEEKS[0])
    world.put_article(2)
    run(world, later(WEEKS[3], days=2, hours=5))
    assert periods(world) == ["2026-W46", "2026-W49"]
    text = mime.read(world.server.to(ANNE)[-1]).parts[0].text
    assert "From 2026-11-09 07:00 UTC to 2026-12-02 12:00 UTC" in text
    assert "This issue covers 23 days: none was composed in between." in text
    assert "Gel number 2" in text


def test_everything_is_read_again_every_thirty_days(world: MailWorld) -> None:
    for day in (0, 1, 29, 30, 31, 59, 60, 61):
        run(world, later(WEEKS[0], days=day))
    full = world.rows("select distinct started from fetches where full = 1 order by 1")
    assert [row["started"] for row in full] == [later(WEEKS[0], days=30), later(WEEKS[0], days=60)]


def test_each_digest_has_the_hour_of_its_own_zone(world: MailWorld) -> None:
    world.config(gel=GEL, more='[[digest]]\nname = "west"\nevery = "monday 07:00"\ntimezone = "America/New_York"\n')
    for now in (WEEKS[0], "2026-11-09T11:59:00Z"):
        run(world, now)
        assert (periods(world), periods(world, "west")) == (["2026-W46"], ["2026-W45"])
    run(world, "2026-11-09T12:00:00Z")
    assert (periods(world), periods(world, "west")) == (["2026-W46"], ["2026-W45", "2026-W46"])


def test_a_fetch_that_was_cut_off_is_taken_up_again_at_once(world: MailWorld) -> None:
    run(world, WEEKS[0])
    day = later(WEEKS[0], days=1)
    for query in ("gel", "moss"):
        world.execute(
            "insert into fetches (source, query, expression, started) values ('pubmed', ?, '', ?)", query, day
        )
    run(world, day)
    done = world.rows("select complete from fetches where query = 'gel' and source = 'pubmed' and started = ?", day)
    assert [row["complete"] for row in done] == [0, 1]


# ---- When all is not well


def test_a_source_that_failed_heads_the_mail_with_since_when(world: MailWorld) -> None:
    run(world, WEEKS[0])
    world.stand_in.misbehave("esearch", Html("Site maintenance"), times=10_000)
    for day in (5, 6):
        run(world, later(WEEKS[0], days=day))
    report = run(world, WEEKS[1])
    assert report.failures == ["fetch pubmed gel", "fetch pubmed moss"]
    part = mime.read(world.server.to(ANNE)[-1])
    assert "no answer from PubMed" in part.one("Subject")
    first = part.parts[0].text.splitlines()[3]
    assert first.startswith("!! INCOMPLETE: PubMed has failed since 2026-11-14 07:00 UTC")


def test_where_every_source_failed_no_quiet_week_goes_out(world: MailWorld) -> None:
    run(world, WEEKS[0])
    for operation in ("esearch", "studies", "version"):
        world.stand_in.misbehave(operation, Html("down"), times=10_000)
    before = len(world.server.mails)
    for minutes in (0, 15, 75):
        assert run(world, later(WEEKS[1], minutes=minutes)).failures and periods(world) == ["2026-W46"]
    done = world.run("status", now=later(WEEKS[1], minutes=76))
    assert done.code == 1 and "WAITS" in done.out, done.out
    assert "digest weekly: WAITS: for clinicaltrials gel, pubmed gel, pubmed moss, which failed; asked again from" in (
        done.out.replace("pubmed gel, pubmed moss, clinicaltrials gel", "clinicaltrials gel, pubmed gel, pubmed moss")
    )
    assert "2026-11-16T12:15:00Z" in done.out
    for minutes in (315, 330, 1200):
        run(world, later(WEEKS[1], minutes=minutes))
    assert periods(world) == ["2026-W46", "2026-W47"] and len(world.server.mails) == before + 2, "one each"
    part = mime.read(world.server.to(ANNE)[-1])
    assert "no answer from ClinicalTrials.gov" in part.one("Subject") and "PubMed" in part.one("Subject")
    for text in (part.one("Subject"), *(one.text for one in part.parts)):
        assert "quiet week" not in text.lower() and "all clear" not in text


def test_a_network_that_comes_late_costs_a_quarter_of_an_hour_and_not_the_week(world: MailWorld) -> None:
    run(world, WEEKS[0])
    world.put_article(2, day="2026-11-20")
    for operation in ("esearch", "studies", "version"):
        world.stand_in.misbehave(operation, Html("down"), times=10_000)
    woken = later(WEEKS[3], hours=2)
    run(world, woken)
    assert periods(world) == ["2026-W46"]
    world.stand_in.behave()
    run(world, later(woken, minutes=16))
    part = mime.read(world.server.to(ANNE)[-1])
    assert "2026-W49" in part.one("Subject") and "INCOMPLETE" not in part.parts[0].text
    assert "Gel number 2" in part.parts[0].text and "quiet week" not in part.parts[0].text
    assert world.run("status", now=later(woken, minutes=17)).code == 0


def test_one_run_by_a_clock_that_is_years_ahead_costs_nothing(world: MailWorld) -> None:
    run(world, WEEKS[0])
    world.does({"greeting": "421 busy"})
    run(world, "2036-01-07T07:00:00Z")
    world.does({})
    world.put_article(3)
    status = world.run("status", now=WEEKS[1])
    assert status.code == 1 and "dated ahead of now" in status.out
    told: list[Thing] = []
    report = run(world, WEEKS[1], told)
    assert report.failures == ["clock: the last issue of weekly is dated ahead"]
    assert any("see that the clock is right" in str(thing) for thing in told)
    assert periods(world)[-1] == "2026-W47" and set(world.states().values()) == {"sent"}
    text = mime.read(world.server.to(ANNE)[-1]).parts[0].text
    assert "From 2026-11-09 07:00 UTC to 2026-11-16 07:00 UTC" in text and "Gel number 3" in text
    assert "failed" not in text and "INCOMPLETE" not in text
    assert run(world, WEEKS[2]).failures == [] and periods(world)[-1] == "2026-W48"
    assert world.run("status", now=WEEKS[2]).code == 0


def test_an_alert_names_those_that_failed_for_as_long(world: MailWorld) -> None:
    run(world, WEEKS[0])
    world.stand_in.misbehave("esearch", Html("down"), times=10_000)
    for day in (1, 2):
        run(world, later(WEEKS[0], days=day))
    world.stand_in.misbehave("studies", Html("down"), times=10_000)
    world.stand_in.misbehave("version", Html("down"), times=10_000)
    run(world, later(WEEKS[0], days=3))
    part = mime.read(world.server.to(ANNE)[-1])
    assert part.one("Subject") == "Hair research, weekly: no answer from PubMed for 3 days"
    assert "ClinicalTrials.gov has failed since" in part.parts[0].text


def test_status_sees_a_slot_that_was_missed(world: MailWorld) -> None:
    run(world, WEEKS[0])
    day = "2026-11-10T0"
    assert [world.run("status", now=f"{day}{at}:00Z").code for at in ("5:59", "7:59", "8:01")] == [0, 0, 1]
    out = world.run("status", now=f"{day}8:01:00Z").out
    assert "OVERDUE" in out and "2026-11-10T06:00:00Z" in out, "what was missed is what is due next"
    (world.folder / "queries.toml").write_text(
        (world.folder / "queries.toml").read_text().replace("monday 07:00", "daily 07:00")
    )
    line = next(line for line in world.run("status", now="2026-11-19T08:00:00Z").out.splitlines() if "weekly" in line)
    assert "OVERDUE" in line, "a key of a week is no key of a day"


def test_without_a_first_answer_there_is_no_first_issue(world: MailWorld) -> None:
    for operation in ("esearch", "studies", "version"):
        world.stand_in.misbehave(operation, Html("down"), times=10_000)
    assert run(world, WEEKS[0]).failures and periods(world) == []
    world.stand_in.behave()
    assert not run(world, later(WEEKS[0], days=1)).failures and periods(world) == ["2026-W46"]


def test_three_failed_days_are_one_alert_to_the_first_recipient(world: MailWorld) -> None:
    run(world, WEEKS[0])
    before = len(world.server.mails)
    world.stand_in.misbehave("esearch", Html("Site maintenance"), times=10_000)
    for hours in range(24, 24 * 7, 3):
        run(world, later(WEEKS[0], hours=hours))
    assert periods(world, "weekly.alert") == ["2026-11-10"]
    (mail,) = world.server.mails[before:]
    assert mail.recipient == ANNE
    part = mime.read(mail.body)
    assert part.one("Subject") == "Hair research, weekly: no answer from PubMed for 3 days"
    assert "PubMed has failed since 2026-11-10 07:00 UTC" in part.parts[0].text and "Cause:" in part.parts[0].text
    world.stand_in.behave()
    run(world, WEEKS[1])
    world.stand_in.misbehave("esearch", Html("Site maintenance"), times=10_000)
    for day in range(1, 5):
        run(world, later(WEEKS[1], days=day))
    assert periods(world, "weekly.alert") == ["2026-11-10", "2026-11-17"], "another failure is another alert"
    assert periods(world) == ["2026-W46", "2026-W47"]
    assert world.rows("select count(*) as n from digest_items where name like '%.alert'") == [{"n": 0}]


def test_one_digest_that_cannot_be_written_does_not_keep_the_next(world: MailWorld) -> None:
    world.config(gel=GEL, more='[[digest]]\nname = "other"\nevery = "monday 07:00"\n')
    world.run("fetch")
    (world.folder / "digests").mkdir()
    (world.folder / "digests/2026-W46-weekly.md").mkdir()
    done = world.run("run")
    assert done.code == 1 and "failed: " in done.out and "2026-W46-weekly.md" in done.out
    assert (world.folder / "digests/2026-W46-other.md").exists() and len(world.server.mails) == 4


def test_another_run_is_waited_for_and_then_left_alone(world: MailWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    with writing(world.settings.db), pytest.raises(LockedError):
        run(world, WEEKS[0])
    assert world.server.mails == [] and world.stand_in.log == []
    told: list[Thing] = []
    run(world, WEEKS[0], told)
    assert any(isinstance(thing, Issue) for thing in told)


# ---- The ping


@contextmanager
def listening(status: int = 200) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    heard: list[tuple[str, str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            heard.append((self.command, self.path, body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/key-0815?a=1", heard
        finally:
            server.shutdown()


def with_ping(world: MailWorld, address: str) -> None:
    path = world.folder / "queries.toml"
    path.write_text(path.read_text().replace("[tracker]\n", f'[tracker]\nping = "{address}"\n'))


def test_the_ping_hears_of_a_good_run_of_a_bad_one_and_of_none(world: MailWorld) -> None:
    with listening() as (address, heard):
        with_ping(world, address)
        run(world, WEEKS[0])
        assert heard == [("GET", "/key-0815?a=1", "")]
        run(world, WEEKS[0])
        assert len(heard) == 1, "nothing was due"
        world.stand_in.misbehave("esearch", Html("down"), times=10_000)
        world.does({"recipient": "550 no such user"})
        for minutes in (0, 15, 75, 315):
            run(world, later(WEEKS[1], minutes=minutes))
    method, path, body = heard[-1]
    assert (method, path) == ("POST", "/key-0815/fail?a=1")
    assert "fetch pubmed gel" in body and "failed" in body
    assert ANNE not in body and BEN not in body and "127.0.0.1" not in body, "who is written to is nobody's business"


def test_a_ping_that_fails_is_said_without_its_key_and_fails_nothing(world: MailWorld) -> None:
    with listening(500) as (address, _):
        with_ping(world, address)
        done = world.run("run")
    assert done.code == 0 and "ping: 127.0.0.1 answers HTTP 500" in done.err and "key-0815" not in done.err + done.out
    done = world.run("run", now=WEEKS[1])
    assert done.code == 0 and "ping: 127.0.0.1 cannot be reached" in done.err and "key-0815" not in done.err


def test_a_queries_toml_that_cannot_be_used_is_told_where_it_says_whom(world: MailWorld) -> None:
    path = world.folder / "queries.toml"
    with listening() as (address, heard):
        with_ping(world, address)
        good = path.read_text()
        path.write_text(good + "nonsense = 1\n")
        assert world.run("run").code == 2
        assert heard == [("POST", "/key-0815/fail?a=1", "ConfigError")]
        path.write_text(good.replace("[[query]]", "[[query"))
        assert world.run("run").code == 2 and len(heard) == 1, "nobody can read whom"


def test_a_bug_is_told_too(world: MailWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening() as (address, heard):
        with_ping(world, address)
        run(world, WEEKS[0])
        with Store.open(world.settings.db) as store:
            store.db.conn.execute(
                "create trigger bug before insert on fetches begin select raise(abort, 'a bug of ours'); end"
            )
        with pytest.raises(Exception, match="a bug of ours"):
            run(world, WEEKS[1])
    assert heard[-1] == ("POST", "/key-0815/fail?a=1", "IntegrityError")
