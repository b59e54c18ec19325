"""Real PubMed records, every field against an independent reading: Bio.Entrez where it takes the file, else lxml.

Run with -s to see the counts.
"""

import gzip
import html
import re
from collections import Counter
from io import BytesIO
from typing import Any

import pytest
from Bio import Entrez
from lxml import etree

from tests.conftest import SHARED
from tracker.records import Record, fingerprint
from tracker.sources.pubmed import article
from tracker.sources.pubmed.answers import cut

pytestmark = pytest.mark.shared
FOLDER = SHARED / "real" / "pubmed"
ARTICLES = {"general": 796, "general_older": 188, "hair": 340}
BOOKS = {"general": 9, "general_older": 0, "hair": 0}


def document(name: str) -> bytes:
    return gzip.decompress((FOLDER / f"{name}.xml.gz").read_bytes())


def ours(name: str) -> list[Record]:
    elements, _ = cut(document(name))
    assert all(element.whole for element in elements)
    records = [article.read(element.body) for element in elements]
    assert [record.id for record in records] == [f"pubmed-{element.pmid}" for element in elements]
    return records


def fold(text: str) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text).strip()


def facts(record: Record) -> dict[str, Any]:
    """What is compared, in the shape that the independent readers give."""
    return {
        "pmid": record.id.removeprefix("pubmed-"),
        "title": record.title,
        "abstract": record.abstract,
        "venue": record.venue,
        "authors": [(a.family, a.given, a.suffix, a.orcid) if not a.group else a.name for a in record.authors],
        "types": [text.upper() for text in record.types],
        "terms": list(record.terms),
        "mesh": list(record.mesh),
        "substances": list(record.substances),
        "databanks": list(record.databanks),
        "doi": record.doi,
        "pmcid": record.pmcid,
        "published": record.published,
        "entered": record.entered,
        "language": record.language,
        "status": record.record_status,
        "corrections": [(link.relation, link.target) for link in record.links if link.origin == "corrections"],
        "trials": [link.target for link in record.links if link.origin == "databank"],
    }


MONTHS = ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def numbered(year: str, month: str = "", day: str = "") -> str:
    first = re.split(r"[-/ ]", month.strip().lower() or "-")[0][:3]
    number = MONTHS.index(first) if first in MONTHS[1:] else int(first) if first.isdigit() else 0
    if not number:
        return year
    return f"{year}-{number:02d}" + (f"-{int(day):02d}" if day else "")


def loose(words: str) -> str:
    years = re.findall(r"\d{4}", words)
    after = words.split(years[0], 1)[1] if years else ""
    return numbered(years[0], after.strip() if after.startswith(" ") else "") if years else ""


RELATIONS = {
    "RetractionIn": "retracted_by", "RetractionOf": "retracts", "ErratumIn": "corrected_by", "ErratumFor": "corrects",
    "ExpressionOfConcernIn": "concern_in", "ExpressionOfConcernFor": "concern_of", "UpdateOf": "has_preprint",
    "UpdateIn": "preprint_of", "CommentOn": "mentions",
}  # fmt: skip


def plain(value: Any) -> str:
    """The text of an Entrez string, which keeps the tags inside it (and, with escape=True, only them, as tags)."""
    return fold(html.unescape(re.sub(r"<[^>]*>", "", str(value))))


def unique(values: Any) -> list[Any]:
    return list(dict.fromkeys(values))


