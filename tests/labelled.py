"""Labelled records as the classifier gets them, and what it says of them. The measures are in score.py.

Four sets: `labelled` (real and synthetic, ../shared/gold, outside the project), `made_up` (a record that each leaf
labels and one that it refuses, and every known trap), `probes` (written in batches before the rules had seen them) and
`demo` (the demo's corpus, whose author wrote down what he meant).
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tracker.classify import Classifier, load_taxonomy
from tracker.classify.lexicon import expand
from tracker.config import SourceSettings
from tracker.demo import corpus
from tracker.records import Label, Payload, Record, Trial
from tracker.sources import SOURCES

ROOT = Path(__file__).resolve().parents[1]
GOLD = ROOT.parent / "shared" / "gold"
FILES = {"labelled": GOLD / "dev.jsonl", "made_up": ROOT / "tests/made_up.jsonl", "probes": ROOT / "tests/probes.jsonl"}
_OBSERVED = ("retrospective", "prevalence", "epidemiolog", "cross-sectional", "levels in")
_CORE = ("cell.", "eng.", "ev.", "free.", "act.", "gene.", "blood.")


@dataclass(frozen=True)
class Gold:
    """row: the keys of ../shared/gold/README.md. linked: registry phases of the trials that the record reports."""

    row: dict[str, Any]
    record: Record
    linked: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def id(self) -> str:
        return str(self.row["id"])

    @property
    def real(self) -> bool:
        return self.row["source"] not in ("synthetic", "made_up")

    @property
    def blanked(self) -> "Gold":
        return replace(self, record=replace(self.record, types=(), mesh=(), terms=()))


@dataclass(frozen=True)
class Guess:
    """What a classifier said of one record."""

    relevance: str
    approaches: frozenset[str]
    stage: str


Guesser = Callable[[Gold], Guess]


def load(name: str) -> list[Gold]:
    """One of the sets; empty where its file is not there."""
    if name == "demo":
        return load_demo()
    return load_file(FILES[name]) if FILES[name].is_file() else []


def load_file(path: Path) -> list[Gold]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Gold(row, as_record(row)) for row in rows]


def as_record(row: dict[str, Any]) -> Record:
    """As the sources would have read it. Of a trial only the phase is known, unless the row has a `trial`."""
    registry = [kind.removeprefix("CT.gov:") for kind in row["pub_types"] if kind.startswith("CT.gov:")]
    is_trial = row["id"].startswith("NCT")
    mesh = tuple(row["mesh"])
    trial = _trial(registry, f"{row['title']} {row['abstract']}".lower()) if is_trial else None
    if trial and "trial" in row:
        more = {key: tuple(value) if isinstance(value, list) else value for key, value in row["trial"].items()}
        trial = replace(trial, **more)
    return Record(
        id=row["id"] if is_trial else f"pubmed-{row['id'].removeprefix('PMID:')}",
        source="clinicaltrials" if is_trial else "pubmed",
        kind="trial" if is_trial else "article",
        title=row["title"],
        abstract=row["abstract"],
        types=tuple(kind for kind in row["pub_types"] if not kind.startswith("CT.gov:")),
        terms=mesh,
        mesh=mesh,
        trial=trial,
    )


def _trial(registry: list[str], text: str) -> Trial:
    phases = tuple(registry[0].split(", ")) if registry else ()
    if phases != ("N/A",):
        return Trial(phases=phases, study_type="INTERVENTIONAL" if phases else "")
    observed = any(word in text for word in _OBSERVED)
    return Trial(study_type="OBSERVATIONAL" if observed else "INTERVENTIONAL")


def load_demo() -> list[Gold]:
    """The demo's corpus as its sources read it after the last week."""
    records = _demo_records()
    phases = {key: record.trial.phases for key, record in records.items() if record.trial}
    out = []
    for key, meant in corpus.meant().items():
        record = records[key]
        targets = [link.target for link in record.links if link.relation == "reports"]
        row = {
            "id": key, "source": "made_up", "approaches": list(meant.approaches), "optional": [], "stage_alt": [],
            "stage": meant.stage, "relevant": not meant.off_topic,
            "core": any(leaf.startswith(_CORE) for leaf in meant.approaches),
        }  # fmt: skip
        out.append(Gold(row, record, tuple((target, phases[target]) for target in targets if target in phases)))
    return out


def _demo_records() -> dict[str, Record]:
    names = ("pubmed", "clinicaltrials")
    sources = {name: SOURCES[name](SourceSettings(name=name, url="", pace=1.0, retry_wait=1.0)) for name in names}
    states = [(corpus.articles(), corpus.studies()), *((week.articles, week.studies) for week in corpus.weeks())]
    payloads = [Payload("pubmed", a.pmid, a.xml, "") for articles, _ in states for a in articles]
    payloads += [Payload("clinicaltrials", "", json.dumps(s).encode(), "") for _, studies in states for s in studies]
    read = [record for payload in payloads for record in sources[payload.source].parse(payload)]
    return {record.id.removeprefix("pubmed-"): record for record in read}


def guess_of(labels: Iterable[Label]) -> Guess:
    rows = list(labels)
    return Guess(
        relevance=next(label.label for label in rows if label.axis == "relevance"),
        approaches=frozenset(label.label for label in rows if label.axis == "approach"),
        stage=next(label.label for label in rows if label.axis == "stage"),
    )


def rules_guess(classifier: Classifier) -> Guesser:
    return lambda gold: guess_of(classifier.classify(gold.record, gold.linked))


def naive_guess() -> Guesser:
    """Keywords alone: a word of hair anywhere, a phrase of a leaf anywhere, types and MeSH for the stage."""
    leaves = {
        leaf.id: [p.rstrip("*").lower() for t in (*leaf.terms, *leaf.weak_terms) for p in expand(t)]
        for leaf in load_taxonomy().leaves
    }
    leaves["ev.unspec"] = ["exosom", "extracellular vesicle"]

    def guess(gold: Gold) -> Guess:
        text = f"{gold.record.title} {gold.record.abstract}".lower()
        hair = any(word in text for word in ("alopeci", "hair", "bald"))
        found = frozenset(name for name, phrases in leaves.items() if any(phrase in text for phrase in phrases))
        return Guess("hair" if hair else "off", found, _naive_stage(gold.record))

    return guess


_NAIVE_TYPES = {
    "Systematic": "systematic_review", "Meta-Analysis": "systematic_review", "Review": "review",
    "Case Reports": "case_report",
    "Phase III": "phase3", "Phase IV": "phase4", "Phase II": "phase2", "Phase I": "phase1", "Trial": "trial_unphased",
}  # fmt: skip


def _naive_stage(record: Record) -> str:
    if record.trial:
        phase = record.trial.phases[0].lower() if len(record.trial.phases) == 1 else ""
        return phase if phase.startswith("phase") else "trial_unphased"
    types = " ".join(record.types)
    stage = next((stage for word, stage in _NAIVE_TYPES.items() if word in types), "")
    return stage or ("animal" if "Animals" in record.mesh else "unclear")
