"""What approaches that were named do to each other: each step here vetoes some of those that still fire.

A longer name beats a shorter one within it, a sharper phrase a vaguer one of its family, a product its source; cells
that are only a test system give way to what is tried on them, and in an experiment so does the drug of reference.
"""

import re
from collections.abc import Mapping, Sequence

from tracker.classify.document import Document
from tracker.classify.finding import Finding
from tracker.classify.taxonomy import Leaf
from tracker.classify.text import Span

PRECLINICAL = ("animal", "ex_vivo", "in_vitro", "in_silico")
SECONDARY = ("review", "systematic_review")
# In animals and cells, where the title is about something else, these are the positive control.
REFERENCE_DRUGS = ("minox.", "andr.")
# Between cells and a product that are given each for itself: "ADSCs (10 million) or", ", and"
_JOINED = re.compile(
    r"s?(?:\s(?:stem|stromal|progenitor))?(?:\scells?)?\s?(?:\([^)]{0,30}\)\s?)?"
    r"(?:,|(?:,\s)?(?:or|and|versus|vs\.?|with|against|plus|than))\s?(?:either\s)?"
)
_BETWEEN = 50
_OWN_MEANING = ("dev.lllt", "imm.steroid")  # "laser device" is no other device, "steroids" are no other drug
_GIVEN = re.compile(r"\b(?:inject|transplant|implant|graft|infus|receiv|administ|given\b|treated with|got\b|had\b)")
_CELL_FREE = ("ev.", "free.cm")


class Rivals:
    """Of one document. products: phrases of the abstract that belong to cell-free products."""

    def __init__(
        self, leaf: Mapping[str, Leaf], document: Document, stage: str, products: Sequence[tuple[int, int]]
    ) -> None:
        self.leaf, self.document, self.stage, self.products = leaf, document, stage, products

    def settle_title(self, found: list[Finding]) -> None:
        for step in (self._reference, self._longer_names):
            step([finding for finding in found if finding.fired])

    def settle(self, found: list[Finding]) -> None:
        for step in (self._longer_names, self._other_documents, self._test_systems, self._sources, self._weak):
            step([finding for finding in found if finding.fired])

    def _used_as(self, cue: str, finding: Finding) -> str:
        assert finding.at is not None
        reading = self.document.title if finding.at.text.field == "title" else self.document.abstract
        return reading.near(cue, finding.at.start, finding.at.end)

    def _other_documents(self, found: list[Finding]) -> None:
        lows = [reading.text.low for reading in (self.document.title, self.document.abstract)]
        for finding in found:
            word = next((w for w in self.leaf[finding.label].never_with if any(w in low for low in lows)), "")
            finding.unless(f'the record speaks of "{word}"' if word else "")

    def _test_systems(self, found: list[Finding]) -> None:
        """Cells that are mostly a test system count when they are transplanted, injected, assembled; or when a title
        is about their biology and nothing else is investigated."""
        others = any(not self.leaf[finding.label].assay for finding in found)
        listed = self._reviews_cells(found)
        for finding in found:
            leaf = self.leaf[finding.label]
            if listed and leaf.assay and not self._used_as("as_assay", finding):
                continue
            if leaf.assay and finding.source != "registry" and not self._used_as("as_product", finding):
                alone = finding.rule == "approach.title" and not others
                finding.unless(
                    "" if alone and self._is_biology(leaf, finding) else "a test system or a target, not a product"
                )

    def _reviews_cells(self, found: list[Finding]) -> bool:
        """A review with cells in its title lists cells beside media and vesicles, each for itself."""
        return self.stage in SECONDARY and any(is_cell(f.label) and f.rule == "approach.title" for f in found)

    def _is_biology(self, leaf: Leaf, finding: Finding) -> bool:
        return leaf.biology or not self._used_as("as_assay", finding)

    def _sources(self, found: list[Finding]) -> None:
        """Where a cell-free product is investigated, cells of the abstract need a sentence that gives them."""
        products = [finding for finding in found if finding.label.startswith(_CELL_FREE)]
        for finding in found if products and not self._reviews_cells(found) else ():
            in_abstract = finding.rule.startswith("approach.abstract")
            if is_cell(finding.label) and in_abstract and not self._given_as_cells(finding):
                finding.unless(f"product beats source: {products[0].label}")

    def _given_as_cells(self, finding: Finding) -> bool:
        assert finding.at is not None
        sentence = finding.at.text.sentence_at(finding.at.start)
        beside = [(start, end) for start, end in self.products if start < sentence.end and sentence.start < end]
        if self._used_as("as_product", finding) and (not beside or self.stage in SECONDARY):
            return True
        # "Injected with the cells or their vesicles": two arms. A review lists both without giving any.
        low = finding.at.text.low
        given = self.stage in SECONDARY or _GIVEN.search(low, sentence.start, sentence.end)
        return bool(given and any(_is_joined(low, finding.at, start, end) for start, end in beside))

    def _reference(self, found: list[Finding]) -> None:
        """In a title: the drug that an experiment is measured against."""
        if self.stage in PRECLINICAL and len({_family(finding.label) for finding in found}) > 1:
            for finding in found:
                if finding.label.startswith(REFERENCE_DRUGS):
                    finding.unless(self._measured_against(finding))

    def _longer_names(self, found: list[Finding]) -> None:
        """A name within a longer one: "growth factor" in "growth factor rich plasma", "mesenchymal stem cells" in
        "follicle mesenchymal stem cells"."""
        vague = [finding for finding in found if finding.kind in ("title", "weak")]
        names = [finding for finding in found if finding.kind not in ("title", "weak")] if vague else []
        for finding in vague:
            longer = next((f for f in names if _holds(f, finding)), None)
            if longer and longer.label == finding.label:
                finding.beside(longer)
            elif longer:
                finding.unless(f"part of the name of {longer.label}")

    def _measured_against(self, finding: Finding) -> str:
        """'comparator "versus"' where such words stand before a drug."""
        assert finding.at is not None
        cue = self.document.title.first("cue", "comparator", 0, finding.at.start)
        return f'comparator "{self.document.title.text.low[cue.start : cue.end]}"' if cue else ""

    def _weak(self, found: list[Finding]) -> None:
        """Phrases that say the family but not which count only where nothing of the family says more."""
        unsure = [f for f in found if f.kind == "weak" or f.label == "ev.unspec"]
        sure = {f.label: f for f in found if f.kind != "weak" and f.label != "ev.unspec"}
        order = list(self.leaf)
        for finding in sorted(unsure, key=lambda f: (order.index(f.label), -f.strength)):
            kin = (f for label, f in sure.items() if label.startswith(kind_of(finding.label)))
            stronger = next((f for f in kin if not _is_another(finding, f)), finding)
            sure.setdefault(stronger.label, stronger)
            if finding.label not in sure:
                finding.beside(stronger)
                finding.by = f"too vague beside {stronger.label}"


