"""A trial phase in running text that is the record's own: not the hair cycle's, an enzyme's, another trial's or a
plan's.
"""

import re
from typing import NamedTuple

from tracker.classify.document import Reading
from tracker.classify.lexicon import Hit
from tracker.classify.text import Text

# iv before iii before ii before i, else "ii" is read as "i" and a rest. "2b/3" inside a trial's name: ALLEGRO-2b/3.
_ONE = r"(iv|iii|ii|i|[0-4])\s?-?([abc](?![a-z0-9]))?"
_PHASE = re.compile(rf"\bphases?[\s-]*{_ONE}(?:\s?(?:/|-|to|and|&|or)\s?(?:phase\s?)?{_ONE})?(?![a-z0-9])")
_ACRONYM = re.compile(r"\b[a-z]{3,12}[a-z0-9-]{0,20}-([12])([ab])?/([23])(?![a-z0-9/])")
_NUMBERED = re.compile(r"-[12][ab]?/[23]")  # is worth a look for an acronym
# What stands before "phase" when it is a part of the hair cycle, of a study, of a scan.
_OTHER_PHASE = re.compile(
    r"(?:anagen|catagen|telogen|exogen|growth|resting|luteal|follicular|acute|chronic|lag|imaging|contrast"
    r"|mid|solid|liquid|gas)[ -]$|(?:two|three|single|double)-$"
)
# "in phase III studies", "limited phase II clinical trials": other people's, unless they are counted ("in two phase 3
# trials 1,465 men used"), pooled, or this record's ("these", "our").
_COUNTED = re.compile(r"\b(?:two|three|both|four|these|our|pool[a-z]*|replicate|identical|parallel|following)\b")
_OTHERS_TRIALS = re.compile(r"\s(?:[a-z-]+\s){0,3}?(?:trials|studies)\b")
# "In phase 1 of the study all men took it; in phase 2 some were switched": both are parts of one study.
_PART_OF_STUDY = re.compile(
    r"\bphase\s(?:[1-4]|i|ii|iii|iv)\sof\s(?:the|this|our)\s(?:study|trial|project|work|experiment)"
)
_OF_TRIAL = re.compile(r"[,\s](?:[a-z-]+\s){0,4}?(?:trial|study|studies)\b")
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_BEFORE, _AFTER = 60, 45  # characters of the sentence in which another trial or a plan shows


class Phase(NamedTuple):
    """digits: "2", "12" for 1/2, "0"; detail: "2a" or "". A range of the folded text. is_part: of one study."""

    digits: str
    detail: str
    start: int
    end: int
    is_part: bool = False


def phases(text: Text) -> list[Phase]:
    """Every trial phase that the text names, whosesoever."""
    found = []
    low = text.low
    if "phase" in low:
        parted = _PART_OF_STUDY.search(low) is not None
        for match in _PHASE.finditer(low):
            start, end = match.span()
            if not _OTHER_PHASE.search(low, max(0, start - 14), start):
                phase = _phase(match, early=low.endswith("early ", 0, start))
                found.append(phase._replace(is_part=parted and not _OF_TRIAL.match(low, end)))
    for match in _ACRONYM.finditer(low) if ("/2" in low or "/3" in low) and _NUMBERED.search(low) else ():
        found.append(_phase(match))
    return found


def _phase(match: re.Match[str], *, early: bool = False) -> Phase:
    first, letter, second = match[1], match[2], match[3]
    low = _ROMAN.get(first, first)
    high = _ROMAN.get(second, second) if second else ""
    digits = "0" if early and low == "1" else "".join(sorted({low, high} - {""}))
    return Phase(digits, low + letter if letter else "", *match.span())


def own_phase(reading: Reading, protocol: bool = False) -> Phase | None:
    """The phase that this record itself reports: of an abstract the first, of a title all together ("Ib and phase II").

    In a protocol the planned trial is its own.
    """
    named = phases(reading.text)
    if not named:
        return None
    own = (phase for phase in named if not refusal(reading, phase, protocol))
    return _together(list(own)) if reading.text.field == "title" else next(own, None)


def refused_phases(reading: Reading, protocol: bool = False) -> list[tuple[Phase, str]]:
    """Phases of the text that are not its own, each with the reason."""
    judged = [(phase, refusal(reading, phase, protocol)) for phase in phases(reading.text)]
    return [(phase, by) for phase, by in judged if by]


def _together(found: list[Phase]) -> Phase | None:
    digits = "".join(sorted(set("".join(phase.digits for phase in found))))
    return found[0]._replace(digits=digits) if digits in ("12", "23") else next(iter(found), None)


def refusal(reading: Reading, phase: Phase, protocol: bool) -> str:
    """Why a phase is not the record's own, or ""."""
    if hit := reading.first("stage_cue", "not_a_phase", phase.end, phase.end + 4):
        return f'not a trial phase "{_words(reading, hit)}"'
    if phase.is_part:
        return "a part of the study"
    if protocol or reading.text.field == "title":
        return ""
    text = reading.text
    sentence = text.sentence_at(phase.start)
    if sentence.part == "background":
        return "background part"
    before, after = max(sentence.start, phase.start - _BEFORE), min(sentence.end, phase.end + _AFTER)
    if hit := reading.first("stage_cue", "not_own", before, after):
        return f'planned or of others "{_words(reading, hit)}"'
    if _OTHERS_TRIALS.match(text.low, phase.end) and not _COUNTED.search(text.low, sentence.start, sentence.end):
        return "trials of others"
    told = reading.first("stage_cue", "told_of_others", phase.end, sentence.end)
    if told and reading.first("cue", "own_work", sentence.start, sentence.end) is None:
        return f'told of others "{_words(reading, told)}"'
    return ""


def _words(reading: Reading, hit: Hit) -> str:
    return reading.text.low[hit.start : hit.end]
