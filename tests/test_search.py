"""`tracker search`: what plain words find, however they are written, and what it says of each hit."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_cli import tracker
from tests.world import World, at, nct, pmid
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.errors import ConfigError
from tracker.page.found import found_page
from tracker.store import Store
from tracker.store.filters import Filters
from tracker.store.searching import BEGIN, END, Found, expression_of, search

TITLES = {
    1: "PP405 gel in alopecia",
    2: "PP\u2011405 gel wakes follicles in alopecia",
    3: "The drug PP 405, a gel for alopecia",
    4: "Exosome gel for alopecia",
    5: "A gel after micro-needling for alopecia, by Sj\u00f6gren",
    6: "Gel for alopecia after chemotherapy",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path_factory.mktemp("search"))
        for n, title in TITLES.items():
            world.put_article(n, title, abstract="A gel was tested. Alopecia was seen in 20 mice; hair regrew.")
        world.put_article(7, "Moss gel", abstract="Moss gels in ponds, with a word on alopecia in the moss.")
        world.put_article(8, "On mice without hair", mesh=["Alopecia", "Mossy Fibers, Hippocampal"])
        world.put_study(1)
        world.fetch()
        yield world


def found(world: World, text: str, limit: int = 20, **filters: str) -> Found:
    with Store.read(world.settings.db) as store:
        return search(store, text, Filters(**filters), limit)


def numbers(world: World, text: str, **filters: str) -> set[int]:
    """The numbers of the articles that are found; 0 for the trial."""
    ids = [hit.id for hit in found(world, text, **filters).hits]
    return {int(one.removeprefix("pubmed-")) - int(pmid(0)) if one != nct(1) else 0 for one in ids}


@pytest.mark.parametrize("text", ["pp405", "PP-405", "pp 405", "PP\u2011405", "pp\u2013405 gel", '"pp-405"', "Pp405*"])
def test_a_code_is_found_however_it_is_written_and_was_written(world: World, text: str) -> None:
    assert numbers(world, text) == {1, 2, 3}


@pytest.mark.parametrize(
    ("text", "articles"),
    [
        ("exosomes", {4}),
        ("EXOSOME gels", {4}),
        ("exos*", {4}),
        ("microneedling", {5}),
        ("micro-needling", {5}),
        ("micro needling", {5}),
        ("Sjogren", {5}),
        ("sj\u00f6gren", {5}),
        ("exosome OR needling", {4, 5}),
        ("exosome AND gel", {4}),
        ('"gel after"', {5}),
        ('"after gel"', set()),
        ("exosome pp405", set()),
    ],
)
def test_endings_hyphens_accents_and_case_do_not_matter(world: World, text: str, articles: set[int]) -> None:
    assert numbers(world, text) == articles


@pytest.mark.parametrize(
    "text",
    [
        *(
            'gel "',
            "gel)",
            "(gel",
            "title:gel",
            "gel NEAR moss",
            "gel^2",
            "-pond gel",
            "gel*alopecia",
            "{gel}",
            "a+b",
            "gel;",
        ),
        *("NEAR(gel alopecia, 5)", "NOT", "gel NOT", "OR gel", "gel OR", "'; drop table records", "\x00gel"),
        *("ge\u0301l", "\U0001f9b0 gel", "gel " * 39),
    ],
)
def test_whatever_is_typed_is_words_and_never_syntax(world: World, text: str) -> None:
    found(world, text)


@pytest.mark.parametrize("text", ["", "  ", "!!!", '"', '""', "OR", "\U0001f9b0", "*"])
def test_without_a_word_it_says_so(world: World, text: str) -> None:
    with pytest.raises(ConfigError, match="there is no word to search for"):
        found(world, text)


def test_too_many_words_are_refused_before_they_reach_the_database() -> None:
    with pytest.raises(ConfigError, match="too many"):
        expression_of("gel " * 1000)


def test_a_hit_says_why_with_the_words_marked(world: World) -> None:
    (hit,) = found(world, "exosomes mice").hits
    assert hit.title == f"{BEGIN}Exosome{END} gel for alopecia"
    assert hit.field == "abstract" and f"{BEGIN}mice{END}" in hit.why
    page = found_page(found(world, "exosomes"))
    assert f"pubmed-{pmid(4)}" in page and "1 record found." in page


def test_an_article_is_found_by_the_name_of_its_approach(world: World) -> None:
    hit = next(hit for hit in found(world, "UK-5099").hits if hit.id == f"pubmed-{pmid(1)}")
    assert hit.field == "approach" and f"{BEGIN}UK-5099{END}" in hit.why


def test_what_stands_in_a_list_of_terms_is_shown_without_its_punctuation(world: World) -> None:
    (hit,) = found(world, "mossy").hits
    assert (hit.field, hit.why) == ("terms", f"Alopecia; {BEGIN}Mossy{END} Fibers, Hippocampal")


def test_filters_narrow_and_their_names_are_checked(world: World) -> None:
    assert numbers(world, "gel", kind="trial") == {0}
    assert numbers(world, "gel", approach="ev") == {4} == numbers(world, "gel", approach="ev.unspec")
    assert 0 in numbers(world, "gel", stage="phase2") and 1 not in numbers(world, "gel", stage="phase2")
    assert numbers(world, "pp405", since="2031-02") == {2, 3}
    assert numbers(world, "pp405", since="2031") == {1, 2, 3} and numbers(world, "pp405", since="2032") == set()
    for filters, words in [
        ({"approach": "ev.unspek"}, 'no approach is named "ev.unspek" - did you mean "ev.unspec"'),
        ({"stage": "fase2"}, "no stage is named"),
        ({"since": "yesterday"}, "yesterday: is no date"),
        ({"since": "2025-13"}, "2025-13: is no date"),
    ]:
        with pytest.raises(ConfigError, match=words):
            found(world, "gel", **filters)


def test_a_word_with_a_minus_before_it_must_not_occur(world: World) -> None:
    assert numbers(world, "pp405") == {1, 2, 3}
    assert numbers(world, "pp405 -follicles") == {1, 3} and numbers(world, "pp405 -follicle -drugs") == {1}
    assert numbers(world, "gel alopecia OR moss -pp405") & {1, 2, 3} == set()
    assert numbers(world, "pp405 -pp-405") == set()
    with pytest.raises(ConfigError, match="no word"):
        expression_of("-pp405")


def test_off_topic_hits_come_last_and_are_marked(world: World) -> None:
    with Store.open(world.settings.db) as store, store.transaction():
        store.db.conn.execute(
            "update labels set label = 'off' where axis = 'relevance' and record = ?", [f"pubmed-{pmid(6)}"]
        )
    verdicts = [hit.relevance == "off" for hit in found(world, "alopecia").hits]
    assert verdicts == sorted(verdicts) and verdicts[-1] and not verdicts[0]
    assert "off topic" in found_page(found(world, "chemotherapy"))


def test_it_says_how_many_more_there_are_and_what_each_word_finds_alone(world: World) -> None:
    few = found(world, "gel", limit=2)
    assert len(few.hits) == 2 and few.total == 9
    assert "9 records found. 7 more are not shown: --limit 9 shows all." in found_page(few)
    none = found_page(found(world, "exosome unicorn"))
    assert "Nothing that is held says all of this" in none and "exosome 1, unicorn 0" in none


def test_the_command_prints_plain_text_when_piped_and_json_when_asked(world: World) -> None:
    done = tracker(world, "search", "pp-405", "gel", "--limit", "1")
    assert done.returncode == 0 and "\x1b" not in done.stdout
    assert (
        "*PP405* *gel* in alopecia" in done.stdout or "*PP\u2011405* *gel*" in done.stdout or "*PP 405*" in done.stdout
    )
    told = json.loads(tracker(world, "search", "exosomes", "--json").stdout)
    assert told["total"] == 1 and set(told["hits"][0]) == {
        "id", "kind", "title", "published", "url", "relevance", "stage", "stage_label", "approaches", "same_as",
        "notice", "why",
    }  # fmt: skip
    assert told["hits"][0]["title"] == TITLES[4] and told["hits"][0]["why"]["text"] == "*Exosome* gel for alopecia"


def test_wrong_options_are_said_in_one_line(world: World, tmp_path: Path) -> None:
    for arguments, code, words in [
        (["search"], 2, "WORDS"),
        (["search", "!"], 2, "no word to search for"),
        (["search", "gel", "--kind", "paper"], 2, "paper"),
        (["--db", str(tmp_path / "no.db"), "search", "gel"], 1, "there is no database yet"),
    ]:
        done = tracker(world, *arguments)
        assert done.returncode == code and words in done.stderr and "Traceback" not in done.stderr
