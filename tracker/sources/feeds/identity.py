"""Which item is which: senders change guids, use them twice, give one link to all, and rebuild feeds. Pure.

No single thing names an item. Two of link, guid, title and day have to agree: the title with any other; the link with
the day; the link with the guid where the titles are alike, for a guid is used again for other texts. A link or guid
that several items of one document have names none of them.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tracker.records import HeldItem
from tracker.sources.feeds.items import Item

# A feed that was rebuilt lists what it listed before under other names: that is not news.
_FLOOD, _SHARE = 20, 0.5


def identify(feed: str, items: Sequence[Item], held: Iterable[HeldItem]) -> Iterator[tuple[str, Item]]:
    """Each item, once, with its id: that of the held item that it is, or a new one."""
    links, guids = _shared(one.link for one in items), _shared(one.guid for one in items)
    known = _Known(held)
    given = set[str]()
    for one in items:
        named = replace(one, link="" if one.link in links else one.link, guid="" if one.guid in guids else one.guid)
        key = known.find(named) or _new(feed, named)
        if key not in given:  # listed twice in one document
            given.add(key)
            yield key, one


def _shared(names: Iterable[str]) -> set[str]:
    return {name for name, count in Counter(names).items() if count > 1}


class _Known:
    """The held items, by each thing that may name them; the newest first."""

    def __init__(self, held: Iterable[HeldItem]) -> None:
        self._by: dict[tuple[str, str], list[HeldItem]] = {}
        for one in reversed(list(held)):
            for name in (("link", one.link), ("guid", one.guid), ("title", _words(one.title))):
                if name[1]:
                    self._by.setdefault(name, []).append(one)

    def find(self, one: Item) -> str:
        names = (("title", _words(one.title)), ("link", one.link), ("guid", one.guid))
        candidates = (held for name in names for held in self._by.get(name, ()))
        return next((held.record for held in candidates if _is(one, held)), "")


def _is(one: Item, held: HeldItem) -> bool:
    link, guid = bool(one.link) and one.link == held.link, bool(one.guid) and one.guid == held.guid
    day = one.day == held.day
    if _words(one.title) == _words(held.title) != "":
        return link or guid or day
    return link and (day or (guid and _alike(one.title, held.title)))


def _alike(title: str, other: str) -> bool:
    """Most words of the shorter one are in the other: a headline that was mended, and no other headline."""
    words, others = set(_words(title).split()), set(_words(other).split())
    return len(words & others) > 0.6 * min(len(words), len(others))


def _new(feed: str, one: Item) -> str:
    name = "\n".join((feed, one.link, one.guid, _words(one.title), one.day))
    return "feed-" + hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _words(title: str) -> str:
    return " ".join(title.casefold().split())


def is_flood(new: int, listed: int) -> bool:
    """Whether so much is new at once that the feed was rebuilt, rather than that so much happened."""
    return new > _FLOOD and new > _SHARE * listed
