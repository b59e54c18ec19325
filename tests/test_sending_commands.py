"""digest --send, --to and deliver as a user types them, what status says of mails, and where the password goes."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests import mime
from tests.mail_world import ANNE, BEN, CARA, MailWorld
from tests.mailserver import CUT, MailServer, each
from tests.world import GEL, WEEKS, pmid
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.lock import holder, writing


@pytest.fixture
def world(tmp_path: Path) -> Iterator[MailWorld]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in, MailServer() as server:
        world = MailWorld(tmp_path, stand_in, server)
        world.put_article(1)
        world.fetch(0)
        yield world


def ledger(world: MailWorld) -> object:
    return world.dump(), world.rows("select * from deliveries"), world.rows("select * from pauses")


def test_send_composes_and_sends_and_again_does_neither(world: MailWorld) -> None:
    done = world.run("digest", "--send")
    assert done.code == 0, done.err
    assert len(re.findall(r"^delivery \d+, weekly(\.baseline)? 2026-W46 to \S+: sent \(250 ", done.out, re.M)) == 4
    again = world.run("digest", "--send")
    assert again.code == 0 and "nothing new to tell" in again.out and "delivery" not in again.out
    assert len(world.server.mails) == 4


def test_an_issue_that_was_composed_before_somebody_was_added_says_that_it_passes_him_by(world: MailWorld) -> None:
    assert world.run("digest", "--send").code == 0
    path = world.folder / "queries.toml"
    path.write_text(path.read_text().replace(f'"{ANNE}"', f'"{ANNE}", "{CARA}"', 1))
    for options in (("--send", "--dry-run"), ("--send",)):
        said = world.run("digest", "weekly", *options).out
        assert f"weekly 2026-W46 was composed before {CARA} could be written to and does not go there" in said
        assert f"before {ANNE}" not in said
    assert len(world.server.to(CARA)) == 1  # the state of the field


def test_without_send_the_mails_wait_for_deliver(world: MailWorld) -> None:
    assert world.run("digest").code == 0
    assert world.server.mails == [] and set(world.states().values()) == {"pending"}
    assert world.run("deliver").code == 0 and len(world.server.mails) == 4
    assert world.run("deliver").out == "Nothing waits to be sent.\n"


def test_a_dry_run_shows_the_mail_as_it_would_go_and_keeps_nothing_but_files_to_look_at(world: MailWorld) -> None:
    before = ledger(world)
    done = world.run("digest", "weekly", "--send", "--dry-run")
    assert done.code == 0, done.err
    assert (
        f"To: {ANNE}" in done.out and "Auto-Submitted: auto-generated" in done.out and "1 more get the same" in done.out
    )
    assert ledger(world) == before and world.server.said == []
    assert [file.name for file in (world.folder / "digests").iterdir()] == ["preview"]
    shown = mime.read((world.folder / "digests/preview/weekly.2026-W46.eml").read_bytes())
    page = (world.folder / "digests/preview/weekly.2026-W46.html").read_text()
    assert shown.parts[1].text == page and shown.parts[0].text in done.out
    world.run("digest", "--send")
    assert world.server.to(ANNE)[-1] == (world.folder / "digests/preview/weekly.2026-W46.eml").read_bytes()


def test_a_test_mail_leaves_no_trace_and_is_no_copy_of_the_real_one(world: MailWorld) -> None:
    before = ledger(world)
    done = world.run("digest", "weekly", "--to", "me@example.org")
    assert done.code == 0 and "test of weekly to me@example.org: sent (250" in done.out, done.err
    assert ledger(world) == before and not list(world.folder.glob("digests/*"))
    assert [mail.recipient for mail in world.server.mails] == ["me@example.org"]
    world.run("digest", "--send")
    ids = [mime.read(mail.body).one("Message-ID") for mail in world.server.mails]
    assert len(set(ids)) == 5 and ids[0].startswith("<weekly.test-2026-W46.")
    assert world.run("digest", "--to", "me@example.org", now=WEEKS[1]).code == 0, "after it was composed, too"


def test_what_cannot_be_sent_is_said_in_one_line(world: MailWorld) -> None:
    assert world.run("digest", "--period=2026-W46", "--send").code == 2
    assert world.run("digest", "--send", "--to", "me@example.org").code == 2 and world.server.said == []
    done = world.run("digest", "--to", "me and you")
    assert done.code == 2 and "must be one plain e-mail address" in done.err
    world.does({"recipient": "550 no such user"})
    world.run("digest", "--to", "me@example.org").fails(1, f"127.0.0.1:{world.server.port}", "550 no such user")
    world.config(gel=GEL, email=())
    world.run("digest", "--send", "--dry-run").fails(1, "has no recipients")
    text = (world.folder / "queries.toml").read_text().partition("[smtp]")[0]
    (world.folder / "queries.toml").write_text(text)
    world.run("digest", "--send").fails(2, "there is no [smtp]")
    world.run("digest", "--to", "me@example.org").fails(1, "no [smtp]")


def test_status_says_what_became_of_the_mails(world: MailWorld) -> None:
    world.does({"recipient": each("450 4.2.0 greylisted", "550 5.1.1 no such user", None), "dot": each(CUT, None)})
    done = world.run("digest", "--send")
    assert done.code == 1
    status = world.run("status")
    assert status.code == 1
    table = status.out.partition("digest ")[2]
    assert "1 pending, 1 unknown" in table or "1 unknown, 1 pending" in table, status.out
    assert f"delivery 1, weekly.baseline 2026-W46 to {ANNE}: waits since" in table and "450 4.2.0 greylisted" in table
    assert f"delivery 2, weekly.baseline 2026-W46 to {BEN}: failed" in table
    assert f"delivery 4, weekly 2026-W46 to {BEN}: unknown" in table and "tracker deliver --resend 4" in table
    world.does({})
    for number in ("2", "4"):
        assert world.run("deliver", "--resend", number).code == 0
    status = world.run("status")
    assert status.code == 0 and "2 sent" in status.out, status.out


def test_status_is_well_again_once_a_later_issue_has_arrived(world: MailWorld) -> None:
    world.config(gel=GEL, email=(ANNE,))
    world.does({"dot": each(CUT, None)})
    assert world.run("digest", "--send").code == 1 and world.run("status").code == 1
    world.fetch(1)
    assert world.run("digest", "--send", now=WEEKS[1]).code == 0
    status = world.run("status", now=WEEKS[1])
    assert status.code == 0 and "unknown" in status.out, "still said, and no alarm any more"


def test_mails_that_nobody_sends_are_overdue_after_an_hour(world: MailWorld) -> None:
    world.run("digest")
    assert world.run("status").code == 0
    status = world.run("status", now="2026-11-09T08:30:00Z")
    assert status.code == 1 and "not tried yet" in status.out


def test_a_mail_that_was_withdrawn_is_said_without_advice_that_cannot_help(world: MailWorld) -> None:
    world.issue()
    world.config(gel=GEL, email=(ANNE,))
    out = world.run("deliver").out
    assert f"to {BEN}: withdrawn (taken out of queries.toml" in out and "--resend" not in out


def test_a_link_to_the_database_has_no_lock_of_its_own(world: MailWorld) -> None:
    (world.folder / "link.db").symlink_to(world.settings.db)
    with writing(world.settings.db):
        world.run("--db", "link.db", "digest").fails(75, "another run is writing")
        assert holder(world.folder / "link.db") == holder(world.settings.db) != ""
    assert not (world.folder / "link.db.lock").exists()


def test_paused_addresses_are_said(world: MailWorld) -> None:
    world.config(gel=GEL, email=(ANNE,))
    world.does({"recipient": "550 5.1.1 no such user"})
    for week in (0, 1):
        world.fetch(week)
        world.issue(WEEKS[week])
        world.deliver(WEEKS[week])
    status = world.run("status", now=WEEKS[1])
    assert status.code == 1 and f"tracker deliver --resume {ANNE}" in status.out
    world.config(gel=GEL, email=(CARA,))
    assert f"{ANNE}: paused" not in world.run("status", now=WEEKS[1]).out, "taken out: no matter any more"


def test_a_message_of_the_largest_kind_reads_the_same_by_two_readers(world: MailWorld) -> None:
    """Many records with hostile titles, through compose, SMTP and back."""
    for n in range(2, 200):
        world.put_article(n, f"Gel &lt;script&gt; =?utf-8?q?=0ABcc:_x?= {n}\u202e \u2028 alopecia {'ß' * 80}")
    world.fetch(1, accept_drift=True)
    world.issue(WEEKS[1])
    world.deliver(WEEKS[1])
    body = world.server.to(ANNE)[-1]
    ours, theirs = mime.read(body), message_from_bytes(body, policy=default)
    for part, kind in zip(ours.parts, ("plain", "html"), strict=True):
        other = theirs.get_body((kind,))
        assert other is not None and other.get_content().replace("\r\n", "\n") == part.text
    assert "<script" not in ours.parts[1].text and len(ours.parts[1].text.encode()) < 80_000
    assert all(pmid(n) in ours.parts[0].text for n in range(2, 200)), "the plain text is always whole"


def test_a_public_copy_names_nobody_who_is_written_to(world: MailWorld) -> None:
    world.does({"recipient": "550 5.1.1 no such user"})
    for week in (0, 1):
        world.fetch(week)
        world.issue(WEEKS[week])
        world.deliver(WEEKS[week])
    assert len(world.rows("select * from pauses")) == 2
    assert world.run("backup", "public.db", "--public").code == 0
    copy = (world.folder / "public.db").read_bytes()
    assert b"anne@" not in copy and b"ben@" not in copy and b"tracker@example.net" not in copy
    assert b"2026-W47" in copy, "its digests are there"


PASSWORD = "canary pässw0rd 4711"  # with spaces, as Google shows its app passwords


def test_the_password_is_nowhere_but_with_the_server(world: MailWorld, tmp_path: Path) -> None:
    """Refused, echoed, accepted; by the variable and by the file; every output and every byte on disk is searched."""
    text = (world.folder / "queries.toml").read_text().replace("[smtp]\n", '[smtp]\nuser = "tracker"\n')
    (world.folder / "queries.toml").write_text(text)
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    said = ""
    for answer in (f"535 5.7.8 {PASSWORD} is wrong", "235 welcome"):
        world.does({"hello": "250-x\r\n250 AUTH PLAIN", "other": answer.encode().decode("latin-1")})
        for command in (["digest", "--send"], ["run"], ["status"], ["digest", "--to", CARA]):
            by_file = command == ["run"]
            env = {"TRACKER_SMTP_PASSWORD_FILE": str(secret)} if by_file else {"TRACKER_SMTP_PASSWORD": PASSWORD}
            done = world.run(*command, env=env)
            said += done.out + done.err
    assert len(world.server.mails) == 5, "it was used, and it was right in the end"
    secret.unlink()
    for path in world.folder.rglob("*"):
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes(), path
    assert PASSWORD not in said and "canary" not in said


def test_a_password_file_that_others_can_read_is_refused(world: MailWorld, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    done = world.run("deliver", env={"TRACKER_SMTP_PASSWORD_FILE": str(secret)})
    assert done.code == 2 and "chmod 600" in done.err and PASSWORD not in done.err
