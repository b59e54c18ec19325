"""The channel that hands a mail to a mail server: RFC 5321 step by step, so that it knows what a failure means.

    up to the recipient's acceptance    nothing was taken: tried again, or refused for good by a 5xx
    between DATA and the final dot      the server cannot hold the whole mail: tried again
    after the final dot                 only its answer says whether it took the mail; without one that is unknown

Never in clear beyond this machine, never past a certificate that does not hold, one try of the password for a run.
"""

import base64
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from os import environ

from tracker.config import Smtp
from tracker.deliver.channel import Mail
from tracker.deliver.message import address
from tracker.errors import DeliveryError
from tracker.web.wire import Limit

_WORDS = 300  # characters kept of what a server says
_LINES, _LINE = 100, 1000  # of one answer; RFC 5321 4.5.3.1.5 allows lines of 512
_GOODBYE = 2.0  # seconds
_ME = "[127.0.0.1]"  # how a client without a name of its own greets; the name of this machine is nobody's business


class MailServer:
    """One connection, opened at the first mail and kept for the next. `smtp` is None where none is configured.

    stall: seconds of silence that end a step. deadline: seconds for one mail up to its final dot, whatever the server
    does. patience: seconds for the answer to the dot, in which a server may look through the whole mail (RFC 5321
    4.5.3.2.6 asks for ten minutes: who leaves earlier does not know what became of the mail).
    """

    def __init__(
        self, smtp: Smtp | None, *, stall: float = 30.0, patience: float = 600.0, deadline: float = 150.0
    ) -> None:
        if smtp is None:
            raise DeliveryError("queries.toml has no [smtp], so there is no server to send by")
        self.smtp = smtp
        self.stall, self.patience, self.deadline = stall, patience, deadline
        self._wire: _Wire | None = None

    def send(self, mail: Mail, begin: Callable[[], None]) -> str:
        """Returns the server's receipt. Raises DeliveryError."""
        try:
            with Limit(self.deadline) as limit:
                wire = self._ready(limit)
                self._hand_over(wire, mail, begin)
            with Limit(self.patience) as limit:
                wire.obey(limit)
                return self._receipt(wire)
        except BaseException as error:
            # After a refusal the connection is good for the next mail.
            if self._wire and not (isinstance(error, DeliveryError) and error.state != "unknown"):
                self._wire.close()
            raise

    def close(self) -> None:
        """Say goodbye; how a server answers that is no matter any more, and must not hold up anything."""
        if self._wire and self._wire.sock:
            with Limit(_GOODBYE) as limit, suppress(OSError):
                self._wire.obey(limit)
                self._wire.settimeout(_GOODBYE)
                self._wire.quit()
            self._wire.close()

    # ---- The connection

    def _ready(self, limit: Limit) -> "_Wire":
        """The connection of the mail before, where it is still good; else a new one."""
        if self._wire and self._wire.sock:
            self._wire.obey(limit)
            with suppress(OSError):
                if self._wire.rset()[0] // 100 == 2:
                    return self._wire
            self._wire.close()
        self._wire = self._connect(limit)
        return self._wire

    def _connect(self, limit: Limit) -> "_Wire":
        wire = _Wire(self.smtp, limit, self.stall)
        try:
            self._greet(wire)
            if self.smtp.user:
                self._log_in(wire)
        except DeliveryError as error:
            wire.close()
            raise self._told(error) from None
        except (OSError, ValueError) as error:  # ValueError: a host name that is none
            wire.close()
            raise self._told(DeliveryError(_cause(error, limit))) from None
        except BaseException:
            wire.close()
            raise
        return wire

    def _greet(self, wire: "_Wire") -> None:
        code, words = wire.connect(self.smtp.host, self.smtp.port)
        if code // 100 != 2:
            raise DeliveryError(f"does not let us in ({_answer(code, words)})")
        if self.smtp.security == "none":
            _require_loopback(wire)
        wire.ehlo_or_helo_if_needed()
        if self.smtp.security == "starttls":
            if not wire.has_extn("starttls"):
                raise DeliveryError(
                    'offers no STARTTLS, so nothing was sent in clear; perhaps its port is another, or security = "tls"'
                )
            wire.start_tls()
            wire.ehlo_or_helo_if_needed()

    def _log_in(self, wire: "_Wire") -> None:
        """By the first method that both know. Once: servers lock out who guesses.

        Servers repeat what they were sent, whole or in part, so of what is said to the password only the code is kept.
        """
        user, password = self.smtp.user, self.smtp.password
        if not password:
            raise DeliveryError("[smtp] names a user, but TRACKER_SMTP_PASSWORD holds no password")
        offered = wire.esmtp_features.get("auth", "").upper().split()
        try:
            if "PLAIN" in offered:
                code, _ = wire.docmd("AUTH", f"PLAIN {_base64(f'{chr(0)}{user}{chr(0)}{password}')}")
            elif "LOGIN" in offered:
                code, _ = wire.docmd("AUTH", "LOGIN")
                for secret in (user, password):
                    code = wire.docmd(_base64(secret))[0] if code == 334 else code
            else:
                known = "offers no login that tracker knows (PLAIN, LOGIN), but"
                raise DeliveryError(f"{known} {' '.join(offered) or 'none'}")
        except _NoAnswer:
            raise DeliveryError(f"says to the login of {user} what is no answer") from None
        if code != 235:
            raise DeliveryError(f"refuses the login of {user} ({code}); check TRACKER_SMTP_PASSWORD")

    # ---- One mail

    def _hand_over(self, wire: "_Wire", mail: Mail, begin: Callable[[], None]) -> None:
        size = [f"size={len(mail.body)}"] if wire.has_extn("size") else []
        self._step(wire, "sender", 2, lambda: wire.mail(address(self.smtp.sender), size))
        self._step(wire, "recipient", 2, lambda: wire.rcpt(mail.recipient))
        begin()
        self._step(wire, "message", 3, lambda: wire.docmd("DATA"))
        self._step(wire, "message", 0, lambda: wire.send_whole(mail.body))

    def _step(self, wire: "_Wire", stage: str, wanted: int, ask: Callable[[], tuple[int, bytes]]) -> None:
        """One command whose answer has to begin with the digit `wanted`. The server has taken nothing yet."""
        try:
            code, words = ask()
        except OSError as error:
            wire.close()
            raise self._told(DeliveryError(f"{stage}: {_cause(error, wire.limit)}", stage=stage)) from None
        if code // 100 == wanted:
            return
        if code == 421 or code // 100 not in (4, 5):
            wire.close()
        state = "failed" if code // 100 == 5 else "pending"
        said = f"{stage} refused ({_answer(code, words)})"
        raise self._told(DeliveryError(said, stage=_whose(stage, words), state=state))

    def _receipt(self, wire: "_Wire") -> str:
        """The answer to the final dot. Whatever is no plain answer leaves open whether the mail was taken."""
        unheard = "the whole mail was handed over, but "
        try:
            wire.settimeout(self.patience)
            code, words = wire.getreply()
            wire.settimeout(self.stall)
        except OSError as error:
            raise self._told(
                DeliveryError(f"{unheard}{_cause(error, wire.limit)}", stage="message", state="unknown")
            ) from None
        state = {2: "sent", 4: "pending", 5: "failed"}.get(code // 100, "unknown")
        if state == "sent":
            return self._redacted(_answer(code, words))
        said = f"{unheard}the answer was {_answer(code, words)}" if state == "unknown" else (
            f"message refused ({_answer(code, words)})"
        )  # fmt: skip
        raise self._told(DeliveryError(said, stage=_whose("message", words), state=state))

    def _told(self, error: DeliveryError) -> DeliveryError:
        where = f"{self.smtp.host}:{self.smtp.port}"
        return DeliveryError(f"{where}: {self._redacted(str(error))}", stage=error.stage, state=error.state)

    def _redacted(self, text: str) -> str:
        """At most _WORDS characters, without the password: servers repeat what they were sent."""
        user, password = self.smtp.user, self.smtp.password
        for secret in (f"{chr(0)}{user}{chr(0)}{password}", password) if password else ():
            for form in (_base64(secret), secret, _clean(secret), _clean(secret.encode("latin-1", "replace"))):
                text = text.replace(form, "***")
        return text[:_WORDS]


class _NoAnswer(smtplib.SMTPServerDisconnected):
    """The server said something that is no answer; the message repeats it."""


class _Wire(smtplib.SMTP):
    """smtplib's client with TLS that is verified, a limit that no server outlasts, and answers of bounded size."""

    def __init__(self, smtp: Smtp, limit: Limit, stall: float) -> None:
        super().__init__(local_hostname=_ME, timeout=stall)
        self.smtp, self.limit = smtp, limit

    def obey(self, limit: Limit) -> None:
        """Another limit from now on."""
        self.limit = limit
        limit.watch(self.sock)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock = socket.create_connection((host, port), timeout)
        self.limit.watch(sock)
        return self._wrapped(sock) if self.smtp.security == "tls" else sock

    def start_tls(self) -> None:
        code, words = self.docmd("STARTTLS")
        if code != 220 or self.sock is None:
            raise DeliveryError(f"refuses STARTTLS ({_answer(code, words)}), so nothing was sent in clear")
        self.sock = self._wrapped(self.sock)
        # What was said in clear counts no more, nor what waits in the buffer: anybody could have put it there.
        self.file, self.helo_resp, self.ehlo_resp, self.esmtp_features = None, None, None, {}

    def _wrapped(self, sock: socket.socket) -> ssl.SSLSocket:
        """smtplib by itself would take any certificate."""
        context = ssl.create_default_context()  # which heeds SSL_CERT_FILE
        if bundle := environ.get("REQUESTS_CA_BUNDLE"):
            context.load_verify_locations(bundle)
        secure = context.wrap_socket(sock, server_hostname=self.smtp.host, do_handshake_on_connect=False)
        self.limit.watch(secure)
        try:
            secure.do_handshake()
        except BaseException:
            secure.close()
            raise
        return secure

    def settimeout(self, seconds: float) -> None:
        if self.sock:
            self.sock.settimeout(max(0.001, min(seconds, self.limit.left())))

    def send_whole(self, body: bytes) -> tuple[int, bytes]:
        """The mail and its final dot. Raises OSError when not all of it left: then the server cannot hold it whole."""
        self.send(re.sub(rb"(?m)^\.", b"..", body) + b".\r\n")
        return 0, b""

    def getreply(self) -> tuple[int, bytes]:
        """One whole answer. smtplib's own would read on for ever, and makes codes up where there is none."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        if self.file is None:
            self.file = self.sock.makefile("rb")
        said = []
        for _ in range(_LINES):
            line = self.file.readline(_LINE)
            code = line[:3]
            if not line:
                self.close()
                raise smtplib.SMTPServerDisconnected("the connection was cut")
            if not line.endswith(b"\n") or not code.isdigit():
                self.close()
                raise _NoAnswer(f'answered "{_clean(line)}", which is no answer')
            said.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(code), b"\n".join(said)
        self.close()
        raise smtplib.SMTPServerDisconnected(f"answered with more than {_LINES} lines")


def _require_loopback(wire: _Wire) -> None:
    """security = "none" is for this machine; what the name stands for is known only now."""
    peer = wire.sock.getpeername()[0] if wire.sock else ""
    if not ip_address(peer).is_loopback:
        raise DeliveryError(f'is {peer} and not this machine, so nothing was sent in clear: use security = "starttls"')


def _cause(error: Exception, limit: Limit) -> str:
    """Why there is no answer, in plain words."""
    if limit.left() <= 0:
        return f"it was not over after {limit.spent():.0f} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate does not hold ({error.verify_message}), so nothing was sent"
    if isinstance(error, TimeoutError):
        return "it fell silent"
    if isinstance(error, ConnectionRefusedError):
        return "nobody answers there"
    if isinstance(error, socket.gaierror):
        return "its address cannot be found"
    if isinstance(error, smtplib.SMTPResponseException):
        return _answer(error.smtp_code, error.smtp_error)
    return _clean(str(error)) or type(error).__name__


def _whose(stage: str, words: bytes) -> str:
    """RFC 3463: 5.7.x is a matter of policy, such as a denied relay. It is about us, at whatever step it is said."""
    return "sender" if words.startswith(b"5.7.") else stage


def _answer(code: int, words: bytes | str) -> str:
    return f"{code} {_clean(words)}".strip()


def _clean(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
