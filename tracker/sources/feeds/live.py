"""What `tracker check --live` asks of a feed: the document once, whole, read as every fetch reads it.

A redirect costs one request more, and two are followed: three in all.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from tracker.config import Feed, Query, SourceSettings
from tracker.records import FeedState
from tracker.sources.feeds import asking, read_document
from tracker.sources.looking import Finding, Step
from tracker.web import Web

REDIRECTS = 2


def steps(settings: SourceSettings, web: Web, queries: Sequence[Query], today: date) -> Iterator[Step]:
    for query in queries:
        if feed := query.feed:
            yield Step(
                "shape", f"feed {feed.name}", f"feed {feed.name}: {feed.url}", 1 + REDIRECTS, partial(_look, feed, web)
            )


def _look(feed: Feed, web: Web) -> Iterator[Finding]:
    asked = asking.ask(feed, FeedState(url=feed.url), web, whole=True, redirects=REDIRECTS)
    assert asked.answer is not None, "a whole answer was asked for"
    if asked.state.moved_to:
        yield Finding("warning", f"has moved for good to {asked.state.moved_to}: mend its url")
    read = read_document(feed, asked.answer, asked.address)
    items = read["items"]
    yield Finding("", f"{read['format']}: {len(items)} items")
    if not read["whole"]:
        yield Finding("error", "is cut off after its last whole item")
    if read["odd"]:
        yield Finding("warning", f"is not well made ({read['odd']})")
    yield from _lacking(items)


def _lacking(items: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """What items are told by: one that has neither link nor guid can hardly be known again."""
    for what, names in (("title", ("title",)), ("link and no guid", ("link", "guid")), ("date", ("published", "day"))):
        if lacking := sum(not any(any(one[name]) for name in names) for one in items):
            yield Finding("warning", f"{lacking} of {len(items)} items have no {what}")
    if not items:
        yield Finding("note", "holds no item, so that none could be compared")
