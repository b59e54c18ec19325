"""What `tracker check --live` asks of a source and what it finds: steps, findings, shapes. Asks nothing itself.

A shape is what a parser reads, as paths (a.b.c in JSON, a/b/c in XML). Each source keeps its own beside its parser.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Literal

Part = Literal["shape", "query", "branches", "overlap"]
Level = Literal["", "note", "warning", "error"]
SEVERAL = 3  # ids that a finding names


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. error: what tracker reads has changed, or nothing came. warning: a person should look."""

    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to look at. `ask` makes at most `most` requests and raises SourceError.

    where: what is asked no further once a step of it failed. head: the line under which the findings stand.
    turn: the steps of a part are taken by turns, so that a budget is shared among queries.
    """

    part: Part
    where: str
    head: str
    most: int
    ask: Callable[[], Iterator[Finding]]
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """needed: without it a record cannot be understood. usual: several records without it are worth a look.

    known: below a path, the names that may stand there.
    """

    needed: tuple[str, ...]
    usual: tuple[str, ...] = ()
    known: Mapping[str, Set[str]] = field(default_factory=dict)

    def compare(self, records: Mapping[str, Set[str]], mark: str) -> Iterator[Finding]:
        """What is missing or new. records: id -> every path in it. mark: what stands between the names of a path."""
        for path in self.needed:
            if lacking := [key for key, paths in records.items() if path not in paths]:
                yield Finding("error", f"{path} is missing in {some(lacking)}")
        for path in self.usual:
            if records and not any(path in paths for paths in records.values()):
                yield Finding("warning", f"{path} is missing in all that were compared ({some(records)})")
        for parent, names in self.known.items():
            every = (path.rpartition(mark) for paths in records.values() for path in paths)
            for name in sorted({name for above, _, name in every if above == parent} - names):
                yield Finding("note", f"{parent + mark if parent else ''}{name} is new, and not read")


def some(ids: Iterable[str]) -> str:
    every = list(ids)
    return ", ".join(every[:SEVERAL]) + (f" and {len(every) - SEVERAL} more" if len(every) > SEVERAL else "")


def recall(source: str, count: int, gold: tuple[str, ...], found: Set[str]) -> Iterator[Finding]:
    """How many records a query lists, and how many of those that it must find."""
    missed = [one for one in gold if one not in found]
    told = f", gold {len(gold) - len(missed)} of {len(gold)}" if gold else ""
    yield Finding("", f"{source}: {count:,} records{told}")
    if missed:
        yield Finding("warning", f"{source} does not list its gold {', '.join(missed)}")
