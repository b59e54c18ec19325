"""Feeds over real HTTP: what is new is told once, whatever a sender does to its guids, dates, tags and addresses."""

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.faultserver import Say
from tests.feed_world import FeedWorld, item, rss
from tests.world import WEEKS
from tracker.dates import clock_from
from tracker.errors import ConfigError
from tracker.pipeline.as_of import compose_as_of
from tracker.sources.feeds import asking
from tracker.store import Store


@pytest.fixture
def world(tmp_path: Path) -> Iterator[FeedWorld]:
    with FeedWorld(tmp_path) as world:
        yield world


def test_the_first_answer_is_baseline_and_what_comes_later_is_told_once(world: FeedWorld) -> None:
    world.answer = rss(item(1), item(2))
    assert world.fetch(0).new == 2
    world.digest(0)
    world.answer = rss(item(3), item(1), item(2))
    tally = world.fetch(1)
    assert (tally.new, tally.same, tally.error) == (1, 2, "")
    told = world.digest(1)
    assert "item 3" in told and "item 1" not in told and "https://news.example.org/3" in told
    assert "item 3" not in world.digest(2)


def test_an_item_that_left_the_feed_is_neither_absent_nor_gone(world: FeedWorld) -> None:
    world.answer = rss(item(1), item(2))
    world.fetch(0)
    world.answer = rss(item(3))
    for week in (1, 2, 3):
        world.fetch(week)
    assert world.rows("select 1 from matches where absent_since is not null") == []
    assert world.rows("select 1 from records where gone is not null") == []


ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>A journal</title><id>urn:x</id><entry>
<title type="html">Exosomes &lt;b&gt;for&lt;/b&gt; alopecia</title><id>urn:1</id>
<updated>2026-11-16T08:00:00Z</updated><link href="https://journal.example.org/1"/>
<author><name>Ann Fern</name></author><summary>Hair grew.</summary></entry></feed>"""
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
 <channel rdf:about="u"><title>Made-up preprints</title><link>u</link>
 <items><rdf:Seq><rdf:li resource="u1"/></rdf:Seq></items></channel>
 <item rdf:about="http://medrxiv.org/cgi/content/short/2026.11.01.26300001v1?rss=1"><title>
 Exosomes for alopecia in 20 people</title><link>http://medrxiv.org/cgi/content/short/2026.11.01.26300001v1?rss=1</link>
 <dc:creator>Fern, A. B., Moss, C.</dc:creator><dc:date>2026-11-16</dc:date>
 <dc:identifier>doi:10.1101/2026.11.01.26300001</dc:identifier></item></rdf:RDF>"""
JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "J",
    "items": [
        {
            "id": "7",
            "url": "https://j.example.org/7",
            "title": "Exosomes for alopecia",
            "content_html": "<p>Hair <b>grew</b>.</p>",
            "date_published": "2026-11-16T08:00:00Z",
            "authors": [{"name": "Ann Fern"}],
        }
    ],
}
OLD = '<rss version="0.91"><channel><title>t</title>' + item(1, "Exosomes for alopecia") + "</channel></rss>"
NETSCAPE = (
    '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/rss.dtd">'
)


@pytest.mark.parametrize(
    ("body", "form"),
    [(ATOM, "atom10"), (RDF, "rss10"), (json.dumps(JSON), "json"), (OLD, "rss091u"), (NETSCAPE + OLD, "rss091n")],
)
def test_each_form_of_feed_is_read(world: FeedWorld, body: str, form: str) -> None:
    world.answer = body.encode()
    assert world.fetch(1).new == 1
    (row,) = world.rows("select title, published, url, authors, kind from records")
    assert row["title"].startswith("Exosomes for alopecia") and row["published"] == "2026-11-16"
    assert row["url"].startswith("http") and world.rows("select format from feeds") == [{"format": form}]
    if form != "rss091u" and form != "rss091n":
        assert "Fern" in row["authors"]


