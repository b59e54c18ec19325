"""One item of a feed: what the child process read, and the record that it is. Pure.

Its texts come without markup. Its links are kept only where they are web addresses, its dates only where they can be
true; what it said of them is in its payload.
"""

import hashlib
import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tracker.config.hosts import web_address
from tracker.dates import partial
from tracker.errors import RecordError
from tracker.records import Author, Link, Record, as_json
from tracker.registration import named

TITLE = 1_000  # characters that are stored of a title
MOST_LINKS = 50  # of one item: a page of links names nothing
_HEADING = 100  # characters that stand for a title where there is none
_OLDEST = 1990  # feeds are younger

# What senders add to a link to see who comes: it names no other page. PubMed's addresses need nothing of theirs.
_COUNTERS = re.compile(r"utm_\w+|dgcid|cmpid|mc_[ce]id|fbclid|gclid|rss", re.IGNORECASE)
_PUBMED = "pubmed.ncbi.nlm.nih.gov"
_EMAIL = re.compile(r"\s*\(?[\w.+-]+@[\w-]+\.[\w.-]+\)?")
_DEGREES = re.compile(r"(?:M\.?D|Ph\.?D|M\.?Sc|MPH|MBBS|FRCP|FAAD|DO|RN|BSc|PharmD)\.?", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"'<>?#&\\]+")
_DOI_SAID = re.compile(
    r"(?:\bdoi\b[:\s/]*(?:org/|(?:full|abs|pdf|epdf)/)?|doi\.org/)(10\.\d{4,9}/[^\s\"'<>?#&\\]+)", re.IGNORECASE
)
_NCT = re.compile(r"\bNCT\d{8}\b", re.IGNORECASE)
_PMID_SAID = re.compile(r"\b(?:pmid|pubmed)[:\s]{1,3}(\d{5,9})\b", re.IGNORECASE)
_PUBMED_PAGE = re.compile(r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/)(\d{5,9})\b")
# 10.1101 is a whole publisher's: a preprint there has a number of its server's, with or without the day.
_PREPRINT_DOI = re.compile(
    r"10\.(?:1101|64898)/(?:\d{4}\.\d\d\.\d\d\.)?\d{6,8}$|10\.21203/rs\.|10\.20944/preprints", re.IGNORECASE
)
_PREPRINT_PAGE = re.compile(r"/content/(10\.(?:1101|64898)/[\d.]+)(v\d+)?")


@dataclass(frozen=True, slots=True)
class Item:
    """guid, link, title as they are compared; `said` is everything that the feed said, for the payload."""

    guid: str
    link: str  # without what counts visitors, without scheme and www
    title: str
    day: str
    said: Mapping[str, Any]


def item(read: Mapping[str, Any]) -> Item:
    return Item(read["guid"], same_page(read["link"]), read["title"][:TITLE], read["day"], read)


def same_page(address: str) -> str:
    """An address as it is compared, also one that was compared before: http is https, counters of visitors and a last
    slash name no other page."""
    address = html.unescape(address.strip())
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    pairs = parse_qsl(parts.query, keep_blank_values=True) if host != _PUBMED else []
    kept = [(name, value) for name, value in pairs if not _COUNTERS.fullmatch(name)]
    query, place = (f"?{urlencode(kept)}" if kept else ""), (f"#{parts.fragment}" if parts.fragment else "")
    return host + parts.path.rstrip("/") + query + place if host else ""


def body(read: Mapping[str, Any], key: str, day: str) -> bytes:
    """The bytes of an item that are kept: what it said, its id, and the day on which it was read."""
    return as_json({**read, "id": key, "seen": day}, sort_keys=True).encode("utf-8", "backslashreplace")


def sha256(read: Mapping[str, Any], key: str) -> str:
    """Equal exactly when a reader would see the same: a link's counters and a guid that always changes do not tell."""
    seen = {**read, "id": key, "link": same_page(str(read["link"])), "guid": ""}
    return hashlib.sha256(as_json(seen, sort_keys=True).encode("utf-8", "backslashreplace")).hexdigest()


