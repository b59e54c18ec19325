"""One work becomes one entry: which section it belongs to, what it is, why it is here, what moved. Pure.

Says what the sources said, in their order of weight, and never what it might mean.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tracker.digest.corrections import KINDS, NOTICES, NOUNS, PRESENCE, TAKEN_BACK, gravest, lines_about, told_in
from tracker.digest.kinds import befell
from tracker.digest.material import Change, Reason, TrialFacts, Work
from tracker.digest.model import Entry, Line
from tracker.digest.wording import (
    FIELDS,
    TRIAL_FIELDS,
    address,
    clean,
    counted,
    first_words,
    headline_words,
    listed,
    reference,
    status_words,
    sub_phase,
)

# From the strongest human evidence down to the bench: the order in which entries stand within a section.
TRIALS = ("phase4", "phase3", "phase2_3", "phase2", "phase1_2", "phase1", "early_phase1", "trial_unphased")
HUMAN = (*TRIALS, "observational", "case_report")
PRECLINICAL = ("animal", "ex_vivo", "in_vitro", "in_silico")
LADDER = (*HUMAN, "systematic_review", *PRECLINICAL, "review", "unclear")

NEW = ("new_article", "new_trial", "new_item")
_DESIGN = {
    "randomised": "randomised",
    "blinded": "blinded",
    "controlled": "controlled",
    "single_arm": "single arm",
    "protocol": "protocol, no results yet",
}
_TITLE, _LINE, _NAME = 250, 400, 80  # characters shown of a title, of a line, of a sponsor or journal
_QUOTED = 12  # words
_TAKEAWAY = 280
_MOVES = ("date_slipped", "date_pulled_in", "date_met")
_ENROLLED = {"ACTUAL": "enrolled", "ESTIMATED": "planned"}
_MET = ", no longer an estimate"
_ENDED = ("TERMINATED", "WITHDRAWN")
# Kinds of event of which the headline is made of the registry's own values, and of nobody's words.
_OF_VALUES = ("status_changed", "stopped", "phase_changed", "enrollment_changed", "date_met")
_PHASE_UNSTATED = ", phase not stated"  # said by naming none
_FINDINGS = ("human", "systematic", "preprints", "preclinical")


def entry(work: Work, *, card: bool, place: int = 0, also: tuple[int, ...] = ()) -> Entry:
    """The entry of one work; who gets a card, and its place among all, are decided where the whole issue is seen.
    `also`: events of its notices, which are told with it."""
    section = section_of(work)
    return Entry(
        section=section,
        record=work.id,
        ref=reference(work.id),
        title=clean(work.title, _TITLE) or f"{reference(work.id)}, without a title",
        url=work.url or address(work.id),
        facts=tuple(part for part in _facts(work, section, whole=card) if part),
        approaches=tuple(clean(reason.name, _NAME) for reason in work.approaches),
        conditions=tuple(_condition(reason) for reason in work.conditions),
        why=_why(work),
        takeaway=_takeaway(work, section),
        queries=work.queries,
        lines=tuple(dict.fromkeys(_lines(work, section))),  # two records of one work may say the same
        events=(*(change.id for change in work.changes), *also),
        sort=_sort(work, section),
        card=card,
        place=place,
    )


def _sort(work: Work, section: str) -> str:
    """What a count calls it: what befell it, or its stage."""
    if section == "moved" and work.changes:
        return befell(work)
    if section == "corrections":
        return NOUNS[gravest(work)][0]
    return _stage(work.stage) if work.stage and work.stage.label != "unclear" else "not classified"


def _takeaway(work: Work, section: str) -> str:
    """The sentence in which a new paper states its finding; what it found before is no news of a paper that moved."""
    said = work.flag("takeaway")
    return clean(said.quote or "", _TAKEAWAY) if said and section in _FINDINGS else ""


def severity(work: Work) -> int:
    return max((change.severity for change in work.changes), default=0)


def section_of(work: Work) -> str:
    """The one section where a work stands, whatever else happened to it; the rest is said in its lines."""
    kinds = {change.kind for change in work.changes}
    announced = bool(kinds & {*NEW, "published_from_preprint"}) or (not work.told_in and "matched" in kinds)
    if (work.notice in TAKEN_BACK or work.corrects) if announced else (kinds & set(KINDS)):
        return "corrections"
    if work.kind == "article" and not announced and kinds & set(PRESENCE):
        return "corrections"
    if work.kind == "news":
        return "news"
    if work.kind == "trial":
        return "new_trials" if announced else "other" if kinds == {"matched"} else "moved"
    if not announced or work.flag("protocol"):
        return "other"
    if work.flag("preprint"):
        return "preprints"
    return _by_stage(work.stage.label if work.stage else "unclear")


def _by_stage(stage: str) -> str:
    if stage in HUMAN:
        return "human"
    if stage in PRECLINICAL:
        return "preclinical"
    return "systematic" if stage == "systematic_review" else "other"


def size(work: Work) -> int:
    """How many people (or animals) it says it studied; 0 where it does not say."""
    if work.trial:
        return work.trial.enrollment or 0
    flag = work.flag("n")
    digits = re.sub(r"[,\s]", "", flag.value) if flag else ""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def _facts(work: Work, section: str, *, whole: bool) -> Iterable[str]:
    """What it is, in parts: stage, design, size, who, when. For one line without design, journal and date."""
    if work.trial:
        yield from _trial_facts(work, work.trial, whole=whole)
        return
    claim = work.flag("claim_phase")
    if work.kind == "news":  # whose word it is, and never a rung
        yield f"press: phase {clean(claim.value, _NAME)}" if claim else ""
    elif work.stage and work.stage.label != "unclear":
        # A paper that reports a trial takes the trial's phase, by the registry's word and not by its own.
        of = f" (by {work.reports[0]})" if work.stage.source == "registry" and work.reports else ""
        yield _stage(work.stage) + of
    yield "preprint" if work.flag("preprint") and section != "preprints" else ""
    yield from _design(work) if whole else ()
    yield f"n = {size(work):,}" if size(work) else ""
    for flag in ("duration", "species") if whole else ("species",):
        reason = work.flag(flag)
        yield clean(reason.value, _NAME) if reason else ""
    yield ", ".join(part for part in (clean(work.venue, _NAME), work.published) if part) if whole else ""


def _stage(reason: Reason) -> str:
    return clean(reason.name, _NAME).removesuffix(_PHASE_UNSTATED)


def _design(work: Work) -> Iterable[str]:
    return (words for flag, words in _DESIGN.items() if work.flag(flag))


def _condition(reason: Reason) -> str:
    """ "pattern hair loss": the taxonomy's name without what it adds in brackets."""
    name = clean(reason.name, _NAME).partition(" (")[0]
    return name[:1].lower() + name[1:]


