"""The talk with a mail server: what each failure at each step means, and that nothing is said in clear or repeated.

Faults are played by tests/mailserver.py; TLS and logins by aiosmtpd, which knows nothing of us.
"""

import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.mailserver import CUT, DRIP, FLOOD, STALL, MailServer, each
from tracker.config import Smtp
from tracker.deliver.channel import Mail
from tracker.deliver.smtp import MailServer as Channel
from tracker.errors import DeliveryError

MAIL = Mail("reader@example.org", "<1@example.org>", b"Subject: x\r\n\r\n.\r\n.a dot\r\nbody\r\n")


def channel(port: int, **settings: Any) -> Channel:
    times = {name: settings.pop(name) for name in ("stall", "patience", "deadline") if name in settings}
    smtp = Smtp(host="127.0.0.1", port=port, sender="Tracker <tracker@example.org>", **{"security": "none"} | settings)
    return Channel(smtp, **{"stall": 0.5, "patience": 0.5, "deadline": 5.0} | times)


def sent_once(port: int, **settings: Any) -> tuple[str, str, str, bool]:
    with closing(channel(port, **settings)) as to:
        return sent(to)


def sent(to: Channel, mail: Mail = MAIL) -> tuple[str, str, str, bool]:
    """How sending ended: state, stage, words; and whether `begin` was called."""
    begun: list[int] = []
    try:
        said = to.send(mail, lambda: begun.append(1))
    except DeliveryError as error:
        return error.state, error.stage, str(error), bool(begun)
    return "sent", "", said, bool(begun)


def test_a_mail_goes_out_as_it_is_dots_and_all_and_the_receipt_comes_back() -> None:
    with MailServer() as server:
        assert sent_once(server.port) == ("sent", "", "250 2.0.0 Ok: queued as 0001", True)
    (mail,) = server.mails
    assert mail.body == MAIL.body
    assert (mail.sender, mail.recipient) == ("tracker@example.org", "reader@example.org")
    assert [line.lower() for line in server.said] == [
        "ehlo [127.0.0.1]",
        f"mail from:<tracker@example.org> size={len(MAIL.body)}",
        "rcpt to:<reader@example.org>",
        "data",
        "quit",
    ]


# step -> what the server does there -> state, stage, whether the mail had been begun
FAULTS = [
    ("greeting", "554 go away", "pending", "connection", False),
    ("greeting", "421 too busy", "pending", "connection", False),
    ("greeting", CUT, "pending", "connection", False),
    ("greeting", STALL, "pending", "connection", False),
    ("greeting", FLOOD, "pending", "connection", False),
    ("greeting", "hello there", "pending", "connection", False),
    ("hello", CUT, "pending", "connection", False),
    ("hello", STALL, "pending", "connection", False),
    ("hello", "501 who are you", "pending", "connection", False),
    ("sender", "451 later", "pending", "sender", False),
    ("sender", "550 not you", "failed", "sender", False),
    ("sender", "552 too large", "failed", "sender", False),
    ("sender", CUT, "pending", "sender", False),
    ("recipient", "450 greylisted", "pending", "recipient", False),
    ("recipient", "421 closing", "pending", "recipient", False),
    ("recipient", "550 no such user", "failed", "recipient", False),
    ("recipient", "354 what", "pending", "recipient", False),
    ("recipient", CUT, "pending", "recipient", False),
    ("recipient", STALL, "pending", "recipient", False),
    ("data", "451 not now", "pending", "message", True),
    ("data", "554 no valid recipients", "failed", "message", True),
    ("data", "250 fine", "pending", "message", True),
    ("data", CUT, "pending", "message", True),
    ("dot", "452 full", "pending", "message", True),
    ("dot", "554 spam", "failed", "message", True),
    ("dot", CUT, "unknown", "message", True),
    ("dot", STALL, "unknown", "message", True),
    ("dot", DRIP, "unknown", "message", True),
    ("dot", FLOOD, "unknown", "message", True),
    ("dot", "354 go on", "unknown", "message", True),
    ("dot", "fine, fine", "unknown", "message", True),
    ("dot", "25", "unknown", "message", True),
    ("dot", "250-and", "unknown", "message", True),
]


@pytest.mark.parametrize("step, does, state, stage, begun", FAULTS, ids=[f"{f[0]} {f[1]}" for f in FAULTS])
def test_every_failure_at_every_step(step: str, does: str, state: str, stage: str, begun: bool) -> None:
    start = time.monotonic()
    with MailServer({step: does}) as server:
        how = sent_once(server.port, deadline=2.0)
    assert (how[0], how[1], how[3]) == (state, stage, begun), how[2]
    assert how[2].startswith(f"127.0.0.1:{server.port}: ") and "\n" not in how[2] and len(how[2]) < 400
    assert len(server.mails) == (step == "dot")
    assert time.monotonic() - start < 4, "no server holds us longer than the deadline"


