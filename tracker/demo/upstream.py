"""The world that the stand-ins answer from: articles and studies, which tests and the demo change as they please.

It only holds them. How they are searched is in pubmed.py and registry.py, how they are served in server.py. Dates are
read from the XML only as defaults for when PubMed took an article in and last changed it.
"""

import copy
import gzip
import json
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from xml.parsers import expat

from tracker.demo.words import fold

Study = dict[str, Any]
KnownPhrases = None | Collection[str] | Callable[[str], bool]

ARTICLE_TAGS = ("PubmedArticle", "PubmedBookArticle")
_UNDATED = date(1900, 1, 1)


@dataclass(frozen=True, eq=False)
class Article:
    """One record of PubMed: its element's own bytes, when it was added (edat) and last changed (mdat)."""

    pmid: str
    xml: bytes = field(repr=False)
    entered: date
    modified: date


class Upstream:
    """What PubMed and the registry hold at this moment. Every method may be called while the stand-ins serve.

    known_phrases: what PubMed's index knows beyond this corpus. None: nothing. A collection of phrases, or a function
    of the phrase as written in the query (without quotes, tag and *). A phrase that neither the corpus nor this knows
    is reported and dropped, as PubMed does.
    most_per_page: what the registry makes of a larger pageSize; lower it to have many pages of few studies.
    """

    def __init__(
        self,
        *,
        data_timestamp: str = "2026-11-02T09:00:05",
        known_phrases: KnownPhrases = None,
        most_per_page: int = 1_000,
    ) -> None:
        self.lock = threading.RLock()
        self.articles: dict[str, Article] = {}
        self.studies: dict[str, Study] = {}
        self.data_timestamp = data_timestamp
        self.known_phrases = known_phrases
        self.most_per_page = most_per_page
        self.token_epoch = 0

    def put_article(self, xml: bytes, entered: date | None = None, modified: date | None = None) -> str:
        """Adds or replaces a PubmedArticle (or PubmedBookArticle) element; gives its PMID.

        entered: by default what is held for the PMID, else the entrez date of its History.
        modified: by default its DateRevised, else `entered`.
        """
        element = ET.fromstring(xml)
        pmid = (element.findtext("MedlineCitation/PMID") or element.findtext("BookDocument/PMID") or "").strip()
        if not pmid:
            raise ValueError(f"{element.tag} without a PMID")
        with self.lock:
            held = self.articles.get(pmid)
            entered = entered or (held.entered if held else None) or _history(element) or _UNDATED
            modified = modified or _date(element.find(".//DateRevised")) or entered
            self.articles[pmid] = Article(pmid, xml, entered, modified)
        return pmid

    def delete_article(self, pmid: str) -> None:
        with self.lock:
            del self.articles[pmid]

    def put_study(self, study: Study) -> str:
        """Adds or replaces a study (an API v2 object, which is copied); gives its NCT number."""
        nct: str = study["protocolSection"]["identificationModule"]["nctId"]
        with self.lock:
            self.studies[nct] = copy.deepcopy(study)
        return nct

    def delete_study(self, nct: str) -> None:
        with self.lock:
            del self.studies[nct]

    def knows(self, phrase: str) -> bool:
        """Whether PubMed's index holds a phrase that no article of this corpus holds."""
        if callable(self.known_phrases):
            return self.known_phrases(phrase)
        return fold(phrase) in {fold(known) for known in self.known_phrases or ()}

    def refresh(self, data_timestamp: str, *, expire_tokens: bool = True) -> None:
        """The registry's daily refresh: a new dataTimestamp, versionHolder moved in every study, page tokens void."""
        with self.lock:
            self.data_timestamp = data_timestamp
            self.token_epoch += expire_tokens
            for nct, study in self.studies.items():
                if "miscInfoModule" in study.get("derivedSection", {}):
                    self.studies[nct] = moved = copy.deepcopy(study)
                    moved["derivedSection"]["miscInfoModule"]["versionHolder"] = data_timestamp[:10]

    def load_pubmed(self, data: bytes) -> list[str]:
        """Puts every article of a PubmedArticleSet (plain or gzip), then applies its DeleteCitation; the PMIDs put."""
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        pmids = [self.put_article(body) for body in cut_articles(data)]
        for element in ET.fromstring(data).iterfind("DeleteCitation/PMID"):
            if element.text in self.articles:
                self.delete_article(element.text)
        return pmids

    def load_studies(self, lines: Iterable[str | bytes]) -> list[str]:
        """Puts every study of a JSON-lines file; the NCT numbers."""
        return [self.put_study(json.loads(line)) for line in lines if line.strip()]


def cut_articles(document: bytes) -> Iterator[bytes]:
    """The own bytes of each PubmedArticle and PubmedBookArticle element of a UTF-8 document, in order."""
    starts: list[int] = []
    ends: list[int] = []
    parser = expat.ParserCreate()

    def start(tag: str, _: dict[str, str]) -> None:
        if tag in ARTICLE_TAGS:
            starts.append(parser.CurrentByteIndex)

    def end(tag: str) -> None:
        if tag in ARTICLE_TAGS:
            ends.append(document.index(b">", parser.CurrentByteIndex) + 1)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(document, True)
    return (document[a:b] for a, b in zip(starts, ends, strict=True))


def _history(element: ET.Element) -> date | None:
    return _date(element.find(".//PubMedPubDate[@PubStatus='entrez']"))


def _date(element: ET.Element | None) -> date | None:
    """The date of an element with Year, Month and Day children in numbers."""
    if element is None:
        return None
    return date(*(int(element.findtext(part) or "1") for part in ("Year", "Month", "Day")))
