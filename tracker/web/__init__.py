"""One polite HTTP session: pace, tries, one deadline, a byte cap, and errors that say what happened in one line.

`Web.ask` gives a whole answer or raises SourceError. It knows no source: whether a body is what was asked for, the
caller's `check` decides. Whole means: as far as HTTP can tell, by the length, the last chunk, the end of the gzip
stream. A plain body with neither length nor chunks has no end that HTTP knows: its reader must look for one.

Two rooms beside it: `wire` holds the session, its wall-clock limit and the reading of a body; `causes` says in plain
words why there is no answer.
"""

import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Self
from urllib.parse import quote, quote_plus, urlsplit

import requests
from urllib3.exceptions import HTTPError

from tracker.errors import SourceError
from tracker.web import causes, wire

__all__ = ["Answer", "Web"]

STALL = 60.0  # seconds of silence that end a try, whatever is left of the deadline
MARGIN = 1.1  # NCBI answers 429 to requests exactly a third of a second apart; Biopython keeps the same margin
REDIRECTS = 5


@dataclass(frozen=True)
class Answer:
    """status; content_type in lower case, without parameters; the decoded body; headers, looked up in any case."""

    status: int
    content_type: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    params: Mapping[str, Any] | None
    data: Mapping[str, Any] | None
    headers: Mapping[str, str]
    body_of: tuple[Container[int], ...]  # statuses other than success whose body is wanted
    follow: bool


class Web:
    """A session for one source. Not for several threads at once: its pace is kept per instance.

    pace: requests a second, evenly spaced; 0 for no limit. retry_wait: seconds before the second try, doubled each
    time. deadline: seconds for all tries of one `ask`, every wait included. max_bytes: of a decoded body.
    secrets: what no error may contain.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        pace: float,
        retry_wait: float = 1.0,
        tries: int = 5,
        deadline: float = 180.0,
        max_bytes: int = 64_000_000,
        secrets: tuple[str, ...] = (),
    ) -> None:
        self.requests = 0
        self._unreachable = False  # the last `ask` found nobody there: the next one knocks once
        self._interval = MARGIN / pace if pace > 0 else 0.0
        self._next = 0.0
        self._retry_wait = retry_wait
        self._tries = tries
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._secrets = {form(secret) for secret in secrets if secret for form in (str, quote, quote_plus)}
        self._session = wire.session(user_agent)

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
        check: Callable[[Answer], object] | None = None,
        allow: Container[int] = (),
        judged: Container[int] = (),
        peer: Callable[[str], None] | None = None,
    ) -> Answer:
        """One whole answer, after as many tries as it takes and the deadline allows. Raises SourceError.

        `check(answer)` looks into the body of a success: it raises SourceError, permanent=True where another try
        cannot help. Other statuses are errors, but for those in `allow`, returned as they are, and those in `judged`,
        which go through `check` like a success. Without `follow` a redirect is an answer like any other.
        `peer(address)` raises SourceError for an address that no connection may lead to.
        """
        request = _Request(method, url, params, data, headers or {}, (allow, judged), follow)
        host = urlsplit(url).hostname or "no host"
        with wire.Limit(self._deadline, peer) as limit:
            tries = 1 if self._unreachable else self._tries
            for tried in range(1, tries + 1):
                try:
                    answer = self._follow(request, limit)
                    self._unreachable = False
                    if check and answer.status not in allow:
                        check(answer)
                    return answer
                except SourceError as error:
                    if error.permanent:
                        raise self._told(f"{host}: {error}", permanent=True) from None
                    trouble = error
                gap = self._gap(trouble, tried)
                if tried == tries or gap >= limit.left():
                    break
                time.sleep(gap)
            self._unreachable = isinstance(trouble, causes.Trouble) and trouble.nobody
            end = f"(gave up after {tried} {'try' if tried == 1 else 'tries'} in {limit.spent():.0f} s)"
        raise self._told(f"{host}: {trouble} {end}", permanent=False)

    def _gap(self, trouble: SourceError, tried: int) -> float:
        """Seconds until the next try: what the server asks for, else longer each time."""
        after = trouble.after if isinstance(trouble, causes.Trouble) else None
        return self._retry_wait * 2 ** (tried - 1) if after is None else after

    def _told(self, message: str, *, permanent: bool) -> SourceError:
        for secret in self._secrets:
            message = message.replace(secret, "***")
        return SourceError(" ".join(message.split()), permanent=permanent)

    def _follow(self, request: _Request, limit: wire.Limit) -> Answer:
        """One try. Redirects on the same host are followed with the same method and body."""
        url, params = request.url, request.params
        for _ in range(REDIRECTS + 1):
            with self._send(request, url, params, limit) as response:
                moved = request.follow and response.status_code in (301, 302, 303, 307, 308)
                target = response.headers.get("Location") if moved else None
                if not target:
                    return self._answer(response, request, limit)
            url, params = causes.redirected(url, target), None
        raise SourceError(f"redirects more than {REDIRECTS} times", permanent=True)

    def _send(
        self, request: _Request, url: str, params: Mapping[str, Any] | None, limit: wire.Limit
    ) -> requests.Response:
        """One request, up to the headers of its answer."""
        self._wait_turn(limit)
        self.requests += 1
        stall = max(min(STALL, limit.left()), 0.001)
        try:
            return self._session.request(
                request.method, url, params=params, data=request.data, headers=dict(request.headers), stream=True,
                allow_redirects=False, timeout=stall,
            )  # fmt: skip
        except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
            raise limit.trouble() or causes.failure(error, url) from None

    def _wait_turn(self, limit: wire.Limit) -> None:
        wait = self._next - time.monotonic()
        if wait >= limit.left():
            raise causes.Trouble(f"its turn comes after the deadline of {self._deadline:g} s")
        if wait > 0:
            time.sleep(wait)
        self._next = max(self._next, time.monotonic()) + self._interval

    def _answer(self, response: requests.Response, request: _Request, limit: wire.Limit) -> Answer:
        status = response.status_code
        fine = 200 <= status < 300
        if not fine and not any(status in wanted for wanted in request.body_of):
            raise causes.refusal(status, response.headers.get("Retry-After"))
        body = wire.read(response, limit, self._max_bytes)
        if fine and not body:
            raise causes.Trouble(f"an empty answer (HTTP {status})")
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Answer(status, kind, body, response.headers)
