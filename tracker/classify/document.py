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
    def __init__(self, record: Record, version: str) -> None:
        self.record, self.version = record, version
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

    def label(self, axis: str, name: str, rule: str, strength: float, at: Span | None = None, *, source: str = "text", value: str = "") -> Label:
        """A label; its quote is the stored text at the span. Without a span field, start, end and quote are all None."""
        field: str | None = None
        start: int | None = None
        end: int | None = None
        quote: str | None = None
        if at is not None and at.start < at.end:
            start, end = at.text.span(at.start, at.end)
            field, quote = at.text.field, at.text.original[start:end]
        return Label(
            axis=axis, label=name, value=value, source=source, strength=strength, field=field, start=start, end=end, quote=quote, rule=rule, version=self.version
        )
