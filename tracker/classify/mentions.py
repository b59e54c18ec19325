"""Where a text names an approach: terms, short forms, vesicles by their source. Which mention labels: approach.py.

Product beats source: the phrase around a vesicle or a conditioned medium belongs to the product, and the cells, plants
or platelets named in it are only where the product comes from.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from tracker.classify.document import Reading
from tracker.classify.rules import LEAF, VESICLE, Rules
from tracker.classify.taxonomy import Taxonomy
from tracker.classify.text import Text

# A noun phrase goes back to the last of these ...
_PHRASE_START = re.compile(
    r"[.;:,]|\b(?:and|with|versus|vs|against|of|in|on|to|by|for|from|that|using|plus|or|than|could|can|may"
    r"|is|are|was|were|via|whether|[a-z]+ing)\b"
)
# ... and forward over "(EVs) were isolated from ...", "of ...", "meant for hair are obtained from ...", up to a stop.
_FROM_SOURCE = re.compile(
    r"s?\s*(?:\([^)]{1,40}\)\s*)?(?:(?:meant|intended|used|made)\s(?:for\s)?(?:[a-z0-9-]+\s){1,3}?)?"
    r"(?:[a-z0-9-]+\s){0,2}?(?:that |which )?(?:are |were |was |is )?"
    r"(?:(?:derived|isolated|secreted|released|shed|obtained|produced|purified|extracted|collected)(?: from| by| of)?"
    r"|from|of|by)\b([^.;:]{0,150})"
)
# ... but not into the verb or the place: "derived from MSCs promote dermal papilla cells in mice".
_PHRASE_END = re.compile(
    r"(?<![-a-z])(?:(?:promot|activat|enhanc|regulat|accelerat|improv|increas|modulat|inhibit|protect|attenuat|restor"
    r"|revers|repair|amelior|alleviat|facilitat|prolong|prevent|suppress|counteract|elicit)[a-z]*"
    r"|(?:stimulate|induce|shorten|lengthen|delay|awaken|revive|rescue|trigger|drive|support|boost|reduce|wake)s?|can|could|may|on|in|to|for|with|versus"
    r"|was|were|is|are)\b|,(?!\s(?:[a-z0-9-]+\s){0,4}?(?:[a-z0-9-]+,|and\b|or\b))"
)
# "exosomes that dermal papilla cells release"
_SOURCE_CLAUSE = re.compile(r"s?\s(?:that|which)\s(?:[a-z0-9-]+\s){1,6}?(?:release|secrete|shed|produce)d?\b")
# "stem cells or their exosomes", "vesicles of the same cells": the source was named just before.
_SAME_CELLS = re.compile(r"\btheir\b|\b(?:same|these|those) (?:[a-z]+ )?cells\b")
_BACK = 90  # characters before a product in which its source was named
_ITEM = re.compile(r",|\band\b|\bor\b|/")
# "platelet-rich plasma (PRP)"; with more words between, the letters must fit: "botulinum toxin A (BTXA)".
_SHORT_FORM = re.compile(r"([a-zA-Z -]{0,25}?)\s?[(\[]\s*([A-Za-z][A-Za-z0-9/-]{1,9}?)s?\s*[)\];,]")
_BETWEEN = ("", "extract", "injection", "therapy", "treatment", "gel", "solution", "cell")
# "stem cell-derived growth factors": no cells are given, unless what is derived are cells.
_YIELDS_PRODUCT = re.compile(
    r"[- ](?:derived|secreted)\s(?:[a-z-]+\s){0,2}?"
    r"(?:factor|protein|peptide|medi[au]|extract|secretome|supernatant|lysate|cytokine|matrix)"
)
# "no exosomes", "without the cells"; but not "with or without minoxidil"
_DENIED = re.compile(
    r"\b(?:no|(?<!with or )(?<!and )without|neither|nor|instead of|rather than|free of|lacking)\s(?:[a-z-]+\s){0,2}$"
)
# "cyclosporine-independent", "methotrexate-naive"
_FREE_OF = ("-free", " free ", "-independent", " independent ", "-naive", "-sparing")
_SOURCES = ("cell.", "eng.", "oth.botanical", "oth.topical", "oth.nutrition", "blood.")


class Mention(NamedTuple):
    """leaf was named at [start, end). kind: term, title (labels only from a title), weak, abbr. by: what vetoes it."""

    leaf: str
    start: int
    end: int
    kind: str
    by: str = ""


Glossary = dict[str, tuple[str, str]]  # short form -> its leaf, and why it does not count ("" where it does)


class Mentions:
    def __init__(self, taxonomy: Taxonomy, rules: Rules) -> None:
        self._sources = rules.sources
        named = [leaf.id for leaf in taxonomy.leaves if leaf.source]
        self._source_order = {leaf: rank for rank, leaf in enumerate(named)}
        self._abbr = {abbr: leaf.id for leaf in taxonomy.leaves for abbr in leaf.abbr}
        self._abbr |= dict.fromkeys(rules.vesicle_abbr, VESICLE)
        self._weak = {leaf.id for leaf in taxonomy.leaves if leaf.weak_terms}

    def named(self, reading: Reading) -> list[Mention]:
        """Mentions by terms; those that lie within a longer phrase that their leaf excludes are vetoed by it."""
        found, excluded = list[Mention](), list[Mention]()
        for hit in reading.all(LEAF):
            kind, _, leaf = hit.name.partition(" ")
            (excluded if kind == "not" else found).append(Mention(leaf, hit.start, hit.end, kind))
        for n, m in enumerate(found if excluded else ()):
            longer = next((x for x in excluded if x.leaf == m.leaf and x.start <= m.start < x.end), None)
            if longer:
                found[n] = m._replace(by=f'means something else "{reading.text.low[longer.start : longer.end]}"')
        return found

    def glossary(self, texts: Sequence[tuple[Text, list[Mention]]]) -> Glossary:
        """The short forms of a document: those that it spells out, and those of the taxonomy unless spelt otherwise.

        texts: each with the mentions by terms.
        """
        known: Glossary = {}
        texts = [(text, [m for m in found if not m.by]) for text, found in texts]
        for text, found in texts:
            for mention in reversed(found):  # of "ginger-derived nanovesicles (GDNVs)" the nearest
                match = _SHORT_FORM.match(text.cased, mention.end) if mention.kind != "weak" else None
                if match and not match[2].islower() and _fits(text, mention, match):
                    known.setdefault(match[2], (mention.leaf, ""))
        whole = "\n".join(text.cased for text, _ in texts)
        for abbr, leaf in self._abbr.items():
            if abbr not in known and abbr in whole:
                other = any(_means_other(*text, abbr, leaf) for text in texts)
                known[abbr] = leaf, f"the record spells {abbr} out as something else" if other else ""
        return known

    def find(self, text: Text, by_terms: list[Mention], known: Glossary) -> tuple[list[Mention], list[tuple[int, int]]]:
        """Mentions by position, those by short forms too, and the phrases that belong to cell-free products."""
        found = [*by_terms]
        for abbr, (leaf, by) in known.items():
            if abbr in text.cased:
                kind = "weak" if leaf in self._weak else "abbr"
                found += [Mention(leaf, *match.span(), kind, by) for match in _word(abbr).finditer(text.cased)]
        found = sorted(set(found), key=lambda mention: (mention.start, -mention.end, mention))
        products: dict[Mention, tuple[int, int]] = {}
        phrases: list[tuple[int, int]] = []
        for mention in found:
            if mention.leaf.startswith((VESICLE, "ev.", "free.cm")) and not mention.by:
                products[mention] = phrase = _phrase(text, mention)
                phrases.append(phrase)
            elif _YIELDS_PRODUCT.match(text.low, mention.end):
                phrases.append((mention.start, mention.end))
        resolved = [named for mention in found for named in self._named(text, mention, products.get(mention))]
        return [_judged(text, mention, phrases) for mention in resolved], phrases

    def _named(self, text: Text, mention: Mention, phrase: tuple[int, int] | None) -> Iterator[Mention]:
        """A vesicle becomes a leaf by its source; "of fat cells, platelets and plants" are three."""
        if mention.leaf != VESICLE:
            yield mention
            return
        start, end = phrase or (mention.start, mention.end)
        after, before = text.low[mention.end : end], text.low[start : mention.start]
        leaves = {leaf for item in _ITEM.split(after) if (leaf := self._source(item))} or {self._source(before)}
        if leaves == {""} and _SAME_CELLS.search(before + after):
            leaves = {self._source(text.low[max(text.sentence_at(start).start, start - _BACK) : start])}
        if leaves == {""}:
            # Bare "vesicles" are vesicles of cells only where cells stand beside them.
            unsure = "vesicles, but of what?" if mention.kind == "bare" else ""
            leaves, mention = {"ev.unspec"}, mention._replace(by=mention.by or unsure)
        kind = "term" if mention.kind == "bare" else mention.kind
        for leaf in sorted(leaves):
            yield mention._replace(leaf=leaf, kind=kind)

    def _source(self, words: str) -> str:
        hits = self._sources.find(words)
        return min((hit.name for hit in hits), key=self._source_order.__getitem__, default="")


def _judged(text: Text, mention: Mention, phrases: list[tuple[int, int]]) -> Mention:
    """What the words right beside a mention say against it."""
    by = mention.by
    if not by and mention.leaf.startswith(_SOURCES):
        by = "product beats source" if any(start <= mention.start < end for start, end in phrases) else ""
    if not by and text.low.startswith(_FREE_OF, mention.end):
        by = "denied: free of it"
    if not by and (denied := _DENIED.search(text.low, max(0, mention.start - 40), mention.start)):
        by = f'denied "{denied[0].strip()}"'
    return mention._replace(by=by) if by else mention


# In both the letters come first, because the engine finds plain letters quickly, and then what must not stand before.
@lru_cache(maxsize=1000)
def _word(abbr: str) -> re.Pattern[str]:
    """The short form by itself: "EV-A71" is a virus."""
    short = re.escape(abbr)
    return re.compile(rf"{short}(?<![A-Za-z0-9]{short})s?(?![A-Za-z0-9]|-[A-Z]?[0-9])")


@lru_cache(maxsize=1000)
def _spelt_out(abbr: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The short form in brackets behind its long form; and before it, "PRP (platelet-rich plasma)"."""
    short = re.escape(abbr)
    behind = re.compile(rf"\(\s*{short}s?(?:-[A-Z]?[0-9]+)?\s*[);,]")
    return behind, re.compile(rf"{short}(?<=\b{short})s?\s*(?:\(|=\s)([a-z][^)]{{6,60}})")


