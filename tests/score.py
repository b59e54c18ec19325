"""How good the classification is, against labelled records: `python tests/score.py` (or `make score`).

Prints precision, recall and F1 for relevance and approaches, exact sets, stage accuracy, two counts that must be 0,
the worst misses by id, and a keyword baseline beside it. Real and made-up records apart. The labelled records lie
outside the project (../shared/gold); their scoring rules stand in the README there.
"""

import json
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tracker.classify import Classifier, load_taxonomy  # noqa: E402
from tracker.classify.lexicon import expand  # noqa: E402
from tracker.records import Label, Record, Trial  # noqa: E402

GOLD = ROOT.parent / "shared" / "gold"
MADE_UP = ROOT / "tests" / "made_up.jsonl"

# ids of ../shared/gold/README.md: cell-free products (must not be called cells), phases that are another's
CELL_FREE = frozenset(
    {
        "NCT05129800", "PMID:29138430", "DOI:10.1186/s13287-024-03906-x", "PMID:39155501",
        "DOI:10.3389/fcell.2022.963278", "web:ichgcp-49158", "SYN:014", "SYN:016", "SYN:019", "SYN:030", "SYN:056",
    }
)  # fmt: skip
PHASE_TRAPS = frozenset(
    {
        "NCT06393452", "SYN:006", "PMID:9474471", "PMID:30523246", "tressless:etc-inhibition",
        "DOI:10.3329/bjp.v12i4.33552", "web:STYLE-results", "PMID:31321172", "DermClin:39-407", "SYN:059",
        "SYN:013", "SYN:003", "tressless:09Y7",
        "PMID:38934147", "PMID:33979489",
    }
)  # fmt: skip
PHASES = {"early_phase1", "phase1", "phase1_2", "phase2", "phase2_3", "phase3", "phase4"}
_OBSERVED = ("retrospective", "prevalence", "epidemiolog", "cross-sectional", "levels in")


@dataclass(frozen=True)
class Gold:
    row: dict[str, Any]
    record: Record

    @property
    def id(self) -> str:
        return str(self.row["id"])

    @property
    def real(self) -> bool:
        return bool(self.row["source"] not in ("synthetic", "made_up"))


@dataclass(frozen=True)
class Guess:
    """What a classifier said of one record."""

    relevance: str
    approaches: frozenset[str]
    stage: str


def load_gold(path: Path = GOLD / "dev.jsonl") -> list[Gold]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Gold(row, as_record(row)) for row in rows]


def as_record(row: dict[str, Any]) -> Record:
    """A labelled record as the sources would have read it. Of a trial only the phase is known, not the study type."""
    registry = [kind.removeprefix("CT.gov:") for kind in row["pub_types"] if kind.startswith("CT.gov:")]
    is_trial = row["id"].startswith("NCT")
    mesh = tuple(row["mesh"])
    return Record(
        id=row["id"] if is_trial else f"pubmed-{row['id'].removeprefix('PMID:')}",
        source="clinicaltrials" if is_trial else "pubmed",
        kind="trial" if is_trial else "article",
        title=row["title"],
        abstract=row["abstract"],
        types=tuple(kind for kind in row["pub_types"] if not kind.startswith("CT.gov:")),
        terms=mesh,
        mesh=mesh,
        trial=_trial(registry, f"{row['title']} {row['abstract']}".lower()) if is_trial else None,
    )


def _trial(registry: list[str], text: str) -> Trial:
    phases = tuple(registry[0].split(", ")) if registry else ()
    if phases != ("N/A",):
        return Trial(phases=phases, study_type="INTERVENTIONAL" if phases else "")
    observed = any(word in text for word in _OBSERVED)
    return Trial(study_type="OBSERVATIONAL" if observed else "INTERVENTIONAL")


def guess_of(labels: Iterable[Label]) -> Guess:
    rows = list(labels)
    return Guess(
        relevance=next(label.label for label in rows if label.axis == "relevance"),
        approaches=frozenset(label.label for label in rows if label.axis == "approach"),
        stage=next(label.label for label in rows if label.axis == "stage"),
    )


def rules_guess(classifier: Classifier) -> Callable[[Record], Guess]:
    return lambda record: guess_of(classifier.classify(record))


