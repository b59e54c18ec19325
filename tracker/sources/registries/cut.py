"""Files of other registries cut into the payloads of their trials: elements of XML, rows of CSV, objects of JSON.

Held at a time is one trial and one piece of the file. A payload of a row is JSON, so that it needs no header to be
read. Hashes leave out what moves by itself: when, and under which number, ICTRP's portal exported it.
"""

import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tracker.errors import SourceError
from tracker.records import Payload
from tracker.sources.registries import ctis, ictrp, isrctn
from tracker.sources.registries.row import MISFIT, name

MAX_RECORD = 64_000_000  # bytes; as of every other source
_LIMIT = f"more than {MAX_RECORD // 1_000_000} MB without the end of a record"

# Element of a trial -> (source, root of the file, where its number stands).
ELEMENTS = {
    "fullTrial": ("isrctn", "allTrials", re.compile(rb"<isrctn\b[^<>]*>\s*([^<>]{1,40}?)\s*</isrctn\s*>")),
    "Trial": ("ictrp", "Trials_downloaded_from_ICTRP", re.compile(rb"<TrialID\b[^<>]*>\s*([^<>]{1,60}?)\s*</TrialID")),
}
_MOVES = re.compile(rb"<(Export_date|Internal_Number)\b[^<>]*>[^<>]*</\1\s*>")
_KEYS: dict[str, Callable[[str], str]] = {"isrctn": isrctn.key_of, "ctis": ctis.key_of, "ictrp": ictrp.key_of}


def elements(tag: str) -> Callable[[Iterable[bytes]], Iterator[Payload]]:
    """The cutter of files of this element, whether they stand in their root or alone."""
    opening = re.compile(rb"<%s(?:\s[^<>]*)?>" % tag.encode())
    closing = re.compile(rb"</%s\s*>" % tag.encode())
    root = ELEMENTS[tag][1].encode()

    def cut(pieces: Iterable[bytes]) -> Iterator[Payload]:
        rest, roots, read = b"", 0, 0
        for piece in pieces:
            rest += piece
            at = 0
            while (start := opening.search(rest, at)) and (end := closing.search(rest, max(start.end(), read))):
                roots += _roots(root, rest[at : start.start()])
                # One that lost its end is not to take the next one with it.
                other = opening.search(rest, start.end(), end.start())
                stop = other.start() if other else end.end()
                yield _element(tag, rest[start.start() : stop])
                at, read = stop, 0
            rest = rest[at:]
            read = max(0, len(rest) - 40)  # what was looked through for an end is not looked through again
            if len(rest) > MAX_RECORD:
                raise SourceError(_LIMIT)
        if unfinished := opening.search(rest):
            key = _key(tag, rest[unfinished.start() :])
            raise SourceError(f"is cut off within {key or 'a record'}; export it again")
        if roots + _roots(root, rest) > 0:
            raise SourceError(f"is cut off: the end of {root.decode()} is missing")

    return cut


def _roots(root: bytes, gap: bytes) -> int:
    """How many more roots a gap between two trials opens than it closes."""
    opened = re.findall(rb"<%s\b[^<>]*?(/?)>" % root, gap)
    return opened.count(b"") - len(re.findall(rb"</%s\s*>" % root, gap))


def _key(tag: str, body: bytes) -> str:
    source, _, pattern = ELEMENTS[tag]
    found = pattern.search(body)
    return _KEYS[source](found[1].decode(errors="replace")) if found else ""


def _element(tag: str, body: bytes) -> Payload:
    standing = _MOVES.sub(b"", body) if tag == "Trial" else body
    return Payload(ELEMENTS[tag][0], _key(tag, body), body.strip(), hashlib.sha256(standing.strip()).hexdigest())


def json_payload(said: Mapping[str, Any]) -> Payload:
    """A trial of CTIS, as retrieve or search gives it."""
    written = said.get("ctNumber")
    return _json("ctis", ctis.key_of(written) if isinstance(written, str) else "", said, said)


