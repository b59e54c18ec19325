"""What a PubMed record says about others: trials that it reports or mentions, corrections, retractions, versions."""

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from tracker.records import NOTICES, Link
from tracker.registration import named
from tracker.sources.pubmed.fields import text

# RefType of CommentsCorrections -> what the record is to the other one. "Cites" and the rest say nothing that we keep.
_RELATIONS = {
    "RetractionIn": "retracted_by",
    "RetractionOf": "retracts",
    "RetractedandRepublishedIn": "retracted_by",
    "RetractedandRepublishedFrom": "retracts",
    "ErratumIn": "corrected_by",
    "ErratumFor": "corrects",
    "CorrectedandRepublishedIn": "corrected_by",
    "CorrectedandRepublishedFrom": "corrects",
    "ExpressionOfConcernIn": "concern_in",
    "ExpressionOfConcernFor": "concern_of",
    "UpdateOf": "has_preprint",
    "UpdateIn": "preprint_of",
    "CommentOn": "mentions",
}
_DOI = re.compile(r"\bdoi\b[:\s/]*(?:org/)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_NOTICE = {"retracted_by": "retracted", "concern_in": "concern", "corrected_by": "corrected"}


def corrections(comments: Element | None) -> tuple[list[Link], set[str]]:
    """Links to the records on the other side, and the notices that follow, those of a partner without PMID too."""
    links, notices = [], set()
    for one in comments if comments is not None else ():
        relation = _RELATIONS.get(one.get("RefType", ""))
        if not relation:
            continue
        notices.add(_NOTICE.get(relation, ""))
        pmid = text(one.find("PMID")).lstrip("0")
        if pmid.isascii() and pmid.isdigit():
            links.append(Link(relation, f"pubmed-{pmid}", "corrections"))
        # Most preprints have no PMID: then the source names the DOI ("medRxiv. 2026 Nov 3: ... doi: 10.1101/...").
        doi = _DOI.search(text(one.find("RefSource"))) if relation in ("has_preprint", "preprint_of") else None
        if doi:
            links.append(Link(relation, f"doi-{doi[1].rstrip('.,;)').lower()}", "corrections"))
    return links, notices


def worst(notices: set[str], title: str, types: Iterable[str]) -> str:
    """The one notice of a record: the first of NOTICES that holds."""
    found = set(notices)
    if "Retracted Publication" in types:
        found.add("retracted")
    if title.startswith("WITHDRAWN"):
        found.add("withdrawn")
    return next((notice for notice in NOTICES if notice in found), "")


_SENTENCE = re.compile(r"\n+|(?<=[.!?])\s+(?=[A-Z(\[])")
_QUOTE = 300  # characters; of a longer sentence the part around the number

# A sentence about another study. A registration line is about the record's own, whatever else it says.
_ELSEWHERE = re.compile(
    r"\b(previous(ly)?|prior|earlier|on-?going|under ?way|upcoming|planned|future|will be|(is|are) being|"
    r"currently (recruiting|enrolling)|another|other) ",
    re.IGNORECASE,
)
_REGISTRATION = re.compile(r"regist(er|ration|ry)|trial (number|identifier|id)\b", re.IGNORECASE)


_NO_REGISTER = ("figshare", "dryad", "geo", "genbank", "bioproject")  # whose numbers are of data


def registered(banks: Iterable[tuple[str, str]]) -> Iterator[Link]:
    """Trials that the record's databank list names."""
    for bank, number in banks:
        for found, _ in named(number) if bank.replace(" ", "").lower() not in _NO_REGISTER else ():
            yield Link("reports", found, "databank")


def mentioned(*columns: str) -> Iterator[Link]:
    """Trials that the title or abstract names, each with the first sentence that does."""
    seen = set()
    for column in columns:
        if not any(True for _ in named(column)):
            continue
        for sentence in _SENTENCE.split(column):
            for trial, at in named(sentence):
                if trial not in seen:
                    seen.add(trial)
                    yield Link(_relation(sentence), trial, "abstract", _around(sentence, at))


def _relation(sentence: str) -> str:
    elsewhere = _ELSEWHERE.search(sentence) and not _REGISTRATION.search(sentence)
    return "background" if elsewhere else "reports"


def _around(sentence: str, at: int) -> str:
    if len(sentence) <= _QUOTE:
        return sentence.strip()
    start = sentence.rfind(" ", 0, max(0, at - _QUOTE // 2)) + 1
    return sentence[start : start + _QUOTE].strip()
