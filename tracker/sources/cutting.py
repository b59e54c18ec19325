"""A stream of bytes cut into the payloads of its records: PubMed XML, MEDLINE, JSON of ClinicalTrials.gov and CTIS.

Nothing is interpreted, and no more is held than one record and one piece of the stream. What is wrong with a record is
left to its reader; what is wrong with the stream itself (cut off, words where records should be) is a SourceError,
raised after every whole record that stands before it.
"""

import codecs
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tracker.errors import SourceError
from tracker.records import Payload
from tracker.sources.clinicaltrials.api import payload_of
from tracker.sources.registries.cut import json_payload
from tracker.sources.versions import citation_version

MAX_RECORD = 64_000_000  # bytes; as much as one answer of a source may have


@dataclass(frozen=True, slots=True)
class Deletion:
    """A DeleteCitation: what PubMed no longer holds, as (PMID, version in four digits)."""

    citations: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """A record that lost its end while others after it are whole: kept in quarantine, never read."""

    payload: Payload
    reason: str


_OPENING = re.compile(rb"<(PubmedArticle|PubmedBookArticle|DeleteCitation)(?:\s[^<>]*)?(?<!/)>")
_CLOSING = {
    name: re.compile(rb"</" + name + rb"\s*>") for name in (b"PubmedArticle", b"PubmedBookArticle", b"DeleteCitation")
}
_BETWEEN = re.compile(
    rb"(?:\s+|\xef\xbb\xbf|<\?[^>]*\?>|<!DOCTYPE[^>\[]*>|<!--.*?-->|</?PubmedArticleSet\b[^<>]*>|<DeleteCitation\s*/>)*",
    re.DOTALL,
)
_SET = re.compile(rb"<(/?)PubmedArticleSet\b[^<>]*?(/?)>")
_PMID = re.compile(rb"<PMID\b([^<>]*)>\s*0*(\d+)\s*</PMID>")


def articles(pieces: Iterable[bytes]) -> Iterator[Payload | Deletion]:
    """The PubmedArticle, PubmedBookArticle and DeleteCitation elements of one set, or of several, or without any."""
    rest, odd, is_open = b"", "", False
    for piece in pieces:
        rest += piece
        at = 0
        while (start := _OPENING.search(rest, at)) and (end := _CLOSING[start[1]].search(rest, start.end())):
            is_open, odd = _between(rest[at : start.start()], is_open, odd)
            # Where another begins before it ends, its own end is missing, and the other is not to suffer for it.
            other = _OPENING.search(rest, start.end(), end.start())
            stop = other.start() if other else end.end()
            yield _element(rest[start.start() : stop])
            at = stop
        rest = rest[at:]
        if len(rest) > MAX_RECORD:
            raise SourceError(f"more than {MAX_RECORD // 1_000_000} MB without the end of a record")
    if unfinished := _OPENING.search(rest):
        pmid = _PMID.search(rest, unfinished.end())
        raise SourceError(f"is cut off within {'PMID ' + pmid[2].decode() if pmid else 'a record'}")
    is_open, odd = _between(rest, is_open, odd)
    if is_open:
        raise SourceError("is cut off: the end of the PubmedArticleSet is missing")
    if odd:
        raise SourceError(f"has something else between its records, passed over: {odd}")


def _between(gap: bytes, is_open: bool, odd: str) -> tuple[bool, str]:
    """What the bytes between two records change: whether a set is open, and the first that does not belong there."""
    for tag in _SET.finditer(gap):
        is_open = not tag[1] and not tag[2]
    known = _BETWEEN.match(gap)
    words = gap[known.end() if known else 0 :]
    return is_open, odd or " ".join(words[:1000].decode(errors="replace").split())[:100]


def _element(body: bytes) -> Payload | Deletion:
    if body.startswith(b"<DeleteCitation"):
        return Deletion(tuple((found[2].decode(), citation_version(found[1])) for found in _PMID.finditer(body)))
    found = _PMID.search(body)  # the first is the record's own: those of comments and references follow it
    return _pubmed(found[2].decode() if found else "", body)


def _pubmed(key: str, body: bytes) -> Payload:
    body = body.strip()
    return Payload("pubmed", key, body, hashlib.sha256(body).hexdigest())


_LINE_PMID = re.compile(rb"^PMID- *0*(\d+)", re.MULTILINE)
_FIELD = re.compile(rb"[A-Z]{2,4} *-(?: |$)")


def medline_records(pieces: Iterable[bytes]) -> Iterator[Payload | Cut]:
    """The records of MEDLINE text: each begins with its PMID, or with any field after a blank line."""
    lines: list[bytes] = []
    size, blank, closed = 0, False, False
    try:
        for line in _lines(pieces):
            if lines and _FIELD.match(line) and (blank or line.startswith(b"PMID-")):
                yield _whole_or_cut(lines, closed)
                closed = closed or _is_closed(lines)
                lines, size = [], 0
            blank = not line.strip(b"\r\n")
            if lines or line.strip():
                lines.append(line)
                size += len(line)
            if size > MAX_RECORD:
                raise SourceError(f"more than {MAX_RECORD // 1_000_000} MB without the end of a record")
    except SourceError:
        if lines and blank:
            yield _medline(lines)
        raise
    if lines:
        yield _last(lines, closed)


def _whole_or_cut(lines: list[bytes], closed: bool) -> Payload | Cut:
    """PubMed ends every record with its source (SO). A file of others that have none is taken as it is."""
    payload = _medline(lines)
    if closed and not _is_closed(lines):
        return Cut(payload, f"pubmed {payload.key or 'record'}: is cut off: its source (SO) is missing")
    return payload


