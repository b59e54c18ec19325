"""The promises of `tracker.classify`: quotes that stand where they say, one relevance and one stage, rules that can
be read.
"""

from dataclasses import replace
from functools import cache
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bench_classify import WANTED, made_up_records, measure
from tracker.classify import Classifier, load_taxonomy
from tracker.classify.lexicon import Entry, Lexicon, expand
from tracker.classify.phase import phases
from tracker.classify.rules import Rules
from tracker.classify.taxonomy import phrase_problem
from tracker.classify.text import Text
from tracker.errors import ConfigError
from tracker.records import Label, Record, Trial

FIELDS = {"title", "abstract", "terms", "types", "conditions", "interventions", "arms", "eligibility", "phases"}


@cache
def classifier() -> Classifier:
    return Classifier(load_taxonomy())


def article(title: str, abstract: str = "", **facts: object) -> Record:
    return replace(Record(id="pubmed-1", source="pubmed", kind="article", title=title, abstract=abstract), **facts)  # type: ignore[arg-type]


def trial(title: str, summary: str = "", **facts: object) -> Record:
    registered = Trial(**facts)  # type: ignore[arg-type]
    return Record(
        id="NCT00000001", source="clinicaltrials", kind="trial", title=title, abstract=summary, trial=registered
    )


def labels(record: Record, axis: str, linked: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> dict[str, Label]:
    return {label.label: label for label in classifier().classify(record, linked) if label.axis == axis}


PIECES = [
    "hair loss ",
    "ADSC",
    "-derived ",
    "exosomes",
    " of ",
    "β",
    "\u0301",
    "ﬁ",
    "İ",
    "½",
    "™",
    "\u2011",
    "phase ",
    "II",
    "1/2 ",
    "(",
    ")",
]
PIECES += ["PRP", ". ", "\n", "BACKGROUND: ", "24 patients ", "minoxidil ", "\U0001f9ec", "\u200b", "via ", "mice "]


def one(record: Record, axis: str, linked: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> Label:
    (label,) = labels(record, axis, linked).values()
    return label


AWKWARD = [
    article("", ""),
    article("\u00a0\u2003", "\n\n"),
    article(
        "PP\u2011405 gel \u2014 telogen \u2192 anagen",
        "5\u03b1-reductase inhibitors\u2019 use (n\u00a0=\u00a024).\nRESULTS: hair loss slowed.",
    ),
    article(
        "Alope\u0301cie: \ufb01nasteride\u00ae",
        "\u0394Np63 \U0001f9ec and e\u0301 hair follicles; TGF-\u03b22 exosomes of adipose stem cells",
    ),
    article("(" * 300 + "alopecia" + ")" * 300, "PRP " * 500),
    article("Alopecia.", "x" * 30_000 + " minoxidil"),
    trial(
        'Exosomes "quoted" \\ and hair loss',
        "a\tb",
        interventions=('DRUG: "PP405" gel\\', "OTHER: \u03b2 PRP"),
        conditions=("Alopecia",),
    ),
]


@pytest.mark.parametrize("record", AWKWARD)
def test_every_quote_is_what_stands_at_its_offsets(record: Record) -> None:
    for label in classifier().classify(record):
        if label.field is None:
            assert (label.start, label.end, label.quote) == (None, None, None)
        else:
            assert label.field in FIELDS
            assert record.column(label.field)[label.start : label.end] == label.quote != ""


@pytest.mark.parametrize("record", AWKWARD)
def test_each_record_has_one_relevance_one_stage_and_no_label_twice(record: Record) -> None:
    found = classifier().classify(record)
    assert [label.axis for label in found].count("relevance") == 1
    assert [label.axis for label in found].count("stage") == 1
    assert len({(label.axis, label.label) for label in found}) == len(found)
    for label in found:
        assert label.rule and label.version == load_taxonomy().version and 0 < label.strength <= 1
        assert label.source in {"registry", "pubtype", "mesh", "text"}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40), st.lists(st.sampled_from(PIECES), max_size=8))
def test_no_text_breaks_the_rules_or_the_offsets(abstract: list[str], title: list[str]) -> None:
    record = article("".join(title), "".join(abstract))
    for label in classifier().classify(record):
        if label.field is not None:
            assert record.column(label.field)[label.start : label.end] == label.quote != ""


