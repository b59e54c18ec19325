"""An article as PubMed searches it: searchable texts per field, its headings, its dates. Read by plain element paths.

This is the stand-in's own reading, on purpose not the product's: what one of them gets wrong, the other shows.
"""

import calendar
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from tracker.demo.upstream import Article
from tracker.demo.words import fold, searchable

_PATHS = {
    "Title": (".//ArticleTitle", ".//BookTitle"),
    "Abstract": (".//Abstract/AbstractText", ".//OtherAbstract/AbstractText"),
    "Other Term": (".//KeywordList/Keyword",),
    "MeSH Terms": (".//MeshHeading/DescriptorName",),
    "MeSH Subheading": (".//MeshHeading/QualifierName",),
    "Supplementary Concept": (".//NameOfSubstance", ".//SupplMeshName"),
    "EC/RN Number": (".//RegistryNumber",),
    "Publication Type": (".//PublicationType",),
    "Language": (".//Language",),
    "Journal": (".//Journal/Title", ".//ISOAbbreviation", ".//MedlineTA"),
    "Affiliation": (".//Affiliation",),
    "Secondary Source ID": (".//AccessionNumber",),
    "Location ID": (".//ELocationID", "PubmedData/ArticleIdList/ArticleId"),
}
_TIAB = ("Title", "Abstract", "Other Term")
_TEXT_WORD = (*_TIAB, "MeSH Terms", "MeSH Subheading", "Supplementary Concept", "EC/RN Number", "Publication Type")
_LANGUAGES = {"eng": "english", "fre": "french", "ger": "german", "spa": "spanish", "chi": "chinese", "jpn": "japanese"}
_MONTHS = [name.lower() for name in calendar.month_abbr]


@dataclass(frozen=True, eq=False)
class Document:
    """Per long field name: its searchable text, its folded headings, or the first and last day of its date."""

    texts: Mapping[str, str]
    headings: Mapping[str, frozenset[str]]
    dates: Mapping[str, tuple[date, date]]


def read(article: Article) -> Document:
    root = ET.fromstring(article.xml)
    texts = {name: [_text(e) for path in paths for e in root.iterfind(path)] for name, paths in _PATHS.items()}
    texts["Language"] += [_LANGUAGES[code.lower()] for code in texts["Language"] if code.lower() in _LANGUAGES]
    texts["Author"] = [_author(author) for author in root.iterfind(".//AuthorList/Author")]
    texts["PMID"] = [article.pmid]
    texts["All Fields"] = [text for values in texts.values() for text in values]
    texts["Title/Abstract"] = [text for name in _TIAB for text in texts[name]]
    texts["Text Word"] = [text for name in _TEXT_WORD for text in texts[name]]
    texts["Filter"] = ["hasabstract"] if root.find(".//Abstract/AbstractText") is not None else []
    headings = list(_headings(root))
    return Document(
        {name: searchable(values) for name, values in texts.items()},
        {
            "MeSH Terms": frozenset(heading for heading, _ in headings),
            "MeSH Major Topic": frozenset(heading for heading, major in headings if major),
            "Publication Type": frozenset(fold(text) for text in texts["Publication Type"]),
        },
        {
            "Date - Publication": _published(root),
            "Date - Entry": (article.entered, article.entered),
            "Date - Modification": (article.modified, article.modified),
        },
    )


def _text(element: ET.Element) -> str:
    return "".join(element.itertext())


def _author(author: ET.Element) -> str:
    last, initials, group = (author.findtext(tag) or "" for tag in ("LastName", "Initials", "CollectiveName"))
    return f"{last} {initials}".strip() or group


def _headings(root: ET.Element) -> Iterator[tuple[str, bool]]:
    """Each folded descriptor and each "descriptor/qualifier", with whether it is a major topic."""
    for heading in root.iterfind(".//MeshHeading[DescriptorName]"):
        name = fold(heading.findtext("DescriptorName") or "")
        yield name, any(part.get("MajorTopicYN") == "Y" for part in heading)
        for qualifier in heading.iterfind("QualifierName"):
            yield f"{name}/{fold(qualifier.text or '')}", qualifier.get("MajorTopicYN") == "Y"


def _published(root: ET.Element) -> tuple[date, date]:
    """The days that the publication can fall on: PubDate, however partial, and ArticleDate."""
    paths = (".//JournalIssue/PubDate", ".//Book/PubDate", ".//ArticleDate")
    spans = [span for path in paths for element in root.iterfind(path) if (span := _span(element))]
    return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else (date.min, date.min)


def _span(element: ET.Element) -> tuple[date, date] | None:
    year = re.search(r"\d{4}", element.findtext("Year") or element.findtext("MedlineDate") or "")
    if not year:
        return None
    month = (element.findtext("Month") or "").strip().lower()
    number = month if month.isdigit() else str(_MONTHS.index(month[:3])) if month and month[:3] in _MONTHS else ""
    day = element.findtext("Day") if number else ""
    return interval("/".join(part for part in (year.group(), number, day) if part))


def interval(text: str) -> tuple[date, date]:
    """First and last day of "2024", "2024/05" or "2024/05/04". Raises ValueError on anything else."""
    numbers = [int(part) for part in text.split("/")]
    first = date(*[*numbers, 1, 1][:3])
    if len(numbers) == 3:
        return first, first
    month = first.month if len(numbers) == 2 else 12
    return first, date(first.year, month, calendar.monthrange(first.year, month)[1])
