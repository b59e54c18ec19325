"""The HTTP session against a server that misbehaves in every way we know of: real sockets, real seconds."""

import gzip
import os
import resource
import shutil
import ssl
import subprocess
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path

import pytest

from tests.faultserver import Drop, FaultServer, Hang, Say
from tracker.errors import SourceError
from tracker.web import Answer, Web

KEY = "s3cret/key+1"


def web(**changes: object) -> Web:
    settings: dict[str, object] = {"user_agent": "tester/1.0 (mailto:me@example.org)", "pace": 0, "retry_wait": 0.01}
    return Web(**settings | {"deadline": 5.0, "secrets": (KEY,)} | changes)  # type: ignore[arg-type]


def failure(server: FaultServer, **changes: object) -> SourceError:
    with web(**changes) as session, pytest.raises(SourceError) as caught:
        session.ask("POST", server.url, data={"api_key": KEY})
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("127.0.0.1: ")
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


def test_an_answer_comes_whole_with_an_honest_request() -> None:
    body = b"<a>" + b"x" * 200_000 + b"</a>"
    for say in (Say(body), Say(body, framing="chunked"), Say(body, zipped=True), Say(body, framing="none")):
        with FaultServer([say]) as server, web() as session:
            answer = session.ask("GET", server.url + "here", params={"term": "a b"})
            assert answer == Answer(200, "text/xml", body, answer.headers)
            assert answer.headers["CONTENT-TYPE"] == "text/xml; charset=UTF-8"
            (request,) = server.requests
            assert session.requests == 1
            assert (request.method, request.path, request.query) == ("GET", "/here?term=a+b", {"term": "a b"})
            assert request.headers["user-agent"] == "tester/1.0 (mailto:me@example.org)"
            assert request.headers["accept-encoding"] == "gzip"


def test_a_form_is_posted_in_the_body_and_kept_out_of_the_address() -> None:
    with FaultServer([Say()]) as server, web() as session:
        session.ask("POST", server.url, data={"api_key": KEY, "id": "1,2"})
        assert server.requests[0].query == {"api_key": KEY, "id": "1,2"}
        assert server.requests[0].path == "/"


