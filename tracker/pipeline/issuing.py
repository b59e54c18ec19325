"""Issue: a digest for its readers. Who is new gets the state of the field first, then the issue is composed for all.

An issue tells what moved, which says little to somebody who does not know what stands. So a recipient to whom a digest
was never sent gets a baseline report: a row of `digests` by itself, NAME.baseline, in the period of his first issue.
"""

from tracker.config import Digest, Settings
from tracker.dates import Clock, stamp
from tracker.deliver import outbox
from tracker.digest.wording import listed
from tracker.pipeline.baseline import compose_baseline
from tracker.pipeline.compose import Issue, compose
from tracker.pipeline.delivering import EMAIL, letter_of, recipients, write_mail
from tracker.store import Store


def issue(settings: Settings, store: Store, digest: Digest, clock: Clock) -> Issue:
    """The issue of the current period, fixed and queued. Raises StoreError before the first fetch."""
    _welcome(settings, store, digest, clock)
    return compose(settings, store, digest, clock)


def passed_by(settings: Settings, store: Store, digest: Digest, issue: Issue) -> str:
    """Who is not sent an issue that was composed before he was written to, in one line; "" where all are."""
    if issue.fresh:
        return ""
    rows = store.rows(
        """select lower(d.recipient) as recipient from deliveries d join digests i on i.id = d.digest
           where i.name = ? and i.period = ?""",
        [issue.name, issue.period],
    )
    sent = {row["recipient"] for row in rows}
    if not (late := [one for one in recipients(settings, digest) if one.lower() not in sent]):
        return ""
    return (
        f"{issue.name} {issue.period} was composed before {listed(late)} could be written to and does not go there:"
        " a new address gets the state of the field first, and each issue from the next on; --to ADDRESS sends a copy"
    )


def _welcome(settings: Settings, store: Store, digest: Digest, clock: Clock) -> None:
    """Queue the report for whoever is new, in one transaction with it. A run that dies after it does not repeat it."""
    new = [one for one in recipients(settings, digest) if not outbox.is_known(store, digest.name, one)]
    if not new:
        return
    report, now = compose_baseline(settings, store, digest, clock), stamp(clock())
    row = {
        "name": f"{digest.name}.baseline", "period": report.period, "created": now, "since": now, "until": now,
        "last_event": 0, "subject": report.subject, "markdown": report.markdown, "html": report.html,
        "text": report.text,
    }  # fmt: skip
    with store.transaction():
        # Of one period there is one report, also where two are new on different days.
        store.db.table("digests").insert(row, ignore=True)
        held = store.rows("select * from digests where name = ? and period = ?", [row["name"], row["period"]])[0]
        mails = [write_mail(settings, letter_of(held), one) for one in new]
        outbox.queue(store, held["id"], EMAIL, mails, now)
