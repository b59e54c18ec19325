"""Design flags of a record, each with its words: randomised, blinded, controlled, single arm, n, duration, species,
protocol, safety; and what became of it: preprint, retracted, withdrawn.

Secondary literature gets no design flags: its words speak of other people's trials.
"""

import re

from tracker.classify.document import Document, Span
from tracker.classify.study import PEOPLE, Study
from tracker.records import Label

_NO_DESIGN = ("review", "systematic_review", "unclear")
_NO_PEOPLE = ("animal", "in_vitro", "ex_vivo", "in_silico")
_FATES = {"Retracted Publication": "retracted", "Preprint": "preprint", "Clinical Trial Protocol": "protocol"}
_IDLE_ARMS = ("PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION")
_WORDS = (
    ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    ("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_NUMBERS = {word: at for at, word in enumerate((*_WORDS[0], *_WORDS[1]), 1)} | {
    word: 10 * at for at, word in enumerate(("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 3)
}
_DURATION = re.compile(
    r"\b(?:for|over|after|at|during|lasting)\s(?:week\s(\d+)|(\d+|[a-z]+)[ -](week|month|year)s?)\b"
    r"|\b(\d+)[ -](week|month|year)(?: period| treatment| study| follow-up| trial)"
)


def find_flags(study: Study, stage: str, relevant: bool) -> list[Label]:
    """One label per flag; `value` holds the number of n, the "24 weeks" of duration, the animal of species."""
    document = study.document
    flags = _fate(document)
    if relevant and stage not in _NO_DESIGN:
        flags += _registered(document) if document.record.trial else _design(study)
        flags += _size(study, stage) + _duration(document)
        flags += _species(study) if stage in _NO_PEOPLE else []
    if relevant and (at := study.in_text("safety", "flag")):
        flags.append(document.label("flag", "safety", "flag.safety", 0.6, at))
    return list({flag.label: flag for flag in reversed(flags)}.values())[::-1]


def _fate(document: Document) -> list[Label]:
    record = document.record
    out = [
        document.label("flag", name, "flag.pubtype", 1.0, document.quoted("types", kind), source="pubtype")
        for kind, name in _FATES.items()
        if kind in record.types
    ]
    if record.notice in ("retracted", "withdrawn"):
        out.append(document.label("flag", record.notice, "flag.notice", 1.0, source="registry"))
    if record.trial and record.trial.status == "WITHDRAWN":
        out.append(document.label("flag", "withdrawn", "flag.status", 1.0, source="registry"))
    return out


def _registered(document: Document) -> list[Label]:
    """What the registry's own fields say; they have no words to quote."""
    trial = document.record.trial
    assert trial is not None
    said = {
        "randomised": trial.allocation == "RANDOMIZED",
        "blinded": trial.masking not in ("", "NONE"),
        "single_arm": len(trial.arms) == 1,
        "controlled": any(arm.startswith(_IDLE_ARMS) for arm in trial.arms),
    }
    names = [name for name, true in said.items() if true]
    return [document.label("flag", name, "flag.registry", 1.0, source="registry") for name in names]


def _design(study: Study) -> list[Label]:
    document, out = study.document, []
    for name in ("randomised", "blinded", "controlled", "single_arm", "protocol"):
        at = study.anywhere(name, "flag")
        denied = document.title.all("flag", f"not_{name}") or document.abstract.all("flag", f"not_{name}")
        if at and not denied:
            out.append(document.label("flag", name, f"flag.{name}", 0.85, at))
    return out


def _size(study: Study, stage: str) -> list[Label]:
    """Participants: the registry's enrollment, or the first number of people in title or abstract."""
    document = study.document
    if document.record.trial:
        n = document.record.trial.enrollment
        return (
            [] if n is None else [document.label("flag", "n", "flag.enrollment", 1.0, value=str(n), source="registry")]
        )
    at = study.people
    if at is None or stage in _NO_PEOPLE:
        return []
    match = PEOPLE.match(at.text.low, at.start)
    number = _number(match[1]) if match else None
    return [document.label("flag", "n", "flag.people", 0.8, at, value=str(number))] if number else []


def _duration(document: Document) -> list[Label]:
    text = document.abstract.text
    for match in _DURATION.finditer(text.low):
        number, unit = _number(match[1] or match[2] or match[4]), match[3] or match[5] or "week"
        if number:
            at, value = Span(text, *match.span()), f"{number} {unit}s"
            return [document.label("flag", "duration", "flag.duration", 0.7, at, value=value)]
    return []


def _species(study: Study) -> list[Label]:
    """The first species that the record's own sentences name."""
    abstract = study.document.abstract
    hit = next((hit for hit in abstract.all("species") if study.is_own(hit.start)), None)
    if hit is None:
        return []
    return [study.document.label("flag", "species", "flag.species", 0.7, abstract.span(hit), value=hit.name)]


def _number(words: str) -> int | None:
    """ "1,465", "36", "thirty-six"; None for any other word."""
    plain = words.replace(",", "")
    if plain.isdigit():
        return int(plain)
    tens, _, unit = words.partition("-")
    return _NUMBERS[tens] + _NUMBERS.get(unit, 0) if tens in _NUMBERS else None
