"""How far the evidence of a record reaches: the highest rung that it reports itself, or "secondary", or unclear.

Trials: the registry's phase. Articles, first answer wins: what is secondary literature; the phase of the one trial
that it reports; a publication type that names a phase; a phase in the text that is the record's own; other
publication types; the words of title and abstract; MeSH check tags.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from tracker.classify.document import Reading
from tracker.classify.finding import Finding, first_answer
from tracker.classify.phase import own_phase, refused_phases
from tracker.classify.rules import LEAF
from tracker.classify.study import Study
from tracker.classify.text import Span

# ClinicalTrials.gov API v2, designModule.phases.
REGISTRY_STAGE = {
    ("NA",): "trial_unphased",
    ("EARLY_PHASE1",): "early_phase1",
    ("PHASE1",): "phase1",
    ("PHASE1", "PHASE2"): "phase1_2",
    ("PHASE2",): "phase2",
    ("PHASE2", "PHASE3"): "phase2_3",
    ("PHASE3",): "phase3",
    ("PHASE4",): "phase4",
}
_CASES = 4
# What an abstract of own work has: who did it, what was done, what was measured. Shorter ones may leave it out.
_OWN_WORK = re.compile(
    r"\b(?:we|our|us|i|authors?|this (?:study|trial|paper|report|work|case)|present study|here|herein|methods?|results?"
    r"|(?:was|were) (?:[a-z]+ly )?[a-z]+ed|significant(?:ly)?|showed|found)\b|\b[pn]\s?[<=>]"
)
# What follows is the title of another: 'Comment on "PRP for hair loss: a systematic review"' is none itself.
_ANSWER = re.compile(
    r"\W*((?:comments?|commentary|remarks?) on\b(?=\W*[:\"'“‘])"
    r"|(?:response|reply) to\b(?=\W*[:\"'“‘]|\W*comments?\b)|in reply\b)"
)
_WHOLE = 400  # characters
_GUESSES = (
    ("review", "review"),
    ("trial_unphased", "trial_weak"),
    ("observational", "diagnosis"),
    ("observational", "human"),
)
_DOUBLE = {"12": "phase1_2", "23": "phase2_3"}
Linked = Sequence[tuple[str, tuple[str, ...]]]


def judge_stage(study: Study, linked: Linked, every: bool = False) -> list[Finding]:
    """The verdict first; with `every` also what it outweighs and the phases that are not the record's own.

    linked: (NCT number, phases as the registry says) of the trials that the record reports.
    """
    is_trial = study.document.record.kind == "trial"
    found = first_answer(_registered(study) if is_trial else _published(study, linked), every)
    return found + (_refused(study) if every else [])


def _verdict(stage: str, rule: str, strength: float, source: str = "text", at: Span | None = None) -> Finding:
    return Finding("stage", stage, f"stage.{rule}", strength, at, source)


def stage_of_phase(digits: str) -> str:
    """ "2" -> phase2, "12" -> phase1_2, "0" and "01" -> early_phase1; of other pairs the lower, surer one."""
    return _DOUBLE.get(digits) or ("early_phase1" if digits[0] == "0" else f"phase{digits[0]}")


# ---------------------------------------------------------------- trials
def _registered(study: Study) -> Iterator[Finding | None]:
    """The registry's own word; where it is silent, the words of the record."""
    trial = study.document.record.trial
    phases, kind = (trial.phases, trial.study_type) if trial else ((), "")
    if phases in REGISTRY_STAGE:
        yield _verdict(REGISTRY_STAGE[phases], "registry.phase", 1.0, "registry")
    if kind == "OBSERVATIONAL":
        yield _verdict("observational", "registry.type", 1.0, "registry")
    if kind == "EXPANDED_ACCESS":  # given outside a study: no rung of evidence
        yield _verdict("unclear", "registry.type", 1.0, "registry")
    if not phases:
        yield _phase_in(study.document.title, 0.6)
    if kind == "INTERVENTIONAL":
        yield _verdict("trial_unphased", "registry.type", 0.9, "registry")
    observed = study.anywhere("observational")
    if observed and not study.anywhere("trial"):
        yield _verdict("observational", "registry.words", 0.6, at=observed)
    yield _verdict("trial_unphased", "registry.default", 0.5, "registry")


# ---------------------------------------------------------------- articles
def _published(study: Study, linked: Linked) -> Iterator[Finding | None]:
    steps: tuple[Callable[[Study], Finding | None], ...] = (
        _notice,
        _secondary_type,
        _secondary_title,
        lambda study: _linked_phase(linked),
        _phase_type,
        _itself_a_review,
        _own_phase,
        _other_type,
        _words_of_title,
        _words_of_text,
        _preclinical,
        _check_tags,
        _last_guess,
    )
    yield from (step(study) for step in steps)
    yield _verdict("unclear", "none", 0.3)


