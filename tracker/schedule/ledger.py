"""What was done, as the database holds it: fetches, issues, deliveries that wait. Decides nothing."""

from datetime import datetime

from tracker.dates import from_stamp
from tracker.deliver import outbox
from tracker.schedule.due import Asked, Ledger, Pair
from tracker.store import Store

_COMPLETE = """
select source, query, max(started) filter (where id = last) as success,
    coalesce(max(started) filter (where full), min(started)) as full
from (select *, max(id) over (partition by source, query) as last from fetches where complete = 1)
group by source, query
"""
# One that was cut off says nothing of its source: it is taken up again at once.
_FAILED = """
select source, query, started from fetches f where complete = 0 and finished is not null and id > coalesce(
    (select max(id) from fetches where source = f.source and query = f.query and complete = 1), 0)
order by id
"""


def read_ledger(store: Store) -> Ledger:
    """Everything that `due` asks for."""
    failed: dict[Pair, list[datetime]] = {}
    for row in store.rows(_FAILED):
        failed.setdefault((row["source"], row["query"]), []).append(from_stamp(row["started"]))
    asked = {
        (row["source"], row["query"]): Asked(from_stamp(row["success"]), from_stamp(row["full"]))
        for row in store.rows(_COMPLETE)
    }
    for pair, moments in failed.items():
        before = asked.get(pair, Asked())
        asked[pair] = Asked(before.success, before.full, tuple(moments))
    issues: dict[str, dict[str, datetime]] = {}
    for row in store.rows("select name, period, created from digests order by id"):
        issues.setdefault(row["name"], {})[row["period"]] = from_stamp(row["created"])
    return Ledger(asked, issues, outbox.waiting(store))
