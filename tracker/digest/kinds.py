"""What befell the trials of an issue, in numbers, for its summary and its subject. Pure."""

from collections import Counter
from collections.abc import Iterable

from tracker.digest.corrections import TAKEN_BACK
from tracker.digest.material import Change, Work
from tracker.digest.wording import counted, status_words

# The gravest first: a trial counts once, with the first of these that befell it.
_ORDER = (
    "terminated", "suspended", "withdrawn", "with results", "with a result paper", "slipped", "of another phase",
    "of another status", "with another outcome", "brought forward", "moved",
)  # fmt: skip
_KINDS = {
    "results_posted": "with results",
    "date_slipped": "slipped",
    "phase_changed": "of another phase",
    "status_changed": "of another status",
    "outcome_changed": "with another outcome",
    "date_pulled_in": "brought forward",
}


def what_moved(trials: Iterable[Work]) -> list[str]:
    """ "1 trial withdrawn", "1 with results", "2 slipped"."""
    counts = Counter(map(befell, trials))
    first, *rest = [(kind, counts[kind]) for kind in _ORDER if counts[kind]]
    others = (f"{count:,} {kind}" + " otherwise" * (kind == "moved") for kind, count in rest)
    return [f"{counted(first[1], 'trial')} {first[0]}", *others]


def befell(trial: Work) -> str:
    """The gravest of what befell a trial: "withdrawn", "with results", "slipped"."""
    return min(map(_kind, trial.changes), key=_ORDER.index)


def _kind(change: Change) -> str:
    stopped = status_words(change.new or "") if change.kind == "stopped" else ""
    if change.kind == "paper_linked" and change.severity == 3 and change.notice not in TAKEN_BACK:
        return "with a result paper"
    return stopped if stopped in _ORDER else _KINDS.get(change.kind, "moved")
