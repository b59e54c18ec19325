"""The talk with ClinicalTrials.gov: a query becomes payloads, one study each, and at last a listing.

Every fetch walks the whole query, because the registry changes records without moving any date: it sets UNKNOWN by
itself. A walk counts only when the registry's data stood still meanwhile and every study that it counted was got.
Studies are cut apart here and given a hash, but never interpreted. Shapes and limits: the OpenAPI description 2.0.5.
"""

import hashlib
import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from tracker.config import Query
from tracker.errors import SourceError
from tracker.records import Held, Listing, Payload
from tracker.sources.clinicaltrials.enums import NCT_NUMBER
from tracker.web import Answer, Web

NAME = "ClinicalTrials.gov"
PAGE_SIZE = 1000  # the API's own limit; it may lower it
WALKS = 3  # how often a walk is begun before the fetch fails
IDS = 100  # NCT numbers in one request
SINGLY = 3  # as many are asked for one by one, which says of each what became of it
EMPTY_PAGES = 20  # empty pages in a row that are still believed
PARAMETERS = {
    "cond": "query.cond",
    "intr": "query.intr",
    "term": "query.term",
    "titles": "query.titles",
    "outc": "query.outc",
    "spons": "query.spons",
    "lead": "query.lead",
    "locn": "query.locn",
    "advanced": "filter.advanced",
}
# What moves with every data refresh although nobody changed the record (seen in all 35 recorded pairs of versions).
MOVES_BY_ITSELF = (("derivedSection", "miscInfoModule", "versionHolder"),)


@dataclass(slots=True)
class _Walk:
    """One pass over the pages of a query."""

    ids: dict[str, None] = field(default_factory=dict)  # in the order of the listing
    nameless: set[str] = field(default_factory=set)  # hashes of studies without an NCT number
    total: int = 0  # what the registry counted
    broken: str = ""  # why this walk ended early

    @property
    def got(self) -> int:
        return len(self.ids) + len(self.nameless)

    def add(self, payload: Payload) -> None:
        if payload.key:
            self.ids[payload.key] = None
        else:
            self.nameless.add(payload.sha256)


@dataclass(slots=True)
class _Fetch:
    """One fetch of one query: where it asks, and what it has handed on so far."""

    url: str
    query: Query
    web: Web
    sent: dict[str, str] = field(default_factory=dict)  # NCT number, or hash of a nameless study -> hash
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def hand_on(self, payload: Payload) -> Iterator[Payload]:
        """The payload, unless just these bytes were handed on before: pages overlap, and walks are repeated."""
        key = payload.key or payload.sha256
        if self.sent.get(key) != payload.sha256:
            self.sent[key] = payload.sha256
            yield payload

    def ask(self, path: str, params: dict[str, str], check: Callable[[Any], None]) -> tuple[Answer, Any]:
        return ask(self.web, self.url, path, params, check)


def ask(web: Web, url: str, path: str, params: dict[str, str], check: Callable[[Any], None]) -> tuple[Answer, Any]:
    """One GET: the answer, and of a 200 its JSON, which `check` found well-formed. 400 and 404 come back."""
    found: list[Any] = []

    def look(answer: Answer) -> None:
        value = _load(answer)
        check(value)
        found[:] = [value]

    answer = web.ask("GET", urljoin(url, path), params=params, check=look, allow=(400, 404))
    return answer, found[0] if found else None


def fetch(url: str, query: Query, held: Held, web: Web) -> Iterator[Payload | Listing]:
    """Every study that the query lists, then those of `held.retry` that it does not, then the Listing.

    `url` ends in "/api/v2/". A query that asks nothing of this source walks nothing and lists what it got by id.
    A payload may come twice when the registry changed it during the fetch: the later one counts.
    Raises SourceError, permanent where the query itself is refused.
    """
    run = _Fetch(url if url.endswith("/") else url + "/", query, web)
    listed: dict[str, None] = {}
    if query.clinicaltrials:
        listed = yield from _walk_until_whole(run)
    yield from _by_id(run, sorted(held.retry - held.fresh - listed.keys()))
    got = tuple(key for key in run.sent if NCT_NUMBER.fullmatch(key))
    nameless = ("",) * (len(run.sent) - len(got))
    yield Listing(
        ids=tuple(listed) if query.clinicaltrials else got,
        asked=(*got, *nameless, *run.missing),
        missing=tuple(run.missing),
        notes=tuple(run.notes),
    )


