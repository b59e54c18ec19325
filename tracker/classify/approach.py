"""Which approaches a record investigates: its mentions (mentions.py), less those that speak of something else.

Title and, for a trial, its interventions and arms speak first. A sentence of an abstract labels unless it tells what
exists already, what is planned, what patients had before, or what something is measured against. A review whose title
names no approach covers all that it names. Eligibility criteria never label.
"""

import re
from collections.abc import Iterator

from tracker.classify.document import Document, Reading
from tracker.classify.finding import Finding
from tracker.classify.mentions import Mention, Mentions
from tracker.classify.rules import CONDITION, Rules
from tracker.classify.taxonomy import Leaf, Taxonomy
from tracker.classify.text import Sentence, Span, Text

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
# "... after CAR-T: when alopecia appears"
_AFTER = re.compile(r"\b(?:after|following|due to|caused by|on)\s(?:[a-z0-9%.-]+\s){0,2}$")
_LOST_ON = re.compile(r"(?<!for )(?<!in )(?<!of )\b(?:alopecia|hair loss|effluvium)\b")
_RECOVERY = re.compile(
    r"regrow|re-grow|growth|success|efficacy|effective|improve|respon|recover|treatment of|safety|needl|transplant"
)
_TITLE = 200  # characters of a title before a drug in which hair loss is blamed on it
_NEAR = 60  # characters around cells in which a word of use as a product counts
_PART_STRENGTH = {"aim": 0.85, "methods": 0.85, "results": 0.85, "conclusions": 0.8}
_CELL_FREE = ("ev.", "free.cm")


def _is_cell(leaf: str) -> bool:
    return leaf.startswith(("cell.", "eng.ipsc"))


