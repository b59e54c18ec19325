"""Floors on the labelled records beside the checkout. `python tests/score.py` prints the figures in full."""

import json
from functools import cache

import pytest

from tests.score import (
    GOLD,
    Gold,
    Guess,
    blanked,
    cells_from_cell_free,
    is_right_stage,
    load_gold,
    naive_guess,
    rules_guess,
    score,
    wrong_phases,
)
from tracker.classify import Classifier, load_taxonomy
from tracker.classify.document import Reading
from tracker.classify.phase import own_phase, phases
from tracker.classify.rules import Rules
from tracker.classify.stage import REGISTRY_STAGE, stage_of_phase
from tracker.classify.text import Text

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not GOLD.is_dir(), reason="no labelled records beside the checkout"),
]


@cache
def pairs() -> list[tuple[Gold, Guess]]:
    guess = rules_guess(Classifier(load_taxonomy()))
    return [(gold, guess(gold.record)) for gold in load_gold()]


def test_relevance_approaches_and_stage_reach_their_floors() -> None:
    reached = score(pairs())
    assert reached.relevance[1] >= 0.97 and reached.relevance[0] >= 0.95 and reached.relevance[2] >= 0.97
    assert reached.approach[2] >= 0.95 and reached.exact >= 0.90
    assert reached.stage >= 0.93


def test_the_real_part_alone_and_the_core_alone_reach_them_too() -> None:
    for part in ([p for p in pairs() if p[0].real], [p for p in pairs() if p[0].row["core"]]):
        reached = score(part)
        assert reached.relevance[2] >= 0.95 and reached.approach[2] >= 0.93 and reached.stage >= 0.90


def test_stage_holds_without_publication_types_and_mesh() -> None:
    guess = rules_guess(Classifier(load_taxonomy()))
    excerpts = [blanked(gold) for gold, _ in pairs() if gold.row["source"].startswith("web_excerpt")]
    assert sum(is_right_stage(gold, guess(gold.record)) for gold in excerpts) / len(excerpts) >= 0.85


def test_no_cell_free_product_is_called_a_cell_therapy() -> None:
    assert cells_from_cell_free(pairs()) == []


def test_no_trap_gets_a_phase_that_is_not_its_own() -> None:
    assert wrong_phases(pairs()) == []


def test_the_rules_beat_keywords() -> None:
    naive = naive_guess()
    baseline = score([(gold, naive(gold.record)) for gold, _ in pairs()])
    reached = score(pairs())
    assert reached.approach[2] > baseline.approach[2] + 0.1 and reached.stage > baseline.stage + 0.2


def test_every_quote_of_a_labelled_record_stands_at_its_offsets() -> None:
    classifier = Classifier(load_taxonomy())
    for gold, _ in pairs():
        for label in classifier.classify(gold.record):
            if label.field is not None:
                assert gold.record.column(label.field)[label.start : label.end] == label.quote


def test_the_phase_in_a_trials_title_equals_the_registrys() -> None:
    rules = Rules(load_taxonomy())
    rows = [json.loads(line) for line in (GOLD / "phase.jsonl").read_text(encoding="utf-8").splitlines()]
    named = [row for row in rows if row["kind"] == "trial" and phases(Text("title", row["title"]))]
    right = [row for row in named if _stage(row["title"], rules) == REGISTRY_STAGE.get(tuple(row["phase"].split(", ")))]
    assert len(named) > 60 and len(right) / len(named) >= 0.93


def _stage(title: str, rules: Rules) -> str | None:
    found = own_phase(Reading(Text("title", title), rules.title))
    return stage_of_phase(found.digits) if found else None