def _is_joined(low: str, cells: Span, start: int, end: int) -> bool:
    """Only "or", "and", "versus" or a comma stands between the name of cells and the phrase of a product."""
    between = low[cells.end : start] if cells.end <= start else low[end : cells.start]
    return len(between) <= _BETWEEN and _JOINED.fullmatch(between) is not None


def _is_another(vague: Finding, sharp: Finding) -> bool:
    """ "A microneedling and laser device": two things, where the vague phrase has a meaning of its own."""
    a, b = vague.at, sharp.at
    if vague.label not in _OWN_MEANING or a is None or b is None or a.text is not b.text or vague.label == sharp.label:
        return False
    between = a.text.low[b.end : a.start] if b.end <= a.start else a.text.low[a.end : b.start]
    return between.strip() in ("and", "or", "plus", "versus", "vs", "vs.", "with", "/", "+", "&")


def is_cell(leaf: str) -> bool:
    return leaf.startswith(("cell.", "eng.ipsc"))


def _family(leaf: str) -> str:
    return leaf.partition(".")[0]


def kind_of(leaf: str) -> str:
    """What a weak phrase of the leaf leaves open: "mesenchymal cells" are cell.msc_..., "minoxidil" is minox...."""
    return leaf.partition("_")[0] if "_" in leaf else f"{_family(leaf)}."


def _holds(outer: Finding, inner: Finding) -> bool:
    """The words of one lie within the longer words of the other, in the same text."""
    assert outer.at is not None and inner.at is not None
    if outer.at.text is not inner.at.text:
        return False
    longer = outer.at.end - outer.at.start > inner.at.end - inner.at.start
    return longer and outer.at.start <= inner.at.start and inner.at.end <= outer.at.end
