"""One MEDLINE record (PubMed's text format, .nbib), read by Bio.Medline into the Record that its XML would give.

What the format lacks, and the Record therefore too: supplementary concepts among the terms, links that carry no PMID,
the line breaks of a structured abstract (its labels stand in one text), and in older exports every letter that is not
ASCII. Tags: https://pubmed.ncbi.nlm.nih.gov/help/#pubmed-format
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from tracker.dates import from_parts, partial
from tracker.errors import RecordError
from tracker.records import Author, Record
from tracker.sources.pubmed import fields, relations
from tracker.sources.pubmed.article import ADDRESS
from tracker.sources.pubmed.fields import unique

# Tag -> RefType of CommentsCorrections, as far as `relations` keeps anything of it.
_REF_TYPES = {
    "RIN": "RetractionIn",
    "ROF": "RetractionOf",
    "RRI": "RetractedandRepublishedIn",
    "RRF": "RetractedandRepublishedFrom",
    "EIN": "ErratumIn",
    "EFR": "ErratumFor",
    "CRI": "CorrectedandRepublishedIn",
    "CRF": "CorrectedandRepublishedFrom",
    "ECI": "ExpressionOfConcernIn",
    "ECF": "ExpressionOfConcernFor",
    "UOF": "UpdateOf",
    "UIN": "UpdateIn",
    "CON": "CommentOn",
}

_Tags = dict[str, list[str]]  # tag -> its lines, unfolded, in order


def is_medline(body: bytes) -> bool:
    """Whether bytes begin as a MEDLINE record does: with a field."""
    return re.match(rb"\s*[A-Z]{2,4} *- ", body) is not None


def read(body: bytes) -> Record:
    """The Record in the bytes of one record. Raises RecordError."""
    tags, authors = _tags(body)
    pmid = _first(tags, "PMID").lstrip("0")
    if not (pmid.isascii() and pmid.isdigit()):
        raise RecordError("pubmed: a MEDLINE record without a PMID")
    title = _first(tags, "TI", "TT", "BTI")
    abstract = _first(tags, "AB")
    types = unique(fields.publication_type(words) for words in _all(tags, "PT"))
    banks = [(bank, number) for bank, _, number in (words.partition("/") for words in _all(tags, "SI"))]
    links, notices = relations.corrections(_comments(tags))
    entered = _entered(tags)
    return Record(
        id=f"pubmed-{pmid}",
        source="pubmed",
        kind="article",
        title=title,
        abstract=abstract,
        url=ADDRESS.format(pmid),
        venue=_first(tags, "JT", "TA", "BTI"),
        authors=tuple(authors),
        types=types,
        terms=unique([*map(_descriptor, _all(tags, "MH")), *(word.lstrip("*") for word in _all(tags, "OT"))]),
        mesh=tuple(_all(tags, "MH")),
        substances=unique(words for words in _all(tags, "RN") if words.endswith(")")),
        databanks=unique(_all(tags, "SI")),
        doi=_doi(tags),
        pmcid=fields.pmcid(_first(tags, "PMC")),
        published=_date(_first(tags, "DP")) or _compact(_first(tags, "DEP")) or _date(_first(tags, "CTDT")) or entered,
        entered=entered,
        language=", ".join(unique(words.lower() for words in _all(tags, "LA"))),
        notice=relations.worst(notices, title, types),
        record_status="" if "BTI" in tags else _first(tags, "STAT"),  # of a book the XML has none
        links=unique([*links, *relations.registered(banks), *relations.mentioned(title, abstract)]),
        raw=body,
    )


def _tags(body: bytes) -> tuple[_Tags, list[Author]]:
    """All tags of a record, and its authors, whom Bio.Medline reads one by one: only the order says whose ORCID it is.

    Lines are unfolded first, because it joins the parts of a folded line for some tags and not for others.
    """
    from Bio import Medline  # not before it is needed

    medline: Any = Medline
    try:
        text = body.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise RecordError(f"pubmed: a MEDLINE record that is not in UTF-8 ({error.reason})") from None
    tags: _Tags = {}
    authors: list[Author] = []
    for block in medline.parse(_blocks(_unfolded(text))):
        # Of some tags it makes one text, of the others a list.
        found = {tag: [words] if isinstance(words, str) else words for tag, words in block.items()}
        authors += _author(found)
        for tag, lines in found.items():
            tags.setdefault(tag, []).extend(line.strip() for line in lines)
    return tags, authors


_FIELD = re.compile(r"[A-Z]{2,4} *-(?: |$)")


def _unfolded(text: str) -> Iterator[str]:
    """One line for each field. A line that is no field goes on with the one before."""
    line = ""
    for part in re.split(r"\r\n?|\n", text):
        if _FIELD.match(part):
            if line:
                yield line
            line = part.rstrip()
        elif part.strip():
            line = f"{line} {part.strip()}".lstrip()
    if line:
        yield line


def _blocks(lines: Iterable[str]) -> Iterator[str]:
    """A blank line before every author and after the last one, so that each is a record of its own."""
    inside, full = False, False
    for line in lines:
        tag = line[:4].rstrip()
        starts = tag in ("FAU", "CN") or (tag == "AU" and not full)
        if starts or (inside and tag not in ("AU", "AUID", "AD")):
            yield "\n"
        inside = starts or (inside and tag in ("AU", "AUID", "AD"))
        full = tag == "FAU" or (full and inside and tag != "AU")  # the AU that follows is the same person
        yield line


_SUFFIX = re.compile(r"\s+(Jr\.?|Sr\.?|1st|2nd|3rd|[4-9]th|I{2,3}|IV)$")
_SHORT = re.compile(r"(.+?)\s+([A-Z]{1,4})$")  # "Rasanen M"
_ORCID = re.compile(r"ORCID:.*?(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dXx])(?!\d)")


def _author(block: _Tags) -> Iterator[Author]:
    """The author of a block; of the rest of a record, which is a block too, none."""
    if group := _first(block, "CN"):
        yield Author(group, group=True)
        return
    name = _first(block, "FAU") or ", ".join(_split(_first(block, "AU")))
    family, _, given = (part.strip() for part in name.partition(","))
    if not family:
        return
    suffix = ""
    if found := _SUFFIX.search(given):
        given, suffix = given[: found.start()], found[1]
    orcid = _ORCID.search(" ".join(block.get("AUID", ())))
    whole = " ".join(part for part in (given, family, suffix) if part)
    yield Author(whole, family, given, suffix, "-".join(orcid.groups()).upper() if orcid else "")


def _split(short: str) -> list[str]:
    """Family and the rest of "Henderson CR Jr", which is all that a record without FAU has."""
    suffix = _SUFFIX.search(short)
    found = _SHORT.match(short[: suffix.start()] if suffix else short)
    return [found[1], found[2] + (suffix[0] if suffix else "")] if found else [short]


def _first(tags: _Tags, *names: str) -> str:
    return next((words for name in names for words in tags.get(name, ()) if words), "")


def _all(tags: _Tags, name: str) -> list[str]:
    return [words for words in tags.get(name, ()) if words]


def _descriptor(heading: str) -> str:
    return heading.partition("/")[0].lstrip("*")


def _doi(tags: _Tags) -> str:
    """As from XML: the record's own ids (AID) before the place (LID), and one in the shape of a DOI first."""
    ids = [words for tag in ("AID", "LID") for words in _all(tags, tag) if words.endswith("[doi]")]
    found = [one for one in (fields.doi(words.removesuffix("[doi]")) for words in ids) if one]
    return next((one for one in found if one.startswith("10.")), found[0] if found else "")