def _refused(study: Study) -> list[Finding]:
    """Phases in the text that are another's, or none at all; of a trial only those of its title are looked at."""
    readings = (study.document.title, study.document.abstract)
    return [
        _verdict(stage_of_phase(phase.digits), f"{reading.text.field}.phase", 0.75,
                 at=Span(reading.text, phase.start, phase.end)).unless(by)
        for reading in readings
        for phase, by in refused_phases(reading, _is_protocol(study))
    ]  # fmt: skip


def _notice(study: Study) -> Finding | None:
    at = study.typed("notice")
    return _verdict("unclear", "pubtype.notice", 0.9, "pubtype", at) if at else None


def _secondary_type(study: Study) -> Finding | None:
    if at := study.typed("systematic"):
        return _verdict("systematic_review", "pubtype.systematic", 1.0, "pubtype", at)
    at = study.typed("review")
    if at is None or study.typed("case_report", "trial", "phase1", "phase2", "phase3", "phase4"):
        return None  # a case with a review of the literature, a trial with a comment
    if searched := study.anywhere("systematic_review"):
        return _verdict("systematic_review", "text.systematic", 0.8, at=searched)
    return _verdict("review", "pubtype.review", 0.95, "pubtype", at)


def _secondary_title(study: Study) -> Finding | None:
    title = study.document.title.text
    if answer := _ANSWER.match(title.low):
        return _verdict("review", "title.answer", 0.9, at=Span(title, *answer.span(1)))
    if study.typed("case_report"):
        return None
    if at := study.in_title("systematic_review"):
        return _verdict("systematic_review", "title.systematic", 0.95, at=at)
    if study.in_title("case_report") or study.in_title("trial") or study.in_title("observational"):
        return None
    if at := study.in_text("systematic_review"):
        return _verdict("systematic_review", "text.systematic", 0.75, at=at)
    if at := study.in_title("consensus"):  # that fifteen experts were asked makes no trial of it
        return _verdict("review", "title.consensus", 0.85, at=at)
    at = study.in_title("review")
    if at and not (study.people or study.typed("trial", "phase1", "phase2", "phase3", "phase4")):
        return _verdict("review", "title.review", 0.8, at=at)
    return None


def _linked_phase(linked: Linked) -> Finding | None:
    """The phase of the trial that the article reports; of trials of several phases none can be told."""
    phases = {tuple(registered) for _, registered in linked}
    stage = REGISTRY_STAGE.get(phases.pop()) if len(phases) == 1 else None
    return _verdict(stage, "registry.linked", 0.95, "registry") if stage else None


def _phase_type(study: Study) -> Finding | None:
    named = {digit: at for digit in "1234" if (at := study.typed(f"phase{digit}"))}
    if not named:
        return None
    stage = _DOUBLE.get("".join(named)) or f"phase{max(named)}"
    return _verdict(stage, "pubtype.phase", 0.95, "pubtype", next(iter(named.values())))


def _itself_a_review(study: Study) -> Finding | None:
    """ "PP405 and the phase 3 to come": what calls itself a review reports no phase of its own."""
    at = study.in_text("itself_a_review")
    if at is None or study.people or study.typed("trial", "case_report") or study.in_text("not_review"):
        return None
    return _verdict("review", "text.review", 0.75, at=at)


def _own_phase(study: Study) -> Finding | None:
    document = study.document
    for reading, strength in ((document.title, 0.9), (document.abstract, 0.75)):
        if verdict := _phase_in(reading, strength, _is_protocol(study)):
            # Phases are those of trials in people; what has only animals has other ones.
            in_people = not study.only_animals or study.in_title("trial") or study.anywhere("human")
            return verdict if in_people else None
        first = reading.first("stage_cue", "first_in_human")
        if first and not study.only_animals:
            field = reading.text.field
            return _verdict("early_phase1", f"{field}.first_in_human", strength, at=reading.span(first))
    return None


def _is_protocol(study: Study) -> bool:
    """In a protocol the planned trial is the record's own."""
    return bool(study.typed("protocol")) or "protocol" in study.document.title.text.low


def _phase_in(reading: Reading, strength: float, protocol: bool = False) -> Finding | None:
    found = own_phase(reading, protocol)
    if found is None:
        return None
    at = Span(reading.text, found.start, found.end)
    return _verdict(stage_of_phase(found.digits), f"{reading.text.field}.phase", strength, at=at)


def _other_type(study: Study) -> Finding | None:
    if at := study.typed("trial"):
        return _verdict("trial_unphased", "pubtype.trial", 0.9, "pubtype", at)
    if at := study.typed("case_report"):
        return _verdict("case_report", "pubtype.case", 0.95, "pubtype", at)
    if at := study.typed("observational"):
        return _verdict("observational", "pubtype.observational", 0.9, "pubtype", at)
    return None


