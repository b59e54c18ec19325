"""The PubMed stand-in: what a term finds, what is said about it, the shapes of its answers. Real HTTP throughout."""

import io
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import requests
from Bio import Entrez

from tests.conftest import SHARED
from tests.standin_world import a_world, article, pmid
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream, cut_articles


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(a_world()) as standin:
        yield standin


def post(standin: StandIn, endpoint: str, **form: Any) -> requests.Response:
    with requests.post(f"{standin.pubmed_url}{endpoint}.fcgi", {"db": "pubmed", "retmode": "xml"} | form) as answer:
        return answer


def search(standin: StandIn, term: str, **form: Any) -> ET.Element:
    return ET.fromstring(post(standin, "esearch", term=term, **form).content)


def ids(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iterfind("IdList/Id")]


def found(standin: StandIn, term: str, **form: Any) -> set[int]:
    """The numbers of the articles that a term finds."""
    return {int(each) - 999_000_000 for each in ids(search(standin, term, **form))}


@pytest.mark.parametrize(
    ("term", "numbers"),
    [
        ("alopecia[ti]", {1}),
        ("ALOPECIA[TI]", {1}),
        ("alopecia[mh]", {1, 2}),  # Alopecia Areata stands below it
        ("alopecia[mh:noexp]", {1}),
        ("alopecia[Mesh Terms:NoExp]", {1}),
        ("alopecia/therapy[mh]", {1}),
        ("alopecia[majr]", {1}),
        ('"Hair Loss"[mh]', {1, 2}),  # an entry term
        ('"stem cells"[mh]', {5}),
        ('"stem cells"[tiab]', {1}),
        ('"cells stem"[tiab] OR alopecia[ti]', {1}),
        ("PP405[tiab] OR PP-405[tiab]", {2}),
        ("PP\u2011405[ti]", {2}),
        ('"pp 405"[tiab]', {2}),
        ("exosom*[tiab]", {3}),
        ('"wharton\'s jel*"[tiab]', {3}),
        ("exosome[tiab] OR vesicles[ti]", {4}),
        ("cafes[ti] AND zurich[ti]", {5}),
        ('"hair loss"[tiab]', {4}),
        ('"hair loss"[tiab:~1]', {4, 5}),
        ("hair loss", {1, 2, 4, 5}),  # untagged: MeSH, or every word, or the phrase
        ('"hair loss"', {4}),
        ("clinical trial[pt]", {3, 4}),  # what stands below it, two steps down too
        ('"clinical trial"[pt:noexp] OR letter[pt]', {5}),
        ("mooser a[au] AND english[la] NOT hasabstract[sb]", {4}),
        ("mice[tw]", {2}),
        (f"{pmid(3)}[pmid] OR {pmid(4)}[uid]", {3, 4}),
        ("moss", {1, 2, 3, 4, 5}),  # a word of the journal
        ("2031/02[dp]", {2}),
        ("2031/02:2031/04[dp]", {2, 3, 4}),
        ("2031/01/05:3000[edat]", {5}),
        ("2031/01/14[lr]", {4}),
        ("(hair[tiab] OR alopecia[ti]) AND (drug[tiab] OR vesicles[ti])", {2, 4}),
        ("hair[tiab] OR alopecia[ti] AND drug[tiab]", {2}),  # left to right
        ("hair[tiab] OR (alopecia[ti] AND drug[tiab])", {2, 4, 5}),
        ("hair[tiab] NOT drug[tiab] NOT vesicles[ti]", {5}),
    ],
)
def test_a_term_finds_exactly_what_holds_it(standin: StandIn, term: str, numbers: set[int]) -> None:
    assert found(standin, term) == numbers


def test_a_phrase_is_not_found_across_title_and_abstract(standin: StandIn) -> None:
    assert found(standin, '"alopecia stem"[tiab] OR "exosomal cargo"[ti]') == {3}


def test_windows_need_both_ends_and_follow_their_dates(standin: StandIn) -> None:
    def within(kind: str, **ends: str) -> set[int]:
        return found(standin, "moss", datetype=kind, **ends)

    assert within("edat", mindate="2031/01/02", maxdate="2031/01/03") == {2, 3}
    assert within("mdat", mindate="2031/01/12", maxdate="2031/01/13") == {2, 3}
    assert within("pdat", mindate="2031/02", maxdate="2031/03/15") == {2, 3}
    assert within("edat", mindate="2031/01/02") == {1, 2, 3, 4, 5}
    assert within("edat", maxdate="2031/01/02") == {1, 2, 3, 4, 5}
    root = search(standin, "moss", datetype="edat", mindate="2031/01/02", maxdate="2031/01/03")
    assert "2031/01/02:2031/01/03[Date - Entry]" in (root.findtext("QueryTranslation") or "")
    assert search(standin, "moss", datetype="edat", mindate="soon", maxdate="later").findtext("ERROR")


def test_ids_come_newest_first_in_pages(standin: StandIn) -> None:
    first = search(standin, "moss", retmax=2)
    second = search(standin, "moss", retmax=2, retstart=2)
    assert ids(first) + ids(second) == [pmid(n) for n in (5, 4, 3, 2)]
    assert [second.findtext(tag) for tag in ("Count", "RetMax", "RetStart")] == ["5", "2", "2"]
    assert search(standin, "moss", rettype="count").findtext("Count") == "5"