def test_a_preprint_is_an_article_with_its_flag_and_its_authors(world: FeedWorld) -> None:
    world.answer = RDF.encode()
    world.fetch(0)
    (row,) = world.rows("select id, kind, doi, authors from records")
    assert (row["kind"], row["doi"]) == ("article", "10.1101/2026.11.01.26300001")
    assert [author["family"] for author in json.loads(row["authors"])] == ["Fern", "Moss"]
    assert world.rows("select 1 from labels where record = ? and label = 'preprint'", row["id"])


@pytest.mark.parametrize(
    ("doi", "preprint"),
    [("10.1101/2026.11.01.26300001", True), ("10.1101/123456", True), ("10.1101/gad.351234.126", False),
     ("10.21203/rs.3.rs-1/v1", True), ("10.1000/2026.11.01.26300001", False)],
)  # fmt: skip
def test_a_preprint_is_told_from_a_journal_of_the_same_publisher(world: FeedWorld, doi: str, preprint: bool) -> None:
    world.answer = rss(item(1, link=f"https://doi.org/{doi}"))
    world.fetch(1)
    assert bool(world.rows("select 1 from labels where label = 'preprint'")) == preprint
    assert world.rows("select kind, doi from records") == [{"kind": "article", "doi": doi}]


@pytest.mark.parametrize(
    ("creator", "families"),
    [("Fern, A. B., Moss, C.", ["Fern", "Moss"]), ("Ann Fern, Bob Moss, Cara Reed", ["Fern", "Moss", "Reed"]),
     ("Ann Fern, Bob Moss", ["Fern", "Moss"]), ("Ann Fern, MD", ["Fern"]), ("Fern, Ann", ["Fern"]),
     ("Ann Fern", ["Fern"])],
)  # fmt: skip
def test_authors_are_told_apart(world: FeedWorld, creator: str, families: list[str]) -> None:
    world.answer = RDF.replace("Fern, A. B., Moss, C.", creator).encode()
    world.fetch(1)
    (row,) = world.rows("select authors from records")
    assert [author["family"] for author in json.loads(row["authors"])] == families


def test_what_an_item_names_it_is_tied_to(world: FeedWorld) -> None:
    text = "As NCT05678901 shows, exosomes grow hair (PMID: 38212345; doi: 10.1000/xyz-1). NCT05678901 again."
    world.answer = rss(item(1, text=text))
    world.fetch(0)
    found = world.rows("select relation, target, origin, quote from links order by target")
    assert [(row["relation"], row["target"]) for row in found] == [
        ("mentions", "NCT05678901"), ("mentions", "doi-10.1000/xyz-1"), ("mentions", "pubmed-38212345"),
    ]  # fmt: skip
    assert all(row["origin"] == "abstract" and row["quote"] in text for row in found)


def test_what_is_off_topic_is_kept_out_of_the_digest_with_the_reason(world: FeedWorld) -> None:
    world.fetch(0)
    world.digest(0)
    world.answer = rss(item(1, "A new bridge is opened", text="The mayor spoke."))
    world.fetch(1)
    assert "bridge" not in world.digest(1)
    assert [row["title"] for row in world.rows("select title from off_topic")] == ["A new bridge is opened"]


# ---- Identity: 77, 78


@pytest.mark.parametrize(
    "again",
    [
        item(1, guid="another-each-time"),
        item(1, guid=""),
        item(1, link="https://news.example.org/moved/1"),
        item(1, link="http://www.news.example.org/1/?utm_source=rss&utm_medium=x"),
        item(1, date="Tue, 17 Nov 2026 08:00:00 GMT"),
        item(1, "Exosomes for hair loss, item 1: corrected"),
        item(1, guid="x", link="https://cdn.example.org/1"),
        item(1, text="The text was mended: exosomes for alopecia."),
    ],
)
def test_an_item_is_known_again_whatever_one_thing_changed(world: FeedWorld, again: str) -> None:
    world.answer = rss(item(1), item(2))
    world.fetch(0)
    world.answer = rss(again, item(2))
    tally = world.fetch(1)
    assert (tally.new, tally.changed + tally.same) == (0, 2)
    assert len(world.titles()) == 2


