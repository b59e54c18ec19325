"""One record as the rules see it: its columns, read once, and where a value stands in them. Judges nothing."""

from bisect import bisect_left
from functools import cached_property

from tracker.classify.lexicon import Hit, Lexicon
from tracker.classify.rules import Rules
from tracker.classify.text import Sentence, Span, Text
from tracker.records import Record


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

    def says(self, cue: str, where: Sentence) -> str:
        """'background "gold standard"': the cue and its words in this sentence, or ""."""
        hit = self.first("cue", cue, where.start, where.end)
        return f'{cue} "{self.text.low[hit.start : hit.end]}"' if hit else ""

    def span(self, hit: Hit | None) -> Span | None:
        return Span(self.text, hit.start, hit.end) if hit else None


class Document:
    def __init__(self, record: Record, rules: Rules) -> None:
        self.record, self.rules = record, rules
        self._title, self._abstract = Text("title", record.title), Text("abstract", record.abstract)
        self._columns: dict[str, Reading] = {}
        # Most records of a crawl have no word of hair at all: of them only the stage is read.
        self.has_hair = rules.may_be_hair(record, self._title, self._abstract)

    @cached_property
    def title(self) -> Reading:
        return Reading(self._title, self.rules.title if self.has_hair else self.rules.plain_title)

    @cached_property
    def abstract(self) -> Reading:
        return Reading(self._abstract, self.rules.abstract if self.has_hair else self.rules.plain_abstract)

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


def _heading(line: str) -> str:
    return line.partition("/")[0].lstrip("*")
