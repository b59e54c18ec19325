"""The outbox: who gets what once, what is tried again and when, what is never sent again by itself.

Against a real mail server on loopback (tests/mailserver.py) that refuses, stalls and cuts as told. Deaths at random
moments are in tests/kill_mail.py.
"""

import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests import mime
from tests.child import start
from tests.mail_world import ANNE, BEN, CARA, MailWorld
from tests.mailserver import CUT, MailServer, each
from tests.world import GEL, WEEKS
from tracker.dates import from_stamp, stamp
from tracker.deliver import outbox
from tracker.deliver.outbox import GAPS
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.errors import ConfigError
from tracker.store import Store


@pytest.fixture
def world(tmp_path: Path) -> Iterator[MailWorld]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in, MailServer() as server:
        world = MailWorld(tmp_path, stand_in, server)
        world.put_article(1)
        world.put_study(1)
        world.fetch(0)
        yield world


def later(now: str, **by: float) -> str:
    return stamp(from_stamp(now) + timedelta(**by))


def subjects(world: MailWorld, recipient: str) -> list[str]:
    return [mime.read(body).one("Subject") for body in world.server.to(recipient)]


def only(recipient: str, answer: str) -> object:
    """This answer to one recipient, the usual one to all others."""
    return lambda step, line: answer if step in ("recipient", "dot") and recipient in line else None


# ---- Once


def test_each_recipient_gets_the_report_and_then_the_issue_once(world: MailWorld) -> None:
    world.issue()
    assert world.states() == dict.fromkeys(
        ["anne weekly.baseline", "ben weekly.baseline", "anne weekly", "ben weekly"], "pending"
    )
    assert world.server.mails == []
    assert [one.state for one in world.deliver()] == ["sent"] * 4
    assert world.deliver() == [] and world.deliver(WEEKS[1], at_once=True) == []
    for recipient in (ANNE, BEN):
        first, second = map(mime.read, world.server.to(recipient))
        assert "baseline" in first.one("Message-ID") and "2026-W46" in second.one("Message-ID")
        assert first.one("To") == second.one("To") == recipient
    rows = world.rows("select receipt, error, attempts from deliveries")
    assert all(row["receipt"].startswith("250 2.0.0 Ok: queued as ") and not row["error"] for row in rows)


def test_who_is_added_later_gets_the_report_before_his_first_issue_and_the_others_do_not(world: MailWorld) -> None:
    world.issue()
    world.deliver()
    world.config(gel=GEL, email=(ANNE, BEN, CARA))
    world.issue(WEEKS[1])
    world.deliver(WEEKS[1])
    assert len(world.server.to(ANNE)) == 3, "report, issue, issue"
    first, second = (mime.read(body).one("Message-ID") for body in world.server.to(CARA))
    assert first.startswith("<weekly.baseline.2026-W47.") and second.startswith("<weekly.2026-W47.")


def test_the_text_of_a_mail_is_that_of_the_issue(world: MailWorld) -> None:
    world.issue()
    world.deliver()
    issue = world.rows("select subject, text, html from digests where name = 'weekly'")[0]
    part = mime.read(world.server.to(ANNE)[1])
    assert part.one("Subject") == issue["subject"]
    assert [one.text for one in part.parts] == [issue["text"], issue["html"].rstrip("\n") + "\n"]


def test_two_digests_have_their_own_recipients_and_memory(world: MailWorld) -> None:
    second = f'[[digest]]\nname = "monthly"\nevery = "monthly 1 07:00"\nemail = ["{BEN}", "{CARA}"]\n'
    world.config(gel=GEL, email=(ANNE, BEN), more=second)
    world.issue()
    world.deliver()
    world.put_study(2)
    world.fetch(1)
    world.issue(WEEKS[1])
    world.deliver(WEEKS[1])
    assert ["weekly" in one for one in subjects(world, ANNE)] == [True] * 3
    assert len(world.server.to(CARA)) == 3, "a report and an issue, and an extra issue, as there is news"
    assert world.rows("select name, event from digest_items group by name, event having count(*) > 1") == []
    assert {row["name"] for row in world.rows("select name from digest_items")} == {"weekly", "monthly"}


