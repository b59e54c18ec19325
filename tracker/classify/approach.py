"""Which approaches a record investigates: its mentions (mentions.py), less those that speak of something else.

Title and, for a trial, its interventions and arms speak first. A sentence of an abstract labels unless it tells what
exists already, what is planned, what patients had before, or what something is measured against. A review whose title
names no approach covers all that it names. Eligibility criteria never label.
"""

import re
from collections.abc import Iterator

from tracker.classify.blame import REMEDIES, Blame, failed, spared, treats_a_complication
from tracker.classify.document import Document
from tracker.classify.finding import Finding
from tracker.classify.mentions import Mention, Mentions
from tracker.classify.rivals import PRECLINICAL, REFERENCE_DRUGS, SECONDARY, Rivals, is_cell, kind_of
from tracker.classify.rules import Rules
from tracker.classify.taxonomy import Taxonomy
from tracker.classify.text import Sentence, Span, Text

# "Thyroid hormone and IGF-1 in women who shed": without a treatment in the title these are blood tests.
_MEASURING = ("observational", "in_silico")
_ONLY_FAMILY = {"cell.unspec", "ev.unspec", "minox.unspec", "cell.msc_other"}
_OF_THE_BODY = ("ev.unspec", "ev.other", "gene.mirna")  # may be the patient's own, and measured
_MEASURED = ("ev.", "gene.mirna")
_ITEM = re.compile(r'"(?:[^"\\]|\\.)*"')
_NO_TREATMENT = ('"PLACEBO_COMPARATOR', '"SHAM_COMPARATOR', '"NO_INTERVENTION')
# What follows in a title is mechanism: "promotes growth via IGF-1".
_MEANS = re.compile(r"\b(?:via|through|by (?:activating|regulating|modulating|inhibiting|targeting|up|down))\b")
_TRIALS = ("trial", "phase", "early_phase")
_NEAR = 30  # characters of a title before cells in which their loss is told
_PART_STRENGTH = {"aim": 0.85, "methods": 0.85, "results": 0.85, "conclusions": 0.8}


class Approaches:
    def __init__(self, taxonomy: Taxonomy, rules: Rules) -> None:
        self.taxonomy = taxonomy
        self.mentions = Mentions(taxonomy, rules)

    def find(self, document: Document, stage: str, every: bool = False) -> list[Finding]:
        """Every mention and what became of it; of those that fire, one for each approach, the strongest first.

        With `every` also what eligibility criteria name.
        """
        case = _Case(self, document, stage)
        found = case.findings()
        best: dict[str, Finding] = {}
        for finding in sorted(found, key=lambda finding: -finding.strength):
            if finding.fired and best.setdefault(finding.label, finding) is not finding:
                finding.beside(best[finding.label])
        refused = [finding for finding in found if not finding.fired]
        refused += case.in_eligibility() if every else ()
        return [*best.values(), *_main_topics(document, self.taxonomy, set(best)), *refused]


def _main_topics(document: Document, taxonomy: Taxonomy, have: set[str]) -> Iterator[Finding]:
    """MeSH main topics (starred) that no words gave, unless a sharper leaf of the family is there."""
    families = {leaf.partition(".")[0] for leaf in have}
    for leaf in taxonomy.leaves if document.major_mesh else ():
        heading = next((heading for heading in leaf.mesh if heading in document.major_mesh), "")
        at = document.quoted("terms", heading)
        if at and leaf.id not in have and not (leaf.id.endswith(".unspec") and leaf.family in families):
            yield Finding("approach", leaf.id, "approach.mesh_major", 0.6, at, "mesh")