def by_entrez(found: Any) -> dict[str, Any]:
    citation, data = found["MedlineCitation"], found["PubmedData"]
    about = citation["Article"]
    history = {one.attributes["PubStatus"]: one for one in data.get("History", [])}
    ids = [(one.attributes["IdType"], str(one)) for one in data["ArticleIdList"]]
    dois = [one for kind, one in ids if kind == "doi"] + [
        str(one)
        for one in about["ELocationID"]
        if one.attributes["EIdType"] == "doi" and one.attributes.get("ValidYN", "Y") == "Y"
    ]
    date = about["Journal"]["JournalIssue"]["PubDate"]
    entered = history.get("entrez")
    banks = [
        (str(bank["DataBankName"]), str(number))
        for bank in about.get("DataBankList", [])
        for number in bank.get("AccessionNumberList", [""])
    ]
    headings = citation.get("MeshHeadingList", [])
    pieces = about["Abstract"]["AbstractText"] if "Abstract" in about else []
    return {
        "pmid": str(citation["PMID"]),
        "title": plain(about["ArticleTitle"]) or plain(about.get("VernacularTitle", "")),
        "abstract": "\n".join(labelled(one.attributes.get("Label", ""), plain(one)) for one in pieces if plain(one)),
        "venue": plain(about["Journal"]["Title"]),
        "authors": [entrez_author(one) for one in about.get("AuthorList", [])],
        "types": unique(str(one).upper() for one in about["PublicationTypeList"]),
        "terms": unique(
            [plain(one["DescriptorName"]) for one in headings]
            + [plain(one) for one in citation.get("SupplMeshList", [])]
            + [plain(one) for some in citation["KeywordList"] for one in some if plain(one)]
        ),
        "mesh": ["/".join(starred(one) for one in [h["DescriptorName"], *h["QualifierName"]]) for h in headings],
        "substances": unique(
            f"{one['RegistryNumber']} ({plain(one['NameOfSubstance'])})" for one in citation.get("ChemicalList", [])
        ),
        "databanks": unique(f"{bank}/{number}".rstrip("/") for bank, number in banks),
        "doi": dois[0].lower() if dois else "",
        "pmcid": next((one for kind, one in ids if kind == "pmc"), ""),
        "published": loose(date["MedlineDate"])
        if "MedlineDate" in date
        else numbered(date["Year"], date.get("Month", "") or date.get("Season", ""), date.get("Day", "")),
        "entered": numbered(entered["Year"], entered["Month"], entered["Day"]) if entered else "",
        "language": ", ".join(str(one).lower() for one in about["Language"]),
        "status": citation.attributes["Status"],
        "corrections": [
            (RELATIONS[one.attributes["RefType"]], f"pubmed-{one['PMID']}")
            for one in citation.get("CommentsCorrectionsList", [])
            if one.attributes["RefType"] in RELATIONS and "PMID" in one
        ],
        "trials": [number for bank, number in banks if bank == "ClinicalTrials.gov"],
    }


def labelled(label: str, words: str) -> str:
    return f"{label}: {words}" if label and label != "UNLABELLED" else words


def starred(term: Any) -> str:
    return "*" * (term.attributes["MajorTopicYN"] == "Y") + plain(term)


def entrez_author(one: Any) -> Any:
    if "CollectiveName" in one:
        return plain(one["CollectiveName"])
    orcids = [str(mark) for mark in one["Identifier"] if mark.attributes["Source"] == "ORCID"]
    given = plain(one.get("ForeName", "")) or plain(one.get("Initials", ""))
    return plain(one["LastName"]), given, plain(one.get("Suffix", "")), dashed(orcids)


def dashed(orcids: list[str]) -> str:
    digits = re.sub(r"[^\dX]", "", orcids[0].rsplit("/", 1)[-1].upper()) if orcids else ""
    return "-".join(digits[at : at + 4] for at in range(0, len(digits), 4))


@pytest.mark.parametrize("name", ["general", "hair"])
def test_every_field_agrees_with_bio_entrez(name: str) -> None:
    records = [record for record in ours(name) if b"<PubmedArticle" in record.raw[:15]]
    read = Entrez.read(BytesIO(document(name)), escape=True)["PubmedArticle"]
    assert len(records) == len(read) == ARTICLES[name]
    assert differences(zip(records, map(by_entrez, read), strict=True)) == []
    print(f"\n{name}: {len(records)} articles x {len(facts(records[0]))} fields agree with Bio.Entrez")


def differences(pairs: Any) -> list[str]:
    """The other readings drop all markup, we keep the powers of numbers: compared without, and tested below."""
    return [
        f"{record.id} {field}: {value!r} where the other reading has {other[field]!r}"
        for record, other in pairs
        for field, value in facts(record).items()
        if lowered(value) != lowered(other[field])
    ]


def lowered(value: Any) -> str:
    return repr(value).translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺\u2212\u2013", "0123456789-+--"))


