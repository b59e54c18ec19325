"""How a page is laid out: headings, lines with a hanging indent, marked words. Colours only where a terminal is."""

import re
import shutil
import textwrap
from collections.abc import Iterable, Sequence

import click

from tracker.store.searching import BEGIN, END
from tracker.terminal import plain

# Control characters, and those that make a line read as another; not the marks of found words.
_CONTROL = re.compile(r"[\x00\x01\x04-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_ON, _OFF = "\x1b[33m\x1b[1m", "\x1b[0m"


def width() -> int:
    """Columns of a page: those of the terminal, from 60 to 100; 100 elsewhere."""
    return max(60, min(100, shutil.get_terminal_size((100, 24)).columns))


def bold(text: str) -> str:
    return click.style(text, bold=True)


def dim(text: str) -> str:
    return click.style(text, dim=True)


def warning(text: str) -> str:
    return click.style(text, fg="red", bold=True)


def heading(text: str) -> str:
    return click.style(text, fg="cyan", bold=True)


def block(text: str, indent: int = 2, *, hang: int = 0, first: str = "") -> list[str]:
    """A text in lines of the page's width. `first` stands before the first line, in the indent of the others."""
    start = first.ljust(indent + hang) if first else " " * indent
    return textwrap.wrap(
        plain(text), width(), initial_indent=start, subsequent_indent=" " * (indent + hang), break_on_hyphens=False
    )


def section(title: str, lines: Sequence[str]) -> list[str]:
    """A heading over its lines and a blank line, or nothing where there are none."""
    return [heading(title), *lines, ""] if lines else []


def facts(pairs: Iterable[tuple[str, object]], indent: int = 2) -> list[str]:
    """Name and value in two columns; what is absent is left out."""
    out: list[str] = []
    for name, value in pairs:
        if value not in ("", None):
            out += block(str(value), indent, hang=20, first=" " * indent + f"{name}:")
    return out


def marked(text: str, indent: int = 2) -> list[str]:
    """A text in lines, harmless, its found words between asterisks, and in colour where colours show."""
    pad = " " * indent
    lines = textwrap.wrap(
        " ".join(_CONTROL.sub(" ", text).split()),
        width(),
        initial_indent=pad,
        subsequent_indent=pad,
        break_on_hyphens=False,
    )
    return [line.replace(BEGIN, _ON + "*").replace(END, "*" + _OFF) for line in lines]