BROKEN = {
    "short of its length": Say(b"x" * 100, cut=50),
    "cut inside a chunk": Say(b"x" * 3000, framing="chunked", cut=1500),
    "cut before the last chunk": Say(b"x" * 3000, framing="chunked", cut=3021),
    "cut gzip, no length": Say(os.urandom(5000), zipped=True, framing="none", cut=2500),
    "gzip without its last byte": Say(b"x" * 5000, zipped=True, framing="none", cut=-1),
    "cut gzip in whole chunks": Say(gzip.compress(b"x" * 5000)[:-8], headers={"Content-Encoding": "gzip"}),
    "not the gzip it claims": Say(b"plain words", headers={"Content-Encoding": "gzip"}),
    "an encoding not asked for": Say(b"??", headers={"Content-Encoding": "br"}),
    "an empty body": Say(b""),
    "204": Say(b"", status=204),
    "dropped": Drop(),
    "no HTTP at all": Say(b"", headers={"Content-Length": "nonsense, 12"}, cut=0, status=99),
    "429": Say(b'{"error":"API rate limit exceeded"}', status=429),
    "500": Say(status=500),
    "502 in HTML": Say(b"<html>bad gateway</html>", status=502),
    "503 without a body": Say(b"", status=503),
    "408": Say(status=408),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_may_pass_is_tried_again_until_it_does(name: str) -> None:
    with FaultServer([BROKEN[name], BROKEN[name], Say(b"fine")]) as server, web() as session:
        assert session.ask("POST", server.url, data={"term": "x"}).body == b"fine"
        assert session.requests == len(server.requests) == 3
        assert {request.query["term"] for request in server.requests} == {"x"}


@pytest.mark.parametrize("name", BROKEN)
def test_what_does_not_pass_ends_after_five_tries(name: str) -> None:
    with FaultServer([BROKEN[name]]) as server:
        error = failure(server)
        assert len(server.requests) == 5
        assert not error.permanent
        assert "gave up after 5 tries" in str(error)


def test_where_nobody_was_there_the_next_request_knocks_once_until_somebody_is() -> None:
    with FaultServer([Say(b"fine")]) as server:
        url = server.url
    with web() as session:
        for tries in (5, 1):
            session.requests = 0
            with pytest.raises(SourceError, match=f"gave up after {tries} tr"):
                session.ask("GET", url)
            assert session.requests == tries
        with FaultServer([Say(b"fine"), Drop(), Say(b"fine")]) as server:
            assert session.ask("GET", server.url).body == b"fine"
            assert session.ask("GET", server.url).body == b"fine"  # at the second try again


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("zipped", [False, True])
def test_a_cut_is_noticed_at_every_byte(framing: str, zipped: bool) -> None:
    whole = len(gzip.compress(b"abcdefgh" * 3)) if zipped else 24
    cuts = range(1, whole)
    script = [Say(b"abcdefgh" * 3, framing=framing, zipped=zipped, cut=cut) for cut in cuts]
    with FaultServer([*script, Say(b"end")]) as server, web(tries=1) as session:
        for _ in cuts:
            with pytest.raises(SourceError):
                session.ask("GET", server.url)
        assert session.ask("GET", server.url).body == b"end"


def test_a_cut_gzip_without_a_length_is_noticed_at_every_byte() -> None:
    body = b"alopecia areata, " * 20
    script = [Say(body, zipped=True, framing="none", cut=cut) for cut in range(1, len(gzip.compress(body)))]
    with FaultServer([*script, Say(b"end")]) as server, web(tries=1) as session:
        for _ in script:
            with pytest.raises(SourceError):
                session.ask("GET", server.url)
        assert session.ask("GET", server.url).body == b"end"


def test_gzip_members_in_a_row_are_one_body() -> None:
    body = gzip.compress(b"one ") + gzip.compress(b"two")
    with FaultServer([Say(body, headers={"Content-Encoding": "gzip"})]) as server, web() as session:
        assert session.ask("GET", server.url).body == b"one two"


def test_a_bomb_is_stopped_at_the_cap_and_never_held() -> None:
    bomb = gzip.compress(b"\0" * 300_000_000, 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with FaultServer([Say(bomb, headers={"Content-Encoding": "gzip"})]) as server:
        error = failure(server, max_bytes=5_000_000)
        assert error.permanent
        assert "larger than 5,000,000 bytes" in str(error)
        assert len(server.requests) == 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # kB


def test_an_endless_plain_body_is_stopped_at_the_cap() -> None:
    with FaultServer([Say(b"x" * 3_000_000, framing="none")]) as server:
        assert "larger than 2,000,000 bytes" in str(failure(server, max_bytes=2_000_000))


@pytest.mark.parametrize(
    "behaviour",
    [Hang(), Say(b"x" * 1000, drip=0.05), Say(b"x" * 1000, drip=0.05, framing="none"), Say(slow_headers=0.05),
     Say(b"x" * 9000, framing="chunked", drip=0.05), Say(b"x" * 9000, zipped=True, drip=0.05), Say(wait=9)],
    ids=["hangs", "drips", "drips without length", "drips headers", "drips chunks", "drips gzip", "is late"],
)  # fmt: skip
def test_no_server_outlasts_the_deadline(behaviour: Hang | Say) -> None:
    with FaultServer([behaviour]) as server:
        start = time.monotonic()
        error = failure(server, deadline=0.6)
        assert time.monotonic() - start < 3.0
        assert not error.permanent
        assert "no whole answer within 0.6 s" in str(error)


def test_tries_and_waits_share_one_deadline() -> None:
    with FaultServer([Say(status=503)]) as server:
        start = time.monotonic()
        error = failure(server, deadline=1.3, retry_wait=0.2)
        assert time.monotonic() - start < 1.3
        assert len(server.requests) == 3  # at 0, 0.2 and 0.6; the next would be at 1.4
        assert "HTTP 503" in str(error)


def test_gaps_grow() -> None:
    with FaultServer([Say(status=500)] * 3 + [Say()]) as server, web(retry_wait=0.1) as session:
        session.ask("GET", server.url)
        first, second, third = spacing(server)
        assert 0.09 < first < second < third
        assert 0.39 < third < 0.9


def spacing(server: FaultServer) -> list[float]:
    times = [request.at for request in server.requests]
    return [later - earlier for earlier, later in pairwise(times)]


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [("1", 1.0, 2.9), ("in two seconds", 0.0, 0.9), ("-5", 0.0, 0.9), ("1000000000", 0.0, 0.9), ("0", 0.0, 0.9),
     ("", 0.0, 0.9), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0, 0.9), ("2.5", 0.0, 0.9),
     ("99999999999999999999", 0.0, 0.9)],
)  # fmt: skip
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured_where_it_makes_sense(status: int, header: str, low: float, high: float) -> None:
    script = [Say(status=status, headers={"Retry-After": header}), Say()]
    with FaultServer(script) as server, web(retry_wait=0.05) as session:
        session.ask("GET", server.url)
        assert low <= spacing(server)[0] < high