def _fits(text: Text, mention: Mention, match: re.Match[str]) -> bool:
    """The letters of a short form stand in its long form, in order and from the first (Schwartz and Hearst 2003)."""
    if match[1].strip().lower().removesuffix("s") in _BETWEEN:
        return True
    rest = iter(text.low[mention.start : match.end(1)])
    letters = match[2].lower()
    return letters[0] == text.low[mention.start] and all(letter in rest for letter in letters)


def _means_other(text: Text, found: list[Mention], abbr: str, leaf: str) -> bool:
    """The text spells the short form out, and not as this leaf."""
    behind, before = _spelt_out(abbr)
    if spelt := behind.search(text.cased):
        return not any(m.leaf == leaf and spelt.start() - 25 <= m.end <= spelt.start() + 1 for m in found)
    if spelt := before.search(text.cased):
        return not any(m.leaf == leaf and spelt.start(1) <= m.start < spelt.end(1) for m in found)
    return False


def _phrase(text: Text, mention: Mention) -> tuple[int, int]:
    """The noun phrase of a product, source included."""
    left = max(text.sentence_at(mention.start).start, mention.start - 70)
    for match in _PHRASE_START.finditer(text.low, left, mention.start):
        left = match.end()
    if clause := _SOURCE_CLAUSE.match(text.low, mention.end):
        return left, clause.end()
    source = _FROM_SOURCE.match(text.low, mention.end)
    if source is None:
        return left, mention.end
    end = _PHRASE_END.search(text.low, source.start(1), source.end())
    return left, end.start() if end else source.end()
