"""Why a record is judged as it is: its text with the words marked, and each rule that fired or was vetoed, and by what.

The findings are those that the labels are made of (tracker.classify.finding), worked out anew by today's rules.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tracker.classify.finding import FIRED, OUTWEIGHED, VETOED, Finding
from tracker.page.layout import block, bold, section, width
from tracker.page.words import COLUMNS
from tracker.records import Record

_AXES = {"relevance": "Relevance", "stage": "Stage", "approach": "Approach", "condition": "Condition", "flag": "Flags"}
_SIGNS = {FIRED: "+", VETOED: "-", OUTWEIGHED: "~"}
_SHOWN = 60  # characters of a quote in the list of rules; the text above has it whole


class Marks(NamedTuple):
    """What stands around words that made a label, and around words that were vetoed."""

    fired: tuple[str, str]
    vetoed: tuple[str, str]


PIPED = Marks(("[[", "]]"), ("((", "))"))
TERMINAL = Marks(("\x1b[1;33m", "\x1b[0m"), ("\x1b[9m", "\x1b[0m"))
_LEGEND = "+ fired, and is a label   - vetoed, and by what   ~ outweighed by a stronger finding"


def why_page(record: Record, findings: Sequence[Finding], words: Sequence[Mapping[str, Any]], marks: Marks) -> str:
    """`words`: what a person said of the record, rows of the table judgements."""
    lines = [*map(bold, block(f"{record.id}: {record.title or '(no title)'}", 0)), ""]
    marked = [f.field for f in findings if f.field and f.verdict != OUTWEIGHED]
    for field in dict.fromkeys(["title", "abstract", *marked]):
        if text := record.column(field):
            lines += section(COLUMNS.get(field, field).capitalize(), _text(text, field, findings, marks))
    lines += [_LEGEND, ""]
    for axis, name in _AXES.items():
        lines += section(name, [line for f in _by_verdict(findings, axis) for line in f])
    said = [f"{w['axis']} {w['label']}: {w['says']} (by {w['author'] or 'a person'}) {w['note']}" for w in words]
    lines += section("Said by a person, over the rules", [line for one in said for line in block(one)])
    return "\n".join(lines).rstrip()


def _text(text: str, field: str, findings: Sequence[Finding], marks: Marks) -> list[str]:
    """The stored text of a column; where marks would overlap, the first and longest stands."""
    spans = sorted(
        ((f.start, f.end, f.verdict) for f in findings if f.field == field and f.label != "takeaway"),
        key=lambda span: (span[2] != FIRED, span[0], -(span[1] or 0)),
    )
    taken: list[tuple[int, int, str]] = []
    for start, end, verdict in spans:
        assert start is not None and end is not None
        if verdict != OUTWEIGHED and not any(start < other[1] and other[0] < end for other in taken):
            taken.append((start, end, verdict))
    out, at = "", 0
    for start, end, verdict in sorted(taken):
        before, after = marks.fired if verdict == FIRED else marks.vetoed
        out += _harmless(text[at:start]) + before + _harmless(text[start:end]) + after
        at = end
    return _wrapped(out + _harmless(text[at:]))


def _harmless(text: str) -> str:
    """Text of a source without control characters, its blanks kept: they stand between marked words."""
    return "".join(char if char.isprintable() else " " for char in text)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, width(), initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def _by_verdict(findings: Sequence[Finding], axis: str) -> Iterator[list[str]]:
    """Lines of one axis: what fired first; what says the same for the same reason once, with how often."""
    order = list(_SIGNS)
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for f in sorted((f for f in findings if f.axis == axis), key=lambda f: order.index(f.verdict)):
        alike.setdefault((f.verdict, f.label, f.rule, f.by), []).append(f)
    yield from map(_line, alike.values())


def _line(same: Sequence[Finding]) -> list[str]:
    first = same[0]
    quotes = list(dict.fromkeys(f.quote for f in same if f.quote))
    text = f"{first.label}{f' {first.value}' if first.value else ''}  [{first.rule}]"
    if quotes:
        shown = ", ".join(f"“{q if len(q) <= _SHOWN else q[:_SHOWN] + '…'}”" for q in quotes[:4])
        text += f"  {shown} in the {COLUMNS.get(first.field or '', first.field or '')}"
    elif first.source != "text":
        text += f"  ({first.source})"
    if first.by:
        text += f"  {'because' if first.fired else f'{first.verdict} by:'} {first.by}"
    return block(
        f"{text}  {first.strength:.2f}" if first.fired else text, 2, hang=2, first=f"  {_SIGNS[first.verdict]}"
    )


def json_of_why(record: Record, findings: Sequence[Finding]) -> dict[str, Any]:
    keys = ("axis", "label", "value", "verdict", "by", "rule", "source", "strength", "field", "start", "end", "quote")
    return {"id": record.id, "findings": [{key: getattr(f, key) for key in keys} for f in findings]}
