"""What the commands print: tables, a progress bar on a terminal and plain lines elsewhere. Whole pages: page/.

Text from a source never reaches a terminal with its control characters.
"""

import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from tracker.pipeline.compose import Issue
    from tracker.pipeline.health import Health
    from tracker.pipeline.importing import FileTally
    from tracker.pipeline.living import Line
    from tracker.store import Tally

# Control characters, and the bidirectional ones that make a line read as another.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
DATED = "data of "  # the note in which a source dates its data; every other note is a remark


def plain(text: object) -> str:
    """Text of a source on one line, harmless to a terminal."""
    return _CONTROL.sub(" ", str(text)).strip()


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns as wide as they must be; whole columns of numbers stand to the right."""
    cells = [[plain(cell) for cell in row] for row in rows]
    widths = [max(len(row[n]) for row in [list(head), *cells]) for n in range(len(head))]
    numeric = [bool(cells) and all(row[n].isdigit() or not row[n] for row in cells) for n in range(len(head))]

    def line(row: Sequence[str]) -> str:
        parts = [cell.rjust(w) if right else cell.ljust(w) for cell, w, right in zip(row, widths, numeric, strict=True)]
        return "  ".join(parts).rstrip()

    return "\n".join([line(head), line(["-" * w for w in widths]), *map(line, cells)])


class FetchProgress:
    """Told after each batch. A line that is written over on a terminal; elsewhere one for each query that is done."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._wipe()

    def __call__(self, tally: "Tally") -> None:
        done = tally.new + tally.changed + tally.same + tally.quarantined
        name = f"{tally.source} {tally.query}"
        finished = tally.complete or tally.error
        if finished:
            self._wipe()
            # The table that follows says why: whoever gets both by mail is told once.
            outcome = "failed" if tally.error else f"{done} read, {tally.listed} listed"
            click.echo(f"{name}: {plain(outcome)}", err=True)
        elif self._live:
            click.echo(f"\r\x1b[2K{_bar(done, tally.expected)} {name}: {done} read", err=True, nl=False)

    def _wipe(self) -> None:
        if self._live:
            click.echo("\r\x1b[2K", err=True, nl=False)


class ImportProgress(FetchProgress):
    """The same for `tracker import`: the bar shows how much of the file has been read."""

    def __call__(self, tally: "FileTally") -> None:  # type: ignore[override]
        name = plain(tally.file)
        if tally.finished:
            self._wipe()
            outcome = "failed" if tally.error else f"{tally.records} read"
            click.echo(f"{name}: {plain(outcome)}", err=True)
        elif self._live:
            click.echo(f"\r\x1b[2K{_bar(tally.taken, tally.size)} {name}: {tally.records} read", err=True, nl=False)


class CountProgress:
    """A bar over records that are gone through one by one; nothing elsewhere than on a terminal."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._live = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            click.echo("\r\x1b[2K", err=True, nl=False)

    def __call__(self, done: int, total: int) -> None:
        if self._live:
            click.echo(f"\r\x1b[2K{_bar(done, total)} {done:,} of {total:,} {self._what}", err=True, nl=False)


def _bar(done: int, expected: int, width: int = 24) -> str:
    if not expected:
        return "[" + "·" * width + "]"
    filled = min(width, done * width // expected)
    return "[" + "█" * filled + "·" * (width - filled) + "]"


def fetch_table(tallies: Sequence["Tally"]) -> str:
    """The closing table, and below it whatever a source said that a reader of numbers would miss."""
    if not tallies:
        return "Nothing to fetch: no query asks that source."
    head = ["source", "query", "listed", "asked", "new", "changed", "same", "quarantined", "missing", "requests", ""]
    rows = [
        [t.source, t.query, "" if t.listed is None else t.listed, t.asked, t.new, t.changed, t.same, t.quarantined,
         len(t.missing), t.requests, _outcome(t)]
        for t in tallies
    ]  # fmt: skip
    said: dict[tuple[str, str], list[str]] = {}  # what a source says of several queries is said once
    for t in tallies:
        for note in [f"failed: {t.error}"] * bool(t.error) + [note for note in t.notes if not note.startswith(DATED)]:
            said.setdefault((t.source, note), []).append(t.query)
    notes = [f"{source} {', '.join(queries)}: {plain(note)}" for (source, note), queries in said.items()]
    return "\n".join([table(head, rows), *notes])


def import_table(tallies: Sequence["FileTally"]) -> str:
    """The closing table of an import, and below it why a file could not be read whole."""
    head = ["file", "records", "new", "changed", "same", "older", "quarantined", "deleted", ""]
    rows = [
        [t.file, t.records, t.new, t.changed, t.same, t.older, t.quarantined, t.deleted, "FAILED" if t.error else "ok"]
        for t in tallies
    ]
    failed = [f"{plain(t.file)}: {plain(t.error)}" for t in tallies if t.error]
    return "\n".join([table(head, rows), *failed])


def _outcome(tally: "Tally") -> str:
    if tally.error:
        return "FAILED"
    dated = next((f", {note}" for note in tally.notes if note.startswith(DATED)), "")
    return ("baseline" if tally.baseline else "ok") + dated.partition("T")[0]


def issue_line(issue: "Issue") -> str:
    told = f" ({issue.told} {'event' if issue.told == 1 else 'events'} told)" if issue.told else ""
    what = told if issue.fresh else " (nothing new to tell; the issue stands as it was composed)"
    return f"{issue.path}: {issue.subject}{what}"


LIVE_WIDTH = 110  # of a line of `check --live`; errors and warnings are told whole, on as many lines as they need


def live_line(line: "Line") -> str:
    """One line of `check --live`: headings to the left, findings below them, each error and warning called so."""
    margin = "  " * line.depth
    text = margin + (f"{line.level}: " if line.level else "") + _CONTROL.sub(" ", line.text).rstrip()
    if line.level in ("error", "warning"):
        return textwrap.fill(text, LIVE_WIDTH, subsequent_indent=margin + "  ", break_on_hyphens=False)
    return text if len(text) <= LIVE_WIDTH else text[: LIVE_WIDTH - 1] + "…"


def health_table(health: "Health") -> str:
    """Sources and digests with their last success and next due, and what is wrong in plain words."""
    sources = [
        [s.source, s.query, s.last_success or "never", "" if s.listed is None else s.listed, s.next_due,
         s.verdict.partition(":")[0]]
        for s in health.sources
    ]  # fmt: skip
    why = [f"{s.source} {s.query}: {plain(s.verdict)}" for s in health.sources if ":" in s.verdict]
    digests = [
        [d.name, d.last_period or "none", d.composed, d.sent, d.next_due, d.verdict.partition(":")[0]]
        for d in health.digests
    ]
    why += [f"digest {d.name}: {d.verdict}" for d in health.digests if ":" in d.verdict]
    parts = [
        table(["source", "query", "last success", "listed", "next due", ""], sources),
        table(["digest", "last issue", "composed", "mails", "next due", ""], digests),
        "\n".join([*why, *(plain(line) for line in (*health.troubles, *health.remarks))]),
    ]
    return "\n\n".join(parts)