def test_a_quiet_week_is_a_line_or_nothing_as_configured(world: MailWorld) -> None:
    world.issue()
    world.deliver()
    world.fetch(1)
    world.issue(WEEKS[1])
    world.deliver(WEEKS[1])
    assert "all clear" in subjects(world, ANNE)[-1]
    world.config(gel=GEL, send_empty=False)
    world.fetch(2)
    world.issue(WEEKS[2])
    assert world.deliver(WEEKS[2]) == [] and (world.folder / "digests/2026-W48-weekly.md").exists()
    world.put_study(3)
    world.fetch(3)
    world.issue(WEEKS[3])
    assert len(world.deliver(WEEKS[3])) == 2


def test_without_recipients_or_a_server_the_file_is_all_there_is(world: MailWorld) -> None:
    world.config(gel=GEL, email=())
    world.issue()
    assert world.deliver() == [] and world.states() == {}
    text = (world.folder / "queries.toml").read_text().partition("[smtp]")[0]
    (world.folder / "queries.toml").write_text(text.replace("email = []", f'email = ["{ANNE}"]'))
    world.issue(WEEKS[1])
    assert world.states() == {}
    assert (world.folder / "digests/2026-W47-weekly.md").exists()


# ---- Refused


def test_a_refusal_keeps_to_its_recipient(world: MailWorld) -> None:
    world.issue()
    world.does(only(BEN, "550 5.1.1 no such user"))
    world.deliver()
    assert world.states() == {
        "anne weekly.baseline": "sent", "ben weekly.baseline": "failed", "anne weekly": "sent", "ben weekly": "failed",
    }  # fmt: skip
    world.does({})
    assert world.deliver(WEEKS[1], at_once=True) == [], "a final refusal is not tried again"
    errors = {row["error"] for row in world.rows("select error from deliveries where state = 'failed'")}
    assert errors == {f"127.0.0.1:{world.server.port}: recipient refused (550 5.1.1 no such user)"}


def test_a_refusal_that_may_pass_is_tried_again_after_growing_gaps_with_the_same_bytes(world: MailWorld) -> None:
    world.config(gel=GEL, email=(ANNE,))
    world.issue()
    world.does({"recipient": "451 4.7.1 greylisted"})
    assert list(GAPS) == sorted(GAPS)
    now = WEEKS[0]
    for gap in (timedelta(0), *GAPS):
        assert world.deliver(later(now, seconds=gap.total_seconds() - 1)) == []
        now = later(now, seconds=gap.total_seconds())
        assert [one.state for one in world.deliver(now)] == ["pending"]
    assert world.server.mails == []
    world.does({})
    assert [one.state for one in world.deliver(later(now, days=1))] == ["sent", "sent"]
    queued = world.rows("select message_id from deliveries order by id")
    assert [mime.read(mail.body).one("Message-ID") for mail in world.server.mails] == [r["message_id"] for r in queued]


def test_who_was_not_given_one_mail_does_not_get_the_next_before_it(world: MailWorld) -> None:
    world.issue()
    world.does({"recipient": each("451 later", None)})
    assert [one.state for one in world.deliver()] == ["pending", "sent", "sent"], "Anne's issue waits for her report"
    assert world.deliver(later(WEEKS[0], minutes=1)) == [], "and is not sent past it"
    world.deliver(later(WEEKS[0], minutes=6))
    assert ["baseline" in mime.read(body).one("Message-ID") for body in world.server.to(ANNE)] == [True, False]


def test_after_five_days_of_refusals_it_is_given_up_and_said(world: MailWorld) -> None:
    world.config(gel=GEL, email=(ANNE,))
    world.issue()
    world.does({"recipient": "452 4.2.2 mailbox full"})
    states = [one.state for hours in range(0, 24 * 7, 2) for one in world.deliver(later(WEEKS[0], hours=hours))]
    assert states.count("failed") == 2 and states[-1] == "failed", "report and issue"
    row = world.rows("select error from deliveries where state = 'failed'")[0]
    assert row["error"].startswith("given up after ") and "452 4.2.2 mailbox full" in row["error"]


def test_a_server_that_nobody_can_reach_is_asked_once_and_nothing_is_ever_given_up(world: MailWorld) -> None:
    world.issue()
    world.does({"greeting": "421 too busy"})
    for days in range(0, 20, 2):
        assert {one.state for one in world.deliver(later(WEEKS[0], days=days))} == {"pending"}
    assert world.server.connections == 10, "one try for all four mails, each time"
    world.does({})
    assert [one.state for one in world.deliver(later(WEEKS[0], days=21))] == ["sent"] * 4


