"""Design flags of a record, each with its words: randomised, blinded, controlled, single arm, n, duration, species,
protocol, safety; and what became of it: preprint, retracted, withdrawn.

Secondary literature gets no design flags: its words speak of other people's trials.
"""

import re
from collections import Counter

from tracker.classify.document import Document, Reading
from tracker.classify.duration import duration_of
from tracker.classify.finding import Finding
from tracker.classify.lexicon import Hit
from tracker.classify.study import Study, in_culture
from tracker.classify.text import Span
from tracker.harm import around, harms, is_denied, words_of_harm

_NO_DESIGN = ("review", "systematic_review", "unclear")
_NO_PEOPLE = ("animal", "in_vitro", "ex_vivo", "in_silico")
_FATES = {"Retracted Publication": "retracted", "Preprint": "preprint", "Clinical Trial Protocol": "protocol"}
# "goat anti-mouse", "porcine gelatin", "pig ear skin": no animal of the study.
_REAGENT = re.compile(
    r"[a-z]+[ -](?:anti\b|monoclonal|polyclonal|serum|gelatin|collagen|trypsin|ear\b"
    r"|skin (?:ex|permea|membrane|explant)|(?:acellular )?dermal matrix|dermis|milk|albumin|igg)"
)
_IDLE_ARMS = ("PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION")


def _flag(
    name: str, rule: str, strength: float, at: Span | None = None, *, source: str = "text", value: str = ""
) -> Finding:
    return Finding("flag", name, rule, strength, at, source, value)


def find_flags(study: Study, stage: str, relevant: bool, every: bool = False) -> list[Finding]:
    """One label per flag; `value` holds the number of n, the "24 weeks" of duration, the animal of species,
    "harm" of a safety flag that tells one. With `every` also the words of a design that were refused.
    """
    document = study.document
    flags = _fate(document)
    if relevant and stage not in _NO_DESIGN:
        flags += _registered(document) if _registry_tells(document) else _design(study, every)
        flags += _size(study, stage) + _duration(study)
        flags += _species(study) if stage in _NO_PEOPLE else []
    flags += _safety(study) if relevant else []
    return list({(flag.label, flag.verdict): flag for flag in reversed(flags)}.values())[::-1]


def _fate(document: Document) -> list[Finding]:
    record = document.record
    out = [
        _flag(name, "flag.pubtype", 1.0, document.quoted("types", kind), source="pubtype")
        for kind, name in _FATES.items()
        if kind in record.types
    ]
    if record.notice in ("retracted", "withdrawn"):
        out.append(_flag(record.notice, "flag.notice", 1.0, source="registry"))
    if record.trial and record.trial.status == "WITHDRAWN":
        out.append(_flag("withdrawn", "flag.status", 1.0, source="registry"))
    return out


def _registry_tells(document: Document) -> bool:
    """Some registries have no field for the design, or leave it empty: then the words of the summary tell it."""
    trial = document.record.trial
    return trial is not None and bool(trial.allocation or trial.masking or trial.arms)


def _registered(document: Document) -> list[Finding]:
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
    return [_flag(name, "flag.registry", 1.0, source="registry") for name in names]


def _design(study: Study, every: bool) -> list[Finding]:
    document, out = study.document, []
    for name in ("randomised", "blinded", "controlled", "single_arm", "protocol"):
        denied = document.title.all("flag", f"not_{name}") or document.abstract.all("flag", f"not_{name}")
        if at := study.in_title(name, "flag") or study.in_done(name, "flag"):
            # "Double-blind; the surgeon was not blinded" is double-blind.
            denied = denied if name != "blinded" or at.text.low.startswith("blind", at.start) else []
            out.append(_flag(name, f"flag.{name}", 0.85, at).unless(f"flag.not_{name}" if denied else ""))
        if every:
            out += [_flag(name, f"flag.{name}", 0.85, at).unless(by) for at, by in study.refused(name, "flag")]
    return out


def _size(study: Study, stage: str) -> list[Finding]:
    """Participants: the registry's enrollment, or the first number of people in title or abstract."""
    document = study.document
    if document.record.trial and (n := document.record.trial.enrollment) is not None:
        return [_flag("n", "flag.enrollment", 1.0, value=str(n), source="registry")]
    counted = None if stage in _NO_PEOPLE else study.counted or study.randomised
    if counted is None:
        return []
    at, number = counted
    return [_flag("n", "flag.people", 0.8, at, value=str(number))] if number else []


def _duration(study: Study) -> list[Finding]:
    found = duration_of(study)
    return [_flag("duration", "flag.duration", 0.7, found.at, value=found.value)] if found else []


def _safety(study: Study) -> list[Finding]:
    """Value "harm" where a harm is told, a title's first, with the words around it; "" where one is only denied, or
    safety is spoken of at all."""
    title, abstract = study.document.title.text, study.document.abstract.text
    told = (
        (text, match)
        for text in (title, abstract)
        for match in harms(text.cased)
        if text is title or study.is_own(match.start())
    )
    # A registration tells what will be watched for.
    if not study.document.record.trial and (first := next(told, None)):
        text, match = first
        return [_flag("safety", "flag.harm", 0.8, Span(text, *around(text.cased, match.start())), value="harm")]
    at = study.in_text("safety", "flag")
    if not at:
        own = (match for match in words_of_harm(abstract.low) if study.is_own(match.start()))
        # What is neither told nor denied names a disease: "a naevus syndrome with carcinomas".
        spoken = next((match for match in own if study.document.record.trial or is_denied(abstract.cased, match)), None)
        at = Span(abstract, *spoken.span()) if spoken else None
    return [_flag("safety", "flag.safety", 0.6, at)] if at else []


def _is_reagent(reading: Reading, hit: Hit) -> bool:
    low = reading.text.low
    return low.endswith(("anti-", "anti "), 0, hit.start) or _REAGENT.match(low, hit.start) is not None


def _species(study: Study) -> list[Finding]:
    """The living animal that title and own sentences name most often; else the one whose cells they name."""
    title, abstract = study.document.title, study.document.abstract
    named = [(title, hit) for hit in title.all("species")]
    named += [(abstract, hit) for hit in abstract.all("species") if study.is_own(hit.start)]
    named = [one for one in named if not _is_reagent(*one)]
    living = [one for one in named if not in_culture(*one)] or named
    if not living:
        return []
    often = Counter(hit.name for _, hit in living).most_common(1)[0][0]
    at = next(reading.span(hit) for reading, hit in living if hit.name == often)
    return [_flag("species", "flag.species", 0.7, at, value=often)]
