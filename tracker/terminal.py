"""What the commands print: tables, a page for one record, a progress bar on a terminal and plain lines elsewhere.

Text from a source never reaches a terminal with its control characters.
"""

import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

import click

if TYPE_CHECKING:
    from tracker.pipeline.compose import Issue
    from tracker.pipeline.health import Health
    from tracker.pipeline.importing import FileTally
    from tracker.store import Tally
    from tracker.store.reading import Page

# Control characters, and the bidirectional ones that make a line read as another.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_WIDTH = 100
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
            outcome = f"failed: {tally.error}" if tally.error else f"{done} read, {tally.listed} listed"
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
            outcome = f"failed: {tally.error}" if tally.error else f"{tally.records} read"
            click.echo(f"{name}: {plain(outcome)}", err=True)
        elif self._live:
            click.echo(f"\r\x1b[2K{_bar(tally.taken, tally.size)} {name}: {tally.records} read", err=True, nl=False)


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
    lines = [table(head, rows)]
    for t in tallies:
        said = [f"failed: {t.error}"] * bool(t.error) + [note for note in t.notes if not note.startswith(DATED)]
        lines += [f"{t.source} {t.query}: {plain(note)}" for note in said]
    return "\n".join(lines)


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
    what = f"{issue.told} events told" if issue.fresh else "nothing new to tell; the issue stands as it was composed"
    return f"{issue.path}: {issue.subject} ({what})"


def health_table(health: "Health") -> str:
    """Sources and digests with their last success and next due, and what is wrong in plain words."""
    sources = [
        [s.source, s.query, s.last_success or "never", "" if s.listed is None else s.listed, s.next_due, s.verdict]
        for s in health.sources
    ]
    digests = [[d.name, d.last_period or "none", d.composed, d.next_due, d.verdict] for d in health.digests]
    parts = [
        table(["source", "query", "last success", "listed", "next due", ""], sources),
        table(["digest", "last issue", "composed", "next due", ""], digests),
        "\n".join(plain(remark) for remark in health.remarks),
    ]
    return "\n\n".join(parts)


def record_page(page: "Page") -> str:
    """A record to be read from top to bottom."""
    r = page.record
    notice = f"  ** {r['notice'].upper()} **" if r["notice"] else ""
    lines = [click.style(plain(r["title"]) or "(no title)", bold=True) + notice, _what_it_is(page), r["url"], ""]
    if r["gone"]:
        lines += [f"The source no longer holds this record (since {r['gone'][:10]}).", ""]
    lines += _labels(page.labels)
    if page.trial:
        lines += _trial(page.trial)
    lines += _section("Listed by", [f"{m['query']}: {m['title']}" + _since(m) for m in page.matches])
    lines += _section("Links", [_link(link) for link in page.links])
    lines += _section("Life in time", [f"{e['seen'][:10]}  {plain(e['headline'])}" for e in page.events])
    lines += _section("Versions received", [v["received"] for v in page.versions])
    if r["abstract"]:
        lines += ["Abstract" if r["kind"] == "article" else "Brief summary"]
        for part in r["abstract"].splitlines():
            lines += textwrap.wrap(plain(part), _WIDTH, initial_indent="  ", subsequent_indent="  ")
    return "\n".join(lines).rstrip()


def _what_it_is(page: "Page") -> str:
    r = page.record
    names = [author["name"] for author in r["authors"]]
    people = plain(", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else ""))
    parts = [r["id"], people, plain(r["venue"]), r["published"], f"doi {plain(r['doi'])}" if r["doi"] else ""]
    return " · ".join(part for part in parts if part)


def _since(match: dict[str, Any]) -> str:
    held = "held before tracker began to watch" if match["baseline"] else f"since {match['first_seen'][:10]}"
    return f" ({held}{', no longer listed' if match['absent_since'] else ''})"


def _labels(labels: Sequence[dict[str, Any]]) -> list[str]:
    out = []
    for axis in ("relevance", "stage", "approach", "condition", "flag"):
        for label in (one for one in labels if one["axis"] == axis):
            value = f" = {label['value']}" if label["value"] else ""
            why = f"“{plain(label['quote'])}” in {label['field']}" if label["quote"] else f"from {label['source']}"
            out.append(f"{axis.capitalize() + ':':<11}{label['name']}{value}  ({why}; rule {label['rule']})")
    return [*out, ""] if out else []


def _trial(trial: dict[str, Any]) -> list[str]:
    def dated(name: str) -> str:
        kind = trial[f"{name}_type"].lower()
        return f"{trial[name]}{f' ({kind})' if kind else ''}" if trial[name] else ""

    phase = ", ".join(_json(trial["phases"])) or "none stated"
    if trial["phase_detail"]:
        phase += f" ({trial['phase_detail']} in the {trial['phase_source']})"
    people = f"{trial['enrollment']} ({trial['enrollment_type'].lower()})" if trial["enrollment"] is not None else ""
    facts: list[tuple[str, object]] = [
        ("Status", trial["status"] + (f", before {trial['last_known_status']}" if trial["last_known_status"] else "")),
        ("Why stopped", trial["why_stopped"]),
        ("Phase", phase),
        ("Sponsor", trial["sponsor"]),
        ("People", people),
        ("Start", dated("start")),
        ("Primary completion", dated("primary_completion")),
        ("Completion", dated("completion")),
        ("Results", f"posted {trial['results_posted']}" if trial["has_results"] else "none posted"),
        ("Countries", ", ".join(_json(trial["countries"]))),
    ]  # fmt: skip
    return [*(f"{name + ':':<20}{plain(value)}" for name, value in facts if value), ""]


def _json(text: str) -> list[str]:
    import json

    return [str(item) for item in json.loads(text)]


def _link(link: dict[str, Any]) -> str:
    title = f"  {plain(link['title'])}" if link["title"] else "  (not held)"
    return f"{link['relation']} {link['other']} (by {link['origin']}){title}"


def _section(title: str, lines: list[str]) -> list[str]:
    return [title, *(f"  {line}" for line in lines), ""] if lines else []
