"""What stands on our pages, read from the database. Plain values; the templates escape them."""

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from tracker.browse.metadata import words
from tracker.classify import load_taxonomy
from tracker.digest.board import NOTE, RUNG_WORDS, RUNGS
from tracker.digest.wording import moment, source_name, status_words
from tracker.errors import ConfigError
from tracker.page.claims import claims
from tracker.page.life import absent, moments
from tracker.page.words import COLUMNS, NOTICES, phase_words, spoken, study_words, tie
from tracker.store import Store
from tracker.store.filters import Filters
from tracker.store.reading import Page, find_record
from tracker.store.searching import BEGIN, END, search

MOVED_DAYS, MOVED_SHOWN = 30, 12
SEARCH_SHOWN = 100
GROUPS = {"aga": "pattern hair loss", "aa": "alopecia areata", "other": "other or not said", "": "nothing held"}
_AXES = ("relevance", "stage", "approach", "condition", "flag")


def store_on(connection: sqlite3.Connection) -> Store:
    """A Store over a connection of Datasette's, which closes it itself."""
    return Store(Path(), Database(connection, execute_plugins=False), contextlib.ExitStack())


def home(connection: sqlite3.Connection) -> dict[str, Any]:
    store = store_on(connection)
    counts = store.rows(
        """select coalesce(sum(kind = 'article'), 0) as articles, coalesce(sum(kind = 'trial'), 0) as trials
           from records"""
    )[0]
    return {
        "counts": counts,
        "questions": {name: query["title"] for name, query in words("canned").items() if ":" not in query["sql"]},
        "board": board(connection)[0],
        "rungs": [RUNG_WORDS[rung][0] for rung in RUNGS],
        "moved": moved(store),
        "moved_days": MOVED_DAYS,
        "health": health(store),
        "fetched": moment(store.rows("select coalesce(max(started), '') as at from fetches")[0]["at"]),
    }


def moved(store: Store) -> list[dict[str, Any]]:
    """The weightiest events of the last days before the last fetch, the newest of them first."""
    return store.rows(
        f"""select * from (
                select w.* from what_moved w
                where w.seen >= date((select day from today), '-{MOVED_DAYS} days')
                order by w.severity desc, w.id desc limit {MOVED_SHOWN}
            ) order by seen desc, kind in ('stopped', 'retracted') desc, severity desc, id desc"""
    )


def health(store: Store) -> list[dict[str, Any]]:
    rows = store.rows("select * from source_health order by source, query")
    return [
        row | {"source": source_name(row["source"]), "last_success": moment(row["last_success"] or "") or "never"}
        for row in rows
    ]


