"""The talk with the registry over real HTTP on loopback: whole walks, repeated walks, and all that is no walk."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.test_clinicaltrials_study import a_study
from tracker.config import Query, SourceSettings
from tracker.errors import RecordError, SourceError
from tracker.records import Held, Listing, Payload
from tracker.sources.clinicaltrials import ClinicalTrials
from tracker.sources.clinicaltrials.api import payload_of
from tracker.web import Web

Reply = tuple[int, str, bytes]
QUERY = Query(name="moss", clinicaltrials={"cond": "alopecia OR baldness", "intr": '"moss gel"'})


def data(value: Any, status: int = 200) -> Reply:
    return status, "application/json", json.dumps(value).encode()


def words(text: str, status: int = 400, kind: str = "text/plain") -> Reply:
    return status, kind, text.encode()


def page(*studies: Any, token: str | None = None, total: int | None = None) -> Reply:
    found: dict[str, Any] = {"studies": list(studies)}
    found |= {"nextPageToken": token} if token else {}
    return data(found | ({"totalCount": total} if total is not None else {}))


class Registry:
    """A registry that answers what the test says. A test replaces `studies` (by page token) or any other answer."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.timestamps = ["2031-02-12T09:00:05"]  # the last one stays
        self.pages: dict[str, Reply] = {"": page(total=0)}
        self.single: dict[str, Reply] = {}
        self.answer: Callable[[str, dict[str, str]], Reply] = self._answer

    def _answer(self, path: str, asked: dict[str, str]) -> Reply:
        if path == "version":
            stamp = self.timestamps.pop(0) if len(self.timestamps) > 1 else self.timestamps[0]
            return data({"apiVersion": "2.0.5", "dataTimestamp": stamp})
        if path == "studies":
            return self.pages[asked.get("pageToken", "")]
        return self.single.get(path.removeprefix("studies/"), words("NCT number not found", 404))

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@pytest.fixture
def registry() -> Iterator[Registry]:
    fake = Registry()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            path = parts.path.removeprefix("/api/v2/")
            asked = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
            fake.asked.append((path, asked))
            status, kind, body = fake.answer(path, asked)
            self.send_response(status)
            if status == 301:
                self.send_header("Location", body.decode())
                body = b""
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    fake.url = f"http://127.0.0.1:{server.server_port}/api/v2/"
    yield fake
    server.shutdown()
    server.server_close()


def source(registry: Registry) -> ClinicalTrials:
    return ClinicalTrials(SourceSettings(name="clinicaltrials", url=registry.url, pace=10_000))


def fetch(registry: Registry, held: Held | None = None, query: Query = QUERY) -> tuple[list[Payload], Listing]:
    web = Web(user_agent="follicle-tracker tests", pace=10_000, retry_wait=0.001, tries=3)
    *payloads, listing = list(source(registry).fetch(query, held or Held(), web))
    assert isinstance(listing, Listing) and all(isinstance(payload, Payload) for payload in payloads)
    return payloads, listing  # type: ignore[return-value]


def keys(payloads: list[Payload]) -> list[str]:
    return [payload.key for payload in payloads]


ONE, TWO, THREE = "NCT99000001", "NCT99000002", "NCT99000003"


def test_the_request_says_what_is_asked_and_the_listing_what_came(registry: Registry) -> None:
    registry.pages = {"": page(a_study(ONE), a_study(TWO), total=2)}
    payloads, listing = fetch(registry)
    assert registry.paths() == ["version", "studies", "version"]
    assert registry.asked[1][1] == {
        "query.cond": "alopecia OR baldness",
        "query.intr": '"moss gel"',
        "pageSize": "1000",
        "countTotal": "true",
    }
    assert keys(payloads) == [ONE, TWO]
    assert (listing.ids, listing.asked, listing.missing) == ((ONE, TWO), (ONE, TWO), ())
    assert listing.notes == ("data of 2031-02-12T09:00:05",)


def test_every_search_area_has_its_parameter(registry: Registry) -> None:
    areas = ["cond", "intr", "term", "titles", "outc", "spons", "lead", "locn", "advanced"]
    fetch(registry, query=Query(name="all", clinicaltrials={area: f"about {area}" for area in areas}))
    sent = registry.asked[1][1]
    assert {key: value for key, value in sent.items() if value.startswith("about")} == {
        "filter.advanced" if area == "advanced" else f"query.{area}": f"about {area}" for area in areas
    }


