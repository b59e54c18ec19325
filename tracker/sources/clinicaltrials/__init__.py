"""ClinicalTrials.gov by its API v2, in two halves that never meet.

`api` talks to the registry and never interprets a study; `study` reads a study and never talks. `node` is how JSON
that may be wrong is read without crashing, `enums` what the registry's own description of the API allows.
"""

from collections.abc import Iterator

from tracker.config import Query, SourceSettings
from tracker.records import Held, Listing, Payload, Record
from tracker.sources.clinicaltrials import api, study
from tracker.web import Web

__all__ = ["ClinicalTrials"]


class ClinicalTrials:
    walks_whole = True

    def __init__(self, settings: SourceSettings) -> None:
        self._url = settings.url

    def fetch(self, query: Query, held: Held, web: Web) -> Iterator[Payload | Listing]:
        """Walk the whole query, then ask by id for what was quarantined or absent before. Raises SourceError."""
        return api.fetch(self._url, query, held, web)

    def parse(self, payload: Payload) -> Iterator[Record]:
        """The one Record of a study. Raises RecordError for a study that cannot be read."""
        yield study.read(payload.body, payload.key)
