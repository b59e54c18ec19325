"""The recorded answers of the E-utilities, served over real HTTP: each body in errors/ is taken for what it is."""

import gzip
import re

import pytest

from tests.conftest import SHARED
from tests.faultserver import FaultServer, Request, Say
from tests.test_pubmed_fetch import articles, everything, failure, found
from tracker.errors import SourceError
from tracker.records import Held, Listing
from tracker.sources.pubmed.answers import cut, read_search
from tracker.sources.pubmed.drift import judge
from tracker.web import Answer

pytestmark = pytest.mark.shared
FOLDER = SHARED / "real" / "pubmed"

# file: (status, what an esearch and what an efetch that gets this says; None: no failure)
UNEXPECTED_SEARCH, UNEXPECTED_FETCH = "esearch answered with", "efetch answered with"
ERRORS = {
    "efetch_400_timeout.xml": (400, "External viewer error: Empty Response", "External viewer error: Empty Response"),
    "efetch_empty_id.xml": (200, "Supplied id parameter is empty", "Supplied id parameter is empty"),
    "efetch_empty_set.xml": (200, UNEXPECTED_SEARCH, None),
    "efetch_set_with_error_text.xml": (200, UNEXPECTED_SEARCH, UNEXPECTED_FETCH),
    "efetch_unable_to_obtain_query.xml": (200, "Unable to obtain query #1", "Unable to obtain query #1"),
    "elink_no_links.xml": (200, UNEXPECTED_SEARCH, UNEXPECTED_FETCH),
    "esearch_200_backend_failed.json": (200, "the address table is empty", "the address table is empty"),
    "esearch_200_retstart_cap.json": (200, "cannot be larger than 9998", "cannot be larger than 9998"),
    "esearch_200_unable_to_obtain_query.json": (200, "Unable to obtain query #1", "Unable to obtain query #1"),
    "esummary_invalid_uid.xml": (200, "Invalid uid", "Invalid uid"),
    "esummary_json_missing_uid.json": (200, "JSON where XML was asked for", "JSON where XML was asked for"),
    "esummary_json_unable_to_obtain_query.json": (200, "Unable to obtain query #1", "Unable to obtain query #1"),
    "http200_blocked_diagnostic.html": (200, "NCBI blocks this network", "NCBI blocks this network"),
    "no_hits_phrase_not_found.xml": (200, None, UNEXPECTED_FETCH),
    "no_id.xml": (200, "Neither query_key nor id", "Neither query_key nor id"),
    "rate_limit_429.json": (429, "HTTP 429 (too many requests)", "HTTP 429 (too many requests)"),
    "truncated.xml": (200, "the document is cut or broken", "the document is cut or broken"),
    "two_errors.xml": (200, "Nothing to store; Some IDs", "Nothing to store; Some IDs"),
    "wrong_db.xml": (200, "Invalid db name specified", "Invalid db name specified"),
}


def body(name: str) -> Say:
    kind = {"json": "application/json; charset=UTF-8", "html": "text/html"}.get(name.rpartition(".")[2], "text/xml")
    return Say((FOLDER / "errors" / name).read_bytes(), status=ERRORS[name][0], headers={"Content-Type": kind})


def test_every_recorded_error_is_covered() -> None:
    assert {path.name for path in (FOLDER / "errors").iterdir()} - {"README.tsv"} == set(ERRORS)


@pytest.mark.parametrize("name", [name for name in ERRORS if name != "no_hits_phrase_not_found.xml"])
def test_an_error_in_place_of_a_search_is_a_failure(name: str) -> None:
    with FaultServer([body(name)]) as server:
        assert str(ERRORS[name][1]) in str(failure(server, tries=2))
        assert len(server.requests) == (1 if "blocked" in name else 2)


