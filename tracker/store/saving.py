"""Writing one record: its columns, its payload, its links, its labels and the events of what changed.

Upsert, never REPLACE, which would delete the rows that point here. Every function runs in the caller's transaction.
"""

import zlib
from collections.abc import Iterable, Sequence
from functools import cache

from sqlite_utils import Database

from tracker.records import Event, Label, Payload, Record, Trial, as_json, fingerprint
from tracker.store.judging import judgements_of, overlaid
from tracker.store.registered import held_target
from tracker.store.titles import title_key
from tracker.store.variants import spellings

_RECORD_COLUMNS = [
    "source",
    "kind",
    "title",
    "abstract",
    "url",
    "venue",
    "authors",
    "types",
    "terms",
    "mesh",
    "substances",
    "databanks",
    "doi",
    "pmcid",
    "published",
    "entered",
    "language",
    "notice",
    "record_status",
]
_TRIAL_COLUMNS = [name for name in Trial.__dataclass_fields__ if name != "sites"]
_SITE_COLUMNS = ["facility", "city", "country", "latitude", "longitude"]
_LABEL_COLUMNS = ["value", "origin", "source", "strength", "field", "start", "end", "quote", "rule", "version"]

Rows = dict[tuple[str, str], tuple[object, ...]]  # (axis, label) -> the values of _LABEL_COLUMNS


def latest_payload(db: Database, record: str) -> tuple[str, bytes] | None:
    """(sha256, body) of the newest version of a record that we received."""
    row = db.conn.execute(
        "select sha256, body from payloads where record = ? order by id desc limit 1", [record]
    ).fetchone()
    return (row[0], zlib.decompress(row[1])) if row else None


def record_with_payload(db: Database, sha256: str) -> str | None:
    """The record whose newest version has this hash: such a payload need not even be parsed."""
    row = db.conn.execute(
        """select record from payloads p where sha256 = ?
           and id = (select max(id) from payloads where record = p.record)""",
        [sha256],
    ).fetchone()
    return row[0] if row else None


def write_record(db: Database, record: Record, payload: Payload, leaves: Sequence[str], now: str) -> None:
    """A record's facts and the bytes they were read from. `leaves` are names of its approaches, for full text."""
    values = {"id": record.id, **_record_values(record, leaves), "last_changed": now}
    _upsert(db, "records", values, key=("id",), only_new={"first_seen": now})
    if record.trial:
        _write_trial(db, record, record.trial)
    _write_links(db, record, now)
    db.conn.execute(
        "insert into payloads (record, sha256, received, body) values (?, ?, ?, ?)",
        [record.id, payload.sha256, now, zlib.compress(payload.body)],
    )
    resolve_quarantine(db, payload, now)


def _record_values(record: Record, leaves: Sequence[str]) -> dict[str, object]:
    """The columns of `records` that a reading of the record fills."""
    values = {name: record.column(name) for name in _RECORD_COLUMNS}
    # For full text only: other spellings of codes, and on a trial what it gives.
    given = " ".join(record.trial.interventions) if record.trial else ""
    words = spellings(" ".join([record.title, record.abstract, values["terms"], given]))
    derived = {"variants": " ".join([*words, *leaves]), "fingerprint": fingerprint(record)}
    return {**values, **derived, "title_key": title_key(record)}


def _trial_values(trial: Trial) -> dict[str, object]:
    values = {
        name: as_json(value) if isinstance(value := getattr(trial, name), tuple) else value for name in _TRIAL_COLUMNS
    }
    return values | {"has_results": int(trial.has_results)}


def _site_rows(trial: Trial) -> list[tuple[object, ...]]:
    return [(n, *(getattr(site, name) for name in _SITE_COLUMNS)) for n, site in enumerate(trial.sites, start=1)]


def _write_trial(db: Database, record: Record, trial: Trial) -> None:
    _upsert(db, "trials", {"record": record.id, **_trial_values(trial)}, key=("record",))
    db.conn.execute("delete from sites where record = ?", [record.id])
    db.conn.executemany(
        f"insert into sites (record, n, {', '.join(_SITE_COLUMNS)}) values (?, ?, ?, ?, ?, ?, ?)",
        [(record.id, *row) for row in _site_rows(trial)],
    )


def read_otherwise(db: Database, record: Record, leaves: Sequence[str]) -> list[str]:
    """The columns in which a held record is stored otherwise than it is read today."""
    out = _differing(db, "records", "id", record.id, _record_values(record, leaves))
    if record.trial:
        out += _differing(db, "trials", "record", record.id, _trial_values(record.trial))
        sites = db.conn.execute(
            f"select n, {', '.join(_SITE_COLUMNS)} from sites where record = ? order by n", [record.id]
        )
        out += ["sites"] * ([tuple(row) for row in sites] != _site_rows(record.trial))
    held = db.conn.execute(
        "select relation, target, origin, quote from links where record = ? and origin != 'title'", [record.id]
    )
    links = _links_of(db, record)
    return out + ["links"] * ({tuple(row)[:3]: row[3] for row in held} != links)


def _differing(db: Database, table: str, key: str, record: str, values: dict[str, object]) -> list[str]:
    names = ", ".join(f'"{name}"' for name in values)
    held = db.conn.execute(f"select {names} from {table} where {key} = ?", [record]).fetchone()
    return [name for n, (name, value) in enumerate(values.items()) if held is None or held[n] != value]


