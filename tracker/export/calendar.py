"""Primary completion and completion of trials as a calendar (RFC 5545).

A date keeps its UID for ever and its SEQUENCE counts how often the trial has changed, so that a slip moves the event in
the calendar. A date that names only a month or a year fills it: no day is invented.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from tracker.export.entry import Choice, Entry
from tracker.export.tagged import one_line

_FIELDS = {"primary_completion": "Primary completion", "completion": "Completion"}
_SPECIAL = re.compile(r"[\\;,]")


def ics(choice: Choice) -> Iterator[str]:
    """Every date that a chosen trial names. Records without one give nothing."""
    yield _lines(
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//follicle-tracker//trials//EN", "X-WR-CALNAME:Hair loss trials"
    )
    for entry in choice.entries():
        if entry.trial:
            slips, revisions = choice.slips(entry.id), choice.revisions(entry.id)
            for field in _FIELDS:
                if entry.trial[field]:
                    yield _event(entry, entry.trial, field, revisions, slips.get(field, ""))
    yield _lines("END:VCALENDAR")


def _event(entry: Entry, trial: Mapping[str, Any], field: str, revisions: int, headline: str) -> str:
    first, last = span(trial[field])
    kind = {"ACTUAL": "actual", "ESTIMATED": "estimated"}.get(trial[f"{field}_type"], "type not given")
    warning = f"{entry.warning}: " if entry.warning else ""
    about = [
        f"{_FIELDS[field]} ({kind}): {trial[field]}",
        f"{trial['status'] or 'status not stated'}, {'/'.join(trial['phases']) or 'no phase'}, {trial['sponsor']}",
        entry.warning,
        headline,
    ]
    return _lines(
        "BEGIN:VEVENT",
        f"UID:{entry.id}-{field}@follicle-tracker",
        f"SEQUENCE:{revisions}",
        f"DTSTAMP:{re.sub('[-:]', '', entry.last_changed)}",
        f"DTSTART;VALUE=DATE:{first:%Y%m%d}",
        f"DTEND;VALUE=DATE:{last + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_escaped(f'{warning}{entry.id} {_FIELDS[field].lower()} ({kind}): {entry.title}')}",
        f"DESCRIPTION:{_BREAK.join(_escaped(line) for line in about if line)}",
        f"URL:{one_line(entry.url)}",
        f"STATUS:{_status(trial['status'], kind)}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    )


_BREAK = "\\n"


def span(partial: str) -> tuple[date, date]:
    """The first and the last day that a partial date can mean."""
    parts = [int(part) for part in partial.split("-")]
    year, months = parts[0], parts[1:2] or [1, 12]
    first, last = months[0], months[-1]
    if len(parts) == 3:
        return date(*parts), date(*parts)
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def _status(status: str, kind: str) -> str:
    if status == "WITHDRAWN":
        return "CANCELLED"
    return "CONFIRMED" if kind == "actual" else "TENTATIVE"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda match: "\\" + match[0], one_line(text))


def _lines(*lines: str) -> str:
    return "".join(_folded(line) + "\r\n" for line in lines)


def _folded(line: str) -> str:
    """At most 75 bytes a line, the rest on lines that begin with a blank; no character is cut in two."""
    pieces: list[str] = []
    piece, size = "", 0
    for char in line:
        width = len(char.encode())
        if size + width > 75 - bool(pieces):
            pieces.append(piece)
            piece, size = "", 0
        piece += char
        size += width
    return "\r\n ".join([*pieces, piece])