@pytest.mark.parametrize(
    "other",
    [
        item(1, "Nodules after injections of exosomes", link="https://news.example.org/9"),  # a guid that is used again
        item(1, "Nodules after injections of exosomes", date="Mon, 23 Nov 2026 08:00:00 GMT"),  # and the page, too
        item(1, "Nodules after injections of exosomes", guid="9", date="Mon, 23 Nov 2026 08:00:00 GMT"),
    ],
)
def test_a_guid_or_link_that_is_used_again_hides_no_news(world: FeedWorld, other: str) -> None:
    world.answer = rss(item(1))
    world.fetch(0)
    world.answer = rss(other)
    assert world.fetch(1).new == 1
    assert len(world.titles()) == 2


WEEKLY = {"date": "", "text": "Exosomes for alopecia."}


def test_a_weekly_title_without_dates_is_news_each_week(world: FeedWorld) -> None:
    for week in range(3):
        world.answer = rss(item(week, "Weekly update on hair", **WEEKLY))
        assert world.fetch(week).new == 1
    assert len(world.titles()) == 3


def test_two_items_of_one_title_and_day_stay_two_and_a_third_is_a_third(world: FeedWorld) -> None:
    two = [item(n, "Weekly update on hair") for n in (1, 2)]
    world.answer = rss(*two)
    world.fetch(0)
    world.answer = rss(item(3, "Weekly update on hair"), *two)
    tally = world.fetch(1)
    assert (tally.new, tally.same) == (1, 2)


@pytest.mark.parametrize(
    ("here", "there"),
    [("https://e.org/?123", "https://e.org/?124"), ("https://e.org/#1", "https://e.org/#2"),
     ("https://v.org/watch?v=aaa", "https://v.org/watch?v=bbb"), ("https://e.org/x?ref=1", "https://e.org/x?ref=2")],
)  # fmt: skip
def test_links_that_differ_in_their_end_are_two_pages(world: FeedWorld, here: str, there: str) -> None:
    world.answer = rss(item(1, "Exosomes grow hair", link=here, guid="", date=""))
    world.fetch(0)
    world.answer = rss(item(2, "Nodules after exosomes", link=there, guid="", date=""))
    assert world.fetch(1).new == 1


def test_one_release_in_two_feeds_is_told_once(world: FeedWorld) -> None:
    more = f'\n[[feed]]\nname = "wire"\nurl = "{world.server.url}wire"\nprivate = true\n'
    world.configure(world.server.url + "feed", more=more)
    told = item(1, "Exosomes regrow hair, a company says", link="https://release.example.org/1", guid="a")
    again = item(1, "Exosomes regrow hair, a company says", link="https://release.example.org/1?utm_source=x", guid="b")
    world.answer = rss()
    world.fetch_all(0)
    world.digest(0)
    world.answer = lambda request: Say(rss(again)) if request.path == "/wire" else Say(rss(told))
    world.fetch_all(1)
    world.fetch_all(2)
    issues = world.digest(2) + world.digest(3)
    assert issues.count("Exosomes regrow hair") == 1 and len(world.titles()) == 1


def test_what_was_cut_off_is_known_again_when_its_title_was_mended(world: FeedWorld) -> None:
    world.answer = rss(item(1), item(2))[:-40]
    assert world.fetch(0).new == 1
    world.answer = rss(item(1, "Exosomes for hair loss, item 1: corrected"), item(2))
    assert world.fetch(0).new == 1 and len(world.titles()) == 2


def test_a_small_feed_that_was_rebuilt_is_no_news_and_a_busy_one_is(world: FeedWorld) -> None:
    world.answer = rss(*(item(n, date="Mon, 02 Nov 2026 08:00:00 GMT") for n in range(15)))
    world.fetch(0)
    old = {"date": "Mon, 02 Nov 2026 08:00:00 GMT"}
    world.answer = rss(
        *(item(n, f"Story {n} of exosomes", link=f"https://new.example.org/{n}", **old) for n in range(15))
    )
    assert "15 of its 15 items are new at once" in world.fetch(1).error
    world.answer = rss(*(item(n, f"Story {n} of exosomes", link=f"https://busy.example.org/{n}") for n in range(15)))
    assert world.fetch(1).new == 15