def naive_guess() -> Callable[[Record], Guess]:
    """Keywords alone: a word of hair anywhere, a phrase of a leaf anywhere, types and MeSH for the stage."""
    leaves = {
        leaf.id: [p.rstrip("*").lower() for t in (*leaf.terms, *leaf.weak_terms) for p in expand(t)]
        for leaf in load_taxonomy().leaves
    }
    leaves["ev.unspec"] = ["exosom", "extracellular vesicle"]

    def guess(record: Record) -> Guess:
        text = f"{record.title} {record.abstract}".lower()
        hair = any(word in text for word in ("alopeci", "hair", "bald"))
        found = frozenset(name for name, phrases in leaves.items() if any(phrase in text for phrase in phrases))
        return Guess("hair" if hair else "off", found, _naive_stage(record))

    return guess


def _naive_stage(record: Record) -> str:
    types = " ".join(record.types)
    for word, stage in (
        ("Systematic", "systematic_review"),
        ("Meta-Analysis", "systematic_review"),
        ("Review", "review"),
        ("Case Reports", "case_report"),
    ):
        if word in types:
            return stage
    if record.trial:
        return {("PHASE1",): "phase1", ("PHASE2",): "phase2", ("PHASE3",): "phase3", ("PHASE4",): "phase4"}.get(
            record.trial.phases, "trial_unphased"
        )
    for roman, stage in ((" III", "phase3"), (" IV", "phase4"), (" II", "phase2"), (" I", "phase1")):
        if f"Clinical Trial, Phase{roman}" in record.types:
            return stage
    if "Trial" in types:
        return "trial_unphased"
    return "animal" if "Animals" in record.mesh else "unclear"


# ---------------------------------------------------------------- measures
def prf(right: int, wrong: int, missed: int) -> tuple[float, float, float]:
    precision = right / (right + wrong) if right + wrong else 0.0
    recall = right / (right + missed) if right + missed else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def relevance_counts(gold: Gold, guess: Guess) -> tuple[int, int, int]:
    said, true = guess.relevance != "off", gold.row["relevant"]
    return int(said and true), int(said and not true), int(true and not said)


def approach_counts(gold: Gold, guess: Guess) -> tuple[int, int, int]:
    """right, wrong, missed of a relevant record; optional leaves count neither way."""
    if not gold.row["relevant"]:
        return 0, 0, 0
    want, said = _comparable(gold, guess)
    return len(want & said), len(said - want - set(gold.row["optional"])), len(want - said)


def is_exact(gold: Gold, guess: Guess) -> bool:
    want, said = _comparable(gold, guess)
    return want <= said <= want | set(gold.row["optional"])


def _comparable(gold: Gold, guess: Guess) -> tuple[set[str], set[str]]:
    """minox.unspec is satisfied by a routed minoxidil."""
    want, said = set(gold.row["approaches"]), set(guess.approaches)
    routed = {"minox.topical", "minox.oral"} & said
    if "minox.unspec" in want and routed:
        said = said - (routed - want) | {"minox.unspec"}
    return want, said


def is_right_stage(gold: Gold, guess: Guess) -> bool:
    return guess.stage in {gold.row["stage"], *gold.row["stage_alt"]}


@dataclass(frozen=True)
class Scores:
    n: int
    relevance: tuple[float, float, float]
    approach: tuple[float, float, float]
    exact: float
    stage: float


def score(pairs: Sequence[tuple[Gold, Guess]]) -> Scores:
    relevant = [(gold, guess) for gold, guess in pairs if gold.row["relevant"]]
    return Scores(
        n=len(pairs),
        relevance=prf(*map(sum, zip(*(relevance_counts(*pair) for pair in pairs), strict=True))),
        approach=prf(*map(sum, zip(*(approach_counts(*pair) for pair in pairs), strict=True))),
        exact=_share(is_exact(*pair) for pair in relevant),
        stage=_share(is_right_stage(*pair) for pair in pairs),
    )


def _share(values: Iterable[bool]) -> float:
    rows = list(values)
    return sum(rows) / len(rows) if rows else 0.0


def interval(
    pairs: Sequence[tuple[Gold, Guess]], measure: Callable[[Scores], float], rounds: int = 500
) -> tuple[float, float]:
    """95 % bootstrap interval, seeded: the same figures each time."""
    chance = random.Random(1)
    values = sorted(measure(score(chance.choices(pairs, k=len(pairs)))) for _ in range(rounds))
    return values[int(rounds * 0.025)], values[int(rounds * 0.975)]


# ---------------------------------------------------------------- counts that must be 0
def cells_from_cell_free(pairs: Sequence[tuple[Gold, Guess]]) -> list[str]:
    """Records of cell-free products alone that are called a cell therapy (tolerated extras aside)."""
    return [gold.id for gold, guess in pairs if gold.id in CELL_FREE and _called_cells(gold, guess)]