def by_lxml(found: Any) -> dict[str, Any]:
    """By XPath, for the older shapes that no DTD in use takes."""

    def all_of(path: str, within: Any = found) -> list[str]:
        return [fold("".join(one.itertext())) if not isinstance(one, str) else str(one) for one in within.xpath(path)]

    def one_of(path: str, within: Any = found) -> str:
        return next(iter(all_of(path, within)), "")

    own = "PubmedData/ArticleIdList/ArticleId"
    about = "MedlineCitation/Article"
    doi = one_of(f"{own}[@IdType='doi']") or one_of(f"{about}/ELocationID[@EIdType='doi'][not(@ValidYN='N')]")
    banks = [
        (one_of("DataBankName", bank), number)
        for bank in found.xpath(f"{about}/DataBankList/DataBank")
        for number in all_of("AccessionNumberList/AccessionNumber", bank) or [""]
    ]
    entered = [
        one_of(f"PubmedData/History/PubMedPubDate[@PubStatus='entrez']/{part}") for part in ("Year", "Month", "Day")
    ]
    date = f"{about}/Journal/JournalIssue/PubDate/"
    parts = [one_of(date + "Year"), one_of(date + "Month") or one_of(date + "Season"), one_of(date + "Day")]
    return {
        "pmid": one_of("MedlineCitation/PMID"),
        "title": one_of(f"{about}/ArticleTitle") or one_of(f"{about}/VernacularTitle"),
        "abstract": "\n".join(
            labelled(one.get("Label", ""), fold("".join(one.itertext())))
            for one in found.xpath(f"{about}/Abstract/AbstractText")
            if "".join(one.itertext()).strip()
        ),
        "venue": one_of(f"{about}/Journal/Title"),
        "authors": [
            one_of("CollectiveName", one)
            or (
                one_of("LastName", one),
                one_of("ForeName", one) or one_of("Initials", one),
                one_of("Suffix", one),
                dashed(all_of("Identifier[@Source='ORCID']", one)),
            )
            for one in found.xpath(f"{about}/AuthorList/Author")
        ],
        "types": unique(text.upper() for text in all_of(f"{about}/PublicationTypeList/PublicationType")),
        "terms": unique(
            all_of("MedlineCitation/MeshHeadingList/MeshHeading/DescriptorName")
            + all_of("MedlineCitation/SupplMeshList/SupplMeshName")
            + [words for words in all_of("MedlineCitation/KeywordList/Keyword") if words]
        ),
        "mesh": [
            "/".join("*" * (part.get("MajorTopicYN") == "Y") + part.text for part in heading)
            for heading in found.xpath("MedlineCitation/MeshHeadingList/MeshHeading")
        ],
        "substances": unique(
            f"{one_of('RegistryNumber', one)} ({one_of('NameOfSubstance', one)})"
            for one in found.xpath("MedlineCitation/ChemicalList/Chemical")
        ),
        "databanks": unique(f"{bank}/{number}".rstrip("/") for bank, number in banks),
        "doi": doi.lower(),
        "pmcid": one_of(f"{own}[@IdType='pmc']"),
        "published": loose(one_of(date + "MedlineDate")) or numbered(*parts),
        "entered": numbered(*entered) if entered[0] else "",
        "language": ", ".join(text.lower() for text in all_of(f"{about}/Language")),
        "status": one_of("MedlineCitation/@Status"),
        "corrections": [
            (RELATIONS[one.get("RefType")], "pubmed-" + one_of("PMID", one))
            for one in found.xpath("MedlineCitation/CommentsCorrectionsList/CommentsCorrections[PMID]")
            if one.get("RefType") in RELATIONS
        ],
        "trials": [number for bank, number in banks if bank == "ClinicalTrials.gov"],
    }


@pytest.mark.parametrize("name", ARTICLES)
def test_every_field_agrees_with_lxml(name: str) -> None:
    records = [record for record in ours(name) if b"<PubmedArticle" in record.raw[:15]]
    read = etree.fromstring(document(name)).findall("PubmedArticle")
    assert len(records) == len(read) == ARTICLES[name]
    assert differences(zip(records, map(by_lxml, read), strict=True)) == []
    print(f"\n{name}: {len(records)} articles x {len(facts(records[0]))} fields agree with lxml")