def board(connection: sqlite3.Connection) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of the board with what a query follows, and without; each with its cells: (rung, works)."""
    rows = store_on(connection).rows("select * from trial_board")
    for row in rows:
        row["cells"] = [(rung, row[rung] or 0) for rung in RUNGS]
        row["group"] = GROUPS.get(row["condition"] or "", row["condition"])
    rows.sort(key=lambda row: -max((place for place, (_, works) in enumerate(row["cells"], 1) if works), default=0))
    return [row for row in rows if row["followed"]], [row for row in rows if not row["followed"]]


def whole_board(connection: sqlite3.Connection) -> dict[str, Any]:
    followed, others = board(connection)
    return {"board": followed, "others": others, "rungs": [RUNG_WORDS[rung][0] for rung in RUNGS], "note": NOTE}


def found(connection: sqlite3.Connection, asked: str, filters: Filters) -> dict[str, Any]:
    """Hits for plain words, each with the words marked; or what is wrong with the question."""
    if not asked.strip():
        return {"words": "", "hits": [], "total": 0, "alone": {}, "mistake": ""}
    try:
        answer = search(store_on(connection), asked, filters, SEARCH_SHOWN)
    except ConfigError as error:
        return {"words": asked, "hits": [], "total": 0, "alone": {}, "mistake": str(error)}
    hits = [
        {
            "id": hit.id,
            "url": hit.url,
            "title": pieces(hit.title or "(no title)"),
            "published": hit.published,
            "stage": hit.stage_label,
            "approaches": [name for _, name in hit.approaches],
            "off": hit.relevance == "off",
            "same_as": hit.same_as,
            "notice": NOTICES.get(hit.notice, hit.notice),
            "field": COLUMNS.get(hit.field, hit.field),
            "why": pieces(hit.why) if hit.field != "title" else [],
        }
        for hit in answer.hits
    ]
    return {"words": asked, "hits": hits, "total": answer.total, "alone": answer.alone, "mistake": ""}


def pieces(text: str) -> list[tuple[str, bool]]:
    """A text cut at the marks of found words: (piece, found)."""
    out: list[tuple[str, bool]] = []
    for n, part in enumerate(text.replace(END, BEGIN).split(BEGIN)):
        if part:
            out.append((part, bool(n % 2)))
    return out


def record(connection: sqlite3.Connection, identifier: str) -> dict[str, Any]:
    """Everything that the page of a record shows. Raises ConfigError when it is not held."""
    page = find_record(store_on(connection), identifier)
    names = {condition.id: condition.label for condition in load_taxonomy().conditions}
    labels = sorted(page.labels, key=lambda label: (_AXES.index(label["axis"]), -label["strength"], label["label"]))
    for label in labels:
        label["shown"] = names.get(label["label"], label["name"]).replace("_", " ")
        label["where"] = COLUMNS.get(label["field"] or "", label["field"])
    return {
        "r": page.record,
        "page": page,
        "what": _what(page),
        "notice": NOTICES.get(page.record["notice"], ""),
        "labels": labels,
        "title_parts": segments(page.record["title"], _spans(labels, "title")),
        "abstract_parts": segments(page.record["abstract"], _spans(labels, "abstract")),
        "trial_facts": _trial_facts(page.trial) if page.trial else [],
        "dates": _dates(page),
        "arms": [spoken(arm) for arm in page.trial["arms"]] if page.trial else [],
        "links": [link | {"words": tie(link, page.papers)} for link in page.links],
        "places": _places(page.sites),
        "life": moments(page),
        "claims": claims(page),
        "absent": list(absent(page)),
    }


Span = tuple[int, int, str]  # start, end, what the words made


def _spans(labels: Iterable[Mapping[str, Any]], field: str) -> list[Span]:
    return [
        (label["start"], label["end"], f"{label['axis']}: {label['shown']}")
        for label in labels
        if label["field"] == field and label["quote"] and label["label"] != "takeaway"
    ]


def segments(text: str, spans: Sequence[Span]) -> list[tuple[str, str]]:
    """A text cut wherever a quote begins or ends: (piece, what was made of it or ""). Joined, they are the text."""
    edges = sorted({0, len(text), *(edge for start, end, _ in spans for edge in (start, end) if 0 < edge < len(text))})
    return [
        (text[start:end], "; ".join(dict.fromkeys(what for a, b, what in spans if a <= start and end <= b)))
        for start, end in pairwise(edges)
    ]


def _what(page: Page) -> str:
    r, trial = page.record, page.trial
    if trial:
        parts = [study_words(trial["study_type"]), phase_words(trial["phases"]), status_words(trial["status"])]
        people = f"{trial['enrollment']:,} people" if trial["enrollment"] is not None else ""
        planned = " (planned)" if people and trial["enrollment_type"] == "ESTIMATED" else ""
        return ", ".join(part for part in [*parts, people + planned, trial["sponsor"]] if part)
    kinds = [kind for kind in r["types"] if kind != "Journal Article"]
    return ". ".join(part for part in ["; ".join(kinds), r["venue"], r["published"]] if part)


def _trial_facts(trial: Mapping[str, Any]) -> list[tuple[str, str]]:
    detail = f" ({trial['phase_detail']} by its {trial['phase_source']})" if trial["phase_detail"] else ""
    facts = [
        ("Status", status_words(trial["status"])),
        ("Why stopped", trial["why_stopped"]),
        ("Phase", (phase_words(trial["phases"]) or "none stated") + detail),
        ("Sponsor", trial["sponsor"]),
        ("Interventions", "; ".join(map(spoken, trial["interventions"]))),
        ("Conditions", "; ".join(trial["conditions"])),
        ("Primary outcomes", "; ".join(trial["primary_outcomes"])),
        ("Results", f"posted {trial['results_posted']}".strip() if trial["has_results"] else "none posted"),
        ("Other ids", ", ".join(trial["secondary_ids"])),
    ]
    return [(name, value) for name, value in facts if value]


def _dates(page: Page) -> list[tuple[str, str]]:
    r, trial = page.record, page.trial
    if not trial:
        return [(name, value) for name, value in (("Published", r["published"]), ("In PubMed", r["entered"])) if value]
    out = [("Registered", trial["first_posted"])]
    for name, field in (("Start", "start"), ("Primary completion", "primary_completion"), ("Completion", "completion")):
        kind = {"ACTUAL": " (actual)", "ESTIMATED": " (estimated)"}.get(trial[f"{field}_type"], "")
        out.append((name, trial[field] + kind if trial[field] else ""))
    out += [("Last update", trial["last_update"]), ("Verified", trial["verified"])]
    return [(name, value) for name, value in out if value]


def _places(sites: Sequence[Mapping[str, Any]]) -> list[str]:
    return [", ".join(part for part in (site["facility"], site["city"], site["country"]) if part) for site in sites]


def names_of(value: object) -> list[str] | None:
    """The texts of a JSON list, or None where a cell holds anything else."""
    if not (isinstance(value, str) and value.startswith("[") and value.endswith("]")):
        return None
    with contextlib.suppress(ValueError):
        items = json.loads(value)
        if isinstance(items, list) and all(isinstance(item, str | int) for item in items):
            return [str(item) for item in items]
    return None