def test_an_address_that_was_taken_out_is_not_sent_what_waits(world: MailWorld) -> None:
    world.issue()
    world.config(gel=GEL, email=(BEN.upper(),))
    done = {f"{one.recipient} {one.name}": one.state for one in world.deliver()}
    assert done == {
        f"{ANNE} weekly.baseline": "withdrawn", f"{ANNE} weekly": "withdrawn",
        f"{BEN} weekly.baseline": "sent", f"{BEN} weekly": "sent",
    }  # fmt: skip
    assert world.server.to(ANNE) == []
    assert world.rows("select distinct stage from deliveries where recipient = ?", ANNE) == [{"stage": "withdrawn"}]
    world.issue(WEEKS[1])
    assert [one.name for one in world.deliver(WEEKS[1])] == ["weekly"], "capitals make nobody new"


# ---- Unknown


def test_what_may_have_arrived_is_never_sent_again_by_itself_and_on_request_is_the_same_mail(world: MailWorld) -> None:
    world.config(gel=GEL, email=(ANNE,))
    world.issue()
    world.does({"dot": each(CUT, None)})
    assert [one.state for one in world.deliver()] == ["unknown", "sent"]
    for week in (1, 2):
        world.fetch(week)
        world.issue(WEEKS[week])
        world.deliver(WEEKS[week], at_once=True)
    first = world.server.to(ANNE)[0]
    assert world.server.to(ANNE).count(first) == 1
    done = world.run("deliver", "--resend", "1", now=WEEKS[2])
    assert done.code == 0 and "sent (250" in done.out, done.out + done.err
    assert world.server.to(ANNE).count(first) == 2, "to the last byte"
    assert world.run("deliver", "--resend", "99").code == 2


@pytest.mark.parametrize("answer", [None, "250 ok"], ids=str)
def test_a_death_after_the_mail_and_before_the_record_is_unknown(world: MailWorld, answer: str | None) -> None:
    """Killed by the mail server, as it were: after the final dot, before or after its answer."""
    world.config(gel=GEL, email=(ANNE,))
    world.issue()
    victims: list[subprocess.Popen[bytes]] = []

    def kill() -> str | None:
        if answer is None:
            victims[0].kill()
        return answer

    world.does({"dot": kill})
    if answer is not None:  # dies at the next write of the database, which is the record of the answer
        world.execute(
            "create trigger refuse before update of state on deliveries when new.state = 'sent'"
            " begin select raise(abort, 'full'); end"
        )
    victims.append(start(world, "deliver"))
    victims[0].communicate(timeout=30)
    assert victims[0].returncode in (-signal.SIGKILL, 1)
    if answer is not None:
        world.execute("drop trigger refuse")
    assert world.rows("select state from deliveries where id = 1") == [{"state": "sending"}]
    world.does({})
    done = world.run("run", now="2026-11-09T07:10:00Z")
    assert done.code == 1 and f"weekly.baseline 2026-W46 to {ANNE}: unknown (the run ended" in done.out, done.out
    assert "--resend 1" in done.out
    assert world.rows("select state from deliveries where id = 1") == [{"state": "unknown"}]
    assert len(world.server.to(ANNE)) == 2, "the first mail once, and the second"


@pytest.mark.parametrize("step", ["greeting", "hello", "sender", "recipient"])
def test_a_death_before_the_mail_is_pending_and_sent_by_the_next_run(world: MailWorld, step: str) -> None:
    world.config(gel=GEL, email=(ANNE,))
    world.issue()
    victims: list[subprocess.Popen[bytes]] = []
    world.does({step: lambda: victims[0].kill()})
    victims.append(start(world, "deliver"))
    victims[0].communicate(timeout=30)
    assert victims[0].returncode == -signal.SIGKILL
    assert set(world.states().values()) == {"pending"}
    world.does({})
    assert [one.state for one in world.deliver()] == ["sent", "sent"]
    assert len(world.server.mails) == 2


# ---- Paused