def test_every_power_of_a_number_is_read_as_one() -> None:
    """By XPath: a <sup> that holds a whole number and whose text before ends in a digit."""
    powers = []
    for name in ARTICLES:
        for record in ours(name):
            for raised in etree.fromstring(record.raw).xpath("//ArticleTitle//sup|//AbstractText//sup"):
                before, number = str(raised.xpath("string(preceding::text()[1])")), str(raised.text)
                if before[-1:].isdecimal() and re.fullmatch(r"[-+]?[0-9]+", number):
                    power = before[-2:] + number.translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))
                    powers.append((record.id, power, power in record.title + record.abstract))
    print(f"\n{len(powers)} powers")
    assert len(powers) == 9
    assert [one for one in powers if not one[2]] == []


def test_every_book_agrees_with_lxml() -> None:
    records = [record for record in ours("general") if record.raw.startswith(b"<PubmedBookArticle")]
    books = etree.fromstring(document("general")).findall("PubmedBookArticle/BookDocument")
    assert len(records) == len(books) == BOOKS["general"]
    for record, book in zip(records, books, strict=True):
        text = {one.tag: fold("".join(one.itertext())) for one in book}
        name = fold("".join(book.find("Book/BookTitle").itertext()))
        assert record.id == f"pubmed-{text['PMID']}"
        assert record.title == (text.get("ArticleTitle") or name)
        assert record.venue == name
        assert record.language == text["Language"]
        assert record.published[:4] == book.findtext("Book/PubDate/Year")
        assert [author.family for author in record.authors if not author.group] == [
            one.text for one in book.xpath("AuthorList[@Type='authors']/Author/LastName")
        ]
        assert list(record.types) == [one.text for one in book.findall("PublicationType")]
        assert bool(record.abstract) == (book.find("Abstract") is not None)


def test_no_identifier_of_a_reference_is_taken_for_the_record_s_own() -> None:
    for name in ("general", "general_older"):
        for record in ours(name):
            root = etree.fromstring(record.raw)
            cited = {one.text.lower() for one in root.iterfind(".//ReferenceList//ArticleId") if one.text}
            own = {one.text.lower() for one in root.iterfind("PubmedData/ArticleIdList/ArticleId")}
            own |= {one.text.lower() for one in root.iter("ELocationID")}
            for found in (record.doi, record.pmcid.lower()):
                assert not found or found in own or found not in cited
            assert (
                len(article.without_references(record.raw)) == len(record.raw)
                or cited
                or root.find(".//Citation") is not None
            )


def test_every_real_record_keeps_its_bytes_and_a_stable_fingerprint() -> None:
    for name in ARTICLES:
        elements, rest = cut(document(name))
        assert len(elements) == ARTICLES[name] + BOOKS[name]
        for element in elements:
            record = article.read(element.body)
            assert record.raw == element.body == element.payload().body
            assert fingerprint(record) == fingerprint(article.read(b"\n " + element.body + b"\n"))
        assert b"<PubmedArticle>" not in rest


def test_the_counts_of_odd_shapes_are_those_that_the_collection_names() -> None:
    records = ours("general") + ours("general_older")
    roots = [etree.fromstring(record.raw) for record in records]
    seen = Counter(
        {
            "registry number": sum(any(link.origin == "databank" for link in record.links) for record in records),
            "retracted": sum(record.notice == "retracted" for record in records),
            "erratum in": sum(any(link.relation == "corrected_by" for link in r.links) for r in records),
            "no abstract": sum(not record.abstract for record in records),
            "collective author": sum(any(author.group for author in record.authors) for record in records),
            "titles in brackets": sum(record.title.startswith("[") for record in records),
            "markup in titles": sum(root.find(".//ArticleTitle/*") is not None for root in roots),
            "no publication date": sum(not record.published for record in records),
        }
    )
    print("\n", dict(seen))
    assert seen["registry number"] == 8
    assert seen["retracted"] == 1
    assert seen["no publication date"] == 0
