"""Reading PubMed XML: made-up records, one oddity of the format at a time."""

import re
import time
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.dates import from_parts
from tracker.errors import RecordError
from tracker.records import Author, Link, Record
from tracker.sources.pubmed import article, fields, relations

HERE = Path(__file__).parent / "pubmed"
FULL = (HERE / "full.xml").read_bytes().strip()
BOOK = (HERE / "book.xml").read_bytes().strip()


def minimal(inside: str = "", *, article_parts: str = "", data: str = "", pmid: str = "<PMID>90000002</PMID>") -> bytes:
    return (
        f"<PubmedArticle><MedlineCitation>{pmid}<Article>{article_parts}</Article>{inside}</MedlineCitation>"
        f"<PubmedData>{data}</PubmedData></PubmedArticle>"
    ).encode()


def read(inside: str = "", **parts: str) -> Record:
    return article.read(minimal(inside, **parts))


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("10<sup>9</sup> cells", "10⁹ cells"),
        ("P = 3×10<sup>-12</sup>", "P = 3×10⁻¹²"),
        ("10<sup>−6</sup> to 2<sup>+16</sup>", "10⁻⁶ to 2⁺¹⁶"),
        ("CD34<sup>+</sup> and CD4<sup>-/-</sup>", "CD34+ and CD4-/-"),  # no number
        ("p16<sup>INK4a</sup>, the 5<sup>th</sup>", "p16INK4a, the 5th"),
        ("mg/m<sup>2</sup>, l<sup>-1</sup>, <sup>13</sup>C", "mg/m2, l-1, 13C"),  # above no digit
        ("H<sub>2</sub>O, PP<sub>405</sub>, 10<sub>9</sub>", "H2O, PP405, 109"),
        ("10&lt;sup&gt;9&lt;/sup&gt;", "10<sup>9</sup>"),  # text, not markup
    ],
)
def test_a_power_of_a_number_stays_one_and_other_markup_is_dropped(markup: str, text: str) -> None:
    assert read(article_parts=f"<ArticleTitle>{markup}</ArticleTitle>").title == text


def test_a_full_record_is_read_whole() -> None:
    record = article.read(FULL)
    assert record == Record(
        id="pubmed-90000001",
        source="pubmed",
        kind="article",
        title="Vesicles in vivo: 10⁹ a dose for hair & scalp.",
        abstract="BACKGROUND: Hair thins.\nNo label here, P < 0.05.\nThe ratio was k=2.\n"
        "TRIAL REGISTRATION: ClinicalTrials.gov NCT90000001.",
        url="https://pubmed.ncbi.nlm.nih.gov/90000001/",
        venue="Journal of Made-Up Trichology",
        authors=(
            Author("Ada B Quill", "Quill", "Ada B", orcid="0000-0002-1825-009X"),
            Author("C de Vries 3rd", "de Vries", "C", "3rd", orcid="0000-0002-1825-0097"),
            Author("The Follicle Group", group=True),
        ),
        types=(
            "Journal Article",
            "Research Support, Non-U.S. Gov't",
            "Clinical Trial, Phase III",
            "Review of Reported Cases",
        ),
        terms=("Alopecia", "Hair Follicle", "Made-up disease", "vesicles", "moon hair"),
        mesh=("Alopecia/*drug therapy/genetics", "*Hair Follicle"),
        substances=("0 (Made-Up Protein)", "5965120SH1 (Minoxidil)"),
        databanks=("ClinicalTrials.gov/NCT90000001", "ClinicalTrials.gov/NCT90000002", "ISRCTN/ISRCTN90000003", "GEO"),
        doi="10.9999/jmut.2026.1",
        pmcid="PMC9000001",
        published="2026-09",  # September has no day 31
        entered="2026-08-10",
        language="eng, fre",
        notice="retracted",
        record_status="MEDLINE",
        links=(
            Link("corrected_by", "pubmed-90000010", "corrections"),
            Link("has_preprint", "pubmed-90000011", "corrections"),
            Link("mentions", "pubmed-90000012", "corrections"),
            Link("reports", "NCT90000001", "databank"),
            Link("reports", "NCT90000002", "databank"),
            Link("reports", "ISRCTN90000003", "databank"),
            Link("reports", "NCT90000001", "abstract", "TRIAL REGISTRATION: ClinicalTrials.gov NCT90000001."),
        ),
        raw=FULL,
    )


