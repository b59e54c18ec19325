"""Which hair disorder the people, animals or cells of a record have: title first, else the abstract, else "general"."""

from tracker.classify.document import Document, Span
from tracker.classify.lexicon import Hit, Lexicon
from tracker.classify.taxonomy import Taxonomy
from tracker.classify.text import Text
from tracker.records import Label


class Conditions:
    def __init__(self, taxonomy: Taxonomy) -> None:
        self._lexicon = Lexicon((condition.id, phrase) for condition in taxonomy.conditions for phrase in condition.terms)

    def find(self, document: Document) -> list[Label]:
        """Labels of the first column that names a disorder, one per disorder."""
        columns = [document.title, document.abstract]
        if document.record.trial is not None:
            columns.insert(1, document.column("conditions"))
        for text in columns:
            hits = self._lexicon.find(text.low)
            if hits:
                return [_label(document, text, hit) for hit in {hit.name: hit for hit in reversed(hits)}.values()]
        return [document.label("condition", "general", "condition.unnamed", 0.5)]


def _label(document: Document, text: Text, hit: Hit) -> Label:
    strength = 0.9 if text.field != "abstract" else 0.7
    return document.label("condition", hit.name, f"condition.{text.field}", strength, Span(text, hit.start, hit.end))
