"""The demo's sample corpus: made-up articles and trials, and what two weeks change in them.

Everything is invented, and says so: journals are "(sample)", sponsors "(made up)" or "Sample ...", and each abstract
and summary ends with `MARK`. PMIDs have nine digits from 999000001, NCT numbers start at NCT99900001, DOIs use the test
prefix 10.5555. The texts are TOML files beside this one, to be edited by hand; names.toml holds the vocabulary
(journals, MeSH, places), weeks.toml the plan of what the upstream changes.

This package renders; it neither serves anything over HTTP (the stand-ins do) nor knows the rest of the tracker.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from tracker.demo.corpus import pubmed, registry

MARK = pubmed.MARK
_HERE = Path(__file__).parent

Entry = Mapping[str, Any]  # one [[article]] or [[trial]] table of the TOML files


class Article(NamedTuple):
    """A PubmedArticle element as UTF-8 bytes, with the dates that PubMed's edat and mdat windows look at (ISO)."""

    pmid: str
    xml: bytes
    entered: str
    modified: str


class Week(NamedTuple):
    """What the upstream holds anew or changed on `date`, a Monday, against the state before: whole records."""

    date: date
    articles: list[Article]
    studies: list[dict[str, Any]]


class Change(NamedTuple):
    """One line of the plan: which record is edited in the week of `date`, and why, in a few words."""

    date: date
    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Meant:
    """What the author of a record meant it to be: the answer that the rules of tracker.classify should reach.

    approaches and conditions are taxonomy ids, stage is a stage id ("" where off topic).
    """

    approaches: tuple[str, ...]
    stage: str
    conditions: tuple[str, ...]
    off_topic: bool


def baseline() -> date:
    """The Monday of the first fetch."""
    return _states()[0].date


def articles() -> list[Article]:
    """Every article of the baseline, by PMID."""
    return _articles(_states()[0])


def studies() -> list[dict[str, Any]]:
    """Every trial of the baseline as an API v2 study object, by NCT number."""
    return _studies(_states()[0])


def weeks() -> list[Week]:
    """The weeks after the baseline, in time."""
    return [Week(state.date, _articles(state), _studies(state)) for state in _states()[1:]]


def changes() -> list[Change]:
    """The plan in words: every edit of a record that was there before. New records are not listed here."""
    plan = _read("weeks.toml")["week"]
    return [Change(week["date"], str(edit["id"]), edit["why"]) for week in plan for edit in week["change"]]


def meant() -> dict[str, Meant]:
    """By PMID or NCT number, of every record as it stands after the last week."""
    return {
        key: Meant(
            tuple(entry.get("approach", ())),
            entry.get("stage", ""),
            tuple(entry.get("condition", ())),
            entry.get("off_topic", False),
        )
        for key, entry in _states()[-1].entries.items()
    }


class _State(NamedTuple):
    """All records as they stand on a date, and the ids that are new or changed since the state before."""

    date: date
    entries: dict[str, Entry]
    touched: tuple[str, ...]


@cache
def _states() -> tuple[_State, ...]:
    plan = _read("weeks.toml")
    later = {str(key) for week in plan["week"] for key in week["new"]}
    held = {key: entry for key, entry in entries().items() if key not in later}
    states = [_State(plan["baseline"], held, tuple(held))]
    for week in plan["week"]:
        held = dict(held)
        new = [str(key) for key in week["new"]]
        held.update((key, entries()[key]) for key in new)
        for edit in week["change"]:
            held[str(edit["id"])] = _edited(held[str(edit["id"])], edit)
        states.append(_State(week["date"], held, (*new, *(str(edit["id"]) for edit in week["change"]))))
    return tuple(states)


def _edited(entry: Entry, edit: Entry) -> Entry:
    """A copy of the entry with `set` put over its keys, `add` appended to its lists and the keys of `drop` left out."""
    new: dict[str, Any] = {key: value for key, value in entry.items() if key not in edit.get("drop", ())} | edit.get(
        "set", {}
    )
    for key, more in edit.get("add", {}).items():
        new[key] = [*new.get(key, ()), *more]
    return new


@cache
def entries() -> dict[str, Entry]:
    """Every table of the TOML files, as written, by PMID or NCT number. A number used twice raises ValueError."""
    found: dict[str, Entry] = {}
    for path in (*sorted(_HERE.glob("articles_*.toml")), *sorted(_HERE.glob("trials*.toml"))):
        tables = _read(path.name)
        for entry in (*tables.get("article", ()), *tables.get("trial", ())):
            key = str(entry.get("pmid") or entry["nct"])
            if key in found:
                raise ValueError(f"{path.name}: {key} is used twice")
            found[key] = entry
    return dict(sorted(found.items()))


def _articles(state: _State) -> list[Article]:
    return [
        Article(
            key,
            ET.tostring(pubmed.render(state.entries[key], entries(), names()), encoding="unicode").encode(),
            state.entries[key]["entered"],
            pubmed.modified(state.entries[key]),
        )
        for key in sorted(set(state.touched))
        if not key.startswith("NCT")
    ]


def _studies(state: _State) -> list[dict[str, Any]]:
    return [
        registry.render(state.entries[key], entries(), names(), state.date)
        for key in sorted(set(state.touched))
        if key.startswith("NCT")
    ]


@cache
def names() -> Entry:
    """The vocabulary: names.toml."""
    return _read("names.toml")


def _read(name: str) -> Entry:
    return tomllib.loads((_HERE / name).read_text(encoding="utf-8"))