def test_a_chapter_and_a_book_are_read() -> None:
    chapter = article.read(BOOK)
    assert (chapter.title, chapter.venue, chapter.published) == ("On hair", "A Made-Up Handbook", "2024-01")
    assert (chapter.id, chapter.entered, chapter.language) == ("pubmed-90000020", "2024-02-03", "eng")
    assert (chapter.authors, chapter.types) == ((Author("W Writer", "Writer", "W"),), ("Review",))
    assert (chapter.abstract, chapter.terms, chapter.kind) == ("Of hair.", ("hair",), "article")
    assert article.read(re.sub(b"<ArticleTitle>.*</ArticleTitle>", b"", BOOK)).title == "A Made-Up Handbook"


def test_a_record_of_a_pmid_alone_is_a_record() -> None:
    record = article.read(b"<PubmedArticle><MedlineCitation><PMID>0090000003</PMID></MedlineCitation></PubmedArticle>")
    assert (record.id, record.title, record.abstract, record.authors) == ("pubmed-90000003", "", "", ())
    assert (record.published, record.notice, record.links) == ("", "", ())


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (minimal(pmid=""), "without a PMID"),
        (minimal(pmid="<PMID>12x</PMID>"), "without a PMID"),
        (minimal(pmid="<PMID>0</PMID>"), "without a PMID"),
        (FULL[:-20], "not well-formed"),
        (FULL.replace(b"hair", b"h\x0bair"), "not well-formed"),
        (FULL.replace(b"hair", b"h\xffair"), "not well-formed"),
        (FULL.replace(b"&amp;", b"&nbsp;"), "not well-formed"),
        (b"", "not well-formed"),
        (b"<html><body>Bad gateway</body></html>", "a html is no article"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]>' + FULL, "entities of its own"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(body: bytes, complaint: str) -> None:
    with pytest.raises(RecordError, match=complaint) as caught:
        article.read(body)
    assert "\n" not in str(caught.value)
    assert caught.value.record == ("pubmed-90000001" if b"90000001</PMID>" in body else "")


@pytest.mark.parametrize(
    ("inside", "date"),
    [
        ("<Year>2026</Year>", "2026"),
        ("<Year>2026</Year><Month>05</Month>", "2026-05"),
        ("<Year>2026</Year><Month>5</Month><Day>4</Day>", "2026-05-04"),
        ("<Year>2026</Year><Month>May</Month><Day>04</Day>", "2026-05-04"),
        ("<Year>2026</Year><Month>13</Month><Day>4</Day>", "2026"),
        ("<Year>2026</Year><Season>Spring</Season>", "2026"),
        ("<Year>2026</Year><Season>Jul-Aug</Season>", "2026-07"),
        ("<Year>2026</Year><Season>Winter-Spring</Season>", "2026"),
        ("<MedlineDate>2014 Sep-Oct</MedlineDate>", "2014-09"),
        ("<MedlineDate>2019 Sep/Oct</MedlineDate>", "2019-09"),
        ("<MedlineDate>2019 Jan - Feb</MedlineDate>", "2019-01"),
        ("<MedlineDate>1947-1948</MedlineDate>", "1947"),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", "1998-12"),
        ("<MedlineDate>2012 Jun 15-21</MedlineDate>", "2012-06"),
        ("<MedlineDate>Summer 2017</MedlineDate>", "2017"),
        ("<MedlineDate>2017 Summer</MedlineDate>", "2017"),
        ("<MedlineDate>Unknown</MedlineDate>", ""),
        ("<MedlineDate/>", ""),
        ("<Year>soon</Year>", ""),
        ("", ""),
    ],
)
def test_a_publication_date_keeps_its_precision(inside: str, date: str) -> None:
    journal = f"<Journal><JournalIssue><PubDate>{inside}</PubDate></JournalIssue></Journal>"
    assert read(article_parts=journal).published == date


