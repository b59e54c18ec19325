"""Did PubMed answer the query that was asked? It drops a phrase that it does not know, says so, and answers the rest.

Harmless while an alternative is left: "a" OR "b" without "b" is "a". Where a whole part of an AND is dropped the query
has become a broader one: (a OR b) AND hair turns into hair, and everything about hair would be news.
"""

import re

from tracker.errors import ConfigError, SourceError
from tracker.expression import Term, Tree, parse, terms
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
_DROPPED = ("PhraseNotFound", "QuotedPhraseNotFound", "PhraseIgnored")


def judge(name: str, expression: str, search: Search, held: Held) -> list[str]:
    """What to say about the answer, as lines. Raises SourceError, permanently, when it is to another query.

    With `held.accept_drift` the reason is one more line.
    """
    lines = [_SAYS.get(kind, kind + ": {}").format(words) for kind, words in search.remarks]
    reasons = [line for line, (kind, _) in zip(lines, search.remarks, strict=True) if kind == "FieldNotFound"]
    dropped = [words for kind, words in search.remarks if kind in _DROPPED]
    if dropped and (part := _lost_part(expression, dropped)):
        known = ", ".join(dropped)
        reasons.append(f"it became a broader query, for PubMed knows nothing of its part {part} (dropped: {known})")
    if held.listed and search.count > TENFOLD * held.listed:
        reasons.append(f"it lists {search.count} records, after {held.listed} the last time")
    if not reasons:
        return lines
    why = f"query {name}: {'; '.join(reasons)}. PubMed read it as: {_shortened(search.translation) or 'nothing'}"
    if not held.accept_drift:
        raise SourceError(f"{why} - mend the query, or go on with --accept-drift", permanent=True)
    return [*lines, f"accepted: {why}"]


def _lost_part(expression: str, dropped: list[str]) -> str:
    """The first AND-ed part of which nothing is left, as a reader knows it again; "" when there is none."""
    try:
        tree = parse(expression)
    except ConfigError:
        return f'"{_shortened(expression)}"'  # we cannot tell what is left of it
    lost = {id(term) for words in dropped for term in _named(words, tree)}
    broken = _broken(tree, lost) or (tree if _is_lost(tree, lost) else None)
    return _shortened(" OR ".join(f'"{term.text}"' for term in terms(broken))) if broken else ""


def _named(words: str, tree: Tree) -> list[Term]:
    """The terms that a dropped phrase means. PubMed repeats it with or without quotes, field tag and asterisk."""
    bare, _, tag = words.strip().partition("[")
    plain, field = _plain(bare), tag.rstrip("] ").lower()
    same = [term for term in terms(tree) if _plain(term.text) == plain]
    return [term for term in same if field and term.field == field] or same


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _is_lost(tree: Tree, lost: set[int]) -> bool:
    if isinstance(tree, Term):
        return id(tree) in lost
    # What stands after NOT only takes away; nothing is lost when that is unknown.
    parts = tree.parts[:1] if tree.op == "NOT" else tree.parts
    return all(_is_lost(part, lost) for part in parts)


def _broken(tree: Tree, lost: set[int]) -> Tree | None:
    """The first lost part of an AND, at any depth: x OR (lost AND y) has become x OR y, which is broader too."""
    if isinstance(tree, Term):
        return None
    if tree.op == "AND" and (part := next((part for part in tree.parts if _is_lost(part, lost)), None)):
        return part
    parts = tree.parts[:1] if tree.op == "NOT" else tree.parts
    return next((found for part in parts if (found := _broken(part, lost))), None)


def _shortened(text: str) -> str:
    return text if len(text) <= _TRANSLATION else text[: _TRANSLATION - 1] + "…"
