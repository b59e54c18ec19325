"""The one SQLite file: opened, read and written here; `dump` is its canonical form.

    with Store.open(path) as store:          # a writer holds the lock for as long
        with store.transaction():
            store.save(record, payload, labels, fetch=..., now=...)

What a record says is compared here with what we held, and each changed fact becomes an event in the same transaction.
"""

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from sqlite_utils import Database

from tracker import lock
from tracker.config import LINKED
from tracker.errors import RecordError, StoreError
from tracker.events import announce_severity, compare, returned
from tracker.records import Event, Label, Payload, Record, source_key
from tracker.store import judging, opening, registered, saving, tying, works
from tracker.store.dumping import dump
from tracker.store.fetching import Tally

__all__ = ["LINKED", "Store", "Tally", "dump"]

Reread = Callable[[Payload], Record]

# What SQLite says of the file, the disk or another writer; its other errors are bugs of ours and keep their traceback.
_OF_THE_FILE = (sqlite3.OperationalError, sqlite3.DatabaseError)
# What one record's values can do to an insert: a number beyond 64 bits, half a character, a rule of the schema.
_OF_A_RECORD = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, OverflowError, UnicodeError)


class Store:
    """An open database. Use Store.open() or Store.read(); close it, or use it as a context manager."""

    def __init__(self, path: Path, db: Database, stack: contextlib.ExitStack) -> None:
        self.path = path
        self.db = db
        self._stack = stack

    @classmethod
    def open(cls, path: Path) -> Self:
        """For writing. Raises LockedError while another run writes, StoreError when the file cannot be used."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(lock.writing(path))
            db = opening.open_for_writing(path)
            stack.callback(db.conn.close)
            works.catch_up(db)
            return cls(path, db, stack.pop_all())

    @classmethod
    def read(cls, path: Path) -> Self:
        """For reading, beside a writer or not. Raises StoreError, also when there is no database yet."""
        db = opening.open_for_reading(path)
        stack = contextlib.ExitStack()
        stack.callback(db.conn.close)
        return cls(path, db, stack)

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.close()
        if isinstance(error, sqlite3.DatabaseError) and type(error) in _OF_THE_FILE:
            raise StoreError(opening.explain(self.path, error)) from error

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. IMMEDIATE, because a transaction that begins by reading cannot wait for another writer."""
        self.db.conn.execute("begin immediate")
        try:
            yield
        except BaseException:
            self.db.conn.rollback()
            raise
        self.db.conn.commit()

    def rows(self, sql: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[dict[str, Any]]:
        return list(self.db.query(sql, dict(values) if isinstance(values, Mapping) else list(values)))

    def held_record(self, payload: Payload) -> str | None:
        """The record whose newest version is just this payload, so that it need not be read again."""
        return saving.record_with_payload(self.db, payload.sha256)

    def linked_phases(self, record: Record) -> list[tuple[str, tuple[str, ...]]]:
        """(number, registry phases) of the held trials that an article reports, by its own word or the registry's, for
        the classifier; of one in several registries, those of the record that stands for it."""
        named = {link.target for link in record.links if link.relation == "reports"}
        targets = sorted(registered.held_target(self.db, target) for target in named)
        marks = ",".join("?" * len(targets))
        found = self.db.conn.execute(
            f"""select record, phases from trials where record in (
                    select coalesce(same_as, id) from records where id in ({marks})
                        or id in (select record from links where target = ? and relation = 'reported_by'))
                order by record""",
            [*targets, record.id],
        )
        return [(row[0], tuple(json.loads(row[1]))) for row in found]

    def approaches_said(self, record: str) -> dict[str, bool]:
        """Approaches that a person says a record has (True) or has not (False), for the classifier."""
        words = judging.judgements_of(self.db, record)
        return {word.label: word.says == "yes" for word in words if word.axis == "approach"}

    def save(
        self, record: Record, payload: Payload, labels: Sequence[Label], reread: Reread, *, fetch: int | None, now: str
    ) -> str:
        """Store one record with its labels and the events of what changed. Returns "new", "changed" or "same".

        Both sides of the comparison are read by today's parser (`reread` reads the version we hold), so that a
        better parser makes no events. Raises RecordError, with nothing written, when the values cannot be stored.
        """
        try:
            with self.db.atomic():
                return self._save(record, payload, labels, reread, fetch=fetch, now=now)
        except _OF_A_RECORD as error:
            raise RecordError(f"{record.id}: cannot be stored ({type(error).__name__}: {error})") from error

    def _save(
        self, record: Record, payload: Payload, labels: Sequence[Label], reread: Reread, *, fetch: int | None, now: str
    ) -> str:
        before = saving.latest_payload(self.db, record.id)
        if before and before[0] == payload.sha256:
            self.note_presence(record.id, fetch=fetch, now=now)
            return "same"
        old = self._old_reading(payload, before, reread)
        events = self._events(record, labels, old) if old or not before else []
        events = tying.settle_events(self.db, record, events)
        ties = tying.trial_events(self.db, record, old.links if old else ())
        saving.write_record(self.db, record, payload, self.leaf_names(record.id, labels), now)
        saving.write_labels(self.db, record.id, labels, now)
        if works.unite(self.db, record.id) and not before:
            events = works.announced(events, works.publication(self.db, record))
        ties = tying.without_versions(self.db, ties)
        for target, told in {record.id: events, **ties}.items():
            saving.write_events(self.db, target, fetch, [tying.by_kind(self.db, target, one) for one in told], now)
        self.note_presence(record.id, fetch=fetch, now=now)
        return "changed" if before else "new"

    def _old_reading(self, payload: Payload, before: tuple[str, bytes] | None, reread: Reread) -> Record | None:
        """The version we hold, as today's parser reads it; None when there is none, or when that parser refuses it."""
        if before is None:
            return None
        try:
            return reread(replace(payload, body=before[1], sha256=before[0]))
        except RecordError:
            return None

    def _events(self, record: Record, labels: Sequence[Label], old: Record | None) -> list[Event]:
        if old is not None:
            return compare(old, record)
        by_axis = {label.axis: label.label for label in labels if label.axis in ("stage", "relevance")}
        severity = announce_severity(record, by_axis.get("stage", ""), by_axis.get("relevance", ""))
        return [replace(event, severity=severity) for event in compare(None, record)]

    def note_presence(self, record: str, *, fetch: int | None, now: str) -> None:
        """The source holds this record: one that was gone has returned."""
        cursor = self.db.conn.execute("update records set gone = null where id = ? and gone is not null", [record])
        if cursor.rowcount:
            works.unite(self.db, record)
            saving.write_events(self.db, record, fetch, [returned(record)], now)

    def resolve_quarantine(self, payload: Payload, now: str) -> None:
        """A readable version of a record is held: what could not be read of it is no matter any more."""
        saving.resolve_quarantine(self.db, payload, now)

    def quarantine(self, payload: Payload, query: str, reason: str, now: str) -> None:
        saving.write_quarantine(self.db, payload, query, reason, now)

    def relabel(self, record: Record, labels: Sequence[Label], now: str) -> bool:
        """Lay today's reading and labels over a held record. True when anything changed. Makes no event."""
        reread = saving.reread_record(self.db, record, self.leaf_names(record.id, labels), now)
        if reread:
            works.unite(self.db, record.id)
        return saving.write_labels(self.db, record.id, labels, now) or bool(reread)

    def payload_of(self, record: str) -> Payload | None:
        """The newest bytes of a held record, as a payload that its source can read again."""
        row = self.db.conn.execute("select source from records where id = ?", [record]).fetchone()
        before = saving.latest_payload(self.db, record)
        if not row or not before:
            return None
        return Payload(source=row[0], key=source_key(record), body=before[1], sha256=before[0])

    def leaf_names(self, record: str, labels: Sequence[Label]) -> list[str]:
        """Names of a record's approaches, a person's word included, for full text."""
        words = judging.judgements_of(self.db, record)
        leaves = [label.label for label in judging.overlaid(labels, words) if label.axis == "approach"]
        if not leaves:
            return []
        marks = ",".join("?" * len(leaves))
        return [row[0] for row in self.db.conn.execute(f"select label from approaches where id in ({marks})", leaves)]

    def sync_taxonomy(
        self,
        approaches: Sequence[tuple[str, str, str, str, bool]],
        stages: Sequence[tuple[str, float | None, str]],
        conditions: Sequence[tuple[str, str]] = (),
        approvals: Sequence[tuple[str, str, str, str, str, int, str]] = (),
    ) -> None:
        """Approaches (id, family, label, definition, followed), stages (id, rank, label) and conditions (id, label), so
        that views can name what is absent; and approvals (approach, condition, product, indication, authority, year,
        reference), which mirror the taxonomy: one that it no longer holds is gone."""
        with self.transaction():
            for rank, (leaf, family, label, definition, followed) in enumerate(approaches):
                self.db.conn.execute(
                    """insert into approaches (id, family, label, definition, rank, followed) values (?, ?, ?, ?, ?, ?)
                       on conflict (id) do update set family = excluded.family, label = excluded.label,
                       definition = excluded.definition, rank = excluded.rank, followed = excluded.followed""",
                    [leaf, family, label, definition, rank, int(followed)],
                )
            for stage, place, label in stages:
                self.db.conn.execute(
                    """insert into stages (id, rank, label) values (?, ?, ?)
                       on conflict (id) do update set rank = excluded.rank, label = excluded.label""",
                    [stage, place, label],
                )
            self.db.conn.executemany(
                """insert into conditions (id, label, rank) values (?, ?, ?)
                   on conflict (id) do update set label = excluded.label, rank = excluded.rank""",
                [(condition, label, rank) for rank, (condition, label) in enumerate(conditions)],
            )
            self.db.conn.execute("delete from approvals")
            ids = [approach[0] for approach in approaches]
            self.db.conn.execute(f"delete from approaches where id not in ({','.join('?' * len(ids))})", ids)
            self.db.conn.executemany("insert into approvals values (?, ?, ?, ?, ?, ?, ?)", approvals)
