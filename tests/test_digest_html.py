"""The HTML of a digest, read by two other parsers: it shows every text, loads nothing, fits, and can be read."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.digest_case import Case, add_event, add_fetch, add_query, add_record, case
from tests.test_digest_build import change, digest, trial, work
from tests.test_digest_render import HOSTILE, hostile_text
from tracker.digest.escaping import defused, safe_address
from tracker.digest.page import COLOURS, LIMIT, render_html
from tracker.digest.plain import render_text

WORD_JOINER = "\u2060"
PAYLOADS = [
    *HOSTILE,
    '"><script>alert(1)</script><a href=\'javascript:alert(1)\' onclick="x()">',
    "' onmouseover='alert(1)",
    "</title></style></head></body></html><iframe src=https://evil.example>",
    "{{ 7 * 7 }} {% raw %} ${7*7} <%= 7 %>",
    "<svg/onload=alert(1)><img src=x onerror=alert(1)><math><style>*{display:none}</style>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "data:text/html;base64,PHNjcmlwdD4= vbscript:x JAVASCRIPT:x java\tscript:x",
    "--></style><!--<![CDATA[<?php ?>",
]
ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "main", "div", "h1", "h2", "h3", "p", "a", "b", "br", "strong",
    "span", "ul", "li", "table", "tbody", "tr", "td",
}  # fmt: skip
ATTRIBUTES = {
    "html": {"lang"},
    "meta": {"charset", "name", "content"},
    "a": {"href", "class", "style"},
    "table": {"role", "width", "cellpadding", "cellspacing", "style"},
    "td": {"width", "class", "style"},
    "div": {"class", "style", "role", "aria-hidden"},
}


class Outline(HTMLParser):
    """Elements with their attributes, and the text outside <style>, as the standard library reads them."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._style = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._style = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._style else data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def week(texts: list[str], **given: Any) -> Case:
    """An issue in which each text stands wherever a source's text can stand."""
    made = case(
        '[digest]\nqueries = ["q"]\n[[query]]\nname = "q"\nsources = ["pubmed"]\n'
        '[[approach]]\nid = "x.y"\nlabel = "X"\n'
    )
    stages = ["phase2", "animal", "review", "systematic_review"]
    for n, text in enumerate(texts):
        label = {"axis": "approach", "label": ("act.mpc", "x.y")[n % 2], "field": "title", "quote": text}
        common = {"title": text, "url": text, "queries": ["q"], "stage": stages[n % 4], "label": [label]}
        add_record(made.db, f"pubmed-9{n:07}", **common, venue=text, abstract=f"an infection {text}")
        trial = {"status": text, "sponsor": text, "why_stopped": text, "phase_detail": text, "enrollment": n}
        add_record(made.db, f"NCT9{n:07}", **{**common, "stage": "phase2"}, trial=trial)
        add_event(made.db, f"pubmed-9{n:07}", "new_article", 1 + n % 3, headline=text)
        add_event(made.db, f"NCT9{n:07}", "stopped" if n % 2 else "new_trial", 1 + n % 3, headline=text)
    add_fetch(made.db, "pubmed", "q", notes=texts, **given)
    return made


def check_page(page: str) -> Outline:
    """No element, attribute or address but those that the templates use, by both parsers."""
    outline = Outline(page)
    for tag, attributes in outline.elements:
        assert tag in ELEMENTS
        assert set(attributes) <= ATTRIBUTES.get(tag, {"class", "style"}), (tag, attributes)
        style = attributes.get("style") or ""
        assert "url(" not in style and "@import" not in style and "expression" not in style
        if tag == "a":
            assert re.fullmatch(r"https?://[^\s\"'<>]+", attributes["href"] or "")
    tree = lxml.html.document_fromstring(page)
    assert {element.tag for element in tree.iter()} <= ELEMENTS
    assert [element.tag for element in tree.iter("style", "title", "main")] == ["title", "style", "main"]
    return outline


def headings(page: str) -> list[str]:
    return ["".join(map(str, one.itertext())) for one in lxml.html.document_fromstring(page).iter("h2")]


