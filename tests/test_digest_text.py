"""The plain text of a digest: 80 columns, everything told, and nothing that a reader takes for markup."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.test_digest_html import PAYLOADS, week
from tests.test_digest_render import READERS, hostile_text
from tracker.digest import charts
from tracker.digest.escaping import plain
from tracker.digest.wording import clean


@pytest.mark.parametrize("text", [*PAYLOADS, "word " * 80])
def test_lines_have_at_most_80_columns_but_for_single_long_words(text: str) -> None:
    for line in week([text] * 4).rendered()["txt"].splitlines():
        assert len(line) <= 80 or len(line.split()) <= 2 or max(map(len, line.split())) > 60


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=400, deadline=None)
@given(text=st.one_of(hostile_text, st.text(max_size=60), st.sampled_from(PAYLOADS)).filter(clean))
def test_no_reader_of_markdown_finds_anything_in_a_title(reader: MarkdownIt, text: str) -> None:
    tokens = reader.parseInline(f"x {plain(text)}")[0].children or []
    assert {token.type for token in tokens} <= {"text", "text_special", "entity"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>bold</b> & p < 0.05", "‹b>bold‹/b> & p < 0.05"),
        ("hsa_circ_0001 and _so_", "hsa_circ_0001 and ˍsoˍ"),
        ("**x** `y` ~~z~~", "∗∗x∗∗ ’y’ ∼∼z∼∼"),
        ("PP405: a trial (phase 2a), n = 40", "PP405: a trial (phase 2a), n = 40"),
    ],
)
def test_titles_stay_readable(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_text_ends_in_one_newline_and_leaves_no_gaps() -> None:
    text = week(["One", "Two", "Three", "Four"]).rendered()["txt"]
    assert text.endswith("\n") and not text.endswith("\n\n") and "\n\n\n" not in text
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_charts_say_how_many() -> None:
    assert charts.spark([0, 1, 9, 40, 999, 5000]) == "·▁▃▄▇█"
    assert charts.rungs([("laboratory", 12), ("animals", 0), ("phase1", 1)]) == "▃·▁  laboratory: 12, phase 1: 1"
    assert charts.shares([("running", 1), ("completed", 0), ("stopped", 999)]) == [
        ("running", 1, 2),
        ("stopped", 999, 98),
    ]
    assert charts.shares([]) == []
    for counts in ([1, 1, 1], [1, 2, 3, 4], [0, 5], [1, 10_000, 1, 1]):
        widths = [width for _, _, width in charts.shares([(str(n), count) for n, count in enumerate(counts)])]
        assert sum(widths) == 100 and min(widths) >= 2