def test_a_long_hostile_text_takes_no_longer_than_its_length() -> None:
    for piece in (
        "a-",
        "(",
        "exosomes derived from ",
        "alopecia after ",
        "phase 1 ",
        "24 patients with ",
        "PRP (",
        "vs. A",
    ):
        times = []
        for size in (10_000, 40_000):
            start = process_time()
            classifier().classify(article((piece * size)[:size], "hair loss " + (piece * size)[:size]))
            times.append(process_time() - start)
        assert times[1] < 12 * max(times[0], 0.02), f"{piece!r} grows faster than its length: {times}"


def test_a_crawl_is_read_sixty_times_as_fast_as_with_a_pattern_per_term() -> None:
    assert measure(made_up_records(100)).ratio >= WANTED


def test_the_same_record_gives_the_same_labels() -> None:
    record = AWKWARD[3]
    assert classifier().classify(record) == Classifier(load_taxonomy()).classify(record)


def test_what_is_off_topic_has_no_approach_but_a_reason() -> None:
    record = article(
        "Platelet-rich plasma for tennis elbow", "Forty patients were randomised; one had alopecia and nausea."
    )
    assert not labels(record, "approach")
    assert one(record, "relevance").label == "off"


def test_hair_pulling_is_off_topic_unless_it_is_told_from_a_hair_disorder() -> None:
    assert one(article("Trichotillomania and patterns of hair loss"), "relevance").label == "off"
    assert one(article("Trichoscopy of alopecia areata and trichotillomania"), "relevance").label == "hair"


def test_core_means_cells_vesicles_activators_and_the_like() -> None:
    assert one(article("PP405 for hair loss"), "relevance").label == "core"
    assert one(article("Finasteride for hair loss"), "relevance").label == "hair"


def test_a_quote_points_into_the_stored_text_not_the_folded_one() -> None:
    record = article("Rôle of β‑catenin and 5α‐reductase inhibitors in alopecia")
    assert labels(record, "approach")["andr.5ari"].quote == "5α‐reductase inhibitors"


# ---------------------------------------------------------------- text and phrases
def test_a_folded_text_leads_back_when_lengths_change() -> None:
    text = Text("title", "TGF-β and α‑MSH")
    start = text.low.index("alpha-msh")
    assert text.original[slice(*text.span(start, start + len("alpha-msh")))] == "α‑MSH"


def test_sentences_end_where_a_reader_ends_them() -> None:
    text = Text(
        "abstract", "Minoxidil vs. Finasteride was compared. Dose 0.05% was given.Hair grew by 3 mm.\nRESULTS: none"
    )
    assert [text.original[s.start : s.end].strip() for s in text.sentences] == [
        "Minoxidil vs. Finasteride was compared.", "Dose 0.05% was given.", "Hair grew by 3 mm.", "RESULTS: none",
    ]  # fmt: skip


def test_a_plural_short_form_ends_a_sentence_and_versus_does_not() -> None:
    text = Text("abstract", "Mice got sEVs. They grew hair, 9 vs. Eight of ten.")
    assert [text.original[s.start : s.end] for s in text.sentences] == [
        "Mice got sEVs. ", "They grew hair, 9 vs. Eight of ten.",
    ]  # fmt: skip


def test_labelled_abstracts_know_their_parts() -> None:
    text = Text("abstract", "BACKGROUND: Old drugs.\nMATERIALS AND METHODS: Men. They came twice.\nCONCLUSIONS: Good.")
    assert [sentence.part for sentence in text.sentences] == ["background", "methods", "methods", "conclusions"]


def test_a_phrase_is_found_in_all_its_spellings() -> None:
    lexicon = Lexicon(
        [Entry("leaf", "mpc", "PP405"), Entry("leaf", "ev", "exosom*"), Entry("leaf", "cell", "stem(| like) cell")]
    )
    low = "pp405, pp-405 and pp 405; exosomal stem-cells, stem-like cell; app405 pp4050 stem celling"
    assert [low[hit.start : hit.end] for hit in lexicon.find(low)] == [
        "pp405", "pp-405", "pp 405", "exosomal", "stem-cells", "stem-like cell",
    ]  # fmt: skip


def test_the_longest_phrase_is_found_however_it_is_spelt() -> None:
    phrases = ["microneedl*", "micro needl*", "micro needle patch", "microneedle transdermal delivery"]
    lexicon = Lexicon([Entry("g", phrase, phrase) for phrase in phrases])
    for low in ("microneedle patch", "micro-needle patch", "microneedle transdermal delivery"):
        assert max(hit.end for hit in lexicon.find(low)) == len(low)


def test_shorter_phrases_inside_a_longer_one_are_found_too() -> None:
    lexicon = Lexicon(
        [
            Entry("g", "long", "hair follicle stem cell"),
            Entry("g", "short", "hair follicle"),
            Entry("g", "tail", "stem cell"),
        ]
    )
    assert [hit.name for hit in lexicon.find("hair follicle stem cells")] == ["short", "long", "tail"]


