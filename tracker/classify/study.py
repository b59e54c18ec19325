"""What title, abstract, publication types and MeSH of a record say of design, people, animals and material."""

import re
from functools import cached_property
from itertools import chain

from tracker.classify.document import Document, Reading
from tracker.classify.lexicon import Hit
from tracker.classify.text import Span

_NUMBER = (
    r"(?:\d+(?:,\d{3})*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
)
# Before a word of people: "71 male and female subjects", "thirty participants". Counted, so probably studied.
_COUNTED = re.compile(rf"(?<![-.\w])({_NUMBER}(?:-(?:one|{_NUMBER}))?)\s(?:[a-z/()%+-]+\s){{0,5}}?$")
_WORDS = (
    ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    ("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_NUMBERS = {word: at for at, word in enumerate((*_WORDS[0], *_WORDS[1]), 1)} | {
    word: 10 * at for at, word in enumerate(("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 3)
}
_REACH = 70  # characters before a word of people in which its number is looked for
# "rabbit dermal papilla cells" in a dish are no rabbit.
_IN_CULTURE = re.compile(
    r"\b(?:rabbit|mouse|murine|rat|goat|sheep|mink|porcine|pig|bovine)s? (?:[a-z-]+ ){0,2}?"
    r"(?:dermal papilla|dp|dpc|hfsc|cells?|vibrissa|fibroblasts?|keratinocytes?|serum|milk)\b"
)


class Study:
    def __init__(self, document: Document) -> None:
        self.document = document
        self._owned: dict[int, bool] = {}
        kinds = document.rules.kinds_of_type
        self._types = {kind: name for name in reversed(document.record.types) for kind in kinds.get(name, ())}

    def in_title(self, name: str, group: str = "study") -> Span | None:
        title = self.document.title
        return title.span(title.first(group, name))

    def in_text(self, name: str, group: str = "study") -> Span | None:
        """The first mention in a sentence that does not speak of what others did before."""
        abstract = self.document.abstract
        return abstract.span(next((hit for hit in abstract.all(group, name) if self.is_own(hit.start)), None))

    def anywhere(self, name: str, group: str = "study") -> Span | None:
        return self.in_title(name, group) or self.in_text(name, group)

    def is_own(self, position: int) -> bool:
        """The sentence tells neither what others did before nor what was not done."""
        abstract = self.document.abstract
        sentence = abstract.text.sentence_at(position)
        if sentence.start not in self._owned:
            told = abstract.says("background", sentence) or abstract.says("not_done", sentence)
            self._owned[sentence.start] = sentence.part != "background" and not told
        return self._owned[sentence.start]

    @cached_property
    def counted(self) -> tuple[Span, str] | None:
        """The first number of people in title or abstract, as it is written."""
        for reading in (self.document.title, self.document.abstract):
            for hit in reading.all("count"):
                match = _COUNTED.search(reading.text.low, max(0, hit.start - _REACH), hit.start)
                if match and (reading is self.document.title or self.is_own(match.start())):
                    return Span(reading.text, match.start(), hit.end), match[1]
        return None

    @property
    def people(self) -> Span | None:
        return self.counted[0] if self.counted else None

    @cached_property
    def animals(self) -> Span | None:
        """Living animals; cells of an animal in culture are none."""
        title, abstract = self.document.title, self.document.abstract
        mentions: chain[tuple[Reading, Hit]] = chain(
            ((title, hit) for hit in title.all("study", "animal")),
            ((abstract, hit) for hit in abstract.all("study", "animal") if self.is_own(hit.start)),
        )
        return next((r.span(hit) for r, hit in mentions if not _IN_CULTURE.match(r.text.low, hit.start)), None)

    @property
    def only_animals(self) -> bool:
        """Animals and no number of people: "mice were randomly divided" is no trial in people."""
        return self.animals is not None and self.people is None

    def typed(self, *kinds: str) -> Span | None:
        """Where a publication type of one of these kinds (rules.toml, [types]) stands in the column of types."""
        name = next((self._types[kind] for kind in kinds if kind in self._types), None)
        return self.document.quoted("types", name) if name else None


def number_of(words: str) -> int | None:
    """ "1,465", "36", "thirty-six"; None for any other word."""
    plain = words.replace(",", "")
    if plain.isdigit():
        return int(plain)
    tens, _, unit = words.partition("-")
    return _NUMBERS[tens] + _NUMBERS.get(unit, 0) if tens in _NUMBERS else None
