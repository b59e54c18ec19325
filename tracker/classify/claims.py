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
# What is said to come, and when.
_TO_COME = re.compile(
    r"\b(?:expect\w*|anticipat\w*|plan(?:s|ned|ning)?|aim(?:s|ing)? to|will|to (?:begin|start|launch|file|read out)"
    r"|on track|target\w*|by the end of|later this year|scheduled)\b"
)
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
    """The item's own phase, else the first that it names: of a plan it is a claim all the same."""
    for reading in (document.title, document.abstract):
        # As in a protocol: a plan counts, a phase of the hair cycle does not.
        named = own_phase(reading) or own_phase(reading, protocol=True)
        if named and named.digits != "0":
            return _claim("phase", Span(reading.text, named.start, named.end), _said(named))
    return None


def _said(phase: Phase) -> str:
    return phase.detail or "/".join(phase.digits)


def _results(document: Document) -> Iterator[Finding]:
    for reading, sentence in _sentences(document):
        low = reading.text.low
        found, out = _RESULT.search(low, *sentence), _OUT.search(low, *sentence)
        if found and out and not _TO_COME.search(low, *sentence):
            yield _claim("results", Span(reading.text, *sentence))


def _dates(document: Document) -> Iterator[Finding]:
    for reading, sentence in _sentences(document):
        low = reading.text.low
        when = _WHEN.search(low, *sentence)
        if when and _TO_COME.search(low, *sentence):
            span = Span(reading.text, when.start(), when.end())
            yield _claim("date", span, span.quoted[3])


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