def _walk_until_whole(run: _Fetch) -> Generator[Payload, None, dict[str, None]]:
    """Walk the query until the data stood still and all that the registry counted came. Returns the ids."""
    before, why = _data_timestamp(run), ""
    for _ in range(WALKS):
        walk = _Walk()
        yield from _pages(run, walk)
        after = _data_timestamp(run)
        if after != before:
            why = f"the data changed meanwhile, from {before} to {after}"
        elif walk.broken:
            why = walk.broken
        elif walk.got < walk.total:
            why = f"{walk.got} of {walk.total} studies came"
        else:
            run.notes.append(f"data of {after}")
            return walk.ids
        run.notes.append(f"walk repeated: {why}")
        before = after
    raise SourceError(f"{NAME}: query {run.query.name}: no whole listing in {WALKS} walks: {why}; fetch again later")


def _data_timestamp(run: _Fetch) -> str:
    answer, version = run.ask("version", {}, check_version)
    if answer.status != 200:
        raise not_served(run.url)
    return str(version["dataTimestamp"])


def _pages(run: _Fetch, walk: _Walk) -> Iterator[Payload]:
    """All pages of one walk. Raises SourceError where the registry leads in a circle."""
    token, tokens, empty = "", {""}, 0
    while True:
        before = walk.got
        token, size = yield from _page(run, walk, token)
        if not token or walk.broken:
            return
        empty = 0 if size else empty + 1
        if token in tokens or empty > EMPTY_PAGES or (size and walk.got == before):
            raise SourceError(f"{NAME}: query {run.query.name}: the listing leads in a circle after {walk.got} studies")
        tokens.add(token)


def _page(run: _Fetch, walk: _Walk, token: str) -> Generator[Payload, None, tuple[str, int]]:
    """One page, which is dropped on return. Returns the token of the next page, "" after the last, and its own size."""
    params = {PARAMETERS[key]: value for key, value in run.query.clinicaltrials.items()}
    params |= {"pageSize": str(PAGE_SIZE), "countTotal": "true"} | ({"pageToken": token} if token else {})
    answer, page = run.ask("studies", params, check_page if token else check_first_page)
    if answer.status == 404:
        raise not_served(run.url)
    if answer.status == 400 and token:  # a token does not outlive a data refresh
        walk.broken = f"a page token was refused: {reason(answer)}"
        return "", 0
    if answer.status == 400:
        raise SourceError(f"{NAME} refuses query {run.query.name}: {reason(answer)}", permanent=True)
    if not token:
        walk.total = page["totalCount"]
    for study in page["studies"]:
        payload = payload_of(study)
        walk.add(payload)
        yield from run.hand_on(payload)
    return page.get("nextPageToken") or "", len(page["studies"])


def _by_id(run: _Fetch, ids: list[str]) -> Iterator[Payload]:
    """Studies by their numbers: many at once, and by itself each that did not come so.

    One number that the registry cannot read refuses the whole request, and one that it does not know is left out
    without a word: neither says anything about a study.
    """
    came: set[str] = set()
    known = [nct for nct in ids if NCT_NUMBER.fullmatch(nct)] if len(ids) > SINGLY else []
    for start in range(0, len(known), IDS):
        params = {"filter.ids": ",".join(known[start : start + IDS]), "pageSize": str(PAGE_SIZE)}
        answer, page = run.ask("studies", params, check_page)
        for study in page["studies"] if answer.status == 200 else ():
            payload = payload_of(study)
            came.add(payload.key)
            yield from run.hand_on(payload)
    for nct in ids:
        if nct not in came:
            yield from _one(run, nct)