def test_retry_after_may_be_a_date() -> None:
    script = [Say(status=429, headers={"Retry-After": formatdate(time.time() + 2, usegmt=True)}), Say()]
    with FaultServer(script) as server, web() as session:
        session.ask("GET", server.url)
        assert 0.9 <= spacing(server)[0] <= 2.9  # the header has whole seconds


def test_a_wait_longer_than_the_deadline_is_not_waited_for_nor_ignored() -> None:
    with FaultServer([Say(status=429, headers={"Retry-After": "600"})]) as server:
        start = time.monotonic()
        error = failure(server)
        assert time.monotonic() - start < 1
        assert len(server.requests) == 1
        assert "HTTP 429 (too many requests), and asks to wait 600 s" in str(error)


@pytest.mark.parametrize("status", [403, 451])
def test_a_block_is_told_after_one_try(status: int) -> None:
    with FaultServer([Say(status=status, body=KEY.encode())]) as server:
        error = failure(server)
        assert error.permanent
        assert f"refuses us (HTTP {status})" in str(error)
        assert "try later or from another network" in str(error)
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 405, 410, 414, 304])
def test_other_refusals_are_final(status: int) -> None:
    with FaultServer([Say(status=status)]) as server:
        error = failure(server)
        assert error.permanent
        assert f"HTTP {status}" in str(error)
        assert len(server.requests) == 1


def test_allowed_statuses_come_back_as_they_are() -> None:
    def never(answer: Answer) -> None:
        raise AssertionError("looked at")

    with FaultServer([Say(b"no such study", status=404), Say(b"", status=404)]) as server, web() as session:
        for body in (b"no such study", b""):
            answer = session.ask("GET", server.url, allow={404}, check=never)
            assert (answer.status, answer.body) == (404, body)


def test_the_check_decides_about_another_try() -> None:
    seen = []

    def check(answer: Answer) -> None:
        seen.append((answer.status, answer.body))
        if answer.body != b"good":
            raise SourceError(f"it says {answer.body.decode()}", permanent=answer.body == b"never")

    script = [Say(b"not yet"), Say(b"busy", status=400), Say(b"good"), Say(b"never")]
    with FaultServer(script) as server, web() as session:
        assert session.ask("GET", server.url, check=check, judged={400}).body == b"good"
        assert seen == [(200, b"not yet"), (400, b"busy"), (200, b"good")]
        with pytest.raises(SourceError, match=r"127\.0\.0\.1: it says never") as caught:
            session.ask("GET", server.url, check=check)
        assert caught.value.permanent
        assert len(server.requests) == 4


def test_a_secret_is_struck_out_of_what_the_check_says() -> None:
    def check(answer: Answer) -> None:
        raise SourceError(f"bad key {KEY}, or s3cret%2Fkey%2B1\nsecond line")

    with FaultServer([Say()]) as server, web(tries=1) as session, pytest.raises(SourceError) as caught:
        session.ask("GET", server.url, check=check)
    assert "bad key ***, or *** second line (gave up after 1 try" in str(caught.value)


def test_a_redirect_on_the_same_host_is_followed_with_the_same_body() -> None:
    script = [Say(status=301, headers={"Location": "/moved?to=b"}), Say(b"there")]
    with FaultServer(script) as server, web() as session:
        assert session.ask("POST", server.url, params={"a": "b"}, data={"id": "7"}).body == b"there"
        assert [(r.method, r.path, r.query) for r in server.requests] == [
            ("POST", "/?a=b", {"id": "7"}),
            ("POST", "/moved?to=b", {"id": "7"}),
        ]


