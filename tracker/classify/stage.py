"""How far the evidence of a record reaches: the highest rung that the record itself reports, or "secondary", or unclear.

Trials: the registry's phase. Articles, first answer wins: what is secondary literature; the phase of the one trial that it
reports; a publication type that names a phase; a phase in the text that is the record's own; other publication types; the
words of title and abstract; MeSH check tags. (Scale and order: classification.md section 3 of the project's sources.)
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tracker.classify.document import Document, Span
from tracker.classify.lexicon import Hit
from tracker.classify.phase import own_phase
from tracker.classify.rules import Rules
from tracker.classify.text import Text
from tracker.records import Label

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
# PubMed publication types (https://www.nlm.nih.gov/mesh/pubtypes.html).
_SYSTEMATIC_TYPES = ("Systematic Review", "Meta-Analysis", "Network Meta-Analysis")
_REVIEW_TYPES = (
    "Review", "Scoping Review", "Guideline", "Practice Guideline", "Consensus Statement", "Consensus Development Conference",
    "Editorial", "Comment", "News", "Historical Article", "Interview", "Lecture",
)  # fmt: skip
_NOTICE_TYPES = ("Retraction of Publication", "Published Erratum", "Expression of Concern")
_PHASE_TYPES = {"Clinical Trial, Phase I": "1", "Clinical Trial, Phase II": "2", "Clinical Trial, Phase III": "3", "Clinical Trial, Phase IV": "4"}
_TRIAL_TYPES = (
    "Randomized Controlled Trial", "Controlled Clinical Trial", "Clinical Trial", "Pragmatic Clinical Trial", "Adaptive Clinical Trial",
    "Equivalence Trial", "Clinical Trial Protocol", "Clinical Study",
)  # fmt: skip
_STAGE_OF_DIGITS = {"1": "phase1", "2": "phase2", "3": "phase3", "4": "phase4", "12": "phase1_2", "23": "phase2_3", "0": "early_phase1", "01": "early_phase1", "34": "phase3"}
# MeSH headings that tell a design. The newest records have them from a machine: weak evidence, asked last.
_MESH_STAGE = {
    "observational": ("Retrospective Studies", "Cross-Sectional Studies", "Case-Control Studies", "Cohort Studies", "Surveys and Questionnaires", "Prevalence", "Incidence"),
    "trial_unphased": ("Double-Blind Method", "Single-Blind Method", "Prospective Studies", "Treatment Outcome", "Pilot Projects"),
}
_MESH_CULTURE = ("Cells, Cultured", "Cell Line", "Cell Line, Tumor", "In Vitro Techniques", "Transfection", "Cell Proliferation", "Gene Expression", "Transcriptome")
_MESH_AGES = ("Adult", "Aged", "Middle Aged", "Young Adult", "Adolescent", "Child", "Child, Preschool", "Infant")
_NUMBER = r"(?:\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
PEOPLE = re.compile(
    rf"\b({_NUMBER}(?:-{_NUMBER})?)\s(?:[a-z/()%+-]+\s){{0,5}}?(?:patients|participants|subjects|men|women|volunteers|individuals|adults|children|males|females|people|persons|cases)\b"
)
_IN_CULTURE = re.compile(r"\b(?:rabbit|mouse|murine|rat|goat|sheep|mink|porcine|pig)s? (?:dermal papilla|dp|dpc|hfsc|cell|vibrissa|skin fibroblast|keratinocyte)")


class Verdict(NamedTuple):
    stage: str
    rule: str
    strength: float
    source: str = "text"
    at: Span | None = None


@dataclass
class Study:
    """What title and abstract say of design, species and material."""

    document: Document
    rules: Rules
    title: dict[str, Hit] = field(init=False)
    text: dict[str, list[Hit]] = field(init=False)
    owned: dict[int, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.title = {hit.name: hit for hit in reversed(self.rules.study_title.find(self.document.title.low))}
        self.text = {}
        for hit in self.rules.study_text.find(self.document.abstract.low):
            self.text.setdefault(hit.name, []).append(hit)

    def in_title(self, name: str) -> Span | None:
        hit = self.title.get(name)
        return Span(self.document.title, hit.start, hit.end) if hit else None

    def in_text(self, name: str) -> Span | None:
        """The first mention in a sentence that does not speak of what others did before."""
        hit = next((hit for hit in self.text.get(name, ()) if self.is_own(hit)), None)
        return Span(self.document.abstract, hit.start, hit.end) if hit else None

    def anywhere(self, name: str) -> Span | None:
        return self.in_title(name) or self.in_text(name)

    def is_own(self, hit: Hit) -> bool:
        text = self.document.abstract
        sentence = text.sentence_at(hit.start)
        if sentence.start not in self.owned:
            of_others = sentence.part == "background" or self.rules.cue["background"].search(text.low, sentence.start, sentence.end)
            self.owned[sentence.start] = not of_others
        return self.owned[sentence.start]

    def people(self) -> Span | None:
        """A number of people, in title or abstract."""
        for text in (self.document.title, self.document.abstract):
            for match in PEOPLE.finditer(text.low):
                if text.field == "title" or self.is_own(Hit(*match.span(), "people")):
                    return Span(text, *match.span())
        return None

    def animals(self) -> Span | None:
        """Living animals; cells of an animal in culture are none."""
        for at in (self.in_title("animal"), self.in_text("animal")):
            if at and not _IN_CULTURE.match(at.text.low, at.start):
                return at
        return None


def judge_stage(document: Document, linked: Sequence[tuple[str, tuple[str, ...]]], rules: Rules) -> tuple[Label, Study]:
    study = Study(document, rules)
    verdict = _judge(study, linked)
    return document.label("stage", verdict.stage, f"stage.{verdict.rule}", verdict.strength, verdict.at, source=verdict.source), study


def _judge(study: Study, linked: Sequence[tuple[str, tuple[str, ...]]]) -> Verdict:
    if study.document.record.kind == "trial":
        return _registered(study)
    steps: tuple[Callable[[Study], Verdict | None], ...] = (
        _notice, _secondary_type, _secondary_title, lambda study: _linked_phase(study, linked), _phase_type, _own_phase,
        _other_type, _words_of_title, _words_of_text, _preclinical, _check_tags,
    )  # fmt: skip
    for step in steps:
        verdict = step(study)
        if verdict:
            return verdict
    return Verdict("unclear", "none", 0.3)


def _registered(study: Study) -> Verdict:
    """The registry's own word; where it is silent, the words of the record."""
    trial = study.document.record.trial
    phases, kind = (trial.phases, trial.study_type) if trial else ((), "")
    if phases in REGISTRY_STAGE:
        return Verdict(REGISTRY_STAGE[phases], "registry.phase", 1.0, "registry")
    if kind == "OBSERVATIONAL":
        return Verdict("observational", "registry.type", 1.0, "registry")
    if not phases and (named := _phase_in(study, study.document.title, 0.6)):
        return named
    if kind == "INTERVENTIONAL":
        return Verdict("trial_unphased", "registry.type", 0.9, "registry")
    observed = study.in_title("observational") or study.in_text("observational")
    if observed and not study.anywhere("trial"):
        return Verdict("observational", "registry.words", 0.6, at=observed)
    return Verdict("trial_unphased", "registry.default", 0.5, "registry")