def _json(source: str, key: str, said: Mapping[str, Any], standing: Mapping[str, Any]) -> Payload:
    try:
        body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        facts = json.dumps(standing, sort_keys=True, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half a character: kept as the escape that it came as, for the quarantine
        body = facts = json.dumps(said, separators=(",", ":")).encode()
    except RecursionError:
        raise SourceError(f"{key or 'a trial'} is nested too deeply") from None
    return Payload(source, key, body, hashlib.sha256(facts).hexdigest())


# Of a CSV: the column of the number, and columns of which one must stand beside it.
_COLUMNS = {
    "ictrp": ("trialid", {"source register", "public title", "scientific title"}),
    "ctis": ("trial number", {"overall trial status", "title of the trial"}),
    "isrctn": ("isrctn", {"title", "scientific title", "public title"}),
}


def table(head: bytes) -> Callable[[Iterable[bytes]], Iterator[Payload]] | None:
    """The cutter of a CSV of one of the registries, by the columns in its first line; None for any other text."""
    first = _decoded(head.lstrip(b"\xef\xbb\xbf\r\n \t").splitlines(keepends=True)[0])
    for sign in (",", ";", "\t"):
        columns = [name(heading) for heading in next(csv.reader([first], delimiter=sign), [])]
        for source, (number, others) in _COLUMNS.items():
            if number in columns and others & {*columns}:
                return lambda pieces: rows(pieces, source, sign, number)
    return None


def rows(pieces: Iterable[bytes], source: str, sign: str, number: str) -> Iterator[Payload]:
    """The rows of a CSV, each with the names of its header. What fits the header not is left to its reader to say."""
    csv.field_size_limit(MAX_RECORD)
    lines = _Lines(pieces)
    reader = csv.reader(lines, delimiter=sign)
    header = next(reader, [])
    while True:
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _json(source, "", {MISFIT: f"line {reader.line_num} is no CSV ({error})"}, {})
            continue
        if lines.ended and (len(cells) < len(header) or lines.quotes % 2) and any(cells):
            raise SourceError(f"is cut off within its last row (line {reader.line_num}); export it again")
        if any(cell.strip() for cell in cells):
            yield _row(source, number, header, cells, reader.line_num)


def _row(source: str, number: str, header: list[str], cells: list[str], at: int) -> Payload:
    said = {heading: cell for heading, cell in zip(header, cells, strict=False) if cell.strip()}
    surplus = [cell for cell in cells[len(header) :] if cell.strip()]
    if len(cells) < len(header) or surplus:
        said[MISFIT] = f"line {at} has {len(cells)} columns where the header has {len(header)}"
    standing = {heading: cell for heading, cell in said.items() if name(heading) not in ictrp.MOVES_BY_ITSELF}
    if MISFIT in said:
        return _json(source, "", said, standing)  # its columns have slipped, the number among them
    written = next((cell for heading, cell in said.items() if name(heading) == number), "")
    return _json(source, _KEYS[source](written), said, standing)


class _Lines:
    """Lines of text for the csv module: UTF-8, else Windows-1252, as spreadsheets write it.

    Of the row that is being read, `quotes` are its quotation marks; `ended` is True after the last line.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._lines = self._split(pieces)
        self._next = next(self._lines, None)
        self._taken = 0
        self.quotes = 0
        self.ended = False

    def begin(self) -> None:
        self._taken = self.quotes = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self._next is None:
            raise StopIteration
        line, self._next = self._next, next(self._lines, None)
        self.ended = self._next is None
        self._taken += len(line)
        if self._taken > MAX_RECORD:
            raise SourceError(_LIMIT)
        self.quotes += line.count(b'"')
        return _decoded(line).replace("\0", "")

    @staticmethod
    def _split(pieces: Iterable[bytes]) -> Iterator[bytes]:
        parts: list[bytes] = []
        size, first = 0, True
        for piece in pieces:
            if first:
                piece, first = piece.lstrip(b"\xef\xbb\xbf\r\n \t"), False
            *whole, rest = piece.split(b"\n")
            for line in whole:
                yield b"".join([*parts, line, b"\n"])
                parts, size = [], 0
            parts.append(rest)
            size += len(rest)
            if size > MAX_RECORD:
                raise SourceError(_LIMIT)
        if any(parts):
            yield b"".join(parts)


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")
