"""How long a study treated or watched its people or animals, from the words of its abstract: "24 weeks".

What is looked for: "for 24 weeks" near a word of treatment or follow-up, "a 24-week trial"; where neither stands, the
latest time of an outcome ("at week 24", "at six months"). How long somebody had been ill, how long something was stored
and when something was noticed are no durations of a study.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tracker.classify.study import Study, number_of
from tracker.classify.text import Span, Text

_UNIT = re.compile(r"(week|month|year)s?\b")
_NUMBER = re.compile(r"(?<![\w.-])(\d+|[a-z]+(?:-[a-z]+)?)[ -]$")
_OF_STUDY = re.compile(
    r"[ -](?:long )?(?:clinical )?(?:treatment|study|trial|follow-up|period|course|randomi[sz]ed|double-blind"
    r"|open-label|extension|results|data|outcomes?|therapy)"
)
_FOR = re.compile(
    r"\b(?:for|over|during|lasting|throughout|a total of)\s(?:up to |at least |a period of |the )?$",
)
_AT = re.compile(r"\bat\s(?:the end of )?$")
_AT_NUMBER = re.compile(r"\b(?:at|by|to|through|until)\s(?:the end of )?$")
_NUMBER_AFTER = re.compile(r"\s([1-9]\d*)\b")
_TREATED = re.compile(
    r"treat|therap|receiv|appl|administ|inject|follow|used|took|take|given|random|placebo|vehicle|daily|weekly|monthly"
    r"|session|dose|minoxidil|trial|study|a (?:day|week|month)|investigat|compar|rub|wash"
)
# "inactive for two years", "stored for four weeks", "symptoms for six months"
_NOT_STUDIED = re.compile(
    r"inactive|stable|stor(?:ed|age)|symptom|history|disease|suffer|lasted|had had|remission|kept|shelf|duration of"
    r"|bald for|free (?:of|from)|relaps|experience|licen[cs]ed|since|ago|older|aged|known"
)
_WEEKS = {"week": 1.0, "month": 4.345, "year": 52.18}
_LONGEST = 10 * _WEEKS["year"]  # what lasts longer is a registry, or an age
_BEFORE, _NEAR = 70, 30  # characters in which treatment, or illness, is looked for; and "for at least"


class Time(NamedTuple):
    weeks: float
    value: str
    at: Span
    is_outcome: bool


def duration_of(study: Study) -> Time | None:
    """The longest treatment or follow-up, else the latest outcome; None where the abstract tells neither."""
    own = [time for time in _times(study.document.abstract.text) if time.weeks <= _LONGEST]
    own = [time for time in own if study.is_own(time.at.start)]
    return max(own, key=lambda time: (not time.is_outcome, time.weeks), default=None)


def _times(text: Text) -> Iterator[Time]:
    low = text.low
    for unit in _UNIT.finditer(low):
        start, end = unit.span()
        number = _NUMBER.search(low, max(0, start - 20), start)
        if number and (count := number_of(number[1])):
            begin = number.start()
            if _OF_STUDY.match(low, end):
                yield _time(text, begin, end, count, unit[1])
            elif (lead := _FOR.search(low, max(0, begin - _NEAR), begin)) and _is_studied(text, lead.start(), end):
                yield _time(text, lead.start(), end, count, unit[1])
            elif low[start - 1] == " " and (lead := _AT.search(low, max(0, begin - _NEAR), begin)):
                yield _time(text, lead.start(), end, count, unit[1], is_outcome=True)
        elif after := _NUMBER_AFTER.match(low, end):
            for lead in _AT_NUMBER.finditer(low, max(0, start - _NEAR), start):
                yield _time(text, lead.start(), after.end(), int(after[1]), unit[1], is_outcome=True)


def _is_studied(text: Text, start: int, end: int) -> bool:
    """Treatment or follow-up is told right before "for 24 weeks", and no illness or storage."""
    near = max(text.sentence_at(start).start, start - _BEFORE)
    told = _TREATED.search(text.low, near, start) and not _NOT_STUDIED.search(text.low, near, start)
    return bool(told) and not text.low.startswith("-old", end)


def _time(text: Text, start: int, end: int, number: int, unit: str, *, is_outcome: bool = False) -> Time:
    value = f"{number} {unit}{'' if number == 1 else 's'}"
    return Time(number * _WEEKS[unit], value, Span(text, start, end), is_outcome)
