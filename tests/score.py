"""How good the classification is: `python -m tests.score` (or `make score`); with --write the score file is renewed.

For each set (labelled.py): precision, recall and F1 of relevance and approaches with 95 % bootstrap intervals, exact
sets, stage, each leaf, what stages are taken for, the worst misses, two counts that must be 0, and a keyword baseline
beside it. tests/scores.toml holds the figures; a test compares, so that a fall shows in review.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from tests.labelled import GOLD, ROOT, Gold, Guess, Guesser, load, naive_guess, rules_guess
from tracker.classify import Classifier, load_taxonomy
from tracker.classify.document import Reading
from tracker.classify.phase import own_phase, phases
from tracker.classify.rules import Rules
from tracker.classify.stage import REGISTRY_STAGE, stage_of_phase
from tracker.classify.text import Text
from tracker.records import Record

SETS = ("labelled", "made_up", "probes", "demo")
FILE = ROOT / "tests" / "scores.toml"
ROUNDS = 500  # of the bootstrap, with a fixed seed: the same figures each time

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
        "SYN:013", "SYN:003", "tressless:09Y7", "PMID:38934147", "PMID:33979489",
    }
)  # fmt: skip
PHASES = {"early_phase1", "phase1", "phase1_2", "phase2", "phase2_3", "phase3", "phase4"}

_SHARES = ("exact", "stage")
_OFTEN = 3  # times that a leaf is wanted in a set before the score file holds it

Pairs = Sequence[tuple[Gold, Guess]]
Counts = tuple[int, int, int]  # right, wrong, missed


# ---------------------------------------------------------------- what is counted of one record
def counts_of(gold: Gold, guess: Guess) -> dict[str, Counts]:
    """By measure: relevance, approach, exact, stage, and each leaf. Shares have only right and missed."""
    said, true = guess.relevance != "off", bool(gold.row["relevant"])
    out = {"relevance": (int(said and true), int(said and not true), int(true and not said))}
    out["stage"] = _share(is_right_stage(gold, guess))
    if true:
        want, labels = comparable(gold, guess)
        wrong = labels - want - set(gold.row["optional"])
        out["approach"] = len(want & labels), len(wrong), len(want - labels)
        out["exact"] = _share(is_exact(gold, guess))
        for leaf in want | wrong:
            out[leaf] = int(leaf in want & labels), int(leaf in wrong), int(leaf in want - labels)
    return out


def _share(right: bool) -> Counts:
    return int(right), 0, int(not right)


def comparable(gold: Gold, guess: Guess) -> tuple[set[str], set[str]]:
    """Wanted and said leaves; minox.unspec is satisfied by a routed minoxidil."""
    want, said = set(gold.row["approaches"]), set(guess.approaches)
    routed = {"minox.topical", "minox.oral"} & said
    if "minox.unspec" in want and routed:
        said = said - (routed - want) | {"minox.unspec"}
    return want, said


def is_exact(gold: Gold, guess: Guess) -> bool:
    want, said = comparable(gold, guess)
    return want <= said <= want | set(gold.row["optional"])


def is_right_stage(gold: Gold, guess: Guess) -> bool:
    """Off-topic records of the demo have no stage to be right about."""
    return guess.stage in {gold.row["stage"] or guess.stage, *gold.row["stage_alt"]}


# ---------------------------------------------------------------- measures
@dataclass(frozen=True)
class Score:
    precision: float
    recall: float  # of exact and stage: the share that is right
    f1: float
    n: int  # how often it was wanted

    def __str__(self) -> str:
        return f"{self.precision:.3f}/{self.recall:.3f}/{self.f1:.3f}"


def score(pairs: Pairs) -> dict[str, Score]:
    return _scores(counts_of(gold, guess) for gold, guess in pairs)


def _scores(counts: Iterable[dict[str, Counts]]) -> dict[str, Score]:
    sums: dict[str, list[int]] = {}
    for one in counts:
        for name, values in one.items():
            total = sums.setdefault(name, [0, 0, 0])
            for n in range(3):
                total[n] += values[n]
    return {name: _prf(*total) for name, total in sums.items()}


def _prf(right: int, wrong: int, missed: int) -> Score:
    precision = right / (right + wrong) if right + wrong else 0.0
    recall = right / (right + missed) if right + missed else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Score(precision, recall, f1, right + missed)


def wilson(right: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927), which says something also where nothing is wrong."""
    if not of:
        return 0.0, 1.0
    z, share = 1.96, right / of
    middle, spread = share + z * z / (2 * of), z * (share * (1 - share) / of + z * z / (4 * of * of)) ** 0.5
    return tuple(round((middle + sign * spread) / (1 + z * z / of), 6) for sign in (-1, 1))  # type: ignore[return-value]


