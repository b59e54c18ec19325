"""A digest as plain text in 80 columns: everything that the markdown holds, for readers of mail without HTML. Pure."""

import textwrap
from collections.abc import Iterable

from tracker.digest import charts
from tracker.digest.board import BLOCKS, COLUMNS, MOVED, NOTE, UNFOLLOWED_TITLE, by_condition
from tracker.digest.escaping import plain, safe_address
from tracker.digest.model import Board, Digest, Entry, Line, Section, Standing

WIDTH = 78


def render_text(digest: Digest) -> str:
    """The whole issue, ending in one newline. Only addresses are longer than a line."""
    lines = [plain(digest.title), "=" * min(WIDTH, len(plain(digest.title))), ""]
    for alarm in digest.alarms:
        cause = f" Cause: {alarm.cause}" if alarm.cause else ""
        lines += [*_wrapped(f"!! INCOMPLETE: {alarm.text}{cause}", "", "   "), ""]
    lines += [*_wrapped(digest.summary), *_wrapped(digest.span), ""]
    for notice in digest.notices:
        lines += [*_wrapped(notice), ""]
    for section in digest.sections:
        lines += _section(section)
    if digest.board:
        lines += [*_heading("How close to the clinic"), *render_board(digest.board), ""]
    lines += [*_heading("Receipt"), *_receipt(digest)]
    lines += [line for remark in digest.remarks for line in _wrapped(remark, "- ", "  ")]
    lines += ["", "-" * WIDTH, *(line for said in digest.footer for line in _wrapped(said))]
    return "\n".join(lines).rstrip() + "\n"


def render_board(board: Board) -> list[str]:
    """The board in lines of text, as the digest and `tracker board` show it."""
    stars = f" {MOVED.format('With a star')}" if any(row.moved for row in board.rows) else ""
    lines = [*_wrapped(f"{NOTE} {BLOCKS}{stars}"), ""]
    for condition, standings in by_condition(board.rows):
        lines += [*_wrapped(f"== {condition.capitalize()}"), ""]
        for standing in standings:
            lines += [*_standing(standing), ""]
    for heading, names in board.aside:
        lines += _wrapped(f"{heading}: {'; '.join(names)}.")
    if board.unfollowed:
        lines += ["", f"{UNFOLLOWED_TITLE}:"]
        lines += [line for one in board.unfollowed for line in _wrapped(one.text, "- ", "  ")]
        lines += _wrapped(f"{board.unfollowed_more} more: tracker board") if board.unfollowed_more else []
    return lines


def _heading(title: str) -> list[str]:
    return [plain(title).upper(), "-" * len(plain(title))]


def _section(section: Section) -> Iterable[str]:
    yield from _heading(section.title)
    for line in section.lines:
        yield from _wrapped(_said(line), "- ", "  ")
    if section.lines:
        yield ""
    for entry in section.cards:
        yield from _card(entry)
        yield ""
    if section.cards and section.headlines:
        yield "Also:"
    for entry in section.headlines:
        yield from _wrapped(_headline(entry), "- ", "  ")
        yield from _address(entry)
    if section.note:
        yield from _wrapped(section.note)
    if section.headlines or section.note:
        yield ""


def _card(entry: Entry) -> Iterable[str]:
    yield from _wrapped(entry.title, "* ", "  ")
    for line in entry.lines:
        yield from _wrapped(_said(line), "  ! " if line.loud else "  > ", "    ")
    found_it = f"“{entry.takeaway}”" if entry.takeaway else ""
    for text in (" · ".join(entry.facts), found_it, entry.grounds):
        yield from _wrapped(text, "  ", "  ") if text else ()
    noun = "query" if len(entry.queries) == 1 else "queries"
    found = f"{noun} {', '.join(entry.queries)}" if entry.queries else ""
    yield from _wrapped(" · ".join(part for part in (entry.ref, found) if part), "  ", "  ")
    yield from _address(entry)


def _address(entry: Entry) -> Iterable[str]:
    if address := safe_address(entry.url):
        yield f"  {address}"


def _headline(entry: Entry) -> str:
    told = [_said(line) for line in entry.lines]
    return " · ".join([entry.title, *told, *(entry.facts[:1] if told else entry.facts), entry.ref])


def _said(line: Line) -> str:
    return f"{line.text} {line.ref}" if line.ref else line.text


def _standing(standing: Standing) -> Iterable[str]:
    yield from _wrapped(standing.approach, "* " if standing.lines or standing.moved else "- ", "  ")
    yield f"  {charts.rungs(standing.rungs)}"
    for line in standing.lines:
        yield from _wrapped(_said(line), "  ! " if line.loud else "  - ", "    ")
    if standing.cells:
        said = zip(COLUMNS, ("; ".join(map(_said, cell)) for cell in standing.cells), strict=True)
        yield from _wrapped(" · ".join(f"{name}: {text}" for name, text in said), "  ", "  ")


def _receipt(digest: Digest) -> Iterable[str]:
    if not digest.receipt:
        yield "No source was asked."
    if digest.asked:
        yield f"Last asked (UTC): {digest.asked}"
    for row in digest.receipt:
        said = [f"{count:,} {name}" for name, count in row.counts.items() if count is not None]
        yield from _wrapped(
            f"{row.source}, {row.query}: {', '.join([row.outcome, *([] if digest.asked else [row.asked]), *said])}",
            "- ",
            "  ",
        )


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        plain(text), WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
