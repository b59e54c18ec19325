"""The talk with ISRCTN: a query becomes payloads, one trial each, and at last a listing. Experimental.

GET query/format/default?q=...&limit=... answers whole trials, as in the file that `tracker import` reads. There are no
pages: totalCount says how many trials match, and a listing counts only when as many came. A number that is asked for is
a query too, as api/trial/NUMBER answers 500 to one that is not held. What this is known from: docs/registries.md.
"""

import re
from collections import deque
from collections.abc import Iterator
from urllib.parse import urljoin

from tracker.config import Query
from tracker.errors import SourceError
from tracker.records import Held, Listing, Payload
from tracker.sources.registries import cut
from tracker.sources.registries.isrctn import key_of
from tracker.web import Answer, Web

LIMIT = 1_000  # trials in one answer, at some 20 kB each
IDS = 20  # numbers in one request
_ROOT = re.compile(rb"<allTrials\b([^<>]*)>")
_TOTAL = re.compile(rb"""\btotalCount\s*=\s*["'](\d{1,7})["']""")


def fetch(url: str, query: Query, held: Held, web: Web) -> Iterator[Payload | Listing]:
    """Every trial that the query lists, then those of `held.retry` that it does not, then the Listing.

    `url` ends in "/api/". Raises SourceError, permanent where the query is refused or matches more than LIMIT.
    """
    listed: dict[str, None] = {}
    sent, nameless = dict[str, None](), 0
    if query.isrctn:
        total, payloads = ask(url, query.name, query.isrctn, web)
        for payload in payloads:
            if payload.key in listed:
                continue
            nameless += not payload.key
            listed |= {payload.key: None} if payload.key else {}
            yield Payload(payload.source, payload.key, payload.body, payload.sha256, of=total)
    wanted = sorted(held.retry - held.fresh - listed.keys())
    for start in range(0, len(wanted), IDS):
        part = {key for key in wanted[start : start + IDS] if key_of(key) == key}
        _, payloads = ask(url, query.name, " OR ".join(sorted(part)), web) if part else (0, [])
        for payload in payloads:  # also of trials that only name one of the numbers
            if payload.key in part and payload.key not in sent:
                sent[payload.key] = None
                yield payload
    missing = tuple(key for key in wanted if key not in sent)
    got = (*listed, *sent)
    yield Listing(ids=tuple(listed) if query.isrctn else got, asked=(*got, *[""] * nameless, *missing), missing=missing)


def ask(url: str, name: str, expression: str, web: Web, limit: int = LIMIT) -> tuple[int, list[Payload]]:
    """(how many trials match, those that came). Raises SourceError where fewer came than match, unless fewer than
    LIMIT were asked for."""
    params = {"q": expression, "limit": str(limit)}
    answer = web.ask("GET", urljoin(url, "query/format/default"), params=params, check=_check, allow=(400,))
    if answer.status == 400:
        raise SourceError(f"ISRCTN refuses query {name} (400): look at its isrctn", permanent=True)
    total, payloads = _total(answer), list(cut.elements("fullTrial")([answer.body]))
    if limit == LIMIT and total > LIMIT:
        raise SourceError(
            f"ISRCTN: query {name} matches {total:,} trials, and {LIMIT:,} are read at most: narrow it;"
            " words without quotation marks or AND are alternatives there",
            permanent=True,
        )
    if len(payloads) < min(total, limit):
        raise SourceError(f"ISRCTN: query {name}: {len(payloads)} of {total} trials came; fetch again later")
    return total, payloads


def _check(answer: Answer) -> None:
    """A whole answer, with a root that counts. What is none is worth another try; `Web` puts the host before this."""
    if not _ROOT.search(answer.body[:10_000]):
        is_page = "html" in answer.content_type or b"<html" in answer.body[:1000].lower()
        raise SourceError("sent a web page instead of data" if is_page else "sent something else than allTrials")
    _total(answer)
    try:
        deque(cut.elements("fullTrial")([answer.body]), maxlen=0)
    except SourceError:  # which asks for another export
        raise SourceError("sent an answer that is cut off") from None


def _total(answer: Answer) -> int:
    root = _ROOT.search(answer.body[:10_000])
    found = _TOTAL.search(root[1]) if root else None
    if not found:
        raise SourceError("does not say how many trials match (allTrials without totalCount)")
    return int(found[1])