def test_an_address_refused_for_good_in_two_issues_is_paused_said_and_resumed(world: MailWorld) -> None:
    world.does(only(BEN, "550 5.1.1 no such user"))
    for week in (0, 1):
        world.fetch(week)
        world.issue(WEEKS[week])
        world.deliver(WEEKS[week])
    with Store.read(world.settings.db) as store:
        assert outbox.paused(store) == {BEN: WEEKS[1]}
    asked = world.server.said.count(f"rcpt TO:<{BEN}>")
    world.fetch(2)
    world.issue(WEEKS[2])
    assert [one.recipient for one in world.deliver(WEEKS[2])] == [ANNE]
    assert world.server.said.count(f"rcpt TO:<{BEN}>") == asked
    assert "is paused" in world.run("deliver", "--resend", "2").err
    world.does({})
    assert world.run("deliver", "--resume", "nobody@example.org").code == 2
    done = world.run("deliver", "--resume", BEN.upper(), now=WEEKS[2])
    assert done.code == 0 and f"{BEN}: is sent to again" in done.out
    assert "2026-W48" in mime.read(world.server.to(BEN)[-1]).one("Message-ID"), "what was composed meanwhile"
    world.fetch(3)
    world.issue(WEEKS[3])
    world.deliver(WEEKS[3])
    assert len(world.server.to(BEN)) == 2
    world.does(only(BEN, "550 5.1.1 no such user"))
    with Store.open(world.settings.db) as store:
        assert outbox.paused(store) == {}, "one refusal after it is not two"


def test_refusals_of_the_report_and_of_the_sender_pause_nobody(world: MailWorld) -> None:
    world.does({"sender": "550 who are you"})
    for week in (0, 1):
        world.fetch(week)
        world.issue(WEEKS[week])
        assert {one.state for one in world.deliver(WEEKS[week])} == {"failed"}
    world.does({"recipient": "550 no such user"})
    world.fetch(2)
    world.issue(WEEKS[2])
    world.deliver(WEEKS[2])
    with Store.read(world.settings.db) as store:
        assert outbox.paused(store) == {}, "his first refusal"


def test_two_digests_of_one_week_pause_nobody_and_two_weeks_of_one_do(world: MailWorld) -> None:
    second = f'[[digest]]\nname = "second"\nevery = "monday 07:00"\nemail = ["{BEN}"]\n'
    world.config(gel=GEL, email=(ANNE, BEN), more=second)
    world.does(only(BEN, "550 5.1.1 no such user"))
    world.issue()
    world.deliver()
    world.put_article(2)
    world.fetch(0)
    world.issue()  # an extra issue of the same week
    world.deliver()
    assert "2026-W46.2" in {row["period"] for row in world.rows("select period from digests")}
    with Store.read(world.settings.db) as store:
        assert outbox.paused(store) == {}
    world.fetch(1)
    world.issue(WEEKS[1])
    world.deliver(WEEKS[1])
    with Store.read(world.settings.db) as store:
        assert outbox.paused(store) == {BEN: WEEKS[1]}


@pytest.mark.parametrize("step", ["recipient", "dot"])
def test_a_refusal_that_is_about_us_pauses_nobody(world: MailWorld, step: str) -> None:
    world.does({step: "550 5.7.1 relay denied"})
    for week in (0, 1, 2):
        world.fetch(week)
        world.issue(WEEKS[week])
        assert {one.state for one in world.deliver(WEEKS[week])} == {"failed"}
    with Store.read(world.settings.db) as store:
        assert outbox.paused(store) == {}


# ---- The ledger itself


def test_a_database_that_does_not_take_the_record_sends_nothing(world: MailWorld) -> None:
    world.issue()
    world.execute("create trigger refuse before update of state on deliveries begin select raise(abort, 'full'); end")
    with pytest.raises(sqlite3.IntegrityError):
        world.deliver()
    assert world.server.mails == []
    world.execute("drop trigger refuse")
    assert [one.state for one in world.deliver()] == ["sent"] * 4


def test_the_issue_and_its_mails_are_kept_together_or_not_at_all(world: MailWorld) -> None:
    world.execute("create trigger refuse before insert on deliveries begin select raise(abort, 'full'); end")
    with pytest.raises(sqlite3.IntegrityError):
        world.issue()
    assert world.rows("select * from digests") == [] and world.rows("select * from digest_items") == []


def test_only_a_delivery_that_there_is_can_be_sent_once_more(world: MailWorld) -> None:
    world.issue()
    with Store.open(world.settings.db) as store, pytest.raises(ConfigError, match="no delivery 99"):
        outbox.resend(store, 99, WEEKS[0])
