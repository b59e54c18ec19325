"""A digest as markdown, HTML and plain text. Pure: the same digest gives the same bytes.

Every text that a template inserts is made harmless on its way out (`escaping.py`). Only what a renderer builds itself
passes as it is.
"""

import re
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from tracker.digest import charts
from tracker.digest.board import BLOCKS, COLUMNS, MOVED, NOTE, UNFOLLOWED_TITLE, by_condition
from tracker.digest.escaping import Markdown, escape_markdown, link
from tracker.digest.model import Digest, Entry, Line, Standing
from tracker.digest.page import render_html
from tracker.digest.plain import render_text

__all__ = ["digest_filename", "render_html", "render_markdown", "render_text"]

_BREAK = "  "  # at the end of a line: a hard break


def render_markdown(digest: Digest) -> str:
    """The whole issue, ending in one newline."""
    said = {"board_note": f"{NOTE} {BLOCKS} {MOVED.format('Bold')}", "unfollowed_title": UNFOLLOWED_TITLE}
    text = _environment().get_template("digest.md.j2").render(d=digest, br=Markdown(_BREAK), **said)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def digest_filename(name: str, period: str) -> str:
    """ "2026-W48-weekly.md": the period first, so that files sort by time."""
    return f"{period}-{name}.md"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tracker.digest"),
        autoescape=False,  # of HTML; `finalize` escapes markdown
        finalize=lambda value: value if isinstance(value, Markdown) else escape_markdown(str(value)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(said=_said, tail=_tail, gist=_gist, by_condition=by_condition)
    environment.filters.update(board_table=_board_table, receipt_table=_receipt_table)
    return environment


def _said(line: Line) -> Markdown:
    """What is loud in bold; then what it points to."""
    text = escape_markdown(line.text)
    return Markdown((f"**{text}**" if line.loud else text) + (f" {link(line.ref, line.url)}" if line.ref else ""))


def _tail(entry: Entry) -> Markdown:
    """The last line of a card: where it leads, and which queries found it."""
    noun = "query" if len(entry.queries) == 1 else "queries"
    found = f" · {noun} {escape_markdown(', '.join(entry.queries))}" if entry.queries else ""
    return Markdown(link(entry.ref, entry.url) + found)


def _gist(entry: Entry) -> Markdown:
    """What follows a title on one line: what moved, or else what it is; and where it leads."""
    told = [_said(line) for line in entry.lines]
    facts = [escape_markdown(fact) for fact in (entry.facts[:1] if told else entry.facts)]
    return Markdown(" · ".join([*told, *facts, link(entry.ref, entry.url)]))


def _board_table(rows: Sequence[Standing]) -> Markdown:
    """A row for each approach; what moved in bold."""
    head = ("Approach", "Ladder", *COLUMNS)
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for row in rows:
        name = escape_markdown(row.approach)
        cells = ["; ".join(_said(line) for line in cell) for cell in row.cells]
        ladder = charts.ladder(row.rungs)
        lines.append(f"| {' | '.join([f'**{name}**' if row.moved else name, ladder, *cells])} |")
    return Markdown("\n".join(lines))


_SELDOM = ("baseline", "off topic")  # counts without a column where no row has any


def _receipt_table(digest: Digest) -> Markdown:
    """A table that lines up as plain text too."""
    receipt = digest.receipt
    if not receipt:
        return Markdown("No source was asked.")
    texts = {"Source": "source", "Query": "query", "Last asked (UTC)": "asked", "Answer": "outcome"}
    if digest.asked:
        del texts["Last asked (UTC)"]
    names = [name for name in receipt[0].counts if name not in _SELDOM or any(row.counts[name] for row in receipt)]
    head = [*texts, *(name.capitalize() for name in names)]
    body = [
        [escape_markdown(getattr(row, column)) for column in texts.values()]
        + ["–" if (count := row.counts[name]) is None else f"{count:,}" for name in names]
        for row in receipt
    ]
    widths = [max(len(cell) for cell in column) for column in zip(head, *body, strict=True)]
    rule = ["-" * width if n < len(texts) else "-" * (width - 1) + ":" for n, width in enumerate(widths)]
    lines = (f"| {' | '.join(_padded(row, widths, len(texts)))} |" for row in (head, rule, *body))
    asked = [f"Last asked (UTC): {escape_markdown(digest.asked)}", ""] if digest.asked else []
    return Markdown("\n".join([*asked, *lines]))


def _padded(cells: Sequence[str], widths: Sequence[int], texts: int) -> list[str]:
    """The first columns are text; the rest are counts, set to the right."""
    return [
        cell.ljust(width) if n < texts else cell.rjust(width)
        for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
