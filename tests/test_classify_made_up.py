"""The made-up records: two for each leaf, one that it labels and one that it refuses, and every known trap.

tests/made_up.jsonl has the shape of the labelled records (see labelled.py) and two keys more: `leaf`, the leaf that a
record is for, and `refuses`, leaves that it must not have. All of it is written for the purpose.
"""

from functools import cache

import pytest

from tests.labelled import Gold, guess_of, load
from tests.score import is_exact, is_right_stage
from tracker.classify import Classifier, load_taxonomy

MADE_UP = load("made_up")


@cache
def classifier() -> Classifier:
    return Classifier(load_taxonomy())


@pytest.mark.parametrize("made", MADE_UP, ids=lambda made: made.id)
def test_a_made_up_record_is_read_as_it_is_meant(made: Gold) -> None:
    guess = guess_of(classifier().classify(made.record))
    assert (guess.relevance != "off") == made.row["relevant"], f"relevance {guess.relevance}"
    assert is_exact(made, guess) or not made.row["relevant"], f"approaches {sorted(guess.approaches)}"
    assert not set(made.row["refuses"]) & guess.approaches
    assert is_right_stage(made, guess), f"stage {guess.stage}"


@pytest.mark.parametrize("leaf", [leaf.id for leaf in load_taxonomy().leaves])
def test_every_leaf_has_a_record_that_it_labels_and_one_that_it_refuses(leaf: str) -> None:
    assert any(leaf in made.row["approaches"] for made in MADE_UP if made.row["leaf"] == leaf)
    assert any(leaf in made.row["refuses"] for made in MADE_UP if made.row["leaf"] == leaf)


def test_every_stage_word_is_one_of_the_scale() -> None:
    stages = load_taxonomy().stage
    assert all(stage in stages for made in MADE_UP for stage in (made.row["stage"], *made.row["stage_alt"]))
