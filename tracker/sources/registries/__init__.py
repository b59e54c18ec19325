"""ISRCTN, EU CTIS and WHO ICTRP: trials that stand in other registries than ClinicalTrials.gov, from exported files.

isrctn, ctis, ictrp   one trial of each as a Record
asking, live          the talk with ISRCTN, and what `check --live` asks of it
cut                   files into payloads, told by their content
row, element          what a record is before it is read: names and texts, or XML
text, words           what registries write, and which of their words mean what API v2's mean

CTIS and ICTRP are asked over the network by nobody: neither has an interface that is documented (docs/registries.md).
"""

from collections.abc import Callable, Iterator

from tracker.config import Query, SourceSettings
from tracker.errors import SourceError
from tracker.records import Held, Listing, Payload, Record
from tracker.sources.registries import asking, ctis, ictrp, isrctn
from tracker.web import Web

__all__ = ["Registry"]

_READ: dict[str, Callable[[bytes, str], Record]] = {"isrctn": isrctn.read, "ctis": ctis.read, "ictrp": ictrp.read}


class Registry:
    """A source that reads files, and asks where it is known how. One registry more is one module here and one line."""

    walks_whole = True

    def __init__(self, settings: SourceSettings) -> None:
        self._name, self._url = settings.name, settings.url

    def fetch(self, query: Query, held: Held, web: Web) -> Iterator[Payload | Listing]:
        """Raises SourceError, always where no query can ask it."""
        if self._name == "isrctn":
            return asking.fetch(self._url, query, held, web)
        raise SourceError(f"{self._name} is read from files: tracker import")

    def parse(self, payload: Payload) -> Iterator[Record]:
        """The one Record of a trial. Raises RecordError for one that cannot be read."""
        yield _READ[self._name](payload.body, payload.key)