def test_alternatives_expand_to_plain_phrases() -> None:
    assert list(expand("bone marrow(| derived) (stem|stromal) cell")) == [
        "bone marrow stem cell",
        "bone marrow stromal cell",
        "bone marrow derived stem cell",
        "bone marrow derived stromal cell",
    ]


def test_every_shipped_phrase_is_well_formed() -> None:
    taxonomy = load_taxonomy()
    phrases = [
        p
        for leaf in taxonomy.leaves
        for p in (*leaf.terms, *leaf.title_terms, *leaf.weak_terms, *leaf.exclusions, *leaf.source)
    ]
    lists = Rules(taxonomy).lists
    phrases += [
        p
        for section in ("hair", "other_subject", "cue", "stage_title", "stage_text", "stage_cue", "flag", "species")
        for words in lists[section].values()
        for p in words
    ]
    assert [(phrase, problem) for phrase in phrases if (problem := phrase_problem(phrase))] == []


# ---------------------------------------------------------------- taxonomy
def test_every_leaf_says_what_it_means() -> None:
    taxonomy = load_taxonomy()
    assert len(taxonomy.leaves) >= 50
    for leaf in taxonomy.leaves:
        assert leaf.family in taxonomy.family and leaf.label and leaf.definition.endswith(".")


def test_a_user_adds_a_leaf_and_the_version_says_so() -> None:
    taxonomy = load_taxonomy([{"id": "act.newco", "label": "NewCo 12", "terms": ["NC-12", "newcostat"]}])
    found = Classifier(taxonomy).classify(article("NC12 cream for baldness"))
    assert [label.label for label in found if label.axis == "approach"] == ["act.newco"]
    assert taxonomy.version.startswith(load_taxonomy().version + "+") and found[0].version == taxonomy.version


def test_a_user_refines_a_shipped_leaf() -> None:
    leaf = load_taxonomy([{"id": "act.mpc", "terms": ["ABC-1"], "label": "MPC"}]).leaf["act.mpc"]
    assert leaf.label == "MPC" and "PP405" in leaf.terms and "ABC-1" in leaf.terms


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"id": "act.x", "term": ["y"]}, 'did you mean "terms"?'),
        ({"id": "nofamily.x"}, "the families are"),
        ({"label": "x"}, "needs an id"),
        ({"id": "act.x", "terms": ["a*b"]}, "not at its end"),
        ({"id": "act.x", "terms": "PP405"}, "must be a list"),
        ({"id": "act.x", "assay": "yes"}, "true or false"),
    ],
)
def test_a_wrong_leaf_is_one_clear_line(row: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=r".+") as caught:
        load_taxonomy([row])
    assert says in str(caught.value) and "\n" not in str(caught.value)


# ---------------------------------------------------------------- trials
@pytest.mark.parametrize(
    ("phases", "study_type", "stage"),
    [
        (("PHASE1", "PHASE2"), "INTERVENTIONAL", "phase1_2"),
        (("PHASE2", "PHASE3"), "INTERVENTIONAL", "phase2_3"),
        (("EARLY_PHASE1",), "INTERVENTIONAL", "early_phase1"),
        (("NA",), "INTERVENTIONAL", "trial_unphased"),
        ((), "OBSERVATIONAL", "observational"),
        ((), "INTERVENTIONAL", "trial_unphased"),
    ],
)
def test_a_trial_has_the_registrys_stage(phases: tuple[str, ...], study_type: str, stage: str) -> None:
    label = one(trial("Alopecia and a phase 4 wish", phases=phases, study_type=study_type), "stage")
    assert label.label == stage or (not phases and study_type == "INTERVENTIONAL" and label.label == "phase4")


def test_the_registrys_phase_wins_over_the_words_of_the_title() -> None:
    label = one(trial("A phase 3 study of PP405 in alopecia", phases=("PHASE2",)), "stage")
    assert (label.label, label.source, label.field) == ("phase2", "registry", None)


def test_interventions_label_a_trial_and_eligibility_never_does() -> None:
    record = trial(
        "A study in androgenetic alopecia",
        "Minoxidil has been used for decades.",
        interventions=("BIOLOGICAL: ADSC-derived exosomes",),
        eligibility="Exclusion: finasteride or a hair transplant within a year",
    )
    assert set(labels(record, "approach")) == {"ev.adsc"}
    assert labels(record, "approach")["ev.adsc"].field == "interventions"