def test_without_a_publication_date_the_electronic_date_counts_and_then_the_entry_date() -> None:
    day = "<Year>2026</Year><Month>2</Month><Day>1</Day>"
    entry = f'<History><PubMedPubDate PubStatus="entrez">{day}</PubMedPubDate></History>'
    electronic = "<ArticleDate><Year>2026</Year><Month>01</Month><Day>30</Day></ArticleDate>"
    assert read(article_parts=electronic, data=entry).published == "2026-01-30"
    assert read(data=entry).published == read(data=entry).entered == "2026-02-01"


@given(st.text("0123456789 JanFebSepOctDec-/SummerUnknown", max_size=24))
def test_free_dates_never_raise_and_never_invent(words: str) -> None:
    date = fields.medline_date(words)
    assert date == from_parts(*date.split("-")) if date else True
    assert date[:4] in words


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\ufffe\uffff"), max_size=60))
def test_what_is_written_comes_out_as_text(words: str) -> None:
    inside = escape(words)
    expected = " ".join(part for part in words.strip().split(" ") if part)
    for marked in (inside, f"<i>{inside}</i>", f"<mml:math><mml:mi>{inside}</mml:mi></mml:math>"):
        assert read(article_parts=f"<ArticleTitle>{marked}</ArticleTitle>").title == expected


def test_a_title_that_is_missing_falls_back_to_the_vernacular_one() -> None:
    assert read(article_parts="<ArticleTitle/><VernacularTitle>Du poil.</VernacularTitle>").title == "Du poil."
    assert read(article_parts="<ArticleTitle>[On hair].</ArticleTitle>").title == "[On hair]."


@pytest.mark.parametrize(
    ("ids", "places", "doi"),
    [
        ("10.1/A", "", "10.1/a"),
        ("https://doi.org/10.1000/A(1)<2>", "", "10.1000/a(1)<2>"),
        ("doi: 10.1000/b.", "", "10.1000/b"),
        ("", "10.1000/C", "10.1000/c"),
        ("0.1109/typo", "", "0.1109/typo"),
        ("0.1109/typo", "10.1109/TYPO", "10.1109/typo"),
        ("", "", ""),
    ],
)
def test_the_doi_is_the_record_s_own_in_its_plain_form(ids: str, places: str, doi: str) -> None:
    data = f'<ArticleIdList><ArticleId IdType="doi">{escape(ids)}</ArticleId></ArticleIdList>' if ids else ""
    cited = "<ArticleIdList><ArticleId IdType='doi'>10.1/ref</ArticleId></ArticleIdList>"
    data += f"<ReferenceList><Reference>{cited}</Reference></ReferenceList>"
    found = read(article_parts=f'<ELocationID EIdType="doi" ValidYN="Y">{places}</ELocationID>', data=data)
    assert found.doi == doi


@pytest.mark.parametrize(
    ("ref", "relation", "notice"),
    [
        ("RetractionIn", "retracted_by", "retracted"),
        ("RetractionOf", "retracts", ""),
        ("RetractedandRepublishedIn", "retracted_by", "retracted"),
        ("ErratumIn", "corrected_by", "corrected"),
        ("ErratumFor", "corrects", ""),
        ("ExpressionOfConcernIn", "concern_in", "concern"),
        ("ExpressionOfConcernFor", "concern_of", ""),
        ("UpdateOf", "has_preprint", ""),
        ("UpdateIn", "preprint_of", ""),
    ],
)
def test_comments_and_corrections_become_links_and_notices(ref: str, relation: str, notice: str) -> None:
    one = f'<CommentsCorrections RefType="{ref}"><RefSource>x</RefSource><PMID>0090000009</PMID></CommentsCorrections>'
    record = read(f"<CommentsCorrectionsList>{one}</CommentsCorrectionsList>")
    assert record.links == (Link(relation, "pubmed-90000009", "corrections"),)
    assert record.notice == notice