@pytest.mark.parametrize(
    "target", ["https://127.0.0.1/x", "http://localhost/x?k=1", "//other.example/", "file:///etc/passwd", "http://[x"]
)
def test_a_redirect_anywhere_else_is_refused(target: str) -> None:
    with FaultServer([Say(status=302, headers={"Location": target})]) as server:
        error = failure(server)
        assert error.permanent
        assert "redirects to" in str(error)
        assert "?k" not in str(error)
        assert len(server.requests) == 1


def test_a_redirect_loop_ends() -> None:
    with FaultServer([Say(status=307, headers={"Location": "/"})]) as server:
        assert "redirects more than 5 times" in str(failure(server))
        assert len(server.requests) == 6


def test_requests_are_evenly_spaced_even_after_failures() -> None:
    script = [Say(), Say(status=503), Say(), Say(), Say()]
    with FaultServer(script) as server, web(pace=5, retry_wait=0) as session:
        for _ in range(4):
            session.ask("GET", server.url)
        assert len(server.requests) == 5
        assert all(gap > 0.2 - 0.05 for gap in spacing(server))  # a late arrival shortens the next gap
        assert 0.8 < server.requests[-1].at - server.requests[0].at < 2.0


def test_waiting_for_a_turn_counts_against_the_deadline() -> None:
    with FaultServer([Say()]) as server, web(pace=1, deadline=0.5) as session:
        session.ask("GET", server.url)
        with pytest.raises(SourceError, match=r"its turn comes after the deadline of 0\.5 s"):
            session.ask("GET", server.url)
        assert len(server.requests) == 1


def test_a_connection_is_kept_and_its_loss_is_survived() -> None:
    with FaultServer([Say(), Say(), Say(b"last", close=True), Say(), Drop(), Say()]) as server, web() as session:
        for _ in range(5):
            session.ask("GET", server.url)
        assert [request.connection for request in server.requests] == [0, 0, 0, 1, 1, 2]


def test_nobody_listening_is_said_plainly() -> None:
    with FaultServer([Say()]) as server:
        url = server.url
    with web() as session, pytest.raises(SourceError, match=r"connection refused.*5 tries") as caught:
        session.ask("GET", url + "?api_key=s3cret")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["nothing", "ftp://127.0.0.1/x", "http://", "http://127.0.0.1:99999/"])
def test_an_address_that_is_none_fails_at_once(url: str) -> None:
    with web() as session, pytest.raises(SourceError, match="cannot be asked") as caught:
        session.ask("GET", url)
    assert caught.value.permanent


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "nonsense://:x", "socks5://127.0.0.1:9"])
def test_a_broken_proxy_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    with web() as session, pytest.raises(SourceError, match="the proxy named by http_proxy cannot be used"):
        session.ask("GET", "http://127.0.0.1:1/")


def test_no_netrc_and_no_cookie_is_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password hush\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with FaultServer([Say(headers={"Set-Cookie": "sid=1"}), Say()]) as server, web() as session:
        session.ask("GET", server.url)
        session.ask("GET", server.url)
        assert not any({"authorization", "cookie"} & set(request.headers) for request in server.requests)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a throwaway certificate with")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(path), "-out", str(path) + ".crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + Path(str(path) + ".crt").read_text())
    return path


class _Plain(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"safe")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def tls_port(certificate: Path) -> int:
    server = HTTPServer(("127.0.0.1", 0), _Plain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_a_certificate_that_nobody_vouches_for_is_refused(tls_port: int) -> None:
    with web() as session, pytest.raises(SourceError, match=r"certificate is refused \(self.signed") as caught:
        session.ask("GET", f"https://127.0.0.1:{tls_port}/")
    assert caught.value.permanent
    assert session.requests == 1


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_certificate_named_by_the_environment_is_trusted_for_its_own_host_alone(
    monkeypatch: pytest.MonkeyPatch, certificate: Path, tls_port: int, variable: str
) -> None:
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, f"{certificate}.crt")
    with web() as session:
        assert session.ask("GET", f"https://localhost:{tls_port}/").body == b"safe"
        with pytest.raises(SourceError, match=r"certificate is refused \(.*mismatch"):
            session.ask("GET", f"https://127.0.0.1:{tls_port}/")
