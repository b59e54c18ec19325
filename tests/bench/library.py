"""A database of many records of realistic spread, with a week of news: what a digest is composed over.

    python -m tests.bench.library DATABASE RECORDS

One record in twenty is a trial. The last 500 events are the week: new articles and trials, and trials that moved. The
rows are written by plain SQL, because storing them one by one is another figure; there is no full text, no payload and
no history, which a digest does not read.
"""

import re
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

from tests.digest_case import _record_defaults as record_defaults
from tests.digest_case import _trial_defaults as trial_defaults
from tests.digest_case import add_issue, add_query
from tests.generated import article
from tracker.classify import Taxonomy, load_taxonomy
from tracker.store import Store

QUERIES = ("cells", "vesicles", "activators")
FOLLOWED = ("cell", "ev", "act")  # families
WEEK, MOVED = 500, 75  # events of the week; so many of them are trials that moved
BEFORE, NOW = "2026-01-05T06:00:00Z", "2026-11-22T06:00:00Z"
SINCE, UNTIL, PERIOD = "2026-11-16T07:00:00Z", "2026-11-23T07:00:00Z", "2026-W48"
CONFIG = """
[[query]]
name = "cells"
pubmed = "cells[tiab] AND alopecia[tiab]"
clinicaltrials = { cond = "alopecia", intr = "cells" }
follows = ["cell"]
[[query]]
name = "vesicles"
pubmed = "vesicles[tiab] AND alopecia[tiab]"
clinicaltrials = { cond = "alopecia", intr = "vesicles" }
follows = ["ev"]
[[query]]
name = "activators"
pubmed = "activators[tiab] AND alopecia[tiab]"
clinicaltrials = { cond = "alopecia", intr = "activators" }
follows = ["act"]
[[digest]]
name = "weekly"
every = "monday 07:00"
queries = ["cells", "vesicles", "activators"]
"""

_STAGES = {"in_vitro": 25, "animal": 25, "review": 15, "observational": 10, "trial_unphased": 8, "case_report": 8,
           "systematic_review": 4, "phase2": 2, "phase1": 1, "phase3": 1, "ex_vivo": 1}  # fmt: skip
_TRIAL_STAGES = {"phase1": 1, "phase2": 2, "phase3": 1, "trial_unphased": 1}
_STATUS = {"COMPLETED": 5, "RECRUITING": 1, "UNKNOWN": 1, "TERMINATED": 1, "WITHDRAWN": 1, "NOT_YET_RECRUITING": 1}
_CONDITIONS = ("aga", "aa", "te", "general", "scarring")
_FLAGS = ("n", "randomised", "blinded", "duration", "species")
_MOVES = (
    ("stopped", 3, "status", "RECRUITING", "TERMINATED"),
    ("date_slipped", 2, "primary_completion", "2026-06-30", "2026-11-30"),
    ("results_posted", 3, "has_results", "false", "true"),
    ("enrollment_changed", 1, "enrollment", "40", "60"),
)
_TEXT = re.compile(r"<AbstractText[^>]*>([^<]+)")


def write(path: Path, count: int) -> None:
    """Fill a new database with `count` records."""
    with Store.open(path) as store:
        connection, taxonomy = store.db.conn, load_taxonomy()
        connection.execute("pragma synchronous = off")
        connection.execute("drop trigger records_ai")
        with store.transaction():
            for name in QUERIES:
                add_query(store.db, name)
            _names(connection, taxonomy)
            rows = _Rows(taxonomy, count)
            for table in ("records", "trials", "labels", "matches", "events", "fetches"):
                _insert(connection, table, getattr(rows, table)())
            last_told = connection.execute("select max(id) from events").fetchone()[0] - rows.week
            add_issue(store.db, "weekly", "2026-W47", [last_told])
            connection.execute("update digests set since = ?, until = ?", [BEFORE, SINCE])


