"""StandIn(upstream): both APIs over real HTTP on 127.0.0.1, with a log of every request and faults on demand.

    with StandIn(upstream) as standin:
        standin.misbehave("efetch", Status(503), Cut(1_000))
        ...  # standin.pubmed_url, standin.clinicaltrials_url
        standin.asked("efetch"), standin.busiest_second("pubmed")

It routes, logs and sends. What is answered is in pubmed.py and registry.py, how it goes wrong in faults.py and wire.py.
"""

import socket
import struct
import threading
import time
import traceback
from collections import defaultdict, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tracker.demo.faults import Asked, Fault
from tracker.demo.pubmed import PubMed
from tracker.demo.registry import Registry
from tracker.demo.reply import Reply, html
from tracker.demo.upstream import Upstream
from tracker.demo.wire import Line, Sending

EUTILS = "/entrez/eutils/"
API = "/api/v2/"
PUBMED = ("esearch", "efetch")
CLINICALTRIALS = ("studies", "study", "version")
LONGEST_ADDRESS = 8_000  # a longer one is 414; NCBI asks for POST long before


class StandIn:
    """Serves while its `with` block lasts. log: every request in the order in which it arrived.

    An error of the stand-in itself is answered with 500 and raised again when the block ends: no test should take it
    for a fault of the source.
    """

    def __init__(self, upstream: Upstream, port: int = 0) -> None:
        self.upstream = upstream
        self.log: list[Asked] = []
        self.errors: list[BaseException] = []
        self.closing = threading.Event()
        self._pubmed, self._registry = PubMed(upstream), Registry(upstream)
        self._scripts: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._server = _Server(self, port)
        base = f"http://127.0.0.1:{self._server.server_port}"
        self.pubmed_url, self.clinicaltrials_url = base + EUTILS, base + API

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        if self.errors and error is None:
            raise self.errors[0]

    @property
    def environment(self) -> dict[str, str]:
        """What makes any command of the product ask here."""
        return {"TRACKER_PUBMED_URL": self.pubmed_url, "TRACKER_CLINICALTRIALS_URL": self.clinicaltrials_url}

    def misbehave(self, where: str, *faults: Fault, times: int = 1) -> None:
        """Scripts faults: each is used once, in order, the whole row `times` times; then answers are honest again.

        where: esearch, efetch, studies, study or version; or pubmed, clinicaltrials for whatever is asked of them.
        """
        if where not in (*PUBMED, *CLINICALTRIALS, "pubmed", "clinicaltrials"):
            raise ValueError(f"no endpoint {where}")
        with self._lock:
            self._scripts[where].extend(faults * times)

    def behave(self) -> None:
        """Forgets all faults that are still to come."""
        with self._lock:
            self._scripts.clear()

    def pending(self) -> int:
        """How many scripted faults have not been used."""
        return sum(len(script) for script in self._scripts.values())

    def asked(self, where: str = "") -> list[Asked]:
        """The requests to one endpoint or source, "" for all."""
        return [each for each in list(self.log) if where in ("", each.where, source_of(each.where))]

    def busiest_second(self, where: str = "", seconds: float = 1.0) -> int:
        """The most requests that arrived within any span of that length."""
        times = [each.time for each in self.asked(where)]
        return max((sum(first <= t < first + seconds for t in times) for first in times), default=0)

    def answer(self, asked: Asked, rest: str) -> Reply:
        """What is sent for one request: the honest reply, spoilt by the next fault that is scripted for it."""
        with self._lock:
            self.log.append(asked)
            script = self._scripts[asked.where] or self._scripts[source_of(asked.where)]
            fault = script.popleft() if script else None
        honest = self._honest(asked, rest)
        return fault(honest, asked, self.upstream) if fault else honest

    def _honest(self, asked: Asked, rest: str) -> Reply:
        by_get = asked.method == "GET"
        if by_get and len(asked.path) > LONGEST_ADDRESS:
            return html(414, "414 Request-URI Too Large")
        if not by_get and asked.where in CLINICALTRIALS:
            return html(405, "405 Not Allowed")
        match asked.where:
            case "esearch":
                return self._pubmed.esearch(asked.params)
            case "efetch":
                return self._pubmed.efetch(asked.params, by_get=by_get)
            case "studies":
                return self._registry.studies(asked.params)
            case "study":
                return self._registry.study(rest)
            case "version":
                return self._registry.version()
        return html(404, "404 Not Found")


def source_of(where: str) -> str:
    return "pubmed" if where in PUBMED else "clinicaltrials" if where in CLINICALTRIALS else "nowhere"


def route(path: str) -> tuple[str, str]:
    """The endpoint of a path and what follows it: ("study", "NCT99900001")."""
    if path.startswith(EUTILS) and path.endswith(".fcgi"):
        name = path.removeprefix(EUTILS).removesuffix(".fcgi")
        return (name, "") if name in PUBMED else ("nowhere", "")
    name, _, rest = path.removeprefix(API).partition("/") if path.startswith(API) else ("", "", "")
    if name == "studies" and rest:
        return ("study", rest) if "/" not in rest else ("nowhere", "")
    return (name, "") if name in ("studies", "version") and not rest else ("nowhere", "")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, standin: StandIn, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.standin = standin

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that went away; our own errors are caught in the handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 60

    def do_GET(self) -> None:
        arrived = time.monotonic()
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        form = self.rfile.read(length).decode()
        where, rest = route(parts.path)
        params = dict(parse_qsl(parts.query, keep_blank_values=True) + parse_qsl(form, keep_blank_values=True))
        asked = Asked(arrived, where, self.command, self.path, params, dict(self.headers.items()))
        try:
            reply = self.server.standin.answer(asked, rest)
        except Exception as error:  # our own: said to the client, and raised when the block ends
            self.server.standin.errors.append(error)
            reply = Reply(500, traceback.format_exc().encode(), "text/plain")
        self.send(reply)

    do_POST = do_GET

    def send(self, reply: Reply) -> None:
        sending = reply.sending or Sending()
        line = Line(self.wfile, self.head(reply), reply.body, self.server.standin.closing, self.takes_gzip())
        self.close_connection = not sending.stays_open or self.close_connection
        try:
            sending.write(line)
        except ConnectionResetError:
            self.reset()
        except OSError:
            self.close_connection = True  # the client had enough

    def head(self, reply: Reply) -> bytes:
        reason = self.responses.get(reply.status, ("",))[0]
        lines = [f"HTTP/1.1 {reply.status} {reason}", f"Content-Type: {reply.content_type}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        return "".join(line + "\r\n" for line in lines).encode("latin-1")

    def takes_gzip(self) -> bool:
        return "gzip" in self.headers.get("Accept-Encoding", "")

    def reset(self) -> None:
        """Closes with RST in place of FIN: lingering is switched off."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        pass  # StandIn.log holds all of it
