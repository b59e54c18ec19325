"""A phase is the record's own only where it reports that trial; what else is called a phase says why it is refused."""

import pytest

from tests.test_classify import article, one
from tests.test_classify_why import vetoed_by


@pytest.mark.parametrize(
    ("title", "abstract", "stage"),
    [
        # to come, or of others
        ("Awaiting phase 3: PP405 and hair loss", "", "unclear"),
        ("Lessons from phase 3 failures in hair loss", "We discuss why two drugs failed in phase 2 and 3.", "review"),
        ("KX-826 enters phase III for hair loss", "", "unclear"),
        ("Bimatoprost for hair loss: what phase II taught us", "This review tells why it ended.", "review"),
        ("PP405 for hair loss: phase 2a and next steps", "In this perspective the data are weighed.", "review"),
        ("Baricitinib after the phase 3 trials: a cohort with alopecia areata", "", "observational"),
        ("Cost-effectiveness of ritlecitinib in the phase 3 ALLEGRO trial for alopecia areata", "", "observational"),
        # enzymes, surveys, the hair cycle
        ("Minoxidil in hair follicles: phase I oxidation and phase II glucuronidation", "", "unclear"),
        ("Phase II sulfation of minoxidil and hair growth", "", "unclear"),
        ("Shedding after a fever", "Phase I of the survey asked 90 women by post.", "observational"),
        ("Anagen is phase 1, catagen phase 2 and telogen phase 3 of the hair cycle", "", "unclear"),
        ("Hair growth", "The hair cycle has phase 1 (growth), phase 2 (regression) and phase 3 (rest).", "unclear"),
        ("Hair follicles in sheep: induction, organogenesis (phase 2) and after", "Wool was seen.", "animal"),
        ("Hair growth in phase 2 of fleece in sheep", "Lambs were shorn in phase 2.", "animal"),
        # its own, said in much the same way
        ("PP405 for hair loss: a phase 3 trial", "", "phase3"),
        ("Clascoterone in two phase 3 trials for hair loss", "", "phase3"),
        ("What is new: a phase 2 trial of PP405 in hair loss", "Forty men took part.", "phase2"),
        ("PP405 for hair loss: results of the phase 2 study and the phase 3 to come", "", "phase2"),
        ("PP405 in hair loss", "In a phase 2a trial 78 men used a gel that had woken follicles of mice.", "phase2"),
        ("PP405 for hair loss: a phase 2 trial", "It woke follicles of mice. Men used it for a month.", "phase2"),
        (
            "PP405 for hair loss: a phase 2 trial",
            "Forty men used it. The review board agreed.",
            "phase2",
        ),
    ],
)
def test_a_phase_counts_where_the_record_reports_that_trial(title: str, abstract: str, stage: str) -> None:
    assert one(article(title, abstract), "stage").label == stage


def test_a_phase_of_the_hair_cycle_is_in_the_trace_with_what_refuses_it() -> None:
    record = article("Hair growth", "Follicles in telogen phase 3 were plucked, in a two-phase 2 step.")
    assert vetoed_by(record, "phase2", "stage") == ['not a trial phase "two"']
    assert vetoed_by(record, "phase3", "stage") == ['not a trial phase "telogen"']
