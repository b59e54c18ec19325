"""What title, abstract, publication types and MeSH of a record say of design, people, animals and material."""

import re
from functools import cached_property

from tracker.classify.document import Document, Span

_NUMBER = (
    r"(?:\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
)
# "71 male and female subjects", "thirty participants": people who were counted, so probably studied.
PEOPLE = re.compile(
    rf"\b({_NUMBER}(?:-{_NUMBER})?)\s(?:[a-z/()%+-]+\s){{0,5}}?"
    r"(?:patients|participants|subjects|men|women|volunteers|individuals|adults|children|males|females|people|persons|cases)\b"
)
# "rabbit dermal papilla cells" in a dish are no rabbit.
_IN_CULTURE = re.compile(
    r"\b(?:rabbit|mouse|murine|rat|goat|sheep|mink|porcine|pig)s? "
    r"(?:dermal papilla|dp|dpc|hfsc|cell|vibrissa|skin fibroblast|keratinocyte)"
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
        abstract = self.document.abstract
        sentence = abstract.text.sentence_at(position)
        if sentence.start not in self._owned:
            told = abstract.first("cue", "background", sentence.start, sentence.end)
            self._owned[sentence.start] = sentence.part != "background" and told is None
        return self._owned[sentence.start]

    @cached_property
    def people(self) -> Span | None:
        """A number of people, in title or abstract."""
        title, abstract = self.document.title.text, self.document.abstract.text
        for match in PEOPLE.finditer(title.low):
            return Span(title, *match.span())
        for match in PEOPLE.finditer(abstract.low):
            if self.is_own(match.start()):
                return Span(abstract, *match.span())
        return None

    @cached_property
    def animals(self) -> Span | None:
        """Living animals; cells of an animal in culture are none."""
        for at in (self.in_title("animal"), self.in_text("animal")):
            if at and not _IN_CULTURE.match(at.text.low, at.start):
                return at
        return None

    @property
    def only_animals(self) -> bool:
        """Animals and no number of people: "mice were randomly divided" is no trial in people."""
        return self.animals is not None and self.people is None

    def typed(self, *kinds: str) -> Span | None:
        """Where a publication type of one of these kinds (rules.toml, [types]) stands in the column of types."""
        name = next((self._types[kind] for kind in kinds if kind in self._types), None)
        return self.document.quoted("types", name) if name else None
