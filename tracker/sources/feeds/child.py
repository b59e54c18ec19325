"""Reads one feed and ends: RSS 0.9 to 2.0, RDF, Atom through feedparser, JSON Feed by hand. A process of its own.

    python child.py TYPE ADDRESS < body        ->  one line of JSON: {format, title, whole, odd, items: [{...}]}

A feed can be made to cost any amount of time and memory: the process has a limit of both, and its parent goes on.
It stands by itself and imports nothing of ours, so that it begins in a tenth of a second.
"""

import contextlib
import json
import re
import sys
from typing import Any

CPU_SECONDS, MEMORY = 10, 1_000_000_000
MOST_ITEMS = 5_000
MOST_TEXT = 200_000  # characters of one field

_ROOT_END = re.compile(rb"</\s*(?:\w+:)?(?:rss|feed|rdf)\s*>(?:\s|<!--.*?-->)*$", re.IGNORECASE | re.DOTALL)
_ITEM_END = re.compile(rb"</\s*(?:\w+:)?(?:item|entry)\s*>|<(?:\w+:)?(?:item|entry)\b[^>]*/>", re.IGNORECASE)
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)


def main() -> int:
    _limit()
    kind, address = sys.argv[1:3]
    body = sys.stdin.buffer.read()
    found = _json(body) if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else _xml(body, kind, address)
    sys.stdout.write(json.dumps(found))  # ASCII: half a surrogate pair must not stop it
    return 0


def _limit() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _xml(body: bytes, kind: str, address: str) -> dict[str, Any]:
    plain = body.replace(b"\0", b"")  # UTF-16, as far as tags go
    if _ENTITY.search(plain):
        return {"refused": "it declares entities of its own, which no feed needs"}
    import feedparser

    place = {"content-location": address}
    read = feedparser.parse(body, response_headers=place | ({"content-type": kind} if kind else {}))
    if not read.version and not read.entries:  # the document knows its encoding better than some servers do
        read = feedparser.parse(body, response_headers=place)
    if not read.version and not read.entries:
        return {"refused": "it is no feed" + (f" ({kind.partition(';')[0]})" if kind else "")}
    whole = bool(_ROOT_END.search(plain[-4_096:]))
    complete = len(_ITEM_END.findall(plain))
    entries = read.entries if whole else read.entries[:complete]
    if len(entries) > MOST_ITEMS:
        return {"refused": f"it has {len(entries):,} items, and no feed that is read has more than {MOST_ITEMS:,}"}
    odd = type(read.bozo_exception).__name__ if read.bozo and whole else ""
    return {
        "format": read.version,
        "title": _text(read.feed.get("title")),
        "whole": whole,
        "odd": "" if odd == "CharacterEncodingOverride" else odd,
        "items": [_item(entry) for entry in entries],
    }


def _item(entry: Any) -> dict[str, Any]:
    body = max((_text(part.get("value")) for part in entry.get("content", ())), key=len, default="")
    return {
        "guid": _text(entry.get("id")),
        "link": _text(entry.get("link")),
        "title": _text(entry.get("title")),
        "summary": max(_text(entry.get("summary")), body, key=len),
        "published": _text(entry.get("published") or entry.get("prism_publicationdate") or entry.get("updated")),
        "day": _day(entry.get("published_parsed") or entry.get("updated_parsed")),
        "authors": [_text(author.get("name")) for author in entry.get("authors", ()) if author.get("name")],
        "terms": [_text(tag.get("term")) for tag in entry.get("tags", ()) if tag.get("term")],
        "identifiers": [
            _text(entry.get(name)) for name in ("dc_identifier", "prism_doi", "prism_url") if entry.get(name)
        ],
        "venue": _text(entry.get("prism_publicationname") or entry.get("dc_source")),
    }


def _text(value: Any) -> str:
    return value[:MOST_TEXT] if isinstance(value, str) else ""


def _day(parsed: Any) -> str:
    return f"{parsed.tm_year:04}-{parsed.tm_mon:02}-{parsed.tm_mday:02}" if parsed else ""


def _json(body: bytes) -> dict[str, Any]:
    """JSON Feed, versions 1 and 1.1. A file that was cut off is no JSON: nothing of it is read."""
    try:
        feed = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return {"refused": "it is no feed: JSON that cannot be read, or was cut off"}
    if not isinstance(feed, dict) or "jsonfeed.org" not in str(feed.get("version")):
        return {"refused": "it is no feed: JSON, but no JSON Feed"}
    items = feed.get("items")
    entries = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    if len(entries) > MOST_ITEMS:
        return {"refused": f"it has {len(entries):,} items, and no feed that is read has more than {MOST_ITEMS:,}"}
    return {
        "format": "json",
        "title": _text(feed.get("title")),
        "whole": True,
        "odd": "",
        "items": [_json_item(entry) for entry in entries],
    }


def _json_item(entry: dict[str, Any]) -> dict[str, Any]:
    authors = entry.get("authors") or ([entry["author"]] if isinstance(entry.get("author"), dict) else [])
    tags = entry.get("tags")
    return {
        "guid": str(entry.get("id") or "")[:MOST_TEXT],
        "link": _text(entry.get("url") or entry.get("external_url")),
        "title": _text(entry.get("title")),
        "summary": _text(entry.get("content_html") or entry.get("content_text") or entry.get("summary")),
        "published": _text(entry.get("date_published") or entry.get("date_modified")),
        "day": _text(entry.get("date_published") or entry.get("date_modified"))[:10],
        "authors": [_text(one.get("name")) for one in authors if isinstance(one, dict) and one.get("name")],
        "terms": [_text(tag) for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else [],
        "identifiers": [],
        "venue": "",
    }


if __name__ == "__main__":
    sys.exit(main())
