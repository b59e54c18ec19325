"""What a rule found in a record, and what became of it: it fired, was vetoed, or was outweighed by a stronger one.

Labels are the findings that fired, and nothing else: a trace is made of the same findings, so it cannot lie.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from tracker.classify.text import Span
from tracker.records import Label

FIRED, VETOED, OUTWEIGHED = "fired", "vetoed", "outweighed"


@dataclass(slots=True)
class Finding:
    """`rule` says `label` on `axis`, because of the words `at`. `by` names what vetoed or outweighed it,
    or of a "core" the approach that makes it one."""

    axis: str
    label: str
    rule: str
    strength: float
    at: Span | None = None
    source: str = "text"  # registry, pubtype, mesh, text
    value: str = ""
    kind: str = ""  # of an approach: term, title, weak, abbr
    verdict: str = FIRED
    by: str = ""

    @property
    def fired(self) -> bool:
        return self.verdict == FIRED

    @property
    def field(self) -> str | None:
        return self.at.quoted[0] if self.at else None

    @property
    def start(self) -> int | None:
        return self.at.quoted[1] if self.at else None

    @property
    def end(self) -> int | None:
        return self.at.quoted[2] if self.at else None

    @property
    def quote(self) -> str | None:
        return self.at.quoted[3] if self.at else None

    def unless(self, by: str) -> Self:
        """Vetoed when `by` names a reason."""
        if by:
            self.verdict, self.by = VETOED, by
        return self

    def beside(self, stronger: "Finding") -> Self:
        self.verdict, self.by = OUTWEIGHED, stronger.rule
        return self

    def as_label(self, version: str) -> Label:
        """A label that quotes the stored text; without words there is no field and no quote."""
        field, start, end, quote = self.at.quoted if self.at else (None, None, None, None)
        return Label(
            axis=self.axis, label=self.label, value=self.value, source=self.source, strength=self.strength,
            field=field, start=start, end=end, quote=quote, rule=self.rule, version=version,
        )  # fmt: skip


def first_answer(answers: Iterable[Finding | None], every: bool) -> list[Finding]:
    """The first answer fires; the later ones, which are asked for only to trace, are outweighed by it."""
    found: list[Finding] = []
    for answer in answers:
        if answer is not None:
            found.append(answer.beside(found[0]) if found else answer)
            if not every:
                break
    return found