@pytest.mark.parametrize("text", PAYLOADS)
def test_hostile_text_adds_no_element_no_attribute_and_no_address(text: str) -> None:
    outline = check_page(week([text, text, text, text]).rendered()["html"])
    hrefs = {attributes["href"] for tag, attributes in outline.elements if tag == "a"}
    assert all(str(href).startswith(("https://pubmed.ncbi.nlm.nih.gov/9", "https://clinicaltrials.gov/study/NCT9"))
               for href in hrefs if "evil" not in text)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(text=st.one_of(hostile_text, st.text(max_size=60)).filter(lambda text: bool(defused(text))))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    outline = check_page(week([text]).rendered()["html"])
    assert " ".join(defused(text).split()) in " ".join(outline.text.split())


@pytest.mark.parametrize("form", ["html", "txt"])
@pytest.mark.parametrize(
    "text", ["https://evil.example/x", "www.evil.example", "javascript:alert(1)", "mailto:a@b.example"]
)
def test_nothing_is_left_that_a_mail_program_makes_a_link_of(text: str, form: str) -> None:
    made = week(["title"])
    made.db.execute("update records set title = ?", [f"see {text} now"])
    page = made.rendered()[form]
    assert text not in page and defused(text) in (page if form == "html" else page.replace("\n  ", " "))
    assert "javascript:" not in page and "evil.example" not in page


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ('https://example.org/a b"><script>', "https://example.org/a%20b%22%3E%3Cscript%3E"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("https://user@evil.example/", ""),
        ("//evil.example", ""),
    ],
)
def test_an_address_is_http_or_none(url: str, address: str) -> None:
    assert safe_address(url) == address