def _one(run: _Fetch, nct: str) -> Iterator[Payload]:
    """One study by its number. A number that the registry does not know, or knows by another number, is missing."""
    if not NCT_NUMBER.fullmatch(nct):
        run.missing.append(nct)
        run.notes.append(f"{nct[:40]!r} is no NCT number")
        return
    answer, study = run.ask(f"studies/{nct}", {}, check_study)
    if answer.status == 404 and _is_web_page(answer):
        raise not_served(run.url)  # of the server, not of the registry: says nothing about the study
    if answer.status != 200:
        run.missing.append(nct)
        if answer.status == 400:
            run.notes.append(f"{nct}: {reason(answer)}")
        return
    payload = payload_of(study)
    if payload.key != nct:
        run.missing.append(nct)
        run.notes.append(f"{nct} is now {payload.key or 'a study without a number'}")
    yield from run.hand_on(payload)


def payload_of(study: Any) -> Payload:
    """One study as compact JSON in the order of its keys. The hash leaves out what moves by itself, and the order."""
    try:
        body = json.dumps(study, ensure_ascii=False, separators=(",", ":")).encode()
        facts = json.dumps(_standing(study), sort_keys=True, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half a surrogate pair: kept as the escape that it came as, for the quarantine
        body = facts = json.dumps(study, separators=(",", ":")).encode()
    except RecursionError:
        raise SourceError(f"{NAME}: {_key(study) or 'a study'} is nested too deeply") from None
    return Payload("clinicaltrials", _key(study), body, hashlib.sha256(facts).hexdigest())


def _standing(study: Any) -> Any:
    """The study without what moves by itself; only the objects on the way are copied."""
    for path in MOVES_BY_ITSELF:
        study = _without(study, path)
    return study


def _without(value: Any, path: tuple[str, ...]) -> Any:
    if not isinstance(value, dict) or path[0] not in value:
        return value
    if len(path) == 1:
        return {key: item for key, item in value.items() if key != path[0]}
    return value | {path[0]: _without(value[path[0]], path[1:])}


def _key(study: Any) -> str:
    """The NCT number, or "" where there is none to be read."""
    for name in ("protocolSection", "identificationModule", "nctId"):
        study = study.get(name) if isinstance(study, dict) else None
    key = study.strip().upper() if isinstance(study, str) else ""
    return key if NCT_NUMBER.fullmatch(key) else ""


def _load(answer: Answer) -> Any:
    """The JSON of an answer. What is none is worth another try; `Web` puts the host before these messages."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        if _is_web_page(answer):
            raise SourceError("sent a web page instead of data") from None
        raise SourceError(f"sent a cut or broken answer: {str(error)[:100]}") from None


def check_version(value: Any) -> None:
    if not (isinstance(value, dict) and isinstance(value.get("dataTimestamp"), str) and value["dataTimestamp"]):
        raise SourceError("does not say from when its data is (version without dataTimestamp)")


def check_first_page(value: Any) -> None:
    check_page(value)
    total = value.get("totalCount")
    if not isinstance(total, int) or isinstance(total, bool) or total < 0:
        raise SourceError(f"does not say how many studies there are (totalCount is {str(total)[:40]})")


def check_page(value: Any) -> None:
    if not isinstance(value, dict) or not isinstance(value.get("studies"), list):
        raise SourceError("sent a page without a list of studies")
    if not isinstance(value.get("nextPageToken", ""), str | None):
        raise SourceError("sent a page token that is no text")


def check_study(value: Any) -> None:
    if not isinstance(value, dict) or "protocolSection" not in value:
        raise SourceError("sent something else than a study")


def _is_web_page(answer: Answer) -> bool:
    """Sent by something before the registry: a proxy, a block, a server that does not know the path."""
    return "html" in answer.content_type or answer.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def reason(answer: Answer) -> str:
    """What a refusal says, as one line of at most 300 characters."""
    if _is_web_page(answer):
        return f"a web page with status {answer.status}"
    text = " ".join(answer.body.decode("utf-8", "replace").split())
    return "".join(filter(str.isprintable, text))[:300] or f"status {answer.status} without a reason"


def not_served(url: str) -> SourceError:
    return SourceError(
        f"{NAME}: nothing of API v2 is served at {url} (404): check [sources.clinicaltrials] url", permanent=True
    )
