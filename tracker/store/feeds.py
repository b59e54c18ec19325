"""The state of a feed in the database: its validators, where it moved, its items. In the caller's transaction."""

from sqlite_utils import Database

from tracker.records import FeedState, HeldItem

_STATE = ("url", "moved_to", "etag", "modified", "whole", "title", "format")
_OTHERS = 2_000  # newest items of other feeds among which the same news is looked for
_ITEM = ("record", "guid", "link", "title", "day")


def state_of(db: Database, feed: str) -> FeedState:
    """What is remembered of a feed; an empty state of one that was never read."""
    rows = list(db.query(f"select {', '.join(_STATE)}, disabled from feeds where name = ?", [feed]))
    state = {name: rows[0][name] for name in _STATE} if rows else {}
    # Of a document that was cut off, or of a run that died, there are records alone.
    items = db.conn.execute(
        f"""select r.id, '', r.url, r.title, r.published
            from records r join matches m on m.record = r.id and m.query = :feed
            where r.source = 'feeds' and r.id not in (select record from feed_items)
            union all select * from (select {", ".join(_ITEM)} from feed_items where feed = :feed order by rowid)""",
        {"feed": feed},
    )
    others = db.conn.execute(
        f"select {', '.join(_ITEM)} from feed_items where feed != ? order by rowid desc limit {_OTHERS}", [feed]
    )
    return FeedState(
        **state,
        disabled=(rows[0]["disabled"] or "") if rows else "",
        items=tuple(HeldItem(*row) for row in items),
        others=tuple(HeldItem(*row) for row in others),
    )


def remember(db: Database, feed: str, state: FeedState) -> None:
    """Keep the state with which a document was read whole. What could not be read is new again."""
    row = {name: getattr(state, name) for name in _STATE}
    db.table("feeds").upsert({"name": feed, **row, "disabled": state.disabled or None}, pk="name")
    held = {row[0] for row in db.conn.execute("select id from records where source = 'feeds'")}
    db.table("feed_items").upsert_all(
        [{"feed": feed, **{name: getattr(one, name) for name in _ITEM}} for one in state.items if one.record in held],
        pk=("feed", "record"),
    )


def disable(db: Database, feed: str, url: str, now: str) -> None:
    """Its server says that it is gone for good: it is not asked again while it is configured with this address."""
    empty = dict.fromkeys(_STATE, "") | {"name": feed}
    db.table("feeds").insert(empty | {"url": url, "disabled": now}, pk="name", ignore=True)
    db.table("feeds").update(feed, {"url": url, "disabled": now})
