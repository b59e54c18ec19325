"""Which approaches a record investigates: its mentions (mentions.py), less those that speak of something else.

Title and, for a trial, its interventions and arms speak first. A sentence of an abstract labels unless it tells what
exists already, what is planned, what patients had before, or what something is measured against. A review whose title
names no approach covers all that it names. Eligibility criteria never label.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracker.classify.document import Document, Span
from tracker.classify.mentions import Mention, Mentions
from tracker.classify.rules import Rules
from tracker.classify.taxonomy import Taxonomy
from tracker.classify.text import Sentence, Text
from tracker.records import Label

_PRECLINICAL = ("animal", "ex_vivo", "in_vitro", "in_silico")
# In animals and cells, where the title is about something else, these are the positive control.
_REFERENCE_DRUGS = ("minox.", "andr.")
_SECONDARY = ("review", "systematic_review")
_ITEM = re.compile(r'"(?:[^"\\]|\\.)*"')
_NO_TREATMENT = ('"PLACEBO_COMPARATOR', '"SHAM_COMPARATOR', '"NO_INTERVENTION')
# What follows in a title is mechanism: "promotes growth via IGF-1".
_MEANS = re.compile(r"\b(?:via|through|by (?:activating|regulating|modulating|inhibiting|targeting|up|down))\b")
# "lichen planopilaris after imiquimod", "dupilumab-induced alopecia": the drug is what the hair was lost to.
_BLAMED_BEFORE = re.compile(
    r"(?:alopecia|hair loss|effluvium|lichen planopilaris|baldness|folliculitis|shedding)\b.*"
    r"\b(?:after|following|induced by|due to|caused by|secondary to|associated with)\s(?:[a-z0-9%.-]+\s){0,2}$"
)
_BLAMED_AFTER = re.compile(
    r"[ -](?:induced|associated|related|triggered)\s(?:[a-z]+\s){0,3}?"
    r"(?:alopecia|hair loss|effluvium|lichen|folliculitis)"
)
_RECOVERY = re.compile(
    r"regrow|re-grow|growth|success|efficacy|effective|improve|respon|recover|treatment of|safety|needl|transplant"
)
_NEAR = 60  # characters around cells in which a word of use as a product counts
_PART_STRENGTH = {"aim": 0.85, "methods": 0.85, "results": 0.85, "conclusions": 0.8}


@dataclass(frozen=True, slots=True)
class Finding:
    mention: Mention
    text: Text
    strength: float
    rule: str
    source: str = "text"

    @property
    def leaf(self) -> str:
        return self.mention.leaf


class Approaches:
    def __init__(self, taxonomy: Taxonomy, rules: Rules) -> None:
        self.taxonomy = taxonomy
        self.mentions = Mentions(taxonomy, rules)

    def find(self, document: Document, stage: str) -> list[Label]:
        """One label per approach, the strongest first."""
        case = _Case(self, document, stage)
        best: dict[str, Finding] = {}
        for finding in sorted(case.findings(), key=lambda finding: -finding.strength):
            best.setdefault(finding.leaf, finding)
        labels = [_label(document, finding) for finding in best.values()]
        return labels + _main_topics(document, self.taxonomy, set(best))


def _label(document: Document, finding: Finding) -> Label:
    at = Span(finding.text, finding.mention.start, finding.mention.end)
    return document.label(
        "approach", finding.leaf, f"approach.{finding.rule}", finding.strength, at, source=finding.source
    )


def _main_topics(document: Document, taxonomy: Taxonomy, have: set[str]) -> list[Label]:
    """MeSH main topics (starred) that no words gave, unless a sharper leaf of the family is there."""
    out = []
    families = {leaf.partition(".")[0] for leaf in have}
    for leaf in taxonomy.leaves if document.major_mesh else ():
        heading = next((heading for heading in leaf.mesh if heading in document.major_mesh), "")
        at = document.quoted("terms", heading)
        if at and leaf.id not in have and not (leaf.id.endswith(".unspec") and leaf.family in families):
            out.append(document.label("approach", leaf.id, "approach.mesh_major", 0.6, at, source="mesh"))
    return out


class _Case:
    """One document being read."""

    def __init__(self, room: Approaches, document: Document, stage: str) -> None:
        self.room, self.document, self.stage = room, document, stage
        self.known = room.mentions.glossary((document.title, document.abstract))
        self.title = room.mentions.find(document.title, self.known)
        self.abstract = room.mentions.find(document.abstract, self.known)
        self.own_work_starts = self._own_work_starts()

    def findings(self) -> list[Finding]:
        first = [*self._in_title(), *self._registered()]
        named = {finding.leaf for finding in first}
        rest = [] if any(finding.source == "registry" for finding in first) else list(self._in_abstract(named))
        found = [*first, *rest] or list(self._only_background())
        return self._settle(found)

    # -- columns
    def _in_title(self) -> Iterator[Finding]:
        text = self.document.title.text
        means = _MEANS.search(text.low)
        for mention in self.title.mentions:
            if mention.kind == "title" and means and mention.start > means.start():
                continue
            source = _is_cell(mention.leaf) and self.title.is_source(mention)
            measured = mention.leaf.startswith("ev.") and self.document.title.all("cue", "biomarker")
            if not (source or measured or self._is_culprit(text, mention)):
                yield Finding(mention, text, 0.95, "title")

    def _registered(self) -> Iterator[Finding]:
        if self.document.record.trial is None:
            return
        for field, strength in (("interventions", 0.95), ("arms", 0.85)):
            reading = self.document.column(field)
            text, products = reading.text, self.room.mentions.find(reading, self.known)
            idle = [item.span() for item in _ITEM.finditer(text.original) if item[0].startswith(_NO_TREATMENT)]
            for mention in products.mentions:
                given = not any(text.span(start, start + 1)[0] <= mention.start < end for start, end in idle)
                if given and not (products.is_source(mention) and _is_cell(mention.leaf)):
                    yield Finding(mention, text, strength, field, "registry")

    def _in_abstract(self, named: set[str]) -> Iterator[Finding]:
        text = self.document.abstract.text
        for mention in self.abstract.mentions:
            if mention.kind == "title" or (self.abstract.is_source(mention) and _is_cell(mention.leaf)):
                continue
            sentence = text.sentence_at(mention.start)
            if not self._refused(mention, sentence, named):
                strength = _PART_STRENGTH.get(sentence.part, 0.75) - (0.1 if mention.kind == "weak" else 0)
                yield Finding(mention, text, strength, f"abstract.{sentence.part or 'text'}")

    def _only_background(self) -> Iterator[Finding]:
        """A trial that names its treatment only where it tells why it is done."""
        if self.document.record.kind != "trial":
            return
        text = self.document.abstract.text
        for mention in self.abstract.mentions:
            sentence = text.sentence_at(mention.start)
            if (
                mention.kind != "title"
                and not self._says("excluded", sentence)
                and not self.abstract.is_source(mention)
            ):
                yield Finding(mention, text, 0.4, "abstract.background")

    # -- what a sentence is doing
    def _says(self, cue: str, sentence: Sentence) -> bool:
        return self.document.abstract.first("cue", cue, sentence.start, sentence.end) is not None

    def _own_work_starts(self) -> int:
        """Where the abstract turns to its own work; 0 where it never says so."""
        abstract = self.document.abstract
        first = abstract.first("cue", "own_work")
        return abstract.text.sentence_at(first.start).start if first else 0

    def _refused(self, mention: Mention, sentence: Sentence, named: set[str]) -> str:
        """The name of the rule that keeps this mention from labelling, or ""."""
        if self._says("excluded", sentence):
            return "excluded"
        if self._is_cause_title() or self._is_culprit(self.document.abstract.text, mention):
            return "cause"
        if mention.leaf.startswith("ev.") and self._says("biomarker", sentence):
            return "biomarker"
        if mention.leaf.startswith("oth.") and self._near("vehicle", mention):
            return "vehicle"
        if _is_cell(mention.leaf) and self._says("destroyed", sentence):
            return "destroyed"
        if self.stage in _SECONDARY and not named:
            return ""
        return self._refused_in_research(mention, sentence, named)

    def _refused_in_research(self, mention: Mention, sentence: Sentence, named: set[str]) -> str:
        if self._says("planned", sentence) and self.stage not in _SECONDARY:
            return "planned"
        if sentence.part == "background" or (not sentence.part and sentence.start < self.own_work_starts):
            return "background"
        if sentence.part in ("", "conclusions") and self._says("background", sentence):
            return "background"
        if self.stage in _PRECLINICAL and mention.leaf not in named:
            reference = bool(named) and mention.leaf.startswith(_REFERENCE_DRUGS)
            if reference or self._says("comparator", sentence):
                return "comparator"
        return ""

    def _is_culprit(self, text: Text, mention: Mention) -> bool:
        """The approach is named as the cause of the hair loss."""
        if _BLAMED_AFTER.match(text.low, mention.end):
            return True
        if text.field != "title" or _RECOVERY.search(text.low):
            return False
        return _BLAMED_BEFORE.search(text.low, 0, mention.start) is not None

    def _near(self, cue: str, mention: Mention, text: Text | None = None) -> bool:
        reading = self.document.title if text is self.document.title.text else self.document.abstract
        sentence = reading.text.sentence_at(mention.start)
        start, end = max(sentence.start, mention.start - _NEAR), min(sentence.end, mention.end + _NEAR)
        return reading.first("cue", cue, start, end) is not None

    def _is_cause_title(self) -> bool:
        """The title tells what the hair loss came from, and no treatment: drugs in the abstract are its history."""
        title = self.document.title
        return bool(title.all("cue", "cause")) and not title.all("cue", "treats")

    # -- what stands in the end
    def _settle(self, found: list[Finding]) -> list[Finding]:
        leaf = self.room.taxonomy.leaf
        kept = [f for f in found if not self._is_other_document(f.leaf)]
        kept = [f for f in kept if not leaf[f.leaf].assay or self._is_product(f)] + self._biology(kept)
        kept = self._product_beats_source(kept)
        strong = [f for f in kept if f.mention.kind != "weak" and f.leaf != "ev.unspec"]
        families = {leaf[f.leaf].family for f in strong}
        for candidate in self._by_leaf_order(f for f in kept if f.mention.kind == "weak" or f.leaf == "ev.unspec"):
            family = leaf[candidate.leaf].family
            if family not in families or any(f.leaf == candidate.leaf for f in strong):
                strong.append(candidate)
                families.add(family)
        return strong

    def _by_leaf_order(self, found: Iterable[Finding]) -> list[Finding]:
        order = list(self.room.taxonomy.leaf)
        return sorted(found, key=lambda f: (order.index(f.leaf), -f.strength))

    def _is_other_document(self, leaf: str) -> bool:
        words = self.room.taxonomy.leaf[leaf].never_with
        return any(
            word in reading.text.low for word in words for reading in (self.document.title, self.document.abstract)
        )

    def _is_product(self, finding: Finding) -> bool:
        """Cells that are mostly a test system: here they are transplanted, injected, assembled."""
        if finding.source == "registry":
            return True
        return self._near("as_product", finding.mention, finding.text)

    def _biology(self, found: list[Finding]) -> list[Finding]:
        """A title about the biology of such cells, when nothing else is investigated."""
        leaf = self.room.taxonomy.leaf
        others = [f for f in found if not leaf[f.leaf].assay]
        titled = [f for f in found if leaf[f.leaf].assay and f.rule == "title"]
        return [
            f for f in titled if not others and (leaf[f.leaf].biology or not self._near("as_assay", f.mention, f.text))
        ]

    def _product_beats_source(self, found: list[Finding]) -> list[Finding]:
        """Where a cell-free product is investigated, cells of the abstract need a sentence that gives them."""
        products = [f for f in found if f.leaf.startswith("ev.") or f.leaf == "free.cm"]
        if not products:
            return found
        return [f for f in found if not (_is_cell(f.leaf) and f.rule.startswith("abstract")) or self._given_as_cells(f)]

    def _given_as_cells(self, finding: Finding) -> bool:
        text = finding.text
        sentence = text.sentence_at(finding.mention.start)
        shared = any(start < sentence.end and sentence.start < end for start, end in self.abstract.phrases)
        return self._near("as_product", finding.mention, text) and (not shared or self.stage in _SECONDARY)


def _is_cell(leaf: str) -> bool:
    return leaf.startswith(("cell.", "eng.ipsc"))