def intervals(pairs: Pairs) -> dict[str, tuple[float, float]]:
    """95 % interval of each measure: of shares by Wilson, of F1 by bootstrap; where no draw has a miss, by Wilson too.

    There F1 = 2J / (1 + J), with J the share of right ones among all that were said or wanted.
    """
    chance, counts = random.Random(1), [counts_of(gold, guess) for gold, guess in pairs]
    rounds = [_scores(chance.choices(counts, k=len(counts))) for _ in range(ROUNDS)]
    out = {}
    for name in score(pairs):
        values = sorted(figure(name, one[name]) for one in rounds if name in one)
        out[name] = values[int(len(values) * 0.025)], values[min(int(len(values) * 0.975), len(values) - 1)]
        right, wrong, missed = (sum(one.get(name, (0, 0, 0))[n] for one in counts) for n in range(3))
        low, high = wilson(right, right + wrong + missed)
        if name in _SHARES:
            out[name] = low, high
        elif out[name] == (1.0, 1.0):
            out[name] = 2 * low / (1 + low), 1.0
    return out


def figure(name: str, score: Score) -> float:
    return score.recall if name in _SHARES else score.f1


def cells_from_cell_free(pairs: Pairs) -> list[str]:
    """Records of cell-free products alone that are called a cell therapy (tolerated extras aside). Must be none."""
    named = [(gold, [leaf for leaf in guess.approaches if leaf.startswith("cell.")]) for gold, guess in pairs]
    return [gold.id for gold, cells in named if gold.id in CELL_FREE and set(cells) - set(gold.row["optional"])]


def wrong_phases(pairs: Pairs) -> list[str]:
    """Trap records with a phase that is not theirs, or without the one that is. Must be none."""
    traps = [(gold, guess) for gold, guess in pairs if gold.id in PHASE_TRAPS and not is_right_stage(gold, guess)]
    return [gold.id for gold, guess in traps if guess.stage in PHASES or gold.row["stage"] in PHASES]


def stage_without_types() -> tuple[float, float]:
    """Stage on the labelled web excerpts: as they are, and with publication types and MeSH blanked."""
    excerpts = [gold for gold in load("labelled") if gold.row["source"].startswith("web_excerpt")]
    guess = rules_guess(Classifier(load_taxonomy()))
    parts = (excerpts, [gold.blanked for gold in excerpts])
    whole, blanked = (sum(is_right_stage(g, guess(g)) for g in part) / len(part) for part in parts)
    return whole, blanked


def phase_of_titles() -> tuple[int, int]:
    """Of the registry's trials whose title names a phase: in how many it is the registry's, and of how many."""
    rules = Rules(load_taxonomy())
    rows = [json.loads(line) for line in (GOLD / "phase.jsonl").read_text(encoding="utf-8").splitlines()]
    named = [row for row in rows if row["kind"] == "trial" and phases(Text("title", row["title"]))]
    read = [own_phase(Reading(Text("title", row["title"]), rules.title)) for row in named]
    true = [REGISTRY_STAGE.get(tuple(row["phase"].split(", "))) for row in named]
    right = sum(f is not None and stage_of_phase(f.digits) == t for f, t in zip(read, true, strict=True))
    return right, len(named)


_TYPED = {
    f"Clinical Trial, Phase {roman}": digit for roman, digit in zip(("I", "II", "III", "IV"), "1234", strict=True)
}
_DIGITS = {"early_phase1": "1", "phase1_2": "12", "phase2_3": "23"} | {f"phase{n}": n for n in "1234"}


def phase_of_articles() -> Score:
    """Articles of phase.jsonl, reviews aside: the phase by the words alone against the publication types.

    Most of what counts as wrong has no phase among its types and one in its words, which may be right.
    """
    rows = [json.loads(line) for line in (GOLD / "phase.jsonl").read_text(encoding="utf-8").splitlines()]
    classifier, right, wrong, missed = Classifier(load_taxonomy()), 0, 0, 0
    for row in rows:
        types = row.get("pub_types") or []
        if row["kind"] == "article" and not {"Review", "Systematic Review", "Meta-Analysis"} & set(types):
            true = "".join(sorted({_TYPED[name] for name in types if name in _TYPED}))
            read = Record(
                id=row["id"], source="pubmed", kind="article", title=row["title"], abstract=row["abstract"] or "",
                types=tuple(name for name in types if name not in _TYPED),
            )  # fmt: skip
            said = next(_DIGITS.get(one.label, "") for one in classifier.classify(read) if one.axis == "stage")
            right += said == true != ""
            wrong += said not in ("", true)
            missed += true not in ("", said)
    return _prf(right, wrong, missed)


@cache
def pairs_of(name: str) -> list[tuple[Gold, Guess]]:
    """A set and what the rules say of it."""
    guess = rules_guess(Classifier(load_taxonomy()))
    return [(gold, guess(gold)) for gold in load(name)]


# ---------------------------------------------------------------- report
_PARTS: dict[str, Callable[[Gold], bool]] = {
    "all": lambda gold: True,
    "real": lambda gold: gold.real,
    "synthetic": lambda gold: not gold.real,
    "core": lambda gold: bool(gold.row["core"]),
}


