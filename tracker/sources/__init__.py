"""The sources: where records come from. One source more is one room here and one line in SOURCES.

A source is two halves that never meet. `fetch` talks and never interprets: it yields payloads, one record's own bytes
each, and last a Listing, only when the walk was whole. `parse` interprets and never talks.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from tracker.config import Query, SourceSettings
from tracker.records import Held, Listing, Payload, Record
from tracker.sources.clinicaltrials import ClinicalTrials
from tracker.sources.feeds import Feeds
from tracker.sources.pubmed import PubMed
from tracker.sources.registries import Registry
from tracker.web import Web

__all__ = ["SOURCES", "Source"]


class Source(Protocol):
    walks_whole: bool  # True when every fetch reads every listed record, because no date says which have changed

    def fetch(self, query: Query, held: Held, web: Web) -> Iterator[Payload | Listing]:
        """What the query lists and `held` lacks. Raises SourceError: then nothing that was yielded makes a listing."""

    def parse(self, payload: Payload) -> Iterator[Record]:
        """The record in a payload. Raises RecordError for one that cannot be read."""


SOURCES: dict[str, Callable[[SourceSettings], Source]] = {
    "pubmed": PubMed,
    "clinicaltrials": ClinicalTrials,
    "feeds": Feeds,
    "isrctn": Registry,
    "ctis": Registry,
    "ictrp": Registry,
}
