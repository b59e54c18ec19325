"""A small database written down as TOML, so that a clinician can add a digest without writing code.

A case is a folder in tests/digests: records.toml says what the database holds, expected.md what the digest must say.
Times and ids that do not matter may be left out; see tests/digests/README.md for the whole form.
"""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from tracker.digest.build import build
from tracker.digest.gather import gather
from tracker.digest.material import Material
from tracker.digest.model import Digest
from tracker.digest.render import render_html, render_markdown, render_text
from tracker.records import Trial
from tracker.schema import make_views, migrations

BEFORE, NOW = "2026-01-05T06:00:00Z", "2026-11-22T06:00:00Z"
STAGES = {
    "phase3": "Phase 3",
    "phase2": "Phase 2",
    "phase1_2": "Phase 1/2",
    "phase1": "Phase 1",
    "trial_unphased": "Human trial, phase not stated",
    "observational": "Observational",
    "case_report": "Case report or series",
    "systematic_review": "Systematic review",
    "animal": "Animal",
    "in_vitro": "In vitro",
    "review": "Review",
    "unclear": "Unclear",
}
CONDITIONS = {
    "aga": "Pattern hair loss (androgenetic alopecia)",
    "aa": "Alopecia areata",
    "te": "Telogen effluvium",
    "general": "Hair loss, which kind is not said",
}
APPROACHES = {"act.mpc": "MPC inhibitors", "ev.adsc": "Vesicles, adipose", "cell.hfsc": "Follicle stem cells"}


@dataclass(frozen=True)
class Settings:
    """What gather() needs of a digest's configuration."""

    name: str = "weekly"
    queries: tuple[str, ...] = ()
    approaches: tuple[str, ...] = ()
    min_severity: int = 1


@dataclass
class Case:
    """A database in memory, and the issue that is to be made of it."""

    db: Database
    settings: Settings
    period: str = "2026-W48"
    since: str = "2026-11-16T07:00:00Z"
    until: str = "2026-11-23T07:00:00Z"
    after_event: int = 0

    def material(self) -> Material:
        upto = self.db.execute("select coalesce(max(id), 0) from events").fetchone()[0]
        return gather(self.db.conn, self.settings, self.after_event, upto, self.since, self.until)

    def digest(self) -> Digest:
        return build(self.material(), self.period)

    def markdown(self) -> str:
        return render_markdown(self.digest())

    def rendered(self) -> dict[str, str]:
        """The issue in its three forms, by the ending of the file that holds each."""
        made = self.digest()
        return {"md": render_markdown(made), "html": render_html(made), "txt": render_text(made)}


def case(text: str) -> Case:
    """The case that a TOML text describes."""
    given = tomllib.loads(text)
    db = Database(memory=True)
    migrations.apply(db)
    make_views(db)
    _add_names(db, given.get("approach", []))
    for approval in given.get("approval", []):
        insert(db, "approvals", approval)
    for query in given.get("query", []):
        add_query(db, **query)
    for record in given.get("record", []):
        add_record(db, **record)
    for event in given.get("event", []):
        add_event(db, **event)
    for fetch in given.get("fetch", []):
        add_fetch(db, **fetch)
    digest = {key: tuple(value) if isinstance(value, list) else value for key, value in given.get("digest", {}).items()}
    settings = Settings(**{key: digest.pop(key) for key in list(digest) if key in Settings.__annotations__})
    for issue in given.get("issue", []):
        add_issue(db, settings.name, **issue)
    return Case(db, settings, after_event=last_told(db, settings.name), **digest)


def read_case(folder: Path) -> Case:
    return case((folder / "records.toml").read_text(encoding="utf-8"))


def _add_names(db: Database, more: list[dict[str, Any]]) -> None:
    """Stages and approaches as the taxonomy would give them; `more` are approaches that a case brings along."""
    for rank, (stage, label) in enumerate(reversed(STAGES.items())):
        db.execute("insert into stages values (?, ?, ?)", [stage, rank, label])
    leaves = [{"id": leaf, "label": label} for leaf, label in APPROACHES.items()] + more
    for rank, leaf in enumerate(leaves):
        values = [leaf["id"], leaf["id"].split(".")[0], leaf["label"], rank, int(leaf.get("followed", True))]
        db.execute("insert into approaches values (?, ?, ?, '', ?, ?)", values)
    for rank, (condition, label) in enumerate(CONDITIONS.items()):
        db.execute("insert into conditions values (?, ?, ?)", [condition, label, rank])


