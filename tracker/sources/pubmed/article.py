"""One PubmedArticle or PubmedBookArticle element, read whole into a Record.

Unknown elements are passed over, missing ones read as nothing; only a record without a PMID, or one that is not
well-formed, is refused. No DTD is read. References are cut out before parsing: they are a third of the bytes, and their
DOIs and PMIDs look like the record's own. Markup inside a text is dropped, but for the powers of numbers.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from tracker.errors import RecordError
from tracker.records import Author, Record
from tracker.sources.pubmed import fields, relations
from tracker.sources.pubmed.fields import text, texts, unique

ADDRESS = "https://pubmed.ncbi.nlm.nih.gov/{}/"
_EMPTY = Element("empty")


def read(body: bytes) -> Record:
    """The Record in the bytes of one element. Raises RecordError."""
    root = parsed(body)
    if root.tag == "PubmedArticle":
        return _article(root, body)
    if root.tag == "PubmedBookArticle":
        return _book(root, body)
    raise RecordError(f"pubmed: a {root.tag[:40]} is no article")


def _article(root: Element, body: bytes) -> Record:
    citation = _child(root, "MedlineCitation")
    article = _child(citation, "Article")
    about, data = _parts(citation), _parts(root.find("PubmedData"))
    parts, journal = _parts(article), _parts(article.find("Journal"))
    ids = fields.article_ids(data.get("ArticleIdList"))
    mesh = list(fields.headings(about.get("MeshHeadingList")))
    banks = list(fields.databanks(parts.get("DataBankList")))
    title = text(parts.get("ArticleTitle")) or text(parts.get("VernacularTitle"))
    abstract = fields.abstract(parts.get("Abstract"))
    types = _types(_child(article, "PublicationTypeList"))
    links, notices = relations.corrections(about.get("CommentsCorrectionsList"))
    entered = fields.entry_date(data.get("History"))
    dates = (fields.pub_date(_parts(journal.get("JournalIssue")).get("PubDate")), *_electronic(article), entered)
    supplements = texts(_child(citation, "SupplMeshList"))
    return _record(
        about.get("PMID"),
        body,
        title=title,
        abstract=abstract,
        venue=text(journal.get("Title")) or text(_child(citation, "MedlineJournalInfo").find("MedlineTA")),
        authors=fields.authors(article.iterfind("AuthorList")),
        types=types,
        terms=unique([*(name for name, _ in mesh), *supplements, *_keywords(citation)]),
        mesh=tuple(printed for _, printed in mesh),
        substances=fields.substances(about.get("ChemicalList")),
        databanks=unique(f"{bank}/{number}" if number else bank for bank, number in banks),
        doi=fields.own_doi(ids, article),
        pmcid=fields.pmcid(ids.get("pmc", "")),
        published=next(filter(None, dates), ""),
        entered=entered,
        language=_language(article),
        notice=relations.worst(notices, title, types),
        record_status=citation.get("Status", ""),
        links=unique([*links, *relations.registered(banks), *relations.mentioned(title, abstract)]),
    )


def _book(root: Element, body: bytes) -> Record:
    """A book, or a chapter of one: what the chapter lacks is the book's."""
    document = _child(root, "BookDocument")
    parts, data = _parts(document), _parts(root.find("PubmedBookData"))
    book = _child(document, "Book")
    ids = fields.article_ids(parts.get("ArticleIdList"), data.get("ArticleIdList"))
    name = text(book.find("BookTitle"))
    title, abstract = text(parts.get("ArticleTitle")) or name, fields.abstract(parts.get("Abstract"))
    types = _types(document.iterfind("PublicationType"))
    entered = fields.entry_date(data.get("History"))
    dates = (fields.pub_date(book.find("PubDate")), fields.plain_date(parts.get("ContributionDate")), entered)
    return _record(
        parts.get("PMID"),
        body,
        title=title,
        abstract=abstract,
        venue=name,
        authors=_writers(document) or _writers(book),
        types=types,
        terms=unique(_keywords(document)),
        doi=fields.own_doi(ids, book),
        pmcid=fields.pmcid(ids.get("pmc", "")),
        published=next(filter(None, dates), ""),
        entered=entered,
        language=_language(document),
        notice=relations.worst(set(), title, types),
        links=tuple(relations.mentioned(title, abstract)),
    )


