"""Export: which records are meant, and their text to a file or to standard output."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tracker.export import FORMATS, Choice
from tracker.store import Store
from tracker.store.filters import SHOWN, Filters, conditions, named
from tracker.store.reading import record_of
from tracker.store.searching import expression_of
from tracker.writing import write_whole


def choose(store: Store, ids: Sequence[str], words: str, filters: Filters) -> Choice:
    """The records that are meant. Raises ConfigError for an id that is not held and a name that there is not.

    Who names records gets them whatever they are; a list without names is of what is on topic, each work once.
    """
    where, values = conditions(store, filters)
    if ids:
        condition, chosen = named([record_of(store, identifier) for identifier in ids])
        where, values = [*where, condition], values | chosen
    else:
        where += SHOWN
    if words.strip():
        where.append("r.rowid in (select rowid from records_fts where records_fts match :words)")
        values["words"] = expression_of(words)
    return Choice(store.db.conn, where, values)


def export(choice: Choice, form: str, output: Path | None) -> Iterator[str]:
    """Write the choice in one of FORMATS, to `output` or to standard output. Yields what is to be said of it."""
    count = choice.count()
    pieces = FORMATS[form](choice)
    if output is not None:
        write_whole(output, pieces)
        yield f"{output}: {count:,} record{'' if count == 1 else 's'} chosen"
    else:
        for piece in pieces:  # UTF-8 whatever the locale: it is for a program
            sys.stdout.buffer.write(piece.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
    if not count:
        yield "nothing that is held is what was asked for"
    if form == "nbib" and (left := choice.count("r.source != 'pubmed'")):
        yield f"{left:,} of them are left out: what is not in PubMed has no PMID (ris and bibtex hold everything)"
    if form == "ics" and (left := choice.count("r.kind != 'trial'")):
        yield f"{left:,} of them are left out: only trials have dates to come"
