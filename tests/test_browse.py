"""Datasette on the demo's database: every page answers, reads like a page, and loads nothing from elsewhere."""

import asyncio
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from datasette.app import Datasette

from tests.world import World, at, nct, pmid
from tracker.browse.metadata import INSIDE, PRIVATE, TITLES, words
from tracker.browse.pages import segments
from tracker.browse.serving import make
from tracker.demo.play import play
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.store import Store

Get = Callable[..., str]
QUESTIONS = sorted(set(words("canned")) - {"on_a_rung", "moved_since", "papers_of_a_trial"})
PAGES = (
    *("/", "/board", "/search", "/search?q=pp-405", "/tracker", "/-/dashboards/tracker"),
    *(f"/tracker/{name}" for name in (*TITLES, *QUESTIONS)),
    *("/tracker/moved_since?since=2026-11-16", "/tracker/papers_of_a_trial?nct=NCT99900006"),
    *("/tracker/records/NCT99900002", "/tracker/records/pubmed-999000001"),
    *(
        "/tracker/cards?_search=exosome",
        "/tracker/cards?approaches__arraycontains=MPC+inhibitors",
        "/tracker/cards.json",
    ),
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    play(folder, lambda line: None)
    return folder / "db/tracker.db"


def getter(path: Path) -> Get:
    """A function that gives the text of a page of the Datasette on this database."""
    datasette = make(path)

    def get(page: str, status: int = 200) -> str:
        answer = asyncio.run(_ask(datasette, page))
        assert answer.status_code == status, f"{page}: {answer.text[:2000]}"
        return str(answer.text)

    return get


async def _ask(datasette: Datasette, page: str) -> Any:
    await datasette.invoke_startup()
    return await datasette.client.get(page)


@pytest.fixture(scope="module")
def get(database: Path) -> Get:
    return getter(database)


class Loaded(HTMLParser):
    """Whatever a browser fetches for a page without being asked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src"}
        value = dict(attrs).get(names.get(tag, ""))
        if value:
            self.addresses.append(value)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_answers_and_loads_nothing_from_elsewhere(get: Get, page: str) -> None:
    text = get(page)
    away = [one for one in Loaded(text).addresses if re.match(r"(?:https?:)?//", one) and "localhost" not in one]
    assert away == []
    assert "openstreetmap.org/{" not in text and "unpkg.com" not in text


def test_home_answers_the_question_at_a_glance(get: Get) -> None:
    home = get("/")
    assert "How close is the regenerative treatment of hair loss" in home and 'action="/search"' in home
    assert "result paper PMID 999000205" in home and "last fetched 2026-11-23 07:00 UTC" in home
    assert "Hair-follicle and bulge stem cells" in home and "PubMed" in home


def test_each_cell_of_the_board_leads_to_just_what_it_counts(get: Get) -> None:
    cells = re.findall(r'<a href="(/tracker/on_a_rung\?[^"]+)" aria-label="(\d+) on', get("/board"))
    assert len(cells) > 20
    for address, count in cells:
        rows = get(address.replace("&amp;", "&").replace("on_a_rung", "on_a_rung.json") + "&_shape=array")
        assert len(json.loads(rows)) == int(count), address


def test_a_record_is_a_page_with_its_words_marked_and_its_life(get: Get) -> None:
    page = get("/tracker/records/NCT99900002")
    assert 'title="approach: MPC inhibitors (PP405, UK-5099, JXL)">PP' in page
    assert "2nd slip" in page and "version 3" in page
    sql = "select record from trials where not has_results and record not in (select trial from trial_papers)"
    alone = json.loads(get(f"/tracker.json?_shape=array&sql={quote(sql)}"))
    page = get(f"/tracker/records/{alone[0]['record']}")
    assert "No linked paper found." in page and "No results posted." in page
    paper = get("/tracker/records/pubmed-999000101")
    assert '<p class="notice big">RETRACTED, see PMID 999000201</p>' in paper
    get("/tracker/records/pubmed-1", 404)


def test_cut_texts_joined_are_the_text() -> None:
    text = "PP405 gel in alopecia"
    parts = segments(text, [(0, 9, "approach"), (0, 5, "code"), (13, 21, "condition")])
    assert "".join(piece for piece, _ in parts) == text
    assert parts == [("PP405", "approach; code"), (" gel", "approach"), (" in ", ""), ("alopecia", "condition")]
    assert segments("", []) == [] and segments("a", []) == [("a", "")]


@pytest.mark.parametrize("asked", ["pp-405", "PP405", "exosome", "exosomes", "micro-needling", "microneedling"])
def test_search_finds_plurals_and_other_spellings(get: Get, asked: str) -> None:
    assert "<mark>" in get(f"/search?q={asked}")


def test_search_says_what_is_wrong(get: Get) -> None:
    assert "no word to search for" in get("/search?q=%22%21%22")
    assert "did you mean" in get("/search?q=gel&stage=phaze2")
    assert "<script>alert" not in get("/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E")


def test_what_is_private_is_given_out_by_no_address(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "tracker.db"
    with sqlite3.connect(database) as source, sqlite3.connect(copy) as target:
        source.backup(target)
        for table in PRIVATE:
            columns = [row[1] for row in target.execute(f"pragma table_info({table})")]
            assert columns, table
        target.execute(
            "insert into quarantine (source, record, sha256, payload, reason, query, seen)"
            " values ('pubmed', '1', 'x', x'00', 'half a secret', 'q', '2026')"
        )
    get = getter(copy)
    for table in PRIVATE:
        get(f"/tracker/{table}", 403)
        assert table not in re.findall(r'href="/tracker/(\w+)"', get("/tracker"))
    for sql in ("select+*+from+quarantine", "select+reason+from+(select+*+from+quarantine)",
                "select+group_concat(reason)+from+quarantine"):  # fmt: skip
        assert "half a secret" not in get(f"/tracker.json?sql={sql}")


def test_what_is_inside_is_not_listed(get: Get) -> None:
    listed = set(re.findall(r'href="/tracker/(\w+)"', get("/tracker")))
    assert listed & set(INSIDE) == set() and {"cards", "trials", "what_moved", "silent_trials"} <= listed


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        yield at(stand_in, tmp_path)


def test_hostile_titles_and_addresses_are_inert(world: World) -> None:
    world.put_article(1, "&lt;script&gt;alert(1)&lt;/script&gt; [x](javascript:alert(1)) gel for alopecia")
    world.fetch()
    with Store.open(world.settings.db) as store, store.transaction():
        store.db.conn.execute(
            "update records set url = 'javascript:alert(1)', title = '<img src=x onerror=alert(1)> gel'"
        )
    get = getter(world.settings.db)
    for page in ("/", "/tracker/cards", "/search?q=gel", f"/tracker/records/pubmed-{pmid(1)}", "/tracker/records"):
        text = get(page)
        assert "<img src=x" not in text and 'href="javascript:' not in text, page


def test_pages_stay_right_while_a_fetch_commits(world: World) -> None:
    world.put_article(1)
    world.fetch()
    get = getter(world.settings.db)
    assert "1 papers and 0 trials held" in get("/")
    with Store.open(world.settings.db) as store, store.transaction():
        store.db.conn.execute("update records set title = 'half a batch'")
        assert "half a batch" not in get("/tracker/cards")  # not committed: nobody sees it, and nobody waits
    world.put_study(1)
    world.fetch(1)
    assert "1 papers and 1 trials held" in get("/") and nct(1) in get("/tracker/what_moved")


def test_an_empty_database_has_pages_too(world: World) -> None:
    world.fetch()
    get = getter(world.settings.db)
    assert "Nothing moved" in get("/")
    for page in ("/board", "/tracker/cards", "/-/dashboards/tracker", "/tracker/trial_sites"):
        get(page)


def test_the_server_listens_on_this_machine_alone_and_ends_when_told(database: Path) -> None:
    command = [sys.executable, "-m", "tracker.browse.serving", str(database), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())
        assert address is not None
        try:
            assert b"tracker" in urllib.request.urlopen(address[0], timeout=20).read()
            head = urllib.request.urlopen(address[0] + "tracker-static/tracker.css", timeout=20)
            assert head.status == 200
        finally:
            server.terminate()
        begun = time.monotonic()
        server.wait(10)
        assert time.monotonic() - begun < 10


@pytest.mark.skipif(shutil.which("chromedriver") is None, reason="needs Chromium and its driver")
def test_a_real_browser_clicks_from_home_to_a_record_and_back(database: Path) -> None:
    from selenium import webdriver
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    options = webdriver.ChromeOptions()
    for flag in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                 "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    command = [sys.executable, "-m", "tracker.browse.serving", str(database), "0"]
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        home = server.stdout.readline().split(" at ")[1].split()[0]
        browser = webdriver.Chrome(options, service)
        try:
            browser.get(home)
            box = browser.find_element(By.ID, "q")
            box.send_keys("pp-405\n")
            browser.find_element(By.CSS_SELECTOR, ".card .why a").click()
            assert "/tracker/records/" in browser.current_url and browser.find_elements(By.TAG_NAME, "mark")
            browser.find_element(By.CSS_SELECTOR, ".bar .name").click()
            assert browser.current_url == home
            browser.find_element(By.CSS_SELECTOR, ".board td a").click()
            wait = WebDriverWait(browser, 10)
            wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, ".rows-and-columns tbody tr"))
            browser.get(home + "tracker/trial_sites")
            wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, ".leaflet-container"))
            assert [line for line in browser.get_log("browser") if line["level"] == "SEVERE"] == []
        finally:
            browser.quit()
            server.terminate()


def test_a_card_leads_out_by_its_title_and_in_by_its_page(get: Get) -> None:
    for page in ("/tracker/cards", "/search?q=pp-405", "/tracker/literature", "/tracker/records"):
        cards = re.findall(r'<article class="card.*?</article>', get(page), re.DOTALL)
        assert cards, page
        for card in cards:
            assert re.search(r'<h3><a href="https://(?:pubmed\.ncbi|clinicaltrials)', card), card
            assert re.search(r'href="/tracker/records/[^"]+" aria-label="Page of', card), card
            assert ">PubMed<" in card or ">ClinicalTrials.gov<" in card
    assert ">false<" not in get("/tracker/digests") and "1 retraction, 1 correction" in get("/tracker/digests")
    issue = get("/tracker/digests/1")
    assert "CLOSE TO THE CLINIC" in issue.upper() and '<pre class="issue">' in issue


@pytest.mark.parametrize(
    ("page", "status"),
    [
        ("/tracker/cards?_search=%22", 200),
        ("/tracker/cards?_search=%22%22&approaches__arraycontains=MPC+inhibitors", 200),
        ("/tracker/cards?_search=*+-", 200),
        ("/tracker/cards?_next=nothing", 400),
        ("/tracker/records?_next=a,b,c", 400),
        ("/tracker/cards?_sort=nothing", 400),
        ("/tracker/records/a,b", 404),
        ("/search?q=gel&kind=nothing", 200),
        ("/tracker/moved_since?since=nothing", 200),
    ],
)
def test_an_address_that_asks_for_what_there_is_not_is_told_so(get: Get, page: str, status: int) -> None:
    text = get(page, status)
    assert "Traceback" not in text and "<!DOCTYPE html>" in text


def test_pages_have_a_language_and_a_way_past_the_bar(get: Get) -> None:
    for page in ("/", "/tracker/cards", "/tracker/records/NCT99900002", "/-/dashboards/tracker", "/tracker/trials"):
        text = get(page)
        assert '<html lang="en">' in text and 'href="#content">Skip' in text and 'id="content"' in text
