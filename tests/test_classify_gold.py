"""Figures on the labelled sets (labelled.py): what the project promises, and that no figure falls by a point."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.labelled import GOLD, Gold, Guess, load, naive_guess
from tests.score import (
    FILE,
    SETS,
    cells_from_cell_free,
    figures,
    intervals,
    leaf_figures,
    pairs_of,
    phase_figures,
    phase_of_titles,
    score,
    stage_without_types,
    wilson,
    wrong_phases,
)
from tracker.classify import Classifier, load_taxonomy

HELD: dict[str, dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
needs_labelled = [
    pytest.mark.shared,
    pytest.mark.skipif(not GOLD.is_dir(), reason="no labelled records beside the checkout"),
]
HERE = [pytest.param(name, marks=needs_labelled if name == "labelled" else ()) for name in SETS]


def labelled() -> list[tuple[Gold, Guess]]:
    return pairs_of("labelled")


def test_at_least_a_hundred_records_are_scored_everywhere() -> None:
    assert len(load("made_up")) >= 100 and len(load("probes")) >= 60 and len(load("demo")) >= 100


@pytest.mark.parametrize("name", HERE)
def test_no_figure_falls_by_more_than_a_point(name: str) -> None:
    reached = figures(name)
    fallen = {key: (HELD[name][key], value) for key, value in reached.items() if value < HELD[name][key] - 0.01}
    assert not fallen, "before and now; if it is meant: python -m tests.score --write"


@pytest.mark.parametrize("name", HERE)
def test_no_leaf_falls_by_more_than_a_twentieth(name: str) -> None:
    reached, held = leaf_figures(name), HELD[name]["leaves"]
    fallen = {leaf: (held[leaf], reached.get(leaf, 0.0)) for leaf in held if reached.get(leaf, 0.0) < held[leaf] - 0.05}
    assert not fallen, "before and now; if it is meant: python -m tests.score --write"


def test_the_interval_of_a_share_says_something_where_nothing_is_wrong() -> None:
    low, high = wilson(20, 20)
    assert 0.8 < low < 0.9 and high == 1.0
    assert wilson(10, 20) == pytest.approx((0.299, 0.701), abs=0.001)  # as printed in textbooks
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("name", HERE)
def test_the_rules_beat_keywords(name: str) -> None:
    naive, reached = naive_guess(), score(pairs_of(name))
    baseline = score([(gold, naive(gold)) for gold, _ in pairs_of(name)])
    assert reached["approach"].f1 > baseline["approach"].f1 + 0.1
    assert reached["stage"].recall > baseline["stage"].recall + 0.2


def test_an_interval_holds_the_figure_and_is_the_same_each_time() -> None:
    pairs = pairs_of("probes")
    low, high = intervals(pairs)["approach"]
    assert low < score(pairs)["approach"].f1 < high and (low, high) == intervals(pairs)["approach"]


@pytest.mark.parametrize("name", HERE)
def test_every_quote_of_a_labelled_record_stands_at_its_offsets(name: str) -> None:
    for record, label in _labels(name):
        if label.field is not None:
            assert record.column(label.field)[label.start : label.end] == label.quote


def _labels(name: str) -> Iterator[tuple[Any, Any]]:
    classifier = Classifier(load_taxonomy())
    for gold in load(name):
        yield from ((gold.record, label) for label in classifier.classify(gold.record, gold.linked))


@pytest.mark.shared
@pytest.mark.skipif(not GOLD.is_dir(), reason="no labelled records beside the checkout")
class TestOnTheLabelledRecords:
    def test_relevance_approaches_and_stage_reach_their_floors(self) -> None:
        reached = score(labelled())
        assert reached["relevance"].recall >= 0.97 and reached["relevance"].precision >= 0.95
        assert reached["approach"].f1 >= 0.95 and reached["exact"].recall >= 0.88
        assert reached["stage"].recall >= 0.92

    def test_the_real_part_alone_and_the_core_alone_reach_them_too(self) -> None:
        for part in ([p for p in labelled() if p[0].real], [p for p in labelled() if p[0].row["core"]]):
            reached = score(part)
            assert reached["relevance"].f1 >= 0.95 and reached["approach"].f1 >= 0.93
            assert reached["stage"].recall >= 0.90

    def test_stage_holds_without_publication_types_and_mesh(self) -> None:
        assert stage_without_types()[1] >= 0.80

    def test_no_cell_free_product_is_called_a_cell_therapy(self) -> None:
        assert cells_from_cell_free(labelled()) == []

    def test_no_trap_gets_a_phase_that_is_not_its_own(self) -> None:
        assert wrong_phases(labelled()) == []

    def test_no_phase_figure_falls_by_more_than_a_point(self) -> None:
        reached = phase_figures()
        fallen = {
            key: (HELD["phase"][key], value) for key, value in reached.items() if value < HELD["phase"][key] - 0.01
        }
        assert not fallen and reached.keys() == HELD["phase"].keys()

    def test_the_phase_in_a_trials_title_equals_the_registrys(self) -> None:
        right, named = phase_of_titles()
        assert named > 60 and right / named >= 0.93