def test_the_worst_notice_wins() -> None:
    assert relations.worst({"corrected", "concern"}, "WITHDRAWN: Hair.", ()) == "withdrawn"
    assert relations.worst({"corrected", "concern"}, "Hair, WITHDRAWN.", ()) == "concern"
    assert relations.worst({"corrected"}, "Hair", ["Retracted Publication"]) == "retracted"
    assert relations.worst({""}, "Hair", ["Retraction of Publication"]) == ""


@pytest.mark.parametrize(
    ("abstract", "relation", "quote"),
    [
        (
            "We treated men. The trial (NCT90000001) was small. It ended.",
            "reports",
            "The trial (NCT90000001) was small.",
        ),
        ("Trial registration: nct 90000001, ongoing .", "reports", "Trial registration: nct 90000001, ongoing ."),
        (
            "All done. A phase 3 trial is ongoing (NCT90000001).",
            "background",
            "A phase 3 trial is ongoing (NCT90000001).",
        ),
        (
            "As in a previous trial, NCT90000001, it helped.",
            "background",
            "As in a previous trial, NCT90000001, it helped.",
        ),
        ("It is registered as NCT90000001; another is planned .", "reports", None),
    ],
)
def test_trials_named_in_the_abstract_are_linked_with_their_sentence(
    abstract: str, relation: str, quote: str | None
) -> None:
    (link,) = relations.mentioned("A title.", abstract)
    assert link == Link(relation, "NCT90000001", "abstract", quote or abstract)
    assert link.quote in abstract


def test_a_long_sentence_is_quoted_around_the_number() -> None:
    abstract = "word " * 200 + "NCT90000001 " + "word " * 200 + ". NCT900000012 and XNCT90000003 are no numbers."
    (link,) = relations.mentioned("", abstract)
    assert link.quote in abstract
    assert "NCT90000001" in link.quote
    assert len(link.quote) <= 300


def test_each_trial_is_linked_once_per_origin() -> None:
    assert [link.target for link in relations.mentioned("NCT90000001", "NCT90000001, NCT90000002. NCT90000002.")] == [
        "NCT90000001",
        "NCT90000002",
    ]


def test_reference_lists_are_cut_out_however_they_nest() -> None:
    assert b"Reference" not in article.without_references(FULL)
    assert article.without_references(b"<a><ReferenceList>x<ReferenceList/>y</ReferenceList>z</a>") == b"<a>z</a>"
    for odd in (
        b"<a><ReferenceList></a>",
        b"<a></ReferenceList></a>",
        b"<a><ReferenceListing>x</ReferenceListing></a>",
    ):
        assert article.without_references(odd) == odd


def test_deep_nesting_and_a_crowd_of_authors_are_survived() -> None:
    deep = "<i>" * 50_000 + "hair" + "</i>" * 50_000
    assert read(article_parts=f"<ArticleTitle>{deep}</ArticleTitle>").title == "hair"
    crowd = "<Author><LastName>A</LastName></Author>" * 5_000
    assert len(read(article_parts=f"<AuthorList>{crowd}</AuthorList>").authors) == 5_000


def test_reading_is_quick_enough_for_a_whole_topic() -> None:
    start = time.process_time()
    for _ in range(1_000):
        article.read(FULL)
    assert time.process_time() - start < 2.0  # about 0.2 s; real records of 15 kB take 0.3 s
