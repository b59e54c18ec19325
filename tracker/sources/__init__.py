"""The sources: where records come from. One source more is one room here and one line in SOURCES.
LIVE holds what `tracker check --live` asks of each; a source that is not in it is not looked at.

A source is two halves that never meet. `fetch` talks and never interprets: it yields payloads, one record's own bytes
each, and last a Listing, only when the walk was whole. `parse` interprets and never talks.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Protocol

from tracker.config import Query, SourceSettings
from tracker.records import Held, Listing, Payload, Record
from tracker.sources.clinicaltrials import ClinicalTrials
from tracker.sources.clinicaltrials import live as clinicaltrials_live
from tracker.sources.feeds import Feeds
from tracker.sources.feeds import live as feeds_live
from tracker.sources.looking import Step
from tracker.sources.pubmed import PubMed
from tracker.sources.pubmed import live as pubmed_live
from tracker.sources.registries import Registry
from tracker.sources.registries import live as isrctn_live
from tracker.web import Web

__all__ = ["LIVE", "SOURCES", "Source"]


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

LIVE: dict[str, Callable[[SourceSettings, Web, Sequence[Query], date], Iterator[Step]]] = {
    "pubmed": pubmed_live.steps,
    "clinicaltrials": clinicaltrials_live.steps,
    "feeds": feeds_live.steps,
    "isrctn": isrctn_live.steps,
}
