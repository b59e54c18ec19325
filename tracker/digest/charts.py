"""Charts that a mail can show: a line of blocks for text, widths in per cent for the cells of a table. Pure."""

from collections.abc import Iterable, Sequence
from math import log

from tracker.digest.board import RUNG_WORDS

_BLOCKS = "▁▂▃▄▅▆▇█"
_ALL = 1000  # works at which a block is full: the same scale in every line, so that lines can be compared


def spark(counts: Iterable[int]) -> str:
    """One block for each count, on a logarithmic scale from 1 to 1,000; a dot for none."""
    return "".join("·" if count <= 0 else _BLOCKS[min(7, int(7 * log(count) / log(_ALL)))] for count in counts)


def ladder(counts: Iterable[tuple[str, int]]) -> str:
    """One block for each rung."""
    return spark(count for _, count in counts)


def total(counts: Iterable[tuple[str, int]]) -> int:
    return sum(count for _, count in counts)


def rungs(counts: Sequence[tuple[str, int]]) -> str:
    """The ladder in one line: its blocks, then the counts of the rungs that have any."""
    said = ", ".join(f"{RUNG_WORDS[rung][0]}: {count:,}" for rung, count in counts if count)
    return f"{ladder(counts)}  {said or 'no rung reached'}"


def shares(counts: Sequence[tuple[str, int]]) -> list[tuple[str, int, int]]:
    """(name, count, width in per cent) of each part that has any. Widths add up to 100; each can be seen."""
    held = [(name, count) for name, count in counts if count > 0]
    whole = total(held)
    widths = [max(2, round(100 * count / whole)) for _, count in held]
    if widths:
        widths[widths.index(max(widths))] += 100 - sum(widths)
    return [(name, count, width) for (name, count), width in zip(held, widths, strict=True)]
