"""The state of the field as a report: composed, and written beside the issues. Takes no event and queues nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from tracker import periods
from tracker.config import Digest, Settings
from tracker.dates import Clock, stamp
from tracker.digest.baseline import build_baseline, choose
from tracker.digest.holdings import gather_holdings
from tracker.digest.render import digest_filename, render_html, render_markdown, render_text
from tracker.errors import ConfigError
from tracker.pipeline.compose import refuse_unasked
from tracker.store import Store
from tracker.writing import write_whole


@dataclass(frozen=True, slots=True)
class Report:
    """A state of the field in its three forms. `period` is that of the issue that would be composed now."""

    name: str
    period: str
    subject: str
    markdown: str
    html: str
    text: str


def compose_baseline(settings: Settings, store: Store, digest: Digest, clock: Clock) -> Report:
    """Everything held on topic, for one digest. `store` is only read. Raises StoreError before the first fetch."""
    refuse_unasked(store, digest)
    now, zone, every = clock(), ZoneInfo(digest.timezone), periods.parse(digest.every)
    slot = periods.slot(every, zone, now)
    since = stamp(periods.previous(every, zone, slot).at)
    built = build_baseline(gather_holdings(store.db.conn, digest, since, stamp(now), choose), slot.key)
    return Report(digest.name, slot.key, built.subject, render_markdown(built), render_html(built), render_text(built))


def write_baseline(settings: Settings, report: Report) -> list[Path]:
    """Write the three forms as 2026-W48-weekly-baseline.md, .html and .txt. Returns their paths."""
    name = f"{report.name}-baseline"
    if any(digest.name == name for digest in settings.digests):
        raise ConfigError(f"digest {report.name}: its report would be written over issues of the digest {name}")
    return list(_written(settings.digests_dir / digest_filename(name, report.period), report))


def _written(path: Path, report: Report) -> Iterator[Path]:
    for suffix, text in ((".md", report.markdown), (".html", report.html), (".txt", report.text)):
        write_whole(path.with_suffix(suffix), [text])
        yield path.with_suffix(suffix)
