"""What title, abstract, publication types and MeSH of a record say of design, people, animals and material."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import chain

from tracker.classify.document import Document, Reading
from tracker.classify.lazy import lazy
from tracker.classify.lexicon import Hit
from tracker.classify.text import Span, Text

# Between a number and a word of people stand adjectives ("71 male and female subjects"), and none of these.
_NO_ADJECTIVES = frozenset({
    "in", "of", "the", "for", "to", "with", "from", "at", "by", "on", "as", "per", "or", "were", "was", "had",
    "week", "weeks", "month", "months", "year", "years",
})  # fmt: skip
_ADJECTIVE = re.compile(r"[a-z/()%+-]+")
_DIGITS = re.compile(r"(?<![-.\w])\d+(?:,\d{3})*$")
_NO_COUNT = ("phase ", "grade ", "stage ", "week ", "day ", "type ", "per ")  # before a number that counts nothing
_ADJECTIVES = 5
_GIVEN = re.compile(
    r"[^.;:]{0,60}?\b(?:used|received|applied|took|underwent|(?:was|were) (?:given|treated|injected|randomi[sz]ed))\b"
)
# "120 patients screened, 64 were randomised": those who only came are no participants.
_SCREENED = re.compile(r"\s(?:(?:were|was|who were)\s)?(?:screened|assessed for eligibility|invited|approached)\b")
_TAKEN = re.compile(
    r"\b([\d,]*\d|[a-z]+(?:-[a-z]+)?)\s(?:of (?:them|whom|these)\s)?(?:were|was)\s(?:finally\s|then\s)?"
    r"(?:randomi[sz]ed|enrolled|included|assigned|allocated|recruited|treated)\b"
)
# "1465 underwent randomization": the people were named before, without a number.
_RANDOMISED = re.compile(r"\b(\d[\d,]*)\s(?:were randomi[sz]ed|were randomly assigned|underwent randomi[sz]ation)\b")
# "two groups of 25 men each", "group A had ..., group B ..., 20 women each"
_EACH = re.compile(r"\s(?:each\b|(?:in|per) (?:each )?(?:group|arm)\b)")
_GROUPS = re.compile(r"\b([2-6]|two|three|four|five|six)\s(?:[a-z]+\s){0,2}?(?:groups|arms)\b")
_GROUP = re.compile(r"\b(?:group|arm)\s([a-f]|[1-6]|i{1,3}|iv)\b")
# "injected into the scalp of nine volunteers", "gave it to 40 patients"; but not "cells from the scalp of nine"
_GIVEN_TO = re.compile(
    r"\b(?:gave|given|injected|applied|grafted|implanted|transplanted|administered|infused)\b"
    r"(?:(?!\bfrom\b|\bwith\b)[^.;:]){0,70}\b(?:of|in|into|to|on|onto)\s(?:the\s|these\s)?$"
)
# "40 patients and 40 healthy controls": people with the disease are held against people without.
_CONTROLS = re.compile(r"\s(?:and|versus|vs\.?|against|with)\s(?:[a-z0-9-]+\s){0,3}?controls\b")
_NEAR = 90  # characters before a number of people in which they are given something
_ONE_AGED = re.compile(r"\b(?:an?|one)\s(?:[a-z-]+\s){0,2}$")
_YEARS = re.compile(r"\s\d{1,2}\b")
_HUNDREDS = re.compile(r"\b([a-z]+)\shundred\s(?:and\s)?$")
# "Fifty men and 15 women"
_OTHER_SEX = re.compile(r"\sand\s([\d,]+|[a-z-]+)\s(?:men|women|males|females|boys|girls)\b")
_WORDS = (
    ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    ("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_NUMBERS = {word: at for at, word in enumerate((*_WORDS[0], *_WORDS[1]), 1)} | {
    word: 10 * at for at, word in enumerate(("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 3)
}
# "rabbit dermal papilla cells" in a dish are no rabbit, nor is a "mouse lymphoma assay" a mouse.
_IN_CULTURE = re.compile(
    r"\b(?:rabbit|mouse|murine|rat|goat|sheep|mink|porcine|pig|bovine)s? (?:[a-z-]+ ){0,2}?"
    r"(?:dermal papilla|dp|dpc|hfsc|cells?|vibrissa|fibroblasts?|keratinocytes?|serum|milk|lymphoma assay)\b"
)


class Study:
    def __init__(self, document: Document) -> None:
        self.document = document
        kinds = document.rules.kinds_of_type
        self._types = {kind: name for name in reversed(document.record.types) for kind in kinds.get(name, ())}

    def in_title(self, name: str, group: str = "study") -> Span | None:
        title = self.document.title
        hits = title.all(group, name)
        return title.span(hits[0]) if hits else None

    def in_text(self, name: str, group: str = "study") -> Span | None:
        """The first mention in a sentence that does not speak of what others did before."""
        abstract = self.document.abstract
        for hit in abstract.all(group, name):
            if self.is_own(hit.start):
                return abstract.span(hit)
        return None

    def in_done(self, name: str, group: str) -> Span | None:
        """The same, in a sentence that neither plans nor misses it: "a controlled trial would be needed"."""
        abstract = self.document.abstract
        return next((abstract.span(hit) for hit in abstract.all(group, name) if not self._not_done(hit)), None)

    def refused(self, name: str, group: str) -> Iterator[tuple[Span, str]]:
        """The mentions that `in_done` passes over, each with the reason."""
        abstract = self.document.abstract
        for hit in abstract.all(group, name):
            if by := self._not_done(hit):
                yield Span(abstract.text, hit.start, hit.end), by

    def _not_done(self, hit: Hit) -> str:
        abstract = self.document.abstract
        sentence = abstract.text.sentence_at(hit.start)
        if not self.is_own(hit.start):
            told = abstract.says("background", sentence) or abstract.says("not_done", sentence)
            return told or "background part"
        return abstract.says("planned", sentence) or abstract.says("missing", sentence)

    def anywhere(self, name: str, group: str = "study") -> Span | None:
        return self.in_title(name, group) or self.in_text(name, group)

    def is_own(self, position: int) -> bool:
        """The sentence tells neither what others did before nor what was not done."""
        sentence = self.document.abstract.text.sentence_at(position)
        if sentence.part == "background":
            return False
        told = bisect_left(self._told, sentence.start)
        return told == len(self._told) or self._told[told] >= sentence.end

    @lazy
    def _told(self) -> list[int]:
        """Where the abstract has words of what others did before, or of what was not done."""
        abstract = self.document.abstract
        return sorted(hit.start for cue in ("background", "not_done") for hit in abstract.all("cue", cue))

    @lazy
    def counted(self) -> tuple[Span, int] | None:
        """The first number of people in title or abstract; "fifty men and 15 women" are 65."""
        for reading in (self.document.title, self.document.abstract):
            low = reading.text.low
            for hit in reading.all("count", "people"):
                found = _number_before(low, hit.start)
                if found and (reading is self.document.title or self.is_own(found[0])):
                    if _SCREENED.match(low, hit.end):
                        if taken := _taken_of(reading.text, hit.end):
                            return taken
                        continue
                    more = _OTHER_SEX.match(low, hit.end)
                    number = found[1] + ((number_of(more[1]) or 0) if more else 0)
                    if each := _EACH.match(low, hit.end):
                        number *= self._groups(reading, found[0], each.end())
                    if number:
                        return Span(reading.text, found[0], more.end() if more else hit.end), number
        return None

    def _groups(self, reading: Reading, start: int, end: int) -> int:
        """How many groups have so many people "each"; 0 where the sentence does not say."""
        where = reading.text.sentence_at(start)
        if told := _GROUPS.search(reading.text.low, where.start, end):
            return number_of(told[1]) or 0
        return len({letter for letter in _GROUP.findall(reading.text.low, where.start, where.end)})

    @property
    def randomised(self) -> tuple[Span, int] | None:
        """How many were randomised, where no number stands before a word of people."""
        text = self.document.abstract.text
        found = next((one for one in _RANDOMISED.finditer(text.low) if self.is_own(one.start())), None)
        return (Span(text, *found.span(1)), number_of(found[1]) or 0) if found else None

    @property
    def people(self) -> Span | None:
        return self.counted[0] if self.counted else None

    @property
    def treated(self) -> bool:
        """The people that are counted did or got something: "thirty subjects with thinning hair used a serum"."""
        at = self.people
        return at is not None and bool(_GIVEN.match(at.text.low, at.end) or self.given_to_people)

    @property
    def given_to_people(self) -> bool:
        """It went into them: "injected into rabbits and then into the scalp of nine volunteers". Males may be rats."""
        at = self.people
        if at is None or at.text.low.endswith(("male", "males"), at.start, at.end):
            return False
        return _GIVEN_TO.search(at.text.low, max(0, at.start - _NEAR), at.start) is not None

    @property
    def against_controls(self) -> Span | None:
        at = self.people
        return at if at and _CONTROLS.match(at.text.low, at.end) and not self.treated else None

    @property
    def one_aged(self) -> Span | None:
        """A single patient by the age: "a girl of 13", "a man aged 40"."""
        abstract = self.document.abstract
        low = abstract.text.low
        for hit in abstract.all("study", "aged"):
            if _YEARS.match(low, hit.end) and _ONE_AGED.search(low, max(0, hit.start - 30), hit.start):
                return abstract.span(hit)
        return None

    @lazy
    def animals(self) -> Span | None:
        """Living animals; cells of an animal in culture are none."""
        title, abstract = self.document.title, self.document.abstract
        mentions: chain[tuple[Reading, Hit]] = chain(
            ((title, hit) for hit in title.all("study", "animal")),
            ((abstract, hit) for hit in abstract.all("study", "animal") if self.is_own(hit.start)),
        )
        return next((reading.span(hit) for reading, hit in mentions if not in_culture(reading, hit)), None)

    @property
    def only_animals(self) -> bool:
        """Animals and no number of people: "mice were randomly divided" is no trial in people."""
        return self.animals is not None and self.people is None

    def typed(self, *kinds: str) -> Span | None:
        """Where a publication type of one of these kinds (rules.toml, [types]) stands in the column of types."""
        if not self._types:
            return None
        name = next((self._types[kind] for kind in kinds if kind in self._types), None)
        return self.document.quoted("types", name) if name else None


def _taken_of(text: Text, start: int) -> tuple[Span, int] | None:
    """Those of the screened who took part, told in the same breath."""
    taken = _TAKEN.search(text.low, start, start + 2 * _NEAR)
    number = number_of(taken[1]) if taken else None
    return (Span(text, taken.start(1), taken.end(1)), number) if taken and number else None


def in_culture(reading: Reading, hit: Hit) -> bool:
    """An animal that is named only as where cells in a dish come from."""
    return _IN_CULTURE.match(reading.text.low, hit.start) is not None


def _number_before(low: str, end: int) -> tuple[int, int] | None:
    """Where the number that counts the word at `end` begins, and the number: "71" of "71 male and female subjects"."""
    after = ""
    for _ in range(_ADJECTIVES + 1):
        stop = end - 1
        if stop <= 0 or low[stop] != " ":
            return None
        end = low.rfind(" ", 0, stop) + 1
        word = low[end:stop]
        if word in _NO_ADJECTIVES:
            return None
        if word.isascii() and word.isalpha() and word not in _NUMBERS and word != "hundred":
            after = word  # most words: a plain adjective
            continue
        digits = _DIGITS.search(word) if word[-1:].isdigit() else None
        start = end + digits.start() if digits else stop - len(word.lstrip("([\"'"))
        number = number_of(low[start:stop])
        if word == "hundred" or (number is not None and word != "one"):
            counts = after != "and" and not low.endswith(_NO_COUNT, 0, start)
            return _with_hundreds(low, start, number) if counts else None
        if not _ADJECTIVE.fullmatch(word):
            return None
        after = word
    return None


def _with_hundreds(low: str, start: int, number: int | None) -> tuple[int, int]:
    """ "three hundred", "one hundred and twenty"; number None is the word "hundred" itself."""
    lead = _HUNDREDS.search(low, max(0, start - 30), start + (len("hundred ") if number is None else 0))
    if lead is None:
        return start, 100 if number is None else number
    return lead.start(), 100 * (number_of(lead[1]) or 1) + (number or 0)


def number_of(words: str) -> int | None:
    """ "1,465", "36", "thirty-six"; None for any other word."""
    plain = words.replace(",", "")
    if plain.isdecimal():
        return int(plain)
    tens, joint, unit = words.partition("-")
    if tens not in _NUMBERS or (joint and unit not in _NUMBERS):
        return None
    return _NUMBERS[tens] + _NUMBERS.get(unit, 0)
