"""A trial phase in running text that is the record's own: not the hair cycle's, an enzyme's, another trial's or a
plan's.
"""

import re
from typing import NamedTuple

from tracker.classify.document import Reading
from tracker.classify.lexicon import Hit
from tracker.classify.text import Text

# iv before iii before ii before i, else "ii" is read as "i" and a rest. "2b/3" inside a trial's name: ALLEGRO-2b/3.
_ONE = r"(iv|iii|ii|i|[0-4])(?:\s?-?([abc])(?![a-z0-9]))?"
_PHASE = re.compile(rf"\bphases?[\s-]*{_ONE}(?:\s?(?:/|-|to|and|&|or)\s?(?:phase\s?)?{_ONE})?(?![a-z0-9])")
_ACRONYM = re.compile(r"\b[a-z]{3,12}[a-z0-9-]{0,20}-([12])([ab])?/([23])(?![a-z0-9/])")
_NUMBERED = re.compile(r"-[12][ab]?/[23]")  # is worth a look for an acronym
# What stands before "phase" when it is a part of the hair cycle, of a study, of a scan; "anagen is phase 1",
# "organogenesis (phase 2)", "phase 2 (regression)" name the steps of the cycle, or of a follicle that forms.
_STEP = r"(?:anagen|catagen|telogen|exogen|kenogen|induction|organogenesis|cytodifferentiation|regression|rest)"
_OTHER_PHASE = re.compile(
    r"(?:anagen|catagen|telogen|exogen|growth|resting|luteal|follicular|acute|chronic|lag|imaging|contrast"
    rf"|mid|solid|liquid|gas)[ -]$|(?:two|three|single|double)-$|\b{_STEP}(?: (?:is|as|or|the)){{1,2}} $|\b{_STEP} \($"
)
_STEP_AFTER = re.compile(rf"\s\((?:{_STEP}|growth|involution)\b")
# "in phase III studies", "limited phase II clinical trials": other people's, unless they are counted ("in two phase 3
# trials 1,465 men used"), pooled, or this record's ("these", "our").
_COUNTED = re.compile(r"\b(?:two|three|both|four|these|our|pool[a-z]*|replicate|identical|parallel|following)\b")
_OTHERS_TRIALS = re.compile(r"\s(?:[a-z-]+\s){0,3}?(?:trials|studies)\b")
# "In phase 1 of the study all men took it; in phase 2 some were switched": both are parts of one study.
_PART_OF_STUDY = re.compile(
    r"\bphase\s(?:[1-4]|i|ii|iii|iv)\sof\s(?:the|this|our)\s"
    r"(?:study|trial|project|work|experiment|survey)"
)
_OF_TRIAL = re.compile(r"[,\s](?:[a-z-]+\s){0,4}?(?:trial|study|studies)\b")
# Right before a phase in a title: "awaiting phase 3", "lessons from phase 2", "after the phase 3 BRAVE trials" speak of
# what is to come, or of the trials of others.
_NOT_YET = re.compile(
    r"\b(?:await[a-z]*|towards?|beyond|after|following|enter(?:s|ed|ing)?|starts|begins|lessons (?:from|of|in)"
    r"|learn(?:ed|t) from|what|coming|upcoming|planned|planning|future|ahead of|before|ready for|preparing for"
    r"|(?:moves|advances|proceeds|progresses) (?:to|into))"
    r"\s(?:(?:the|a|its|their|two|pivotal|global|results of|first)\s){0,3}$"
)
_TO_COME = re.compile(r"\s(?:(?:trial|study)\s)?(?:to come|ahead|awaits|is next|next)\b")
# A sum of costs is reckoned with the figures of a trial that others did.
_COSTS = re.compile(r"\b(?:cost|economic|budget)")
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_FAR = 200  # characters of a title before a phase in which costs are told
_BEFORE, _AFTER = 60, 45  # characters of the sentence in which another trial or a plan shows


class Phase(NamedTuple):
    """digits: "2", "12" for 1/2, "0"; detail: "2a" or "". A range of the folded text. is_part: of one study."""

    digits: str
    detail: str
    start: int
    end: int
    is_part: bool = False


def phases(text: Text) -> list[Phase]:
    """Whatever the text calls a phase with a number: of a trial, whosesoever, of the hair cycle, of a scan."""
    found = []
    low = text.low
    if "phase" in low:
        parted = _PART_OF_STUDY.search(low) is not None
        for match in _PHASE.finditer(low):
            start, end = match.span()
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
    if by := _of_something_else(reading.text.low, phase):
        return f'not a trial phase "{by}"'
    if phase.is_part:
        return "a part of the study"
    if protocol:
        return ""
    if reading.text.field == "title":
        return _refused_in_title(reading.text.low, phase)
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


def _of_something_else(low: str, phase: Phase) -> str:
    """The words that make it a phase of the hair cycle, of a scan, of a follicle that forms."""
    words = _OTHER_PHASE.search(low, max(0, phase.start - 40), phase.start) or _STEP_AFTER.match(low, phase.end)
    return words[0].strip(" (-") if words else ""


def _refused_in_title(low: str, phase: Phase) -> str:
    told = (
        _NOT_YET.search(low, max(0, phase.start - 50), phase.start)
        or _TO_COME.match(low, phase.end)
        or _COSTS.search(low, max(0, phase.start - _FAR), phase.start)
    )
    return f'to come or of others "{told[0].strip()}"' if told else ""


def _words(reading: Reading, hit: Hit) -> str:
    return reading.text.low[hit.start : hit.end]
