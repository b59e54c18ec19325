"""Records for the programs that people already use. A format more is one module and one line in FORMATS.

    ris, bibtex, nbib   reference managers          csv, json   spreadsheets and programs
    atom                what moved, for feed readers       ics   completion dates of trials, for calendars

Each is a pure function from the chosen records to text. Nothing here reads options or writes files.
"""

from collections.abc import Callable, Iterator

from tracker.export.atom import atom
from tracker.export.bibtex import bibtex
from tracker.export.calendar import ics
from tracker.export.entry import Choice, Entry, Move
from tracker.export.rows import csv_rows, json_lines
from tracker.export.tagged import nbib, ris

__all__ = ["FORMATS", "Choice", "Entry", "Move"]

Format = Callable[[Choice], Iterator[str]]

FORMATS: dict[str, Format] = {
    "ris": ris,
    "bibtex": bibtex,
    "nbib": nbib,
    "csv": csv_rows,
    "json": json_lines,
    "atom": atom,
    "ics": ics,
}