def test_the_answer_to_the_final_dot_may_take_longer_than_all_before_it() -> None:
    with MailServer({"dot": lambda: time.sleep(1.5)}) as server:
        assert sent_once(server.port, deadline=1.0, patience=5.0)[0] == "sent"
    with MailServer({"dot": DRIP}) as server:
        start = time.monotonic()
        assert sent_once(server.port, deadline=9.0, patience=1.0)[0] == "unknown" and time.monotonic() - start < 5


def test_a_connection_that_is_cut_before_the_final_dot_leaves_nothing_unknown() -> None:
    """The server goes away in the middle of a mail too large for the buffers between us: it cannot hold it whole."""
    with MailServer({"body": CUT}) as server:
        large = Mail(MAIL.recipient, MAIL.message_id, b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n" * 10_000_000)
        with closing(channel(server.port)) as to:
            state, stage, _, begun = sent(to, large)
    assert (state, stage, begun, server.mails) == ("pending", "message", True, [])


def test_nobody_there_and_no_such_host_are_said_in_plain_words() -> None:
    with MailServer() as server:
        port = server.port
    assert sent_once(port)[2] == f"127.0.0.1:{port}: nobody answers there"
    nowhere = Channel(Smtp(host="no.such.host.invalid", sender="t@example.org"))
    assert "its address cannot be found" in sent(nowhere)[2]


def test_a_refused_recipient_keeps_to_himself() -> None:
    answers = each("550 no such user", None)
    with MailServer({"recipient": answers}) as server, closing(channel(server.port)) as to:
        assert sent(to)[0] == "failed"
        assert sent(to, Mail("b@example.org", "<2@example.org>", b"x\r\n"))[0] == "sent"
    assert [mail.recipient for mail in server.mails] == ["b@example.org"]
    assert server.connections == 1, "the same connection does"


def test_a_connection_that_was_lost_between_two_mails_is_made_anew() -> None:
    with MailServer({"reset": CUT}) as server, closing(channel(server.port)) as to:
        assert [sent(to)[0] for _ in range(3)] == ["sent"] * 3
    assert (server.connections, len(server.mails)) == (3, 3)


@pytest.mark.parametrize("does", [DRIP, STALL, FLOOD, CUT])
def test_a_goodbye_that_has_no_end_is_not_waited_for(does: str) -> None:
    with MailServer({"quit": does}) as server:
        to = channel(server.port, stall=30.0)
        assert sent(to)[0] == "sent"
        start = time.monotonic()
        to.close()
        assert time.monotonic() - start < 4


def test_an_error_of_our_own_before_the_mail_sends_nothing() -> None:
    """The database does not take `sending`: the mail must not go out."""

    def refuse() -> None:
        raise OSError("disk full")

    with MailServer() as server, pytest.raises(OSError, match="disk full"):
        channel(server.port).send(MAIL, refuse)
    assert server.mails == [] and "DATA" not in server.said


# ---- TLS and logins


class Inbox:
    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(envelope.content)
        return "250 taken"


class _Controller(Controller):
    """aiosmtpd's own asks port 0 for a connection (its issue 276)."""

    def __init__(self, *arguments: Any, implicit: ssl.SSLContext | None = None, **options: Any) -> None:
        super().__init__(*arguments, hostname="127.0.0.1", port=0, ssl_context=implicit, **options)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        socket.create_connection(("127.0.0.1", self.port)).close()


def _checks(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"tracker", "pässword-4711".encode())
    return AuthResult(success=good, handled=False)


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """A certificate for 127.0.0.1 that the client trusts, by the variable that OpenSSL reads."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    yield _context(authority.issue_cert("127.0.0.1"))


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    return context


@contextmanager
def running(**options: Any) -> Iterator[_Controller]:
    controller = _Controller(Inbox(), **options)
    controller.start()
    try:
        yield controller
    finally:
        controller.stop()


def test_starttls_with_a_login(trusted: ssl.SSLContext) -> None:
    with running(tls_context=trusted, require_starttls=True, authenticator=_checks, auth_required=True) as server:
        login = {"user": "tracker", "password": "pässword-4711"}
        assert sent_once(server.port, security="starttls", stall=5.0, **login)[0] == "sent"
        assert server.handler.mails == [MAIL.body]


def test_tls_from_the_first_byte(trusted: ssl.SSLContext) -> None:
    with running(implicit=trusted) as server:
        assert sent_once(server.port, security="tls", stall=5.0)[0] == "sent"
        assert server.handler.mails == [MAIL.body]


def test_requests_bundle_is_heeded_too(trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.environ["SSL_CERT_FILE"])
    monkeypatch.delenv("SSL_CERT_FILE")
    with running(implicit=trusted) as server:
        assert sent_once(server.port, security="tls", stall=5.0)[0] == "sent"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_does_not_hold_stops_everything(security: str, trusted: ssl.SSLContext) -> None:
    stranger = _context(trustme.CA().issue_cert("127.0.0.1"))
    options = {"implicit": stranger} if security == "tls" else {"tls_context": stranger}
    with running(**options) as server:
        state, stage, words, _ = sent_once(server.port, security=security, user="u", password="p4711", stall=5.0)
        assert (state, stage) == ("pending", "connection") and "certificate does not hold" in words
        assert server.handler.mails == []


def test_a_certificate_for_another_name_stops_everything(trusted: ssl.SSLContext, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with running(implicit=_context(authority.issue_cert("mail.example.org"))) as server:
        assert "certificate does not hold" in sent_once(server.port, security="tls", stall=5.0)[2]


def test_without_starttls_nothing_is_said_in_clear() -> None:
    with MailServer() as server:
        state, stage, words, _ = sent_once(server.port, security="starttls", user="tracker", password="p4711")
    assert (state, stage) == ("pending", "connection") and "offers no STARTTLS" in words
    assert server.said == ["ehlo [127.0.0.1]"]


def test_what_was_slipped_in_before_tls_is_not_heard(trusted: ssl.SSLContext) -> None:
    """Bytes behind the answer to STARTTLS came in clear: whoever sent them must not speak for the server."""
    with MailServer({"hello": "250-x\r\n250 STARTTLS", "other": "220 go on\r\n250 you are in"}) as server:
        assert sent_once(server.port, security="starttls")[:2] == ("pending", "connection")
    assert server.mails == [] and not any(line.lower().startswith("mail") for line in server.said)


SECRET = r"tr0ub4dor&3\b'c d\"ä"
ECHO = b64encode(f"\0tracker\0{SECRET}".encode()).decode()
ECHOES = {
    "whole": f"535 no: {SECRET}",
    "in base64": f"535 no: {ECHO}",
    "later": f"454 later {SECRET}",
    "at the edge of what is kept": "535 " + "x" * 285 + SECRET,
    "the line cut off": f"500 unknown command: AUTH PLAIN {ECHO[:20]}",
    "in two lines": f"535-no: {SECRET[:5]}\r\n535 {SECRET[5:]}",
    "in no answer": f"<{SECRET}> is wrong",
    "in a cut answer": f"<{SECRET[:9]}",
}


@pytest.mark.parametrize("answer", ECHOES.values(), ids=ECHOES)
def test_a_password_that_the_server_repeats_is_not_told(answer: str) -> None:
    """Not a part of it either: of what is said during a login only the code is kept."""
    with MailServer({"hello": "250-x\r\n250 AUTH PLAIN", "other": answer}) as server:
        state, stage, words, _ = sent_once(server.port, user="tracker", password=SECRET)
    assert (state, stage) == ("pending", "connection") and "login" in words
    for part in (SECRET[:4], SECRET[-4:], ECHO[:8]):
        assert part not in words and repr(part)[1:-1] not in words, words
    assert len([line for line in server.said if line.startswith("AUTH")]) == 1, "servers lock out who guesses"


@pytest.mark.parametrize("does", [f"250 ok, {SECRET}", f"550 {ECHO}", f"no answer: {SECRET}"])
def test_nor_is_one_that_it_repeats_later(does: str) -> None:
    with MailServer({"hello": "250-x\r\n250 AUTH PLAIN", "other": "235 welcome", "dot": does}) as server:
        words = sent_once(server.port, user="tracker", password=SECRET)[2]
    assert "***" in words and SECRET[:4] not in words and ECHO[:8] not in words


def test_login_is_the_second_choice_and_no_login_at_all_is_said() -> None:
    steps = {"hello": "250-x\r\n250 AUTH LOGIN", "other": each("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 welcome")}
    with MailServer(steps) as server:
        assert sent_once(server.port, user="tracker", password=SECRET)[0] == "sent"
    assert server.said[2:4] == [b64encode(b"tracker").decode(), b64encode(SECRET.encode()).decode()]
    with MailServer() as server:
        assert "offers no login" in sent_once(server.port, user="tracker", password=SECRET)[2]
        assert "holds no password" in sent_once(server.port, user="tracker")[2]


def test_none_is_for_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that the configuration takes for this machine may stand for another one in the end."""
    from tracker.deliver import smtp

    monkeypatch.setattr(smtp, "ip_address", lambda text: type("Elsewhere", (), {"is_loopback": False})())
    with MailServer() as server:
        assert "nothing was sent in clear" in sent_once(server.port)[2]
    assert server.said == []