def report(pairs: Pairs, baseline: Guesser) -> Iterator[str]:
    yield f"{'part':<12} {'n':>4}  {'relevance P/R/F1':<18}  {'approach P/R/F1':<18}  exact  stage"
    for name, keep in _PARTS.items():
        part = [pair for pair in pairs if keep(pair[0])]
        if part and (name == "all" or len(part) < len(pairs)):  # a part that is the whole says nothing new
            yield _line(name, part)
            yield _line("  keywords", [(gold, baseline(gold)) for gold, _ in part])
    within, scores = intervals(pairs), score(pairs)
    yield "95 % intervals of F1 or share: " + ", ".join(
        f"{name} {within[name][0]:.3f} to {within[name][1]:.3f}" for name in ("relevance", "approach", "exact", "stage")
    )
    yield f"{'leaf':<18} {'n':>3}  P/R/F1             95 % of F1"
    for leaf in sorted(name for name in scores if "." in name):
        low, high = within[leaf]
        yield f"{leaf:<18} {scores[leaf].n:>3}  {scores[leaf]}  {low:.2f} to {high:.2f}"
    taken = Counter((g.row["stage"], guess.stage) for g, guess in pairs if not is_right_stage(g, guess))
    yield "stages taken for another: " + (", ".join(f"{a} for {b} {n}" for (b, a), n in taken.most_common()) or "none")
    yield "cell-free called cells (must be none): " + (" ".join(cells_from_cell_free(pairs)) or "none")
    yield "wrong phases on traps (must be none): " + (" ".join(wrong_phases(pairs)) or "none")
    yield from _misses(pairs)


def _line(name: str, pairs: Pairs) -> str:
    scores = score(pairs)
    shares = "  ".join(f"{scores[share].recall:.3f}" if share in scores else "  -  " for share in ("exact", "stage"))
    return f"{name:<12} {len(pairs):>4}  {scores['relevance']!s:<18}  {scores.get('approach', '-')!s:<18}  {shares}"


def _misses(pairs: Pairs) -> Iterator[str]:
    """The worst first: relevance, then approaches, then stage."""
    found = []
    for gold, guess in pairs:
        wrong = (guess.relevance != "off") != gold.row["relevant"]
        notes = [f"relevance {guess.relevance}"] if wrong else []
        if gold.row["relevant"] and not wrong and not is_exact(gold, guess):
            want, said = comparable(gold, guess)
            notes.append(f"missed {sorted(want - said)} extra {sorted(said - want - set(gold.row['optional']))}")
        if not is_right_stage(gold, guess):
            notes.append(f"stage {guess.stage}, wants {gold.row['stage']}")
        if notes:
            found.append((not wrong, -len(notes), f"  {gold.id}: {'; '.join(notes)}"))
    yield from (line for *_, line in sorted(found))


# ---------------------------------------------------------------- the score file
def figures(name: str) -> dict[str, float]:
    """What the score file holds of a set."""
    scores = score(pairs_of(name))
    out = {"relevance_precision": scores["relevance"].precision, "relevance_recall": scores["relevance"].recall}
    out |= {"approach_f1": scores["approach"].f1, "exact": scores["exact"].recall, "stage": scores["stage"].recall}
    if name == "labelled":
        out["stage_blanked"] = stage_without_types()[1]
    return {key: round(value, 3) for key, value in out.items()}


def leaf_figures(name: str) -> dict[str, float]:
    """F1 of the leaves that a set wants several times."""
    scores = score(pairs_of(name))
    return {leaf: round(one.f1, 3) for leaf, one in sorted(scores.items()) if "." in leaf and one.n >= _OFTEN}


def phase_figures() -> dict[str, float]:
    right, named = phase_of_titles()
    articles = phase_of_articles()
    out = {"title": right / named, "article_precision": articles.precision, "article_recall": articles.recall}
    return {key: round(value, 3) for key, value in out.items()}


def as_toml(held: dict[str, dict[str, float]]) -> str:
    lines = [
        "# What the rules reach; renewed by `python -m tests.score --write`, and a test fails on a fall of a point."
    ]
    for name, values in held.items():
        lines += ["", f"[{name}]", *(f"{_key(key)} = {value}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return f'"{name}"' if "." in name else name


def main() -> None:
    baseline, held = naive_guess(), {}
    for name in SETS:
        if not (pairs := pairs_of(name)):
            print(f"== {name}: not here, nothing to score\n")
            continue
        print(f"== {name}")
        print("\n".join(report(pairs, baseline)), end="\n\n")
        held[name], held[f"{name}.leaves"] = figures(name), leaf_figures(name)
    if "labelled" in held:
        whole, blanked = stage_without_types()
        print(f"stage on web excerpts {whole:.3f}; with types and MeSH blanked {blanked:.3f}")
        right, named = phase_of_titles()
        print(f"phase in a trial's title equals the registry's: {right} of {named} ({right / named:.3f})")
        print(f"phase of articles by words alone against their types, P/R/F1: {phase_of_articles()}")
        held["phase"] = phase_figures()
    if "--write" in sys.argv:
        FILE.write_text(as_toml(held), encoding="utf-8")


if __name__ == "__main__":
    main()
