"""A server on loopback that misbehaves by script: one behaviour per request, the last one for ever; or by a function
of the request. Raw sockets, so that it can break every rule of HTTP. It keeps what it was asked, and when.
"""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from types import TracebackType
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Say:
    """An answer. cut: send so many bytes of the body, then close. framing: length, chunked or none (close ends it).

    zipped: gzip the body first (a cut then cuts the gzip). drip: seconds between single bytes of the body.
    slow_headers: the same for the headers. wait: seconds before anything is sent. close: end the connection after.
    """

    body: bytes = b"fine"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    framing: str = "length"
    zipped: bool = False
    drip: float = 0.0
    slow_headers: float = 0.0
    wait: float = 0.0
    close: bool = False


@dataclass(frozen=True)
class Drop:
    """Reads the request and closes without a word."""


@dataclass(frozen=True)
class Hang:
    """Reads the request and never answers."""


Behaviour = Say | Drop | Hang


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, str]  # of the address, or of a form in the body
    at: float  # monotonic seconds
    connection: int


class FaultServer:
    """`with FaultServer([Say(status=500), Say()]) as server: ... server.url ... server.requests`"""

    def __init__(self, script: Iterable[Behaviour] | Callable[[Request], Behaviour]) -> None:
        self.script = script if callable(script) else _in_turn(list(script))
        self.requests: list[Request] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._stop = threading.Event()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def __enter__(self) -> "FaultServer":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._listener.shutdown(socket.SHUT_RDWR)  # close alone would leave the thread in accept(), and the port open
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        for number in range(1_000_000):
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            with connection, connection.makefile("rb") as incoming:
                while (request := self._read(incoming, number)) is not None:
                    with self._lock:
                        self.requests.append(request)
                        behaviour = self.script(request)
                    if isinstance(behaviour, Hang):
                        self._stop.wait(60)
                    if not isinstance(behaviour, Say) or not self._say(connection, behaviour):
                        return
        except OSError:
            return

    @staticmethod
    def _read(incoming: "socket.SocketIO", number: int) -> Request | None:  # type: ignore[name-defined]
        first = incoming.readline().decode("latin-1").split()
        if len(first) != 3:
            return None
        headers = {}
        while line := incoming.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        form = incoming.read(int(headers.get("content-length", 0))).decode("latin-1")
        query = parse_qs(form or urlsplit(first[1]).query, keep_blank_values=True)
        return Request(first[0], first[1], headers, {k: v[0] for k, v in query.items()}, time.monotonic(), number)

    def _say(self, connection: socket.socket, say: Say) -> bool:
        """Send the answer; whether the connection lives on."""
        self._stop.wait(say.wait)
        body = gzip.compress(say.body) if say.zipped else say.body
        headers = {"Content-Type": "text/xml; charset=UTF-8"} | say.headers
        if say.zipped:
            headers.setdefault("Content-Encoding", "gzip")
        if say.framing == "length":
            headers.setdefault("Content-Length", str(len(body)))
        if say.framing == "chunked":
            headers["Transfer-Encoding"] = "chunked"
            body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in _pieces(body, 1000)) + b"0\r\n\r\n"
        head = f"HTTP/1.1 {say.status} Whatever\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
        self._send(connection, head.encode("latin-1"), say.slow_headers)
        self._send(connection, body if say.cut is None else body[: say.cut], say.drip)
        return say.cut is None and say.framing != "none" and not say.close

    def _send(self, connection: socket.socket, data: bytes, pause: float) -> None:
        if not pause:
            connection.sendall(data)
            return
        for position in range(len(data)):
            if self._stop.wait(pause):
                return
            connection.sendall(data[position : position + 1])


def _in_turn(script: Sequence[Behaviour]) -> Callable[[Request], Behaviour]:
    turns = chain(script, repeat(script[-1]))
    return lambda _: next(turns)


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]