def test_pages_are_followed_with_the_same_parameters_and_an_empty_page_is_no_end(registry: Registry) -> None:
    registry.pages = {
        "": page(a_study(ONE), token="t1", total=3),
        "t1": page(token="t2"),
        "t2": page(a_study(TWO), a_study(ONE), token="t3"),
        "t3": page(a_study(THREE), token="t4"),
        "t4": page(),
    }
    payloads, listing = fetch(registry)
    assert keys(payloads) == [ONE, TWO, THREE] == list(listing.ids), "one study on two pages is one study"
    first, *others = (asked for path, asked in registry.asked if path == "studies")
    assert [asked.pop("pageToken") for asked in others] == ["t1", "t2", "t3", "t4"]
    assert all(asked == first for asked in others)


def test_a_payload_is_one_study_as_it_came(registry: Registry) -> None:
    study = a_study(ONE, description={"briefSummary": "Mösgel \u2265 1"})
    registry.pages = {"": page(study, total=1)}
    (payload,), _ = fetch(registry)
    assert payload.source == "clinicaltrials"
    assert payload.body == json.dumps(study, ensure_ascii=False, separators=(",", ":")).encode()
    assert [record.id for record in source(registry).parse(payload)] == [ONE]


def test_the_hash_leaves_out_what_moves_by_itself_and_nothing_else() -> None:
    before, moved, changed = a_study(), a_study(), a_study()
    moved["derivedSection"]["miscInfoModule"]["versionHolder"] = "2031-03-01"
    changed["derivedSection"]["miscInfoModule"]["removedCountries"] = ["Utopia"]
    hashes = [payload_of(study).sha256 for study in (before, moved, changed, dict(reversed(before.items())))]
    assert hashes[0] == hashes[1] == hashes[3] != hashes[2]
    assert b"2031-03-01" in payload_of(moved).body
    assert moved["derivedSection"]["miscInfoModule"]["versionHolder"] == "2031-03-01", "the study itself is untouched"


def test_a_number_with_blanks_or_small_letters_is_the_same_number() -> None:
    assert payload_of(a_study(f" {ONE.lower()}\n")).key == ONE


def test_data_that_moves_during_the_walk_repeats_it(registry: Registry) -> None:
    registry.timestamps = ["monday", "tuesday", "tuesday"]
    registry.pages = {"": page(a_study(ONE), total=1)}
    payloads, listing = fetch(registry)
    assert registry.paths() == ["version", "studies", "version", "studies", "version"]
    assert keys(payloads) == [ONE] and listing.ids == (ONE,), "the same bytes are handed on once"
    assert listing.notes == (
        "walk repeated: the data changed meanwhile, from monday to tuesday",
        "data of tuesday",
    )


def test_data_that_never_stands_still_is_a_failure_after_three_walks(registry: Registry) -> None:
    registry.timestamps = list("abcdefgh")
    registry.pages = {"": page(a_study(ONE), total=1)}
    with pytest.raises(SourceError, match=r"moss.*3 walks.*from c to d") as caught:
        fetch(registry)
    assert registry.paths().count("studies") == 3 and not caught.value.permanent


def test_fewer_studies_than_counted_repeat_the_walk_and_then_fail(registry: Registry) -> None:
    registry.pages = {"": page(a_study(ONE), total=2)}
    with pytest.raises(SourceError, match="3 walks: 1 of 2 studies came"):
        fetch(registry)
    assert registry.paths().count("studies") == 3


def test_a_study_that_slipped_between_two_pages_is_got_by_the_next_walk(registry: Registry) -> None:
    walks = iter([page(a_study(ONE), total=2), page(a_study(ONE), a_study(TWO), total=2)])
    registry.answer = lambda path, asked: next(walks) if path == "studies" else registry._answer(path, asked)
    payloads, listing = fetch(registry)
    assert keys(payloads) == [ONE, TWO] == list(listing.ids)
    assert "walk repeated: 1 of 2 studies came" in listing.notes


