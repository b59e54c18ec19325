"""What a news item says of a trial: its phase, its results, a date to come. Its own word, with the words; no fact.

A claim is a flag of the news item and of nothing else. `show` sets it beside what the registry says.
"""

import re
from collections.abc import Iterator

from tracker.classify.document import Document, Reading
from tracker.classify.finding import Finding
from tracker.classify.phase import Phase, own_phase
from tracker.classify.text import Sentence, Span

# What is said to have come out: a word of result, and one of what it is a result of.
_RESULT = re.compile(
    r"\b(?:top-?line|results?|data|read-?out|primary (?:end ?point|outcome)|(?:met|missed|failed to meet) its"
    r"|statistically significant|superior to|well tolerated)\b"
)
_OUT = re.compile(
    r"\b(?:announc\w+|report(?:s|ed)?|publish\w*|present\w*|show(?:s|ed|n)?|met|missed|failed|positive|negative"
    r"|significant(?:ly)?|superior|tolerated)\b"
)
_NO_RESULT = re.compile(
    r"\b(?:not|no|without|failed to (?:report|present|publish)|financial|quarter\w*|annual|fiscal|revenue|shares?"
    r"|will (?:report|present|publish)|to (?:report|present|publish))\b"
)
_TRIAL = re.compile(
    r"\b(?:trials?|stud(?:y|ies)|clinical|patients?|participants?|volunteers?|dos(?:e|ing)|enrol\w*|results?|data"
    r"|end ?points?|hair|alopecia|bald\w*|gel|drug|treat\w+|therap\w+|fda)\b"
)
_DENIED = re.compile(r"\b(?:no|not|without|never|lacks?|den(?:y|ies|ied)|neither|nor)\b")
_BUILDING = re.compile(
    r"\s(?:of (?:its|the|our) (?:\w+ )?(?:expansion|construction|office|plant|rollout)|clean ?rooms?)\b"
)
# What is said to come, and when.
_TO_COME = re.compile(
    r"\b(?:expect\w*|anticipat\w*|plan(?:s|ned|ning)?|aim(?:s|ing)? to|will|to (?:begin|start|launch|file|read out)"
    r"|on track|target\w*|by the end of|later this year|scheduled)\b"
)
_APART = re.compile(r"[;.]|\b(?:founded|since|established|began|started)\b")  # then the date is of something else
_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_WHEN = re.compile(
    rf"\b(?:q[1-4][ -]?(?:of )?20\d\d|[1-4]q[ -]?20\d\d|h[12][ -]?(?:of )?20\d\d|[12]h[ -]?20\d\d"
    r"|(?:first|second|third|fourth|last) (?:quarter|half) (?:of )?20\d\d|(?:early|mid|late|spring|summer|autumn|fall"
    rf"|winter|the end of|end of|year-?end|{_MONTH})[ -](?:of )?20\d\d|in 20\d\d|by 20\d\d)\b"
)


def find_claims(document: Document) -> list[Finding]:
    """At most one flag each: claim_phase (value "2b"), claim_results, claim_date (value as it was said)."""
    if document.record.kind != "news":
        return []
    found = (_phase(document), next(_results(document), None), next(_dates(document), None))
    return [finding for finding in found if finding]


def _phase(document: Document) -> Finding | None:
    """The item's own phase, in a sentence about a trial. Of a plan it is a claim all the same (as in a protocol); one
    of the hair cycle is none, nor one that is denied.
    """
    for reading in (document.title, document.abstract):
        named = own_phase(reading) or own_phase(reading, protocol=True)
        if named is None or named.digits == "0":
            continue
        sentence = reading.text.sentence_at(named.start)
        before = reading.text.low[max(sentence.start, named.start - 25) : named.start]
        of_trial = _TRIAL.search(reading.text.low, sentence.start, sentence.end)
        if of_trial and not _DENIED.search(before) and not _BUILDING.match(reading.text.low, named.end):
            return _claim("phase", Span(reading.text, named.start, named.end), _said(named))
    return None


def _said(phase: Phase) -> str:
    return phase.detail or "/".join(phase.digits)


def _results(document: Document) -> Iterator[Finding]:
    for reading, sentence in _sentences(document):
        low = reading.text.low
        found, out = _RESULT.search(low, *sentence), _OUT.search(low, *sentence)
        if found and out and not _TO_COME.search(low, *sentence) and not _NO_RESULT.search(low, *sentence):
            yield _claim("results", Span(reading.text, *sentence))


def _dates(document: Document) -> Iterator[Finding]:
    for reading, sentence in _sentences(document):
        low = reading.text.low
        to_come = _TO_COME.search(low, *sentence)
        when = _WHEN.search(low, to_come.end(), sentence[1]) if to_come else None
        if when and to_come and not _APART.search(low, to_come.end(), when.start()):
            said = Span(reading.text, when.start(), when.end()).quoted[3]
            yield _claim("date", Span(reading.text, *sentence), said)  # its sentence says of what it is the date


def _sentences(document: Document) -> Iterator[tuple[Reading, tuple[int, int]]]:
    for reading in (document.title, document.abstract):
        for sentence in reading.text.sentences:
            yield reading, _bounds(reading, sentence)


def _bounds(reading: Reading, sentence: Sentence) -> tuple[int, int]:
    """The sentence without the blanks around it."""
    words = reading.text.low[sentence.start : sentence.end]
    start = sentence.start + len(words) - len(words.lstrip())
    return start, sentence.end - (len(words) - len(words.rstrip()))


def _claim(what: str, at: Span, value: str = "") -> Finding:
    return Finding("flag", f"claim_{what}", f"claim.{what}", 0.5, at, value=value)
