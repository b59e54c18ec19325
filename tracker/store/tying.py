"""What ties papers to trials, and what that makes of the events of both.

A paper is tied to a trial by either side, whichever says it; the trial's event is written once, whichever came first,
and once for a paper that has several PMIDs.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlite_utils import Database

from tracker.events import paper_linked, with_total
from tracker.records import Event, Link, Record
from tracker.store.registered import held_target
from tracker.store.works import other_versions

PAPER_TO_TRIAL = ("reports", "derived", "background")
SLIPS = ("date_slipped", "date_pulled_in")


def settle_events(db: Database, record: Record, events: Sequence[Event]) -> list[Event]:
    """The events of one record as they are stored: with totals over all slips, and without ties told before."""
    known = _papers_tied(db, record.id) if record.trial else {}
    out = []
    for event in events:
        if event.kind == "paper_linked":
            if _is_known(db, event, known):
                continue
            known[event.new or ""] = event.severity
        out.append(with_total(event, _earlier_moves(db, record.id, event.field)) if event.kind in SLIPS else event)
    return out


def trial_events(db: Database, record: Record, old_links: Iterable[Link]) -> dict[str, list[Event]]:
    """Events on held trials that an article ties itself to anew: trial id -> events."""
    before = {link.target for link in old_links if link.relation in PAPER_TO_TRIAL}
    out: dict[str, list[Event]] = {}
    for link in record.links:
        trial = held_target(db, link.target)
        if link.relation not in PAPER_TO_TRIAL or link.target in before or trial in out:
            continue
        held = db.conn.execute("select 1 from trials where record = ?", [trial]).fetchone()
        if held and record.id not in _papers_tied(db, trial):
            out[trial] = [paper_linked(trial, record.id, link.relation)]
    return out


def without_versions(db: Database, ties: dict[str, list[Event]]) -> dict[str, list[Event]]:
    """Events on trials without those of a paper that is tied already under another PMID, now that its work is known."""
    out = {}
    for trial, events in ties.items():
        known = _papers_tied(db, trial)
        out[trial] = [event for event in events if not _is_known(db, event, {**known, event.new or "": 0})]
    return out


def _is_known(db: Database, event: Event, known: Mapping[str, int]) -> bool:
    """Whether the paper of a tie, or another record of the same paper, is tied as loudly already."""
    paper = event.new or ""
    return any(known.get(one, 0) >= event.severity for one in (paper, *other_versions(db, paper)))


def by_kind(db: Database, trial: str, event: Event) -> Event:
    """A tie told for what the paper is, now that both are written: a protocol that names a trial reports no result."""
    if event.kind != "paper_linked":
        return event
    row = db.conn.execute(
        """select kind from paper_kinds where record = :paper and kind is not null and not (kind = 'review' and exists (
               select 1 from links where record = :trial and relation = 'reported_by' and target = :paper))""",
        {"trial": trial, "paper": event.new},
    ).fetchone()
    return paper_linked(trial, event.new or "", row[0]) if row else event


def _papers_tied(db: Database, trial: str) -> dict[str, int]:
    """Papers that a trial's events have told, or that itself or they tied to it before, and how loud: 3 as a result."""
    rows = db.conn.execute(
        """select new, severity from events where record = :trial and kind = 'paper_linked'
           union all select target, iif(relation = 'reported_by', 3, 2) from links
               where record = :trial and relation in ('reported_by', 'derived_in', 'cites')
           union all select record, iif(relation = 'reports', 3, 2) from links
               where target = :trial and relation in ('reports', 'derived', 'background')""",
        {"trial": trial},
    )
    loudest: dict[str, int] = {}
    for paper, severity in rows:
        loudest[paper] = max(severity, loudest.get(paper, 0))
    return loudest


def _earlier_moves(db: Database, record: str, field: str | None) -> list[tuple[str, str, str]]:
    """(kind, old, new) of every earlier move of the same date, oldest first."""
    rows = db.conn.execute(
        "select kind, old, new from events where record = ? and field = ? and kind in (?, ?) order by id",
        [record, field, *SLIPS],
    )
    return [(row[0], row[1], row[2]) for row in rows]