def _insert(connection: Any, table: str, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    marks = ", ".join(f":{name}" for name in first)
    statement = f"insert into {table} ({', '.join(first)}) values ({marks})"
    connection.execute(statement, first)
    connection.executemany(statement, rows)


def _names(connection: Any, taxonomy: Taxonomy) -> None:
    connection.executemany("insert into stages values (?, ?, ?)", [(s.id, s.rank, s.label) for s in taxonomy.stages])
    leaves = [(x.id, x.family, x.label, "", n, int(x.family in FOLLOWED)) for n, x in enumerate(taxonomy.leaves)]
    connection.executemany("insert into approaches values (?, ?, ?, ?, ?, ?)", leaves)


class _Rows:
    """The rows of each table, the same ones on every machine."""

    def __init__(self, taxonomy: Taxonomy, count: int) -> None:
        self.leaves = [leaf.id for leaf in taxonomy.leaves]
        self.count = count
        self.week = min(WEEK, count // 2)
        self.random = Random(7)
        self.ids = [f"NCT{n:08}" if n % 20 == 0 else f"pubmed-{n + 1}" for n in range(count)]
        self.new = self.ids[count - self.week + MOVED * self.week // WEEK :]
        self.is_new = frozenset(self.new)

    def records(self) -> Iterator[dict[str, Any]]:
        texts = ["\n".join(_TEXT.findall(article(n).decode())) for n in range(200)]
        for n, record in enumerate(self.ids):
            trial = record.startswith("NCT")
            about = {"title": f"Follicles, cells and what became of them: report {n}", "abstract": texts[n % 200]}
            version = {"published": "" if trial else self._day(2005, 2026), "same_as": self._same_as(n)}
            yield {**record_defaults(record, trial), **about, **version}

    def _same_as(self, n: int) -> str | None:
        """One record in five hundred is another version of the third."""
        return self.ids[2] if n % 500 == 3 else None

    def trials(self) -> Iterator[dict[str, Any]]:
        for record in self.ids[::20]:
            days = ("primary_completion", "completion", "first_posted", "last_update")
            yield {
                **trial_defaults(record), **{name: self._day(2010, 2028) for name in days},
                "status": self._pick(_STATUS), "sponsor": "A University", "verified": "2024-05",
                "enrollment": self.random.randint(5, 500), "enrollment_type": "ESTIMATED",
                "start": self._day(2005, 2025), "start_type": "ACTUAL",
            }  # fmt: skip

    def labels(self) -> Iterator[dict[str, Any]]:
        for record in self.ids:
            for axis, label, value in self._labels_of(record.startswith("NCT")):
                yield {
                    "record": record, "axis": axis, "label": label, "value": value, "origin": "rule", "source": "text",
                    "strength": self.random.choice((1, 0.9, 0.6)), "field": "abstract", "start": 10, "end": 20,
                    "quote": "some quoted words of it", "rule": "made.up", "version": "1", "seen": NOW,
                }  # fmt: skip

    def _labels_of(self, trial: bool) -> Iterator[tuple[str, str, str]]:
        yield "stage", self._pick(_TRIAL_STAGES if trial else _STAGES), ""
        off = self.random.random() < 0.15
        yield "relevance", "off" if off else "core", ""
        if not off:
            for leaf in self.random.sample(self.leaves, self.random.choice((0, 1, 1, 1, 2, 2, 3))):
                yield "approach", leaf, ""
            for condition in self.random.sample(_CONDITIONS, self.random.choice((1, 1, 1, 2))):
                yield "condition", condition, ""
            for flag in self.random.sample(_FLAGS, self.random.choice((0, 1, 2, 3))):
                yield "flag", flag, str(self.random.randint(3, 300)) if flag == "n" else ""

    def matches(self) -> Iterator[dict[str, Any]]:
        for n, record in enumerate(self.ids):
            new = record in self.is_new
            for query in QUERIES[: 1 + n % 3]:
                yield {"record": record, "query": query, "first_seen": NOW if new else BEFORE, "baseline": int(not new)}

    def events(self) -> Iterator[dict[str, Any]]:
        """One for each record that was stored, the week's ones last."""
        nothing = {"field": None, "old": None, "new": None}
        moved = self.week - len(self.new)
        for record in self.ids[: self.count - len(self.new)]:
            yield {"record": record, "seen": BEFORE, **_stored(record), **nothing}
        for record in self.new:
            yield {"record": record, "seen": NOW, **_stored(record), **nothing}
        for n, record in enumerate(self.ids[: 20 * moved : 20]):
            kind, severity, field, old, new = _MOVES[n % len(_MOVES)]
            headline = f"{field}: {old} -> {new}"
            yield {"record": record, "seen": NOW, "kind": kind, "severity": severity, "headline": headline,
                   "field": field, "old": old, "new": new}  # fmt: skip

    def fetches(self) -> Iterator[dict[str, Any]]:
        """Ten months of daily fetches."""
        for n in range(300):
            started = f"2026-{1 + n // 30:02}-{1 + n % 28:02}T06:00:00Z" if n < 299 else NOW
            for source, query in product(("clinicaltrials", "pubmed"), QUERIES):
                yield {"source": source, "query": query, "expression": "", "started": started, "finished": started,
                       "complete": 1, "listed": 9}  # fmt: skip

    def _day(self, first: int, last: int) -> str:
        return f"{self.random.randint(first, last)}-{self.random.randint(1, 12):02}-{self.random.randint(1, 28):02}"

    def _pick(self, weights: dict[str, int]) -> str:
        return self.random.choices(list(weights), list(weights.values()))[0]


def _stored(record: str) -> dict[str, Any]:
    if record.startswith("NCT"):
        return {"kind": "new_trial", "severity": 3, "headline": "New trial"}
    return {"kind": "new_article", "severity": 1 + int(record[-1]) % 2, "headline": "New article"}


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
