"""What moved, as an Atom feed (RFC 4287): one entry an event, which keeps its id for ever, the newest first."""

import re
from collections.abc import Iterator, Sequence
from sqlite3 import Connection
from xml.etree.ElementTree import Element, SubElement, tostring

from tracker.export.entry import Choice, Move, told

MOST = 500
_TAG = "tag:follicle-tracker,2026:"
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SEVERITY = {3: "high", 2: "medium", 1: "low"}


def atom(choice: Choice) -> Iterator[str]:
    yield feed("What moved in the regenerative treatment of hair loss", "what-moved", choice.moves(MOST))


def feed_of(connection: Connection, digest: str) -> str:
    """The feed of what the issues of a digest have told."""
    return feed(f"tracker: {digest}", f"digest/{digest}", told(connection, digest, MOST))


def feed(title: str, name: str, moves: Sequence[Move]) -> str:
    """The feed of these moves. `name` makes its id; the same moves give the same bytes."""
    root = Element("feed", xmlns="http://www.w3.org/2005/Atom")
    _text(root, "id", _TAG + name)
    _text(root, "title", title)
    _text(root, "updated", max((move.seen for move in moves), default="1970-01-01T00:00:00Z"))
    _text(SubElement(root, "author"), "name", "tracker")
    for move in moves:
        _entry(root, move)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _entry(root: Element, move: Move) -> None:
    entry = SubElement(root, "entry")
    warning = f"[{move.notice.upper()}] " if move.notice else ""
    _text(entry, "id", f"{_TAG}{move.record}/{move.seen}/{move.id}")
    _text(entry, "title", f"{warning}{move.headline}")
    _text(entry, "updated", move.seen)
    SubElement(entry, "link", rel="alternate", href=_plain(move.url))
    SubElement(entry, "category", term=move.kind)
    SubElement(entry, "category", term=_SEVERITY.get(move.severity, "low"))
    _text(entry, "summary", f"{warning}{move.title}")


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _plain(text)


def _plain(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NO_XML.sub("", text)
