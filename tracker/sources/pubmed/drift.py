"""Did PubMed answer the query that was asked? It drops a phrase that it does not know, says so, and answers the rest.

Harmless while an alternative is left: "a" OR "b" without "b" is "a". Where a whole part of an AND is dropped the query
has become a broader one: (a OR b) AND hair turns into hair, and everything about hair would be news.
"""

import re

from tracker.errors import ConfigError, SourceError
from tracker.expression import Term, Tree, and_parts, parse, terms
from tracker.records import Held
from tracker.sources.pubmed.answers import Search

TENFOLD = 10
_TRANSLATION = 1_000  # characters of it that an error shows

_SAYS = {
    "PhraseNotFound": "PubMed does not know the phrase {}",
    "QuotedPhraseNotFound": "PubMed does not know the quoted phrase {}",
    "PhraseIgnored": "PubMed ignores the phrase {}",
    "FieldNotFound": "PubMed does not know the field {}",
    "OutputMessage": "PubMed says: {}",
}
# Tags that are written in short, as PubMed names them.
_FIELDS = {
    "tiab": "title/abstract",
    "ti": "title",
    "mh": "mesh terms",
    "mesh": "mesh terms",
    "majr": "mesh major topic",
    "nm": "supplementary concept",
    "pt": "publication type",
    "tw": "text word",
    "all": "all fields",
    "": "all fields",
}
_DROPPED = ("PhraseNotFound", "QuotedPhraseNotFound", "PhraseIgnored")


def judge(name: str, expression: str, search: Search, held: Held) -> list[str]:
    """What to say about the answer, as lines. Raises SourceError, permanently, when it is to another query.

    With `held.accept_drift` the reason is one more line.
    """
    lines = remarks(search)
    reasons = [line for line, (kind, _) in zip(lines, search.remarks, strict=True) if kind == "FieldNotFound"]
    dropped = unknown(search)
    reasons += _lost_parts(expression, dropped) if dropped and search.count else []
    if held.listed and search.count > TENFOLD * held.listed:
        reasons.append(f"it lists {search.count} records, after {held.listed} the last time")
    if not reasons:
        return lines + _weakened(expression, dropped)
    why = f"query {name}: {'; '.join(reasons)}. PubMed read it as: {_shortened(search.translation) or 'nothing'}"
    if not held.accept_drift:
        raise SourceError(f"{why} - mend the query, or go on with --accept-drift", permanent=True)
    return [*lines, f"accepted: {why}"]


def remarks(search: Search) -> list[str]:
    """What PubMed says about a query, a line each."""
    return [_SAYS.get(kind, kind + ": {}").format(words) for kind, words in search.remarks]


def unknown(search: Search) -> list[str]:
    """The phrases that PubMed dropped, as it repeats them."""
    return [words for kind, words in search.remarks if kind in _DROPPED]


def remapped(search: Search) -> list[str]:
    """What PubMed took untagged words for, a line each."""
    return [f"PubMed reads {said} as {_shortened(meant)}" for said, meant in search.mapped]


def _lost_parts(expression: str, dropped: list[str]) -> list[str]:
    """A reason for each AND-ed part of which PubMed knows no alternative. Asked only where something was found: a query
    of which nothing is known, and which lists nothing, has not become another one."""
    try:
        tree = parse(expression)
    except ConfigError as error:
        return [f"PubMed dropped {', '.join(dropped)}, and what is left cannot be told ({error})"]
    lost = _terms_of(dropped, tree)
    unplaced = [words for words in dropped if not _named(words, tree)]
    return [f"PubMed dropped {words}, and which part of it that is cannot be told" for words in unplaced] + [
        f"it became a broader query, for PubMed knows nothing of its part {_shown(part)}"
        for part in and_parts(tree)
        if not _known(part, lost)
    ]


def _weakened(expression: str, dropped: list[str]) -> list[str]:
    """A line for each alternative that lost a part of its own: x OR (lost AND y) may be read as x OR y."""
    if not dropped:
        return []
    tree = parse(expression)
    lost = _terms_of(dropped, tree)
    return [f"the query may list too much: its alternative lost {_shown(part)}" for part in _lost_within(tree, lost)]


def _lost_within(tree: Tree, lost: set[int]) -> list[Tree]:
    if isinstance(tree, Term):
        return []
    kept = tree.parts[:1] if tree.op == "NOT" else tree.parts
    gone = [part for part in kept if not _known(part, lost)] if tree.op == "AND" else []
    return gone if 0 < len(gone) < len(kept) else [inner for part in kept for inner in _lost_within(part, lost)]


def _known(tree: Tree, lost: set[int]) -> bool:
    """Whether PubMed knows an alternative of it whole. What stands after NOT takes nothing away when it is unknown."""
    if isinstance(tree, Term):
        return id(tree) not in lost
    if tree.op == "NOT":
        return _known(tree.parts[0], lost)
    return (any if tree.op == "OR" else all)(_known(part, lost) for part in tree.parts)


def _terms_of(dropped: list[str], tree: Tree) -> set[int]:
    return {id(term) for words in dropped for term in _named(words, tree)}


def _named(words: str, tree: Tree) -> list[Term]:
    """The terms that a dropped phrase means. PubMed repeats it with or without quotes, field tag and asterisk."""
    bare, _, tag = words.strip().partition("[")
    field = tag.rstrip("] ").lower()
    found = [term for term in terms(tree) if _plain(term.text) == _plain(bare)]
    if field:
        found = [term for term in found if _FIELDS.get(term.field, term.field) == _FIELDS.get(field, field)] or found
    starred = bare.rstrip('" ').endswith("*")
    return [term for term in found if term.truncated == starred] or found


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _shown(part: Tree) -> str:
    return _shortened(" OR ".join(f'"{term.text}"' for term in terms(part)))


def _shortened(text: str) -> str:
    return text if len(text) <= _TRANSLATION else text[: _TRANSLATION - 1] + "…"
