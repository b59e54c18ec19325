"""A whole installation in a temporary folder, its sources played by the stand-ins. For tests of fetch and digest."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from tests.standin_world import article, nct, pmid, study
from tracker.config import Settings, load
from tracker.dates import clock_from
from tracker.demo.server import StandIn
from tracker.pipeline import FetchOptions, compose, fetch_all
from tracker.store import Store, Tally, dump

__all__ = ["World", "article", "gel_study", "hair_article", "nct", "pmid", "study"]

CONFIG = """
[tracker]
contact = "tester@example.org"
[sources.pubmed]
pace = 500
retry_wait = 0.01
[sources.clinicaltrials]
pace = 500
retry_wait = 0.01
[[query]]
name = "gel"
title = "Gels"
pubmed = '{gel}'
clinicaltrials = {{ cond = "alopecia", intr = "gel" }}
[[query]]
name = "moss"
title = "Moss"
pubmed = 'moss[tiab] AND alopecia[tiab]'
[[digest]]
name = "weekly"
every = "monday 07:00"
queries = ["gel", "moss"]
"""
GEL = "gel[tiab] AND alopecia[tiab]"

WEEKS = ("2026-11-09T07:00:00Z", "2026-11-16T07:00:00Z", "2026-11-23T07:00:00Z", "2026-11-30T07:00:00Z")


class World:
    """Fetch and digest on given days, and look at what is stored."""

    def __init__(self, folder: Path, stand_in: StandIn) -> None:
        self.folder = folder
        self.stand_in = stand_in
        self.upstream = stand_in.upstream
        self.config(gel=GEL)

    def config(self, *, gel: str) -> None:
        (self.folder / "queries.toml").write_text(CONFIG.format(gel=gel))

    @property
    def settings(self) -> Settings:
        return load(self.folder / "queries.toml", self.stand_in.environment)

    def fetch(self, week: int = 0, *, names: tuple[str, ...] = (), sources: tuple[str, ...] = (),
              **options: bool) -> dict[tuple[str, str], Tally]:  # fmt: skip
        clock = clock_from({"TRACKER_NOW": WEEKS[week]})
        tallies = fetch_all(self.settings, clock, names, sources, FetchOptions(**options))
        return {(tally.source, tally.query): tally for tally in tallies}

    def digest(self, week: int) -> str:
        with Store.open(self.settings.db) as store:
            issue = compose(self.settings, store, self.settings.digests[0], clock_from({"TRACKER_NOW": WEEKS[week]}))
        return issue.path.read_text()

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        with Store.read(self.settings.db) as store:
            return store.rows(sql, values)

    def kinds(self, record: str) -> list[str]:
        return [row["kind"] for row in self.rows("select kind from events where record = ? order by id", record)]

    def dump(self) -> str:
        with Store.read(self.settings.db) as store:
            return dump(store.db)

    def put_article(self, n: int, title: str = "", day: str = "2026-11-01", **more: Any) -> str:
        when = date.fromisoformat(day)
        body = hair_article(n, title, **more)
        self.upstream.put_article(body, when, when)
        return f"pubmed-{pmid(n)}"

    def put_study(self, n: int, **changes: Any) -> str:
        self.upstream.put_study(gel_study(n, **changes))
        return nct(n)


def hair_article(n: int, title: str = "", **more: Any) -> bytes:
    title = title or f"Gel number {n} for alopecia"
    return article(n, title, more.pop("abstract", "A gel was tested in 20 people with alopecia."), **more)


def gel_study(n: int, **changes: Any) -> dict[str, Any]:
    """A trial of a gel in alopecia. changes: modules of protocolSection, merged into what stands there."""
    one = study(n, f"Gel {n} in alopecia", conditions=["Alopecia"], interventions=["Gel"], phases=["PHASE2"])
    one["protocolSection"]["statusModule"] |= {
        "startDateStruct": {"date": "2026-01", "type": "ACTUAL"},
        "primaryCompletionDateStruct": {"date": "2026-12", "type": "ESTIMATED"},
    }
    sections: Mapping[str, Any] = changes
    for name, values in sections.items():
        if name == "hasResults":
            one[name] = values
        else:
            one["protocolSection"].setdefault(name, {}).update(values)
    return json.loads(json.dumps(one))  # type: ignore[no-any-return]


def at(stand_in: StandIn, folder: Path) -> World:
    folder.mkdir(parents=True, exist_ok=True)
    return World(folder, stand_in)
