"""Compose: fix an issue of a digest, once per name and period, and write it to its file.

Composing takes the events and fixes the text in one transaction. An issue that was composed is never built again: its
file is written from what was fixed. Nothing is sent here.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tracker import periods
from tracker.config import Digest, Settings
from tracker.dates import Clock, stamp
from tracker.digest.build import build
from tracker.digest.gather import gather
from tracker.digest.model import Digest as Built
from tracker.digest.render import digest_filename, render_html, render_markdown, render_text
from tracker.errors import ConfigError, StoreError
from tracker.store import Store, fetching


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue as it was fixed. `fresh` is False when nothing was untold and the earlier text stands."""

    name: str
    period: str
    subject: str
    markdown: str
    told: int
    fresh: bool
    path: Path


def compose(settings: Settings, store: Store, digest: Digest, clock: Clock, *, dry_run: bool = False) -> Issue:
    """The issue of the current period with everything untold. Writes its file unless `dry_run`, which keeps nothing."""
    _refuse_unasked(store, digest)
    now = clock()
    if not dry_run:  # a query that was added since the last fetch has to show as never asked
        fetching.sync_queries(store.db, settings.queries, list(settings.sources), stamp(now))
    zone, every = ZoneInfo(settings.timezone), periods.parse(digest.every)
    slot = periods.slot(every, zone, now)
    held = _issues_of(store, digest.name, slot.key)
    period = slot.key if not held else f"{slot.key}.{len(held) + 1}"
    before = _last_issue(store, digest.name)
    if before and not dry_run:
        _restore(settings, before)
    since = before["until"] if before else stamp(periods.previous(every, zone, slot).at)
    last_event = store.rows("select coalesce(max(id), 0) as id from events")[0]["id"]
    after_event = before["last_event"] if before else _last_before(store, since)
    material = gather(store.db.conn, digest, after_event, last_event, since, stamp(now))
    built = build(material, period)
    if held and not built.events:
        return _written(settings, held[-1], fresh=False, dry_run=dry_run)
    row = _row(digest, built, last_event, stamp(now))
    if not dry_run:
        _keep(store, row, built)
    return _written(settings, row | {"told": len(built.events)}, fresh=True, dry_run=dry_run)


def _refuse_unasked(store: Store, digest: Digest) -> None:
    """Before anything was asked there is nothing to tell, and least of all that a week was quiet."""
    marks = ",".join("?" * len(digest.queries))
    if not store.rows(f"select 1 from fetches where query in ({marks}) limit 1", list(digest.queries)):
        raise StoreError(f"digest {digest.name}: none of its sources was ever asked; run: tracker fetch")


def stored_issue(settings: Settings, store: Store, digest: Digest, period: str) -> Issue:
    """The issue of a period as it was fixed, its file written again. Raises ConfigError when there is none."""
    held = [issue for issue in _issues_of(store, digest.name, period.split(".")[0]) if issue["period"] == period]
    if not held:
        raise ConfigError(f"digest {digest.name} has no issue {period}; tracker status names the last one")
    return _written(settings, held[0], fresh=False, dry_run=False)


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


def _last_before(store: Store, since: str) -> int:
    """The last event before a first issue's span."""
    return int(store.rows("select coalesce(max(id), 0) as id from events where seen < ?", [since])[0]["id"])


def _row(digest: Digest, built: Built, last_event: int, now: str) -> dict[str, Any]:
    return {
        "name": digest.name, "period": built.period, "created": now, "since": built.since, "until": built.until,
        "last_event": last_event, "subject": built.subject, "markdown": render_markdown(built),
        "html": render_html(built), "text": render_text(built),
    }  # fmt: skip


def _keep(store: Store, row: dict[str, Any], built: Built) -> None:
    """Fix the issue and take its events; the key of digest_items refuses an event that was told before."""
    with store.transaction():
        cursor = store.db.conn.execute(
            f"insert into digests ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values())
        )
        store.db.conn.executemany(
            "insert into digest_items (name, event, digest, section) values (?, ?, ?, ?)",
            [(row["name"], event, cursor.lastrowid, section) for event, section in built.events],
        )


def _written(settings: Settings, row: dict[str, Any], *, fresh: bool, dry_run: bool) -> Issue:
    path = settings.digests_dir / digest_filename(row["name"], row["period"])
    if not dry_run:
        _write(path, row["markdown"])
    return Issue(row["name"], row["period"], row["subject"], row["markdown"], row["told"], fresh, path)


def _restore(settings: Settings, issue: dict[str, Any]) -> None:
    """A run that died between fixing an issue and writing its file: the next one writes it, in whatever week."""
    path = settings.digests_dir / digest_filename(issue["name"], issue["period"])
    if not path.exists():
        _write(path, issue["markdown"])


def _write(path: Path, text: str) -> None:
    """Whole or not at all: a reader never sees half a digest. Raises StoreError when the folder refuses it."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise StoreError(
            f"{path}: cannot be written ({error.strerror}); the issue itself is kept: tracker digest"
        ) from None