def record(raw: bytes) -> Record:
    """The record of an item's bytes. Raises RecordError."""
    try:
        read = json.loads(raw)
        key, title, text = str(read["id"]), str(read["title"])[:TITLE], str(read["summary"])
        latest = str(date.fromisoformat(read["seen"]) + timedelta(days=2))  # zones, and a clock that is a little off
        own = _own_ids(read)
        doi = own.get("doi", "")
        preprint = bool(_PREPRINT_DOI.match(doi))
        return Record(
            id=key,
            source="feeds",
            kind="article" if doi or "pmid" in own else "news",
            title=title or _beginning(text) or "(no title)",
            abstract=text,
            url=_web(read["link"]) or _web(read["guid"]),
            venue=read["venue"] or read.get("channel", ""),
            authors=tuple(_authors(read["authors"])),
            types=("Preprint",) if preprint else (),
            terms=tuple(filter(None, read["terms"])),
            doi=doi,
            published=_date(read["published"], read["day"], latest),
            links=tuple(_links(own, title, text)),
            raw=raw,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RecordError("feed item: what is kept of it cannot be read") from None


def _beginning(text: str) -> str:
    """Of an item without a title, as short notes often are: its first words."""
    first = text.partition("\n")[0]
    return first if len(first) <= _HEADING else first[:_HEADING].rpartition(" ")[0] + " ..."


def _own_ids(read: Mapping[str, Any]) -> dict[str, str]:
    """What the item is, by its guid, link and identifiers: pmid, nct, doi. What its text names is another matter."""
    told = [read["guid"], read["link"], *read["identifiers"]]
    found: dict[str, str] = {}
    for text in told:
        if match := _PUBMED_PAGE.search(text) or re.fullmatch(r"pubmed:(\d{1,9})", text):
            found.setdefault("pmid", match[1])
        elif ("clinicaltrials.gov" in text and (match := _NCT.search(text))) or (match := re.fullmatch(_NCT, text)):
            found.setdefault("nct", match[0].upper())
        if match := _PREPRINT_PAGE.search(text) or _DOI_SAID.search(text) or re.match(_DOI, text):
            found.setdefault("doi", _whole_doi(match[1] if match.re.groups else match[0]))
    return found


def _whole_doi(text: str) -> str:
    text = re.sub(r"(?:v\d+)?(?:\.(?:full|abstract|short))?$", "", text.rstrip(".,;)")) if "1101/" in text else text
    return text.rstrip(".,;)").lower()


def _links(own: Mapping[str, str], title: str, text: str) -> Iterator[Link]:
    """Each PubMed record, trial and DOI that the item is about or names, once, with the words that name it."""
    seen = set[str]()
    if "pmid" in own:
        seen.add(f"pubmed-{own['pmid']}")
        yield Link("mentions", f"pubmed-{own['pmid']}", "link")
    if "nct" in own:
        seen.add(own["nct"])
        yield Link("mentions", own["nct"], "link")
    if own.get("doi"):
        seen.add(f"doi-{own['doi']}")
    for origin, words in (("title", title), ("abstract", text)):
        for target, start, end in _named(words):
            if target not in seen and len(seen) < MOST_LINKS:
                seen.add(target)
                yield Link("mentions", target, origin, _around(words, start, end))


def _named(words: str) -> Iterator[tuple[str, int, int]]:
    """(record or DOI, start, end) of what a text names."""
    for trial, start in named(words):
        yield trial, start, start + len(trial)
    for pattern in (_PMID_SAID, _PUBMED_PAGE):
        for match in pattern.finditer(words):
            yield f"pubmed-{match[1]}", match.start(), match.end()
    for match in _DOI_SAID.finditer(words):
        yield f"doi-{_whole_doi(match[1])}", match.start(), match.end()


def _around(text: str, start: int, end: int) -> str:
    return text[max(0, start - 100) : end + 100].strip()


def _authors(names: Sequence[str]) -> Iterator[Author]:
    """dc:creator holds one author or all of them ("Kukla, D., Crampton, A."; "Ann Fern, Bob Moss, MD"), and at times an
    e-mail address."""
    for name in names:
        one = _EMAIL.sub("", name).strip()
        initials = re.findall(r"([^,;]+),\s*((?:[A-Z]\.[ -]?)+)", one)
        parts = [part.strip() for part in re.split(r"[,;]| and ", one) if part.strip()]
        parts = [part for part in parts if not _DEGREES.fullmatch(part)]
        if len(initials) > 1:
            yield from (_author(given.strip(), family.strip()) for family, given in initials)
        elif len(parts) == 2 and ("," in one and " " not in parts[0]):
            yield _author(parts[1], parts[0])
        else:
            yield from (_author(*_split(part)) for part in parts)


def _split(name: str) -> tuple[str, str]:
    given, _, family = name.rpartition(" ")
    return given, family


def _author(given: str, family: str) -> Author:
    return Author(name=f"{given} {family}".strip(), family=family, given=given)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _date(said: Sequence[str], day: str, latest: str) -> str:
    """The first day that was said and can be true, in the precision in which it was said; "" where there is none."""
    for one in filter(None, said):
        text = _exact(one) or (day if not re.match(r"-?\d{4}-", one) else "")
        found = partial(text)
        if text and found == text and int(found[:4]) >= _OLDEST and found <= latest[: len(found)]:
            return found
    return ""


def _exact(said: str) -> str:
    """2026-11-16, 2026-11, 2026, 20261116 or 16-Nov-2026; "" for other forms, which feedparser reads."""
    said = said.strip()
    if match := re.match(r"(-?\d{4}(?:-\d\d){0,2})(?![\d-])", said):
        return match[1]
    if match := re.fullmatch(r"(\d{4})(\d\d)(\d\d)", said):
        return "-".join(match.groups())
    match = re.fullmatch(r"(\d\d?)-([A-Za-z]{3})[a-z]*-(\d{4})", said)
    if match and match[2].lower() in _MONTHS:
        return f"{match[3]}-{_MONTHS.index(match[2].lower()) + 1:02}-{int(match[1]):02}"
    return ""


def _web(address: str) -> str:
    """A link that a reader may follow, or ""."""
    try:
        return web_address(html.unescape(address.strip()).replace(" ", "%20")) if len(address) < 2_000 else ""
    except ValueError:
        return ""
