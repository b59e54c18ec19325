"""The stand-in's log and its faults: each shape is really on the wire, once, and honest answers come after it."""

import socket
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.standin_world import a_world, article, nct, pmid, study
from tracker.demo import faults as f
from tracker.demo.reply import Reply
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream, cut_articles


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(a_world()) as standin:
        yield standin


def search(standin: StandIn, timeout: float = 5) -> requests.Response:
    form = {"db": "pubmed", "term": "moss", "retmode": "xml", "tool": "test", "email": "moss@example.org"}
    with requests.post(standin.pubmed_url + "esearch.fcgi", form, timeout=timeout) as answer:
        return answer


def fetch(standin: StandIn, timeout: float = 5) -> requests.Response:
    form = {"db": "pubmed", "retmode": "xml", "id": ",".join(pmid(n) for n in range(1, 6))}
    with requests.post(standin.pubmed_url + "efetch.fcgi", form, timeout=timeout) as answer:
        return answer


def page(standin: StandIn, path: str = "studies", **params: Any) -> requests.Response:
    with requests.get(standin.clinicaltrials_url + path, params, timeout=5) as answer:
        return answer


def pmids(answer: requests.Response) -> list[str]:
    return [ET.fromstring(body).findtext("MedlineCitation/PMID") or "" for body in cut_articles(answer.content)]


def numbers(answer: requests.Response) -> list[str]:
    return [each["protocolSection"]["identificationModule"]["nctId"] for each in answer.json()["studies"]]


ALL = [pmid(n) for n in range(1, 6)]

ANSWERS: list[tuple[f.Fault, int, str, bytes]] = [
    (f.Status(503), 503, "text/html", b"<html>"),
    (f.Status(500, b'{"error":"x"}'), 500, "text/html", b'{"error":"x"}'),
    (f.Body(b"word for word \xff", "text/xml"), 200, "text/xml", b"word for word \xff"),
    (f.TooMany(), 429, "application/json", b"API rate limit exceeded"),
    (f.Html(), 200, "text/html", b"Blocked Diagnostic"),
    (f.Empty(), 200, "text/xml; charset=UTF-8", b""),
    (f.PrologOnly(), 200, "text/xml; charset=UTF-8", b"?>\n"),
    (f.SearchError(), 200, "text/xml; charset=UTF-8", b"<eSearchResult>\n\t<ERROR>Search Backend failed"),
    (f.FetchError(), 400, "text/xml; charset=UTF-8", b"<eFetchResult>\n\t<ERROR>Error: External viewer error"),
    (f.SetWithText(), 200, "text/xml; charset=UTF-8", b"<PubmedArticleSet> Error occurred"),
    (f.Plain("no"), 400, "text/plain; charset=utf-8", b"no"),
    (f.ExpireToken(), 400, "text/plain; charset=utf-8", b"`pageToken` has expired"),
]


@pytest.mark.parametrize(("fault", "status", "content_type", "body"), ANSWERS)
def test_another_answer_comes_once_and_then_the_honest_one(
    standin: StandIn, fault: f.Fault, status: int, content_type: str, body: bytes
) -> None:
    standin.misbehave("efetch", fault)
    answer = fetch(standin)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, content_type)
    assert body in answer.content and pmids_or_none(answer) == []
    assert pmids(fetch(standin)) == ALL


def pmids_or_none(answer: requests.Response) -> list[str]:
    return pmids(answer) if answer.content.startswith(b"<?xml") and b"<PubmedArticleSet" in answer.content else []


@pytest.mark.parametrize("value", ["2", "Fri, 31 Dec 1999 23:59:59 GMT", "-1", "soon", "1000000000"])
def test_retry_after_is_sent_as_given(standin: StandIn, value: str) -> None:
    standin.misbehave("esearch", f.TooMany(value))
    assert search(standin).headers["Retry-After"] == value
    assert "Retry-After" not in search(standin).headers


def test_a_redirect_leads_where_it_says(standin: StandIn) -> None:
    standin.misbehave("version", f.Redirect(standin.clinicaltrials_url + "version"))
    assert [each.status_code for each in page(standin, "version").history] == [302]


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_cut_body_is_noticed_by_http_where_it_has_a_length_or_chunks(standin: StandIn, framing: str) -> None:
    standin.misbehave("efetch", f.Cut(500, framing=framing))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        fetch(standin)
    assert pmids(fetch(standin)) == ALL


def test_a_cut_body_without_a_length_looks_like_a_clean_answer(standin: StandIn) -> None:
    whole = fetch(standin).content
    standin.misbehave("efetch", f.Cut(500, framing="close"), f.Cut(300, framing="close", gzipped=True))
    assert fetch(standin).content == whole[:500]
    packed = fetch(standin)
    assert packed.status_code == 200 and whole.startswith(packed.content) and len(packed.content) < len(whole)


