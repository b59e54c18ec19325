"""Reads one feed and ends: RSS 0.9 to 2.0, RDF, Atom through feedparser, JSON Feed by hand. A process of its own.

    python child.py TYPE ADDRESS < body        ->  one line of JSON: {format, title, whole, odd, items: [{...}]}

A feed can be made to cost any amount of time and memory: the process has a limit of both, and its parent goes on. Every
text that leaves it is plain: no markup, no control characters, no halves of characters. It stands by itself and imports
nothing of ours, so that it begins in a tenth of a second.
"""

import contextlib
import html
import json
import re
import sys
import unicodedata
import zlib
from typing import Any
from xml.parsers import expat

CPU_SECONDS, MEMORY = 10, 1_000_000_000
MOST_BYTES = 25_000_000  # of what a gzip file holds
MOST_ITEMS = 5_000
MOST_TEXT, MOST_NAME = 100_000, 2_000  # characters of a text, and of a title, a link, a name
MOST_AUTHORS, MOST_TERMS = 500, 50

_ROOT = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf)\b[^>]*>", re.IGNORECASE)
_ROOT_END = re.compile(rb"</\s*(?:\w+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)
_ITEM_END = re.compile(rb"</\s*(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_CHARACTERS = re.compile(rb"(?:&#(?:x[0-9a-f]+|[0-9]+);?)+", re.IGNORECASE)  # by their numbers
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_BLOCK = re.compile(r"/?(?:p|br|div|li|tr|h[1-6]|hr|ul|ol|table|section)\b", re.IGNORECASE)
_SILENT = re.compile(r"(script|style)\b", re.IGNORECASE)
# What feedparser found odd, by the name of its exception; "" where that is no matter.
_ODD = {
    "SAXParseException": "its XML has mistakes",
    "CharacterEncodingOverride": "",
    "CharacterEncodingUnknown": "its encoding is not known",
    "NonXMLContentType": "its server does not call it XML",
    "UndeclaredNamespace": "a prefix in its XML is not declared",
}
_KEPT = "\n\u200c\u200d"  # line ends; the joiners spell words in some scripts


def main() -> int:
    _limit()
    kind, address = sys.argv[1:3]
    body = _unpacked(sys.stdin.buffer.read())
    if text := _utf16(body):
        body, kind = text, kind.partition(";")[0]
    try:
        found = _json(body) if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else _xml(body, kind, address)
    except UnicodeError:
        found = {"refused": "its text is not in the encoding that it declares"}
    sys.stdout.write(json.dumps(found))
    return 0


def _limit() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _unpacked(body: bytes) -> bytes:
    """A gzip file that the server calls no gzip: what it holds, as far as it goes."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(wbits=31).decompress(body, MOST_BYTES)
    except zlib.error:
        return b""


def _utf16(body: bytes) -> bytes:
    """A document in UTF-16 as UTF-8, with or without the mark at its beginning; nothing for any other."""
    little, big = (b"\xff\xfe", b"<\0", b"{\0"), (b"\xfe\xff", b"\0<", b"\0{")
    if not body.startswith((*little, *big)):
        return b""
    text = body.decode("utf-16-le" if body.startswith(little) else "utf-16-be", "replace").lstrip("\ufeff")
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", text).encode("utf-8", "replace")


def _xml(body: bytes, kind: str, address: str) -> dict[str, Any]:
    bare = body.replace(b"\0", b"")  # UTF-16, as far as tags go
    root = _ROOT.search(bare)
    if _ENTITY.search(bare, 0, root.start() if root else len(bare)) or _declares_entities(body):
        return {"refused": "it declares entities of its own, which no feed needs"}
    import feedparser

    body = _CHARACTERS.sub(_true_characters, body)
    place = {"content-location": address}
    read = feedparser.parse(body, response_headers=place | ({"content-type": kind} if kind else {}))
    if not read.get("version") and not read.entries:  # the document knows its encoding better than some servers do
        read = feedparser.parse(body, response_headers=place)
    if not read.get("version") and not read.entries:
        return {"refused": "it is no feed" + (f" ({kind.partition(';')[0]})" if kind else "")}
    ends, last = [end.end() for end in _ITEM_END.finditer(bare)], _last(_ROOT_END, bare)
    empty = root is not None and root[0].endswith(b"/>")
    whole = empty or last > (ends[-1] if ends else 0)
    entries = read.entries if whole else read.entries[: len(ends)]
    odd = type(read.bozo_exception).__name__ if read.bozo and whole else ""
    if whole and not odd and not empty and bare[last:].strip():
        odd = "something stands after its end"
    return _feed(read.version, _name(read.feed.get("title")), [_item(one) for one in entries], whole=whole, odd=odd)


def _true_characters(run: re.Match[bytes]) -> bytes:
    """Numbers of characters as they are, but for those that are none, over which feedparser falls: an emoji that is
    written as two halves is made one, a half alone and what is beyond Unicode go."""
    said = [one.lower() for one in re.findall(rb"&#(\w+)", run[0])]
    numbers = [int(one[1:], 16) if one[:1] == b"x" else int(one) for one in said if len(one) < 9]
    held = [number for number in numbers if number <= sys.maxunicode]
    if len(held) == len(said) and not any(0xD800 <= number <= 0xDFFF for number in held):
        return run[0]
    text = "".join(map(chr, held)).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return b"".join(b"&#%d;" % ord(character) for character in text)


class _EntityError(Exception):
    pass


def _declares_entities(body: bytes) -> bool:
    """By the parser's own word: a root's tag may stand in a comment, and behind it the real declarations."""
    if not _ENTITY.search(body):
        return False

    def refuse(*_declared: object) -> None:
        raise _EntityError

    parser = expat.ParserCreate()
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except _EntityError:
        return True
    except (expat.ExpatError, ValueError, LookupError):
        pass  # no XML: it is read by a parser that knows no entities but those of the prologue
    return False


def _last(pattern: re.Pattern[bytes], text: bytes) -> int:
    """Where the last find ends, 0 where there is none."""
    return max((match.end() for match in pattern.finditer(text)), default=0)


def _feed(form: str, title: str, items: list[dict[str, Any]], *, whole: bool, odd: str) -> dict[str, Any]:
    if len(items) > MOST_ITEMS:
        return {"refused": f"it has {len(items):,} items, and no feed that is read has more than {MOST_ITEMS:,}"}
    return {"format": form, "title": title, "whole": whole, "odd": _ODD.get(odd, odd), "items": items}


def _item(entry: Any) -> dict[str, Any]:
    bodies = [entry.get("summary"), *(part.get("value") for part in entry.get("content", ()))]
    times = (entry.get("published_parsed"), entry.get("updated_parsed"))
    return {
        "guid": _name(entry.get("id")),
        "link": _name(entry.get("link")),
        "title": _name(entry.get("title")),
        "summary": max(map(_text, bodies), key=len),
        "published": [_name(entry.get(name)) for name in ("published", "updated", "prism_publicationdate")],
        "day": next((f"{one.tm_year:04}-{one.tm_mon:02}-{one.tm_mday:02}" for one in times if one), ""),
        "authors": [_name(one.get("name")) for one in entry.get("authors", ())[:MOST_AUTHORS]],
        "terms": [_name(tag.get("term")) for tag in entry.get("tags", ())[:MOST_TERMS]],
        "identifiers": [_name(entry.get(name)) for name in ("dc_identifier", "prism_doi", "prism_url")],
        "venue": _name(entry.get("prism_publicationname") or entry.get("dc_source")),
    }


def _json(body: bytes) -> dict[str, Any]:
    """JSON Feed, versions 1 and 1.1. A file that was cut off is no JSON: nothing of it is read."""
    try:
        feed = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return {"refused": "it is no feed: JSON that cannot be read, or was cut off"}
    if not isinstance(feed, dict) or "jsonfeed.org" not in str(feed.get("version")):
        return {"refused": "it is no feed: JSON, but no JSON Feed"}
    entries = [_json_item(one) for one in _list(feed.get("items")) if isinstance(one, dict)]
    return _feed("json", _name(feed.get("title")), entries, whole=True, odd="")


def _json_item(entry: dict[str, Any]) -> dict[str, Any]:
    authors = _list(entry.get("authors")) or [entry.get("author")]
    dates = [_name(entry.get(name)) for name in ("date_published", "date_modified")]
    return {
        "guid": _name(str(entry.get("id") or "")),
        "link": _name(entry.get("url") or entry.get("external_url")),
        "title": _name(entry.get("title")),
        "summary": _text(entry.get("content_html") or entry.get("content_text") or entry.get("summary")),
        "published": dates,
        "day": next(filter(None, dates), "")[:10],
        "authors": [_name(one.get("name")) for one in authors[:MOST_AUTHORS] if isinstance(one, dict)],
        "terms": [_name(tag) for tag in _list(entry.get("tags"))[:MOST_TERMS]],
        "identifiers": [],
        "venue": "",
    }


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _name(value: Any) -> str:
    """On one line."""
    return " ".join(_plain(value, MOST_NAME).split())


def _text(value: Any) -> str:
    """With the lines of its blocks."""
    return "\n".join(filter(None, (" ".join(row.split()) for row in _plain(value, MOST_TEXT).split("\n"))))


def _plain(value: Any, most: int) -> str:
    if not isinstance(value, str):
        return ""
    text = "".join(_pieces(value)) if "<" in value else html.unescape(value)
    return "".join(c for c in text[:most] if c in _KEPT or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn"))


def _pieces(text: str) -> list[str]:
    """A text without its tags, comments, scripts and styles; each character is looked at a few times at most."""
    low, out, at = text.lower(), [], 0
    missing: set[str] = set()  # ends that do not come any more
    while (start := text.find("<", at)) >= 0:
        out.append(html.unescape(text[at:start]))
        tag = text[start + 1 : start + 12]
        silent = _SILENT.match(tag)
        sought = f"</{silent[1].lower()}" if silent else "-->" if tag.startswith("!--") else ">"
        is_tag = tag[:1].isalpha() or tag[:1] in ("/", "!", "?")
        end = low.find(sought, start) if is_tag and sought not in missing else -1
        if end < 0:
            missing.update({sought} if is_tag else ())
            out.append("" if is_tag else "<")
            at = start + 1
            continue
        if _BLOCK.match(tag):
            out.append("\n")
        at = end + (0 if silent else len(sought))
    out.append(html.unescape(text[at:]))
    return out


if __name__ == "__main__":
    sys.exit(main())
