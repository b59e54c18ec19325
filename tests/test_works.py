"""One work, however many records it has: united whichever came first, undone when contradicted, told as new once."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest

from tests.faultserver import FaultServer, Say
from tests.feed_world import rss
from tests.test_as_of import as_of, forms
from tests.test_cli import tracker
from tests.test_ties import corrections, linked, named
from tests.world import WEEKS, World, at, hair_article, nct, pmid
from tracker.classify import Classifier, load_taxonomy
from tracker.dates import clock_from
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.pipeline.judging import classify_all
from tracker.pipeline.missing import explain_missing
from tracker.store import Store

TITLE = "A topical gel in 20 people with alopecia"
AUTHORS = ("Moss A", "Fern B", "Reed C")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path)
        world.put_article(1)
        world.put_study(1)
        world.fetch(0)
        world.digest(0)
        yield world


def put(
    world: World, n: int, title: str = TITLE, authors: Sequence[str] = AUTHORS, year: int = 2031, doi: str = "",
    types: Sequence[str] = ("Journal Article",), rest: str = "", day: int = 15, **more: str,
) -> str:  # fmt: skip
    """An article with these authors ("Moss A") and this DOI, changed on a day of November."""
    body = hair_article(n, title, types=types, rest=rest, **more).decode()
    people = (
        f"<Author><LastName>{one[:-2]}</LastName><ForeName>{one[-1]}nna</ForeName></Author>"
        if one[-2:-1] == " "
        else f"<Author><CollectiveName>{one}</CollectiveName></Author>"
        for one in authors
    )
    body = re.sub(r"(?s)<AuthorList>.*</AuthorList>", f"<AuthorList>{''.join(people)}</AuthorList>", body)
    body = body.replace("<Year>2031</Year>", f"<Year>{year}</Year>")
    if doi:
        body = body.replace("</ArticleIdList>", f'<ArticleId IdType="doi">{doi}</ArticleId></ArticleIdList>')
    world.upstream.put_article(body.encode(), date(2026, 11, 15), date(2026, 11, day))
    return f"pubmed-{pmid(n)}"


def preprint(world: World, n: int, title: str = TITLE, **more: object) -> str:
    return put(world, n, title, types=("Preprint",), **more)  # type: ignore[arg-type]


def works(world: World) -> dict[str, str | None]:
    rows = world.rows("select id, same_as from records where kind = 'article' and id != ?", f"pubmed-{pmid(1)}")
    return {row["id"]: row["same_as"] for row in rows}


def by_title(world: World) -> list[tuple[str, str, str]]:
    rows = world.rows("select record, relation, target from links where origin = 'title'")
    return [(row["record"], row["relation"], row["target"]) for row in rows]


def why(world: World, n: int, week: int) -> str:
    with Store.read(world.settings.db) as store:
        clock = clock_from({"TRACKER_NOW": WEEKS[week]})
        return explain_missing(world.settings, store, world.settings.digest("weekly"), pmid(n), clock)


# ---- what is one work


@pytest.mark.parametrize("order", [(3, 4), (4, 3)])
def test_a_preprint_and_its_paper_are_known_by_title_and_authors_whichever_came_first(
    world: World, order: tuple[int, int]
) -> None:
    for week, n in enumerate(order, start=1):
        if n == 3:
            preprint(world, 3, "[A Topical  <i>Gel</i> in 20 People, with Alopecia].", year=2028)
        else:
            put(world, 4, authors=(*AUTHORS, "Sedge D"))
        world.fetch(week)
    old, new = f"pubmed-{pmid(3)}", f"pubmed-{pmid(4)}"
    assert works(world) == {old: new, new: None}
    assert by_title(world) == [(old, "preprint_of", new)]
    assert world.kinds(new) == (["published_from_preprint"] if order[0] == 3 else ["new_article"])


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("both are papers", {"types": ("Journal Article",)}),
        ("a title of five words", {"title": "A gel in alopecia, tested"}),
        ("another part", {"title": TITLE + ", part 1", "other": TITLE + ", part 2"}),
        ("another sign", {"title": "CD34+ cells and a gel in alopecia", "other": "CD34- cells and a gel in alopecia"}),
        ("another first author", {"authors": ("Fern B", "Moss A", "Reed C")}),
        ("a namesake", {"authors": ("Moss Z", "Fern B", "Reed C")}),
        ("half of the authors", {"authors": ("Moss A", "Fern B", "Sedge D", "Rush E")}),
        ("a single author", {"authors": ("Moss A",)}),
        ("a group alone", {"authors": ("The Gel Group",)}),
        ("no authors", {"authors": ()}),
        ("five years later", {"year": 2026}),
        ("an erratum", {"types": ("Preprint", "Published Erratum")}),
        ("a comment", {"types": ("Preprint", "Comment")}),
        ("PubMed says that it comments", {"rest": corrections("CommentOn", 4)}),
        ("PubMed names another paper", {"rest": corrections("UpdateIn", 9)}),
    ],
)  # fmt: skip
def test_any_doubt_leaves_them_two(world: World, what: str, changes: dict[str, object]) -> None:
    changes = dict(changes)
    title = str(changes.pop("title", TITLE))
    other = str(changes.pop("other", title))
    put(world, 3, **{"title": title, "types": ("Preprint",), **changes})  # type: ignore[arg-type]
    put(world, 4, other)
    world.fetch(1)
    assert set(works(world).values()) == {None}, what
    assert by_title(world) == []


def test_a_single_author_is_enough_beside_a_single_one(world: World) -> None:
    preprint(world, 3, authors=("Moss A",))
    paper = put(world, 4, authors=("Moss A",))
    world.fetch(1)
    assert works(world)[f"pubmed-{pmid(3)}"] == paper


def test_where_two_papers_would_fit_none_is_taken(world: World) -> None:
    """Not even the one that was taken while it stood alone; two PMIDs of one paper are one paper."""
    one, first = preprint(world, 3), put(world, 4, doi="10.5555/a")
    world.fetch(1)
    assert works(world)[one] == first
    twin = put(world, 5, doi="10.5555/A")
    world.fetch(2)
    assert works(world) == {one: twin, first: twin, twin: None}
    put(world, 6, doi="10.5555/b")
    world.fetch(3)
    assert works(world) == {one: None, first: twin, twin: None, f"pubmed-{pmid(6)}": None}
    assert by_title(world) == []


@pytest.mark.parametrize("change", ["title", "authors", "erratum"])
def test_a_later_version_that_contradicts_undoes_it(world: World, change: str) -> None:
    preprint(world, 3)
    put(world, 4)
    world.fetch(1)
    assert by_title(world)
    later = {
        "title": {"title": "Another gel in 20 people with alopecia"},
        "authors": {"authors": ("Rush E", "Sedge D")},
        "erratum": {"types": ("Published Erratum",)},
    }[change]
    put(world, 4, **later)  # type: ignore[arg-type]
    world.fetch(2, full=True)
    assert set(works(world).values()) == {None} and by_title(world) == []


@pytest.mark.parametrize(
    ("changes", "united"),
    [
        ({}, True),
        ({"types": ("Published Erratum",)}, False),
        ({"types": ("Retraction of Publication",)}, False),
        ({"types": ("Expression of Concern",)}, False),
        ({"types": ("Comment", "Letter")}, False),
        ({"title": "Erratum to: a topical gel in alopecia"}, False),
        ({"title": "Author's correction: a topical gel in alopecia"}, False),
        ({"title": "Reply to a note on a topical gel in alopecia"}, False),
        ({"title": "Response to a topical gel in alopecia"}, True),
        ({"title": "Correction of alopecia by a topical gel"}, True),
        ({"rest": corrections("ErratumFor", 4)}, False),
        ({"rest": corrections("RetractionOf", 4)}, False),
        ({"rest": corrections("CommentOn", 4)}, False),
    ],
)
def test_two_pmids_of_one_doi_are_one_paper_but_never_a_notice_and_its_paper(
    world: World, changes: dict[str, object], united: bool
) -> None:
    paper = put(world, 4, doi="10.5555/a")
    other = put(world, 5, doi="10.5555/a", **changes)  # type: ignore[arg-type]
    world.fetch(1)
    assert works(world) == {paper: other if united else None, other: None}


def test_a_doi_or_a_title_that_many_share_names_no_work(world: World) -> None:
    for n in range(10, 21):
        put(world, n, f"Abstract {n} on a gel in alopecia", doi="10.5555/volume")
        (preprint if n % 2 else put)(world, n + 20, "Abstracts of a meeting on alopecia and a gel")
        world.fetch(1)
    assert set(works(world).values()) == {None} and by_title(world) == []


def test_an_updated_review_is_no_preprint_that_came_out(world: World) -> None:
    """PubMed writes UpdateOf for both."""
    old = put(world, 3, "Gels for alopecia: a systematic review")
    new = put(world, 4, "Gels for alopecia: a systematic review, updated", rest=corrections("UpdateOf", 3))
    world.fetch(1)
    assert works(world) == {old: None, new: None} and world.kinds(new) == ["new_article"]


def test_whatever_order_they_come_in_the_works_are_the_same(tmp_path: Path) -> None:
    seen = set()
    for n, order in enumerate(permutations((3, 4, 5))):
        with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
            world = at(stand_in, tmp_path / str(n))
            for week, one in enumerate(order):
                (preprint if one == 3 else put)(world, one, doi="10.5555/p" if one == 3 else "10.5555/a")
                world.fetch(week)
            seen.add((str(sorted(works(world).items())), str(by_title(world))))
    ((united, links),) = seen
    assert united.count(f"'pubmed-{pmid(5)}'") == 3 and links.count("preprint_of") == 2


def test_the_version_of_record_is_one_that_is_held(world: World) -> None:
    """PubMed deletes one of two PMIDs of a paper: the other one stands, and nothing is missed."""
    old, new = put(world, 4, doi="10.5555/a"), put(world, 5, doi="10.5555/a")
    for n in range(10, 14):
        world.put_article(n)
    world.fetch(1)
    world.digest(1)
    assert works(world)[old] == new
    world.upstream.delete_article(pmid(5))
    for week in (2, 3):
        world.fetch(week)
    assert world.kinds(new)[-1] == "gone" and works(world)[new] == old and works(world)[old] is None
    assert "no longer holds" not in world.digest(3)
    assert "no other version stands for" in why(world, 5, 3)


def test_judging_again_and_reading_again_change_nothing(world: World) -> None:
    preprint(world, 3)
    put(world, 4)
    world.fetch(1)
    before = world.dump()
    with Store.open(world.settings.db) as store:
        classifier, clock = Classifier(load_taxonomy(world.settings.approaches)), clock_from({"TRACKER_NOW": WEEKS[1]})
        assert classify_all(world.settings, store, classifier, clock).changed == 0
    world.fetch(2, full=True)
    assert world.dump() == before and by_title(world)
    with Store.open(world.settings.db) as store:  # as a parser would have left it that read titles otherwise
        store.db.conn.execute("update records set title_key = '', same_as = null")
        store.db.conn.execute("delete from links where origin = 'title'")
        store.db.conn.commit()
    assert tracker(world, "classify", TRACKER_NOW=WEEKS[2]).returncode == 0
    assert world.dump() == before and by_title(world)


def test_what_was_stored_before_titles_were_compared_is_united_when_it_is_opened(world: World) -> None:
    old, new = preprint(world, 3), put(world, 4)
    world.fetch(1)
    before = world.dump()
    with Store.open(world.settings.db) as store:
        store.db.conn.execute("update records set title_key = null, same_as = null")
        store.db.conn.execute("delete from links where origin = 'title'")
        store.db.conn.commit()
    with Store.open(world.settings.db):
        pass
    assert world.dump() == before and works(world) == {old: new, new: None}


def test_a_file_unites_what_it_brings(world: World) -> None:
    old = preprint(world, 3)
    world.fetch(1)
    body = hair_article(4, TITLE, types=["Journal Article"]).decode()
    names = (f"<LastName>{one[:-2]}</LastName><Initials>{one[-1]}</Initials>" for one in AUTHORS)
    people = "".join(f"<Author>{name}</Author>" for name in names)
    body = re.sub(r"(?s)<AuthorList>.*</AuthorList>", f"<AuthorList>{people}</AuthorList>", body)
    (world.folder / "file.xml").write_text(f"<PubmedArticleSet>{body}</PubmedArticleSet>")
    assert tracker(world, "import", "file.xml", TRACKER_NOW=WEEKS[1]).returncode == 0
    assert works(world)[old] == f"pubmed-{pmid(4)}"


# ---- what is told of it


def told_in_weeks(world: World, *puts: object) -> list[str]:
    """The issues of the weeks from the first on, each after one more step."""
    out = []
    for week, step in enumerate(puts, start=1):
        step()  # type: ignore[operator]
        world.fetch(week)
        out.append(world.digest(week))
    return out


VERSIONS = "1 other version of works held before"


def test_a_preprint_that_arrives_after_its_paper_is_counted_and_not_told(world: World) -> None:
    first, second = told_in_weeks(world, lambda: put(world, 4), lambda: preprint(world, 3))
    assert "1 new human study" in first and TITLE in first
    assert TITLE not in second and VERSIONS in second and "A quiet week" in second
    said = why(world, 3, 2)
    assert f"It is another version of PMID {pmid(4)}, told in 2026-W47, and not told as new." in said
    assert "Told in 2026-W47 of" in said and "no room" not in said and "ever to be told" not in said
    assert "another version" not in why(world, 4, 2)


def test_a_second_pmid_of_a_told_paper_is_counted_and_not_told(world: World) -> None:
    first, second = told_in_weeks(
        world, lambda: put(world, 4, doi="10.5555/a"), lambda: put(world, 5, doi="10.5555/a", title=TITLE + ".")
    )
    assert TITLE in first and TITLE not in second
    assert VERSIONS in second and "other paper" not in second
    said = why(world, 5, 2)
    assert f"another version of PMID {pmid(4)}, told in 2026-W47" in said and "no room" not in said


def test_another_version_of_the_baseline_is_no_news(world: World) -> None:
    """Article 1 was there before the digest was."""
    put(world, 1, "Gel number 1 for alopecia and its hair", doi="10.5555/a")
    world.fetch(0, full=True)
    (issue,) = told_in_weeks(world, lambda: put(world, 5, doi="10.5555/a"))
    assert TITLE not in issue and VERSIONS in issue
    assert f"another version of PMID {pmid(1)}, held before, and not told as new" in why(world, 5, 1)


def test_two_versions_of_one_week_are_told_once(world: World) -> None:
    put(world, 4, doi="10.5555/a")
    put(world, 5, doi="10.5555/a")
    preprint(world, 3)
    world.fetch(1)
    issue = world.digest(1)
    assert issue.count(f"**{TITLE}**") == 1 and "other version" not in issue


def test_a_preprint_that_comes_out_is_told_as_published_once_and_its_second_pmid_is_not(world: World) -> None:
    issues = told_in_weeks(
        world,
        lambda: preprint(world, 3),
        lambda: put(world, 4, doi="10.5555/a"),
        lambda: put(world, 5, doi="10.5555/a", rest=corrections("UpdateOf", 3)),
    )
    assert "1 preprint" in issues[0] and "published; was the preprint" in issues[1] and TITLE in issues[1]
    assert TITLE not in issues[2] and VERSIONS in issues[2]


def test_a_paper_whose_preprint_is_recognised_after_it_was_stored_is_told_as_new(world: World) -> None:
    """The link comes in the week of the paper, a day later."""

    def paper() -> None:
        put(world, 4, "The gel trial in 20 people with alopecia, in full")
        world.fetch(2)
        preprint(world, 3, rest=corrections("UpdateIn", 4))
        world.fetch(2, full=True)

    first, second = told_in_weeks(world, lambda: preprint(world, 3), paper)
    assert "1 preprint" in first and "1 new human study" in second and "Told before in 2026-W47" in second


def test_a_version_that_the_digest_could_not_tell_hides_no_later_one(world: World) -> None:
    """The first record is off topic by its words; the second one is not."""
    off = "A gel for hair cells of the cochlea, and no word of alopecia but this."
    first, second = told_in_weeks(
        world,
        lambda: put(world, 4, "Hair cells of the cochlea", doi="10.5555/a", abstract=off),
        lambda: put(world, 5, doi="10.5555/a"),
    )
    assert "off topic" in first and TITLE in second and "other version" not in second


def test_a_trial_is_told_its_result_once_for_two_pmids_and_again_when_the_preprint_comes_out(world: World) -> None:
    told_in_weeks(
        world,
        lambda: preprint(world, 3, abstract=named(1)),
        lambda: put(world, 4, doi="10.5555/a", abstract=named(1)),
        lambda: put(world, 5, doi="10.5555/a", abstract=named(1)),
    )
    assert [paper for paper, _ in linked(world, nct(1))] == [f"pubmed-{pmid(3)}", f"pubmed-{pmid(4)}"]


def test_two_records_of_one_paper_that_are_retracted_are_one_correction(world: World) -> None:
    def retract(n: int, day: int) -> None:
        put(world, n, day=day, doi="10.5555/a", types=("Retracted Publication",), rest=corrections("RetractionIn", 9))

    def both() -> None:
        for n in (4, 5):
            put(world, n, doi="10.5555/a")

    issues = told_in_weeks(world, both, lambda: retract(4, 22), lambda: retract(5, 29))
    assert "retracted" in world.kinds(f"pubmed-{pmid(5)}")
    assert "1 retraction" in issues[1] and "This digest told it in 2026-W47." in issues[1]
    assert "retraction" not in issues[2].partition("## Receipt")[0] and "A quiet week" in issues[2]


def test_two_records_that_are_retracted_in_one_week_say_it_once(world: World) -> None:
    def both(**more: object) -> None:
        for n in (4, 5):
            put(world, n, doi="10.5555/a", **more)  # type: ignore[arg-type]

    retracted = {"day": 22, "types": ("Retracted Publication",), "rest": corrections("RetractionIn", 9)}
    _, issue = told_in_weeks(world, both, lambda: both(**retracted))
    assert "1 retraction" in issue and issue.count("retracted by") == 1


# ---- what is gone


def some_more(world: World) -> None:
    for n in range(10, 14):
        world.put_article(n)


def test_a_told_paper_that_is_gone_and_returns_stands_with_the_corrections(world: World) -> None:
    some_more(world)
    paper = put(world, 4)
    world.fetch(1)
    world.digest(1)
    world.upstream.delete_article(pmid(4))
    world.fetch(1)
    world.fetch(2)
    gone = world.digest(2)
    assert world.kinds(paper)[-1] == "gone"
    assert "1 paper that its source no longer holds" in gone and "other paper" not in gone
    assert gone.index("## Corrections") < gone.index("PubMed no longer holds it")
    assert "This digest told it in 2026-W47." in gone
    put(world, 4)
    world.fetch(3)
    back = world.digest(3)
    assert "1 paper that its source holds again" in back and "PubMed holds it again" in back


def test_a_paper_that_was_never_told_is_not_missed(world: World) -> None:
    some_more(world)
    world.fetch(0)
    world.upstream.delete_article(pmid(1))
    for week in (1, 2):
        world.fetch(week)
    issue = world.digest(2)
    assert world.kinds(f"pubmed-{pmid(1)}")[-1] == "gone"
    assert "no longer holds" not in issue and "other paper" not in issue
    assert "Told only of a paper that was told before" in why(world, 1, 2)


def test_composed_each_week_and_afterwards_are_the_same(world: World) -> None:
    some_more(world)
    issues = []
    world.fetch(1)
    preprint(world, 3)
    put(world, 4, doi="10.5555/a")
    put(world, 5, doi="10.5555/a")
    world.fetch(1)
    issues.append((1, world.digest(1)))
    preprint(world, 3, "Another gel in 20 people with alopecia")
    world.upstream.delete_article(pmid(5))
    world.fetch(2, full=True)
    issues.append((2, world.digest(2)))
    world.fetch(3)
    issues.append((3, world.digest(3)))
    assert works(world)[f"pubmed-{pmid(5)}"] == f"pubmed-{pmid(4)}" and by_title(world) == []
    with Store.open(world.settings.db) as store:
        for table in ("digest_items", "deliveries", "digests"):
            store.db.conn.execute(f"delete from {table}")
        store.db.conn.commit()
    for week, text in issues:
        assert forms(as_of(world, WEEKS[week]))[2] == text, week


ITEM = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/"><channel rdf:about="u"><title>Made-up preprints</title></channel>
 <item rdf:about="u1"><title>A gel that was called otherwise, in alopecia</title>
 <link>https://www.medrxiv.org/content/10.1101/2026.11.01.26300001v1?rss=1</link></item></rdf:RDF>"""
