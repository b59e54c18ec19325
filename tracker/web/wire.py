"""The wire: a requests session with plain manners, a wall-clock limit that no server outlasts, a body under a cap."""

import os
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from io import BytesIO
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from tracker.errors import SourceError
from tracker.web.causes import Trouble, broken

PIECE = 65_536  # bytes read, and decoded, at a time


class Limit:
    """A wall-clock limit. When it is over, the socket in use is shut down, wherever it hangs.

    A time-out of requests bounds one silence, not the sum: a server that drips could hold us for ever. `peer` is told
    the address of each new connection before anything is sent, and raises SourceError where it may not be asked.
    """

    def __init__(self, seconds: float, peer: Callable[[str], None] | None = None) -> None:
        self.peer = peer
        self._start = time.monotonic()
        self._seconds = seconds
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._strike)
        self._timer.daemon = True

    def spent(self) -> float:
        return time.monotonic() - self._start

    def left(self) -> float:
        return self._seconds - self.spent()

    def trouble(self) -> Trouble | None:
        """What to say once the limit is over; None before."""
        return Trouble(f"no whole answer within {self._seconds:g} s") if self.left() <= 0 else None

    def watch(self, sock: socket.socket | None) -> None:
        self._socket = sock

    def _strike(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                # Not SSLSocket.shutdown, which would pull the TLS object from under the reading thread.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        _here.limit = self
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._socket = None
        _here.limit = None


_here = threading.local()  # .limit: that of the request which this thread is making


def _watch(sock: socket.socket | None) -> None:
    if limit := getattr(_here, "limit", None):
        limit.watch(sock)


def _examined(sock: socket.socket) -> socket.socket:
    """A new connection, once whoever asks has seen to which address it leads: a name may mean another one by now."""
    limit = getattr(_here, "limit", None)
    try:
        if limit and limit.peer:
            limit.peer(str(sock.getpeername()[0]))
    except BaseException:
        sock.close()
        raise
    return sock


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _examined(super()._new_conn())

    def getresponse(self) -> Any:
        _watch(self.sock)
        return super().getresponse()


class _TLSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _examined(super()._new_conn())

    def getresponse(self) -> Any:
        _watch(self.sock)
        return super().getresponse()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: requests reads every Location, even where it is told not to follow, and fails on a broken one."""


def session(user_agent: str) -> requests.Session:
    """A session that sends who we are, keeps no cookies, reads no .netrc and follows nothing by itself."""
    made = _Session()
    # Only gzip: what we decode ourselves, piece by piece under the cap.
    made.headers.update({"User-Agent": user_agent, "Accept-Encoding": "gzip"})
    made.auth = lambda request: request  # without any, requests would send what a .netrc holds
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # requests reads REQUESTS_CA_BUNDLE, which goes first, but not the variable that OpenSSL knows.
    made.verify = os.environ.get("SSL_CERT_FILE") or True
    for scheme in ("http://", "https://"):
        made.mount(scheme, _Adapter())
    return made


def read(response: requests.Response, limit: Limit, max_bytes: int) -> bytes:
    """The decoded body; never more than `max_bytes` of it are held. Raises SourceError."""
    body = BytesIO()
    try:
        for piece in _decoded(response):
            if body.tell() + len(piece) > max_bytes:
                raise SourceError(f"the answer is larger than {max_bytes:,} bytes", permanent=True)
            body.write(piece)
    except zlib.error:
        raise limit.trouble() or Trouble("a body that is not the gzip it claims to be") from None
    except (HTTPError, HTTPException, OSError, EOFError, ValueError) as error:
        raise limit.trouble() or Trouble(broken(error)) from None
    if trouble := limit.trouble():  # the end may have come because the limit shut the socket down
        raise trouble
    return body.getvalue()


def _decoded(response: requests.Response) -> Iterable[bytes]:
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    pieces: Iterable[bytes] = response.raw.stream(PIECE, decode_content=False)
    if encoding in ("gzip", "x-gzip"):
        return _gunzip(pieces)
    if encoding not in ("", "identity"):
        raise Trouble(f"a body in an encoding that was not asked for ({encoding[:20]!r})")
    return pieces


def _gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decoded pieces, each of PIECE bytes at most. Raises zlib.error on what is no gzip, EOFError on a cut stream."""
    inflate = zlib.decompressobj(wbits=31)
    started = False
    for chunk in chunks:
        while chunk:
            if inflate.eof:  # RFC 1952: one member may follow another
                inflate = zlib.decompressobj(wbits=31)
            yield inflate.decompress(chunk, PIECE)
            started, chunk = True, inflate.unconsumed_tail or inflate.unused_data
    while not inflate.eof and (rest := inflate.decompress(b"", PIECE)):
        yield rest
    if started and not inflate.eof:
        raise EOFError
