"""What `tracker classify` prints: which labels come and go by today's rules, with counts and examples."""

from typing import TYPE_CHECKING

from tracker.digest.wording import counted
from tracker.page.layout import block, bold, dim
from tracker.terminal import plain

if TYPE_CHECKING:
    from tracker.pipeline.judging import Move, Review

_TITLE = 70
MOST_UNREADABLE = 10


def review_page(review: "Review", *, dry_run: bool) -> str:
    """Moves by axis, the most frequent first, and what else differs; last how many records that are."""
    lines: list[str] = []
    moves = sorted(review.moves.items(), key=lambda entry: (entry[0][0], -entry[1].count, entry[0]))
    for (axis, before, after), move in moves:
        lines += _move(axis, before, after, move)
    if review.reworded:
        lines.append(f"{counted(review.reworded, 'record')}: the same labels, by other words or rules")
    if review.columns:
        columns = ", ".join(f"{name} {count:,}" for name, count in review.columns.most_common())
        lines += block(f"Read otherwise by today's parser: {columns}", 0)
    lines += [plain(f"not readable: {reason}") for reason in review.unreadable[:MOST_UNREADABLE]]
    if len(review.unreadable) > MOST_UNREADABLE:
        lines.append(f"and {counted(len(review.unreadable) - MOST_UNREADABLE, 'record')} more that cannot be read")
    return "\n".join([*lines, _total(review, dry_run=dry_run)])


def _move(axis: str, before: str, after: str, move: "Move") -> list[str]:
    what = f"{before} -> {after}" if before and after else f"+ {after}" if after else f"- {before}"
    lines = [f"{bold(f'{axis} {what}')}  {counted(move.count, 'record')}"]
    for example in move.examples:
        title = example.title if len(example.title) <= _TITLE else example.title[: _TITLE - 1] + "…"
        quote = f"  “{plain(example.quote)}”" if example.quote else ""
        lines.append(f"    {example.record}  {plain(title)}{dim(quote)}")
    return lines


def _total(review: "Review", *, dry_run: bool) -> str:
    of = f"of {counted(review.records, 'record')}"
    if not review.changed:
        return f"Nothing differs: today's rules say what is held {of}."
    if dry_run:
        return f"{review.changed:,} {of} would change; nothing was written. To write it: tracker classify"
    return f"{review.changed:,} {of} changed; the others were left alone."
