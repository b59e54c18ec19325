"""Rows: CSV for spreadsheets, and JSON lines, an object a record, for programs."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from tracker.export.entry import Choice, Entry
from tracker.export.tagged import one_line

_OF_TRIALS = (
    *("status", "last_known_status", "phases", "phase_detail", "sponsor", "enrollment", "enrollment_type"),
    *("start", "start_type", "primary_completion", "primary_completion_type", "completion", "completion_type"),
    *("has_results", "results_posted", "why_stopped", "interventions", "countries"),
)
_COLUMNS = (
    *("id", "kind", "notice", "title", "published", "stage", "stage_label", "approaches", "approach_labels"),
    *(
        "conditions",
        "relevance",
        "flags",
        "n",
        "duration",
        "species",
        "takeaway",
        "venue",
        "authors",
        "pmid",
        "doi",
        "pmcid",
        "url",
        "queries",
    ),
    *("first_seen", *_OF_TRIALS),
)


def csv_rows(choice: Choice) -> Iterator[str]:
    """RFC 4180 in UTF-8, a header first. Lists are joined by "; ". No cell is a formula (see `harmless`)."""
    yield _line(_COLUMNS)
    for entry in choice.entries():
        row = _row(entry)
        yield _line([harmless(_cell(row[name])) for name in _COLUMNS])


def _line(cells: Any) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerow(cells)  # or a spreadsheet that splits at ";" finds new cells
    return text.getvalue()


def harmless(text: str) -> str:
    """A cell that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection)."""
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@", "＝", "＋", "－", "＠") else text


def _cell(value: object) -> str:
    if isinstance(value, tuple | list):
        return "; ".join(harmless(one_line(str(item))) for item in value)
    return "" if value is None else one_line(str(value))


def _row(entry: Entry) -> dict[str, Any]:
    trial = entry.trial or {}
    return {
        **{f.name: getattr(entry, f.name) for f in fields(entry)},
        "approaches": [leaf for leaf, _ in entry.approaches],
        "approach_labels": [name for _, name in entry.approaches],
        "authors": [author["name"] for author in entry.authors],
        "pmid": entry.pmid,
        "flags": list(entry.flags),
        **{name: entry.flags.get(name, "") for name in ("n", "duration", "species")},
        **{name: trial.get(name) for name in _OF_TRIALS},
    }


def json_lines(choice: Choice) -> Iterator[str]:
    """The fields of Entry, with pmid and, of a trial, its columns. Keys may be added, none is renamed or dropped."""
    for entry in choice.entries():
        whole = {f.name: getattr(entry, f.name) for f in fields(entry)} | {"pmid": entry.pmid}
        whole["approaches"] = [{"id": leaf, "label": name} for leaf, name in entry.approaches]
        yield json.dumps(whole, ensure_ascii=False) + "\n"
