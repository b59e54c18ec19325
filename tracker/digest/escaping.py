"""Text that others wrote, made harmless for markdown, HTML and plain text: shown as it is, and nothing more.

Whatever a title holds, in none of the three can it format, link, mention or break out of its line, not even in a mail
program that makes links of its own out of what looks like an address.
"""

import re
from urllib.parse import quote, urlsplit

from tracker.digest.wording import clean

# What begins an emphasis, a link, code, a table cell, math: never wanted from a title.
_SPECIAL = re.compile(r"[\\`*_\[\]~|#$^]")
# What begins a tag or an entity. Older renderers know no backslash before them.
_HTML = re.compile(r"<|&(?=[#\w])")
_ENTITIES = {"<": "&lt;", "&": "&amp;"}
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
# What plain text itself has for markup: some mail programs make it bold, some readers take it for markdown or HTML.
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_LOOKALIKES = {"*": "\u2217", "`": "\u2019", "~": "\u223c", "<": "\u2039"}
_EMPHASIS = re.compile(r"(?<!\w)_+|_+(?!\w)|[*`~]")
_BRACKETS = re.compile(r"(?<=\])(?=[(\[:])")
_REFERENCE = re.compile(r"&(?=#?\w)")


class Markdown(str):
    """Text that is markdown already. Everything else is escaped."""

    __slots__ = ()


def escape_markdown(text: str) -> str:
    """One line of markdown that shows just this text (but for control and direction characters) and does nothing."""
    text = _HTML.sub(lambda match: _ENTITIES[match[0]], _SPECIAL.sub(r"\\\g<0>", clean(text)))
    text = _AT_START.sub(lambda match: _escape_start(match[1]), text)
    text = _DOMAIN.sub(r"\\.", _SCHEME.sub(r"\\:", text))
    return _MENTION.sub("@" + _WORD_JOINER, text)


def _escape_start(start: str) -> str:
    return start + "\\" if start.isdigit() else "\\" + start


def link(label: str, url: str) -> Markdown:
    """A link where the address can be followed; else the label alone."""
    label, address = escape_markdown(label), safe_address(url)
    return Markdown(f"[{label}]({address})" if address else label)


def safe_address(url: str) -> str:
    """The address where it is http or https and names a host without a user; else "".

    Brackets, spaces, quotes, backslashes and whatever else could end it early are percent-encoded.
    """
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        usable = False
    return quote(url.strip(), safe=_URL_SAFE, errors="replace") if usable else ""


def defused(text: str) -> str:
    """One line that no mail program finds an address or a name to mention in. Still to be escaped for HTML."""
    text = _SCHEME.sub(_WORD_JOINER + ":", clean(text))
    text = _DOMAIN.sub(_WORD_JOINER + ".", text)
    return _MENTION.sub("@" + _WORD_JOINER, text)


def plain(text: str) -> str:
    """One line of plain text that nobody takes for HTML or markdown.

    What would begin a tag, an emphasis or a link is replaced by a sign that looks like it, or split.
    """
    text = _TAG.sub(_LOOKALIKES["<"], defused(text))
    text = _EMPHASIS.sub(lambda match: "".join(_LOOKALIKES.get(char, "\u02cd") for char in match[0]), text)
    return _REFERENCE.sub("&" + _WORD_JOINER, _BRACKETS.sub(_WORD_JOINER, text))
