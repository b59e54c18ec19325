"""How the bytes of an answer go over the wire: whole and honest, or cut, dripped, reset and so on.

Each fault here keeps the honest reply and spoils only its sending. server.py gives it a Line to write on.
"""

import gzip
import threading
from dataclasses import dataclass, replace
from io import BufferedIOBase
from typing import TYPE_CHECKING

from tracker.demo.reply import Reply

if TYPE_CHECKING:
    from tracker.demo.faults import Asked
    from tracker.demo.upstream import Upstream


@dataclass(frozen=True)
class Line:
    """An open connection, the head of the answer (status line and headers, without its framing) and the body."""

    out: BufferedIOBase
    head: bytes
    body: bytes
    closing: threading.Event  # set when the server shuts down, so that no fault keeps it waiting
    accepts_gzip: bool = False

    def send(self, *headers: bytes, body: bytes) -> None:
        self.out.write(self.head + b"".join(header + b"\r\n" for header in headers) + b"\r\n" + body)
        self.out.flush()

    def length(self) -> bytes:
        return b"Content-Length: %d" % len(self.body)


class Sending:
    """The honest way: whole, with its length, gzip where the client takes it. Then the connection stays open."""

    stays_open = True

    def write(self, line: Line) -> None:
        if line.accepts_gzip and len(line.body) > 1_000:
            packed = gzip.compress(line.body, compresslevel=1)
            line.send(b"Content-Encoding: gzip", b"Content-Length: %d" % len(packed), body=packed)
        else:
            line.send(line.length(), body=line.body)


class Badly(Sending):
    """A fault that sends the honest reply in its own way, and closes the connection after it."""

    stays_open = False

    def __call__(self, honest: Reply, asked: "Asked", upstream: "Upstream") -> Reply:
        return replace(honest, sending=self)


@dataclass(frozen=True)
class Cut(Badly):
    """The body breaks off after `size` bytes.

    framing: "length", "chunked" or "close" (neither: nothing in HTTP tells that the body is not whole).
    gzipped: it is the gzip stream that breaks off.
    """

    size: int
    framing: str = "length"
    gzipped: bool = False

    def write(self, line: Line) -> None:
        body = gzip.compress(line.body) if self.gzipped else line.body
        framing = {"length": b"Content-Length: %d" % len(body), "chunked": b"Transfer-Encoding: chunked"}
        headers = [framing.get(self.framing, b"Connection: close")] + [b"Content-Encoding: gzip"] * self.gzipped
        chunk = b"%x\r\n" % len(body) if self.framing == "chunked" else b""
        line.send(*headers, body=chunk + body[: self.size])


@dataclass(frozen=True)
class Hang(Badly):
    """Nothing is answered for `seconds`; then the connection closes."""

    seconds: float

    def write(self, line: Line) -> None:
        line.closing.wait(self.seconds)


@dataclass(frozen=True)
class Slow(Badly):
    """The honest answer, `seconds` late."""

    seconds: float

    def write(self, line: Line) -> None:
        line.closing.wait(self.seconds)
        line.send(line.length(), body=line.body)


@dataclass(frozen=True)
class Drip(Badly):
    """One byte of the body every `seconds`: no single read ever times out."""

    seconds: float

    def write(self, line: Line) -> None:
        line.send(line.length(), body=b"")
        for at in range(len(line.body)):
            line.out.write(line.body[at : at + 1])
            line.out.flush()
            if line.closing.wait(self.seconds):
                return


class Endless(Badly):
    """A body that never ends."""

    def write(self, line: Line) -> None:
        line.send(b"Connection: close", body=line.body)
        while not line.closing.is_set():
            line.out.write(b"<!-- more -->\n" * 4_096)


@dataclass(frozen=True)
class GzipBomb(Badly):
    """`size` decoded bytes in about a thousandth of that."""

    size: int

    def write(self, line: Line) -> None:
        bomb = gzip.compress(bytes(self.size), compresslevel=6)
        line.send(b"Content-Encoding: gzip", b"Content-Length: %d" % len(bomb), body=bomb)


@dataclass(frozen=True)
class BadEncoding(Badly):
    """A Content-Encoding that the body does not have."""

    name: str = "gzip"

    def write(self, line: Line) -> None:
        line.send(b"Content-Encoding: " + self.name.encode(), line.length(), body=line.body)


class CloseAfter(Badly):
    """The honest answer on a connection that promises to stay open, and then closes."""

    def write(self, line: Line) -> None:
        line.send(b"Connection: keep-alive", line.length(), body=line.body)


@dataclass(frozen=True)
class Reset(Badly):
    """The connection is reset after `size` bytes of the body; None: before any answer."""

    size: int | None = None

    def write(self, line: Line) -> None:
        if self.size is not None:
            line.send(line.length(), body=line.body[: self.size])
        raise ConnectionResetError