def test_one_guid_and_one_link_for_all_are_no_names(world: FeedWorld) -> None:
    same = {"guid": "all", "link": "https://news.example.org/"}
    world.answer = rss(item(1, **same), item(2, **same))
    assert world.fetch(0).new == 2
    world.answer = rss(item(3, **same), item(1, **same), item(2, **same), item(2, **same))
    tally = world.fetch(1)
    assert (tally.new, tally.same, tally.listed) == (1, 2, 3)


def test_one_link_for_all_takes_no_item_its_own_away(world: FeedWorld) -> None:
    world.answer = rss(item(1), item(2))
    world.fetch(0)
    world.answer = rss(*(item(n, link="https://news.example.org/", guid="all") for n in (1, 2)))
    world.fetch(1)
    world.answer = rss(*(item(n, guid="", date="Mon, 23 Nov 2026 08:00:00 GMT") for n in (1, 2)))
    assert world.fetch(2).new == 0


def test_a_feed_lists_few_or_many_and_only_nothing_is_worth_a_look(world: FeedWorld) -> None:
    world.answer = rss(*(item(n) for n in range(9)))
    world.fetch(0)
    world.digest(0)
    world.answer = rss(item(8))
    world.fetch(1)
    assert "Incomplete" not in world.digest(1)
    world.answer = rss()
    world.fetch(2)
    assert "query news: it lists 0 records, where it listed 1 before" in world.digest(2)


@pytest.mark.parametrize(
    ("text", "title"),
    [("Exosomes for alopecia.<br>More of it.", "Exosomes for alopecia."),
     ("exosomes and hair " * 20, "exosomes and hair " * 5 + "exosomes ..."), ("", "(no title)")],
)  # fmt: skip
def test_a_note_without_a_title_goes_by_its_first_words(world: FeedWorld, text: str, title: str) -> None:
    world.answer = rss(item(1, text=text).replace("<title>Exosomes for hair loss, item 1</title>", ""))
    world.fetch(0)
    assert world.titles() == [title]


def test_a_rebuilt_feed_is_no_news_until_somebody_says_so(world: FeedWorld) -> None:
    world.answer = rss(*(item(n) for n in range(30)))
    world.fetch(0)
    before = world.dump()
    world.answer = rss(
        *(item(n, f"Exosomes, story number {n}", link=f"https://new.example.org/{n}") for n in range(100, 600))
    )
    tally = world.fetch(1)
    assert "500 of its 500 items are new at once" in tally.error and "tracker fetch news --accept-drift" in tally.error
    assert world.dump() == before
    assert world.fetch(1, accept_drift=True).new == 500


# ---- The document: 73, 74, 75, 76, 80, 81


@pytest.mark.parametrize("body", [b"<html><body><p>Down for repairs</p></body></html>", b"not found", b"{}", b"[1]"])
def test_what_is_no_feed_is_an_error_and_not_a_quiet_week(world: FeedWorld, body: bytes) -> None:
    world.answer = rss(item(1))
    world.fetch(0)
    world.answer = Say(body, headers={"Content-Type": "text/html"})
    tally = world.fetch(1)
    assert "no feed" in tally.error and not tally.complete
    assert world.titles() == ["Exosomes for hair loss, item 1"]


def test_a_feed_that_is_cut_off_keeps_its_whole_items_and_is_read_again(world: FeedWorld) -> None:
    whole = rss(item(1), item(2), item(3))
    ends = [n for n in range(len(whole)) if whole[n : n + 1] == b">"]
    cuts = [end for end in ends if whole.find(b"<item>") < end < len(whole) - 1][::5]
    assert len(cuts) > 5
    for n, cut in enumerate(cuts):
        folder = world.folder / str(n)
        folder.mkdir()
        with FeedWorld(folder) as one:
            one.answer = Say(whole[: cut + 1], headers={"ETag": '"x"'})
            tally = one.fetch(0)
            assert "cut off" in tally.error and not tally.complete
            assert tally.new == whole[: cut + 1].count(b"</item>")
            one.answer = Say(whole, headers={"ETag": '"x"'})
            assert one.fetch(0).new + tally.new == 3
            assert "if-none-match" not in one.server.requests[-1].headers