def _trial_facts(work: Work, trial: TrialFacts, *, whole: bool) -> Iterable[str]:
    """Without what the lines of the card tell, as it moved."""
    told = {change.field for change in work.changes}
    if work.stage and work.stage.label != "unclear":
        yield _stage(work.stage) + sub_phase(trial.phase_detail, trial.phase_source)
    yield "" if "status" in told else status_words(trial.status)
    yield from _design(work) if whole else ()
    if trial.enrollment is not None and "enrollment" not in told:
        people = counted(trial.enrollment, "person", "people")
        yield " ".join(filter(None, (people, _ENROLLED.get(trial.enrollment_type))))
    yield clean(trial.sponsor, _NAME)
    if not whole:
        return
    met = trial.primary_completion_type == "ACTUAL"
    comes = met or trial.status not in _ENDED
    if trial.primary_completion and comes and "primary_completion" not in told:
        estimated = " (estimated)" if trial.primary_completion_type == "ESTIMATED" else ""
        yield f"primary completion {trial.primary_completion}{estimated}"


def _why(work: Work) -> str:
    """At most twelve words of quote from the label that brought it here; "" where no label quotes anything."""
    reasons: Iterable[Reason | None] = (*work.approaches, work.relevance, work.stage)
    for reason in reasons:
        if reason and reason.quote and reason.field:
            names = TRIAL_FIELDS if work.kind == "trial" else FIELDS
            where = "" if reason.field == "title" else f" in {names.get(reason.field, reason.field)}"
            return f"“{first_words(reason.quote, _QUOTED)}”{where}"  # the title stands above
    return ""


def _lines(work: Work, section: str) -> Iterable[Line]:
    """What moved, by severity; the notice of a work taken back; which issues told it before.

    The dates of a trial that ended follow its end, and are not loud: they look like good news and are none.
    """
    ended = any(change.kind == "stopped" for change in work.changes) or (work.trial and work.trial.status in _ENDED)
    changes = sorted(
        work.changes, key=lambda change: (bool(ended) and change.kind in _MOVES, -change.severity, change.id)
    )
    announced = any(change.kind in NEW for change in changes)
    if work.notice and not any(change.kind in KINDS for change in changes):
        yield Line(text=NOTICES[work.notice], loud=work.notice in TAKEN_BACK)
    if announced:
        yield from lines_about(work)
    for change, also in _with_what_was_met(changes):
        if change.kind in NEW or (change.kind == "matched" and announced):
            continue
        line = _line(change, loud=change.severity == 3 and not (ended and change.kind in _MOVES))
        yield replace(line, text=line.text + also)
    if work.trial and section == "new_trials" and work.trial.why_stopped:
        yield Line(text=clean(f"why it stopped: {work.trial.why_stopped}", _LINE))
    if section == "corrections" and not work.corrects:
        yield told_in(work.named_in or work.told_in)
    elif work.told_in and section not in ("corrections", "moved"):
        yield Line(text=f"Told before in {listed(work.told_in)}.")


def _with_what_was_met(changes: Sequence[Change]) -> Iterable[tuple[Change, str]]:
    """Each change with what follows its headline: a date that moved and was met is one line, however many facts."""
    met = {(change.record, change.field) for change in changes if change.kind == "date_met"}
    moved = {(change.record, change.field) for change in changes if change.kind in _MOVES and change.kind != "date_met"}
    for change in changes:
        place = (change.record, change.field)
        if change.kind != "date_met" or place not in moved:
            yield change, _MET if place in met & moved else ""


# An id at the end of a headline is where the line leads: the paper that was linked, the notice of a retraction.
_LEADS_TO = re.compile(r"(.*\S) (PMID (\d+)|NCT\d{8})")


def _line(change: Change, *, loud: bool) -> Line:
    """A headline without the id that it starts with, as the entry names it; what it ends with becomes a link."""
    text = clean(change.headline.removeprefix(f"{change.record}: "), _LINE) or change.kind.replace("_", " ")
    text = headline_words(text) if change.kind in _OF_VALUES else text
    if change.kind == "published_from_preprint" and change.old:  # its headline repeats the title
        return Line(text="published; was the preprint", loud=loud, url=address(change.old), ref=reference(change.old))
    if match := _LEADS_TO.fullmatch(text):
        words, ref, pmid = match.groups()
        words += f" ({NOTICES[change.notice].lower()})" if change.notice in TAKEN_BACK else ""
        return Line(text=words, loud=loud, url=address(f"pubmed-{pmid}" if pmid else ref), ref=ref)
    return Line(text=text, loud=loud)