def _record(pmid: Element | None, body: bytes, **facts: Any) -> Record:
    number = text(pmid).lstrip("0")
    if not (number.isascii() and number.isdigit()):
        raise RecordError("pubmed: a record without a PMID")
    return Record(id=f"pubmed-{number}", source="pubmed", kind="article", url=ADDRESS.format(number), raw=body, **facts)


def _child(element: Element, name: str) -> Element:
    found = element.find(name)
    return found if found is not None else _EMPTY


def _parts(element: Element | None) -> dict[str, Element]:
    """The first child of each name."""
    return {child.tag: child for child in reversed(element)} if element is not None else {}


def _types(elements: Iterable[Element]) -> tuple[str, ...]:
    return unique(fields.publication_type(words) for words in texts(elements))


def _keywords(element: Element) -> list[str]:
    return texts(element.iterfind("KeywordList/Keyword"))


def _language(element: Element) -> str:
    return ", ".join(unique(words.lower() for words in texts(element.iterfind("Language"))))


def _electronic(article: Element) -> Iterator[str]:
    return (fields.plain_date(one) for one in article.iterfind("ArticleDate"))


def _writers(element: Element) -> tuple[Author, ...]:
    return fields.authors(people for people in element.iterfind("AuthorList") if people.get("Type") != "editors")


_REFERENCES = re.compile(rb"<(/?)ReferenceList\b[^<>]*?(/?)>")


def without_references(body: bytes) -> bytes:
    """The bytes without their reference lists, which can stand one in another; all of them where tags do not match."""
    kept, at, depth = [], 0, 0
    for tag in _REFERENCES.finditer(body):
        if tag[2]:
            continue
        if not tag[1]:
            if depth == 0:
                kept.append(body[at : tag.start()])
            depth += 1
        elif depth == 0:
            return body
        else:
            depth -= 1
            at = tag.end()
    return b"".join([*kept, body[at:]]) if depth == 0 else body


_POWER = re.compile(r"(?<=[0-9])<sup>([-+\u2212\u2013]?[0-9]+)</sup>")
_RAISED = str.maketrans("0123456789-\u2212\u2013+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁻⁺")


def with_powers(body: bytes) -> bytes:
    """The bytes with a whole number that is raised above a digit written as such: 10⁹ cells, where dropping the markup
    made "109 cells". Whatever else is raised or lowered (CD34+, H2O, cm2) reads as well without, and is searched so.
    """
    if b"<sup>" not in body:
        return body
    text = body.decode(errors="surrogateescape")
    return _POWER.sub(lambda m: m[1].translate(_RAISED), text).encode(errors="surrogateescape")


def parsed(body: bytes) -> Element:
    """The element of a record, without its reference lists. Raises RecordError."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise RecordError("pubmed: an article that defines entities of its own", record=_named(body))
    body = with_powers(body)
    with suppress(ET.ParseError):
        return ET.fromstring(without_references(body))
    try:
        return ET.fromstring(_with_prefixes(body))[0]
    except (ET.ParseError, IndexError) as error:
        raise RecordError(f"pubmed: an article that is not well-formed ({error})", record=_named(body)) from None


def _with_prefixes(body: bytes) -> bytes:
    """Wrapped so that every prefix means something: MathML's is declared by the DTD alone, which is not read."""
    prefixes = set(re.findall(rb"[<\s]([A-Za-z_][\w.-]*):[A-Za-z_]", body)) - {b"xmlns", b"xml"}
    return (
        b"<r"
        + b"".join(b' xmlns:%s="urn:%s"' % (prefix, prefix) for prefix in sorted(prefixes))
        + b">"
        + body
        + b"</r>"
    )


def _named(body: bytes) -> str:
    """The id of a record that cannot be read, as far as it can be told."""
    found = re.search(rb"<PMID\b[^<>]*>\s*0*(\d+)", body)
    return f"pubmed-{found[1].decode()}" if found else ""
