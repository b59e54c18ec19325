"""What the E-utilities answer, checked before it is believed: a search, or a set of articles cut into its elements.

A 200 can hold an error, a web page, a cut document or plain text in place of articles; each is a SourceError, never
"nothing found". Articles are cut out here and not read. The shapes were recorded from NCBI or quoted in public reports.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from io import BytesIO
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree as ET
from xml.parsers import expat

from tracker.errors import SourceError
from tracker.records import Payload
from tracker.web import Answer

# What a backend that is down says, under 400 as well as 200; other 400s mean that the question was wrong.
_BACKEND = re.compile(
    r"viewer error|time.?out|timed out|proxy|connect|backend|forwarding|empty response|unavailable|\b50\d\b", re.I
)
_NO_IDS = re.compile(r"id list is empty", re.I)
_BAD_KEY = re.compile(r"api.?key (is )?(invalid|not valid)|invalid api.?key", re.I)

# The one that Biopython ships. Any other, next year's for instance, it would fetch over the network.
_PROLOG = (
    b'<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch 20060628//EN" '
    b'"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">'
)


@dataclass(frozen=True, slots=True)
class Search:
    """One esearch answer. `remarks`: what PubMed says about the query, as (element name, words).

    mapped: untagged words and what PubMed took them for. parts: the names of the answer's elements.
    """

    count: int
    ids: tuple[str, ...]
    translation: str
    remarks: tuple[tuple[str, str], ...]
    mapped: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    parts: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Element:
    """The bytes of one PubmedArticle or PubmedBookArticle. `whole`: well-formed by itself."""

    pmid: str
    version: int
    body: bytes
    whole: bool

    def payload(self, of: int = 0) -> Payload:
        body = self.body.strip()
        return Payload("pubmed", self.pmid, body, hashlib.sha256(body).hexdigest(), of)


@dataclass(frozen=True, slots=True)
class ArticleSet:
    elements: tuple[Element, ...] = ()
    deleted: tuple[str, ...] = ()  # PMIDs that a DeleteCitation names


def read_search(answer: Answer) -> Search:
    """An esearch answer, read by Bio.Entrez once it has passed our checks. Raises SourceError."""
    root = _root(answer, _document(answer))
    if root.tag != "eSearchResult":
        raise SourceError(f"esearch answered with {root.tag[:60]} where eSearchResult was expected")
    count, ids = root.findtext("Count", "").strip(), root.find("IdList")
    if not _is_number(count) or ids is None:
        raise SourceError("esearch answered without Count and IdList")
    if int(count) > 0 and len(ids) == 0:
        raise SourceError(f"esearch counts {count} records and lists none of them")
    if not all(_is_number((one.text or "").strip()) for one in ids):
        raise SourceError("esearch lists something that is no PMID")
    parts = tuple(child.tag for child in root)
    mapped = tuple(
        (one.findtext("From", "").strip(), one.findtext("To", "").strip())
        for one in root.iterfind("TranslationSet/Translation")
    )
    return replace(_search(_by_entrez(root)), mapped=mapped, parts=parts)


def read_set(answer: Answer) -> ArticleSet:
    """An efetch answer, cut into its elements. Raises SourceError; an empty set is legitimate."""
    body = _document(answer)
    if answer.status == 400 and _NO_IDS.search(_error_text(body)):
        return ArticleSet()
    elements, skeleton = cut(body)
    root = _root(answer, skeleton)
    if root.tag != "PubmedArticleSet":
        raise SourceError(f"efetch answered with {root.tag[:60]} where PubmedArticleSet was expected")
    words = " ".join([root.text or "", *(child.tail or "" for child in root)]).strip()
    if words:
        raise SourceError(f"efetch answered with words in place of articles: {_quoted(words)}")
    deleted = tuple(_pmid(one.text or "") for one in root.iterfind("DeleteCitation/PMID"))
    return ArticleSet(tuple(elements), deleted)


_START = re.compile(rb"<(PubmedArticle|PubmedBookArticle)(?:\s[^<>]*)?(?<!/)>")
_END = {name: re.compile(rb"</" + name + rb"\s*>") for name in (b"PubmedArticle", b"PubmedBookArticle")}
_PMID = re.compile(rb"<PMID\b([^<>]*)>\s*(\d+)\s*</PMID>")
_VERSION = re.compile(rb"""Version\s*=\s*["'](\d{1,4})["']""")


def cut(document: bytes) -> tuple[list[Element], bytes]:
    """The articles of a set, and the document without them. Neither is parsed but for being well-formed.

    An article that is cut off stays in the rest, which then is not well-formed.
    """
    elements, rest, at = [], [], 0
    while (start := _START.search(document, at)) and (end := _END[start[1]].search(document, start.end())):
        rest.append(document[at : start.start()])
        elements.append(_element(document[start.start() : end.end()]))
        at = end.end()
    return elements, b"".join([*rest, document[at:]])


def _element(body: bytes) -> Element:
    # The first PMID is the record's own: those of comments and references follow it.
    found = _PMID.search(body)
    version = _VERSION.search(found[1]) if found else None
    try:
        expat.ParserCreate("UTF-8").Parse(body, True)
        whole = True
    except expat.ExpatError:
        whole = False
    return Element(_pmid(found[2].decode()) if found else "", int(version[1]) if version else 1, body, whole)


def _pmid(text: str) -> str:
    return text.strip().lstrip("0")


def _document(answer: Answer) -> bytes:
    """The body, once it looks like XML in UTF-8 without definitions of its own."""
    body = answer.body.removeprefix(b"\xef\xbb\xbf").strip()
    head = body[:1000].lower()
    if head.startswith((b"{", b"[")):
        raise _said(answer, _json_error(body))
    if b"<html" in head or b"<!doctype html" in head:
        if b"blocked" in head:
            raise SourceError(
                "NCBI blocks this network's address: wait a day, set tracker.contact and an NCBI_API_KEY, "
                "or write to info@ncbi.nlm.nih.gov",
                permanent=True,
            )
        raise SourceError("a web page came where XML was expected: maintenance, or a portal in between")
    if not head.startswith(b"<"):
        raise SourceError(f"something other than XML came ({answer.content_type or 'no type'}, {len(body)} bytes)")
    declared = re.match(rb"""<\?xml[^>]*?encoding\s*=\s*["']([^"']*)""", head)
    if b"\0" in body or (declared and declared[1] not in (b"utf-8", b"utf8", b"us-ascii", b"ascii")):
        raise SourceError("the answer is not in UTF-8")
    doctype = re.search(rb"<!DOCTYPE[^>]*", body)
    if b"<!ENTITY" in body or (doctype and b"[" in doctype[0]):
        raise SourceError("the answer defines entities of its own, which is refused")
    return body


def _root(answer: Answer, document: bytes) -> ET.Element:
    """The parsed document; an ERROR in it is raised."""
    try:
        root = ET.fromstring(document)
    except ET.ParseError as error:
        raise SourceError(f"the document is cut or broken ({error})") from None
    errors = [" ".join("".join(one.itertext()).split()) for one in root.iter("ERROR")]
    if errors or answer.status != 200:
        raise _said(answer, "; ".join(errors))
    return root


def _said(answer: Answer, words: str) -> SourceError:
    if _BAD_KEY.search(words):
        return SourceError("NCBI does not accept the API key: check NCBI_API_KEY or NCBI_API_KEY_FILE", permanent=True)
    permanent = answer.status != 200 and not _BACKEND.search(words)
    status = f"HTTP {answer.status}, " if answer.status != 200 else ""
    return SourceError(f"{status}NCBI says: {_quoted(words or 'an error without words')}", permanent=permanent)


def _quoted(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= 200 else words[:199] + "…"


def _error_text(body: bytes) -> str:
    return " ".join(re.sub(rb"<[^>]*>", b" ", body).decode(errors="replace").split())


def _json_error(body: bytes) -> str:
    """The error in a JSON answer, and nothing else of it: beside the error it may repeat the key."""
    try:
        found: Any = json.loads(body, strict=False)  # its texts can hold raw line breaks
    except (ValueError, RecursionError):
        return "broken JSON"
    for key in ("esearchresult", "esummaryresult"):
        found = found.get(key, found) if isinstance(found, dict) else found
    if isinstance(found, list):
        return "; ".join(str(one) for one in found)
    error = next((found[key] for key in ("ERROR", "error") if found.get(key)), "") if isinstance(found, dict) else ""
    return str(error) or "JSON where XML was asked for"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12


def _by_entrez(root: ET.Element) -> Any:
    """The answer as Bio.Entrez reads it, in a form in which it cannot reach for the network."""
    for element in root.iter():
        element.attrib.clear()  # a schemaLocation would be fetched
    document = _PROLOG + ET.tostring(root, encoding="utf-8", xml_declaration=False)
    try:
        return _entrez().read(BytesIO(document), validate=False)
    except Exception as error:  # its parser fails on odd input in any way: KeyError, AssertionError ...
        raise SourceError(f"Bio.Entrez cannot read the esearch answer ({type(error).__name__})") from None


def _entrez() -> Any:
    from Bio import Entrez  # 40 ms, so not before it is needed

    module: Any = Entrez
    if module.local_cache is None:
        # On import its parser makes a folder in the home directory, for DTDs that it downloads. It shall do neither.
        with TemporaryDirectory() as nowhere:
            module.local_cache = nowhere
            from Bio.Entrez.Parser import DataHandler
        handler: Any = DataHandler
        handler.local_dtd_dir = handler.local_xsd_dir = None
    return module


def _search(read: Any) -> Search:
    lists = [read.get("ErrorList") or {}, read.get("WarningList") or {}]
    remarks = [(kind, " ".join(str(words).split())) for one in lists for kind, found in one.items() for words in found]
    ids = tuple(_pmid(str(one)) for one in read["IdList"])
    return Search(int(read["Count"]), ids, str(read.get("QueryTranslation", "")).strip(), tuple(remarks))
