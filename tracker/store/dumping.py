"""dump(): the canonical form of a database, for proofs that two of them are the same.

Every table but fetches, deliveries and quarantine, without row ids and times of our own clock, sorted.
"""

from sqlite_utils import Database

from tracker.records import as_json

# Row ids and times of our own clock, by table; a time whose presence is a fact is kept as a yes or no.
_LEAVE_OUT = {
    "records": {"first_seen", "last_changed"},
    "labels": {"seen"},
    "judgements": {"seen"},
    "matches": {"first_seen"},
    "links": {"seen"},
    "queries": {"since"},
    "judged": {"since"},
    "feeds": {"whole"},
    "payloads": {"id", "received"},
    "events": {"id", "fetch", "seen"},
    "digests": {"id", "created", "since", "until", "last_event"},
}
_PRESENCE = {"gone", "absent_since", "disabled"}
_TABLES = [
    "records",
    "trials",
    "sites",
    "labels",
    "judgements",
    "matches",
    "links",
    "queries",
    "payloads",
    "approaches",
    "stages",
    "conditions",
    "approvals",
    "judged",
    "events",
    "digests",
    "feeds",
    "feed_items",
    "registrations",
]

_TOLD = """
select i.name, d.period, i.section, e.record, e.kind, e.field, e.old, e.new
from digest_items i join digests d on d.id = i.digest join events e on e.id = i.event
"""


def dump(db: Database) -> str:
    """One line of JSON per row, sorted within its table: equal text means the same database."""
    lines: list[str] = []
    for table in _TABLES:
        skip = _LEAVE_OUT.get(table, set())
        rows = (
            {
                name: (value is not None if name in _PRESENCE else value.hex() if isinstance(value, bytes) else value)
                for name, value in row.items()
                if name not in skip
            }
            for row in db.query(f"select * from {table}")
        )
        lines += sorted(f"{table} {as_json(row, sort_keys=True)}" for row in rows)
    lines += sorted(f"digest_items {as_json(row, sort_keys=True)}" for row in db.query(_TOLD))
    return "\n".join(lines) + "\n"