def _words_of_title(study: Study) -> Finding | None:
    if at := study.in_title("case_report"):
        return _verdict("case_report", "title.case", 0.85, at=at)
    if at := study.in_title("mendelian"):
        return _verdict("in_silico", "title.mendelian", 0.8, at=at)
    if (at := study.in_title("trial")) and not study.only_animals:
        return _verdict("trial_unphased", "title.trial", 0.85, at=at)
    if (at := study.in_title("observational")) and not study.only_animals:
        return _verdict("observational", "title.observational", 0.85, at=at)
    return None


def _words_of_text(study: Study) -> Finding | None:
    chart = study.in_text("not_review")
    if (at := study.in_text("review")) and not chart and not study.people:
        return _verdict("review", "text.review", 0.7, at=at)
    if (at := study.in_text("case_report")) and not _is_one_of_many(study, at):
        return _verdict("case_report", "text.case", 0.75, at=at)
    if (at := study.one_aged) and not study.people:
        return _verdict("case_report", "text.one_aged", 0.7, at=at)
    if study.only_animals or (study.in_title("animal") and not (study.in_title("human") or study.given_to_people)):
        return None
    people = study.people or ("Animals" not in study.document.mesh and study.in_text("human"))
    if people and (at := study.in_done("trial", "study")):
        return _verdict("trial_unphased", "text.trial", 0.75, at=at)
    if people and (at := chart or study.in_text("observational")) and not _is_of_others(study):
        return _verdict("observational", "text.observational", 0.7, at=at)
    if at := study.against_controls:
        return _verdict("observational", "text.controls", 0.65, at=at)
    if few := _few(study):
        return _verdict("case_report", "text.few", 0.6, at=few)
    if study.people and (study.treated or study.anywhere("trial_weak")):
        return _verdict("trial_unphased", "text.treated", 0.65, at=study.people)
    return None


def _is_one_of_many(study: Study, at: Span) -> bool:
    """ "Of 202 patients six shed; one patient had ...": an example from a group that was counted before."""
    many = study.counted is not None and study.counted[1] > _CASES
    return many and at.text.low.startswith(("one ", "a "), at.start)


def _few(study: Study) -> Span | None:
    """Up to four people are cases, whatever is done to them."""
    if study.counted is None:
        return None
    at, number = study.counted
    return at if 0 < number <= _CASES else None


def _preclinical(study: Study) -> Finding | None:
    """The highest rung: living animal, human tissue, cells, computer."""
    animals, title = study.animals, study.document.title.text
    in_vitro_title = "in vitro" in title.low
    if animals and not (in_vitro_title and animals.text is not title):
        return _verdict("animal", "text.animal", 0.75, at=animals)
    for stage in ("ex_vivo", "in_vitro", "in_silico"):
        at = study.anywhere(stage)
        # MeSH Animals outweighs words of culture, unless the cells are human.
        by_mesh = stage == "in_vitro" and "Animals" in study.document.mesh and not in_vitro_title
        if at and not (by_mesh and "human" not in study.document.abstract.text.low):
            return _verdict(stage, f"text.{stage}", 0.7, at=at)
    return None


def _check_tags(study: Study) -> Finding | None:
    for stage, headings in study.document.rules.lists["mesh_stage"].items():
        for heading in headings:
            if heading in study.document.mesh:
                return _verdict(stage, "mesh.design", 0.6, "mesh", study.document.quoted("terms", heading))
    return None


def _is_of_others(study: Study) -> bool:
    """A whole abstract, and nobody did or measured anything in it."""
    low = study.document.abstract.text.low
    return study.people is None and len(low) >= _WHOLE and not _OWN_WORK.search(low)


def _last_guess(study: Study) -> Finding | None:
    """A title alone, or little more: the words of a review, of treatment, of people, of cells.

    What the title says goes first; an abstract that never tells of own work is one about other people's.
    """
    of_others = not (study.animals or study.in_title("cells")) and _is_of_others(study)
    for stage, words in _GUESSES:
        if at := study.in_title(words) or (None if of_others else study.in_done(words, "study")):
            # People and an approach in the title: they were given it.
            given = words == "human" and any(hit.name.startswith("term ") for hit in study.document.title.all(LEAF))
            return _verdict("trial_unphased" if given else stage, f"guess.{words}", 0.4, at=at)
    if study.people:
        return _verdict("observational", "guess.people", 0.4, at=study.people)
    if of_others:
        return _verdict("review", "guess.no_own_work", 0.35)
    ages = study.document.rules.lists["mesh_people"]["ages"]
    if age := next((age for age in ages if age in study.document.mesh), ""):
        return _verdict("observational", "mesh.people", 0.4, "mesh", study.document.quoted("terms", age))
    if at := study.in_title("cells"):
        return _verdict("in_vitro", "guess.cells", 0.4, at=at)
    return None
