"""Compose: fix an issue of a digest, once per name and period, and write it to its file.

Composing takes the events and fixes the text in one transaction. An issue that was composed is never built again: its
file is written from what was fixed. Nothing is sent here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tracker import periods
from tracker.classify import load_taxonomy
from tracker.config import Digest, Settings
from tracker.dates import Clock, stamp
from tracker.digest.build import build
from tracker.digest.gather import gather
from tracker.digest.model import Digest as Built
from tracker.digest.render import digest_filename, render_html, render_markdown, render_text
from tracker.errors import ConfigError, StoreError
from tracker.export.atom import feed_of
from tracker.pipeline.delivering import letter_of, queue_issue
from tracker.pipeline.preparing import prepare
from tracker.store import Store
from tracker.writing import write_whole

_KEPT = "the issue itself is kept: tracker digest"
_WEEK = re.compile(r"\s*(\d{4})-?W?(\d{1,2})(\.\d+)?\s*", re.IGNORECASE | re.ASCII)  # as people write a week


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue as it was fixed. `fresh` is False when nothing was untold and the earlier text stands."""

    name: str
    period: str
    subject: str
    markdown: str
    html: str
    text: str
    created: str
    told: int
    fresh: bool
    path: Path


def compose(settings: Settings, store: Store, digest: Digest, clock: Clock, *, dry_run: bool = False) -> Issue:
    """The issue of the current period with everything untold. Writes its file unless `dry_run`, which keeps nothing."""
    refuse_unasked(store, digest)
    now = clock()
    if not dry_run:  # a query that was added since the last fetch has to show as never asked
        prepare(settings, store, load_taxonomy(settings.approaches), clock)
    zone, every = ZoneInfo(digest.timezone), periods.parse(digest.every)
    slot = periods.slot(every, zone, now)
    held = _issues_of(store, digest.name, slot.key)
    period = slot.key if not held else f"{slot.key}.{len(held) + 1}"
    before = _last_issue(store, digest.name)
    if before and not dry_run:
        _restore(settings, before)
    since = _covered(store, digest.name, now) or stamp(periods.previous(every, zone, slot).at)
    last_event = store.rows("select coalesce(max(id), 0) as id from events")[0]["id"]
    after_event = before["last_event"] if before else _last_before(store, since)
    material = gather(store.db.conn, digest, after_event, last_event, since, stamp(now))
    built = build(material, period)
    if held and not built.events:
        return _written(settings, held[-1], fresh=False, dry_run=dry_run)
    row = _row(digest, built, last_event, stamp(now))
    if not dry_run:
        _keep(settings, store, digest, row, built)
        if digest.atom:
            write_whole(settings.digests_dir / f"{digest.name}.atom", [feed_of(store.db.conn, digest.name)], _KEPT)
    return _written(settings, row | {"told": len(built.events)}, fresh=True, dry_run=dry_run)


def refuse_unasked(store: Store, digest: Digest) -> None:
    """Before anything was asked there is nothing to tell, and least of all that a week was quiet."""
    marks = ",".join("?" * len(digest.queries))
    if not store.rows(f"select 1 from fetches where query in ({marks}) limit 1", list(digest.queries)):
        raise StoreError(f"digest {digest.name}: none of its sources was ever asked; run: tracker fetch")


def stored_issues(settings: Settings, store: Store, digests: Sequence[Digest], period: str) -> list[Issue]:
    """The issues of a period as they were fixed, their files written again. Raises ConfigError when there is none."""
    issues = [
        _written(settings, row, fresh=False, dry_run=False)
        for digest in digests
        for row in _issues_of(store, digest.name, period.partition(".")[0])
        if row["period"] == period
    ]
    if not issues:
        raise ConfigError("\n".join(_no_issue(store, digest, period) for digest in digests))
    return issues


def _no_issue(store: Store, digest: Digest, period: str) -> str:
    held = [row["period"] for row in store.rows("select period from digests where name = ? order by id", [digest.name])]
    week = _WEEK.fullmatch(period)
    meant = f"{week[1]}-W{int(week[2]):02}{week[3] or ''}" if week else period.strip()
    span = f"it has {held[0]}" + (f" to {held[-1]}" if held[1:] else "") if held else "it has none yet"
    return f"digest {digest.name} has no issue {period} - " + (f"did you mean {meant}?" if meant in held else span)


def _issues_of(store: Store, name: str, key: str) -> list[dict[str, Any]]:
    """The issues of one period, the first and its extras, in order."""
    return store.rows(
        """select *, (select count(*) from digest_items where digest = digests.id) as told from digests
           where name = ? and (period = ? or period like ? || '.%') order by id""",
        [name, key, key],
    )


def _last_issue(store: Store, name: str) -> dict[str, Any] | None:
    rows = store.rows("select * from digests where name = ? order by id desc limit 1", [name])
    return rows[0] if rows else None


def _covered(store: Store, name: str, now: datetime) -> str:
    """Up to when issues have told; "" where none has. One that is dated ahead told what there was when it was composed,
    but nobody knows when that was.
    """
    rows = store.rows("select max(until) as until from digests where name = ? and until <= ?", [name, stamp(now)])
    return rows[0]["until"] or ""


def _last_before(store: Store, since: str) -> int:
    """The last event before a first issue's span."""
    return int(store.rows("select coalesce(max(id), 0) as id from events where seen < ?", [since])[0]["id"])


def _row(digest: Digest, built: Built, last_event: int, now: str) -> dict[str, Any]:
    return {
        "name": digest.name, "period": built.period, "created": now, "since": built.since, "until": built.until,
        "last_event": last_event, "subject": built.subject, "markdown": render_markdown(built),
        "html": render_html(built), "text": render_text(built),
    }  # fmt: skip


def _keep(settings: Settings, store: Store, digest: Digest, row: dict[str, Any], built: Built) -> None:
    """Fix the issue, take its events and queue its mails; the key of digest_items refuses an event that was told."""
    with store.transaction():
        cursor = store.db.conn.execute(
            f"insert into digests ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values())
        )
        store.db.conn.executemany(
            "insert into digest_items (name, event, digest, section) values (?, ?, ?, ?)",
            [(row["name"], event, cursor.lastrowid, section) for event, section in built.events],
        )
        if digest.send_empty or not built.quiet:
            queue_issue(settings, store, digest, int(cursor.lastrowid or 0), letter_of(row))


def _written(settings: Settings, row: dict[str, Any], *, fresh: bool, dry_run: bool) -> Issue:
    path = settings.digests_dir / digest_filename(row["name"], row["period"])
    if not dry_run:
        write_whole(path, [row["markdown"]], _KEPT)
    fixed = {name: row[name] for name in ("name", "period", "subject", "markdown", "html", "text", "created", "told")}
    return Issue(**fixed, fresh=fresh, path=path)


def _restore(settings: Settings, issue: dict[str, Any]) -> None:
    """A run that died between fixing an issue and writing its file: the next one writes it, in whatever week."""
    path = settings.digests_dir / digest_filename(issue["name"], issue["period"])
    if not path.exists():
        write_whole(path, [issue["markdown"]], _KEPT)
