"""Fetching from PubMed, over real HTTP, from an E-utilities server that is as simple or as wrong as each test needs."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.faultserver import Behaviour, FaultServer, Request, Say
from tracker.config import Query, SourceSettings
from tracker.errors import RecordError, SourceError
from tracker.records import Held, Listing, Payload
from tracker.sources.pubmed import PubMed
from tracker.sources.pubmed.answers import read_search
from tracker.web import Answer, Web

KEY = "k3y-of-the-house"
DOCTYPE = '<?xml version="1.0" ?>\n<!DOCTYPE {0} PUBLIC "-//NLM//DTD x//EN" "https://dtd.nlm.nih.gov/ncbi/x_{1}.dtd">\n'


def found(ids: list[str], count: int | None = None, extra: str = "") -> bytes:
    inside = "".join(f"<Id>{pmid}</Id>\n" for pmid in ids)
    return (
        DOCTYPE.format("eSearchResult", 2031) + f"<eSearchResult><Count>{len(ids) if count is None else count}</Count>"
        f"<RetMax>{len(ids)}</RetMax><RetStart>0</RetStart><IdList>{inside}</IdList><TranslationSet/>"
        f"<QueryTranslation>hair, as it was read</QueryTranslation>{extra}</eSearchResult>"
    ).encode()


def article(pmid: str, title: str = "On hair.") -> str:
    return (
        f'<PubmedArticle>\n<MedlineCitation Status="MEDLINE"><PMID Version="1">{pmid}</PMID>'
        f"<Article><ArticleTitle>{title}</ArticleTitle></Article></MedlineCitation>\n</PubmedArticle>"
    )


def articles(*elements: str, doctype: str = "PubmedArticleSet", tail: str = "") -> bytes:
    return (
        DOCTYPE.format(doctype, 270101) + "<PubmedArticleSet>\n" + "\n".join(elements) + tail + "</PubmedArticleSet>"
    ).encode()


@dataclass
class Eutils:
    """Holds ids by entry date and lists those in the window asked for; `absent` ids are listed and never given."""

    entered: dict[str, date] = field(default_factory=dict)
    modified: dict[str, date] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    extra: str = ""  # more of an esearch answer
    odd: Callable[[Request], Behaviour | None] = lambda request: None
    server: FaultServer = field(init=False)

    def __call__(self, request: Request) -> Behaviour:
        return self.odd(request) or Say(self.answer(request), zipped=True, framing="chunked")

    def answer(self, request: Request) -> bytes:
        if request.path.endswith("efetch.fcgi"):
            return articles(*(article(pmid) for pmid in request.query["id"].split(",") if pmid not in self.absent))
        dates = self.modified if request.query.get("datetype") == "mdat" else self.entered
        low, high = (request.query.get(end, "").replace("/", "-") for end in ("mindate", "maxdate"))
        ids = [pmid for pmid, day in dates.items() if not low or low <= day.isoformat() <= high]
        return found(ids[: int(request.query["retmax"])], len(ids), self.extra)

    def asked(self, tool: str) -> list[dict[str, str]]:
        return [request.query for request in self.server.requests if tool in request.path]


@pytest.fixture
def eutils() -> Iterator[Eutils]:
    one = Eutils({str(pmid): date(2026, 11, 1) for pmid in (90000003, 90000001, 90000002)})
    one.server = FaultServer(one)
    with one.server:
        yield one


def fetch(
    eutils: Eutils, held: Held = Held(), term: str = "hair[tiab]", **settings: object
) -> tuple[list[Payload], Listing]:
    *payloads, last = everything(eutils.server, held, term, **settings)
    assert isinstance(last, Listing)
    assert all(isinstance(one, Payload) for one in payloads)
    return payloads, last  # type: ignore[return-value]


def everything(
    server: FaultServer, held: Held = Held(), term: str = "hair[tiab]", **settings: object
) -> list[Payload | Listing]:
    source = PubMed(
        SourceSettings(name="pubmed", url=server.url, pace=0, tool="tester", contact="me@example.org", api_key=KEY)
    )
    given: dict[str, object] = {
        "user_agent": "tester",
        "pace": 0,
        "retry_wait": 0.01,
        "deadline": 20.0,
        "secrets": (KEY,),
    }
    with Web(**given | settings) as web:  # type: ignore[arg-type]
        return list(source.fetch(Query(name="hair", pubmed=term), held, web))


def failure(server: FaultServer, held: Held = Held(), term: str = "hair[tiab]", **settings: object) -> SourceError:
    with pytest.raises(SourceError) as caught:
        everything(server, held, term, **settings)
    assert "\n" not in str(caught.value)
    assert KEY not in str(caught.value)
    return caught.value


def test_a_first_fetch_lists_all_and_reads_all(eutils: Eutils) -> None:
    payloads, listing = fetch(eutils)
    assert [payload.key for payload in payloads] == ["90000001", "90000002", "90000003"]
    assert listing == Listing(("90000003", "90000001", "90000002"), ("90000001", "90000002", "90000003"))
    assert payloads[0].body == article("90000001").encode()
    who = {"tool": "tester", "email": "me@example.org", "api_key": KEY}
    asked = {"db": "pubmed", "term": "hair[tiab]", "retmode": "xml", "retmax": "9999", "retstart": "0"}
    assert eutils.asked("esearch") == [asked | who]
    assert eutils.asked("efetch") == [{"db": "pubmed", "id": "90000001,90000002,90000003", "retmode": "xml"} | who]
    assert {(request.method, request.path) for request in eutils.server.requests} == {
        ("POST", "/esearch.fcgi"),
        ("POST", "/efetch.fcgi"),
    }


def test_equal_bytes_have_an_equal_hash_whatever_stands_around_them(eutils: Eutils) -> None:
    (one, *_), _ = fetch(eutils)
    eutils.odd = lambda request: (
        Say(articles("  \n" + article("90000001") + "\n\n", tail=" ")) if "efetch" in request.path else None
    )
    (again, *_), _ = fetch(eutils)
    assert (one.sha256, one.body) == (again.sha256, again.body)


def test_what_is_held_is_asked_for_only_where_it_was_modified_or_is_owed(eutils: Eutils) -> None:
    eutils.modified = {"90000001": date(2026, 11, 8), "90000077": date(2026, 11, 9), "90000002": date(2026, 11, 7)}
    held = Held(
        ids=frozenset({"90000001", "90000002"}),
        retry=frozenset({"90000099"}),
        since="2026-11-15T06:00:00Z",
        now="2026-11-22T06:00:00Z",
    )
    payloads, listing = fetch(eutils, held)
    assert [payload.key for payload in payloads] == ["90000001", "90000003", "90000099"]
    assert listing.ids == ("90000003", "90000001", "90000002")
    assert listing.asked == ("90000001", "90000003", "90000099")
    window = {key: eutils.asked("esearch")[1][key] for key in ("datetype", "mindate", "maxdate", "term")}
    assert window == {"datetype": "mdat", "mindate": "2026/11/08", "maxdate": "2026/11/22", "term": "hair[tiab]"}


def test_nothing_new_costs_two_searches_and_no_fetch(eutils: Eutils) -> None:
    held = Held(ids=frozenset(eutils.entered), since="2026-11-15T06:00:00Z", now="2026-11-22T06:00:00Z")
    payloads, listing = fetch(eutils, held)
    assert (payloads, listing.asked, len(listing.ids)) == ([], (), 3)
    assert len(eutils.server.requests) == 2


def test_a_full_fetch_reads_every_id_again_but_what_this_run_has_read(eutils: Eutils) -> None:
    held = Held(
        ids=frozenset(eutils.entered), since="2026-11-15T06:00:00Z", now="2026-11-22T06:00:00Z", full=True,
        fresh=frozenset({"90000002"}),
    )  # fmt: skip
    _, listing = fetch(eutils, held)
    assert listing.asked == ("90000001", "90000003")
    assert len(listing.ids) == 3
    assert len(eutils.asked("esearch")) == 1


def test_without_an_expression_only_what_is_owed_is_read(eutils: Eutils) -> None:
    payloads, listing = fetch(eutils, Held(retry=frozenset({"90000005", "not a pmid"})), term="")
    assert [payload.key for payload in payloads] == ["90000005"]
    assert listing == Listing((), ("90000005",))


def test_an_empty_listing_is_a_listing(eutils: Eutils) -> None:
    eutils.entered = {}
    eutils.extra = "<WarningList><OutputMessage>No items found.</OutputMessage></WarningList>"
    assert fetch(eutils) == ([], Listing((), notes=("PubMed says: No items found.",)))


def test_ids_go_out_two_hundred_at_a_time(eutils: Eutils) -> None:
    eutils.entered = {str(90000000 + n): date(2026, 1, 1) for n in range(450)}
    payloads, listing = fetch(eutils)
    assert len(payloads) == len(set(listing.ids)) == 450
    assert [query["id"].count(",") + 1 for query in eutils.asked("efetch")] == [200, 200, 50]


def test_more_than_esearch_lists_is_sliced_by_entry_date(eutils: Eutils) -> None:
    first = date(1950, 1, 1)
    eutils.entered = {str(60000000 + n): first + timedelta(days=n % 25_000) for n in range(31_000)}
    held = Held(ids=frozenset(eutils.entered), now="2026-11-22T06:00:00Z")
    payloads, listing = fetch(eutils, held)
    assert payloads == []
    assert set(listing.ids) == set(eutils.entered)
    assert len(listing.ids) == 31_000
    searches = eutils.asked("esearch")
    assert len(searches) < 25
    assert all({"mindate", "maxdate"} <= set(query) and query["datetype"] == "edat" for query in searches[1:])
    assert all(query["term"] == "hair[tiab]" and query["retstart"] == "0" for query in searches)


def test_more_on_one_day_than_esearch_lists_is_a_loud_failure(eutils: Eutils) -> None:
    eutils.entered = {str(60000000 + n): date(2026, 5, 4) for n in range(10_500)}
    error = failure(eutils.server, Held(now="2026-11-22T06:00:00Z"))
    assert error.permanent
    assert "query hair: PubMed counts 10500 records on the single day 2026-05-04" in str(error)
    assert eutils.asked("efetch") == []


def test_a_record_that_comes_in_while_we_list_is_counted_at_the_second_try(eutils: Eutils) -> None:
    answers = [found(["1"], 2), found(["1", "2"])]
    eutils.odd = lambda request: Say(answers.pop(0)) if "esearch" in request.path else None
    _, listing = fetch(eutils)
    assert listing.ids == ("1", "2")


def test_fewer_ids_than_counted_is_a_failure_and_not_fewer_papers(eutils: Eutils) -> None:
    for ids in (["1"], ["1", "1"], ["1", "2", "3"]):
        eutils.odd = lambda request, ids=ids: Say(found(ids, 2)) if "esearch" in request.path else None
        error = failure(eutils.server)
        assert f"query hair: PubMed counts 2 records and lists {len(set(ids))}" in str(error)
    assert len(eutils.asked("esearch")) == 6
    assert eutils.asked("efetch") == []


def test_pmids_that_do_not_come_are_asked_for_once_more_and_then_listed_as_missing(eutils: Eutils) -> None:
    eutils.absent = {"90000002"}
    payloads, listing = fetch(eutils)
    assert [payload.key for payload in payloads] == ["90000001", "90000003"]
    assert listing.missing == ("90000002",)
    assert [query["id"] for query in eutils.asked("efetch")] == ["90000001,90000002,90000003", "90000002"]


def given(eutils: Eutils, *answers: bytes | Say) -> None:
    """These answers to the next efetches, the last one to all after it."""
    rest = list(answers)

    def odd(request: Request) -> Behaviour | None:
        if "efetch" not in request.path:
            return None
        answer = rest.pop(0) if len(rest) > 1 else rest[0]
        return answer if isinstance(answer, Say) else Say(answer)

    eutils.odd = odd


def test_reordered_doubled_and_unasked_records_are_reconciled(eutils: Eutils) -> None:
    newer = article("90000001", "The newer.").replace('"1"', '"2"')
    given(eutils, articles(article("90000003"), newer, article("90000009"), article("90000001"), article("90000002")))
    payloads, listing = fetch(eutils)
    assert [payload.key for payload in payloads] == ["90000001", "90000002", "90000003"]
    assert b"The newer." in payloads[0].body
    assert listing.missing == ()
    assert listing.notes == ("PubMed sent 1 records that were not asked for, ignored: 90000009",)


def test_a_deleted_citation_is_missing_and_said(eutils: Eutils) -> None:
    gone = '<DeleteCitation><PMID Version="1">90000001</PMID><PMID Version="1">12</PMID></DeleteCitation>'
    given(eutils, articles(article("90000002"), article("90000003"), tail=gone))
    payloads, listing = fetch(eutils)
    assert [payload.key for payload in payloads] == ["90000002", "90000003"]
    assert listing.missing == ("90000001",)
    assert listing.notes == ("PubMed has deleted 90000001",)
    assert len(eutils.asked("efetch")) == 1


def test_a_book_between_two_articles_leaves_its_neighbours_whole(eutils: Eutils) -> None:
    book = "<PubmedBookArticle><BookDocument><PMID>90000002</PMID></BookDocument></PubmedBookArticle>"
    given(eutils, articles(article("90000001", "One."), book, article("90000003", "Three.")))
    payloads, _ = fetch(eutils)
    source = PubMed(SourceSettings(name="pubmed", url="", pace=1))
    assert [record.title for payload in payloads for record in source.parse(payload)] == ["One.", "", "Three."]


def test_one_broken_record_is_tried_twice_and_then_handed_over_to_be_refused(eutils: Eutils) -> None:
    broken = article("90000002", "h\x0bair")
    given(eutils, articles(article("90000001"), broken, article("90000003")), articles(broken))
    payloads, listing = fetch(eutils)
    assert [payload.key for payload in payloads] == ["90000001", "90000003", "90000002"]
    assert listing.missing == ()
    assert [query["id"] for query in eutils.asked("efetch")] == ["90000001,90000002,90000003", "90000002"]
    with pytest.raises(RecordError, match="not well-formed") as caught:
        list(PubMed(SourceSettings(name="pubmed", url="", pace=1)).parse(payloads[2]))
    assert caught.value.record == "pubmed-90000002"


def test_an_empty_set_means_that_the_ids_are_missing(eutils: Eutils) -> None:
    given(eutils, articles())
    payloads, listing = fetch(eutils)
    assert (payloads, listing.missing) == ([], ("90000001", "90000002", "90000003"))


def error(words: str, root: str = "eFetchResult") -> bytes:
    return (DOCTYPE.format(root, 20131226) + f"<{root}>\n<ERROR>{words}</ERROR>\n</{root}>").encode()


def test_a_400_that_says_that_the_list_is_empty_means_the_same(eutils: Eutils) -> None:
    given(eutils, Say(error("ID list is empty! Possibly it has no correct IDs."), status=400))
    assert fetch(eutils)[1].missing == ("90000001", "90000002", "90000003")


PASSING = {
    "an error in the set": articles(tail="<ERROR>Something broke</ERROR>"),
    "an error as the root": error("Unable to obtain query #1"),
    "an error in a 400": Say(error("Error: External viewer error: Empty Response. Status: Timeout"), status=400),
    "a proxy's page in a 400": Say(error("CEFetchPApplication::proxy_stream(): 502 Bad Gateway"), status=400),
    "words in the set": articles(tail="Error occurred: timeout. Url : nowhere"),
    "another root": b"<TaxaSet></TaxaSet>",
    "a page": Say(b"<!DOCTYPE html><html><title>Down</title></html>", headers={"Content-Type": "text/html"}),
    "a page that is XML": b'<?xml version="1.0"?><html><body/></html>',
    "a prolog alone": b'<?xml version="1.0" ?>\n',
    "a trace": b"TXCLIENT::readAll EOF",
    "a route": b"Unable to route request! service name: /http/service/ratecontrol",
    "JSON": b'{"error":"error forwarding request","api-key":"' + KEY.encode() + b'"}',
    "broken JSON": b'{"error":',
    "deep JSON": b"[" * 100_000,
    "a bomb": b'<!DOCTYPE x [<!ENTITY a "b">]><PubmedArticleSet>&a;</PubmedArticleSet>',
    "entities": b"<PubmedArticleSet><!ENTITY a 'b'></PubmedArticleSet>",
    "another encoding": '<?xml version="1.0" encoding="UTF-16"?><PubmedArticleSet/>'.encode("utf-16"),
    "a charset that lies": b'<?xml version="1.0" encoding="iso-8859-1"?><PubmedArticleSet/>',
    "503": Say(status=503),
    "blank": b"   \n",
}


@pytest.mark.parametrize("name", PASSING)
def test_what_may_pass_is_asked_for_again_and_all_is_well(eutils: Eutils, name: str) -> None:
    whole = articles(*map(article, ("90000001", "90000002", "90000003")))
    given(eutils, PASSING[name], PASSING[name], whole)
    payloads, listing = fetch(eutils)
    assert len(payloads) == 3
    assert listing.missing == ()


@pytest.mark.parametrize("name", PASSING)
def test_what_does_not_pass_is_a_failure_and_never_nothing_new(eutils: Eutils, name: str) -> None:
    given(eutils, PASSING[name])
    assert not failure(eutils.server, tries=3).permanent
    assert len(eutils.asked("efetch")) == 3


@pytest.mark.parametrize("name", PASSING)
def test_a_search_is_no_more_gullible(eutils: Eutils, name: str) -> None:
    answer = PASSING[name]
    eutils.odd = lambda request: answer if isinstance(answer, Say) else Say(answer)
    assert not failure(eutils.server, tries=2).permanent
    assert len(eutils.server.requests) == 2


SEARCHES = {
    "no count": (found(["1"]).replace(b"<Count>1</Count>", b""), "without Count and IdList"),
    "a count that is none": (found(["1"], 7).replace(b">7<", b">seven<"), "without Count and IdList"),
    "no list": (b"<eSearchResult><Count>0</Count></eSearchResult>", "without Count and IdList"),
    "an empty list": (found([], 12), "counts 12 records and lists none of them"),
    "an id that is none": (found(["1", "NBK2"]), "lists something that is no PMID"),
    "an error": (error("Search Backend failed: no address", "eSearchResult"), "NCBI says: Search Backend failed"),
    "an unknown answer": (b"<eFetchResult/>", "answered with eFetchResult"),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_answer_that_lacks_something_is_a_failure(eutils: Eutils, name: str) -> None:
    body, complaint = SEARCHES[name]
    eutils.odd = lambda request: Say(body)
    problem = failure(eutils.server, tries=2)
    assert complaint in str(problem)
    assert not problem.permanent


def test_a_document_cut_anywhere_is_a_failure(eutils: Eutils) -> None:
    whole = articles(article("90000001"), article("90000002"), article("90000003"))
    given(eutils, *(Say(whole, framing="none", cut=at) for at in range(1, len(whole), 7)), whole)
    payloads, listing = fetch(eutils, tries=200, retry_wait=0)
    assert len(payloads) == 3
    assert (listing.missing, listing.notes) == ((), ())
    search = found(["90000001"])
    eutils.odd = lambda request: Say(search, framing="none", cut=len(eutils.server.requests))
    assert not failure(eutils.server, tries=1).permanent


@pytest.mark.parametrize("status", [400, 200])
def test_a_key_that_ncbi_does_not_know_is_told_once_and_never_shown(eutils: Eutils, status: int) -> None:
    eutils.odd = lambda request: Say(f'{{"error":"API key invalid","api-key":"{KEY}"}}'.encode(), status=status)
    problem = failure(eutils.server)
    assert problem.permanent
    assert "NCBI does not accept the API key" in str(problem)
    assert len(eutils.server.requests) == 1


def test_another_400_is_final(eutils: Eutils) -> None:
    eutils.odd = lambda request: Say(error("Invalid parameter"), status=400)
    problem = failure(eutils.server)
    assert problem.permanent
    assert "HTTP 400, NCBI says: Invalid parameter" in str(problem)


def test_a_block_is_told_with_advice_and_not_repeated(eutils: Eutils) -> None:
    page = b"<!DOCTYPE html><html><title>NCBI - WWW Error Blocked Diagnostic</title></html>"
    eutils.odd = lambda request: Say(page)
    problem = failure(eutils.server)
    assert problem.permanent
    assert "NCBI blocks this network's address" in str(problem)
    assert len(eutils.server.requests) == 1


def test_no_definition_is_ever_fetched_from_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []

    def resolved(host: str, *_: object, **__: object) -> object:
        tried.append(host)
        raise OSError("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    schema = b'<eSearchResult xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="https://dtd.nlm.nih.gov/x.xsd"'
    bodies = [
        found(["1"]),  # next year's DTD
        found(["1"]).replace(b"https:", b"http:"),
        found(["1"]).replace(b"<eSearchResult", schema),
        b"<eSearchResult><Count>1</Count><IdList><Id>1</Id></IdList><NewIn2031><Deep/></NewIn2031></eSearchResult>",
    ]
    assert [read_search(answered(body)).count for body in bodies] == [1, 1, 1, 1]
    # An element for which Bio.Entrez looks up a DTD on its own account.
    trap = found(["1"]).replace(b"<IdList>", b'<processing-meta tagset-family="jats" base-tagset="x"/><IdList>')
    with pytest.raises(SourceError, match=r"Bio\.Entrez cannot read the esearch answer"):
        read_search(answered(trap))
    assert tried == []


def answered(body: bytes) -> Answer:
    return Answer(200, "text/xml", body, {})


def test_bio_entrez_leaves_the_home_directory_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "from tests.test_pubmed_fetch import *; print(read_search(answered(found(['1', '02'], 2))));"
        "from Bio.Entrez.Parser import DataHandler; print(DataHandler.local_dtd_dir)"
    )
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert run.stdout.splitlines() == [
        "Search(count=2, ids=('1', '2'), translation='hair, as it was read', remarks=())",
        "None",
    ], run.stderr
    assert list(home.iterdir()) == []