class _Case:
    """One document being read."""

    def __init__(self, room: Approaches, document: Document, stage: str) -> None:
        self.leaf = room.taxonomy.leaf
        self.mentions, self.document, self.stage = room.mentions, document, stage
        named = [(reading.text, room.mentions.named(reading)) for reading in (document.title, document.abstract)]
        self.known = room.mentions.glossary(named)
        self.title, _ = room.mentions.find(*named[0], self.known)
        self.abstract, products = room.mentions.find(*named[1], self.known)
        self.rivals = Rivals(self.leaf, document, stage, products)
        self.fails = bool(document.abstract.all("cue", "excluded"))
        self.own_work_starts = self._own_work_starts()
        # In an experiment "testosterone-induced" is the model and blames nothing.
        self.blame = Blame(document.title)
        self.is_cause = stage not in PRECLINICAL and self.blame.is_told

    def findings(self) -> list[Finding]:
        found = [*self._in_title()]
        self.rivals.settle_title(found)
        found += self._registered()
        named = {finding.label for finding in found if finding.fired}
        registered = any(finding.fired and finding.source == "registry" for finding in found)
        found += self._in_abstract(named, registered)
        if not any(finding.fired for finding in found):
            self._take_background(found)
        self.rivals.settle(found)
        return found

    # -- columns
    def _in_title(self) -> Iterator[Finding]:
        reading = self.document.title
        means = _MEANS.search(reading.text.low)
        for mention in self.title:
            by = mention.by or self._refused_in_title(mention)
            if mention.kind == "title" and means and mention.start > means.start():
                by = by or f'mechanism "{means[0]}"'
            yield _finding(mention, reading.text, "title", 0.95).unless(by)

    def _refused_in_title(self, mention: Mention) -> str:
        reading = self.document.title
        if mention.leaf.startswith(_MEASURED) and (by := self._biomarker(mention.leaf)):
            return by
        if mention.leaf.startswith("free.") and (readout := reading.near("readout", mention.start, mention.end)):
            return readout
        if mention.kind == "title" and self.stage in _MEASURING and not reading.all("cue", "treats"):
            return "measured, not given"
        if by := failed(reading, mention, Sentence(0, len(reading.text.low), "")):
            return by
        if mention.leaf in REMEDIES and (by := treats_a_complication(reading, reading, mention, named=False)):
            return by
        if is_cell(mention.leaf) and (by := reading.near("cell_free", mention.start, mention.end)):
            return by
        lost = reading.first("cue", "destroyed", max(0, mention.start - _NEAR), mention.start)
        if lost and is_cell(mention.leaf):
            return f'destroyed "{reading.text.low[lost.start : lost.end]}"'
        return "blamed for the hair loss" if self.blame.is_culprit(reading, mention) else ""

    def _registered(self) -> Iterator[Finding]:
        if self.document.record.trial is None:
            return
        for field, strength in (("interventions", 0.95), ("arms", 0.85)):
            reading = self.document.column(field)
            text = reading.text
            idle = [item.span() for item in _ITEM.finditer(text.original) if item[0].startswith(_NO_TREATMENT)]
            for mention in self.mentions.find(text, self.mentions.named(reading), self.known)[0]:
                idles = any(text.span(start, start + 1)[0] <= mention.start < end for start, end in idle)
                by = mention.by or ("an arm without treatment" if idles else "")
                yield _finding(mention, text, field, strength, "registry").unless(by)

    def in_eligibility(self) -> Iterator[Finding]:
        """Whom a trial takes; whatever is named here is what they had, or must not have."""
        if self.document.record.trial is not None:
            reading = self.document.column("eligibility")
            for mention in self.mentions.find(reading.text, self.mentions.named(reading), self.known)[0]:
                finding = _finding(mention, reading.text, "eligibility", 0.3, "registry")
                yield finding.unless("eligibility criteria never label")

    def _in_abstract(self, named: set[str], registered: bool) -> Iterator[Finding]:
        text = self.document.abstract.text
        for mention in self.abstract:
            sentence = text.sentence_at(mention.start)
            by = mention.by or ("an approach only in a title" if mention.kind == "title" else "")
            by = by or ("the registered interventions speak first" if registered else "")
            by = by or self._refused(mention, sentence, named)
            strength = _PART_STRENGTH.get(sentence.part, 0.75) - (0.1 if mention.kind == "weak" else 0)
            yield _finding(mention, text, f"abstract.{sentence.part or 'text'}", strength).unless(by)

    def _take_background(self, found: list[Finding]) -> None:
        """A trial that names its treatment only where it tells why it is done; its report, where one alone is named."""
        told = {finding.label for finding in found if finding.by.startswith("background")}
        if self.document.record.kind != "trial" and not (self.stage.startswith(_TRIALS) and len(told) == 1):
            return
        for finding in found:
            if finding.by.startswith(("planned", "background", "cause", "biomarker", "vehicle", "destroyed")):
                finding.verdict, finding.by = "fired", ""
                finding.rule, finding.strength = "approach.abstract.background", 0.4

    # -- what a sentence is doing
    def _own_work_starts(self) -> int:
        """Where the abstract turns to its own work; 0 where it never says so."""
        abstract = self.document.abstract
        first = abstract.first("cue", "own_work")
        return abstract.text.sentence_at(first.start).start if first else 0

    def _refused(self, mention: Mention, sentence: Sentence, named: set[str]) -> str:
        """What keeps a mention in the abstract from labelling, or ""."""
        abstract, leaf = self.document.abstract, mention.leaf
        if self.fails and (by := failed(abstract, mention, sentence)):
            return by
        if (self.is_cause and not named) or self.blame.is_culprit(abstract, mention):
            return "cause of the hair loss"
        if leaf in REMEDIES and (by := treats_a_complication(self.document.title, abstract, mention, leaf in named)):
            return by
        if leaf.startswith(_MEASURED) and (by := self._biomarker(leaf, sentence)):
            return by
        if leaf.startswith("oth.") and (by := abstract.near("vehicle", mention.start, mention.end)):
            return by
        if is_cell(leaf) and (by := abstract.says("destroyed", sentence) or abstract.says("cell_free", sentence)):
            return by
        if self.stage in SECONDARY and self._covers(mention, named):
            return ""
        return self._refused_in_research(mention, sentence, named)

    def _covers(self, mention: Mention, named: set[str]) -> bool:
        """A review covers all that it names, or all of the family that its title names ("stem cells for hair loss")."""
        return not named or self._sharpens(mention, named)

    def _sharpens(self, mention: Mention, named: set[str]) -> bool:
        """The title names the family alone."""
        return any(mention.leaf.startswith(kind_of(leaf)) for leaf in named & _ONLY_FAMILY)

    def _refused_in_research(self, mention: Mention, sentence: Sentence, named: set[str]) -> str:
        abstract = self.document.abstract
        if self.stage not in SECONDARY and (by := abstract.says("planned", sentence)):
            return by
        if by := spared(abstract, mention, sentence) or self._only_observed(mention, sentence, named):
            return by
        if sentence.part == "background":
            return "background part"
        if not sentence.part and sentence.start < self.own_work_starts:
            return "background, before the own work begins"
        if sentence.part in ("", "conclusions") and (by := abstract.says("background", sentence)):
            return by
        if self.stage not in (*PRECLINICAL, *SECONDARY):
            told = (
                not named or mention.leaf in named or self._sharpens(mention, named) or abstract.says("given", sentence)
            )
            return "" if told else "named beside what the title says is studied"
        if self.stage in PRECLINICAL and mention.leaf not in named:
            if mention.leaf == "surg.transplant" and (by := abstract.says("leftover", sentence)):
                return by
            if named and mention.leaf.startswith(REFERENCE_DRUGS):
                return "comparator: the positive control of an experiment"
            return abstract.says("comparator", sentence)
        return ""

    def _only_observed(self, mention: Mention, sentence: Sentence, named: set[str]) -> str:
        """A disease observed, by its title: drugs define a case or are adjusted for, unless an effect is told."""
        if self.stage not in _MEASURING or named or self.document.title.all("cue", "treats"):
            return ""
        told = self.document.abstract.says("result", sentence) or self.document.abstract.says("given", sentence)
        return "" if told else "observed beside the disease, not studied"

    def _biomarker(self, leaf: str, sentence: Sentence | None = None) -> str:
        """Vesicles of the blood that are measured: by the title, which holds for all of the record, or a sentence.

        Vesicles of grown cells, of cord blood, milk or plants are made; "profiling" then tells what the product holds.
        """
        title = self.document.title
        by = title.says("biomarker", Sentence(0, len(title.text.low), "")) or (
            self.document.abstract.says("biomarker", sentence) if sentence else ""
        )
        return by if leaf in _OF_THE_BODY or "marker" in by.partition('"')[2] else ""


def _finding(mention: Mention, text: Text, rule: str, strength: float, source: str = "text") -> Finding:
    at = Span(text, mention.start, mention.end)
    return Finding("approach", mention.leaf, f"approach.{rule}", strength, at, source, kind=mention.kind)
