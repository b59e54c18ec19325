"""Reading MEDLINE text: beside the XML of the same made-up article, one oddity at a time, and the real sample."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import SHARED
from tracker.config import SourceSettings
from tracker.errors import RecordError
from tracker.records import Author, Link, Payload, Record
from tracker.sources.pubmed import PubMed, article, medline

HERE = Path(__file__).parent / "pubmed"
FULL = (HERE / "full.nbib").read_bytes()
PUBMED = PubMed(SourceSettings(name="pubmed", url="", pace=1, retry_wait=1))


def read(*lines: str, pmid: str = "PMID- 90000002") -> Record:
    return medline.read("\n".join([pmid, *lines]).encode())


def test_the_same_article_gives_the_same_record_as_its_xml_but_for_what_medline_lacks() -> None:
    xml = article.read((HERE / "full.xml").read_bytes())
    text = medline.read(FULL)
    assert text.abstract == xml.abstract.replace("\n", " ")
    assert text.title == xml.title.replace("10⁹", "109")  # MEDLINE drops all markup
    assert set(xml.terms) - set(text.terms) == {"Made-up disease"}  # a supplementary concept
    quoted = [link for link in text.links if link.quote]
    assert [link.target for link in quoted] == ["NCT90000001"]
    assert replace(text, title="", abstract="", terms=(), links=(), raw=b"") == replace(
        xml, title="", abstract="", terms=(), links=(), raw=b""
    )
    assert [replace(link, quote="") for link in text.links] == [replace(link, quote="") for link in xml.links]


def test_a_chapter_of_a_book_gives_the_same_record_as_its_xml() -> None:
    text = read(
        "STAT- Publisher", "DP  - 2024 Jan", "TI  - On hair", "BTI - A Made-Up Handbook", "AB  - Of hair.",
        "FED - Editor, E", "ED  - Editor E", "FAU - Writer, W", "AU  - Writer W", "LA  - eng", "PT  - Review",
        "OT  - hair", "EDAT- 2024/02/03 06:00", "CRDT- 2024/02/03 06:00", pmid="PMID- 90000020",
    )  # fmt: skip
    xml = article.read((HERE / "book.xml").read_bytes().strip())
    assert replace(text, raw=b"") == replace(xml, raw=b"")


def test_the_source_tells_the_two_forms_by_their_content() -> None:
    assert next(PUBMED.parse(Payload("pubmed", "90000001", FULL, ""))).raw == FULL
    body = (HERE / "full.xml").read_bytes().strip()
    assert next(PUBMED.parse(Payload("pubmed", "90000001", body, ""))).raw == body


def test_an_orcid_belongs_to_the_author_before_it() -> None:
    record = read(
        "FAU - One, Ada", "AU  - One A", "CN  - The Group", "FAU - Two, Bo Jr", "AU  - Two B Jr", "AD  - Town",
        "AUID- ORCID: https://orcid.org/0000-0001-0000-0002", "FAU - Three", "AU  - Three", "LA  - eng",
        "FIR - Four, F", "IR  - Four F", "AUID- ORCID: 0000-0001-0000-0004", "PT  - Letter",
    )  # fmt: skip
    assert record.authors == (
        Author("Ada One", "One", "Ada"),
        Author("The Group", group=True),
        Author("Bo Two Jr", "Two", "Bo", "Jr", "0000-0001-0000-0002"),
        Author("Three", "Three"),
    )
    assert (record.language, record.types) == ("eng", ("Letter",))


def test_without_full_names_the_short_ones_are_taken_apart() -> None:
    assert read("AU  - Henson CR Jr", "AU  - van der Moos A", "AU  - Plato").authors == (
        Author("CR Henson Jr", "Henson", "CR", "Jr"),
        Author("A van der Moos", "van der Moos", "A"),
        Author("Plato", "Plato"),
    )


@pytest.mark.parametrize(
    ("words", "published"),
    [
        ("2000 Oct 01", "2000-10-01"),
        ("2000 Oct 1", "2000-10-01"),
        ("2000 Oct", "2000-10"),
        ("2000", "2000"),
        ("2000 Sep-Oct", "2000-09"),
        ("1998 Dec-1999 Jan", "1998-12"),
        ("2000 Spring", "2000"),
        ("2000 Feb 30", "2000-02"),
        ("soon", ""),
    ],
)
def test_a_date_keeps_its_precision(words: str, published: str) -> None:
    assert read(f"DP  - {words}").published == published


def test_without_a_date_of_the_issue_the_electronic_one_and_then_the_entry_counts() -> None:
    assert read("DEP - 20260809", "CRDT- 2026/08/10 06:00").published == "2026-08-09"
    record = read("DEP - soon", "EDAT- 2026/08/11 06:00", "PHST- 2026/08/10 06:00 [entrez]")
    assert (record.published, record.entered) == ("2026-08-10", "2026-08-10")
    assert read("EDAT- 2026/08/11 06:00").entered == "2026-08-11"


@pytest.mark.parametrize(
    ("tag", "relation", "notice"),
    [
        ("RIN", "retracted_by", "retracted"),
        ("RRI", "retracted_by", "retracted"),
        ("ROF", "retracts", ""),
        ("ECI", "concern_in", "concern"),
        ("ECF", "concern_of", ""),
        ("EIN", "corrected_by", "corrected"),
        ("CRI", "corrected_by", "corrected"),
        ("EFR", "corrects", ""),
        ("UIN", "preprint_of", ""),
        ("UOF", "has_preprint", ""),
        ("CON", "mentions", ""),
    ],
)
def test_comments_and_corrections_say_what_they_say_in_xml(tag: str, relation: str, notice: str) -> None:
    record = read(f"{tag:<4}- A J. 2026 Jan;1(1):1-2. doi: 10.9999/x. PMID: 90000099")
    named = ["pubmed-90000099"] + ["doi-10.9999/x"] * (tag in ("UIN", "UOF"))  # a preprint may be held by its DOI alone
    assert record.links == tuple(Link(relation, one, "corrections") for one in named)
    assert record.notice == notice


def test_lines_end_in_any_way_and_blank_continuations_are_nothing() -> None:
    lines = ["TI  - One", "      two", "      ", "      three", "MH  - Skin", "AB  -", ""]
    for end in ("\n", "\r\n"):
        record = medline.read(end.join(["PMID- 7", *lines]).encode())
        assert (record.id, record.title, record.mesh, record.abstract) == ("pubmed-7", "One two three", ("Skin",), "")


@pytest.mark.parametrize("pmid", ["PMID- ", "PMID- seven", "OWN - NLM", "PMID- ٧"])
def test_a_record_without_a_pmid_is_refused(pmid: str) -> None:
    with pytest.raises(RecordError, match="without a PMID"):
        read("TI  - A title", pmid=pmid)


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    with pytest.raises(RecordError, match="UTF-8"):
        medline.read("PMID- 7\nTI  - Café".encode("latin-1"))


@pytest.mark.shared
def test_the_real_sample_is_read_whole() -> None:
    text = (SHARED / "real/pubmed/sample.nbib").read_text("utf-8")
    bodies = [body for body in text.split("\n\n") if body.strip()]
    records = [medline.read(body.encode()) for body in bodies]
    assert len({record.id for record in records}) == 299
    for body, record in zip(bodies, records, strict=True):
        assert record.title and record.venue and record.published and record.entered and record.types, record.id
        assert len(record.authors) == len(re.findall(r"^(?:FAU|CN ) ?- ", body, re.MULTILINE)), record.id
        assert len(record.mesh) == len(re.findall(r"^MH  - ", body, re.MULTILINE)), record.id
        assert bool(record.abstract) == ("\nAB  - " in body), record.id
        assert bool(record.doi) == ("[doi]" in body), record.id
        orcids = re.findall(r"AUID- .*?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])", body)
        assert [author.orcid for author in record.authors if author.orcid] == orcids, record.id
    assert sum(record.notice == "corrected" for record in records) == 7
