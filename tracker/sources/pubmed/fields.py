"""Parts of a PubMed record, each from its own element: text, dates, authors, headings, identifiers.

Element names and their meaning: NLM's "MEDLINE PubMed XML Element Descriptions". What is missing or odd reads as
nothing; no function here raises on any element that an XML parser gave.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TypeVar
from xml.etree.ElementTree import Element

from tracker.dates import from_parts, month_number
from tracker.records import Author

_SPACE = re.compile(r"[ \t\r\n]+")


def text(element: Element | None) -> str:
    """All text inside, without markup. Only breaks and blanks are folded: a thin space is the author's."""
    if element is None:
        return ""
    whole = "".join(element.itertext()) if len(element) else element.text or ""
    if "\n" in whole or "  " in whole or "\t" in whole or "\r" in whole:
        whole = _SPACE.sub(" ", whole)
    return whole.strip()


def texts(elements: Iterable[Element]) -> list[str]:
    return [found for element in elements if (found := text(element))]


_Value = TypeVar("_Value")


def unique(values: Iterable[_Value]) -> tuple[_Value, ...]:
    return tuple(dict.fromkeys(values))


def abstract(element: Element | None) -> str:
    """The parts of an abstract, one a line, each after the label that is printed before it."""
    lines = []
    for part in element.iterfind("AbstractText") if element is not None else ():
        label, words = part.get("Label", "").strip(), text(part)
        if words:
            lines.append(f"{label}: {words}" if label and label.upper() != "UNLABELLED" else words)
    return "\n".join(lines)


def authors(lists: Iterable[Element]) -> tuple[Author, ...]:
    found = [_author(one) for people in lists for one in people if one.tag == "Author"]
    return tuple(author for author in found if author)


def _author(element: Element) -> Author | None:
    parts = {child.tag: child for child in element}
    family = text(parts.get("LastName"))
    if not family:
        group = text(parts.get("CollectiveName"))
        return Author(group, group=True) if group else None
    given = text(parts.get("ForeName")) or text(parts.get("FirstName")) or text(parts.get("Initials"))
    suffix = text(parts.get("Suffix"))
    name = " ".join(part for part in (given, family, suffix) if part)
    return Author(name, family, given, suffix, _orcid(element) if "Identifier" in parts else "")


_ORCID = re.compile(r"(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dXx])(?!\d)")


def _orcid(author: Element) -> str:
    """0000-0002-1825-0097, which stands bare, without hyphens or as an address."""
    for one in author.iterfind("Identifier"):
        if one.get("Source", "").upper() == "ORCID" and (found := _ORCID.search(text(one))):
            return "-".join(found.groups()).upper()
    return ""


def pub_date(element: Element | None) -> str:
    """PubDate, a partial date. Of a season that is a range of months the first; of any other season the year."""
    if element is None:
        return ""
    parts = {child.tag: text(child) for child in element}
    if "MedlineDate" in parts:
        return medline_date(parts["MedlineDate"])
    month = parts.get("Month") or _first_month(parts.get("Season", ""))
    return from_parts(parts.get("Year"), month, parts.get("Day"))


_MEDLINE_DATE = re.compile(r"\b((?:1[5-9]|20)\d\d)\b(?:\s+([A-Za-z]+))?")


def medline_date(words: str) -> str:
    """The start of a range in free words: "2014 Sep-Oct", "1947-1948", "1998 Dec-1999 Jan", "Summer 2017"."""
    found = _MEDLINE_DATE.search(words)
    return from_parts(found[1], _first_month(found[2] or "")) if found else ""


def _first_month(words: str) -> str:
    first = re.match(r"[A-Za-z]+", words)
    return first[0] if first and month_number(first[0]) else ""


def plain_date(element: Element | None) -> str:
    """ArticleDate, PubMedPubDate, ContributionDate ...: Year, Month, Day."""
    parts = {child.tag: text(child) for child in element} if element is not None else {}
    return from_parts(parts.get("Year"), parts.get("Month"), parts.get("Day"))


def entry_date(history: Element | None) -> str:
    for one in history if history is not None else ():
        if one.get("PubStatus") == "entrez":
            return plain_date(one)
    return ""


_SMALL = frozenset({"and", "as", "for", "in", "of", "on", "the", "to", "with"})
_WORD = re.compile(r"[A-Z]+(?:'[A-Z]+)?")


def publication_type(words: str) -> str:
    """As printed, but never in capitals: some records say "JOURNAL ARTICLE"."""
    if not words.isupper():
        return words
    return _WORD.sub(lambda m: _cased(m[0], first=m.start() == 0), words)


def _cased(word: str, *, first: bool) -> str:
    if word.lower() in _SMALL and not first:
        return word.lower()
    return word if set(word) <= set("IV") else word.capitalize()  # Phase III, Phase IV


def headings(mesh: Element | None) -> Iterator[tuple[str, str]]:
    """Each MeSH heading: the descriptor, and the heading as MEDLINE prints it, "Alopecia/*drug therapy/genetics"."""
    for heading in mesh if mesh is not None else ():
        names = [text(part) for part in heading]
        printed = ["*" * (part.get("MajorTopicYN") == "Y") + name for part, name in zip(heading, names, strict=True)]
        if names and names[0]:
            yield names[0], "/".join(printed)


def substances(chemicals: Element | None) -> tuple[str, ...]:
    """As MEDLINE prints them: "5965120SH1 (Minoxidil)"."""
    found = []
    for one in chemicals if chemicals is not None else ():
        number, name = text(one.find("RegistryNumber")), text(one.find("NameOfSubstance"))
        if name:
            found.append(f"{number or '0'} ({name})")
    return unique(found)


def databanks(banks: Element | None) -> Iterator[tuple[str, str]]:
    """(databank, accession number) of each; the number is "" where only the bank is named."""
    for bank in banks if banks is not None else ():
        name = text(bank.find("DataBankName"))
        for number in texts(bank.iterfind("AccessionNumberList/AccessionNumber")) or [""]:
            if name:
                yield name, number


def doi(words: str) -> str:
    """A DOI as it is compared: lower case, without address, prefix or a full stop that ended a sentence."""
    return re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi\s*:?\s*)", "", words.strip().lower()).rstrip(".,;")


def own_doi(ids: dict[str, str], article: Element) -> str:
    """From the record's own ArticleIdList, else from an ELocationID that is not marked as wrong.

    One in the shape of a DOI goes first; a mistyped one (PMID 23192817: 0.1109/...) is still what PubMed says.
    """
    places = [text(one) for one in article.iterfind("ELocationID") if _is_doi(one)]
    found = [one for one in map(doi, [ids.get("doi", ""), *places]) if one]
    return next((one for one in found if one.startswith("10.")), found[0] if found else "")


def _is_doi(place: Element) -> bool:
    return place.get("EIdType") == "doi" and place.get("ValidYN") != "N"


def article_ids(*lists: Element | None) -> dict[str, str]:
    """The first id of each kind. Only of lists handed over: those of references look the same."""
    ids: dict[str, str] = {}
    for one in (child for found in lists if found is not None for child in found):
        ids.setdefault(one.get("IdType", ""), text(one))
    return ids


def pmcid(words: str) -> str:
    found = re.search(r"PMC\d+", words.upper())
    return found[0] if found else ""
