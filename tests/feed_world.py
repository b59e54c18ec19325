"""An installation that follows feeds on loopback, and feeds to follow. For the tests of feeds."""

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from tests.faultserver import Behaviour, FaultServer, Request, Say
from tests.world import WEEKS
from tracker.config import Settings, load
from tracker.dates import clock_from
from tracker.pipeline import FetchOptions, compose, fetch_all
from tracker.store import Store, Tally, dump

CONFIG = """
[tracker]
contact = "tester@example.org"
[[feed]]
name = "news"
url = "{url}"
private = {private}
[[digest]]
name = "weekly"
every = "monday 07:00"
"""


class FeedWorld:
    """`world.answer = rss(item(1))`, then `world.fetch(week)`: what the feed named `news` says is stored."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answer: Behaviour | bytes | Callable[[Request], Behaviour] = rss()
        self.server = FaultServer(self._say)
        self.configure(self.server.url + "feed")

    def __enter__(self) -> "FeedWorld":
        self.server.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.server.__exit__(*error)

    def _say(self, request: Request) -> Behaviour:
        answer = self.answer(request) if callable(self.answer) else self.answer
        return Say(answer) if isinstance(answer, bytes) else answer

    def configure(self, url: str, *, private: str = "true", more: str = "") -> None:
        (self.folder / "queries.toml").write_text(CONFIG.format(url=url, private=private) + more)

    @property
    def settings(self) -> Settings:
        return load(self.folder / "queries.toml", {})

    def fetch(self, week: int = 0, *, at: str = "", **options: bool) -> Tally:
        settings, clock = self.settings, clock_from({"TRACKER_NOW": at or WEEKS[week]})
        (tally,) = fetch_all(settings, clock, (), ("feeds",), FetchOptions(**options))
        return tally

    def fetch_all(self, week: int) -> None:
        fetch_all(self.settings, clock_from({"TRACKER_NOW": WEEKS[week]}), (), ("feeds",))

    def digest(self, week: int) -> str:
        with Store.open(self.settings.db) as store:
            clock = clock_from({"TRACKER_NOW": WEEKS[week]})
            return compose(self.settings, store, self.settings.digests[0], clock).path.read_text()

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        with Store.read(self.settings.db) as store:
            return store.rows(sql, values)

    def titles(self) -> list[str]:
        return [row["title"] for row in self.rows("select title from records order by first_seen, title")]

    def dump(self) -> str:
        with Store.read(self.settings.db) as store:
            return dump(store.db)


def item(n: int, title: str = "", **parts: str) -> str:
    """An item of RSS 2.0 in our own words; parts: link, guid, date, text, raw; "" leaves one out."""
    link = parts.get("link", f"https://news.example.org/{n}")
    guid = parts.get("guid", f"news-{n}")
    date = parts.get("date", "Mon, 16 Nov 2026 08:00:00 GMT")
    text = parts.get("text", "The company says that its exosomes grow hair in alopecia.")
    rows = [
        f"<title>{parts.get('raw') or escape(title or f'Exosomes for hair loss, item {n}')}</title>",
        f"<link>{escape(link)}</link>" if link else "",
        f'<guid isPermaLink="false">{escape(guid)}</guid>' if guid else "",
        f"<pubDate>{escape(date)}</pubDate>" if date else "",
        f"<description>{escape(text)}</description>" if text else "",
    ]
    return f"<item>{''.join(rows)}</item>"


def rss(*items: str, head: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<rss version="2.0"><channel><title>Hair news</title>'
        f"<link>https://news.example.org/</link><description>Made up</description>{''.join(items)}</channel></rss>"
    ).encode()
