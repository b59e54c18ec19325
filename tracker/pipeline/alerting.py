"""Alert: a source has failed for days, and somebody should know before the next issue is due.

An alert is a row of `digests` by itself, NAME.alert, its period the day on which the failure began: so it is sent once.
It tells no events and takes none. It goes to the first recipient, who is taken for whoever keeps the installation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tracker.config import Digest, Settings
from tracker.dates import Clock, stamp
from tracker.digest.build import build
from tracker.digest.gather import gather
from tracker.digest.material import Answer
from tracker.digest.model import Digest as Built
from tracker.digest.render import render_html, render_markdown, render_text
from tracker.digest.wording import counted, listed, source_name
from tracker.pipeline.delivering import letter_of, queue_issue
from tracker.store import Store


@dataclass(frozen=True, slots=True)
class Alert:
    name: str
    period: str
    subject: str


def compose_alert(settings: Settings, store: Store, digest: Digest, day: str, clock: Clock) -> Alert:
    """Fix the alert on a failure that began on `day` (local, YYYY-MM-DD) and queue its mail, in one transaction."""
    now, zone = clock(), ZoneInfo(digest.timezone)
    began = datetime.combine(date.fromisoformat(day), time(), zone)
    last = store.rows("select coalesce(max(id), 0) as id from events")[0]["id"]
    material = gather(store.db.conn, digest, last, last, stamp(began), stamp(now))
    failing = dict.fromkeys(source_name(source) for source in _failing(material.answers, began))
    days = (now.astimezone(zone).date() - began.date()).days + 1
    built = _alert(build(material, day), digest.name, f"no answer from {listed(failing)} for {counted(days, 'day')}")
    row = {
        "name": f"{digest.name}.alert", "period": day, "created": stamp(now), "since": built.since,
        "until": built.until, "last_event": last, "subject": built.subject, "markdown": render_markdown(built),
        "html": render_html(built), "text": render_text(built),
    }  # fmt: skip
    first = replace(digest, email=digest.email[:1])
    with store.transaction():
        number = int(store.db.table("digests").insert(row).last_pk or 0)
        queue_issue(settings, store, first, number, letter_of(row))
    return Alert(row["name"], day, built.subject)


def _failing(answers: Sequence[Answer], began: datetime) -> list[str]:
    """The sources whose failure began then. A day more or less is the same failure, as in schedule/due.py. One that
    failed before, with a day in between on which nobody asked, has at least failed for as long.
    """
    first, last = stamp(began - timedelta(days=1)), stamp(began + timedelta(days=2))
    begun = [one for one in answers if one.failing_since and one.failing_since < last]
    return [one.source for one in begun if one.failing_since >= first] or [one.source for one in begun]


def _alert(built: Built, name: str, what: str) -> Built:
    """Of an issue only what it says of the sources."""
    return replace(
        built,
        title=f"Hair research, {name}: {what}",
        subject=f"Hair research, {name}: {what}",
        summary="This is an alert and no issue: the next one comes when it is due, and tells what could be read."
        " This failure is not reported again. tracker status shows how it stands.",
        sections=(),
        board=None,
        notices=(),
        remarks=(),
        footer=(),
    )
