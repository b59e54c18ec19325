"""The talk with the E-utilities: list every id of a query, fetch records by id. Reads no article.

esearch lists at most 9,999 ids of a query (since 2022, history server or not); what has more is cut into slices by date
until each fits. Everything is sent by POST: terms and id lists outgrow an address, and the key stays out of logs.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple

from tracker.config import SourceSettings
from tracker.errors import SourceError
from tracker.sources.pubmed.answers import ArticleSet, Search, read_search, read_set
from tracker.web import Web

MAX_LISTED = 9_999
BATCH = 200  # ids in one efetch, as NCBI asks


class Window(NamedTuple):
    """Days, both included, of a kind of date: edat (entered) or mdat (modified). PubMed ignores one end alone."""

    kind: str
    first: date
    last: date

    def fields(self) -> dict[str, str]:
        return {
            "datetype": self.kind,
            "mindate": f"{self.first:%Y/%m/%d}",
            "maxdate": f"{self.last:%Y/%m/%d}",
        }

    def halves(self) -> tuple["Window", "Window"]:
        middle = self.first + (self.last - self.first) // 2
        return self._replace(last=middle), self._replace(first=middle + timedelta(days=1))


class Eutils:
    """One query's talk. `name` is the query's, for errors."""

    def __init__(self, settings: SourceSettings, web: Web, name: str) -> None:
        self._url = settings.url
        self._web = web
        self._name = name
        who = {"tool": settings.tool, "email": settings.contact, "api_key": settings.api_key}
        self._who = {key: value for key, value in who.items() if value}

    def search(self, term: str, window: Window | None = None, most: int = MAX_LISTED) -> Search:
        """One esearch: the count, and the first ids, 9,999 at most. Raises SourceError."""
        data = {"db": "pubmed", "term": term, "retmode": "xml", "retmax": str(most), "retstart": "0"}
        data |= (window.fields() if window else {}) | self._who
        answer = self._web.ask("POST", self._url + "esearch.fcgi", data=data, check=read_search, judged={400})
        return read_search(answer)

    def ids(self, term: str, window: Window, whole: Search | None = None) -> tuple[str, ...]:
        """Every id of a query, as many as PubMed counts. Raises SourceError.

        `whole` is the search of the query without a window, where that is wanted and was made already: then the window
        only says between which days to slice. Without it the query is limited to the window.
        """
        limited = None if whole else window
        found = whole or self.search(term, limited)
        for last in (False, True):
            ids = tuple(dict.fromkeys(self._slices(term, window, found)))
            if len(ids) == found.count:
                break
            if last:
                raise SourceError(f"query {self._name}: PubMed counts {found.count} records and lists {len(ids)}")
            found = self.search(term, limited)  # records can come in while we walk: once more from the start
        return ids

    def _slices(self, term: str, window: Window, found: Search) -> Iterator[str]:
        if found.count <= MAX_LISTED:
            yield from found.ids
            return
        if window.first >= window.last:
            raise SourceError(
                f"query {self._name}: PubMed counts {found.count} records on the single day {window.first}, "
                f"and lists no more than {MAX_LISTED}: make the query narrower",
                permanent=True,
            )
        for half in window.halves():
            yield from self._slices(term, half, self.search(term, half))

    def records(self, ids: Iterable[str]) -> ArticleSet:
        """One efetch. What it gives need not be what was asked for. Raises SourceError."""
        data = {"db": "pubmed", "id": ",".join(ids), "retmode": "xml"} | self._who
        return read_set(self._web.ask("POST", self._url + "efetch.fcgi", data=data, check=read_set, judged={400}))


def batches(ids: Iterable[str]) -> Iterator[tuple[str, ...]]:
    rest = iter(ids)
    while batch := tuple(islice(rest, BATCH)):
        yield batch
