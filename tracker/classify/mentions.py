"""Where a text names an approach: terms, short forms, vesicles by their source. Whether a mention labels is told
elsewhere.

Product beats source: the phrase around a vesicle or a conditioned medium belongs to the product, and the cells named
in it are only where the product comes from.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tracker.classify.document import Reading
from tracker.classify.lexicon import Hit
from tracker.classify.rules import LEAF, VESICLE, Rules
from tracker.classify.taxonomy import Taxonomy
from tracker.classify.text import Text

# A noun phrase goes back to the last of these ...
_PHRASE_START = re.compile(
    r"[.;:,]|\b(?:and|with|versus|vs|of|in|on|to|by|for|from|that|using|plus|or|than|is|are|was|were|via|whether|[a-z]+ing)\b"
)
# ... and forward over "(EVs) were isolated from ...", "of ...", up to the next stop.
_FROM_SOURCE = re.compile(
    r"s?\s*(?:\([^)]{1,40}\)\s*)?(?:[a-z0-9-]+\s){0,2}?(?:that |which )?(?:are |were |was |is )?"
    r"(?:derived|isolated|secreted|released|obtained|produced|purified|extracted|collected|from|of|by)\b[^.;:,]{0,90}"
)
# ... but not into the verb or the place: "derived from MSCs promote dermal papilla cells in mice".
_PHRASE_END = re.compile(
    r"(?<![-a-z])(?:(?:promot|activat|enhanc|regulat|accelerat|improv|increas|modulat|inhibit|protect|attenuat)[a-z]*|(?:stimulate|induce)s?|can|could|may|on|in|to|for|with|versus)\b"
)
_SHORT_FORM = re.compile(
    r"(?:\s(?:extracts?|injections?|therapy|treatment|gel|solution|cells?))?\s?[(\[]\s*([A-Za-z][A-Za-z0-9/-]{1,9}?)s?\s*[)\];,]"
)
_NO_SHORT_FORM = {"the", "and", "for", "mice", "male", "both", "oral", "n"}


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


class Mentions:
    def __init__(self, taxonomy: Taxonomy, rules: Rules) -> None:
        self._sources = rules.sources
        self._source_order = {
            leaf.id: rank for rank, leaf in enumerate(leaf for leaf in taxonomy.leaves if leaf.source)
        }
        self._abbr = [(abbr, leaf.id) for leaf in taxonomy.leaves for abbr in leaf.abbr]
        self._weak = {leaf.id for leaf in taxonomy.leaves if leaf.weak_terms}
        self._abbr += [(abbr, VESICLE) for abbr in rules.vesicle_abbr]
        self._abbr_words = {
            abbr: re.compile(rf"(?<![A-Za-z0-9]){re.escape(abbr)}s?(?![A-Za-z0-9])") for abbr, _ in self._abbr
        }

    def find(self, reading: Reading, known: dict[str, str]) -> Products:
        """Mentions by position. `known` holds the short forms of this document (PRP -> blood.prp) and grows."""
        text, hits = reading.text, _without_excluded(reading.all(LEAF))
        found = [Mention(hit.name.partition(" ")[2], hit.start, hit.end, hit.name.partition(" ")[0]) for hit in hits]
        for mention in found:
            self._learn(text, mention, known)
        found += self._short_forms(text, known, found)
        return self._resolve(text, sorted(set(found), key=lambda mention: (mention.start, -mention.end)))

    def _learn(self, text: Text, mention: Mention, known: dict[str, str]) -> None:
        """'platelet-rich plasma (PRP)': from here on PRP means that, in this document."""
        match = _SHORT_FORM.match(text.cased, mention.end)
        if (
            match
            and mention.kind != "weak"
            and match[1].lower() not in _NO_SHORT_FORM
            and any(c.isupper() for c in match[1])
        ):
            known.setdefault(match[1], mention.leaf)

    def _short_forms(self, text: Text, known: dict[str, str], found: list[Mention]) -> Iterator[Mention]:
        for abbr, leaf in [*known.items(), *self._abbr]:
            if not leaf or abbr not in text.cased or known.get(abbr, leaf) != leaf:
                continue
            word = self._abbr_words.get(abbr) or re.compile(rf"(?<![A-Za-z0-9]){re.escape(abbr)}s?(?![A-Za-z0-9])")
            if abbr not in known and self._means_other(text, abbr, leaf, found):
                known[abbr] = ""
                continue
            for match in word.finditer(text.cased):
                yield Mention(leaf, *match.span(), "weak" if leaf in self._weak else "abbr")

    def _means_other(self, text: Text, abbr: str, leaf: str, found: list[Mention]) -> bool:
        """The document spells the short form out, and not as this leaf."""
        spelt = re.search(rf"\(\s*{re.escape(abbr)}s?\s*[);,]", text.cased)
        if spelt:
            return not any(m.leaf == leaf and spelt.start() - 25 <= m.end <= spelt.start() + 1 for m in found)
        behind = re.search(rf"\b{re.escape(abbr)}s?\s*(?:\(|=\s)([a-z][^)]{{6,60}})", text.cased)
        return bool(behind) and not any(m.leaf == leaf and behind.start(1) <= m.start < behind.end(1) for m in found)  # type: ignore[union-attr]

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
        after = [hit for hit in self._sources.find(text.low[mention.end : phrase[1]])]
        before = [hit for hit in self._sources.find(text.low[phrase[0] : mention.start])]
        hits = after or before
        return min((hit.name for hit in hits), key=self._source_order.__getitem__) if hits else "ev.unspec"


def _without_excluded(hits: list[Hit]) -> list[Hit]:
    """Drops hits that lie within a longer phrase that the leaf excludes."""
    excluded = [(hit.name[4:], hit.start, hit.end) for hit in hits if hit.name.startswith("not ")]
    kept = [hit for hit in hits if not hit.name.startswith("not ")]
    if excluded:
        kept = [
            h
            for h in kept
            if not any(
                h.name.endswith(f" {name}") and start <= h.start and h.end <= end for name, start, end in excluded
            )
        ]
    return kept


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