def reread_record(db: Database, record: Record, leaves: Sequence[str], now: str) -> list[str]:
    """Store a held record as it is read today. Returns what differed. The source said nothing new: no event."""
    changed = read_otherwise(db, record, leaves)
    if not changed:
        return []
    values = _record_values(record, leaves)
    sets = ", ".join(f'"{name}" = ?' for name in values)
    db.conn.execute(f"update records set {sets} where id = ?", [*values.values(), record.id])
    if record.trial:
        _write_trial(db, record, record.trial)
    _write_links(db, record, now)
    return changed


def _links_of(db: Database, record: Record) -> dict[tuple[str, str, str], str]:
    return {(link.relation, held_target(db, link.target), link.origin): link.quote for link in record.links}


def _write_links(db: Database, record: Record, now: str) -> None:
    """Links as the record says them today; one that it still says keeps the time it was first seen. What only its title
    ties it to is no word of the record (`works`)."""
    wanted = _links_of(db, record)
    held = {
        tuple(row)
        for row in db.conn.execute(
            "select relation, target, origin from links where record = ? and origin != 'title'", [record.id]
        )
    }
    for relation, target, origin in held - wanted.keys():
        db.conn.execute(
            "delete from links where record = ? and relation = ? and target = ? and origin = ?",
            [record.id, relation, target, origin],
        )
    for (relation, target, origin), quote in wanted.items():
        _upsert(
            db,
            "links",
            {"record": record.id, "relation": relation, "target": target, "origin": origin, "quote": quote},
            key=("record", "relation", "target", "origin"),
            only_new={"seen": now},
        )


def compare_labels(db: Database, record: str, labels: Iterable[Label]) -> tuple[Rows, Rows]:
    """The labels held and those to hold, by (axis, label): what the rules say today with a person's word over it.

    The taxonomy's version alone is no difference: a row that says the same keeps the version that first said so, and a
    new leaf rewrites nothing but what it changes.
    """
    columns = ", ".join(_LABEL_COLUMNS)
    held = {
        (row[0], row[1]): tuple(row[2:])
        for row in db.conn.execute(f"select axis, label, {columns} from labels where record = ?", [record])
    }
    wanted = {
        (label.axis, label.label): tuple(getattr(label, name) for name in _LABEL_COLUMNS)
        for label in overlaid(labels, judgements_of(db, record))
    }
    return held, {
        key: held[key] if key in held and held[key][:-1] == values[:-1] else values for key, values in wanted.items()
    }


def write_labels(db: Database, record: str, labels: Iterable[Label], now: str) -> bool:
    """Lay today's labels over the ones held; rows that say the same are left alone. True when anything changed."""
    held, wanted = compare_labels(db, record, labels)
    for axis, label in held.keys() - wanted.keys():
        db.conn.execute("delete from labels where record = ? and axis = ? and label = ?", [record, axis, label])
    changed = [(record, *key, *values, now) for key, values in wanted.items() if held.get(key) != values]
    db.conn.executemany(_LABEL_UPSERT, changed)
    return bool(changed or held.keys() - wanted.keys())


def write_events(db: Database, record: str, fetch: int | None, events: Iterable[Event], now: str) -> None:
    db.conn.executemany(
        """insert into events (record, fetch, seen, kind, severity, field, old, new, headline)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [(record, fetch, now, e.kind, e.severity, e.field, e.old, e.new, e.headline) for e in events],
    )


def write_quarantine(db: Database, payload: Payload, query: str, reason: str, now: str) -> None:
    """A record that cannot be read is kept with its bytes and the reason; the same bytes again add nothing."""
    db.conn.execute(
        """insert into quarantine (source, record, sha256, payload, reason, query, seen) values (?, ?, ?, ?, ?, ?, ?)
           on conflict (source, record, sha256) do nothing""",
        [payload.source, payload.key, payload.sha256, zlib.compress(payload.body), reason, query, now],
    )


def resolve_quarantine(db: Database, payload: Payload, now: str) -> None:
    db.conn.execute(
        "update quarantine set resolved = ? where source = ? and record = ? and resolved is null",
        [now, payload.source, payload.key],
    )


def _upsert(
    db: Database,
    table: str,
    values: dict[str, object],
    *,
    key: tuple[str, ...],
    only_new: dict[str, object] | None = None,
) -> None:
    """Plain SQL rather than the library's upsert: half the time per row, and `only_new` keeps what was first seen."""
    every = values | (only_new or {})
    db.conn.execute(_upsert_sql(table, tuple(every), key, tuple(only_new or ())), list(every.values()))


@cache
def _upsert_sql(table: str, names: tuple[str, ...], key: tuple[str, ...], kept: tuple[str, ...] = ()) -> str:
    """An insert that updates every column but the key and those `kept` from the first time."""
    updates = [f'"{name}" = excluded."{name}"' for name in names if name not in key and name not in kept]
    columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    action = f"update set {', '.join(updates)}" if updates else "nothing"
    return f"insert into {table} ({columns}) values ({marks}) on conflict ({', '.join(key)}) do {action}"


_LABEL_KEY = ("record", "axis", "label")
_LABEL_UPSERT = _upsert_sql("labels", (*_LABEL_KEY, *_LABEL_COLUMNS, "seen"), _LABEL_KEY)
