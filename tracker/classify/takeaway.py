"""The sentence of an abstract that states its finding, word for word; none where none is found.

First the conclusions part of a labelled abstract; else the last sentence that concludes ("these results suggest");
else, in the second half, the last that claims ("may be a treatment"); else one that gives a result in figures. A
review without a conclusion has none: its claims and figures are other people's. Calls for further research,
registrations, counts of who was included and what was known before state no finding. Nor does a sentence that breaks
off, as at the end of an abstract that was cut. A protocol and a registry's summary have none to state.
"""

import re
from collections.abc import Iterable, Iterator

from tracker.classify.document import Document, Reading
from tracker.classify.finding import Finding
from tracker.classify.text import Sentence, Span

_SHORTEST = 30  # characters; less is a fragment
# "CONCLUSIONS: " and "In conclusion, " are no part of what is said.
_LEAD = re.compile(r"(?:[\"'(\[]\s*)?[A-Z][A-Za-z]+(?:[ /&,]+[A-Za-z]+){0,4}\s?:\s+")
# A result is told in figures, or says which of two did better.
_FIGURE = re.compile(r"\d|significant|superior|inferior|no better|differ")
_WHOLE = re.compile(r"[.!?][\"')\]]*\s*$")
_OWN_PARTS = ("", "results", "conclusions")
_REVIEW = "review"


def find_takeaway(document: Document, stage: str, every: bool = False) -> list[Finding]:
    """At most one flag "takeaway", its words at `at`; with `every` also the sentences that were passed over."""
    if document.record.kind != "article" or "protocol" in document.title.text.low:
        return []
    abstract = document.abstract
    sentences = abstract.text.sentences
    ways: list[tuple[str, float, Iterable[Sentence]]] = [
        ("conclusions", 0.9, (s for s in sentences if s.part == "conclusions")),
        ("concluding", 0.8, _last_own(abstract, "concluding")),
    ]
    if stage != _REVIEW:
        ways += [
            ("claiming", 0.7, (s for s in _last_own(abstract, "claiming") if _is_late(abstract, s))),
            ("result", 0.6, _results(abstract)),
        ]
    passed: list[Finding] = []
    for rule, strength, candidates in ways:
        for sentence in candidates:
            by = _refused(abstract, sentence)
            if by and not every:
                continue
            found = Finding("flag", "takeaway", f"takeaway.{rule}", strength, _trimmed(abstract, sentence)).unless(by)
            if not by:
                return [found, *passed]
            passed.append(found)
    return passed


def _last_own(abstract: Reading, cue: str) -> Iterator[Sentence]:
    """Sentences with the cue that tell nothing known before, the last first; an abstract without labels begins with
    why the work was done."""
    begins = len(abstract.text.low) // 4
    for sentence in reversed(abstract.text.sentences):
        where = sentence.part in _OWN_PARTS and (sentence.part or sentence.start >= begins)
        if where and abstract.says(cue, sentence) and not abstract.says("background", sentence):
            yield sentence


def _is_whole(abstract: Reading, sentence: Sentence) -> bool:
    long_enough = sentence.end - sentence.start >= _SHORTEST
    return long_enough and _WHOLE.search(abstract.text.cased, sentence.start, sentence.end) is not None


def _refused(abstract: Reading, sentence: Sentence) -> str:
    """Why a sentence states no finding, or ""."""
    if not _is_whole(abstract, sentence):
        return "breaks off, or is too short"
    return abstract.says("planned", sentence) or abstract.says("no_finding", sentence).replace(
        "no_finding", "states no finding"
    )


def _is_late(abstract: Reading, sentence: Sentence) -> bool:
    return sentence.part != "" or sentence.start >= len(abstract.text.low) // 2


def _results(abstract: Reading) -> list[Sentence]:
    """Sentences with a result in figures: the first that is about hair, as the main outcome is told first; then those
    about something else, the last first."""
    measured = [
        s for s in _last_own(abstract, "result")
        if s.part != "conclusions" and _FIGURE.search(abstract.text.low, s.start, s.end)
    ]  # fmt: skip
    of_hair = [s for s in reversed(measured) if abstract.first("hair", "loss", s.start, s.end)]
    return [*of_hair, *measured]


def _trimmed(abstract: Reading, sentence: Sentence) -> Span:
    """The sentence without its label and the blanks around it."""
    text = abstract.text
    lead = _LEAD.match(text.cased, sentence.start, sentence.end) if sentence.part else None
    start, end = lead.end() if lead else sentence.start, sentence.end
    words = text.low[start:end]
    return Span(text, start + len(words) - len(words.lstrip()), end - (len(words) - len(words.rstrip())))
