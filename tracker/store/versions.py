"""The versions of records, for an import: which we hold, and how one is kept that is not to become the newest.

The newest version of a record is the row of `payloads` with the highest id; everything else that reads them goes by it.
"""

import zlib
from collections.abc import Sequence

from sqlite_utils import Database

from tracker.records import Payload


def hashes(db: Database, records: Sequence[str]) -> dict[str, list[str]]:
    """For each of these records that we hold the hashes of its versions, the newest last. One question for a batch."""
    marks = ",".join("?" * len(records))
    found: dict[str, list[str]] = {}
    for record, sha256 in db.conn.execute(
        f"select record, sha256 from payloads where record in ({marks}) order by record, id", list(records)
    ):
        found.setdefault(record, []).append(sha256)
    return found


def keep_aside(db: Database, record: str, payload: Payload, now: str) -> None:
    """Keep a version of a held record without going by it: the newest row moves behind it and stays the newest."""
    newest = db.conn.execute("select max(id) from payloads where record = ?", [record]).fetchone()[0]
    db.conn.execute(
        "insert into payloads (record, sha256, received, body) values (?, ?, ?, ?)",
        [record, payload.sha256, now, zlib.compress(payload.body)],
    )
    db.conn.execute("update payloads set id = (select max(id) + 1 from payloads) where id = ?", [newest])
