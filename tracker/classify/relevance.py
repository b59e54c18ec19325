"""Is the record about hair loss, its treatment or the biology of hair growth? Yes or no, with the words that say so.

In order: what stands in the title; for a trial its conditions; MeSH; how often and where the abstract speaks of hair;
one mention that says whom or what was treated. Hair as a specimen, hair removal, hairy cells and alopecia in a list
of side effects are no hair loss (rules.toml).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from tracker.classify.document import Document, Span
from tracker.classify.lexicon import Hit
from tracker.classify.rules import CONDITION, LEAF

_NEVER = ("inherited", "pulling", "leukaemia")  # titles that no word of hair loss saves
_LOSS, _SHORT = "loss", "short form"
_SHORT_FORM = re.compile(r"\s?\(([A-Z]{2,5})s?\)")
# Right before a word of hair loss: it is the population, or what the treatment is for.
_POPULATION = re.compile(
    r"\b(?:patients|participants|subjects|men|women|volunteers|individuals|people|males|females|adults|children)\s"
    r"(?:with|who have|suffering from|affected by)\s(?:[a-z0-9-]+\s){0,4}$"
)
_PURPOSE = re.compile(r"\b(?:treat|treatment|treating|therapy|management|prevention)\s(?:of|for)\s(?:[a-z-]+\s){0,3}$")


@dataclass(frozen=True, slots=True)
class Relevance:
    relevant: bool
    rule: str
    strength: float
    source: str = "text"
    at: Span | None = None


def judge_relevance(document: Document) -> Relevance:
    return _Case(document).judge()


class _Case:
    """One document being read."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.title = document.title.all("hair")
        self.other = document.title.all("other")

    def judge(self) -> Relevance:
        if self._is_other_disease():
            return self._off()
        steps: tuple[Callable[[], Relevance | None], ...] = (
            self._by_title,
            self._by_condition,
            self._by_mesh,
            self._by_abstract,
            self._by_purpose,
        )
        for step in steps:
            found = step()
            if found:
                return found
        return self._off()

    def _is_other_disease(self) -> bool:
        """A title that no word of hair loss saves; hair pulling beside a named disorder is a comparison with it."""
        named = {hit.name for hit in self.other}
        compared = named & set(_NEVER) == {"pulling"} and bool(self.document.title.all(CONDITION))
        return bool(named & set(_NEVER)) and not compared

    def _by_title(self) -> Relevance | None:
        """Words of the loss; or of the follicle, when the title is about nothing else."""
        loss = next((hit for hit in self.title if hit.name == _LOSS), None)
        if loss:
            return Relevance(True, "hair.title", 0.95, at=self.document.title.span(loss))
        if self.title and not self.other:
            return Relevance(True, f"{self.title[0].name}.title", 0.9, at=self.document.title.span(self.title[0]))
        return self._by_short_form()

    def _by_short_form(self) -> Relevance | None:
        """ "AGA" in a title beside an approach, unless the abstract spells it as something else."""
        title, abstract = self.document.title, self.document.abstract.text
        if self.other or not title.all(LEAF):
            return None
        for abbr in self.document.rules.hair_abbr:
            match = re.search(rf"\b{abbr}\b", title.text.cased) if abbr in title.text.cased else None
            spelt = abstract.cased.find(f"({abbr})")
            if match and (
                spelt < 0 or any(hit.end in (spelt, spelt - 1) for hit in self.document.abstract.all("hair"))
            ):
                return Relevance(True, "short_form.title", 0.7, at=Span(title.text, *match.span()))
        return None

    def _by_condition(self) -> Relevance | None:
        """What a trial is registered for."""
        if self.document.record.trial is None:
            return None
        reading = self.document.column("conditions")
        hit = reading.first("hair", _LOSS)
        return Relevance(True, "hair.condition", 0.95, "registry", reading.span(hit)) if hit else None

    def _by_mesh(self) -> Relevance | None:
        """A hair heading of MeSH and a word of hair in the text; alone, MeSH Alopecia is mostly a side effect."""
        heading = next(iter(sorted(self.document.mesh & self.document.rules.hair_mesh)), "")
        if not heading or not (self.title or self.counted) or (self.other and not self.title):
            return None
        return Relevance(True, "hair.mesh", 0.8, "mesh", self.document.quoted("terms", heading))

    def _by_abstract(self) -> Relevance | None:
        """Hair in two sentences, in three when the title is about something else; without a title, twice."""
        text, counted = self.document.abstract.text, self.counted
        sentences = {text.sentence_at(hit.start).start for hit in counted}
        enough = len(counted) >= 2 if not self.document.record.title else len(sentences) >= (3 if self.other else 2)
        if enough and any(hit.name == _LOSS for hit in counted):
            return Relevance(True, "hair.abstract", 0.7, at=self.document.abstract.span(counted[0]))
        return None

    def _by_purpose(self) -> Relevance | None:
        """One mention is enough where it says who was treated, or what for, and no other disease stands beside it."""
        if self.other:
            return None
        text = self.document.abstract.text
        for hit in self.counted:
            sentence = text.sentence_at(hit.start)
            before = text.low[max(sentence.start, hit.start - 70) : hit.start]
            if hit.name == _LOSS and (_POPULATION.search(before) or _PURPOSE.search(before)):
                listed = self.document.rules.title.find(text.low[sentence.start : sentence.end])
                if not any(other.group == "other" for other in listed):
                    return Relevance(True, "hair.purpose", 0.6, at=self.document.abstract.span(hit))
        return None

    def _off(self) -> Relevance:
        if self.other and (self.counted or self.title):
            reason = next((hit for hit in self.other if hit.name in _NEVER), self.other[0])
            return Relevance(False, f"other.{reason.name}", 0.9, at=self.document.title.span(reason))
        if self.counted:
            return Relevance(False, "hair.in_passing", 0.8, at=self.document.abstract.span(self.counted[0]))
        return Relevance(False, "hair.absent", 1.0)

    @cached_property
    def counted(self) -> list[Hit]:
        """Mentions of hair in the abstract, short forms included, less those in lists of side effects."""
        reading, kept = self.document.abstract, list[Hit]()
        text = reading.text
        for hit in reading.all("hair"):
            sentence = text.sentence_at(hit.start)
            if hit.name == _LOSS and reading.first("cue", "adverse", sentence.start, sentence.end):
                continue
            kept.append(hit)
            spelt = _SHORT_FORM.match(text.cased, hit.end)
            if spelt and hit.name == _LOSS:
                again = re.finditer(rf"\b{spelt[1]}\b", text.cased)
                kept += [Hit(*match.span(), "hair", _SHORT) for match in again if match.start() > spelt.end()]
        return kept