def _type(study: Study, names: Iterable[str]) -> Span | None:
    """Where a publication type stands in the column of types, or None."""
    name = next((name for name in names if name in study.document.record.types), None)
    return study.document.quote_of(study.document.column("types"), f'"{name}"') if name else None


def _notice(study: Study) -> Verdict | None:
    at = _type(study, _NOTICE_TYPES)
    return Verdict("unclear", "pubtype.notice", 0.9, "pubtype", at) if at else None


def _secondary_type(study: Study) -> Verdict | None:
    if at := _type(study, _SYSTEMATIC_TYPES):
        return Verdict("systematic_review", "pubtype.systematic", 1.0, "pubtype", at)
    at = _type(study, _REVIEW_TYPES)
    if at is None or _type(study, ("Case Reports", *_TRIAL_TYPES, *_PHASE_TYPES)):
        return None  # a case with a review of the literature, a trial in a supplement
    searched = study.in_title("systematic_review") or study.in_text("systematic_review")
    if searched:
        return Verdict("systematic_review", "text.systematic", 0.8, at=searched)
    return Verdict("review", "pubtype.review", 0.95, "pubtype", at)


def _secondary_title(study: Study) -> Verdict | None:
    if _type(study, ("Case Reports",)):
        return None
    if at := study.in_title("systematic_review"):
        return Verdict("systematic_review", "title.systematic", 0.95, at=at)
    if study.in_title("case_report") or study.in_title("trial") or study.in_title("observational"):
        return None
    if at := study.in_text("systematic_review"):
        return Verdict("systematic_review", "text.systematic", 0.75, at=at)
    if (at := study.in_title("review")) and not study.people() and not _type(study, (*_TRIAL_TYPES, *_PHASE_TYPES)):
        return Verdict("review", "title.review", 0.8, at=at)
    return None


