"""A digest as one HTML page that a mail program shows: no scripts, no pictures, nothing loaded, under 80 kB. Pure.

Styles stand at each element, because mail programs drop the rest; the few rules in <style> are for dark screens and
may be lost. Jinja2 escapes every value, and `defused` has gone over it before.
"""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tracker.digest import charts
from tracker.digest.board import COLUMNS, MOVED, NOTE, RUNG_WORDS, UNFOLLOWED_TITLE, by_condition
from tracker.digest.escaping import defused, safe_address
from tracker.digest.model import Digest, Entry
from tracker.digest.wording import clean, counted, listed

LIMIT = 80_000  # bytes of the page: mail programs cut off what is longer
# What is shown at most, from the first that makes the page fit: (cards of a section; the last place of a work that is
# shown at all, and headlines of a section; lines of a card; rows of the board; rows of the receipt).
_SIZES = (
    (30, 11, 6, 40, 40), (8, 8, 4, 16, 30), (5, 6, 3, 8, 20), (3, 4, 2, 4, 12), (1, 1, 2, 1, 8), (0, 0, 0, 0, 4)
)  # fmt: skip

# (light, dark) of each colour. Text has a contrast of 4.5 or more to its ground, as tests/test_digest_html.py measures.
COLOURS = {
    "ground": ("#ffffff", "#0d1117"),
    "text": ("#1f2328", "#e6edf3"),
    "muted": ("#57606a", "#9da5ae"),
    "link": ("#0550ae", "#79b8ff"),
    "loud": ("#a40e26", "#ff9492"),
    "line": ("#d0d7de", "#30363d"),
    "alarm": ("#fff1f0", "#3a1618"),
    "none": ("#eaeef2", "#21262d"),
    "reached": ("#0550ae", "#1f5fae"),
    "on_reached": ("#ffffff", "#ffffff"),
    "approved": ("#116329", "#1a7f37"),
    "running": ("#0550ae", "#1f5fae"),
    "completed": ("#116329", "#1a7f37"),
    "stopped": ("#a40e26", "#b62335"),
    "unknown": ("#57606a", "#5d6670"),
}
_STATE_WORDS = {"running": "under way", "unknown": "status unknown"}


def render_html(digest: Digest) -> str:
    """The whole issue as a page of at most LIMIT bytes; what does not fit is counted."""
    template = _environment().get_template("digest.html.j2")
    page = ""
    for cards, headlines, lines, standings, rows in _SIZES:
        page = template.render(
            d=digest,
            most_cards=cards,
            most_headlines=headlines,
            most_lines=lines,
            most_standings=standings,
            most_rows=rows,
        )
        if len(page.encode()) <= LIMIT:
            break
    return page


def more(entries: Iterable[Entry], shown: bool) -> str:
    """What is not shown, in numbers: "3 more (2 slipped and 1 withdrawn)", "3 works (...)" where none is, or ""."""
    counts = Counter(entry.sort or "to look at twice" for entry in entries)
    kinds = counts.most_common(4)
    rest = sum(counts.values()) - sum(count for _, count in kinds)
    said = [f"{count:,} {name}" for name, count in kinds] + ([f"{rest:,} other"] if rest else [])
    works = f"{counts.total():,} more" if shown else counted(counts.total(), "work")
    return f"{works} ({listed(said)})" if said else ""


def _harmless(value: Any) -> Any:
    """What a template inserts; Jinja2 escapes it afterwards, unless it is Markup."""
    return value if isinstance(value, Markup) else defused(str(value))


def _address(url: str) -> Markup:
    """A link's address, or "" where it must not be followed. Kept from `defused`, which would break it."""
    return Markup(escape(safe_address(url)))


def _dark_rules() -> Markup:
    """The colours of dark screens, one class for each: "c-" the text, "b-" the ground, "l-" the border."""
    rules = [
        f".c-{name}{{color:{dark}!important}}.b-{name}{{background-color:{dark}!important}}"
        f".l-{name}{{border-color:{dark}!important}}"
        for name, (_, dark) in COLOURS.items()
    ]
    return Markup("".join(rules))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tracker.digest"),
        autoescape=True,
        finalize=_harmless,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        light={name: Markup(light) for name, (light, _) in COLOURS.items()},
        dark_rules=_dark_rules(),
        rung_words=RUNG_WORDS,
        board_note=f"{NOTE} {MOVED.format('Bold')}",
        columns=COLUMNS,
        unfollowed_title=UNFOLLOWED_TITLE,
        state_words=_STATE_WORDS,
    )
    environment.filters.update(address=_address, more=more, short=clean, shares=charts.shares, counted=counted)
    environment.filters.update(by_condition=by_condition, ladder=charts.ladder, total=charts.total)
    return environment
