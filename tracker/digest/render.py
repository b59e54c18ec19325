"""A digest as markdown, pleasant to read rendered and as plain text. Pure: the same digest gives the same bytes.

Every text that a template inserts is escaped on its way out, so that a title can neither format, link, mention, nor
break out of its line, whatever it holds. Only what this module builds itself as `Markdown` passes as it is.
"""

import re
from collections.abc import Sequence
from functools import cache
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from tracker.digest.model import Digest, Entry, Line, Row
from tracker.digest.wording import clean

# What begins an emphasis, a link, code, html, an entity, a table cell, math: never wanted from a title.
_SPECIAL = re.compile(r"[\\`*_\[\]<~|#$^]|&(?=[#\w])")
# What means something only at the start of a line: a quote, a list, a heading's underline, a definition.
_AT_START = re.compile(r"^([->+=:]|\d{1,9}(?=[.)](?:\s|$)))")
# What some renderers make into a link by themselves: "https://", "www.", "example.com". The registry's own name stays
# readable: the link that it might become is right.
_SCHEME = re.compile(r"(?<=[A-Za-z]):(?=\S)")
_DOMAIN = re.compile(r"(?<=\w)(?<!ClinicalTrials)\.(?=[^\W\d_]{2})")
# A mention is found after escapes are resolved: only something between the sign and the name stops it.
_MENTION = re.compile(r"@(?=\S)")
_WORD_JOINER = "\u2060"
_URL_SAFE = "/:?#!*+,=%&"
_BREAK = "  "  # at the end of a line: a hard break


class Markdown(str):
    """Text that is markdown already. Everything else is escaped."""

    __slots__ = ()


def render_markdown(digest: Digest) -> str:
    """The whole issue, ending in one newline."""
    text = _environment().get_template("digest.md.j2").render(d=digest, br=Markdown(_BREAK))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def digest_filename(name: str, period: str) -> str:
    """ "2026-W48-weekly.md": the period first, so that files sort by time."""
    return f"{period}-{name}.md"


def escape_markdown(text: str) -> str:
    """One line of markdown that shows just this text (but for control and direction characters) and does nothing."""
    text = _SPECIAL.sub(r"\\\g<0>", clean(text))
    text = _AT_START.sub(lambda match: _escape_start(match[1]), text)
    text = _DOMAIN.sub(r"\\.", _SCHEME.sub(r"\\:", text))
    return _MENTION.sub("@" + _WORD_JOINER, text)


def _escape_start(start: str) -> str:
    return start + "\\" if start.isdigit() else "\\" + start


def link(label: str, url: str) -> Markdown:
    """A link where the address is http or https and names a host; else the label alone."""
    label = escape_markdown(label)
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        usable = False
    # Brackets, spaces, quotes, backslashes and whatever else could end the address early are percent-encoded.
    return Markdown(f"[{label}]({quote(url.strip(), safe=_URL_SAFE, errors='replace')})" if usable else label)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tracker.digest"),
        autoescape=False,  # of HTML; `finalize` escapes markdown
        finalize=lambda value: value if isinstance(value, Markdown) else escape_markdown(str(value)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(pointer=_pointer, tail=_tail, grounds=_grounds, gist=_gist, receipt_table=_receipt_table)
    return environment


def _pointer(line: Line) -> Markdown:
    return Markdown(f" {link(line.ref, line.url)}" if line.url else "")


def _tail(entry: Entry) -> Markdown:
    """The last line of a card: where it leads, and which queries found it."""
    noun = "query" if len(entry.queries) == 1 else "queries"
    found = f" · {noun} {escape_markdown(', '.join(entry.queries))}" if entry.queries else ""
    return Markdown(link(entry.ref, entry.url) + found)


def _grounds(entry: Entry) -> str:
    """Approaches, and the words that brought it here."""
    why = [f"why: {entry.why}"] if entry.why else []
    return " · ".join([", ".join(entry.approaches), *why] if entry.approaches else why)


def _gist(entry: Entry) -> Markdown:
    """What follows a title on one line: what moved, or else what it is; and where it leads."""
    told = [f"**{escape_markdown(line.text)}**" if line.loud else escape_markdown(line.text) for line in entry.lines]
    facts = [escape_markdown(fact) for fact in (entry.facts[:1] if told else entry.facts)]
    return Markdown(" · ".join([*told, *facts, link(entry.ref, entry.url)]))


_HEAD = ("Source", "Query", "Last asked (UTC)", "Answer", "Listed", "New", "Changed", "Off topic")
_TEXTS = 4  # columns that are text; the rest are counts, set to the right


def _receipt_table(receipt: Sequence[Row]) -> Markdown:
    """A table that lines up as plain text too."""
    if not receipt:
        return Markdown("No source was asked.")
    body = [
        [escape_markdown(text) for text in (row.source, row.query, row.asked, row.outcome)]
        + ["–" if count is None else f"{count:,}" for count in (row.listed, row.new, row.changed, row.off_topic)]
        for row in receipt
    ]
    widths = [max(len(cell) for cell in column) for column in zip(_HEAD, *body, strict=True)]
    rule = ["-" * width if n < _TEXTS else "-" * (width - 1) + ":" for n, width in enumerate(widths)]
    rows = [_HEAD, rule, *body]
    return Markdown("\n".join(f"| {' | '.join(_padded(row, widths))} |" for row in rows))


def _padded(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        cell.ljust(width) if n < _TEXTS else cell.rjust(width)
        for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
