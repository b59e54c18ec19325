"""What is held on topic, whether it moved or not: one line for each work, and the facts of those that are shown.

Reads the database for the state of the field (`baseline.py`), as `gather.py` does for an issue. Writes nothing.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from tracker.digest import sql
from tracker.digest.board import read_board
from tracker.digest.doubts import gather_doubts
from tracker.digest.gather import Reading
from tracker.digest.known import DigestSettings
from tracker.digest.material import Material, Work
from tracker.digest.receipt import Span, count_new, gather_answers


@dataclass(frozen=True, slots=True)
class Held:
    """One work on topic, as its version of record. stage: its label; status, people: of a trial."""

    id: str
    kind: str
    published: str
    notice: str
    stage: str
    stage_name: str
    status: str
    people: int
    protocol: bool


@dataclass(frozen=True, slots=True)
class Read:
    """What one source gave for one query: since its first whole answer (a stamp, "" where there is none), how much."""

    source: str
    query: str
    since: str
    records: int
    off_topic: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """works: what the digest's queries list, on topic and within its approaches. elsewhere: trials on topic that only
    other queries list. material: doubts, board and receipt of the last period, and the works that are shown."""

    works: tuple[Held, ...]
    elsewhere: int
    reads: tuple[Read, ...]
    material: Material


def gather_holdings(
    conn: sqlite3.Connection,
    digest: DigestSettings,
    since: str,
    until: str,
    choose: Callable[[Sequence[Held]], Iterable[str]],
) -> Holdings:
    """Everything for one report. `choose` says which works are shown; the receipt is that of (since, until]."""
    reading = Reading(conn, digest, 0, 0)
    works = _works(conn, reading.queries, reading.approaches)
    events = "select coalesce(max(id) filter (where seen <= ?), 0), coalesce(max(id), 0) from events"
    after, upto = sql.rows(conn, events, since)[0]
    span = Span(since, until, after, upto, first=True)
    return Holdings(
        works=works,
        elsewhere=_elsewhere(conn, reading.queries),
        reads=_reads(conn, reading.queries),
        material=Material(
            name=digest.name,
            since=since,
            until=until,
            first_issue=True,
            new=count_new(conn, reading.queries, span),
            works=tuple(_shown(reading, record) for record in choose(works)),
            doubts=gather_doubts(conn, reading.queries, since),
            board=read_board(conn),
            answers=gather_answers(conn, reading.queries, span),
        ),
    )


def _shown(reading: Reading, record: str) -> Work:
    """Which issues told it is no matter here."""
    return replace(reading.work(record, ()), told_in=())


def _works(conn: sqlite3.Connection, queries: tuple[str, ...], approaches: tuple[str, ...]) -> tuple[Held, ...]:
    leaves = " or ".join("label = ? or label like ? || '.%'" for _ in approaches) or "true"
    within = f"exists (select 1 from labels where record = r.id and axis = 'approach' and ({leaves}))"
    statement = f"""select r.id, r.kind, r.published, r.notice, coalesce(l.label, ''), coalesce(s.label, ''),
            coalesce(t.status, ''), coalesce(t.enrollment, 0),
            exists (select 1 from labels where record = r.id and axis = 'flag' and label = 'protocol')
        from (select distinct coalesce(v.same_as, v.id) as id from matches m join records v on v.id = m.record
            where m.query in ({sql.marks(queries)})) scope
        join records r on r.id = scope.id
        left join labels l on l.record = r.id and l.axis = 'stage' left join stages s on s.id = l.label
        left join trials t on t.record = r.id
        where {_ON_TOPIC} and {within if approaches else "true"} order by r.id"""
    twice = [one for approach in approaches for one in (approach, approach)]
    return tuple(Held(*row) for row in sql.rows(conn, statement, *queries, *twice))


_ON_TOPIC = "not exists (select 1 from labels where record = r.id and axis = 'relevance' and label = 'off')"


def _elsewhere(conn: sqlite3.Connection, queries: tuple[str, ...]) -> int:
    statement = f"""select count(*) from records r where r.kind = 'trial' and r.same_as is null and {_ON_TOPIC}
        and not exists (select 1 from matches where record = r.id and query in ({sql.marks(queries)}))"""
    return int(sql.rows(conn, statement, *queries)[0][0])


def _reads(conn: sqlite3.Connection, queries: tuple[str, ...]) -> tuple[Read, ...]:
    statement = f"""select r.source, m.query,
            coalesce((select min(started) from fetches f
                where f.source = r.source and f.query = m.query and f.complete = 1), ''),
            count(*), sum(not {_ON_TOPIC})
        from matches m join records r on r.id = m.record where m.query in ({sql.marks(queries)})
        group by r.source, m.query order by r.source, m.query"""
    return tuple(Read(*row) for row in sql.rows(conn, statement, *queries))
