"""Where a text names an approach: terms, short forms, vesicles by their source. Which mention labels: approach.py.

Product beats source: the phrase around a vesicle or a conditioned medium belongs to the product, and the cells named
in it are only where the product comes from.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from tracker.classify.document import Reading
from tracker.classify.rules import LEAF, VESICLE, Rules
from tracker.classify.taxonomy import Taxonomy
from tracker.classify.text import Text

# A noun phrase goes back to the last of these ...
_PHRASE_START = re.compile(
    r"[.;:,]|\b(?:and|with|versus|vs|of|in|on|to|by|for|from|that|using|plus|or|than"
    r"|is|are|was|were|via|whether|[a-z]+ing)\b"
)
# ... and forward over "(EVs) were isolated from ...", "of ...", up to the next stop.
_FROM_SOURCE = re.compile(
    r"s?\s*(?:\([^)]{1,40}\)\s*)?(?:[a-z0-9-]+\s){0,2}?(?:that |which )?(?:are |were |was |is )?"
    r"(?:derived|isolated|secreted|released|obtained|produced|purified|extracted|collected|from|of|by)\b[^.;:,]{0,90}"
)
# ... but not into the verb or the place: "derived from MSCs promote dermal papilla cells in mice".
_PHRASE_END = re.compile(
    r"(?<![-a-z])(?:(?:promot|activat|enhanc|regulat|accelerat|improv|increas|modulat|inhibit|protect|attenuat)[a-z]*"
    r"|(?:stimulate|induce)s?|can|could|may|on|in|to|for|with|versus)\b"
)
# "platelet-rich plasma (PRP)"; with more words between, the letters must fit: "botulinum toxin A (BTXA)".
_SHORT_FORM = re.compile(r"([a-zA-Z -]{0,25}?)\s?[(\[]\s*([A-Za-z][A-Za-z0-9/-]{1,9}?)s?\s*[)\];,]")
_BETWEEN = ("", "extract", "injection", "therapy", "treatment", "gel", "solution", "cell")
# "stem cell-derived growth factors": no cells are given, unless what is derived are cells.
_YIELDS_PRODUCT = re.compile(
    r"[- ](?:derived|secreted)\s(?:[a-z-]+\s){0,2}?"
    r"(?:factor|protein|peptide|medi[au]|extract|secretome|supernatant|lysate|cytokine|matrix)"
)


class Mention(NamedTuple):
    """leaf was named at [start, end); kind: term, title (labels only from a title), weak, abbr."""

    leaf: str
    start: int
    end: int
    kind: str


class Products(NamedTuple):
    """Mentions in one text, and the phrases that belong to cell-free products."""

    mentions: list[Mention]
    phrases: list[tuple[int, int]]

    def is_source(self, mention: Mention) -> bool:
        return any(start <= mention.start < end for start, end in self.phrases)


Glossary = dict[str, str]  # short form -> leaf; "" where the document means something else by it


class Mentions:
    def __init__(self, taxonomy: Taxonomy, rules: Rules) -> None:
        self._sources = rules.sources
        named = [leaf.id for leaf in taxonomy.leaves if leaf.source]
        self._source_order = {leaf: rank for rank, leaf in enumerate(named)}
        self._abbr = {abbr: leaf.id for leaf in taxonomy.leaves for abbr in leaf.abbr}
        self._abbr |= dict.fromkeys(rules.vesicle_abbr, VESICLE)
        self._weak = {leaf.id for leaf in taxonomy.leaves if leaf.weak_terms}

    def glossary(self, readings: Sequence[Reading]) -> Glossary:
        """The short forms of a document: those that it spells out, and those of the taxonomy unless spelt otherwise."""
        known: Glossary = {}
        texts = [(reading.text, _found(reading)) for reading in readings]
        for text, found in texts:
            for mention in found:
                match = _SHORT_FORM.match(text.cased, mention.end) if mention.kind != "weak" else None
                if match and not match[2].islower() and _fits(text, mention, match):
                    known.setdefault(match[2], mention.leaf)
        for abbr, leaf in self._abbr.items():
            if abbr not in known and any(abbr in text.cased for text, _ in texts):
                known[abbr] = "" if any(_means_other(*text, abbr, leaf) for text in texts) else leaf
        return known

    def find(self, reading: Reading, known: Glossary) -> Products:
        """Mentions by position."""
        text, found = reading.text, _found(reading)
        for abbr, leaf in known.items():
            if leaf and abbr in text.cased:
                kind = "weak" if leaf in self._weak else "abbr"
                found += [Mention(leaf, *match.span(), kind) for match in _word(abbr).finditer(text.cased)]
        return self._resolve(text, sorted(set(found), key=lambda mention: (mention.start, -mention.end)))

    def _resolve(self, text: Text, found: list[Mention]) -> Products:
        """Vesicles become leaves by their source; phrases of products are marked."""
        mentions: list[Mention] = []
        phrases: list[tuple[int, int]] = []
        for mention in found:
            if _YIELDS_PRODUCT.match(text.low, mention.end):
                phrases.append((mention.start, mention.end))
            if mention.leaf == VESICLE:
                phrase = _phrase(text, mention)
                mentions.append(mention._replace(leaf=self._vesicle_leaf(text, mention, phrase)))
            elif mention.leaf.startswith(("ev.", "free.cm")):
                phrase = _phrase(text, mention)
                mentions.append(mention)
            else:
                mentions.append(mention)
                continue
            phrases.append(phrase)
        return Products(mentions, phrases)

    def _vesicle_leaf(self, text: Text, mention: Mention, phrase: tuple[int, int]) -> str:
        """The source named right after the vesicle word ("of", "derived from"), else the one named before it."""
        after = self._sources.find(text.low[mention.end : phrase[1]])
        hits = after or self._sources.find(text.low[phrase[0] : mention.start])
        return min((hit.name for hit in hits), key=self._source_order.__getitem__) if hits else "ev.unspec"


@lru_cache(maxsize=1000)
def _word(abbr: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(abbr)}s?(?![A-Za-z0-9])")


def _fits(text: Text, mention: Mention, match: re.Match[str]) -> bool:
    """The letters of a short form stand in its long form, in order and from the first (Schwartz and Hearst 2003)."""
    if match[1].strip().lower().removesuffix("s") in _BETWEEN:
        return True
    rest = iter(text.low[mention.start : match.end(1)])
    letters = match[2].lower()
    return letters[0] == text.low[mention.start] and all(letter in rest for letter in letters)


def _means_other(text: Text, found: list[Mention], abbr: str, leaf: str) -> bool:
    """The text spells the short form out, and not as this leaf."""
    if spelt := re.search(rf"\(\s*{re.escape(abbr)}s?\s*[);,]", text.cased):
        return not any(m.leaf == leaf and spelt.start() - 25 <= m.end <= spelt.start() + 1 for m in found)
    if spelt := re.search(rf"\b{re.escape(abbr)}s?\s*(?:\(|=\s)([a-z][^)]{{6,60}})", text.cased):
        return not any(m.leaf == leaf and spelt.start(1) <= m.start < spelt.end(1) for m in found)
    return False


def _found(reading: Reading) -> list[Mention]:
    """Mentions by terms, less those that lie within a longer phrase that their leaf excludes."""
    found, excluded = list[Mention](), list[Mention]()
    for hit in reading.all(LEAF):
        kind, _, leaf = hit.name.partition(" ")
        (excluded if kind == "not" else found).append(Mention(leaf, hit.start, hit.end, kind))
    return [m for m in found if not any(x.leaf == m.leaf and x.start <= m.start and m.end <= x.end for x in excluded)]


def _phrase(text: Text, mention: Mention) -> tuple[int, int]:
    """The noun phrase of a product, source included."""
    left = max(text.sentence_at(mention.start).start, mention.start - 70)
    for match in _PHRASE_START.finditer(text.low, left, mention.start):
        left = match.end()
    source = _FROM_SOURCE.match(text.low, mention.end)
    if source is None:
        return left, mention.end
    end = _PHRASE_END.search(text.low, mention.end, source.end())
    return left, end.start() if end else source.end()
