"""Every way in which an answer can go wrong, as small values: each takes the honest reply and gives what is sent.

    standin.misbehave("efetch", Status(503), Cut(1_000), times=2)

Families: another answer altogether (Status, Body, TooMany ...; a recorded body goes word for word into Body); the
honest body damaged (Rewrite, Recode); PubMed's answer falsified (ShortIdList, DropArticles ...); the registry's answer
falsified (RepeatToken, EmptyPage ...); the honest bytes sent badly (Cut, Drip, Hang, Reset ...), which are in wire.py.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from tracker.demo import reply as shapes
from tracker.demo.registry import make_token, read_token
from tracker.demo.reply import HTML, JSON, XML, Reply
from tracker.demo.upstream import Study, Upstream, cut_articles
from tracker.demo.wire import BadEncoding as BadEncoding
from tracker.demo.wire import CloseAfter as CloseAfter
from tracker.demo.wire import Cut as Cut
from tracker.demo.wire import Drip as Drip
from tracker.demo.wire import Endless as Endless
from tracker.demo.wire import GzipBomb as GzipBomb
from tracker.demo.wire import Hang as Hang
from tracker.demo.wire import Reset as Reset
from tracker.demo.wire import Slow as Slow


@dataclass(frozen=True)
class Asked:
    """One request as it stands in the log. time is monotonic seconds; params are of address and form together."""

    time: float
    where: str
    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)


class Fault(Protocol):
    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply: ...


@dataclass(frozen=True)
class Honest:
    """No fault: puts the next one a request later."""

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        return honest


# ---- Another answer altogether


@dataclass(frozen=True)
class Body:
    """Any body word for word, with any status, type and headers."""

    body: bytes
    content_type: str = XML
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        return Reply(self.status, self.body, self.content_type, dict(self.headers))


def Status(code: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Fault:
    """A status with a server's own page, or a given body."""
    page = body or shapes.html(code, f"{code} Error").body
    return Body(page, HTML, code, headers or {})


def TooMany(retry_after: str = "") -> Fault:
    """429 as NCBI says it. retry_after: seconds, an HTTP date or nonsense; "" for no such header, as recorded."""
    said = {"error": "API rate limit exceeded", "api-key": "127.0.0.1", "count": "4", "limit": "3"}
    return Body(json.dumps(said).encode(), JSON, 429, {"Retry-After": retry_after} if retry_after else {})


def Redirect(location: str, code: int = 302) -> Fault:
    return Body(b"", HTML, code, {"Location": location})


def Html(title: str = "NCBI - WWW Error Blocked Diagnostic") -> Fault:
    """A page for people with status 200: a block, a maintenance notice, a captive portal."""
    return Body(shapes.html(200, title).body, HTML)


def Empty(status: int = 200) -> Fault:
    return Body(b"", XML, status)


def PrologOnly() -> Fault:
    return Body(b'<?xml version="1.0" encoding="UTF-8" ?>\n')


def SearchError(text: str = "Search Backend failed: the address table is empty.") -> Fault:
    return Body(shapes.search_error(text).body)


def FetchError(text: str = "Error: External viewer error: Empty Response. Status: Timeout", status: int = 400) -> Fault:
    return Body(shapes.fetch_error(text, status).body, XML, status)


def SetWithText(text: str = "Error occurred: Read from backend failed: timeout.") -> Fault:
    """The normal root of efetch, holding plain text in place of articles."""
    return Body(f"{shapes.SET_HEAD}<PubmedArticleSet> {text}\n</PubmedArticleSet>".encode())


def Plain(text: str, status: int = 400) -> Fault:
    """The registry's way to refuse."""
    return Body(text.encode(), shapes.PLAIN, status)


def ExpireToken() -> Fault:
    return Plain("Parameter `pageToken` has expired")


# ---- The honest body, damaged


@dataclass(frozen=True)
class Recode:
    """The body in another encoding than the one it is said to have."""

    encoding: str

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        return replace(honest, body=honest.body.decode().encode(self.encoding, "replace"))


@dataclass(frozen=True)
class Rewrite:
    """A pattern in the honest body replaced, `count` times (0: everywhere): damage of any other kind."""

    pattern: bytes
    replacement: bytes
    count: int = 1

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        body = re.sub(self.pattern, lambda _: self.replacement, honest.body, count=self.count, flags=re.DOTALL)
        return replace(honest, body=body)


# ---- PubMed's answer, falsified


@dataclass(frozen=True)
class ShortIdList:
    """Count is right, but the last `dropped` ids are not there."""

    dropped: int = 1

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        ids = re.findall(rb"<Id>\d+</Id>\n", honest.body)
        missing = b"".join(ids[max(0, len(ids) - self.dropped) :])
        return replace(honest, body=honest.body.replace(missing, b"", 1))


