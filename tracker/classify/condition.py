"""Which hair disorder the people, animals or cells of a record have: title first, else the abstract, else "general"."""

import re

from tracker.classify.document import Document, Reading
from tracker.classify.finding import Finding
from tracker.classify.lexicon import Hit
from tracker.classify.rules import CONDITION

# Conditions follow the population, not the differential diagnosis: what is only looked like, or is said not to be.
_LIKE = re.compile(
    r"\b(?:simulating|mimicking|resembling|masquerading as|mistaken for|misdiagnosed as)\s(?:[a-z-]+\s){0,2}$"
)
# But "a mouse model mimicking alopecia areata" stands for it.
_MODEL = re.compile(r"\b(?:model|mice|mouse|rats?|cells?|culture)s?\b")
_NON = ("non-", "non ")
_BEFORE = 60  # characters


def _not_theirs(reading: Reading, hit: Hit) -> str:
    """Why a disorder that is named is not that of the people, or ""."""
    low, begins = reading.text.low, max(0, hit.start - _BEFORE)
    if low.endswith(_NON, begins, hit.start):
        return 'denied "non"'
    like = _LIKE.search(low, begins, hit.start)
    return f'only looks like it "{like[0].strip()}"' if like and not _MODEL.search(low, begins, hit.start) else ""


def find_conditions(document: Document, every: bool = False) -> list[Finding]:
    """Of the first column that names a disorder, one finding per disorder; with `every` also of the columns after."""
    columns = [document.title, document.abstract]
    if document.record.trial is not None:
        columns.insert(1, document.column("conditions"))
    found, refused = list[Finding](), list[Finding]()
    for reading in columns:
        # Of each the first mention, and the longest of those that begin there.
        named: dict[str, Finding] = {}
        strength, rule = 0.7 if reading is document.abstract else 0.9, f"condition.{reading.text.field}"
        for hit in sorted(reading.all(CONDITION), key=lambda hit: (hit.start, -hit.end)):
            finding = Finding("condition", hit.name, rule, strength, reading.span(hit))
            if by := _not_theirs(reading, hit):
                refused.append(finding.unless(by))
            else:
                named.setdefault(hit.name, finding)
        found += [finding.beside(found[0]) for finding in named.values()] if found else named.values()
        if found and not every:
            break
    return (found or [Finding("condition", "general", "condition.unnamed", 0.5)]) + refused
