"""Is the record about hair loss, its treatment or the biology of hair growth? Yes or no, with the words that say so.

In order: what stands in the title; for a trial its conditions; MeSH; how often and where the abstract speaks of hair;
an approach in the title and a hint of hair beside it; one mention that says whom or what was treated. Hair as a
specimen, hair removal, hairy cells and alopecia in a list of side effects are no hair loss (rules.toml).
"""

import re
from collections.abc import Iterator

from tracker.classify.document import Document, Reading
from tracker.classify.finding import Finding, first_answer
from tracker.classify.lazy import lazy
from tracker.classify.lexicon import Hit
from tracker.classify.rules import CONDITION, LEAF
from tracker.classify.text import Span

RELEVANT, OFF = "hair", "off"
_NEVER = {"inherited", "pulling", "bezoar", "leukaemia"}  # titles that no word of hair loss saves
# Beside one of these in a title plain "hair" needs no second mention; but not "hair-like", "hair bundle".
_REGENERATIVE = ("cell.", "eng.", "ev.", "vesicle", "free.", "act.", "blood.")
_WITH_MINOXIDIL = ("andr.", "blood.", "dev.", "oth.topical", "oth.botulinum", "free.")
_LIKE = re.compile(r"[ -](?:like|bundle|cell|pin|sensor)")
_DISEASES = ("alopecia", "hair loss", "bald", "effluvium", "lichen", "hair shedding", "loss of")
_SHORT_ABSTRACT = 3  # sentences
_LOSS, _SHORT = "loss", "short form"
_SHORT_FORM = re.compile(r"\s?\(([A-Z]{2,5})s?\)")
# Right before a word of hair loss: it is the population, or what the treatment is for.
_POPULATION = re.compile(
    r"\b(?:patients|participants|subjects|men|women|volunteers|individuals|people|males|females|adults|children)\s"
    r"(?:with|who have|suffering from|affected by)\s(?:[a-z0-9-]+\s){0,4}$"
)
_PURPOSE = re.compile(
    r"\b(?:(?:treat|treatment|treating|therapy|management|prevention)\s(?:of|for)"
    r"|(?:to|for|of) (?:treat|prevent)(?:ing)?)"
    r"\s(?:[a-z-]+\s){0,3}$"
)
# What a trial in people who have no disease is registered for.
_HEALTHY = re.compile(
    r"\b(?:healthy|volunteers?|pharmacokinetics?|drug interactions?|bioequivalence|bioavailability)\b"
)
# "nephritis, rash and alopecia", "alopecia, neutropenia and mucositis", "alopecia was one of the adverse events"
_LISTED = re.compile(r"\b(?:and|or|,)\s?$|\b(?:of|on)\s?$")
# "Madarosis was not seen", "no alopecia": what did not happen is no subject.
_NOT_SEEN = re.compile(r"\s(?:was|were|has|had) (?:not|never|absent)\b")
_NO = re.compile(r"\b(?:no|neither|nor)\s(?:[a-z]+\s)?$")
# "Men who take finasteride for baldness are excluded"
_LEFT_OUT = re.compile(r"\b(?:excluded|exclusion|ineligible|not eligible|left out)\b")
_LISTED_ON = re.compile(r"\s?(?:,|and\b|or\b|was (?:one|the)|as (?:an?|one))")


def judge_relevance(document: Document, every: bool = False) -> list[Finding]:
    """The verdict first ("hair" or "off"), then what was vetoed; with `every` also what was outweighed."""
    if not document.has_hair:
        return [_answer(OFF, "hair.absent", 1.0)]
    return _Case(document).judge(every)


def _answer(label: str, rule: str, strength: float, at: Span | None = None, source: str = "text") -> Finding:
    return Finding("relevance", label, rule, strength, at, source)