class DropArticles:
    """efetch leaves out these PMIDs, or the first so many articles, and does not say so."""

    def __init__(self, *pmids: str, first: int = 0) -> None:
        self.pmids, self.first = pmids, first

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        kept = list(cut_articles(honest.body))[self.first :]
        return shapes.article_set([body for body in kept if _pmid(body) not in self.pmids])


class ExtraArticles:
    """efetch adds elements that nobody asked for (or asked for once), at the end."""

    def __init__(self, *bodies: bytes) -> None:
        self.bodies = bodies

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        return shapes.article_set([*cut_articles(honest.body), *self.bodies])


@dataclass(frozen=True)
class Reorder:
    """The ids, articles or studies of an answer the other way round."""

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        if asked.where == "efetch":
            return shapes.article_set(list(cut_articles(honest.body))[::-1])
        if asked.where == "studies":
            return _edited(honest, lambda page: page | {"studies": page["studies"][::-1]})
        ids = re.findall(rb"<Id>\d+</Id>\n", honest.body)
        return replace(honest, body=honest.body.replace(b"".join(ids), b"".join(ids[::-1])))


@dataclass(frozen=True)
class NextYearDtd:
    """efetch names a DTD that nobody has yet, and every record holds an element that only it knows."""

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        body = honest.body.replace(b"1st January 2025", b"1st January 2027").replace(b"pubmed_250101", b"pubmed_270101")
        new = b'<FutureElement Kind="unknown">text of the future</FutureElement></MedlineCitation>'
        return replace(honest, body=body.replace(b"</MedlineCitation>", new))


def _pmid(body: bytes) -> str:
    """The record's own PMID: the first in it."""
    match = re.search(rb"<PMID[^>]*>\s*(\d+)", body)
    return match[1].decode() if match else ""


# ---- The registry's answer, falsified


def _edited(honest: Reply, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> Reply:
    return replace(honest, body=shapes.as_json(edit(json.loads(honest.body))).body)


def _another_token(asked: Asked, upstream: Upstream) -> str:
    """A new token for the very page that was asked for."""
    token = asked.params.get("pageToken")
    start = read_token(token, asked.params, upstream.token_epoch) if token else 0
    return make_token(start, asked.params, upstream.token_epoch)


@dataclass(frozen=True)
class RepeatToken:
    """The page's next token leads to the same page: a walk that never ends.

    It is the token that was asked with (which shows from page 2 on), or with `fresh` one that was never seen before.
    """

    fresh: bool = False

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        token = _another_token(asked, upstream) if self.fresh else asked.params.get("pageToken", "NF0g5JCG")
        return _edited(honest, lambda page: page | {"nextPageToken": token})


@dataclass(frozen=True)
class EmptyPage:
    """A page without studies in the middle of a walk; its token leads to the page that should have come."""

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        token = _another_token(asked, upstream)
        return _edited(honest, lambda page: page | {"studies": [], "nextPageToken": token})


@dataclass(frozen=True)
class LastPageEmpty:
    """The last page has a token, which leads to an empty page without one: what an exactly full last page gives."""

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        beyond = make_token(10**9, asked.params, upstream.token_epoch)
        return _edited(honest, lambda page: {"nextPageToken": beyond} | page)


@dataclass(frozen=True)
class MoveData:
    """Right after this answer the registry refreshes its data: a new dataTimestamp, page tokens void unless kept."""

    data_timestamp: str
    expire_tokens: bool = True
    then: Callable[[Upstream], None] = lambda upstream: None  # what else changes in the world at this moment

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        upstream.refresh(self.data_timestamp, expire_tokens=self.expire_tokens)
        self.then(upstream)
        return honest


@dataclass(frozen=True)
class WrongTotal:
    """totalCount says `more` studies than there are."""

    more: int = 1

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        return _edited(honest, lambda page: page | {"totalCount": page.get("totalCount", 0) + self.more})


@dataclass(frozen=True)
class NullStudies:
    """`studies` is null, or whatever else it should not be."""

    studies: Any = None

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        return _edited(honest, lambda page: page | {"studies": self.studies})


class DropStudies:
    """A page leaves out these studies, as when a shift between two pages skips them. totalCount counts them."""

    def __init__(self, *ncts: str) -> None:
        self.ncts = ncts

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        def without(page: dict[str, Any]) -> dict[str, Any]:
            return page | {"studies": [study for study in page["studies"] if _nct(study) not in self.ncts]}

        return _edited(honest, without)


class ExtraStudies:
    """A page holds these objects too: a study twice, one that was not asked for, or no study at all."""

    def __init__(self, *studies: Any) -> None:
        self.studies = list(studies)

    def __call__(self, honest: Reply, asked: Asked, upstream: Upstream) -> Reply:
        return _edited(honest, lambda page: page | {"studies": page["studies"] + self.studies})


def _nct(study: Study) -> str:
    return str(study["protocolSection"]["identificationModule"]["nctId"])