def test_a_page_has_a_language_one_title_headings_in_order_and_a_preheader() -> None:
    tree = lxml.html.document_fromstring(week(["One", "Two"]).rendered()["html"])
    assert tree.get("lang") == "en"
    levels = [int(str(element.tag)[1]) for element in tree.iter("h1", "h2", "h3")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    first = next(tree.iter("div"))
    assert "display:none" in str(first.get("style")) and "new" in str(first.text)


def test_sections_stand_in_one_order_in_all_three_forms() -> None:
    titles = [
        "What moved in trials", "New human evidence", "Systematic reviews of human evidence", "New trials",
        "Preclinical", "Reviews and other papers", "Look twice", "How close to the clinic", "Receipt",
    ]  # fmt: skip
    forms = week(["One", "Two", "Three", "Four"]).rendered()
    assert re.findall(r"^## (.*)$", forms["md"], re.M) == titles
    assert headings(forms["html"]) == titles
    assert re.findall(r"^([A-Z ]+)\n-+$", forms["txt"], re.M) == [title.upper() for title in titles]


def test_a_page_stays_under_its_limit_whatever_the_week_holds() -> None:
    texts = ["\"'<&>𝕳" * 200] * 300
    made = week(texts)
    for n in range(120):
        add_query(made.db, f"query-{n:03}-{'x' * 200}")
        add_fetch(
            made.db, "pubmed", f"query-{n:03}-{'x' * 200}", error="&" * 3000, started=f"2026-11-20T06:{n % 60:02}:00Z"
        )
    for n in range(300):
        for _ in range(4):
            add_event(made.db, f"NCT9{n:07}", "outcome_changed", 2, headline="<&>" * 200)
    made.settings = type(made.settings)(queries=("q", *(f"query-{n:03}-{'x' * 200}" for n in range(120))))
    digest = made.digest()
    page = made.rendered()["html"]
    assert len(page.encode()) <= LIMIT
    check_page(page)
    shown = {section.title for section in digest.sections}
    assert shown <= set(headings(page))


def words_before_the_board(page: str) -> int:
    """The words that a reader sees above the board: numbers and ids count, what is hidden does not."""
    tree = lxml.html.document_fromstring(page)
    for hidden in tree.xpath("//style | //title | //*[contains(@style, 'display:none')]"):
        hidden.getparent().remove(hidden)
    above, _, _ = " ".join(map(str, tree.itertext())).partition("How close to the clinic")
    return len(re.findall(r"\w[\w.,/’'-]*", above))


def test_a_mail_is_read_in_two_minutes_whatever_the_week_holds() -> None:
    made = case('[digest]\nqueries = ["q"]\n[[query]]\nname = "q"\nsources = ["pubmed"]\n')
    stages = ("phase2", "trial_unphased", "systematic_review", "animal", "in_vitro", "review")
    label = {"axis": "approach", "label": "act.mpc", "field": "title", "quote": "a gel against hair loss"}
    for n in range(250):
        title = (
            f"Report {n} of a gel against pattern hair loss: randomised, vehicle-controlled trial in {n} men and women"
        )
        common = {"title": title, "queries": ["q"], "label": [label], "flags": {"randomised": "", "n": str(n)}}
        finding = {"axis": "flag", "label": "takeaway", "quote": "Hair count rose by more than it did on the vehicle."}
        add_record(made.db, f"pubmed-9{n:07}", **{**common, "label": [label, finding]}, stage=stages[n % 6],
                   venue="Annals of Made-Up Trichology", published="2026-11-12")  # fmt: skip
        add_event(made.db, f"pubmed-9{n:07}", "new_article", 1 + n % 2)
        trial = {"status": "TERMINATED", "sponsor": "Example Biologics (made up)", "enrollment": n}
        add_record(made.db, f"NCT9{n:07}", **common, stage="phase2", trial=trial)
        reason = (
            "NCT: status RECRUITING -> TERMINATED; reason given: The sponsor ended the programme for want of money."
        )
        kind = ("stopped", "new_trial", "date_slipped")[n % 3]
        add_event(made.db, f"NCT9{n:07}", kind, 3, headline=reason if kind == "stopped" else "")
    add_fetch(made.db, "pubmed", "q")
    assert 300 < words_before_the_board(made.rendered()["html"]) < 600  # a reader reads 240 to 300 in a minute


def test_what_a_page_does_not_show_is_counted() -> None:
    made = case('[digest]\nqueries = ["q"]\n[[query]]\nname = "q"\n')
    for n in range(30):
        add_record(
            made.db, f"pubmed-9{n:07}", title=f"Title {n}", queries=["q"], stage=("animal", "in_vitro")[n % 3 == 0]
        )
        add_event(made.db, f"pubmed-9{n:07}", "new_article")
    forms = made.rendered()
    assert forms["html"].count("<li") == 11 + 2  # headlines, and the two rows of the receipt
    assert "19 more (10 In vitro and 9 Animal)" in forms["html"]
    for form in ("md", "txt"):
        assert all(f"PMID 9{n:07}" in forms[form].replace("PMID\n  ", "PMID ") for n in range(30))


def test_a_page_shows_the_weightiest_lines_and_counts_the_rest_by_what_befell_them() -> None:
    stops = [
        trial(n, severity=3, changes=(change(n, "stopped", 3, new="WITHDRAWN", headline=f"pubmed-1: stop {n}"),))
        for n in range(1, 9)
    ]
    slips = [trial(n, changes=(change(n, "date_slipped", 2),)) for n in range(21, 28)]
    mice = [work(n, stage="animal", severity=1) for n in range(31, 34)]
    page = render_html(digest(*stops, *slips, *mice))
    assert page.count("→ stop") == 5 and all(f"stop {n}" in page for n in range(1, 9))
    assert "4 more (4 slipped)" in page and "3 works (3 Animal)" in page
    assert "Title 31" not in page and "Title 31" in render_text(digest(*stops, *slips, *mice))
    quiet = render_html(digest(*mice))
    assert all(f"Title {n}" in quiet for n in (31, 32, 33)) and "works (" not in quiet


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        *((ink, "ground") for ink in ("text", "muted", "link", "loud")),
        *((ink, "alarm") for ink in ("text", "loud")),
        ("muted", "none"),
        ("on_reached", "reached"),
        ("on_reached", "approved"),
    ],
)
def test_every_text_can_be_read_on_its_ground(ink: str, ground: str, scheme: int) -> None:
    assert contrast(COLOURS[ink][scheme], COLOURS[ground][scheme]) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("part", ["running", "completed", "stopped", "unknown"])
def test_every_part_of_a_bar_can_be_seen(part: str, scheme: int) -> None:
    assert contrast(COLOURS[part][scheme], COLOURS["ground"][scheme]) >= 3 - 0.3 * scheme


def test_dark_screens_change_every_colour_that_the_page_uses() -> None:
    page = week(["One", "Two"]).rendered()["html"]
    used = set(re.findall(r"\b[cbl]-[a-z_]+\b", " ".join(re.findall(r'class="([^"]*)"', page))))
    style = page[page.index("<style>") : page.index("</style>")]
    assert used and all(f".{name}{{" in style for name in used)
    for attributes in re.findall(r"<[a-z0-9]+ ([^>]*color:[^>]*)>", page):
        assert 'class="' in attributes