def _linked_phase(study: Study, linked: Sequence[tuple[str, tuple[str, ...]]]) -> Verdict | None:
    """The phase of the one trial that the article reports; of several trials none can be told."""
    stages = {REGISTRY_STAGE[tuple(phases)] for _, phases in linked if tuple(phases) in REGISTRY_STAGE}
    if len(linked) != 1 or not stages:
        return None
    return Verdict(stages.pop(), "registry.linked", 0.95, "registry")


def _phase_type(study: Study) -> Verdict | None:
    digits = "".join(digit for name, digit in _PHASE_TYPES.items() if name in study.document.record.types)
    if not digits:
        return None
    stage = _STAGE_OF_DIGITS.get(digits) or _STAGE_OF_DIGITS[digits[-1]]
    return Verdict(stage, "pubtype.phase", 0.95, "pubtype", _type(study, _PHASE_TYPES))


def _own_phase(study: Study) -> Verdict | None:
    document = study.document
    protocol = bool(_type(study, ("Clinical Trial Protocol",))) or "protocol" in document.title.low
    for text, strength in ((document.title, 0.9), (document.abstract, 0.75)):
        if verdict := _phase_in(study, text, strength, protocol):
            return verdict
        hit = study.rules.study_cue["first_in_human"].search(text.low)
        if hit and _is_about_people(study):
            return Verdict("early_phase1", f"{text.field}.first_in_human", strength, at=Span(text, *hit))
    return None


def _phase_in(study: Study, text: Text, strength: float, protocol: bool = False) -> Verdict | None:
    found = own_phase(text, study.rules, protocol)
    if found is None:
        return None
    stage = _STAGE_OF_DIGITS.get(found.digits) or _STAGE_OF_DIGITS[found.digits[-1]]
    return Verdict(stage, f"{text.field}.phase", strength, at=Span(text, found.start, found.end))


def _is_about_people(study: Study) -> bool:
    return bool(study.people() or "Humans" in study.document.mesh or not study.animals())


def _other_type(study: Study) -> Verdict | None:
    if at := _type(study, _TRIAL_TYPES):
        return Verdict("trial_unphased", "pubtype.trial", 0.9, "pubtype", at)
    if at := _type(study, ("Case Reports",)):
        return Verdict("case_report", "pubtype.case", 0.95, "pubtype", at)
    if at := _type(study, ("Observational Study",)):
        return Verdict("observational", "pubtype.observational", 0.9, "pubtype", at)
    return None


