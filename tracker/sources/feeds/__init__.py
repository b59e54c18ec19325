"""Feeds: RSS, RDF, Atom and JSON Feed, from whatever address queries.toml names.

asking     the HTTP: what changed, where it moved, what is refused
child      the reading of the document, in a process with limits
identity   which item is one that is held, whatever became of its guid
items      one item as a record
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from tracker.config import Feed, Query, SourceSettings
from tracker.dates import from_stamp
from tracker.errors import SourceError
from tracker.records import FeedState, Held, HeldItem, Listing, Payload, Record
from tracker.sources.feeds import asking, identity, items
from tracker.web import Answer, Web

CHILD = Path(__file__).with_name("child.py")
WHOLE_EVERY = timedelta(days=7)  # a validator that never changes must not hide what did
_SECONDS = 60  # for the child, whatever its limit of CPU time says
_MOST = 50_000_000  # bytes of what it makes of a document


class Feeds:
    walks_whole = True

    def __init__(self, settings: SourceSettings) -> None:
        self.settings = settings

    def fetch(self, query: Query, held: Held, web: Web) -> Iterator[Payload | Listing]:
        """Every item of the feed that is not held as it is; last the listing, only when the document was whole."""
        feed, state = query.feed, held.feed
        if feed is None:
            return
        if state.disabled and state.url == feed.url and not held.full:
            raise SourceError(
                f"{feed.url}: gone for good since {state.disabled[:10]} (410), not asked: mend its url or take it out;"
                f" tracker fetch {feed.name} --full asks once more"
            )
        if state.url != feed.url:  # never asked, or its address was mended
            state = FeedState(url=feed.url, items=state.items, others=state.others)
        asked = asking.ask(feed, replace(state, disabled=""), web, whole=held.full or _stale(state, held.now))
        if asked.answer is None:
            yield Listing(ids=(), feed=asked.state, rolling=True, notes=("unchanged since it was last read",))
            return
        try:
            read = read_document(feed, asked.answer, asked.address)
            answers = list(_payloads(feed, read, asked.state, held))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            # A bug of ours must not cost the other feeds and sources: it is said, and the next fetch reads it again.
            raise SourceError(
                f"{feed.url}: cannot be read ({type(error).__name__}: {error}); please report it"
            ) from error
        yield from answers
        if not read["whole"]:
            kept = len(answers)
            raise SourceError(f"{feed.url}: is cut off after {kept} whole items, which are kept; it is read again")

    def parse(self, payload: Payload) -> Iterator[Record]:
        """The item of a payload. Raises RecordError."""
        yield items.record(payload.body)


def _stale(state: FeedState, now: str) -> bool:
    return not state.whole or from_stamp(now) - from_stamp(state.whole) >= WHOLE_EVERY


def _payloads(feed: Feed, read: Mapping[str, Any], state: FeedState, held: Held) -> Iterator[Payload | Listing]:
    """A payload for each item, but for those that another feed gave; the listing, where the document was whole."""
    found = identity.identify(feed.name, [items.item(one) for one in read["items"]], (*state.others, *state.items))
    if identity.is_flood(found, held.ids, held.since) and not held.accept_drift:
        new = sum(key not in held.ids for key, _ in found)
        raise SourceError(
            f"{feed.url}: {new} of its {len(found)} items are new at once, as of a feed that was rebuilt;"
            f" nothing of it is stored; if it is news: tracker fetch {feed.name} --accept-drift"
        )
    theirs = {one.record for one in state.others} - {one.record for one in state.items}
    for key, one in found:
        said = {**one.said, "channel": feed.title or read["title"]}
        if key not in theirs:
            body = items.body(said, key, held.now[:10])
            yield Payload("feeds", key, body, items.sha256(said, key), of=len(found))
    if read["whole"]:
        known = {one.record: one for one in state.items}
        known |= {key: _seen(key, one, known.get(key)) for key, one in found if key not in theirs}
        yield Listing(
            ids=tuple(key for key, _ in found),
            rolling=True,
            feed=replace(
                state, whole=held.now, items=tuple(known.values()), title=read["title"], format=read["format"]
            ),
            notes=(f"is not well made ({read['odd']}); what could be read is kept",) if read["odd"] else (),
        )


def _seen(key: str, one: items.Item, before: HeldItem | None) -> HeldItem:
    """An item as it is remembered: a document that gives one link or guid to all takes away none that was its own."""
    old = before or HeldItem(key, "", "", "", "")
    return HeldItem(key, one.guid or old.guid, one.link or old.link, one.title, one.day or old.day)


def read_document(feed: Feed, answer: Answer, address: str) -> Mapping[str, Any]:
    """What the child makes of a document. Raises SourceError where it is no feed, or costs more than a feed may."""
    command = [sys.executable, "-P", str(CHILD), answer.headers.get("Content-Type", "")[:200], address]
    try:
        child = subprocess.run(command, input=answer.body, capture_output=True, timeout=_SECONDS, check=False)
        read = json.loads(child.stdout) if child.returncode == 0 and len(child.stdout) < _MOST else {}
    except (subprocess.TimeoutExpired, OSError, ValueError):
        child, read = None, {}
    if child and child.returncode == 1 and b"MemoryError" not in child.stderr:  # a bug, or a parser's
        said = child.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
        raise SourceError(f"{feed.url}: cannot be read ({said}); please report it", permanent=True)
    if not read:
        raise SourceError(f"{feed.url}: cannot be read within the time and memory that a feed may cost", permanent=True)
    if refused := read.get("refused"):
        raise SourceError(f"{feed.url}: {refused}", permanent=True)
    return dict(read)
