"""What people ask of the database: one record with everything we know of it, and the health of what fills it."""

import json
import re
from dataclasses import dataclass
from typing import Any

from tracker.errors import ConfigError
from tracker.store import Store

_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """A record as `tracker show` prints it: rows are plain dicts with the column names of the database."""

    record: dict[str, Any]
    trial: dict[str, Any] | None
    labels: list[dict[str, Any]]
    links: list[dict[str, Any]]
    events: list[dict[str, Any]]
    matches: list[dict[str, Any]]
    versions: list[dict[str, Any]]


def record_of(store: Store, identifier: str) -> str:
    """The id behind 38212345, pubmed-38212345, an NCT number or a DOI. Raises ConfigError when it is not held."""
    text = identifier.strip()
    if doi := _DOI.fullmatch(text):
        found = store.rows("select id from records where doi = ? order by id", [doi[1].lower()])
    else:
        wanted = f"pubmed-{text.lstrip('0')}" if text.isdigit() else text
        found = store.rows("select id from records where id = ? collate nocase", [wanted])
    if not found:
        raise ConfigError(f"{identifier}: is not held; ids are a PMID, an NCT number, a DOI, or an id of the database")
    return str(found[0]["id"])


def find_record(store: Store, identifier: str) -> Page:
    """Everything held about one record. Raises ConfigError when it is not held."""
    record = record_of(store, identifier)
    record_row = store.rows("select * from records where id = ?", [record])[0]
    trial = store.rows("select * from trials where record = ?", [record])
    return Page(
        record=record_row | {name: json.loads(record_row[name]) for name in ("authors", "types", "terms")},
        trial=trial[0] if trial else None,
        labels=store.rows(
            """select l.*, coalesce(a.label, s.label, l.label) as name from labels l
               left join approaches a on l.axis = 'approach' and a.id = l.label
               left join stages s on l.axis = 'stage' and s.id = l.label
               where l.record = ? order by l.axis, l.strength desc, l.label""",
            [record],
        ),
        links=store.rows(
            """select l.relation, l.origin, l.quote, l.target as other, r.title from links l
               left join records r on r.id = l.target where l.record = ?
               union all
               select 'is said to be: ' || l.relation, l.origin, l.quote, l.record, r.title from links l
               join records r on r.id = l.record where l.target = ? order by 1, 4""",
            [record, record],
        ),
        events=store.rows("select * from events where record = ? and severity > 0 order by seen, id", [record]),
        matches=store.rows(
            """select m.*, q.title from matches m join queries q on q.name = m.query
               where m.record = ? order by m.first_seen, m.query""",
            [record],
        ),
        versions=store.rows("select received, sha256 from payloads where record = ? order by id", [record]),
    )