def _words_of_title(study: Study) -> Verdict | None:
    if at := study.in_title("case_report"):
        return Verdict("case_report", "title.case", 0.85, at=at)
    if at := study.in_title("mendelian"):
        return Verdict("in_silico", "title.mendelian", 0.8, at=at)
    if (at := study.in_title("trial")) and not _only_animals(study):
        return Verdict("trial_unphased", "title.trial", 0.85, at=at)
    if (at := study.in_title("observational")) and not _only_animals(study):
        return Verdict("observational", "title.observational", 0.85, at=at)
    return None


def _only_animals(study: Study) -> bool:
    """Animals and no number of people: "mice were randomly divided" is no trial in people."""
    return bool(study.animals()) and not study.people()


def _words_of_text(study: Study) -> Verdict | None:
    chart = study.in_text("not_review")
    if (at := study.in_text("review")) and not chart and not study.people():
        return Verdict("review", "text.review", 0.7, at=at)
    if at := study.in_text("case_report"):
        return Verdict("case_report", "text.case", 0.75, at=at)
    if _only_animals(study):
        return None
    people = study.people() or ("Animals" not in study.document.mesh and study.in_text("human"))
    if people and (at := study.in_text("trial")):
        return Verdict("trial_unphased", "text.trial", 0.75, at=at)
    if people and (at := chart or study.in_text("observational")):
        return Verdict("observational", "text.observational", 0.7, at=at)
    counted = study.people()
    if counted and (study.in_text("trial_weak") or study.in_title("trial_weak")):
        return Verdict("trial_unphased", "text.treated", 0.65, at=counted)
    return None


def _preclinical(study: Study) -> Verdict | None:
    """The highest rung: living animal, human tissue, cells, computer."""
    in_vitro_title = study.in_title("in_vitro") if "in vitro" in study.document.title.low else None
    animals = study.animals()
    if animals and not (in_vitro_title and animals.text.field != "title"):
        return Verdict("animal", "text.animal", 0.75, at=animals)
    for stage in ("ex_vivo", "in_vitro", "in_silico"):
        at = study.anywhere(stage)
        if at and not (stage == "in_vitro" and _animals_by_mesh(study) and not in_vitro_title):
            return Verdict(stage, f"text.{stage}", 0.7, at=at)
    return None


def _animals_by_mesh(study: Study) -> bool:
    return "Animals" in study.document.mesh


def _check_tags(study: Study) -> Verdict | None:
    mesh = study.document.mesh
    if "Animals" in mesh:
        return Verdict("animal", "mesh.animals", 0.6, "mesh", _heading(study, "Animals"))
    for stage, headings in _MESH_STAGE.items():
        for heading in headings:
            if heading in mesh:
                return Verdict(stage, "mesh.design", 0.6, "mesh", _heading(study, heading))
    for heading in _MESH_CULTURE:
        if heading in mesh:
            return Verdict("in_vitro", "mesh.culture", 0.5, "mesh", _heading(study, heading))
    return _last_guess(study)


def _last_guess(study: Study) -> Verdict | None:
    """A title alone, or little more: the words of a review, of treatment, of people, of cells."""
    if at := study.in_title("review") or study.in_text("review"):
        return Verdict("review", "title.review", 0.5, at=at)
    if at := study.in_title("trial_weak") or study.in_text("trial_weak"):
        return Verdict("trial_unphased", "title.treated", 0.5, at=at)
    if at := study.people() or study.anywhere("human"):
        return Verdict("observational", "text.people", 0.4, at=at)
    if age := next((age for age in _MESH_AGES if age in study.document.mesh), ""):
        return Verdict("observational", "mesh.people", 0.4, "mesh", _heading(study, age))
    if at := study.in_title("cells"):
        return Verdict("in_vitro", "title.cells", 0.4, at=at)
    return None


def _heading(study: Study, heading: str) -> Span | None:
    return study.document.quote_of(study.document.terms, f'"{heading}"')


