"""Trials that stand in several registries, shown once: ClinicalTrials.gov before the others, same_as pointing to it.

Two records are one trial when one names the other's number, or both name a third: whole numbers of known registers,
never words. Where that would make one trial of two numbers of one register (an extension names the trial that it
extends), only those stay together that name each other, or that are the same number. The answer is the same whatever
came in first.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlite_utils import Database

from tracker.records import source_key
from tracker.registration import REGISTERS, Number, number, numbers, target

_MOST = 200  # records in one knot of numbers; nobody registers a trial that often


@dataclass(frozen=True, slots=True)
class _Held:
    """A held trial: the number that its id is (of an unknown register, the id), and all numbers of its record."""

    record: str
    own: Number
    numbers: frozenset[str]

    @property
    def rank(self) -> tuple[int, bool, int, str]:
        """The lowest stands for the others; of an EU number the latest resubmission, as the one before was refused."""
        place = REGISTERS.index(self.own.register) if self.own.register in REGISTERS else len(REGISTERS)
        again = self.record.partition(self.own.key)[2].lstrip("-") if self.own.register == "ctis" else ""
        return place, self.record.startswith("ictrp-"), -int(again or 0), self.record


_Tie = Callable[[_Held, _Held], bool]


def unite(db: Database, record: str) -> None:
    """Set same_as among the trials that share a number with this one, now that it is written."""
    row = db.conn.execute("select secondary_ids from trials where record = ?", [record]).fetchone()
    if row is None:
        return
    before = _numbers_of(db, record)
    now = {found.key: 0 for one in json.loads(row[0]) for found in numbers(str(one))}
    if own := number(source_key(record)):
        now[own.key] = 1
    if now == before:
        return
    db.conn.execute("delete from registrations where record = ?", [record])
    db.conn.executemany(
        "insert into registrations (record, number, own) values (?, ?, ?)",
        [(record, key, is_own) for key, is_own in now.items()],
    )
    if own and own.register != "nct":
        _point_links(db, own)
    held = _around(db, record, {*before, *now})
    for group in _trials(held, (_share, _name_each_other, _same_number)):
        head = min(group, key=lambda one: one.rank)
        for one in group:
            _point(db, one.record, None if one is head else head.record)


def held_target(db: Database, target: str) -> str:
    """The record of the trial that a link names by its number, the number itself while none is held. A copy of WHO's
    stands for no trial that another source reads."""
    found = None if target.startswith(("NCT", "pubmed-", "doi-", "feed-")) else number(target)
    if found is None:
        return target
    row = db.conn.execute(
        """select record from registrations where number = ? and own = 1 and record not like 'ictrp-%'
           order by record limit 1""",
        [found.key],
    ).fetchone()
    return str(row[0]) if row else target


def _point_links(db: Database, own: Number) -> None:
    """What named the trial before it was held, or before its first record came, points to that record now."""
    held = held_target(db, own.key)
    db.conn.execute(
        """update or replace links set target = :held where target != :held and (target = :named or target in (
               select record from registrations where number = :key and own = 1 and record not like 'ictrp-%'))""",
        {"held": held, "named": target(own), "key": own.key},
    )


def named_as(db: Database, text: str) -> str:
    """The record of a trial's number, however it is spelled; "" where none is held."""
    found = number(text)
    rows = db.conn.execute(
        """select n.record from registrations n join records r on r.id = n.record where n.number = ? and n.own = 1
           order by r.same_as is not null, n.record like 'ictrp-%', n.record""",
        [found.key if found else ""],
    )
    row = rows.fetchone()
    return str(row[0]) if row else ""


def _point(db: Database, record: str, head: str | None) -> None:
    db.conn.execute("update records set same_as = ? where id = ? and same_as is not ?", [head, record, head])


def _numbers_of(db: Database, record: str) -> dict[str, int]:
    return {
        row[0]: row[1] for row in db.conn.execute("select number, own from registrations where record = ?", [record])
    }


def _around(db: Database, record: str, numbers: set[str]) -> list[_Held]:
    """Every held trial that hangs together with these numbers, however far."""
    records, seen, todo = {record}, set(numbers), set(numbers)
    while todo and len(records) <= _MOST:
        new = set(_column(db, "record", "number", todo)) - records
        todo = set(_column(db, "number", "record", new)) - seen
        records |= new
        seen |= todo
    held = (_Held(one, number(source_key(one)) or Number("", one), frozenset(_numbers_of(db, one))) for one in records)
    return sorted(held, key=lambda one: one.rank)


def _column(db: Database, wanted: str, known: str, values: Iterable[str]) -> list[str]:
    asked = sorted(values)
    marks = ",".join("?" * len(asked))
    rows = db.conn.execute(f"select {wanted} from registrations where {known} in ({marks})", asked)
    return [str(row[0]) for row in rows]


def _trials(held: list[_Held], ties: tuple[_Tie, ...]) -> Iterable[list[_Held]]:
    """The records of each trial: by the loosest tie that leaves one number of each register in a trial."""
    tie, *stricter = ties
    for group in _groups(held, tie):
        if stricter and _is_knot(group):
            yield from _trials(group, tuple(stricter))
        else:
            yield group


def _groups(held: list[_Held], tie: _Tie) -> Iterable[list[_Held]]:
    left = list(held)
    while left:
        group, todo = [], [left.pop(0)]
        while todo:
            one = todo.pop()
            group.append(one)
            near = [other for other in left if tie(one, other)]
            left = [other for other in left if other not in near]
            todo += near
        yield group


def _is_knot(group: list[_Held]) -> bool:
    """Two numbers of one register: then not all of it is one trial."""
    own = {one.own for one in group}
    return len(own) > len({one.register for one in own}) or len(group) > _MOST


def _share(one: _Held, other: _Held) -> bool:
    return not one.numbers.isdisjoint(other.numbers)


def _name_each_other(one: _Held, other: _Held) -> bool:
    return one.own.key in other.numbers and other.own.key in one.numbers


def _same_number(one: _Held, other: _Held) -> bool:
    return one.own == other.own