@pytest.mark.parametrize(
    "body",
    [
        rss(item(1, raw="Exosomes & hair & alopecia"), item(2)),
        rss("<media:thing>x</media:thing>", item(1), item(2)),
        rss(item(1).replace("</description>", "</description><b><i>x</b></i>"), item(2)),
        b"\xef\xbb\xbf  \n" + rss(item(1), item(2)),
        rss(item(1), item(2)).decode().replace("UTF-8", "utf-16").encode("utf-16"),
        rss(item(1, "Exosomes \x00\x07 \ud800 alopecia".encode("utf-8", "surrogatepass").decode("latin-1")), item(2)),
    ],
)
def test_what_is_badly_made_is_read_as_far_as_it_goes(world: FeedWorld, body: bytes) -> None:
    world.answer = body
    tally = world.fetch(0)
    assert (tally.new, tally.error, tally.complete) == (2, "", True)


@pytest.mark.parametrize(
    ("date", "published"),
    [
        ("Mon, 16 Nov 2026 08:00:00 GMT", "2026-11-16"), ("2026-11", "2026-11"), ("2026", "2026"),
        ("Tue, 31 Feb 2026 08:00:00 GMT", ""), ("Mon, 16 Nov 9999 08:00:00 GMT", ""), ("-0001-01-01", ""), ("", ""),
        ("16-Nov-2026", "2026-11-16"), ("20261116", "2026-11-16"),
        ("Fri, 16 Nov 2029 08:00:00 GMT", ""), ("yesterday", ""), ("0", ""), ("2026-13-45", ""),
    ],
)  # fmt: skip
def test_a_date_that_cannot_be_true_is_none(world: FeedWorld, date: str, published: str) -> None:
    world.answer = rss(item(1, date=date))
    assert world.fetch(1).new == 1
    (row,) = world.rows("select published, first_seen from records")
    assert row["published"] == published and row["first_seen"] == "2026-11-16T07:00:00Z"


def test_what_is_odd_is_said_in_words(world: FeedWorld) -> None:
    world.answer = rss("<a><b></a>", item(1))
    assert world.fetch(0).error == ""
    (row,) = world.rows("select notes from fetches")
    assert "is not well made (its XML has mistakes)" in row["notes"]


def test_text_in_no_encoding_at_all_is_refused_in_words(world: FeedWorld) -> None:
    world.answer = rss(item(1)).replace(b"UTF-8", b"undefined").replace(b"Made up", b"\xff\xfe\x81")
    assert world.fetch(0).error.endswith("its text is not in the encoding that it declares")


_STEPS = "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
LAUGHS = f"<!DOCTYPE r [<!ENTITY a 'ha'>{_STEPS}]>"
ENTITIES = [
    LAUGHS,
    "<!DOCTYPE r [<!ENTITY a '" + "x" * 100_000 + "'>]>",
    "<!DOCTYPE r [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>",
    "<!DOCTYPE r [<!ENTITY % a SYSTEM 'http://127.0.0.1:9/x'> %a;]>",
    "<!-- <rss> -->" + LAUGHS,
    "<!DOCTYPE r SYSTEM '<rss>' [<!ENTITY a 'ha'>]>",
]


@pytest.mark.parametrize("head", ENTITIES)
def test_bombs_of_entities_are_refused_at_once(world: FeedWorld, head: str) -> None:
    world.answer = rss(item(1, raw="&a;&i;"), head=head)
    begun = time.monotonic()
    assert "entities of its own" in world.fetch(0).error
    assert time.monotonic() - begun < 2
    assert world.rows("select 1 from records") == []


def test_a_feed_that_costs_too_much_fails_alone(world: FeedWorld) -> None:
    world.answer = rss(*(item(n, text="") for n in range(6_000)))
    assert "6,000 items" in world.fetch(0).error
    world.answer = rss("<item><title>" + "<b>" * 200_000 + "deep</title></item>", item(2))
    begun = time.monotonic()
    tally = world.fetch(0)
    assert time.monotonic() - begun < 30 and (tally.error or tally.new)
    world.answer = rss(f"<item><title>x</title><author>{'a@' * 16_000}</author></item>", item(2))
    tally = world.fetch(0)
    assert time.monotonic() - begun < 60 and (tally.error or tally.new)