def test_an_unknown_phrase_is_said_and_dropped_so_that_the_query_is_broader(standin: StandIn) -> None:
    root = search(standin, 'alopecia[mh] AND (qqxy[tiab] OR "no such phrase"[tiab])')
    assert ids(root) == [pmid(2), pmid(1)]
    assert [e.text for e in root.iterfind("ErrorList/PhraseNotFound")] == ["qqxy[tiab]"]
    quoted = [e.text for e in root.iterfind("WarningList/QuotedPhraseNotFound")]
    assert quoted == ['"no such phrase"[Title/Abstract]']
    assert root.findtext("QueryTranslation") == "alopecia[MeSH Terms]"


@pytest.mark.parametrize("known", [{"QQ-xy"}, lambda phrase: phrase == "qq xy"])
def test_a_phrase_that_the_wide_index_knows_is_kept_and_finds_nothing(known: Any) -> None:
    with StandIn(a_world(known_phrases=known)) as standin:
        root = search(standin, "alopecia[mh] AND qq xy[tiab]")
    assert root.findtext("Count") == "0"
    assert root.find("ErrorList") is None
    assert root.findtext("WarningList/OutputMessage") == "No items found."


def test_nothing_known_gives_the_recorded_empty_answer(standin: StandIn) -> None:
    root = search(standin, "qqxy")
    assert [child.tag for child in root][:5] == ["Count", "RetMax", "RetStart", "IdList", "TranslationSet"]
    assert root.findtext("QueryTranslation") == "(qqxy[All Fields])"
    assert root.findtext("ErrorList/PhraseNotFound") == "qqxy"
    assert root.findtext("WarningList/OutputMessage") == "No items found."


def test_an_unknown_field_is_said_and_searched_everywhere(standin: StandIn) -> None:
    root = search(standin, "vesicles[titel]")
    assert root.findtext("ErrorList/FieldNotFound") == "titel"
    assert ids(root) == [pmid(4)]


def test_an_untagged_word_is_translated(standin: StandIn) -> None:
    root = search(standin, "hair loss")
    assert root.findtext("TranslationSet/Translation/From") == "hair loss"
    assert '"alopecia"[MeSH Terms]' in (root.findtext("TranslationSet/Translation/To") or "")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"term": "(alopecia"}, "never closed"),
        ({"term": ""}, "Empty term"),
        ({"term": "moss", "retstart": "9999"}, "'retstart' cannot be larger than 9998"),
        ({"term": "moss", "retmax": "many"}, "Invalid value"),
        ({"term": "moss", "db": "pubmad"}, "Invalid db name specified: pubmad"),
    ],
)
def test_a_refused_search_is_a_200_that_says_only_error(standin: StandIn, form: dict[str, str], error: str) -> None:
    answer = post(standin, "esearch", **form)
    root = ET.fromstring(answer.content)
    assert answer.status_code == 200
    assert error in (root.findtext("ERROR") or "")
    assert root.find("Count") is None and root.find("IdList") is None


def test_biopython_reads_every_kind_of_search_answer(standin: StandIn) -> None:
    for term in ("hair loss", 'qqxy[tiab] OR "zzy xz"[ti] OR alopecia[foo]', "qqxy", "moss[xx]"):
        read = Entrez.read(io.BytesIO(post(standin, "esearch", term=term).content))  # type: ignore[no-untyped-call]
        assert int(read["Count"]) == len(read["IdList"])


def test_no_more_than_9999_records_can_be_listed() -> None:
    upstream = Upstream()
    for n in range(1, 10_051):
        upstream.put_article(article(n, "moss"), date(2031, 1, 1 + n % 20), date(2031, 2, 1))
    with StandIn(upstream) as standin:
        whole = search(standin, "moss[ti]", retmax=20_000)
        tail = search(standin, "moss[ti]", retmax=9_999, retstart=9_990)
        day = search(standin, "moss[ti]", retmax=9_999, datetype="edat", mindate="2031/01/03", maxdate="2031/01/03")
    assert (whole.findtext("Count"), len(ids(whole))) == ("10050", 9_999)
    assert "adjusted" in (whole.findtext("WarningList/OutputMessage") or "")
    assert len(ids(tail)) == 9
    assert len(ids(day)) == int(day.findtext("Count") or "") == 503


def test_efetch_gives_the_own_bytes_of_what_it_holds_in_the_order_asked(standin: StandIn) -> None:
    answer = post(standin, "efetch", id=f"{pmid(3)},{pmid(77)},{pmid(1)},{pmid(3)}")
    bodies = list(cut_articles(answer.content))
    assert bodies == [standin.upstream.articles[pmid(n)].xml for n in (3, 1)]
    assert b"pubmed_250101.dtd" in answer.content
    assert answer.headers["Content-Type"] == "text/xml; charset=UTF-8"


