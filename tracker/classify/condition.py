"""Which hair disorder the people, animals or cells of a record have: title first, else the abstract, else "general"."""

from tracker.classify.document import Document, Reading
from tracker.classify.lexicon import Hit
from tracker.classify.rules import CONDITION
from tracker.records import Label


def find_conditions(document: Document) -> list[Label]:
    """Labels of the first column that names a disorder, one per disorder."""
    columns = [document.title, document.abstract]
    if document.record.trial is not None:
        columns.insert(1, document.column("conditions"))
    for reading in columns:
        hits = {hit.name: hit for hit in reversed(reading.all(CONDITION))}
        if hits:
            return [_label(document, reading, hit) for hit in hits.values()]
    return [document.label("condition", "general", "condition.unnamed", 0.5)]


def _label(document: Document, reading: Reading, hit: Hit) -> Label:
    strength = 0.7 if reading is document.abstract else 0.9
    return document.label("condition", hit.name, f"condition.{reading.text.field}", strength, reading.span(hit))
