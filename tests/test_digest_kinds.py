"""The summary says what befell the trials, each once and the gravest first; a subject says it where that is short."""

from typing import Any

import pytest

from tests.test_digest_build import digest
from tracker.digest.kinds import what_moved
from tracker.digest.material import Change, TrialFacts, Work


def moved(n: int, *changes: dict[str, Any]) -> Work:
    made = [
        Change(**{"id": 10 * n + k, "record": f"NCT{n:08}", "seen": "2026-11-22T06:00:00Z", "severity": 3,
                  "field": None, "old": None, "new": None, "headline": "x", **change})
        for k, change in enumerate(changes)
    ]  # fmt: skip
    return Work(id=f"NCT{n:08}", kind="trial", title="T", url="", trial=TrialFacts(), changes=tuple(made))


WITHDRAWN, RESULTS = {"kind": "stopped", "new": "WITHDRAWN"}, {"kind": "results_posted"}
SLIPPED, LINKED = {"kind": "date_slipped"}, {"kind": "paper_linked"}


@pytest.mark.parametrize(
    ("trials", "said"),
    [
        ([(SLIPPED,), (WITHDRAWN, SLIPPED), (SLIPPED, RESULTS), (SLIPPED,)],
         "1 trial withdrawn, 1 with results, 2 slipped"),
        ([(SLIPPED,), (SLIPPED,)], "2 trials slipped"),
        ([(LINKED,)], "1 trial with a result paper"),
        ([({**LINKED, "notice": "retracted"},)], "1 trial moved"),
        ([({**LINKED, "severity": 2},), (SLIPPED,)], "1 trial slipped, 1 moved otherwise"),
        ([({"kind": "stopped", "new": "SUSPENDED"},), ({"kind": "phase_changed"},)],
         "1 trial suspended, 1 of another phase"),
        ([({"kind": "enrollment_changed"},)] * 3, "3 trials moved"),
    ],
)  # fmt: skip
def test_each_trial_counts_once_with_the_gravest(trials: list[tuple[dict[str, Any], ...]], said: str) -> None:
    works = [moved(n, *changes) for n, changes in enumerate(trials)]
    assert ", ".join(what_moved(works)) == said
    made = digest(*works)
    assert made.summary == f"{said}." and made.subject.endswith(f": {said}")


def test_a_subject_says_how_many_moved_where_the_kinds_are_long() -> None:
    changes = [WITHDRAWN, RESULTS, LINKED, SLIPPED, {"kind": "phase_changed"}]
    made = digest(*(moved(n, change) for n, change in enumerate(changes)))
    assert made.subject.endswith(": 5 trials moved")
    assert made.summary == "1 trial withdrawn, 1 with results, 1 with a result paper, 1 slipped, 1 of another phase."