@pytest.mark.parametrize(
    "text",
    ["<a " * 60_000, "<!--" * 50_000, "<script" * 30_000, "&" * 100_000, "<![ x", "<" * 100_000, "</script>" * 20_000],
)
def test_markup_that_is_made_to_cost_costs_little(world: FeedWorld, text: str) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1",
        "items": [{"id": "1", "title": "Exosomes", "content_html": text}],
    }
    world.answer = json.dumps(feed).encode()
    begun = time.monotonic()
    assert world.fetch(0).new == 1
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "item_of_json",
    [
        {"id": "\ud800", "url": "https://e.org/\ud800", "title": "Exosomes \ud800", "date_published": "\ud800"},
        {"id": 5, "authors": 5, "tags": "x", "title": ["x"], "content_html": {"a": 1}, "date_published": 7},
        {"authors": True, "url": "https://doi.org/10.1000/x\u001b[31m\u202ey", "title": "Exosomes"},
        {},
    ],
)
def test_whatever_json_holds_stops_nothing(world: FeedWorld, item_of_json: dict[str, object]) -> None:
    world.answer = json.dumps({"version": "https://jsonfeed.org/version/1", "items": [item_of_json]}).encode()
    tally = world.fetch(0)
    assert (tally.new, tally.error) == (1, "")
    (row,) = world.rows("select doi, url from records")
    assert not any(sign in row["doi"] + row["url"] for sign in "\x1b\u202e\ud800")


MADE = "Exosomes for hair loss, item 1"
JSON = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": MADE}]})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (gzip.compress(rss(item(1))), "application/gzip"),
        (gzip.compress(JSON.encode()), "application/json"),
        (JSON.encode("utf-16"), "application/json; charset=utf-16"),
        (JSON.encode("utf-16-be"), "application/json"),
        (rss(item(1)).decode().encode("utf-16"), "text/xml"),
        (rss(item(1)).decode().partition("?>")[2].encode("utf-16"), "application/xml; charset=utf-16"),
        (rss(item(1)).decode().encode("utf-16-le"), "text/xml"),
    ],
)
def test_a_packed_document_and_one_in_utf_16_are_read(world: FeedWorld, body: bytes, kind: str) -> None:
    world.answer = Say(body, headers={"Content-Type": kind})
    assert world.fetch().error == "" and world.titles() == [MADE]


def test_a_packed_document_is_unpacked_no_further_than_a_feed_may_be_large(world: FeedWorld) -> None:
    world.answer = Say(gzip.compress(rss(item(1))[:-16] + b" " * 300_000_000))
    tally = world.fetch()
    assert "cut off after 1 whole items" in tally.error
    world.answer = Say(gzip.compress(rss(item(1), item(2)))[:-30])
    assert world.fetch(1).error
    world.answer = Say(gzip.compress(b""))
    assert "no feed" in world.fetch(1).error


@pytest.mark.parametrize(
    "after", [b"<script>x()</script>", b"<?php error ?>", b"<!-- " + b"x" * 9_000 + b" -->", b"<!---->" * 40 + b"x"]
)
def test_what_stands_after_the_end_makes_a_feed_odd_and_not_cut(world: FeedWorld, after: bytes) -> None:
    world.answer = rss(item(1)) + after
    tally = world.fetch(0)
    assert (tally.new, tally.complete) == (1, True)


@pytest.mark.parametrize(
    ("raw", "title"),
    [("Hair &#55357;&#56832; grew", "Hair \U0001f600 grew"), ("Hair &#xD83D;&#xDE00; grew", "Hair \U0001f600 grew"),
     ("Hair &#xD800; &#99999999999; &#x110000; &#56832 grew", "Hair grew"),
     ("p &#60; 0.05 &#8211; &#233;", "p < 0.05 \u2013 \xe9")],
)  # fmt: skip
def test_halves_of_characters_and_numbers_that_are_none_stop_nothing(world: FeedWorld, raw: str, title: str) -> None:
    world.answer = rss(item(1, raw=raw), item(2))
    assert world.fetch(0).new == 2
    assert title in world.titles()


