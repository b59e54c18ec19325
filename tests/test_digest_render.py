"""Markdown of hostile text, read by another reader of markdown: it shows the text and does nothing else."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.digest_case import add_event, add_fetch, add_record, case
from tracker.digest.escaping import escape_markdown, link
from tracker.digest.render import digest_filename
from tracker.digest.wording import clean

READERS = [MarkdownIt("commonmark"), MarkdownIt("js-default", {"html": True, "linkify": False, "typographer": False})]
WORD_JOINER = "\u2060"

HOSTILE = [
    "[click](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "<script>alert(1)</script>",
    "<https://evil.example>",
    "<!-- hidden",
    "&lt;b&gt; &#60;b&#62; AT&T",
    "**bold** __bold__ *em* _em_ ~~gone~~ ~sub~ ^sup^",
    "`code` ```",
    "a | b | c",
    "# heading",
    "> quote",
    "- item",
    "+ item",
    "1. item",
    "12) item",
    "---",
    "===",
    "[ref]: https://evil.example",
    "[^1] and [ref] and [ ] and [x]",
    "line\n\n# next",
    "line\r- item\u2028more\u2029more\u0085more",
    "ends with a backslash\\",
    "\\[not a link\\](x)",
    "    indented code",
    "\ttab",
    ": definition",
    "$x^2$ and $$y$$",
    "*",
    "(a)*b*(c)",
]
hostile_text = st.text(st.sampled_from("ab 1.)(*_[]<>`~|#!\\&;:/@^$-+=\"'\n\t\u2028\u202e\u200d\0é"), max_size=40)


def inline(token: Token) -> str:
    """What a reader sees of one paragraph or cell; anything but text in it is named in curly brackets."""
    plain = ("text", "text_special", "softbreak")
    return "".join(c.content if c.type in plain else f"{{{c.type}}}" for c in token.children or [])


def read(reader: MarkdownIt, markdown: str) -> list[str]:
    tokens = reader.parse(markdown)
    return [inline(token).replace(WORD_JOINER, "") for token in tokens if token.type == "inline"]


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=500, deadline=None)
@given(text=st.one_of(hostile_text, st.text(max_size=60)).filter(clean))
def test_any_text_is_shown_as_it_is_and_formats_nothing(reader: MarkdownIt, text: str) -> None:
    shown, escaped = clean(text), escape_markdown(text)
    assert read(reader, escaped) == [shown]
    card = f"- **{escaped}**  \n  next"
    assert read(reader, card) == [f"{{strong_open}}{shown}{{strong_close}}{{hardbreak}}next"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_titles_stay_text_in_a_paragraph_in_bold_and_in_a_table(text: str) -> None:
    reader = READERS[1]
    escaped = escape_markdown(text)
    assert "\n" not in escaped
    assert "<" not in escaped  # old renderers let a tag through that has a backslash before it
    assert read(reader, escaped) == [clean(text)]
    assert read(reader, f"| h |\n| - |\n| {escaped} |") == ["h", clean(text)]


@pytest.mark.parametrize("text", ["@everyone", "see @name/team", "mail a@evil.example", "@@name"])
def test_nobody_is_mentioned(text: str) -> None:
    escaped = escape_markdown(text)
    assert all(after.startswith(WORD_JOINER) for after in escaped.split("@")[1:])
    assert escaped.replace(WORD_JOINER, "").replace("\\", "") == text


@pytest.mark.parametrize("text", ["https://evil.example/x", "www.evil.example", "evil.example", "mailto:a"])
def test_no_address_is_left_for_a_reader_that_makes_links_of_its_own(text: str) -> None:
    reader = MarkdownIt("js-default").disable("text_join")  # the pieces as a linkifier sees them
    (tokens,) = [token for token in reader.parse(escape_markdown(text)) if token.type == "inline"]
    pieces = [child.content for child in tokens.children or []]
    assert text not in pieces
    assert not any("://" in piece or "www." in piece for piece in pieces)


@pytest.mark.parametrize(
    "text", ["PP405: a trial (phase 2a), n = 40", "5.5 mg/kg, e.g. daily - and more", "p > 0.05; 50%"]
)
def test_ordinary_titles_are_left_alone(text: str) -> None:
    assert escape_markdown(text) == text


def test_what_cannot_be_seen_is_taken_out() -> None:
    assert clean("a\u0000b\u202ec\u2066d\u200be\ufefff\u00adg\ud800h") == "abcdefgh"
    assert clean(" a\n\t b\u00a0\u2003c\u2028d ") == "a b c d"
    assert clean("می\u200cخواهم") == "می\u200cخواهم"  # the joiner spells a word here
    assert clean("word " * 100, 20) == "word word word word…"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "/relative",
        "",
        "https://",
        "https://user@evil.example/",
        "ftp://example.org/",
        "java\nscript:alert(1)",
        "https://[bad",
    ],
)
def test_only_http_links_are_made(url: str) -> None:
    assert link("PMID 1", url) == "PMID 1"


@pytest.mark.parametrize("tail", ["a b", "a) [x](https://evil.example)", 'a "t"', "a<b>", "a\\", "a|b", "ü", "&copy;"])
def test_an_address_cannot_end_early(tail: str) -> None:
    made = link("label", f"https://example.org/{tail}")
    tokens = READERS[1].parseInline(made)[0].children or []
    assert [token.type for token in tokens] == ["link_open", "text", "link_close"]
    assert str(tokens[0].attrs["href"]).startswith("https://example.org/")
    assert made.isascii() and "|" not in made


def test_a_hostile_record_leaves_a_digest_whole() -> None:
    made = case('[digest]\nqueries = ["q"]\n[[query]]\nname = "q"\nsources = ["pubmed"]\n')
    stages = ["phase2", "animal", "review", "systematic_review"]
    for n, text in enumerate(HOSTILE):
        record = f"pubmed-9{n:07}"
        add_record(
            made.db, record, title=text, venue=text, queries=["q"], stage=stages[n % 4], flags={"duration": text}
        )
        add_event(made.db, record, "new_article", headline=text)
    add_fetch(made.db, "pubmed", "q", notes=HOSTILE)
    markdown = made.markdown()
    tokens = READERS[1].parse(markdown)
    headings = [tokens[n + 1].content for n, token in enumerate(tokens) if token.type == "heading_open"]
    assert headings == [
        "Hair research, weekly 2026-W48",
        "New human evidence",
        "Systematic reviews of human evidence",
        "Preclinical",
        "Reviews and other papers",
        "Receipt",
    ]
    assert {token.type for token in tokens if token.type.startswith(("html", "code", "fence"))} == set()
    inlines = [child for token in tokens if token.type == "inline" for child in token.children or []]
    links = [str(child.attrs["href"]) for child in inlines if child.type == "link_open"]
    assert sorted(links) == [f"https://pubmed.ncbi.nlm.nih.gov/9{n:07}/" for n in range(len(HOSTILE))]
    assert not [
        child for child in inlines if child.type in ("html_inline", "image", "code_inline", "em_open", "s_open")
    ]


def test_a_digest_is_clean_text_that_ends_in_one_newline() -> None:
    made = case('[digest]\nqueries = ["q"]\n[[query]]\nname = "q"\n')
    markdown = made.markdown()
    assert markdown.endswith("\n") and not markdown.endswith("\n\n")
    assert "\n\n\n" not in markdown
    assert not [c for c in markdown if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"]


def test_files_sort_by_period() -> None:
    assert digest_filename("weekly", "2026-W48") == "2026-W48-weekly.md"
    assert digest_filename("weekly", "2026-W48.2") == "2026-W48.2-weekly.md"
