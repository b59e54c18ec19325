"""One record as the rules see it: its searchable columns, and spans that turn into labels. Judges nothing."""

from dataclasses import dataclass
from functools import cached_property

from tracker.classify.text import Text
from tracker.records import Label, Record


@dataclass(frozen=True, slots=True)
class Span:
    """A range of a folded text."""

    text: Text
    start: int
    end: int


class Document:
    def __init__(self, record: Record) -> None:
        self.record = record
        self.title = Text("title", record.title)
        self.abstract = Text("abstract", record.abstract)

    def column(self, field: str) -> Text:
        """A list column of the record as the JSON text that is stored."""
        return Text(field, self.record.column(field))

    @cached_property
    def terms(self) -> Text:
        return self.column("terms")

    @cached_property
    def mesh(self) -> frozenset[str]:
        """MeSH headings without qualifiers and stars."""
        return frozenset(heading.partition("/")[0].lstrip("*") for heading in self.record.mesh)

    @cached_property
    def major_mesh(self) -> frozenset[str]:
        """MeSH headings that are a main topic: "*Alopecia", "Alopecia/*drug therapy"."""
        return frozenset(heading.partition("/")[0].lstrip("*") for heading in self.record.mesh if "*" in heading)

    def quote_of(self, text: Text, words: str) -> Span | None:
        """Where the words stand in a column, case and all, or None."""
        start = text.cased.find(words)
        return Span(text, start, start + len(words)) if start >= 0 and words else None


def make_label(
    axis: str, name: str, rule: str, strength: float, at: Span | None = None, *, source: str = "text", value: str = ""
) -> Label:
    """A label; its quote is the stored text at the span, or all of field, start, end and quote are None."""
    if at is None or at.start >= at.end:
        return Label(axis=axis, label=name, value=value, source=source, strength=strength, rule=rule)
    start, end = at.text.span(at.start, at.end)
    return Label(
        axis=axis,
        label=name,
        value=value,
        source=source,
        strength=strength,
        rule=rule,
        field=at.text.field,
        start=start,
        end=end,
        quote=at.text.original[start:end],
    )
