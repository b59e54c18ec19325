"""Whether a preprint and a paper are beyond doubt one work, by title, authors and dates alone. Pure.

A wrong yes hides a paper, a wrong no shows one twice: every doubt is a no. Titles alone never do: "a systematic review
and meta-analysis" of one treatment is written by several groups under one title.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tracker.dates import common
from tracker.records import Record

WORDS = 6  # a shorter title is no name of a work: "Alopecia areata", "Reply"
YEARS = 4  # between a preprint and its paper

_OTHER = re.compile(r"[^\w\s+]+|_+")  # what no title is told apart by; accents stand alone after NFKD
_MARKUP = re.compile(r"</?[A-Za-z][\w:]*(?:\s[^<>]*)?/?>")
# What is about a work under that work's own title or DOI. PubMed's types first; titles where it gives none.
_NOTICES = {
    "Published Erratum": "erratum",
    "Retraction of Publication": "retraction",
    "Expression of Concern": "concern",
    "Comment": "comment",
}
_NOTICE_TITLES = re.compile(
    r"\W*(?:(?:author|publisher)(?:'s|s'|s’|’s)? )?(?:(?P<erratum>errat(?:um|a)|corrigend(?:um|a)|correction(?=:| to))"
    r"|(?P<retraction>retraction(?=:| of| note| notice| to))|(?P<concern>(?:editorial )?expression of concern)"
    r"|(?P<comment>comments? on|reply(?=:| to)|re:))",
    re.IGNORECASE,
)


def title_key(record: Record) -> str:
    """What titles have in common that differ in case, punctuation, spaces and markup alone; "" where it names no work.

    A hash of 16 hex characters. A plus sign counts: CD34+ cells are no CD34- cells.
    """
    if record.kind != "article" or notice_kinds(record.types, record.title):
        return ""
    words = _plain(_MARKUP.sub("", record.title)).split()
    return hashlib.sha256("".join(words).encode()).hexdigest()[:16] if len(words) >= WORDS else ""


def notice_kinds(types: Iterable[str], title: str) -> frozenset[str]:
    """What a record is that is about another one: erratum, retraction, concern, comment. Empty for a work itself."""
    typed = {_NOTICES[one] for one in types if one in _NOTICES}
    named = _NOTICE_TITLES.match(title)
    return frozenset(typed or ({named.lastgroup} if named and named.lastgroup else ()))


def same_authors(one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> bool:
    """The same first author, and more than half of the longer list; a single author only beside a single one.

    Authors are facts as `records.authors` holds them. A collective author stands for nobody in particular.
    """
    mine, theirs = _people(one), _people(other)
    if not mine or not theirs or mine[0] != theirs[0] or (len(mine) == 1) != (len(theirs) == 1):
        return False
    shared = sum((Counter(mine) & Counter(theirs)).values())
    return 2 * shared > max(len(mine), len(theirs))


def near(published: str, other: str) -> bool:
    """Whether two partial dates lie at most four years apart; False where either is missing."""
    if not published or not other:
        return False
    earlier, later = sorted(common(published, other))
    return later <= f"{int(earlier[:4]) + YEARS}{earlier[4:]}"


def _people(authors: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(family name, initial), as PubMed has "Moss A" where a preprint has "Anna Moss"."""
    return [
        (_plain(one.get("family") or one.get("name", "")), _plain(one.get("given", ""))[:1])
        for one in authors
        if not one.get("group")
    ]


def _plain(text: str) -> str:
    """Words of letters, digits and plus signs: no case, no accents, no width, no position (H₂O is h2o)."""
    return _OTHER.sub("", unicodedata.normalize("NFKD", text.casefold()))