def _last(lines: list[bytes], closed: bool) -> Payload:
    """PubMed ends every record with its source (SO): a last one that lacks it, unlike others, was cut off."""
    payload = _medline(lines)
    if closed and not _is_closed(lines):
        raise SourceError(f"is cut off within PMID {payload.key or '?'}: its last line is not the source (SO)")
    return payload


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).splitlines(keepends=True)
        if rest.endswith(b"\n"):
            whole, rest = [*whole, rest], b""
        yield from whole
        if len(rest) > MAX_RECORD:
            raise SourceError(f"a line of more than {MAX_RECORD // 1_000_000} MB")
    if rest:
        yield rest


def _is_closed(lines: list[bytes]) -> bool:
    return any(line.startswith(b"SO  -") for line in lines)


def _medline(lines: list[bytes]) -> Payload:
    body = b"".join(lines)
    found = _LINE_PMID.search(body)
    return _pubmed(found[1].decode() if found else "", body)


_PAGE = re.compile(r'\{\s*"(?:studies|nextPageToken|totalCount|pagination|data)"\s*:')
_NCT = re.compile(rb'"nctId"\s*:\s*"(NCT\d{8})"')


def studies(pieces: Iterable[bytes]) -> Iterator[Payload]:
    """The studies of JSON: one, one a line, an array of them, pages of an API, or any of these one after the other."""
    text = _Json(pieces)
    first = True
    while char := text.peek():
        try:
            for study in _entries(text, char):
                is_ctis = isinstance(study, dict) and "ctNumber" in study
                if first and not is_ctis and not (isinstance(study, dict) and "protocolSection" in study):
                    raise SourceError("is JSON, but its first entry is no study of ClinicalTrials.gov or CTIS")
                yield json_payload(study) if is_ctis else payload_of(study)
                first = False
        except _BrokenLine as line:
            first = False
            yield _unread(line.body)


def _entries(text: "_Json", char: str) -> Iterator[Any]:
    if char == "[":
        return _array(text)
    return _page(text) if text.matches(_PAGE) else iter([text.value(alone=True)])


class _BrokenLine(Exception):
    """One line of JSON lines that is none."""

    def __init__(self, body: bytes) -> None:
        self.body = body


def _unread(body: bytes) -> Payload:
    found = _NCT.search(body)
    return Payload("clinicaltrials", found[1].decode() if found else "", body, hashlib.sha256(body).hexdigest())


def _array(text: "_Json") -> Iterator[Any]:
    text.take("[")
    if text.peek() != "]":
        yield text.value()
        while text.peek() == ",":
            text.take(",")
            yield text.value()
    text.take("]")


def _page(text: "_Json") -> Iterator[Any]:
    """The entries of "studies" (of CTIS: "data"), whatever stands beside it."""
    text.take("{")
    while True:
        key = text.value()
        text.take(":")
        if key in ("studies", "data") and text.peek() == "[":
            yield from _array(text)
        else:
            text.value()
        if text.peek() != ",":
            break
        text.take(",")
    text.take("}")


class _Json:
    """JSON text that arrives in pieces, of which one value at a time is read.

    Bytes that are no UTF-8 become half surrogates, which the reader of the study then refuses.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._text = ""
        self._at = 0
        self._dropped = 0  # characters before _text

    def peek(self) -> str:
        """The next character that is no blank; "" at the end."""
        while True:
            self._at = _skip(self._text, self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, char: str) -> None:
        found = self.peek()
        if found != char:
            raise self._broken(f"{char} expected", False) if found else SourceError("is cut off within its JSON")
        self._at += 1

    def matches(self, pattern: re.Pattern[str]) -> bool:
        while len(self._text) - self._at < 200 and self._more():
            pass
        return pattern.match(self._text, self._at) is not None

    def value(self, *, alone: bool = False) -> Any:
        """The next value. Raises SourceError, or for one that stands `alone` on its line _BrokenLine."""
        self.peek()
        while True:
            size = len(self._text) - self._at
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                # What ended too early is read again once there is twice as much of it.
                unfinished = error.msg.startswith("Unterminated") or error.pos >= len(self._text) - _LONGEST_WORD
                if unfinished and self._grow(size):
                    continue
                if unfinished:
                    raise SourceError("is cut off within its JSON") from None
                raise self._broken(error.msg, alone) from None
            except (ValueError, RecursionError) as error:  # a number of 5,000 digits; a thousand brackets
                raise self._broken(str(error)[:60], alone) from None
            if end == len(self._text) and isinstance(value, int | float) and self._more():
                continue  # a number may go on
            self._at = end
            return value

    def _grow(self, size: int) -> bool:
        if size > MAX_RECORD:
            raise SourceError(f"more than {MAX_RECORD // 1_000_000} MB without the end of a record")
        grown = False
        while len(self._text) - self._at < 2 * size + 1 and self._more():
            grown = True
        return grown

    def _more(self) -> bool:
        piece = next(self._pieces, None)
        if piece is None:
            return False
        self._dropped += self._at
        self._text = self._text[self._at :] + self._decode(piece)
        self._at = 0
        return True

    def _broken(self, why: str, alone: bool) -> Exception:
        """Of JSON lines one line is lost, and the next begins a study again; anything else cannot be read on."""
        error = SourceError(f"is broken JSON from character {self._dropped + self._at} on: {why}")
        while (end := self._text.find("\n", self._at)) < 0 and self._more():
            pass
        line = self._text[self._at : end]
        if not alone or end < 0:
            return error
        self._at = end + 1
        return _BrokenLine(line.encode("utf-8", "surrogateescape")) if self.peek() in ("{", "") else error


_DECODER = json.JSONDecoder()
_LONGEST_WORD = 10  # -Infinity, false, \ud83d: a word that ends early is complained of where it begins


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