def test_a_refused_page_token_begins_the_walk_again(registry: Registry) -> None:
    tokens = iter(["stale", "fresh"])

    def answer(path: str, asked: dict[str, str]) -> Reply:
        if path != "studies":
            return registry._answer(path, asked)
        if "pageToken" not in asked:
            return page(a_study(ONE), token=next(tokens), total=2)
        return page(a_study(TWO)) if asked["pageToken"] == "fresh" else words("Invalid page token")

    registry.answer = answer
    _, listing = fetch(registry)
    assert listing.ids == (ONE, TWO)
    assert listing.notes[0] == "walk repeated: a page token was refused: Invalid page token"


@pytest.mark.parametrize(
    "pages",
    [
        {"": page(a_study(ONE), token="t", total=9), "t": page(a_study(TWO), token="t")},
        {"": page(a_study(ONE), token="t", total=9), "t": page(a_study(ONE), token="u")},
        {"": page(token="t", total=9), "t": page(token="t")},
    ],
    ids=["a token comes again", "a page brings nothing new", "an empty page leads to itself"],
)
def test_a_listing_that_leads_in_a_circle_stops_with_an_error(registry: Registry, pages: dict[str, Reply]) -> None:
    registry.pages = pages
    with pytest.raises(SourceError, match=r"moss.*circle"):
        fetch(registry)
    assert registry.paths().count("studies") == 2


def test_empty_pages_without_end_stop_with_an_error(registry: Registry) -> None:
    numbers = iter(range(1000))

    def answer(path: str, asked: dict[str, str]) -> Reply:
        return page(token=f"t{next(numbers)}", total=5) if path == "studies" else registry._answer(path, asked)

    registry.answer = answer
    with pytest.raises(SourceError, match="circle"):
        fetch(registry)


NOT_A_PAGE = {
    "no studies": data({"totalCount": 0}),
    "studies null": data({"studies": None, "totalCount": 0}),
    "studies an object": data({"studies": {}, "totalCount": 0}),
    "a list": data([]),
    "null": data(None),
    "no total": data({"studies": []}),
    "total of the wrong type": data({"studies": [], "totalCount": "0"}),
    "total true": data({"studies": [], "totalCount": True}),
    "token of the wrong type": data({"studies": [], "totalCount": 0, "nextPageToken": 5}),
    "a web page": words("<!doctype html><title>Busy</title>", 200, "text/html"),
    "a web page that says JSON": words("\n<html>", 200, "application/json"),
    "cut JSON": (200, "application/json", page(a_study(ONE), total=1)[2][:-20]),
    "nothing": words("", 200, "application/json"),
    "too deep": words("[" * 100_000, 200, "application/json"),
    "status 500": words("oops", 500),
    "status 429": words("slow down", 429),
}


@pytest.mark.parametrize("reply", NOT_A_PAGE.values(), ids=NOT_A_PAGE)
def test_what_is_no_page_is_a_failure_and_never_no_trials(registry: Registry, reply: Reply) -> None:
    registry.pages = {"": reply}
    with pytest.raises(SourceError) as caught:
        fetch(registry)
    assert not caught.value.permanent and "127.0.0.1" in str(caught.value) and "\n" not in str(caught.value)
    assert registry.paths().count("studies") == 3, "another try may help"


@pytest.mark.parametrize("reply", NOT_A_PAGE.values(), ids=NOT_A_PAGE)
def test_one_bad_answer_is_survived(registry: Registry, reply: Reply) -> None:
    replies = iter([reply, page(a_study(ONE), total=1)])
    registry.answer = lambda path, asked: next(replies) if path == "studies" else registry._answer(path, asked)
    assert fetch(registry)[1].ids == (ONE,)


def test_a_version_without_a_data_timestamp_is_a_failure(registry: Registry) -> None:
    registry.timestamps = [""]
    with pytest.raises(SourceError, match="from when its data is"):
        fetch(registry)


def test_a_refused_query_is_named_with_the_registrys_own_words_and_not_tried_again(registry: Registry) -> None:
    registry.pages = {"": words("Error parsing query in Other terms: missing ')'\nat '<EOF>'")}
    with pytest.raises(SourceError, match=r"moss: Error parsing query in Other terms: missing '\)' at") as caught:
        fetch(registry)
    assert caught.value.permanent and registry.paths() == ["version", "studies"]


def test_a_block_is_said_plainly_and_not_tried_again(registry: Registry) -> None:
    registry.answer = lambda path, asked: words("<html>Forbidden", 403, "text/html")
    with pytest.raises(SourceError, match=r"403.*another network") as caught:
        fetch(registry)
    assert caught.value.permanent and len(registry.asked) == 1


