"""One record as the rules see it: columns that have been read, and spans that turn into labels. Judges nothing."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property

from tracker.classify.lexicon import Hit, Lexicon
from tracker.classify.rules import Rules
from tracker.classify.text import Text
from tracker.records import Label, Record


@dataclass(frozen=True, slots=True)
class Span:
    """A range of a folded text."""

    text: Text
    start: int
    end: int


class Reading:
    """One column and every phrase of the rules in it."""

    def __init__(self, text: Text, lexicon: Lexicon) -> None:
        self.text = text
        self.groups: dict[str, list[Hit]] = {}
        self._named: dict[tuple[str, str], list[Hit]] = {}
        for hit in lexicon.find(text.low):
            self.groups.setdefault(hit.group, []).append(hit)
            self._named.setdefault((hit.group, hit.name), []).append(hit)

    def all(self, group: str, name: str = "") -> list[Hit]:
        """Hits of a group, or of one name in it, in the order of the text."""
        return (self._named.get((group, name)) if name else self.groups.get(group)) or []

    def first(self, group: str, name: str, start: int = 0, end: int | None = None) -> Hit | None:
        """The first hit that begins in [start, end)."""
        hits = self._named.get((group, name))
        if not hits:
            return None
        at = bisect_left(hits, (start,)) if start else 0
        return hits[at] if at < len(hits) and (end is None or hits[at].start < end) else None

    def span(self, hit: Hit | None) -> Span | None:
        return Span(self.text, hit.start, hit.end) if hit else None


class Document:
    def __init__(self, record: Record, rules: Rules, version: str) -> None:
        self.record, self.rules, self.version = record, rules, version
        self.title = Reading(Text("title", record.title), rules.title)
        self.abstract = Reading(Text("abstract", record.abstract), rules.abstract)
        self._columns: dict[str, Reading] = {}

    def column(self, field: str) -> Reading:
        """A list column of the record, as the JSON text that is stored."""
        if field not in self._columns:
            self._columns[field] = Reading(Text(field, self.record.column(field)), self.rules.title)
        return self._columns[field]

    def quoted(self, field: str, value: str) -> Span | None:
        """Where a value stands in a list column, without its quotation marks; None where it does not."""
        if value not in getattr(self.record, field):
            return None
        text = Text(field, self.record.column(field))
        start = text.cased.find(f'"{value}"')
        return Span(text, start + 1, start + 1 + len(value)) if start >= 0 else None

    @cached_property
    def mesh(self) -> frozenset[str]:
        """MeSH headings without qualifiers and stars."""
        return frozenset(_heading(line) for line in self.record.mesh)

    @cached_property
    def major_mesh(self) -> frozenset[str]:
        """MeSH headings that are a main topic: "*Alopecia", "Alopecia/*drug therapy"."""
        return frozenset(_heading(line) for line in self.record.mesh if "*" in line)

    def label(
        self,
        axis: str,
        name: str,
        rule: str,
        strength: float,
        at: Span | None = None,
        *,
        source: str = "text",
        value: str = "",
    ) -> Label:
        """A label that quotes the stored text at the span; without a span there is no field and no quote."""
        field: str | None = None
        start: int | None = None
        end: int | None = None
        quote: str | None = None
        if at is not None and at.start < at.end:
            start, end = at.text.span(at.start, at.end)
            field, quote = at.text.field, at.text.original[start:end]
        return Label(
            axis=axis,
            label=name,
            value=value,
            source=source,
            strength=strength,
            field=field,
            start=start,
            end=end,
            quote=quote,
            rule=rule,
            version=self.version,
        )


def _heading(line: str) -> str:
    return line.partition("/")[0].lstrip("*")