def test_hang_drip_and_slow_take_their_time(standin: StandIn) -> None:
    standin.misbehave("esearch", f.Hang(30), f.Drip(0.05), f.Slow(0.3))
    with pytest.raises(requests.ReadTimeout):
        search(standin, timeout=0.2)
    url = urlsplit(standin.pubmed_url)
    with socket.create_connection((url.hostname or "", url.port or 0)) as raw:
        raw.sendall(b"GET /entrez/eutils/esearch.fcgi?db=pubmed&term=moss HTTP/1.1\r\nHost: x\r\n\r\n")
        begun = time.monotonic()
        received = 0
        while time.monotonic() - begun < 0.5:
            received += len(raw.recv(4_096).partition(b"\r\n\r\n")[2] or b".")
    assert 3 <= received <= 15
    begun = time.monotonic()
    assert search(standin).ok and time.monotonic() - begun >= 0.3


def test_a_hanging_answer_does_not_keep_the_server_from_closing() -> None:
    begun = time.monotonic()
    with StandIn(a_world()) as standin, pytest.raises(requests.ReadTimeout):
        standin.misbehave("esearch", f.Hang(60))
        search(standin, timeout=0.2)
    assert time.monotonic() - begun < 5


def test_a_reset_and_a_closed_connection_are_what_they_say(standin: StandIn) -> None:
    standin.misbehave("efetch", f.Reset(), f.Reset(200), f.CloseAfter())
    for expected in (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
        with pytest.raises(expected, match="Connection reset by peer"):
            fetch(standin)
    with requests.Session() as session:
        form = {"db": "pubmed", "retmode": "xml", "id": pmid(1)}
        first = session.post(standin.pubmed_url + "efetch.fcgi", form, timeout=5)
        assert (first.headers["Connection"], pmids(first)) == ("keep-alive", [pmid(1)])


def test_encodings_that_lie(standin: StandIn) -> None:
    standin.misbehave("efetch", f.BadEncoding(), f.Recode("utf-16"))
    with pytest.raises(requests.exceptions.ContentDecodingError):
        fetch(standin)
    assert fetch(standin).content.startswith(b"\xff\xfe")


def test_a_gzip_bomb_and_an_endless_body_give_more_than_anyone_should_take(standin: StandIn) -> None:
    standin.misbehave("efetch", f.GzipBomb(5_000_000), f.Endless())
    bomb = fetch(standin)
    assert len(bomb.content) == 5_000_000 and int(bomb.headers["Content-Length"]) < 10_000
    with requests.get(standin.pubmed_url + "efetch.fcgi", stream=True, timeout=5) as answer:
        assert sum(len(chunk) for chunk, _ in zip(answer.iter_content(65_536), range(40), strict=False)) > 2_000_000


def test_answers_are_packed_only_where_the_client_takes_it(standin: StandIn) -> None:
    assert fetch(standin).headers["Content-Encoding"] == "gzip"
    plain = requests.get(standin.clinicaltrials_url + "studies", headers={"Accept-Encoding": "identity"}, timeout=5)
    assert "Content-Encoding" not in plain.headers and len(plain.json()["studies"]) == 5
    plain.close()


def test_a_short_id_list_keeps_its_count(standin: StandIn) -> None:
    standin.misbehave("esearch", f.ShortIdList(2), f.ShortIdList(99), f.Reorder())
    short, none, reordered, honest = (ET.fromstring(search(standin).content) for _ in range(4))
    assert [root.findtext("Count") for root in (short, none)] == ["5", "5"]
    assert [len(root.findall("IdList/Id")) for root in (short, none)] == [3, 0]
    listed = [[e.text for e in root.iterfind("IdList/Id")] for root in (reordered, honest)]
    assert listed == [ALL, ALL[::-1]]


EFETCH: list[tuple[f.Fault, list[str]]] = [
    (f.DropArticles(pmid(2), pmid(4)), [pmid(1), pmid(3), pmid(5)]),
    (f.DropArticles(first=3), [pmid(4), pmid(5)]),
    (f.ExtraArticles(article(8), article(1)), [*ALL, pmid(8), pmid(1)]),
    (f.Reorder(), ALL[::-1]),
    (f.NextYearDtd(), ALL),
    (f.Rewrite(b"<PMID [^>]*>999000002</PMID>", b"<PMID></PMID>"), [pmid(1), "", *ALL[2:]]),
]


@pytest.mark.parametrize(("fault", "expected"), EFETCH)
def test_a_falsified_efetch_holds_what_the_fault_says(standin: StandIn, fault: f.Fault, expected: list[str]) -> None:
    standin.misbehave("efetch", fault)
    answer = fetch(standin)
    assert pmids(answer) == expected
    future = isinstance(fault, f.NextYearDtd)
    assert (b"pubmed_270101.dtd" in answer.content) == (b"<FutureElement" in answer.content) == future
    assert pmids(fetch(standin)) == ALL


def test_falsified_pages_hold_what_the_fault_says(standin: StandIn) -> None:
    honest = page(standin, countTotal="true")
    standin.misbehave("studies", f.WrongTotal(3), f.NullStudies(), f.NullStudies("x"), f.DropStudies(nct(2)))
    assert page(standin, countTotal="true").json()["totalCount"] == 8
    assert [page(standin).json()["studies"] for _ in range(2)] == [None, "x"]
    assert sorted(numbers(page(standin))) == [nct(n) for n in (1, 3, 4, 5)]
    standin.misbehave("studies", f.ExtraStudies(study(9)), f.Reorder(), f.Rewrite(rb'\{"studies": \[', b'{"moss": ['))
    assert numbers(page(standin)) == [*numbers(honest), nct(9)]
    assert numbers(page(standin)) == numbers(honest)[::-1]
    assert "studies" not in page(standin).json()


def test_an_empty_page_mid_way_hides_no_study(standin: StandIn) -> None:
    for fault in (f.EmptyPage(), f.LastPageEmpty()):
        standin.misbehave("studies", f.Honest(), fault)
        seen, sizes, token = [], [], ""
        while token is not None:
            answer = page(standin, pageSize=3, **({"pageToken": token} if token else {}))
            seen += numbers(answer)
            sizes.append(len(numbers(answer)))
            token = answer.json().get("nextPageToken")
        assert sorted(seen) == [nct(n) for n in range(1, 6)]
        assert sizes == ([3, 0, 2] if isinstance(fault, f.EmptyPage) else [3, 2, 0])


def test_a_token_can_repeat_expire_or_outlive_the_data_behind_it(standin: StandIn) -> None:
    token = page(standin, pageSize=2).json()["nextPageToken"]
    standin.misbehave("studies", f.RepeatToken(), f.MoveData("2031-01-09T09:00:05", expire_tokens=False))
    assert page(standin, pageSize=2, pageToken=token).json()["nextPageToken"] == token
    assert page(standin, pageSize=2, pageToken=token).ok
    assert page(standin, "version").json()["dataTimestamp"] == "2031-01-09T09:00:05"
    standin.misbehave("studies", f.MoveData("2031-01-10T09:00:05", then=lambda world: world.delete_study(nct(1))))
    assert nct(1) in numbers(page(standin)) and nct(1) not in numbers(page(standin))
    assert page(standin, pageSize=2, pageToken=token).status_code == 400


def test_a_walk_can_be_led_round_in_circles_by_tokens_that_are_always_new(standin: StandIn) -> None:
    standin.misbehave("studies", f.RepeatToken(fresh=True), times=3)
    first = page(standin, pageSize=2)
    second = page(standin, pageSize=2, pageToken=first.json()["nextPageToken"])
    assert numbers(first) == numbers(second)
    assert first.json()["nextPageToken"] != second.json()["nextPageToken"]


def test_faults_are_used_in_order_per_endpoint_or_per_source(standin: StandIn) -> None:
    standin.misbehave("esearch", f.Status(500), f.Status(502), times=2)
    standin.misbehave("clinicaltrials", f.Status(503), times=2)
    assert standin.pending() == 6
    assert [search(standin).status_code for _ in range(5)] == [500, 502, 500, 502, 200]
    assert [page(standin, path).status_code for path in ("version", "studies", "version")] == [503, 503, 200]
    standin.misbehave("pubmed", f.Status(500), times=9)
    standin.behave()
    assert (search(standin).status_code, standin.pending()) == (200, 0)
    with pytest.raises(ValueError, match="no endpoint efetsch"):
        standin.misbehave("efetsch", f.Status(500))


def test_every_request_is_logged_with_its_time_and_parameters(standin: StandIn) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: search(standin), range(20)))
    page(standin, "studies/" + nct(1))
    first = standin.asked("esearch")[0]
    assert (first.method, first.params["tool"], first.params["email"]) == ("POST", "test", "moss@example.org")
    assert "python-requests" in first.headers["User-Agent"]
    assert standin.busiest_second("pubmed", seconds=60) == 20 and standin.busiest_second("study") == 1
    assert len(standin.asked("clinicaltrials")) == 1 and len(standin.asked()) == 21


def test_an_error_of_the_stand_in_itself_is_raised_when_its_block_ends() -> None:
    def broken(honest: Reply, asked: f.Asked, upstream: Upstream) -> Reply:
        raise KeyError("a mistake in a test's own fault")

    with pytest.raises(KeyError, match="own fault"), StandIn(a_world()) as standin:
        standin.misbehave("esearch", broken)
        assert search(standin).status_code == 500


def test_the_environment_points_any_command_here(standin: StandIn) -> None:
    assert standin.environment["TRACKER_PUBMED_URL"].endswith("/entrez/eutils/")
    assert standin.environment["TRACKER_CLINICALTRIALS_URL"].endswith("/api/v2/")