def test_a_placebo_arm_labels_nothing() -> None:
    record = trial(
        "A study in hair loss", arms=("EXPERIMENTAL: PP405 gel", "PLACEBO_COMPARATOR: gel as after microneedling")
    )
    assert set(labels(record, "approach")) == {"act.mpc"}


def test_a_trial_is_about_hair_by_its_conditions() -> None:
    assert one(trial("A study of SHR0302", conditions=("Alopecia Areata",)), "relevance").label == "hair"


# ---------------------------------------------------------------- articles
def test_the_one_linked_trial_gives_its_phase() -> None:
    record = article("Clobetasol for alopecia areata: a randomised trial", types=("Randomized Controlled Trial",))
    label = one(record, "stage", (("NCT00000001", ("PHASE3",)),))
    assert (label.label, label.source) == ("phase3", "registry")


def test_two_linked_trials_give_none() -> None:
    linked = (("NCT00000001", ("PHASE3",)), ("NCT00000002", ("PHASE2",)))
    assert (
        one(article("Ritlecitinib in alopecia areata", types=("Clinical Trial",)), "stage", linked).label
        == "trial_unphased"
    )


def test_a_review_stays_a_review_though_a_trial_is_linked() -> None:
    linked = (("NCT00000001", ("PHASE3",)),)
    assert one(article("Alopecia areata", types=("Review",)), "stage", linked).label == "review"


def test_two_phase_types_make_one_double_phase() -> None:
    record = article("PP405 for hair loss", types=("Clinical Trial, Phase II", "Clinical Trial, Phase I"))
    label = one(record, "stage")
    assert label.label == "phase1_2" and label.field == "types"
    assert record.column("types")[label.start : label.end] == label.quote


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("a phase IIb/III trial", "23"),
        ("Phase 1b study", "1"),
        ("phase 1/2a", "12"),
        ("early phase 1", "0"),
        ("Phase Ib and phase II", "12"),
        ("phase III-equivalent", "3"),
        ("phase 0 study", "0"),
        ("the BRAVE-X-2b/3 study", "23"),
        ("anagen phase VI", ""),
        ("phase images", ""),
    ],
)
def test_phases_are_read_as_they_are_written(text: str, digits: str) -> None:
    found = phases(Text("title", text))
    assert (found[0].digits if found else "") == digits


def test_a_short_form_counts_where_the_document_spells_it_out() -> None:
    spelt = article("Botulinum toxin (BTX) in hair loss: a trial", "We injected BTX.")
    assert "oth.botulinum" in labels(spelt, "approach")
    foreign = article(
        "Photocoagulation (PRP) and hair loss: a survey",
        "After panretinal photocoagulation (PRP) 80 patients were asked.",
    )
    assert not labels(foreign, "approach")


def test_a_title_is_read_with_the_short_forms_of_its_abstract() -> None:
    own = article("BTXA in androgenetic alopecia: a trial", "Botulinum toxin A (BTXA) was injected in 30 men.")
    assert labels(own, "approach")["oth.botulinum"].field == "title"
    foreign = article("PRP and hair loss: a survey", "After panretinal photocoagulation (PRP) 80 patients were asked.")
    assert not labels(foreign, "approach")


def test_a_starred_mesh_heading_labels_what_the_words_do_not() -> None:
    record = article(
        "Which alopecia patients respond?",
        terms=("Minoxidil", "Alopecia"),
        mesh=("Minoxidil/*therapeutic use", "Alopecia/drug therapy"),
    )
    label = labels(record, "approach")["minox.unspec"]
    assert (label.source, label.field, label.quote) == ("mesh", "terms", "Minoxidil")
    unstarred = replace(record, mesh=("Minoxidil/therapeutic use", "Alopecia/*drug therapy"))
    assert not labels(unstarred, "approach")


def test_a_retracted_paper_keeps_its_labels_beside_the_flag() -> None:
    record = article(
        "Exosomes of ADSCs for alopecia", types=("Journal Article", "Retracted Publication"), notice="retracted"
    )
    assert "retracted" in labels(record, "flag") and "ev.adsc" in labels(record, "approach")


def test_a_condition_is_quoted_in_full() -> None:
    found = labels(article("Exosomes and hair", "Androgenetic alopecia, and androgenetic loss again."), "condition")
    assert found["aga"].quote == "Androgenetic alopecia"


def test_conditions_come_from_the_title_first() -> None:
    assert set(
        labels(article("Baricitinib in alopecia areata", "Unlike androgenetic alopecia it is immune."), "condition")
    ) == {"aa"}
    assert set(labels(article("Exosomes and hair growth"), "condition")) == {"general"}
