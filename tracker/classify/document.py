"""One record as the rules see it: its columns, read once, and where a value stands in them. Judges nothing."""

import re
from bisect import bisect_left

from tracker.classify.lazy import lazy
from tracker.classify.lexicon import Hit, Lexicon
from tracker.classify.rules import Rules
from tracker.classify.text import Sentence, Span, Text
from tracker.records import Record

# With "phase", what every phrase about trial phases has: "first in human", "first time in man".
_FIRST_IN_HUMAN = re.compile(r"first(?:[ -]in|[ -]time)")


_MOST = 200_000  # characters of a column that are read: no honest one is longer, and a hostile one may be endless
_NEAR = 60  # characters around cells in which a word of use as a product counts


class Reading:
    """One column and every phrase of the rules in it."""

    def __init__(self, text: Text, lexicon: Lexicon) -> None:
        self.text = text
        self._hits, self._named = lexicon.read(text.low)

    def all(self, group: str, name: str = "") -> list[Hit]:
        """Hits of a group, or of one name in it, in the order of the text."""
        if name:
            return self._named.get((group, name)) or []
        return self._groups.get(group) or []

    @lazy
    def _groups(self) -> dict[str, list[Hit]]:
        groups: dict[str, list[Hit]] = {}
        for hit in self._hits:
            groups.setdefault(hit.group, []).append(hit)
        return groups

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

    def near(self, cue: str, start: int, end: int) -> str:
        """The cue and its words close to [start, end); a title is all close."""
        where = self.text.sentence_at(start)
        if self.text.field != "title":
            where = Sentence(max(where.start, start - _NEAR), min(where.end, end + _NEAR), "")
        return self.says(cue, where)

    def span(self, hit: Hit | None) -> Span | None:
        return Span(self.text, hit.start, hit.end) if hit else None


class Document:
    def __init__(self, record: Record, rules: Rules) -> None:
        self.record, self.rules = record, rules
        title, self._abstract = Text("title", record.title[:_MOST]), Text("abstract", record.abstract[:_MOST])
        self._columns: dict[str, Reading] = {}
        # Most records of a crawl have no word of hair at all: of them only the stage is read.
        self.has_hair = rules.may_be_hair(record, title, self._abstract)
        self.title = Reading(title, rules.title if self.has_hair else rules.plain_title)

    @lazy
    def abstract(self) -> Reading:
        low, rules = self._abstract.low, self.rules
        if self.has_hair:
            return Reading(self._abstract, rules.abstract)
        phased = "phase" in low or ("first" in low and _FIRST_IN_HUMAN.search(low))
        return Reading(self._abstract, rules.plain_abstract if phased else rules.plain_abstract_without_phase)

    def column(self, field: str) -> Reading:
        """A list column of the record, as the JSON text that is stored."""
        if field not in self._columns:
            self._columns[field] = Reading(Text(field, self.record.column(field)[:_MOST]), self.rules.title)
        return self._columns[field]

    def quoted(self, field: str, value: str) -> Span | None:
        """Where a value stands in a list column, without its quotation marks; None where it does not."""
        if value not in getattr(self.record, field):
            return None
        text = Text(field, self.record.column(field)[:_MOST])
        start = text.cased.find(f'"{value}"')
        return Span(text, start + 1, start + 1 + len(value)) if start >= 0 else None

    @lazy
    def mesh(self) -> frozenset[str]:
        """MeSH headings without qualifiers and stars."""
        return frozenset(_heading(line) for line in self.record.mesh)

    @lazy
    def major_mesh(self) -> frozenset[str]:
        """MeSH headings that are a main topic: "*Alopecia", "Alopecia/*drug therapy"."""
        return frozenset(_heading(line) for line in self.record.mesh if "*" in line)


def _heading(line: str) -> str:
    return line.partition("/")[0].lstrip("*")