def test_words_of_an_entity_inside_an_item_refuse_nothing(world: FeedWorld) -> None:
    world.answer = rss(item(1, raw="<![CDATA[How <!ENTITY works in alopecia]]>"))
    assert world.fetch(0).new == 1


# ---- HTTP: 82, 83


def test_it_is_asked_only_for_what_changed_and_weekly_for_all(world: FeedWorld) -> None:
    world.answer = Say(rss(item(1)), headers={"ETag": '"one"', "Last-Modified": "Mon, 09 Nov 2026 06:00:00 GMT"})
    world.fetch(0)
    world.configure(world.server.url + "feed")
    world.answer = lambda request: (
        Say(b"", status=304) if "if-none-match" in request.headers else Say(rss(item(1), item(2)))
    )
    clock = {"TRACKER_NOW": "2026-11-12T07:00:00Z"}
    from tracker.dates import clock_from
    from tracker.pipeline import fetch_all

    (tally,) = fetch_all(world.settings, clock_from(clock), (), ("feeds",))
    asked = world.server.requests[-1].headers
    assert asked["if-none-match"] == '"one"' and asked["if-modified-since"] == "Mon, 09 Nov 2026 06:00:00 GMT"
    assert tally.complete and tally.new == 0 and "unchanged" in tally.notes[0]
    assert world.fetch(1).new == 1  # a week later its validators are not believed
    assert "if-none-match" not in world.server.requests[-1].headers


def test_304_to_a_first_question_is_an_error(world: FeedWorld) -> None:
    world.answer = Say(b"", status=304)
    assert "which was not asked" in world.fetch(0).error


@pytest.mark.parametrize(("status", "remembered"), [(301, True), (308, True), (302, False), (307, False)])
def test_a_permanent_redirect_is_remembered(world: FeedWorld, status: int, remembered: bool) -> None:
    world.answer = lambda request: (
        Say(rss(item(1))) if request.path == "/new" else Say(b"", status, {"Location": "/new"})
    )
    assert world.fetch(0).new == 1
    world.fetch(at="2026-11-12T07:00:00Z")  # within a week: later its own address is asked once more
    assert [request.path for request in world.server.requests] == [
        "/feed",
        "/new",
        *(["/new"] if remembered else ["/feed", "/new"]),
    ]


def test_a_feed_that_is_gone_for_good_is_said_and_asked_no_more(world: FeedWorld) -> None:
    world.fetch(0)
    world.answer = Say(b"", status=410)
    assert "gone for good (410)" in world.fetch(1).error
    asked = len(world.server.requests)
    assert "gone for good since 2026-11-16" in world.fetch(2).error
    assert len(world.server.requests) == asked
    world.configure(world.server.url + "mended")
    world.answer = rss(item(1))
    assert world.fetch(3).error == ""


@pytest.mark.parametrize("where", ["http://127.0.0.1:1/x", "http://[::1]/x", "http://10.0.0.1/", "http://169.254.169.254/",
                                   "http://localhost:9/", "http://0.0.0.0/", "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/",
                                   "http://[2002:7f00:1::]/", "http://[::127.0.0.1]/", "http://224.0.0.1/",
                                   "http://[fec0::1]/", "http://192.0.0.192/", "http://2130706433/"])  # fmt: skip
def test_an_address_inside_is_refused(world: FeedWorld, where: str) -> None:
    world.configure(where, private="false")
    tally = world.fetch(0)
    assert "of this machine or network" in tally.error and "private = true" in tally.error and tally.requests == 0