class _Case:
    """One document being read."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.vetoed: list[Finding] = []
        self.title = _words_of_hair(document.title)
        names = document.title.all(LEAF)
        # "dental pulp stem cells", "bone marrow": a word in the name of an approach is no subject of its own.
        # Nor is one that runs into a word of hair: "in human hair" in "in human hair follicles".
        self.other = [
            hit for hit in document.title.all("other")
            if not any(name.start <= hit.start and hit.end <= name.end for name in names)
            and not any(hair.start < hit.end < hair.end for hair in self.title)
        ]  # fmt: skip

    def judge(self, every: bool) -> list[Finding]:
        found = first_answer(self._answers(), every)
        if found[0].label == OFF:
            return found + self.vetoed
        return [finding for finding in found if finding.label != OFF] + self.vetoed

    def _answers(self) -> Iterator[Finding | None]:
        named = {hit.name for hit in self.other} & _NEVER
        # Hair pulling beside a named disorder is a comparison with it.
        if not named or (named == {"pulling"} and self.document.title.all(CONDITION)):
            yield self._by_title()
            yield self._by_short_form()
            yield self._by_condition()
            yield self._by_intervention()
            yield self._by_mesh()
            yield self._by_abstract()
            yield self._by_hint()
            yield self._by_pair()
            yield self._by_purpose()
        else:
            never = next(hit for hit in self.other if hit.name in named)
            spans = [self.document.title.span(hit) for hit in self.title]
            self.vetoed += [_answer(RELEVANT, "hair.title", 0.95, at).unless(self._against(never)) for at in spans]
        yield self._off()

    def _by_title(self) -> Finding | None:
        """Words of the loss; or of the follicle, when the title is about nothing else."""
        reading = self.document.title
        for hit in sorted(self.title, key=lambda hit: hit.name != _LOSS):
            by = ""
            if hit.name == _LOSS:
                by = self._is_side_effect(hit)
            elif self._is_source(hit):
                by = "the follicle is only where the cells come from"
            elif against := [other for other in self.other if hit.name != "drug" or other.name != "fibre"]:
                by = self._against(against[0])
            rule, strength = ("hair.title", 0.95) if hit.name == _LOSS else (f"{hit.name}.title", 0.9)
            answer = _answer(RELEVANT, rule, strength, reading.span(hit))
            if not by:
                return answer
            self.vetoed.append(answer.unless(by))
        return None

    def _names_loss(self) -> bool:
        return any(hit.name == _LOSS for hit in self.counted)

    def _is_source(self, hit: Hit) -> bool:
        """ "Hair follicle stem cells" for something else: no other word of hair in the title or the abstract."""

        def within(reading: Reading, hit: Hit) -> bool:
            names = (name for name in reading.all(LEAF) if name.name.endswith(" cell.hfsc"))
            return any(name.start <= hit.start and hit.end <= name.end for name in names)

        title, abstract = self.document.title, self.document.abstract
        return (
            bool(self.document.record.abstract)
            and within(title, hit)
            and all(within(title, other) for other in self.title)
            and all(within(abstract, other) for other in self.counted)
            and not abstract.all("hint")
        )

    def _against(self, other: Hit) -> str:
        return f'other.{other.name} "{self._words(other)}"'

    def _words(self, hit: Hit) -> str:
        return self.document.title.text.low[hit.start : hit.end]

    def _is_side_effect(self, hit: Hit) -> str:
        """Hair loss among other side effects or signs in a title: the title is about what causes them."""
        reading = self.document.title
        sentence = reading.text.sentence_at(hit.start)
        low = reading.text.low
        listed = _LISTED.search(low, max(0, hit.start - 8), hit.start) or _LISTED_ON.match(low, hit.end)
        return reading.says("adverse", sentence) if listed else ""

    def _by_short_form(self) -> Finding | None:
        """ "AGA" in a title beside an approach, unless the abstract spells it as something else."""
        title, abstract = self.document.title, self.document.abstract.text
        if not title.all(LEAF) or (self.other and not self._names_loss()):
            return None
        for abbr in self.document.rules.hair_abbr:
            match = re.search(rf"\b{abbr}\b", title.text.cased) if abbr in title.text.cased else None
            spelt = abstract.cased.find(f"({abbr})")
            if match and (
                spelt < 0 or any(hit.end in (spelt, spelt - 1) for hit in self.document.abstract.all("hair"))
            ):
                return _answer(RELEVANT, "short_form.title", 0.7, Span(title.text, *match.span()))
        return None

    def _by_condition(self) -> Finding | None:
        """What a trial is registered for."""
        if self.document.record.trial is None:
            return None
        reading = self.document.column("conditions")
        hit = reading.first("hair", _LOSS)
        return _answer(RELEVANT, "hair.condition", 0.95, reading.span(hit), "registry") if hit else None

    def _by_intervention(self) -> Finding | None:
        """A drug that is developed for hair loss alone, tried in healthy people: the first step of its way to patients.

        Registered for another disease the same drug is a drug of that disease.
        """
        trial = self.document.record.trial
        if trial is None or self.other or not all(_HEALTHY.search(one.lower()) for one in trial.conditions):
            return None
        reading = self.document.column("interventions")
        hit = reading.first("hair", "drug")
        return _answer(RELEVANT, "drug.intervention", 0.8, reading.span(hit), "registry") if hit else None

    def _by_mesh(self) -> Finding | None:
        """A hair heading of MeSH and a word of hair in the text; alone, MeSH Alopecia is mostly a side effect."""
        heading = next(iter(sorted(self.document.mesh & self.document.rules.hair_mesh)), "")
        if not heading:
            return None
        by = ""
        if not (self.title or self.counted):
            by = "no word of hair in the text"
        elif self.other:
            by = self._against(self.other[0])
        answer = _answer(RELEVANT, "hair.mesh", 0.8, self.document.quoted("terms", heading), "mesh")
        if by:
            self.vetoed.append(answer.unless(by))
        return None if by else answer

    def _by_abstract(self) -> Finding | None:
        """Hair in two sentences, in three when the title is about something else; without a title, twice."""
        # A drug for hair that the title gives for something else is named in every other sentence.
        text = self.document.abstract.text
        counted = [hit for hit in self.counted if hit.name != "drug"] if self.other else self.counted
        sentences = {text.sentence_at(hit.start).start for hit in counted}
        enough = len(counted) >= 2 if not self.document.record.title else len(sentences) >= (3 if self.other else 2)
        if len(text.sentences) <= _SHORT_ABSTRACT and not self.other and not enough:
            return self._by_short_abstract()
        if enough and any(hit.name == _LOSS for hit in counted):
            return _answer(RELEVANT, "hair.abstract", 0.7, self.document.abstract.span(counted[0]))
        return None

    def _by_short_abstract(self) -> Finding | None:
        """In a few sentences one mention weighs as much as several in many, unless it is one of a list of diseases."""
        low = self.document.abstract.text.low
        for hit in self.counted:
            listed = _LISTED.search(low, max(0, hit.start - 8), hit.start) or _LISTED_ON.match(low, hit.end)
            of_many = listed and (low.startswith(_DISEASES, hit.start) or self._beside_others(hit))
            denied = _NOT_SEEN.match(low, hit.end) or _NO.search(low, max(0, hit.start - 20), hit.start)
            if hit.name == _LOSS and not (of_many or denied):
                return _answer(RELEVANT, "hair.short_abstract", 0.6, self.document.abstract.span(hit))
        return None

    def _by_hint(self) -> Finding | None:
        """An approach in the title beside "scalp", "thinning" or plain "hair", and hair once more in the abstract."""
        title = self.document.title
        hints = title.all("hint")
        if not hints or not title.all(LEAF) or (self.other and not self._names_loss()):
            return None
        core = any(hit.name.partition(" ")[2].startswith(_REGENERATIVE) for hit in title.all(LEAF))
        plain = (hint for hint in hints if self._words(hint) == "hair" and not _LIKE.match(title.text.low, hint.end))
        alone = core and next(plain, None) is not None
        if not (self.counted or self.document.abstract.all("hint") or alone):
            return None
        answer = _answer(RELEVANT, "hint.title", 0.6, title.span(hints[0]))
        # "Hair" in a title about a specimen is what was cut and measured.
        if specimen := next((hit for hit in self.other if hit.name == "specimen"), None):
            self.vetoed.append(answer.unless(self._against(specimen)))
            return None
        return answer

    def _by_pair(self) -> Finding | None:
        """Minoxidil beside an antiandrogen, platelets or needles in a title: together they are given for hair alone."""
        leaves = {hit.name.partition(" ")[2]: hit for hit in self.document.title.all(LEAF)}
        minoxidil = next((leaf for leaf in leaves if leaf.startswith("minox.")), None)
        if self.other or minoxidil is None or not any(leaf.startswith(_WITH_MINOXIDIL) for leaf in leaves):
            return None
        return _answer(RELEVANT, "pair.title", 0.6, self.document.title.span(leaves[minoxidil]))

    def _by_purpose(self) -> Finding | None:
        """One mention is enough where it says who was treated, or what for, and no other disease stands beside it."""
        if self.other:
            return None
        text = self.document.abstract.text
        for hit in self.counted:
            sentence = text.sentence_at(hit.start)
            before = text.low[max(sentence.start, hit.start - 70) : hit.start]
            treated = hit.name == _LOSS and (_POPULATION.search(before) or _PURPOSE.search(before))
            if treated and not self._beside_others(hit):
                return _answer(RELEVANT, "hair.purpose", 0.6, self.document.abstract.span(hit))
        return None

    def _beside_others(self, hit: Hit) -> bool:
        """The sentence names other diseases or organs too."""
        text = self.document.abstract.text
        sentence = text.sentence_at(hit.start)
        named = self.document.rules.title.find(text.low[sentence.start : sentence.end])
        return any(other.group == "other" for other in named)

    def _off(self) -> Finding:
        if self.other and (self.counted or self.title):
            reason = next((hit for hit in self.other if hit.name in _NEVER), self.other[0])
            return _answer(OFF, f"other.{reason.name}", 0.9, self.document.title.span(reason))
        if self.counted:
            return _answer(OFF, "hair.in_passing", 0.8, self.document.abstract.span(self.counted[0]))
        return _answer(OFF, "hair.absent", 1.0)

    @lazy
    def counted(self) -> list[Hit]:
        """Mentions of hair in the abstract, short forms included, less those in lists of side effects."""
        reading, kept = self.document.abstract, list[Hit]()
        text = reading.text
        for hit in _words_of_hair(reading):
            sentence = text.sentence_at(hit.start)
            adverse = reading.says("adverse", sentence) if hit.name == _LOSS else ""
            if hit.name == _LOSS and (out := _LEFT_OUT.search(text.low, sentence.start, sentence.end)):
                adverse = f'who must not have it "{out[0]}"'
            if adverse:
                self.vetoed.append(_answer(RELEVANT, "hair.abstract", 0.7, reading.span(hit)).unless(adverse))
                continue
            kept.append(hit)
            spelt = _SHORT_FORM.match(text.cased, hit.end)
            if spelt and hit.name == _LOSS:
                again = re.finditer(rf"\b{spelt[1]}\b", text.cased)
                kept += [Hit(*match.span(), "hair", _SHORT) for match in again if match.start() > spelt.end()]
        return kept


def _words_of_hair(reading: Reading) -> list[Hit]:
    """Less those within a longer phrase that means something else: "root hair", "bald eagle"."""
    foreign = reading.all("hair", "not")
    return [
        hit for hit in reading.all("hair")
        if hit.name != "not" and _is_of_scalp(reading, hit)
        and not any(longer.start <= hit.start < longer.end for longer in foreign)
    ]  # fmt: skip


def _is_of_scalp(reading: Reading, hit: Hit) -> bool:
    """Not the hair of the inner ear ("lost hair cells", "hair bundles"), nor what only looks like hair."""
    low = reading.text.low
    return not (low.endswith("hair", 0, hit.end) and low.startswith((" cell", " bundle", "-like", " like "), hit.end))
