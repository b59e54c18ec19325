"""PubMed by NCBI's E-utilities, in two halves that never meet.

`eutils` asks, `answers` checks what came, `drift` whether it answers the query that was asked; `article` reads a
record, `medline` one in PubMed's text format. This page holds the order of it all: which ids are fetched, and what
becomes of those that do not come.
"""

from collections.abc import Generator, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from tracker.config import Query, SourceSettings
from tracker.dates import from_stamp
from tracker.records import Held, Listing, Payload, Record
from tracker.sources.pubmed import article, drift, medline
from tracker.sources.pubmed.answers import Element
from tracker.sources.pubmed.eutils import Eutils, Window, batches
from tracker.web import Web

__all__ = ["PubMed"]

OVERLAP = timedelta(days=7)  # how far the modification window reaches back before the last complete fetch
FIRST_ENTRY = date(1800, 1, 1)  # before any entry date of PubMed


class PubMed:
    walks_whole = False

    def __init__(self, settings: SourceSettings) -> None:
        self._settings = settings

    def fetch(self, query: Query, held: Held, web: Web) -> Iterator[Payload | Listing]:
        """List every id, then read those not held, modified, or owed from before. Raises SourceError.

        Without an expression only what is owed (`held.retry`) is read.
        """
        talk, term = Eutils(self._settings, web, query.name), query.expression("pubmed")
        notes: list[str] = []
        listed: tuple[str, ...] = ()
        if term:
            found = talk.search(term)
            notes += drift.judge(query.name, term, found, held)
            listed = talk.ids(term, Window("edat", FIRST_ENTRY, _today(held) + timedelta(days=366)), found)
        asked = tuple(sorted(_wanted(talk, term, listed, held), key=int))
        missing = yield from _records(talk, asked, notes)
        yield Listing(listed, asked, missing, tuple(notes))

    def parse(self, payload: Payload) -> Iterator[Record]:
        """The record in a PubmedArticle or PubmedBookArticle element, or in MEDLINE text. Raises RecordError."""
        read = medline.read if medline.is_medline(payload.body) else article.read
        yield read(payload.body)


def _today(held: Held) -> date:
    return (from_stamp(held.now) if held.now else datetime.now(UTC)).date()


def _wanted(talk: Eutils, term: str, listed: tuple[str, ...], held: Held) -> set[str]:
    """The ids to read. "New" is a set difference and never a date, so that what is indexed late is caught as well."""
    owed = {pmid for pmid in held.retry if pmid.isascii() and pmid.isdigit()}
    if held.full or not held.since:
        wanted = set(listed) if held.full else set(listed) - held.ids
    else:
        window = Window("mdat", from_stamp(held.since).date() - OVERLAP, _today(held))
        wanted = (set(listed) - held.ids) | (set(talk.ids(term, window)) & set(listed) if term else set())
    return (wanted | owed) - held.fresh


def _records(talk: Eutils, asked: tuple[str, ...], notes: list[str]) -> Generator[Payload, None, tuple[str, ...]]:
    """Yield a payload for every id that comes, in two rounds; return the ids that came in neither.

    What came broken in the first round is asked for again; if it comes broken once more it is handed over as it is, for
    the reader to refuse, so that one bad record does not hold up the others.
    """
    absent, deleted, strangers = list(asked), set[str](), set[str]()
    for last in (False, True):
        rest: list[str] = []
        for batch in batches(absent):
            answer = talk.records(batch)
            came = _newest(element for element in answer.elements if element.whole or last)
            yield from (came[pmid].payload(len(asked)) for pmid in batch if pmid in came)
            deleted.update(pmid for pmid in answer.deleted if pmid in batch)
            strangers.update(
                element.pmid or "without a PMID" for element in answer.elements if element.pmid not in batch
            )
            rest += [pmid for pmid in batch if pmid not in came]
        absent = [pmid for pmid in rest if pmid not in deleted]
        if not absent:
            break
    if deleted:
        notes.append(f"PubMed has deleted {_some(deleted)}")
    if strangers:
        notes.append(f"PubMed sent {len(strangers)} records that were not asked for, ignored: {_some(strangers)}")
    missing = {*absent, *deleted}
    return tuple(pmid for pmid in asked if pmid in missing)


def _newest(elements: Iterable[Element]) -> dict[str, Element]:
    """By PMID; of several versions of a record the highest."""
    newest: dict[str, Element] = {}
    for element in elements:
        if element.pmid not in newest or element.version >= newest[element.pmid].version:
            newest[element.pmid] = element
    return newest


def _some(ids: Iterable[str]) -> str:
    first = sorted(ids)
    return ", ".join(first[:10]) + (f" and {len(first) - 10} more" if len(first) > 10 else "")