def test_a_wrong_address_is_said_and_makes_no_study_missing(registry: Registry) -> None:
    registry.answer = lambda path, asked: words("<html>404 Not Found nginx", 404, "text/html")
    nowhere = Query(name="linked")
    for query, held in ((QUERY, Held()), (nowhere, Held(retry=frozenset({ONE})))):
        with pytest.raises(SourceError, match=r"check \[sources.clinicaltrials\] url") as caught:
            fetch(registry, held, query)
        assert caught.value.permanent


def test_what_was_missing_or_quarantined_is_asked_for_by_id_unless_it_was_listed(registry: Registry) -> None:
    registry.pages = {"": page(a_study(ONE), total=1)}
    registry.single = {TWO: data(a_study(TWO))}
    held = Held(retry=frozenset({ONE, TWO, THREE, "NCT99000004", "nonsense"}), fresh=frozenset({"NCT99000004"}))
    payloads, listing = fetch(registry, held)
    assert [path for path in registry.paths() if "/" in path] == [f"studies/{TWO}", f"studies/{THREE}"]
    assert keys(payloads) == [ONE, TWO]
    assert (listing.ids, listing.missing) == ((ONE,), (THREE, "nonsense"))
    assert listing.asked == (ONE, TWO, THREE, "nonsense")
    assert "'nonsense' is no NCT number" in listing.notes


def test_an_alias_is_followed_and_noted(registry: Registry) -> None:
    registry.single = {ONE: (301, "text/plain", f"/api/v2/studies/{TWO}".encode()), TWO: data(a_study(TWO))}
    payloads, listing = fetch(registry, Held(retry=frozenset({ONE})))
    assert keys(payloads) == [TWO] and listing.missing == (ONE,)
    assert f"{ONE} is now {TWO}" in listing.notes


def test_an_id_that_the_registry_refuses_is_missing_and_the_rest_goes_on(registry: Registry) -> None:
    registry.single = {ONE: words("NCT has incorrect format"), TWO: data(a_study(TWO))}
    payloads, listing = fetch(registry, Held(retry=frozenset({ONE, TWO})))
    assert keys(payloads) == [TWO] and listing.missing == (ONE,)
    assert f"{ONE}: NCT has incorrect format" in listing.notes


def test_a_query_that_asks_nothing_here_walks_nothing_and_is_asked_by_id(registry: Registry) -> None:
    registry.single = {TWO: data(a_study(TWO))}
    payloads, listing = fetch(registry, Held(retry=frozenset({TWO})), Query(name="linked"))
    assert registry.paths() == [f"studies/{TWO}"]
    assert keys(payloads) == [TWO] and listing.ids == listing.asked == (TWO,)


def test_studies_that_cannot_be_read_are_handed_on_for_the_quarantine(registry: Registry) -> None:
    nameless: dict[str, Any] = {"protocolSection": {"identificationModule": {}}}
    half = a_study(TWO, identification={"nctId": TWO, "briefTitle": "half \ud800"})
    odd = a_study(THREE, design={"enrollmentInfo": {"count": float("nan")}})
    registry.pages = {"": page(nameless, half, odd, "a text", a_study(ONE), total=5)}
    payloads, listing = fetch(registry)
    assert keys(payloads) == ["", TWO, THREE, "", ONE]
    assert listing.ids == (TWO, THREE, ONE)
    assert sorted(listing.asked) == ["", "", ONE, TWO, THREE]
    for payload in payloads[:4]:
        payload.body.decode()
        with pytest.raises(RecordError) as caught:
            list(source(registry).parse(payload))
        assert caught.value.record == payload.key
    assert [record.id for record in source(registry).parse(payloads[4])] == [ONE]


def test_the_walk_holds_one_page_at_a_time(registry: Registry) -> None:
    """The second page is asked for only once the first has been taken."""
    registry.pages = {"": page(a_study(ONE), token="t", total=2), "t": page(a_study(TWO))}
    web = Web(user_agent="follicle-tracker tests", pace=10_000)
    walk = source(registry).fetch(QUERY, Held(), web)
    first = next(walk)
    assert isinstance(first, Payload) and first.key == ONE
    assert registry.paths() == ["version", "studies"]
    assert isinstance(list(walk)[-1], Listing)