_EXACT = re.compile(r"(\d{4})(?: ([A-Z][a-z]{2})(?: (\d{1,2}))?)?")


def _date(words: str) -> str:
    """DP: "2000 Oct 01", "2000 Oct", "2000", or a range or season in free words, of which the first month counts."""
    exact = _EXACT.fullmatch(words)
    return from_parts(*exact.groups()) if exact else fields.medline_date(words)


def _compact(words: str) -> str:
    return partial(f"{words[:4]}-{words[4:6]}-{words[6:8]}") if len(words) == 8 else ""


def _entered(tags: _Tags) -> str:
    """What the XML calls `entrez` is CRDT here. EDAT, which it calls `pubmed`, only where that lacks."""
    history = [words for words in _all(tags, "PHST") if words.endswith("[entrez]")]
    moment = next(iter([*_all(tags, "CRDT"), *history, *_all(tags, "EDAT")]), "")
    return partial(moment.partition(" ")[0].replace("/", "-"))


_PMID = re.compile(r"PMID:\s*(\d+)")


def _comments(tags: _Tags) -> Element:
    """Comments and corrections in the shape that XML gives them, so that both are judged by the same table."""
    comments = Element("CommentsCorrectionsList")
    told = ((_REF_TYPES[tag], words) for tag in tags if tag in _REF_TYPES for words in tags[tag])
    for ref_type, words in told:
        one = SubElement(comments, "CommentsCorrections", RefType=ref_type)
        found = _PMID.search(words)
        SubElement(one, "PMID").text = found[1] if found else ""
        SubElement(one, "RefSource").text = words
    return comments