def add_query(db: Database, name: str, sources: list[str] | None = None, title: str = "") -> None:
    sources = ["clinicaltrials", "pubmed"] if sources is None else sources
    db.execute("insert into queries values (?, ?, '{}', ?, ?)", [name, json.dumps(sources), title, BEFORE])


def add_record(db: Database, id: str, **given: Any) -> None:
    """A record with its trial, labels and matches. `queries` match it with `baseline` 0 unless told otherwise."""
    trial, labels, links = given.pop("trial", None), list(given.pop("label", [])), given.pop("link", [])
    queries, baseline = given.pop("queries", []), given.pop("baseline", False)
    matched = given.pop("matched", BEFORE if baseline else NOW)
    for axis in ("stage", "relevance"):
        if value := given.pop(axis, ""):
            labels.append({"axis": axis, "label": value})
    flags = given.pop("flags", {})
    labels += [{"axis": "flag", "label": flag, "value": str(value)} for flag, value in flags.items()]
    known = {"title_key": ""} if "title_key" in db["records"].columns_dict else {}  # not in the founding schema
    insert(db, "records", {**known, **_record_defaults(id, bool(trial)), **given})
    if trial is not None:
        insert(db, "trials", {**_trial_defaults(id), **trial})
    for label in labels:
        insert(db, "labels", {**_LABEL, "record": id, **label})
    for link in links:
        insert(db, "links", {"record": id, "origin": "registry", "seen": NOW, "quote": "", **link})
    for query in queries:
        match = {"query": query, "first_seen": matched, "baseline": int(baseline)}
        insert(db, "matches", {"record": id, **(match if isinstance(query, str) else query)})


def add_event(db: Database, record: str, kind: str, severity: int = 1, **given: Any) -> int:
    default = {"record": record, "kind": kind, "severity": severity, "seen": NOW, "headline": kind.replace("_", " ")}
    return insert(db, "events", {**default, **given})


def add_fetch(db: Database, source: str, query: str, started: str = NOW, **given: Any) -> None:
    given |= {name: json.dumps(given[name]) for name in ("notes", "missing") if name in given}
    default = {"expression": "", "finished": started, "complete": int("error" not in given)}
    insert(db, "fetches", {**default, "source": source, "query": query, "started": started, **given})


def add_issue(db: Database, name: str, period: str, tells: list[int], section: str = "human") -> None:
    """An earlier issue of the digest that told these events."""
    last = max(tells, default=0)
    row = {"name": name, "period": period, "last_event": last, "created": BEFORE, "since": BEFORE, "until": BEFORE}
    issue = insert(db, "digests", {**row, "subject": "", "markdown": "", "html": "", "text": ""})
    for event in tells:
        insert(db, "digest_items", {"name": name, "event": event, "digest": issue, "section": section})


def last_told(db: Database, name: str) -> int:
    return db.execute("select coalesce(max(last_event), 0) from digests where name = ?", [name]).fetchone()[0]


def insert(db: Database, table: str, values: dict[str, Any]) -> int:
    values = {key: json.dumps(value) if isinstance(value, list) else value for key, value in values.items()}
    marks = ", ".join("?" * len(values))
    names = ", ".join(f'"{name}"' for name in values)
    cursor = db.execute(f"insert into {table} ({names}) values ({marks})", list(values.values()))
    return int(cursor.lastrowid or 0)


_LABEL = {"value": "", "origin": "rule", "source": "text", "strength": 1.0, "rule": "", "version": "1", "seen": NOW}


def _record_defaults(record: str, trial: bool) -> dict[str, Any]:
    number = record.removeprefix("pubmed-")
    url = f"https://clinicaltrials.gov/study/{record}" if trial else f"https://pubmed.ncbi.nlm.nih.gov/{number}/"
    lists = dict.fromkeys(("authors", "types", "terms", "mesh", "substances", "databanks"), "[]")
    texts = ("title", "abstract", "venue", "variants", "doi", "pmcid", "published", "entered", "language")
    rest = dict.fromkeys((*texts, "notice", "record_status", "fingerprint"), "")
    kind = {"source": "clinicaltrials", "kind": "trial"} if trial else {"source": "pubmed", "kind": "article"}
    return {"id": record, **kind, "url": url, **lists, **rest, "first_seen": NOW, "last_changed": NOW}


def _trial_defaults(record: str) -> dict[str, Any]:
    """Every text column empty, every list column an empty list."""
    lists = ("phases", "conditions", "interventions", "arms", "primary_outcomes", "secondary_ids", "countries")
    texts = (name for name, field in Trial.__dataclass_fields__.items() if field.type in (str, "str"))
    return {"record": record, **dict.fromkeys(lists, "[]"), **dict.fromkeys(texts, ""), "has_results": 0}
