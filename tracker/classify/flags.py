"""Design flags of a record, each with its words: randomised, blinded, controlled, single arm, n, duration, species, protocol,
safety, and what happened to it: preprint, retracted, withdrawn. Secondary literature gets no design flags: its words speak
of other people's trials.
"""

import re

from tracker.classify.document import Document, Span
from tracker.classify.study import PEOPLE, Study
from tracker.records import Label

_NO_DESIGN = ("review", "systematic_review", "unclear")
_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_DURATION = re.compile(
    r"\b(?:for|over|after|at|during|of|lasting|to)\s(?:week\s(\d+)|(\d+|[a-z]+)[ -](week|month|year)s?)\b|\b(\d+)[ -](week|month|year)(?: period| treatment| study| follow-up| trial)"
)
_N_EQUALS = re.compile(r"\(\s?n\s?=\s?(\d[\d,]*)\s?\)")


def find_flags(study: Study, stage: str, relevant: bool) -> list[Label]:
    document = study.document
    flags = _fate(document)
    if relevant and stage not in _NO_DESIGN:
        flags += _registered(document) if document.record.trial else _design(study)
        flags += _size(document, study, stage)
        flags += _species(study) if stage in ("animal", "in_vitro", "ex_vivo") else []
    if relevant and (at := study.in_text("safety", "flag")):
        flags.append(document.label("flag", "safety", "flag.safety", 0.6, at))
    return flags


def _fate(document: Document) -> list[Label]:
    record, out = document.record, []
    for name, kind in (
        ("retracted", "Retracted Publication"),
        ("preprint", "Preprint"),
        ("protocol", "Clinical Trial Protocol"),
    ):
        if kind in record.types:
            out.append(
                document.label("flag", name, "flag.pubtype", 1.0, document.quoted("types", kind), source="pubtype")
            )
    named = {label.label for label in out}
    if record.notice in ("retracted", "withdrawn") and record.notice not in named:
        out.append(document.label("flag", record.notice, "flag.notice", 1.0, source="registry"))
    elif record.trial and record.trial.status == "WITHDRAWN":
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
        "controlled": any(
            arm.startswith(("PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION")) for arm in trial.arms
        ),
    }
    return [
        document.label("flag", name, "flag.registry", 1.0, source="registry") for name, true in said.items() if true
    ]


def _design(study: Study) -> list[Label]:
    document, out = study.document, []
    for name in ("randomised", "blinded", "controlled", "single_arm", "protocol"):
        at = study.anywhere(name, "flag")
        if at and not document.title.all("flag", f"not_{name}") and not document.abstract.all("flag", f"not_{name}"):
            out.append(document.label("flag", name, f"flag.{name}", 0.85, at))
    return out


def _size(document: Document, study: Study, stage: str) -> list[Label]:
    """Participants and duration."""
    out = []
    trial = document.record.trial
    if trial and trial.enrollment is not None:
        out.append(document.label("flag", "n", "flag.enrollment", 1.0, value=str(trial.enrollment), source="registry"))
    elif not trial and stage not in ("animal", "in_vitro", "ex_vivo", "in_silico") and (at := study.people):
        number = _number(PEOPLE.match(at.text.low, at.start)[1])  # type: ignore[index]
        if number:
            out.append(document.label("flag", "n", "flag.people", 0.8, at, value=str(number)))
    abstract = document.abstract.text
    for match in _DURATION.finditer(abstract.low):
        amount, unit = match[1] or match[2] or match[4], (match[3] or match[5] or "week")
        number = _number(amount)
        if number:
            out.append(
                document.label(
                    "flag", "duration", "flag.duration", 0.7, Span(abstract, *match.span()), value=f"{number} {unit}s"
                )
            )
            break
    return out


def _number(words: str) -> int | None:
    plain = words.replace(",", "")
    if plain.isdigit():
        return int(plain)
    tens, _, unit = words.partition("-")
    if tens in _NUMBERS:
        return _NUMBERS.index(tens)
    if tens in _TENS:
        return _TENS[tens] + (_NUMBERS.index(unit) if unit in _NUMBERS else 0)
    return None


def _species(study: Study) -> list[Label]:
    """The first species that the record's own sentences name."""
    abstract = study.document.abstract
    hit = next((hit for hit in abstract.all("species") if study.is_own(hit.start)), None)
    return (
        [study.document.label("flag", "species", "flag.species", 0.7, abstract.span(hit), value=hit.name)]
        if hit
        else []
    )