@pytest.mark.parametrize(
    ("wanted", "status", "error"),
    [
        ("", 200, "Supplied id parameter is empty."),
        ("00000000", 400, "ID list is empty! Possibly it has no correct IDs."),
        ("moss,12x", 400, "ID list is empty! Possibly it has no correct IDs."),
    ],
)
def test_ids_that_are_none_are_refused_as_recorded(standin: StandIn, wanted: str, status: int, error: str) -> None:
    answer = post(standin, "efetch", id=wanted)
    root = ET.fromstring(answer.content)
    assert (answer.status_code, root.tag, root.findtext("ERROR")) == (status, "eFetchResult", error)


def test_ids_that_pubmed_does_not_hold_give_an_empty_set(standin: StandIn) -> None:
    answer = post(standin, "efetch", id=pmid(88))
    assert answer.status_code == 200
    assert len(ET.fromstring(answer.content)) == 0


def test_more_than_200_ids_need_post(standin: StandIn) -> None:
    many = ",".join(pmid(n) for n in range(1, 202))
    with requests.get(standin.pubmed_url + "efetch.fcgi", {"db": "pubmed", "retmode": "xml", "id": many}) as answer:
        assert answer.status_code == 414
    assert len(list(cut_articles(post(standin, "efetch", id=many).content))) == 5


def test_the_world_may_change_between_two_searches(standin: StandIn) -> None:
    assert found(standin, "moss AND alopecia[ti]") == {1}
    standin.upstream.put_article(article(1, "Now about lichen"))
    standin.upstream.put_article(article(6, "Late alopecia"), date(2030, 5, 1))
    standin.upstream.delete_article(pmid(2))
    assert found(standin, "alopecia[ti]") == {6}
    assert found(standin, "moss", datetype="edat", mindate="2031/01/01", maxdate="2031/01/02") == {1}


def test_a_query_of_eighty_terms_over_two_thousand_articles_is_quick_once_they_are_read() -> None:
    upstream = Upstream()
    for n in range(2_000):
        upstream.put_article(article(n, f"moss{n} alopecia", "word " * 250 + f"lichen{n % 100}"), date(2031, 1, 1))
    term = "(" + " OR ".join(f'"lichen{n}"[tiab]' for n in range(80)) + ") AND alopecia[ti]"
    with StandIn(upstream) as standin:
        search(standin, "alopecia[ti]")
        begun = time.process_time()
        root = search(standin, term, retmax=9_999)
        spent = time.process_time() - begun
    assert spent < 2, "seconds of CPU, client and server together"
    assert root.findtext("Count") == "1600"


def test_loading_applies_deletions_and_keeps_books_and_own_bytes() -> None:
    book = b"<PubmedBookArticle><BookDocument><PMID>999000091</PMID><ArticleTitle>M\xc3\xb6ss</ArticleTitle></BookDocument></PubmedBookArticle>"  # noqa: E501
    deleted = b"<DeleteCitation><PMID Version='1'>999000002</PMID><PMID>999000092</PMID></DeleteCitation>"
    upstream = Upstream()
    loaded = upstream.load_pubmed(
        b"<PubmedArticleSet>" + article(1) + b"\n" + book + article(2) + deleted + b"</PubmedArticleSet>"
    )
    assert loaded == [pmid(1), pmid(91), pmid(2)]
    assert {each: held.xml for each, held in upstream.articles.items()} == {pmid(1): article(1), pmid(91): book}


@pytest.mark.shared
def test_real_records_are_found_as_an_independent_reading_finds_them() -> None:
    upstream = Upstream()
    for name in ("general", "general_older", "hair"):
        upstream.load_pubmed((SHARED / f"real/pubmed/{name}.xml.gz").read_bytes())
    assert len(upstream.articles) == 796 + 9 + 188 + 340
    roots = {each: ET.fromstring(held.xml) for each, held in upstream.articles.items()}

    def with_text(path: str, *words: str) -> set[str]:
        texts = {each: " ".join("".join(e.itertext()).lower() for e in r.iterfind(path)) for each, r in roots.items()}
        return {each for each, text in texts.items() if any(word in text for word in words)}

    with StandIn(upstream) as standin:
        titles = set(ids(search(standin, "minoxidil*[ti] OR finasterid*[ti]", retmax=9_999)))
        headings = set(ids(search(standin, "alopecia[mh]", retmax=9_999)))
        reviews = set(ids(search(standin, "review[pt:noexp]", retmax=9_999)))
        fetched = post(standin, "efetch", id=",".join(sorted(titles)))
    assert titles == with_text(".//ArticleTitle", "minoxidil", "finasterid") and len(titles) > 20
    exact = {each for each, r in roots.items() for e in r.iterfind(".//DescriptorName") if e.text in AREATA}
    assert headings == exact and len(headings) > 50
    assert reviews == {each for each, r in roots.items() for e in r.iterfind(".//PublicationType") if is_review(e)}
    assert {pmid_of(body) for body in cut_articles(fetched.content)} == titles


AREATA = ("Alopecia", "Alopecia Areata")


def is_review(element: ET.Element) -> bool:
    return (element.text or "").lower() == "review"


def pmid_of(body: bytes) -> str:
    return ET.fromstring(body).findtext("MedlineCitation/PMID") or ""
