"""What a single value of queries.toml may be: names, schedules, time zones, e-mail addresses, ids, search expressions.

Each function takes the text as it was written and gives it back as it is used; a ValueError says what is wrong with it
and what to write instead. Nothing here knows where in the file the value stands.
"""

import re
from difflib import get_close_matches

from tracker import expression, periods
from tracker.config.presets import presets
from tracker.config.settings import LINKED
from tracker.errors import ConfigError

SCHEDULE = rf"^(daily|{'|'.join(periods.WEEKDAYS)}|monthly (0?[1-9]|1[0-9]|2[0-8])) ([01][0-9]|2[0-3]):[0-5][0-9]$"
SLUG = r"^[a-z0-9][a-z0-9-]{0,39}$"
GOLD = r"^([1-9][0-9]{0,7}|NCT[0-9]{8}|ISRCTN[0-9]{8})$"
LEAF = r"^[a-z0-9_]+\.[a-z0-9_]+$"
MAX_DEPTH = 200


def schedule(text: str) -> str:
    """A schedule as periods.py reads it, in its one spelling."""
    try:
        return str(periods.parse(text))
    except ConfigError as error:
        raise ValueError(str(error)) from None


def slug(text: str) -> str:
    if not re.fullmatch(SLUG, text):
        raise ValueError('a name is 1 to 40 of a-z, 0-9 and "-", and starts with a letter or digit: "stem-cells"')
    if text == LINKED:
        raise ValueError(f'"{LINKED}" is reserved for what other records point to; choose another name')
    return text


def preset(text: str) -> str:
    if text not in presets():
        near = get_close_matches(text, presets(), n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(presets())}"
        raise ValueError(f'no feed is known as "{text}" - {hint}')
    return text


def timezone(text: str) -> str:
    from zoneinfo import ZoneInfo, available_timezones

    if text == "UTC":  # needs no zone files
        return text
    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError):  # LookupError: ZoneInfoNotFoundError is a KeyError
        zones = available_timezones()
        if not zones:
            raise ValueError("no time zones on this machine: install the package tzdata, or write UTC") from None
        near = get_close_matches(text, zones, n=1) or [z for z in sorted(zones) if z.lower().endswith(text.lower())][:1]
        hint = f'did you mean "{near[0]}"?' if near and text else 'write an area and a city: "Europe/London"'
        raise ValueError(f"unknown time zone - {hint}") from None
    return text


def email(text: str) -> str:
    """An address that every mail server takes: a dot-atom (RFC 5322 3.2.3) and a domain, also as IDN."""
    match = re.fullmatch(r"([^\s@<>,;\"]+)@([^\s@<>,;\"]+)", text)
    if not match or not text.isprintable():
        raise ValueError('must be one plain e-mail address: "reader@example.org"')
    name, domain = match.groups()
    if (
        not re.fullmatch(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", name, re.ASCII)
        or len(name) > 64
        or "=?" in name
    ):
        raise ValueError(f'before the @ only letters, digits and . _ - + are taken by every mail server, not "{name}"')
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)*", domain, re.ASCII):
        raise ValueError('after the @ must stand a domain: "example.org"')
    return f"{name}@{domain}"


def sender(text: str) -> str:
    """`name@host` or `Name <name@host>`, on one line."""
    if not text.isprintable():
        raise ValueError("must be one line")
    match = re.fullmatch(r"([^<>@]*)<([^<>]+)>", text)
    return f"{match.group(1).strip()} <{email(match.group(2))}>".strip() if match else email(text)


def gold(text: str) -> str:
    """A PMID, an NCT or ISRCTN number, also with the prefixes that people copy along."""
    bare = re.sub(r"^(pubmed-|pmid:?\s*)", "", text.strip(), flags=re.IGNORECASE).upper()
    if not re.fullmatch(GOLD, bare):
        raise ValueError('must be a PMID ("39155501") or an NCT or ISRCTN number ("NCT06393452")')
    return bare


def leaf(text: str) -> str:
    if not re.fullmatch(LEAF, text):
        raise ValueError('must be family.leaf in lower case: "act.newco"')
    return text


def family_or_leaf(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)?", text):
        raise ValueError('must be a family ("ev") or a leaf ("ev.adsc") of the taxonomy; `tracker taxonomy` lists them')
    return text


class Misplaced(ValueError):
    """A mistake inside a text. Its message says "position N"; `position` is that N, from 1."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


def pubmed(text: str) -> str:
    """A PubMed expression on one line, however it was laid out."""
    _length(text, 20_000)
    try:
        tree = expression.parse(text)
    except ConfigError as error:
        match = re.search(r"position (\d+)", str(error))
        if not match:
            raise ValueError(str(error)) from None
        raise Misplaced(str(error), int(match.group(1))) from None
    if _depth(tree) > MAX_DEPTH:
        raise ValueError("AND, OR and NOT take turns too often: group what belongs together in brackets")
    return " ".join(text.split())


def _length(text: str, most: int) -> None:
    if not text.strip():
        raise ValueError("is empty: write what to search for, or leave the key out")
    if len(text) > most:
        raise ValueError(f"is longer than {most:,} characters, more than a search takes")


def _depth(tree: expression.Tree) -> int:
    """How deep operators are nested. Not recursive, as whatever reads the tree later is."""
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        part, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(part, expression.Node):
            waiting += [(inner, depth + 1) for inner in part.parts]
    return deepest


def search_area(text: str) -> str:
    """A value of API v2's query.* and filter.advanced on one line: its quotes and brackets must pair."""
    _length(text, 4_000)
    closing = {"(": ")", "[": "]"}
    opened: list[tuple[str, int]] = []
    quoted = 0
    for position, char in enumerate(text, start=1):
        if char == '"':
            quoted = 0 if quoted else position
        elif quoted:
            continue
        elif char in closing:
            opened.append((closing[char], position))
        elif char in closing.values() and (not opened or opened.pop()[0] != char):
            raise Misplaced(f"{char} at position {position} closes nothing that was opened", position)
    if quoted:
        raise Misplaced(f"quotation mark at position {quoted} is never closed", quoted)
    if opened:
        raise Misplaced(f"bracket opened at position {opened[-1][1]} is never closed", opened[-1][1])
    return " ".join(text.split())


def contact(text: str) -> str:
    """An e-mail address, or "" for not yet."""
    return email(text) if text else text


def filled(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text.strip()


def path(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("must name a file or folder")
    return text
