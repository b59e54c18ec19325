"""One item of a feed: what the child process read, cleaned, and the record that it is. Pure.

An item is plain text here: its markup is taken off, its links are kept only where they are web addresses, its dates
only where they can be true. What it said is in its payload, whole.
"""

import hashlib
import html
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tracker.config.hosts import web_address
from tracker.dates import partial
from tracker.errors import RecordError
from tracker.records import Author, Link, Record, as_json

TITLE, TEXT = 1_000, 100_000  # characters that are stored of a title, and of a text
MOST_LINKS = 50  # of one item: a page of links names nothing
_OLDEST = 1990  # feeds are younger

# What senders add to a link to see who comes: it names no other page.
_COUNTERS = re.compile(r"utm_\w+|fc|ff|v|dgcid|rss|src|af|ref|cmpid|mc_[ce]id|fbclid|gclid", re.IGNORECASE)
_BLOCKS = {"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "hr", "ul", "ol", "table", "section"}
_SILENT = {"script", "style"}
_EMAIL = re.compile(r"\s*\(?[\w.+-]+@[\w-]+\.[\w.-]+\)?")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"'<>?#&\\]+")
_DOI_SAID = re.compile(r"(?:\bdoi\b[:\s/]*(?:org/)?|doi\.org/)(10\.\d{4,9}/[^\s\"'<>?#&\\]+)", re.IGNORECASE)
_NCT = re.compile(r"\bNCT\d{8}\b", re.IGNORECASE)
_PMID_SAID = re.compile(r"\b(?:pmid|pubmed)[:\s]{1,3}(\d{5,9})\b", re.IGNORECASE)
_PUBMED_PAGE = re.compile(r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/)(\d{5,9})\b")
_PREPRINT_DOI = re.compile(r"10\.(?:1101|64898|21203/rs\.|20944/preprints)", re.IGNORECASE)
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
    return Item(
        guid=str(read["guid"]).strip(),
        link=same_page(str(read["link"])),
        title=plain(str(read["title"]), TITLE),
        day=str(read["day"]),
        said=read,
    )


def same_page(address: str) -> str:
    """An address as it is compared: http is https, counters of visitors and a last slash name no other page."""
    try:
        parts = urlsplit(html.unescape(address.strip()))
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    kept = [(name, value) for name, value in parse_qsl(parts.query) if not _COUNTERS.fullmatch(name)]
    return host + parts.path.rstrip("/") + (f"?{urlencode(kept)}" if kept else "") if host else ""


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
        key, title, summary = str(read["id"]), str(read["title"]), str(read["summary"])
        latest = str(date.fromisoformat(read["seen"]) + timedelta(days=2))  # zones, and a clock that is a little off
    except (ValueError, KeyError, TypeError):
        raise RecordError("feed item: what is kept of it cannot be read") from None
    title, text = plain(title, TITLE), plain(summary, TEXT, lines=True)
    own = _own_ids(read)
    doi = own.get("doi", "")
    preprint = bool(doi and _PREPRINT_DOI.match(doi))
    scholarly = preprint or "pmid" in own or bool(doi)
    return Record(
        id=key,
        source="feeds",
        kind="article" if scholarly else "news",
        title=title or "(no title)",
        abstract=text,
        url=_web(str(read["link"])) or _web(str(read["guid"])),
        venue=plain(str(read["venue"]), 200) or plain(str(read.get("channel", "")), 200),
        authors=tuple(_authors(read["authors"])),
        types=("Preprint",) if preprint else (),
        terms=tuple(filter(None, (plain(str(term), 100) for term in read["terms"])))[:50],
        doi=doi,
        published=_date(str(read["published"]), str(read["day"]), latest),
        links=tuple(_links(own, title, text)),
        raw=raw,
    )


def _own_ids(read: Mapping[str, Any]) -> dict[str, str]:
    """What the item is, by its guid, link and identifiers: pmid, nct, doi. What its text names is another matter."""
    told = [str(read["guid"]), str(read["link"]), *map(str, read["identifiers"])]
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
    for match in _NCT.finditer(words):
        yield match[0].upper(), match.start(), match.end()
    for pattern in (_PMID_SAID, _PUBMED_PAGE):
        for match in pattern.finditer(words):
            yield f"pubmed-{match[1]}", match.start(), match.end()
    for match in _DOI_SAID.finditer(words):
        yield f"doi-{_whole_doi(match[1])}", match.start(), match.end()


def _around(text: str, start: int, end: int) -> str:
    return text[max(0, start - 100) : end + 100].strip()


def _authors(names: list[Any]) -> Iterator[Author]:
    """dc:creator holds one author or a list of them ("Kukla, D., Crampton, A."), and at times an e-mail address."""
    for name in names[:500]:
        one = plain(_EMAIL.sub("", str(name)), 200)
        parts = re.findall(r"([^,;]+),\s*((?:[A-Z]\.[ -]?)+)", one)
        if len(parts) > 1:
            yield from (Author(name=f"{family.strip()} {given.strip()}", family=family.strip(), given=given.strip())
                        for family, given in parts)  # fmt: skip
        elif one.count(",") == 1:
            family, given = (part.strip() for part in one.split(","))
            yield Author(name=f"{given} {family}".strip(), family=family, given=given)
        elif one:
            given, _, family = one.rpartition(" ")
            yield Author(name=one, family=family, given=given)


def _date(said: str, day: str, latest: str) -> str:
    """The day that was said, in the precision in which it was said; "" where it is none, or cannot be true."""
    exact = re.match(r"-?\d+(?:-\d\d)*(?![\d-])", said.strip())
    wanted = exact[0] if exact and not re.match(r"\d\d? ", said.strip()) else day
    found = partial(wanted)
    return found if found == wanted != "" and int(found[:4]) >= _OLDEST and found <= latest[: len(found)] else ""


def _web(address: str) -> str:
    """A link that a reader may follow, or ""."""
    try:
        return web_address(html.unescape(address.strip()).replace(" ", "%20")) if len(address) < 2_000 else ""
    except ValueError:
        return ""


def plain(text: str, limit: int, *, lines: bool = False) -> str:
    """Text without markup, control characters and half characters; on one line, or with the lines of its blocks."""
    if "<" in text or "&" in text:
        text = _without_markup(text)
    text = "".join(c for c in text if c in "\n\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn"))
    rows = (" ".join(row.split()) for row in text.split("\n"))
    text = ("\n" if lines else " ").join(filter(None, rows))
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _without_markup(text: str) -> str:
    stripper = _Stripper()
    stripper.feed(text)
    stripper.close()
    return "".join(stripper.pieces)


class _Stripper(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data)