def test_a_redirect_into_this_network_is_refused(world: FeedWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """The feed's own server stands for one outside; where it leads does not."""

    def outside(host: str, *rest: object) -> object:
        return [(2, 1, 6, "", ("93.184.216.34" if host == "127.0.0.1" else host, 0))]

    inside = asking._is_outside
    monkeypatch.setattr(asking, "socket", SimpleNamespace(getaddrinfo=outside))
    monkeypatch.setattr(asking, "_is_outside", lambda address: address == "127.0.0.1" or inside(address))
    world.configure(world.server.url + "feed", private="false")
    world.answer = Say(b"", 301, {"Location": "http://169.254.169.254/latest"})
    assert "169.254.169.254" in world.fetch(0).error
    world.answer = Say(b"", 301, {"Location": "file:///etc/passwd"})
    assert "no web address" in world.fetch(0).error


def test_a_name_that_means_another_address_once_it_is_asked_is_refused(
    world: FeedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that says first an address outside and then one inside: the connection itself is looked at."""
    outside = SimpleNamespace(getaddrinfo=lambda *name: [(2, 1, 6, "", ("93.184.216.34", 0))])
    monkeypatch.setattr(asking, "socket", outside)
    world.configure(world.server.url + "feed", private="false")
    world.answer = rss(item(1))
    assert "is an address of this machine or network (127.0.0.1)" in world.fetch().error
    assert world.server.requests == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/x", "javascript:alert(1)"])
def test_what_is_no_web_address_is_a_mistake_in_the_file(world: FeedWorld, url: str) -> None:
    world.configure(url)
    with pytest.raises(ConfigError, match="https://"):
        _ = world.settings


# ---- Text: 79, 84

HOSTILE = [
    "<script>alert(1)</script>exosomes for alopecia", "<img src=x onerror=alert(1)>exosomes for alopecia",
    "<svg onload=alert(1)>exosomes for alopecia", "exosomes <a href='javascript:alert(1)'>alopecia</a>",
    "<style>*{display:none}</style>exosomes for alopecia", "[exosomes](javascript:alert(1)) alopecia",
    "exosomes \u202e alopecia \u2066", "exosomes a\u0300\u0301\u0302\u0303 alopecia", "exosomes \u2028 alopecia",
    "exosomes alopecia " * 50_000,
]  # fmt: skip


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_and_links_are_inert(world: FeedWorld, title: str) -> None:
    world.fetch(0)
    world.digest(0)
    world.answer = rss(item(1, title, link="javascript:alert(1)", guid="data:text/html,x"))
    assert world.fetch(1).new == 1
    (row,) = world.rows("select title, url from records")
    assert row["url"] == "" and len(row["title"]) <= 1_000 and "alopecia" in row["title"]
    assert not any(sign in row["title"] for sign in "\u202e\u2066\u2028<")
    told = world.digest(1)
    assert (
        "alopecia](javascript" not in told
        and "[exosomes](" not in told
        and "<script" not in told
        and "<img" not in told
    )


# ---- Real feeds


@pytest.mark.shared
def test_recorded_feeds_are_read_whole_and_two_states_of_one_give_just_the_new_items(world: FeedWorld) -> None:
    shared = Path(__file__).parents[2] / "shared/real/feeds"
    expected = dict(line.split("\t")[::2] for line in (shared / "README.tsv").read_text().splitlines()[1:])
    for n, (name, count) in enumerate(sorted(expected.items())):
        folder = world.folder / str(n)
        folder.mkdir()
        with FeedWorld(folder) as one:
            one.answer = (shared / name).read_bytes()
            tally = one.fetch(0)
            assert (tally.new, tally.error, tally.complete) == (int(count), "", True), name
    world.answer = (shared / "pubmed_search_2021-11-23.xml").read_bytes()
    world.fetch(0)
    world.answer = (shared / "pubmed_search_2021-11-24.xml").read_bytes()
    tally = world.fetch(1)
    assert (tally.new, tally.same + tally.changed) == (2, 13)


def test_past_issues_of_a_feed_are_composed_as_they_were(world: FeedWorld) -> None:
    live = []
    for week in range(4):
        told = f"Exosomes for alopecia, told {week} times."
        world.answer = rss(*(item(n) for n in range(week + 1)), item(50, text=told))
        world.fetch(week)
        live.append(world.digest(week))
    assert "item 3" in live[3] and "item 2" not in live[3]
    settings, clock = world.settings, clock_from({"TRACKER_NOW": WEEKS[3]})
    with Store.read(settings.db) as store:
        for week, text in enumerate(live):
            (issue,) = compose_as_of(settings, store, [settings.digests[0]], WEEKS[week], clock)
            assert issue.markdown == text