SOURCE = "medRxiv [Preprint]. 2026 Nov 1:2026.11.01.26300001. doi: 10.1101/2026.11.01.26300001."
UPDATE = (
    '<CommentsCorrectionsList><CommentsCorrections RefType="UpdateOf"><RefSource>'
    + SOURCE
    + "</RefSource></CommentsCorrections></CommentsCorrectionsList>"
)


@pytest.mark.parametrize("first", ["preprint", "paper"])
def test_a_preprint_that_pubmed_names_by_its_doi_alone_is_of_one_work_with_the_paper(world: World, first: str) -> None:
    with FaultServer([Say(rss())] * (first == "paper") + [Say(ITEM.encode())]) as feed:
        path = world.folder / "queries.toml"
        source = f'\n[[feed]]\nname = "preprints"\nurl = "{feed.url}"\nprivate = true\n[[digest]]'
        path.write_text(path.read_text().replace("[[digest]]", source))
        if first == "paper":
            put(world, 2, rest=UPDATE)
        world.fetch(1)
        paper = put(world, 2, rest=UPDATE)
        world.fetch(2)
    found = works(world)
    (item,) = (name for name in found if name.startswith("feed-"))
    assert found == {item: paper, paper: None}
    assert world.kinds(paper) == ["published_from_preprint" if first == "preprint" else "new_article"]