class Approaches:
    def __init__(self, taxonomy: Taxonomy, rules: Rules) -> None:
        self.taxonomy = taxonomy
        self.mentions = Mentions(taxonomy, rules)

    def find(self, document: Document, stage: str) -> list[Finding]:
        """Every mention and what became of it; of those that fire, one for each approach, the strongest first."""
        found = _Case(self, document, stage).findings()
        best: dict[str, Finding] = {}
        for finding in sorted(found, key=lambda finding: -finding.strength):
            if finding.fired and best.setdefault(finding.label, finding) is not finding:
                finding.beside(best[finding.label])
        refused = [finding for finding in found if not finding.fired]
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
        self.known = room.mentions.glossary((document.title, document.abstract))
        self.title, _ = room.mentions.find(document.title, self.known)
        self.abstract, self.products = room.mentions.find(document.abstract, self.known)
        self.own_work_starts = self._own_work_starts()
        self.recovers = _RECOVERY.search(document.title.text.low) is not None
        self.is_cause = bool(document.title.all("cue", "cause")) and not document.title.all("cue", "treats")

    def findings(self) -> list[Finding]:
        found = [*self._in_title()]
        self._reference([finding for finding in found if finding.fired])
        found += self._registered()
        named = {finding.label for finding in found if finding.fired}
        registered = any(finding.fired and finding.source == "registry" for finding in found)
        found += self._in_abstract(named, registered)
        if not any(finding.fired for finding in found) and self.document.record.kind == "trial":
            self._take_background(found)
        for settle in (self._other_documents, self._test_systems, self._sources, self._weak):
            settle([finding for finding in found if finding.fired])
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
        if mention.leaf.startswith("ev.") and (cue := reading.all("cue", "biomarker")):
            return f'biomarker "{reading.text.low[cue[0].start : cue[0].end]}"'
        if mention.leaf.startswith("free.") and (readout := self._near("readout", mention.start, mention.end, reading)):
            return readout
        failed = reading.first("cue", "excluded", 0, mention.start)  # "after failure of methotrexate"
        if failed:
            return f'excluded "{reading.text.low[failed.start : failed.end]}"'
        lost = reading.first("cue", "destroyed", max(0, mention.start - _NEAR // 2), mention.start)
        if lost and _is_cell(mention.leaf):
            return f'destroyed "{reading.text.low[lost.start : lost.end]}"'
        return "blamed for the hair loss" if self._is_culprit(reading.text, mention) else ""

    def _registered(self) -> Iterator[Finding]:
        if self.document.record.trial is None:
            return
        for field, strength in (("interventions", 0.95), ("arms", 0.85)):
            reading = self.document.column(field)
            text = reading.text
            idle = [item.span() for item in _ITEM.finditer(text.original) if item[0].startswith(_NO_TREATMENT)]
            for mention in self.mentions.find(reading, self.known)[0]:
                idles = any(text.span(start, start + 1)[0] <= mention.start < end for start, end in idle)
                by = mention.by or ("an arm without treatment" if idles else "")
                yield _finding(mention, text, field, strength, "registry").unless(by)

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
        """A trial that names its treatment only where it tells why it is done."""
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
        if by := abstract.says("excluded", sentence):
            return by
        if self.is_cause or self._is_culprit(abstract.text, mention):
            return "cause of the hair loss"
        if leaf.startswith("ev.") and (by := abstract.says("biomarker", sentence)):
            return by
        if leaf.startswith("oth.") and (by := self._near("vehicle", mention.start, mention.end, abstract)):
            return by
        if _is_cell(leaf) and (by := abstract.says("destroyed", sentence)):
            return by
        if self.stage in _SECONDARY and not named:
            return ""
        return self._refused_in_research(mention, sentence, named)

    def _refused_in_research(self, mention: Mention, sentence: Sentence, named: set[str]) -> str:
        abstract = self.document.abstract
        if self.stage not in _SECONDARY and (by := abstract.says("planned", sentence)):
            return by
        if sentence.part == "background":
            return "background part"
        if not sentence.part and sentence.start < self.own_work_starts:
            return "background, before the own work begins"
        if sentence.part in ("", "conclusions") and (by := abstract.says("background", sentence)):
            return by
        if self.stage in _PRECLINICAL and mention.leaf not in named:
            if named and mention.leaf.startswith(_REFERENCE_DRUGS):
                return "comparator: the positive control of an experiment"
            return abstract.says("comparator", sentence)
        return ""

    def _is_culprit(self, text: Text, mention: Mention) -> bool:
        """The approach is named as the cause of the hair loss."""
        if _BLAMED_AFTER.match(text.low, mention.end):
            return True
        # Pattern hair loss is inherited: no drug is to blame for it.
        if text.field != "title" or self.recovers or self.document.title.all(CONDITION, "aga"):
            return False
        if _BLAMED_BEFORE.search(text.low, max(0, mention.start - _TITLE), mention.start):
            return True
        after = _AFTER.search(text.low, max(0, mention.start - _NEAR), mention.start)
        return bool(after and _LOST_ON.search(text.low, mention.end))

    def _near(self, cue: str, start: int, end: int, reading: Reading) -> str:
        """The cue and its words close to [start, end); a title is all close."""
        sentence = reading.text.sentence_at(start)
        if reading is not self.document.title:
            sentence = Sentence(max(sentence.start, start - _NEAR), min(sentence.end, end + _NEAR), "")
        return reading.says(cue, sentence)

    def _used_as(self, cue: str, finding: Finding) -> str:
        assert finding.at is not None
        reading = self.document.title if finding.at.text.field == "title" else self.document.abstract
        return self._near(cue, finding.at.start, finding.at.end, reading)

    # -- what stands in the end: each step vetoes some of those that still fire
    def _other_documents(self, found: list[Finding]) -> None:
        lows = [reading.text.low for reading in (self.document.title, self.document.abstract)]
        for finding in found:
            word = next((w for w in self.leaf[finding.label].never_with if any(w in low for low in lows)), "")
            finding.unless(f'the record speaks of "{word}"' if word else "")

    def _test_systems(self, found: list[Finding]) -> None:
        """Cells that are mostly a test system count when they are transplanted, injected, assembled; or when a title
        is about their biology and nothing else is investigated."""
        others = any(not self.leaf[finding.label].assay for finding in found)
        for finding in found:
            leaf = self.leaf[finding.label]
            if leaf.assay and finding.source != "registry" and not self._used_as("as_product", finding):
                alone = finding.rule == "approach.title" and not others
                finding.unless("" if alone and self._is_biology(leaf, finding) else "a test system, not a product")

    def _is_biology(self, leaf: Leaf, finding: Finding) -> bool:
        return leaf.biology or not self._used_as("as_assay", finding)

    def _sources(self, found: list[Finding]) -> None:
        """Where a cell-free product is investigated, cells of the abstract need a sentence that gives them."""
        products = [finding for finding in found if finding.label.startswith(_CELL_FREE)]
        for finding in found if products else ():
            in_abstract = finding.rule.startswith("approach.abstract")
            if _is_cell(finding.label) and in_abstract and not self._given_as_cells(finding):
                finding.unless(f"product beats source: {products[0].label}")

    def _given_as_cells(self, finding: Finding) -> bool:
        assert finding.at is not None
        sentence = finding.at.text.sentence_at(finding.at.start)
        shared = any(start < sentence.end and sentence.start < end for start, end in self.products)
        return bool(self._used_as("as_product", finding)) and (not shared or self.stage in _SECONDARY)

    def _reference(self, found: list[Finding]) -> None:
        """In a title: the drug that an experiment is measured against, and a name within a longer one."""
        compared = self.stage in _PRECLINICAL and len({_family(finding.label) for finding in found}) > 1
        names = [finding for finding in found if finding.kind != "title"]
        for finding in found:
            if compared and finding.label.startswith(_REFERENCE_DRUGS):
                finding.unless(self._measured_against(finding))
            if finding.kind == "title" and (longer := next((f for f in names if _holds(f, finding)), None)):
                finding.unless(f"part of the name of {longer.label}")

    def _measured_against(self, finding: Finding) -> str:
        """'comparator "versus"' where such words stand before a drug."""
        assert finding.at is not None
        cue = self.document.title.first("cue", "comparator", 0, finding.at.start)
        return f'comparator "{self.document.title.text.low[cue.start : cue.end]}"' if cue else ""

    def _weak(self, found: list[Finding]) -> None:
        """Phrases that say the family but not which count only where nothing of the family says more."""
        unsure = [f for f in found if f.kind == "weak" or f.label == "ev.unspec"]
        sharp = {f.label: f for f in found if f.kind != "weak" and f.label != "ev.unspec"}
        families = {_family(label): finding for label, finding in sharp.items()}
        order = list(self.leaf)
        for finding in sorted(unsure, key=lambda f: (order.index(f.label), -f.strength)):
            stronger = families.setdefault(_family(finding.label), finding)
            if finding.label not in sharp and finding.label != stronger.label:
                finding.beside(stronger)
                finding.by = f"{stronger.label} says more"


def _family(leaf: str) -> str:
    return leaf.partition(".")[0]


def _finding(mention: Mention, text: Text, rule: str, strength: float, source: str = "text") -> Finding:
    at = Span(text, mention.start, mention.end)
    return Finding("approach", mention.leaf, f"approach.{rule}", strength, at, source, kind=mention.kind)


def _holds(outer: Finding, inner: Finding) -> bool:
    """The words of one lie within the longer words of the other: "growth factor" in "growth factor rich plasma"."""
    assert outer.at is not None and inner.at is not None
    longer = outer.at.end - outer.at.start > inner.at.end - inner.at.start
    return longer and outer.at.start <= inner.at.start and inner.at.end <= outer.at.end
