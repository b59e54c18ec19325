"""What a run did, as lines on a terminal or in a log: fetches, issues, alerts, deliveries, and what went wrong."""

from tracker import terminal
from tracker.errors import TrackerError
from tracker.pipeline import Issue
from tracker.pipeline.alerting import Alert
from tracker.pipeline.delivering import Delivered
from tracker.store import Tally


def happened(thing: list[Tally] | Issue | Alert | Delivered | TrackerError) -> str:
    """One thing that happened; a table where it is a fetch."""
    if isinstance(thing, list):
        return terminal.fetch_table(thing)
    if isinstance(thing, Issue):
        return terminal.issue_line(thing)
    if isinstance(thing, Alert):
        return f"alert {thing.name} {thing.period}: {thing.subject}"
    if isinstance(thing, Delivered):
        return delivery_line(thing)
    return f"failed: {terminal.plain(thing)}"


def delivery_line(one: Delivered) -> str:
    """One delivery, with the command that helps where one does."""
    help_by = {
        "unknown": f"; it may have arrived: ask {one.recipient}, and if not: tracker deliver --resend {one.id}",
        "failed": f"; to send it once more: tracker deliver --resend {one.id}",
        "pending": "; it is tried again",
    }
    line = f"delivery {one.id}, {one.name} {one.period} to {one.recipient}: {one.state}"
    return terminal.plain(f"{line} ({one.said})" if one.said else line) + help_by.get(one.state, "")
