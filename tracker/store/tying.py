"""What ties records to each other: papers to trials, and several records of one work.

A paper is tied to a trial by either side, whichever says it; the trial's event is written once, whichever came first.
`same_as` points from a preprint to its journal article and from an older PMID to a newer one of the same DOI, never in
a chain: views, board and digest count coalesce(same_as, id).
"""

from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from tracker.events import paper_linked, published_from_preprint, with_total
from tracker.records import Event, Link, Record
from tracker.store import registered

PAPER_TO_TRIAL = ("reports", "derived", "background")
SLIPS = ("date_slipped", "date_pulled_in")


def settle_events(db: Database, record: Record, events: Sequence[Event]) -> list[Event]:
    """The events of one record as they are stored: with totals over all slips, and without ties told before."""
    known = _papers_tied(db, record.id) if record.trial else {}
    out = []
    for event in events:
        if event.kind == "paper_linked" and known.get(event.new or "", 0) >= event.severity:
            continue
        out.append(with_total(event, _earlier_moves(db, record.id, event.field)) if event.kind in SLIPS else event)
    return out


def trial_events(db: Database, record: Record, old_links: Iterable[Link]) -> dict[str, list[Event]]:
    """Events on held trials that an article ties itself to anew: trial id -> events."""
    before = {link.target for link in old_links if link.relation in PAPER_TO_TRIAL}
    out: dict[str, list[Event]] = {}
    for link in record.links:
        if link.relation not in PAPER_TO_TRIAL or link.target in before or link.target in out:
            continue
        held = db.conn.execute("select 1 from trials where record = ?", [link.target]).fetchone()
        if held and record.id not in _papers_tied(db, link.target):
            out[link.target] = [paper_linked(link.target, record.id, link.relation)]
    return out


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


def unite(db: Database, record: Record) -> Event | None:
    """Set same_as among the records of one work, now that this one is written.

    Returns the event with which a paper is announced when its preprint was held: instead of new_article.
    """
    if record.trial:
        registered.unite(db, record)
        return None
    preprints = [link.target for link in record.links if link.relation == "has_preprint"]
    papers = [link.target for link in record.links if link.relation == "preprint_of"]
    held = _held(db, preprints)
    for preprint in held:
        _point(db, preprint, record.id)
    for paper in _held(db, papers)[:1]:
        _point(db, record.id, paper)
    if not papers:
        _unite_by_doi(db, record)
    return published_from_preprint(record, held[0]) if held else None


def _held(db: Database, records: Sequence[str]) -> list[str]:
    marks = ",".join("?" * len(records))
    return [row[0] for row in db.conn.execute(f"select id from records where id in ({marks}) order by id", records)]


def _unite_by_doi(db: Database, record: Record) -> None:
    """PubMed often indexes a paper twice, ahead of print and in print: one DOI, two PMIDs. The newer one stands."""
    if not record.doi:
        return
    twins = [
        row[0]
        for row in db.conn.execute(
            "select id from records where doi = ? and source = ? and kind = 'article'", [record.doi, record.source]
        )
    ]
    newest = max(twins, key=lambda one: (len(one), one))
    for twin in twins:
        if twin != newest:
            _point(db, twin, newest)


def _point(db: Database, older: str, newer: str) -> None:
    """`older` and whatever points to it now point to what `newer` stands for."""
    row = db.conn.execute("select coalesce(same_as, id) from records where id = ?", [newer]).fetchone()
    if row is None or row[0] == older:
        return
    db.conn.execute(
        "update records set same_as = :to where (id = :from or same_as = :from) and same_as is not :to",
        {"to": row[0], "from": older},
    )
    db.conn.execute("update records set same_as = null where id = ? and same_as is not null", [row[0]])


def announced(events: Sequence[Event], instead: Event | None) -> list[Event]:
    """A paper whose preprint was held is announced as published, and not as new."""
    if instead is None:
        return list(events)
    return [instead if event.kind == "new_article" else event for event in events]
