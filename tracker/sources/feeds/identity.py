"""Which item is which: senders change guids, use them twice, give one link to all, and rebuild feeds. Pure.

No single thing names an item. The title with the link, the guid or the day does; the link with the guid does where the
titles are alike or the days are equal; either of them where the titles are alike. A link or guid that several items of
one document have names none of them. Each held item is taken once, by the item that has most in common with it.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from tracker.dates import from_stamp
from tracker.records import HeldItem
from tracker.sources.feeds.items import Item, same_page

# A feed that was rebuilt lists what it listed before under other names: that is not news.
_MANY, _FLOOD, _FEW, _SHARE = 100, 20, 5, 0.5
_EARLIER = timedelta(days=3)  # before the last reading: zones, and senders that date back


def identify(feed: str, items: Sequence[Item], held: Iterable[HeldItem]) -> list[tuple[str, Item]]:
    """Each item, once, with its id: that of the held item that it is, or a new one. Shared links and guids are gone."""
    links, guids = _shared(one.link for one in items), _shared(one.guid for one in items)
    named = list(dict.fromkeys(_Named(one, links, guids) for one in items))
    known = _Known(held)
    found: dict[_Named, str] = {}
    taken: set[str] = set()
    for _, place, record in sorted(known.pairs(named), key=lambda pair: (-pair[0], pair[1])):
        if named[place] not in found and record not in taken:
            found[named[place]] = record
            taken.add(record)
    return [(found.get(one) or one.new(feed), one.as_item()) for one in named]


def _shared(names: Iterable[str]) -> set[str]:
    return {name for name, count in Counter(names).items() if count > 1}


class _Named:
    """An item by what names it; two that are equal in all of it are one."""

    def __init__(self, one: Item, links: set[str], guids: set[str]) -> None:
        self.item = one
        self.link = "" if one.link in links else one.link
        self.guid = "" if one.guid in guids else one.guid
        self.words = " ".join(one.title.casefold().split())
        self.day = one.day
        self._all = (self.link, self.guid, self.words, self.day)

    def __hash__(self) -> int:
        return hash(self._all)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Named) and self._all == other._all

    def new(self, feed: str) -> str:
        name = "\n".join((feed, *self._all))
        return "feed-" + hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:16]

    def as_item(self) -> Item:
        return replace(self.item, link=self.link, guid=self.guid)


class _Known:
    """The held items, by each thing that may name them."""

    def __init__(self, held: Iterable[HeldItem]) -> None:
        self._by: dict[tuple[str, str], list[_Named]] = {}
        self._record: dict[_Named, str] = {}
        for one in held:
            named = _Named(Item(one.guid, same_page(one.link), one.title, one.day, {}), set(), set())
            self._record[named] = one.record
            for name in (
                named.link and ("link", named.link),
                named.guid and ("guid", named.guid),
                ("title", named.words),
            ):
                if name:
                    self._by.setdefault(name, []).append(named)

    def pairs(self, items: Sequence[_Named]) -> Iterator[tuple[int, int, str]]:
        """(how much they have in common, place of the item, record) of whatever may be the same."""
        for place, one in enumerate(items):
            names = (("link", one.link), ("guid", one.guid), ("title", one.words))
            for held in dict.fromkeys(held for name in names for held in self._by.get(name, ())[-50:]):
                if common := _in_common(one, held):
                    yield common, place, self._record[held]


def _in_common(one: _Named, held: _Named) -> int:
    """0 where they are two."""
    link, guid = one.link == held.link != "", one.guid == held.guid != ""
    day, title = one.day == held.day != "", one.words == held.words != ""
    bare = not (one.link or one.guid or one.day or held.link or held.guid or held.day)
    if title:
        same = link or guid or day or bare
    else:
        same = (link and guid and day) or ((link or guid) and _alike(one.words, held.words))
    return 4 * title + 3 * link + 2 * guid + day if same or (title and bare) else 0


def _alike(title: str, other: str) -> bool:
    """A headline that was mended and no other one: most words of the shorter in the longer, and the same figures."""
    words, others = (set(re.findall(r"\w+", one)) for one in (title, other))
    figures = [{word for word in some if any(c.isdigit() for c in word)} for some in (words, others)]
    return figures[0] == figures[1] and len(words & others) > 0.6 * min(len(words), len(others))


def is_flood(found: Sequence[tuple[str, Item]], held: Collection[str], since: str) -> bool:
    """Whether a feed was rebuilt, rather than that so much happened: too much is new at once. What is dated before the
    feed was last read (`since`, a stamp), or not at all, is sooner too much, and most of all where nothing is known.
    """
    if not since:
        return False
    day = str((from_stamp(since) - _EARLIER).date())
    new = [one for key, one in found if key not in held]
    old = [one for one in new if one.day < day]
    most = _SHARE * len(found)
    return len(old) > max(most, _FLOOD if len(new) < len(found) else _FEW) or len(new) > max(most, _MANY)