def _called_cells(gold: Gold, guess: Guess) -> bool:
    return any(leaf.startswith("cell.") and leaf not in gold.row["optional"] for leaf in guess.approaches)


def wrong_phases(pairs: Sequence[tuple[Gold, Guess]]) -> list[str]:
    """Trap records with a phase that is not theirs, or without the one that is."""
    traps = [(gold, guess) for gold, guess in pairs if gold.id in PHASE_TRAPS and not is_right_stage(gold, guess)]
    return [gold.id for gold, guess in traps if guess.stage in PHASES or gold.row["stage"] in PHASES]


# ---------------------------------------------------------------- report
_PARTS: dict[str, Callable[[Gold], bool]] = {
    "all": lambda gold: True,
    "real": lambda gold: gold.real,
    "synthetic": lambda gold: not gold.real,
    "core": lambda gold: bool(gold.row["core"]),
}
_MEASURES: dict[str, Callable[[Scores], float]] = {
    "relevance F1": lambda scores: scores.relevance[2],
    "approach F1": lambda scores: scores.approach[2],
    "stage": lambda scores: scores.stage,
}


def report(gold: list[Gold], guess: Callable[[Record], Guess], baseline: Callable[[Record], Guess]) -> Iterator[str]:
    pairs, naive = [(g, guess(g.record)) for g in gold], [(g, baseline(g.record)) for g in gold]
    yield f"{'part':<10} {'n':>4}  {'relevance P/R/F1':<18}  {'approach P/R/F1':<18}  exact  stage"
    for name, keep in _PARTS.items():
        part = [pair for pair in pairs if keep(pair[0])]
        if part:
            yield _line(name, score(part))
            yield _line("  keywords", score([pair for pair in naive if keep(pair[0])]))
    real = [pair for pair in pairs if pair[0].real]
    for name, measure in _MEASURES.items() if real else ():
        low, high = interval(real, measure)
        yield f"95 % interval, real part, {name}: {low:.3f} to {high:.3f}"
    excerpts = [g for g in gold if g.row["source"].startswith("web_excerpt")]
    if excerpts:
        yield f"stage on {len(excerpts)} web excerpts: {_stage_share(excerpts, guess):.3f}"
        yield f"  types and MeSH blanked: {_stage_share(map(blanked, excerpts), guess):.3f}"
    for title, ids in (
        ("cell-free called cells", cells_from_cell_free(pairs)),
        ("wrong phases on traps", wrong_phases(pairs)),
    ):
        yield f"{title} (must be 0): {' '.join([str(len(ids)), *ids])}"
    yield from _misses(pairs)


def _line(name: str, scores: Scores) -> str:
    measures = f"{_three(scores.relevance)}  {_three(scores.approach)}  {scores.exact:.3f}  {scores.stage:.3f}"
    return f"{name:<10} {scores.n:>4}  {measures}"


def _three(values: tuple[float, float, float]) -> str:
    return "/".join(f"{value:.3f}" for value in values)


def blanked(gold: Gold) -> Gold:
    return replace(gold, record=replace(gold.record, types=(), mesh=(), terms=()))


def _stage_share(gold: Iterable[Gold], guess: Callable[[Record], Guess]) -> float:
    return _share(is_right_stage(g, guess(g.record)) for g in gold)


def _misses(pairs: Sequence[tuple[Gold, Guess]]) -> Iterator[str]:
    for gold, guess in pairs:
        notes = []
        _, wrong, missed = relevance_counts(gold, guess)
        if wrong or missed:
            notes.append(f"relevance {guess.relevance}")
        elif gold.row["relevant"] and not is_exact(gold, guess):
            want, said = _comparable(gold, guess)
            notes.append(f"missed {sorted(want - said)} extra {sorted(said - want - set(gold.row['optional']))}")
        if not is_right_stage(gold, guess):
            notes.append(f"stage {guess.stage}, wants {gold.row['stage']}")
        if notes:
            yield f"  {gold.id}: {'; '.join(notes)}"


def main() -> None:
    guess, baseline = rules_guess(Classifier(load_taxonomy())), naive_guess()
    for title, path in (("labelled records", GOLD / "dev.jsonl"), ("made-up records", MADE_UP)):
        if not path.is_file():
            print(f"no {title} at {path}: nothing to score")
            continue
        print(f"== {title}")
        for line in report(load_gold(path), guess, baseline):
            print(line)


if __name__ == "__main__":
    main()
