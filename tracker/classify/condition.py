"""Which hair disorder the people, animals or cells of a record have: title first, else the abstract, else "general"."""

from tracker.classify.document import Document
from tracker.classify.finding import Finding
from tracker.classify.lexicon import Hit
from tracker.classify.rules import CONDITION


def find_conditions(document: Document, every: bool = False) -> list[Finding]:
    """Of the first column that names a disorder, one finding per disorder; with `every` also of the columns after."""
    columns = [document.title, document.abstract]
    if document.record.trial is not None:
        columns.insert(1, document.column("conditions"))
    found: list[Finding] = []
    for reading in columns:
        # Of each the first mention, and the longest of those that begin there.
        hits: dict[str, Hit] = {}
        for hit in sorted(reading.all(CONDITION), key=lambda hit: (hit.start, -hit.end)):
            hits.setdefault(hit.name, hit)
        strength, rule = 0.7 if reading is document.abstract else 0.9, f"condition.{reading.text.field}"
        named = [Finding("condition", hit.name, rule, strength, reading.span(hit)) for hit in hits.values()]
        found += [finding.beside(found[0]) for finding in named] if found else named
        if found and not every:
            break
    return found or [Finding("condition", "general", "condition.unnamed", 0.5)]
