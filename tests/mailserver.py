"""An SMTP server on loopback that does what a test tells it: refuses, stalls, cuts, lies, floods.

    with MailServer({"recipient": "550 no such user"}) as server: ... server.port ... server.mails

Steps: greeting, hello, sender, recipient, data (the command), body (before the final dot is read), dot (after it),
reset, noop, quit; "other" is any other command.
A mail counts as taken when its final dot has been read, whether or not an answer follows: so it is with real servers.
It shares no code with smtplib's side of the talk.
"""

import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, TracebackType

CUT = "cut"  # close the connection
STALL = "stall"  # never answer
FLOOD = "flood"  # an answer that has no end
DRIP = "drip"  # an answer whose letters come one by one, for ever

_USUAL = {
    "greeting": "220 loopback ready",
    "hello": "250-loopback\r\n250-8BITMIME\r\n250 SIZE 10000000",
    "sender": "250 2.1.0 Ok",
    "recipient": "250 2.1.5 Ok",
    "data": "354 End data with <CR><LF>.<CR><LF>",
    "reset": "250 2.0.0 Ok",
    "noop": "250 2.0.0 Ok",
    "quit": "221 2.0.0 Bye",
}
_STEPS = {"EHLO": "hello", "HELO": "hello", "MAIL": "sender", "RCPT": "recipient", "DATA": "data", "RSET": "reset",
          "NOOP": "noop", "QUIT": "quit"}  # fmt: skip

Answer = str | Callable[[], str | None] | None
Script = Mapping[str, Answer] | Callable[[str, str], Answer]


@dataclass(frozen=True)
class Taken:
    """One mail as it arrived: envelope, and the message without the dots that the way adds."""

    sender: str
    recipient: str
    body: bytes = field(repr=False)


class MailServer:
    """script: by step, or a function of step and the line that the client sent; None is the usual answer."""

    def __init__(self, script: Script = MappingProxyType({})) -> None:
        self.script = script
        self.mails: list[Taken] = []
        self.said: list[str] = []  # every line of every client, passwords and all
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        self._stop = threading.Event()

    def __enter__(self) -> "MailServer":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()

    def to(self, recipient: str) -> list[bytes]:
        return [mail.body for mail in self.mails if mail.recipient == recipient]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as incoming:
                self._answer(connection, "greeting", "")
                sender = recipient = ""
                while line := incoming.readline().decode("latin-1").rstrip("\r\n"):
                    self.said.append(line)
                    step = _STEPS.get(line[:4].upper(), "other")
                    went_on = self._answer(connection, step, line)
                    if step == "sender":
                        sender = line.partition("<")[2].partition(">")[0]
                    if step == "recipient":
                        recipient = line.partition("<")[2].partition(">")[0]
                    if step == "data" and went_on:
                        self._take(connection, incoming, sender, recipient)
                    if step == "quit":
                        return
        except OSError:
            return

    def _take(self, connection: socket.socket, incoming: "socket.SocketIO", sender: str, recipient: str) -> None:  # type: ignore[name-defined]
        lines: list[bytes] = []
        while (line := incoming.readline()) != b".\r\n":
            if not line:
                return
            if not lines:
                self._answer(connection, "body", recipient)
            lines.append(line[1:] if line.startswith(b".") else line)
        self.mails.append(Taken(sender, recipient, b"".join(lines)))
        self._answer(connection, "dot", recipient, f"250 2.0.0 Ok: queued as {len(self.mails):04d}")

    def _answer(self, connection: socket.socket, step: str, line: str, usual: str = "") -> bool:
        """Whether the client may go on as usual."""
        wanted = self.script(step, line) if callable(self.script) else self.script.get(step)
        said = wanted() if callable(wanted) else wanted
        text = said or usual or _USUAL.get(step, "" if step == "body" else "502 5.5.2 unknown")
        if text == CUT:
            connection.shutdown(socket.SHUT_RDWR)
            raise OSError
        if text == STALL:
            self._stop.wait(120)
            raise OSError
        while text == FLOOD:
            connection.sendall(b"250-on and on\r\n" * 100)
        while text == DRIP:
            connection.sendall(b"2")
            if self._stop.wait(0.2):
                raise OSError
        if text:
            connection.sendall(text.encode("latin-1") + b"\r\n")
        return said is None


def each(*answers: str | None) -> Callable[[], str | None]:
    """These answers one after the other, the last over and over."""
    rest = list(answers)
    return lambda: rest.pop(0) if len(rest) > 1 else rest[0]
