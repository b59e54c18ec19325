"""The trace: every finding with what became of it, the labels made of the same, and `tracker why` that prints it."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from time import process_time

import pytest

from tests.labelled import load
from tests.test_classify import article, classifier, labels, trial
from tests.test_cli import tracker
from tests.world import at
from tracker.classify import Classifier, Finding
from tracker.classify.lexicon import expand
from tracker.classify.rules import Rules
from tracker.classify.text import Text
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.page.why import PIPED, json_of_why, why_page
from tracker.records import Record


def trace(record: Record, axis: str, label: str) -> list[Finding]:
    return [f for f in classifier().explain(record) if (f.axis, f.label) == (axis, label)]


def vetoed_by(record: Record, label: str, axis: str = "approach") -> list[str]:
    return [finding.by for finding in trace(record, axis, label) if finding.verdict == "vetoed"]


@pytest.mark.parametrize("name", ["made_up", "probes", "demo"])
def test_the_labels_are_the_findings_that_fired_and_no_others(name: str) -> None:
    for gold in load(name):
        said = [(label.axis, label.label, label.rule) for label in classifier().classify(gold.record, gold.linked)]
        found = classifier().explain(gold.record, gold.linked)
        assert [(f.axis, f.label, f.rule) for f in found if f.fired] == said
        assert all(f.by for f in found if not f.fired), "what did not fire says what kept it"


def test_a_source_of_a_product_is_vetoed_by_it() -> None:
    record = article("Exosomes of adipose-derived stem cells for hair loss")
    assert set(vetoed_by(record, "cell.msc_adipose")) == {"product beats source"}


@pytest.mark.parametrize(
    ("record", "label", "by"),
    [
        (article("No exosomes, but saline for hair loss"), "ev.unspec", "denied"),
        (article("Baricitinib regrows hair after failure of methotrexate"), "imm.other", "excluded"),
        (article("Serum exosomes as a biomarker of alopecia areata"), "ev.other", "biomarker"),
        (article("Effects of baicalin on dermal papilla cells and hair growth"), "cell.dp", "test system"),
        (article("Alopecia areata following dupilumab"), "imm.other", "blamed"),
        (
            article("PRP and hair loss: a survey", "After panretinal photocoagulation (PRP) 80 patients were asked."),
            "blood.prp",
            "spells PRP out as something else",
        ),
        (
            article("Tofacitinib in alopecia areata", "BACKGROUND: Corticosteroids fail.\nMETHODS: Men took it."),
            "imm.steroid",
            "fail",
        ),
        (
            trial("Cells in hair loss", "Minoxidil disappoints.", interventions=("BIOLOGICAL: ADSC",)),
            "minox.unspec",
            "interventions speak first",
        ),
    ],
)
def test_what_is_refused_says_by_what(record: Record, label: str, by: str) -> None:
    assert any(by in reason for reason in vetoed_by(record, label)), vetoed_by(record, label)
    assert label not in labels(record, "approach")


def test_a_short_name_within_its_own_long_one_is_not_refused() -> None:
    record = article("Low level laser therapy for hair loss")
    assert not vetoed_by(record, "dev.lllt") and "dev.lllt" in labels(record, "approach")


def test_a_disorder_that_is_not_theirs_says_by_what() -> None:
    record = article("Lupus mimicking alopecia areata", "Non-scarring alopecia was seen.")
    assert vetoed_by(record, "aa", "condition") == ['only looks like it "mimicking"']
    assert vetoed_by(record, "scarring", "condition") == ['denied "non"']


def test_a_phase_of_others_is_in_the_trace_with_the_words_that_refuse_it() -> None:
    record = article("PP405 for hair loss in 20 men", "Men were treated. A phase 3 trial is planned for next year.")
    assert any("planned" in by for by in vetoed_by(record, "phase3", "stage"))


def test_the_trace_of_an_off_topic_record_names_what_stood_against_it() -> None:
    record = article("Hair follicle stem cells bridge a gap of the sciatic nerve", "Rats walked again.")
    assert classifier().explain(record)[0].label == "off"
    assert vetoed_by(record, "hair", "relevance")


def test_the_approaches_of_an_off_topic_record_are_vetoed_by_that() -> None:
    record = article("PRP for tennis elbow", "Forty patients had PRP; one had alopecia and nausea.")
    assert vetoed_by(record, "blood.prp") == ["the record is off topic"]
    assert not labels(record, "approach")


def test_what_eligibility_criteria_name_is_in_the_trace() -> None:
    record = trial("A gel in hair loss", interventions=("DRUG: PP405",), eligibility="No finasteride within a year")
    assert any("eligibility" in by for by in vetoed_by(record, "andr.5ari"))
    assert set(labels(record, "approach")) == {"act.mpc"}


def test_a_refused_design_and_a_refused_takeaway_say_why() -> None:
    record = article(
        "A gel in hair loss",
        "Forty men used a gel. A placebo-controlled trial is needed. In conclusion, we discuss what a gel may do.",
    )
    assert 'planned "is needed"' in vetoed_by(record, "controlled", "flag")
    assert 'states no finding "we discuss"' in vetoed_by(record, "takeaway", "flag")
    assert not {"controlled", "takeaway"} & set(labels(record, "flag"))


def test_a_weaker_answer_is_outweighed_by_the_one_that_fired() -> None:
    record = article("PP405 for hair loss: a randomised phase 2 trial", types=("Clinical Trial, Phase II",))
    (second,) = [f for f in trace(record, "stage", "phase2") if not f.fired]
    assert (second.verdict, second.by) == ("outweighed", "stage.pubtype.phase")


# ---------------------------------------------------------------- the takeaway
def takeaway(abstract: str, title: str = "PP405 for hair loss") -> str | None:
    found = labels(article(title, abstract), "flag").get("takeaway")
    return found.quote if found else None


@pytest.mark.parametrize(
    ("abstract", "sentence"),
    [
        ("METHODS: Men came.\nCONCLUSIONS: Density rose more than with the vehicle. More trials are needed.",
         "Density rose more than with the vehicle."),
        ("CONCLUSIONS: Larger trials are needed to prove it. The gel was safe and raised the count of hairs.",
         "The gel was safe and raised the count of hairs."),
        ("Hair loss is common. We gave a gel to men. Our results suggest that the gel wakes the follicle. Trial "
         "registration: NCT00000001.", "Our results suggest that the gel wakes the follicle."),
        ("Hair loss is common in men. We gave a gel. Density rose by 14 hairs, significantly more than with vehicle.",
         "Density rose by 14 hairs, significantly more than with vehicle."),
        ("Hair loss is common in men. We gave a gel to forty of them. Hair density rose by 14, more than with vehicle. "
         "Pain was higher than with vehicle at week 4.", "Hair density rose by 14, more than with vehicle."),
        ("Hair loss is common in men. We gave a gel to 40. Our results suggest that the gel wakes the foll", None),
        ("Hair loss is common in men. We gave two drugs. The gel was not superior to the foam.",
         "The gel was not superior to the foam."),
        ("Hair loss is common in men. We gave a gel. At week 8, 31% of them had a gain above 20% against none.",
         "At week 8, 31% of them had a gain above 20% against none."),
        ("Hair loss is common in men. Whether gels differ is not known. We gave a gel to forty men.", None),
        ("Hair loss is common in men. In total 40 men were included and compared with 40 others.", None),
        ("Hair loss is common in men. We describe how we will give a gel to forty of them.", None),
        ("Hair loss is common. We saw a girl of ten without any hair at all. She was successfully treated with a gel.",
         "She was successfully treated with a gel."),
        ("Hair loss is common in men. We gave pulses to eight patients. The pulses were not effective in any of them.",
         "The pulses were not effective in any of them."),
        ("", None),
    ],
)  # fmt: skip
def test_the_takeaway_is_the_sentence_that_states_the_finding(abstract: str, sentence: str | None) -> None:
    assert takeaway(abstract) == sentence


def test_the_takeaway_stands_word_for_word_at_its_offsets() -> None:
    record = article("PP405 for hair loss", "AIM: A gel.\nCONCLUSIONS: TGF‑β fell, and 5α‑reductase did not change.  ")
    label = labels(record, "flag")["takeaway"]
    assert record.abstract[label.start : label.end] == label.quote == "TGF‑β fell, and 5α‑reductase did not change."


def test_a_trial_and_a_protocol_have_no_takeaway() -> None:
    told = "CONCLUSIONS: Density rose by 14 hairs."
    assert "takeaway" not in labels(trial("PP405 in hair loss", told), "flag")
    assert takeaway(told, "PP405 for hair loss: study protocol") is None


def test_the_figures_of_a_review_are_other_peoples() -> None:
    told = "Hair loss is common. We review gels. In one trial density rose by 14 hairs, more than with vehicle."
    assert takeaway(told, "Gels for hair loss: a review") is None


# ---------------------------------------------------------------- the quick look
def test_the_quick_look_passes_whatever_any_phrase_of_hair_could_find() -> None:
    rules = Rules(classifier().taxonomy)
    phrases = [p.rstrip("*") for name in ("loss", "follicle", "drug") for p in rules.lists["hair"][name]]
    missed = [
        plain
        for phrase in phrases
        for plain in expand(phrase)
        if not rules.may_be_hair(article(plain), Text("title", plain), Text("abstract", ""))
    ]
    assert missed == []


def test_the_quick_look_finds_the_same_stage_as_a_full_reading() -> None:
    """Guesses aside, which ask whether a title names a treatment of hair loss."""
    full = Classifier(classifier().taxonomy)
    full._rules.may_be_hair = lambda record, title, abstract: True  # type: ignore[method-assign]
    for gold in (*load("probes"), *load("made_up")):
        quick, slow = (one.classify(gold.record, gold.linked) for one in (classifier(), full))
        found, again = (next(label for label in labels if label.axis == "stage") for labels in (quick, slow))
        assert found == again or found.rule.startswith("stage.guess")


# ---------------------------------------------------------------- the page
@cache
def page(record: Record) -> str:
    return why_page(record, classifier().explain(record), [], PIPED)


def test_the_page_marks_the_words_and_lists_the_rules() -> None:
    shown = page(article("Exosomes of adipose-derived stem cells for hair loss", "Minoxidil is approved."))
    assert "[[Exosomes]] of" in shown and "[[hair loss]]" in shown and "((" in shown
    assert "+ ev.adsc" in shown and "product beats source" in shown and "+ core" in shown
    assert "because ev.adsc is among the approaches" in " ".join(shown.split())


def test_the_page_tells_what_says_the_same_once() -> None:
    shown = page(
        article("Hair loss", "Exosomes of fat cells, PRP, exosomes of fat cells, PRP and exosomes were tried.")
    )
    assert shown.count("~ blood.prp") <= 1 and shown.count("~ ev.adsc") <= 1


def test_the_page_keeps_control_characters_from_the_terminal() -> None:
    shown = page(replace(article("Hair loss \x1b[31m and \x07 exosomes"), abstract="a\x00b PRP"))
    assert "\x1b[31m" not in shown and "\x07" not in shown and "\x00" not in shown


def test_the_same_for_programs_has_offsets_that_point_into_the_text() -> None:
    record = article("Exosomes for hair loss", "Forty men received PRP.")
    for finding in json_of_why(record, classifier().explain(record))["findings"]:
        if finding["field"]:
            assert record.column(finding["field"])[finding["start"] : finding["end"]] == finding["quote"]


def test_a_trace_is_not_much_slower_than_the_labels_alone() -> None:
    records = [gold.record for gold in load("demo")]
    times = []
    for work in (classifier().classify, classifier().explain):
        start = process_time()
        for record in records * 2:
            work(record)
        times.append(process_time() - start)
    assert times[1] < 3 * times[0]


def test_why_is_asked_for_as_a_user_types_it(tmp_path: Path) -> None:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path)
        held = world.put_article(1, "PP-405 gel in <i>alopecia</i>")
        assert tracker(world, "fetch").returncode == 0
    shown = tracker(world, "why", held)
    assert shown.returncode == 0, shown.stderr
    assert "[[PP-405]] gel in [[alopecia]]" in shown.stdout and "\x1b" not in shown.stdout
    findings = json.loads(tracker(world, "why", held, "--json").stdout)["findings"]
    assert ("act.mpc", "fired", "PP-405") in [(f["label"], f["verdict"], f["quote"]) for f in findings]
    refused = tracker(world, "why", "9")
    assert refused.returncode == 2 and "9: is not held" in refused.stderr