@pytest.mark.parametrize("name", [name for name in ERRORS if name != "efetch_empty_set.xml"])
def test_an_error_in_place_of_articles_is_a_failure(name: str) -> None:
    def answer(request: Request) -> Say:
        return Say(found(["90000001"])) if "esearch" in request.path else body(name)

    with FaultServer(answer) as server:
        problem = failure(server, tries=2)
        assert str(ERRORS[name][2]) in str(problem)
        assert problem.permanent == ("blocked" in name)
        assert len(server.requests) == (2 if "blocked" in name else 3)


def test_the_recorded_empty_set_is_a_missing_record() -> None:
    def answer(request: Request) -> Say:
        return Say(found(["37909814"])) if "esearch" in request.path else body("efetch_empty_set.xml")

    with FaultServer(answer) as server:
        assert everything(server) == [Listing(("37909814",), ("37909814",), ("37909814",))]


def test_the_recorded_search_without_hits_is_empty_and_said() -> None:
    with FaultServer([body("no_hits_phrase_not_found.xml")]) as server:
        (listing,) = everything(server, term="abcXYZ OR hair")
        assert isinstance(listing, Listing)
        assert listing.ids == ()
        assert listing.notes == ("PubMed does not know the phrase abcXYZ", "PubMed says: No items found.")
        (listing,) = everything(server, term="abcXYZ")
        assert isinstance(listing, Listing) and listing.ids == ()


SEARCHES = sorted(path.name for path in (FOLDER / "esearch").glob("esearch*.xml"))


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("scheme", [b"https", b"http"])
def test_every_recorded_search_is_read(name: str, scheme: bytes) -> None:
    recorded = (FOLDER / "esearch" / name).read_bytes().replace(b"https://eutils", scheme + b"://eutils")
    answer = Answer(200, "text/xml", recorded, {})
    if b"IdList" not in recorded:  # rettype=count: right for that question, and no answer to ours
        with pytest.raises(SourceError, match="without Count and IdList"):
            read_search(answer)
        return
    search = read_search(answer)
    assert str(search.count).encode() == re.findall(rb"<Count>(\d+)</Count>", recorded)[0]
    assert [pmid.encode() for pmid in search.ids] == re.findall(rb"<Id>(\d+)</Id>", recorded)
    dropped = re.findall(r"<PhraseNotFound>([^<]*)</PhraseNotFound>", recorded.decode())
    assert search.remarks == tuple(("PhraseNotFound", words) for words in dropped)
    if b"QueryTranslation" in recorded:
        assert search.translation


def test_the_recorded_search_that_lost_phrases_keeps_an_alternative() -> None:
    search = read_search(Answer(200, "text/xml", (FOLDER / "esearch" / "esearch_complex_2.xml").read_bytes(), {}))
    asked = search.translation  # PubMed repeats this query as it was asked
    lines = judge("phthalates", asked, search, Held())
    assert lines[0] == "PubMed does not know the phrase 2-ethyl-5-oxyhexyl"
    assert lines[3] == 'the query may list too much: its alternative lost "2-ethyl-4-oxyhexyl"'


def test_there_are_recorded_searches_of_every_vintage() -> None:
    assert len(SEARCHES) == 13


def test_a_real_set_comes_over_http_as_it_was_sent() -> None:
    """The sets of the collection are far larger than an efetch, which shows that size does not matter."""
    for name, records in (("general", 805), ("general_older", 188), ("hair", 340)):
        document = gzip.decompress((FOLDER / f"{name}.xml.gz").read_bytes())
        elements = {element.pmid: element.body for element in cut(document)[0]}

        def answer(request: Request, elements: dict[str, bytes] = elements) -> Say:
            if "esearch" in request.path:
                return Say(found(list(elements)))
            chosen = [elements[pmid].decode() for pmid in request.query["id"].split(",")]
            return Say(articles(*chosen), zipped=True, framing="chunked")

        with FaultServer(answer) as server:
            *payloads, listing = everything(server)
            assert isinstance(listing, Listing)
            assert (len(payloads), len(listing.ids), listing.missing, listing.notes) == (records, records, (), ())
            assert all(elements[payload.key] == payload.body for payload in payloads)  # type: ignore[union-attr]
