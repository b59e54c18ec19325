"""The sentence of an abstract that states its finding, word for word; none where none is found.

First the conclusions part of a labelled abstract; else the last sentence that concludes ("these results suggest");
else the last that gives a result in figures. Calls for further research, registrations and what was known before state
no finding, and a registry's summary has none to state.
"""

import re
from collections.abc import Iterator

from tracker.classify.document import Document, Reading
from tracker.classify.finding import Finding
from tracker.classify.text import Sentence, Span

_SHORTEST = 30  # characters; less is a fragment
# "CONCLUSIONS: " and "In conclusion, " are no part of what is said.
_LEAD = re.compile(r"(?:[\"'(\[]\s*)?[A-Z][A-Za-z]+(?:[ /&,]+[A-Za-z]+){0,4}\s?:\s+")
_FIGURE = re.compile(r"\d|significant")
_PART = {"concluding": ("", "results", "conclusions"), "result": ("", "results")}


def find_takeaway(document: Document) -> list[Finding]:
    """At most one flag "takeaway", its words at `at`."""
    if document.record.kind != "article":
        return []
    abstract = document.abstract
    said = [s for s in abstract.text.sentences if s.end - s.start >= _SHORTEST and _may_state(abstract, s)]
    concluded = [s for s in said if s.part == "conclusions"][:1]
    own = list(_own(abstract, said))
    concluding = [s for s in own if s.part in _PART["concluding"] and abstract.says("concluding", s)][-1:]
    measured = [s for s in own if s.part in _PART["result"] and _gives_result(abstract, s)][-1:]
    for rule, strength, found in (
        ("conclusions", 0.9, concluded),
        ("concluding", 0.8, concluding),
        ("result", 0.6, measured),
    ):
        if found:
            return [Finding("flag", "takeaway", f"takeaway.{rule}", strength, _trimmed(abstract, found[0]))]
    return []


def _may_state(abstract: Reading, sentence: Sentence) -> bool:
    return not (abstract.says("planned", sentence) or abstract.says("no_finding", sentence))


def _own(abstract: Reading, sentences: list[Sentence]) -> Iterator[Sentence]:
    """Sentences that tell nothing known before; an abstract without labels begins with why the work was done."""
    begins = len(abstract.text.low) // 4
    yield from (s for s in sentences if (s.part or s.start >= begins) and not abstract.says("background", s))


def _gives_result(abstract: Reading, sentence: Sentence) -> bool:
    figure = _FIGURE.search(abstract.text.low, sentence.start, sentence.end)
    return bool(figure and abstract.says("result", sentence))


def _trimmed(abstract: Reading, sentence: Sentence) -> Span:
    """The sentence without its label and the blanks around it."""
    text = abstract.text
    lead = _LEAD.match(text.cased, sentence.start, sentence.end) if sentence.part else None
    start, end = lead.end() if lead else sentence.start, sentence.end
    words = text.low[start:end]
    return Span(text, start + len(words) - len(words.lstrip()), end - (len(words) - len(words.rstrip())))
