"""Design flags: how many, how long, in which animal, how controlled, and what was said of harm."""

import pytest

from tests.test_classify import article, classifier, labels, trial


def test_flags_of_a_trial_come_from_its_fields() -> None:
    record = trial(
        "PP405 in hair loss",
        allocation="RANDOMIZED",
        masking="DOUBLE",
        enrollment=78,
        status="WITHDRAWN",
        arms=("EXPERIMENTAL: a", "PLACEBO_COMPARATOR: b"),
    )
    flags = labels(record, "flag")
    assert set(flags) == {"randomised", "blinded", "controlled", "n", "withdrawn"} and flags["n"].value == "78"


def test_where_a_registry_leaves_the_design_empty_the_words_tell_it() -> None:
    told = "A randomised, double-blind, placebo-controlled study in 40 men. They will be treated for 24 weeks."
    found = labels(trial("PP405 in hair loss", told), "flag")
    assert {"randomised", "blinded", "controlled"} <= set(found) and found["n"].value == "40"
    assert found["randomised"].quote == "randomised"
    spoken = labels(trial("PP405 in hair loss", told, allocation="NON_RANDOMIZED", enrollment=38), "flag")
    assert not {"randomised", "blinded", "controlled"} & set(spoken) and spoken["n"].value == "38"


def test_design_flags_carry_their_words() -> None:
    record = article(
        "Exosomes for hair loss",
        "Thirty-six participants were randomly assigned, double-blind, to vesicles or placebo for 24 weeks.",
    )
    flags = labels(record, "flag")
    assert flags["n"].value == "36" and flags["duration"].value == "24 weeks"
    assert flags["blinded"].quote == "double-blind" and {"randomised", "controlled"} <= set(flags)


def test_a_non_randomised_trial_is_not_flagged_as_randomised() -> None:
    assert "randomised" not in labels(article("PRP in hair loss: a non-randomised controlled trial"), "flag")


def test_a_review_gets_no_design_flags() -> None:
    record = article(
        "PRP in hair loss: a review",
        "Eleven randomised placebo-controlled trials of 300 patients were found.",
        types=("Review",),
    )
    assert not {"randomised", "controlled", "n"} & set(labels(record, "flag"))


def test_a_protocol_is_flagged_once() -> None:
    record = article(
        "PP405 for hair loss: study protocol", "This protocol plans 60 men.", types=("Clinical Trial Protocol",)
    )
    assert [label.label for label in classifier().classify(record) if label.axis == "flag"].count("protocol") == 1


def flags(abstract: str, title: str = "PP405 for hair loss", **facts: object) -> dict[str, str]:
    """Flag -> value."""
    return {name: label.value for name, label in labels(article(title, abstract, **facts), "flag").items()}


@pytest.mark.parametrize(
    ("words", "n"),
    [
        ("71 male and female subjects took part", "71"),
        ("In all 1,465 patients took the drug", "1465"),
        ("Thirty-six participants were treated", "36"),
        ("Three hundred men took it", "300"),
        ("One hundred and twenty women took it", "120"),
        ("Men were eligible; 1465 underwent randomization", "1465"),
        ("The rate was 27 per 1000 person-years among 312 women", "312"),
        ("Fifty men and 15 women were injected", "65"),
        ("Of 120 patients screened, 64 were randomised", "64"),
        ("We screened leaflets. 120 patients were invited, and sixty-four were enrolled", "64"),
        ("120 patients were screened", None),
        ("Two groups of 25 men each got PRP or saline", "50"),
        ("Group A had PRP, group B saline, 20 women each", "40"),
        ("Some got PRP and some saline, 20 women each", None),
        ("Some got PRP, 20 women each. In all there were 60 women", "60"),
        ("Twenty men had three injections each", "20"),
        ("Polysorbate 60 and control subjects did not differ", None),
        ("A lotion was used for 16 weeks in participants", None),
        ("In phase 1 of the study all men took it", None),
        ("It is seen in 1 of the patients who shed", None),
    ],
)
def test_people_are_counted_as_a_reader_counts_them(words: str, n: str | None) -> None:
    assert flags(f"{words}.").get("n") == n


@pytest.mark.parametrize(
    ("words", "duration"),
    [
        ("Forty men were treated for 24 weeks.", "24 weeks"),
        ("Forty men took part in a six-month clinical trial.", "6 months"),
        ("Forty men took part in a 12-month trial; density was read at week 24.", "12 months"),
        ("Forty men came. Density was read at week 12 and at week 24.", "24 weeks"),
        ("Forty men were randomised and followed for one year.", "1 year"),
        ("Forty men had had hair loss for ten years.", None),
        ("Forty men were given a gel whose disease had been inactive for two years.", None),
        ("The gel was kept for three months before forty men used it.", None),
        ("Forty men came at two-week intervals.", None),
        ("Forty men shed again after six weeks.", None),
    ],
)
def test_the_duration_is_that_of_treatment_or_follow_up(words: str, duration: str | None) -> None:
    assert flags(words).get("duration") == duration


@pytest.mark.parametrize(
    "words",
    [
        "A randomised controlled trial would be needed to tell.",
        "The lack of a control group limits what can be said.",
        "It had neither a control group nor randomisation.",
        "Earlier studies have been shown to lack a placebo group.",
        "There are no prospective randomised controlled trials.",
    ],
)
def test_what_is_missing_or_wished_for_is_no_design(words: str) -> None:
    assert not {"controlled", "randomised"} & set(flags(f"Forty men used the gel. {words}"))


@pytest.mark.parametrize(
    ("words", "animal"),
    [
        ("Nude mice were grafted. Porcine gelatin held the cells; pig ear skin was used in Franz cells.", "mouse"),
        ("Goat anti-rabbit antibodies stained the skin of treated mice.", "mouse"),
        ("Guinea pigs were shaved and painted.", "guinea_pig"),
        ("Rat papilla cells grew. Rat papilla cells of passage 9 and others went into nude mice.", "mouse"),
    ],
)
def test_the_species_is_that_of_the_living_animal(words: str, animal: str) -> None:
    assert flags(words).get("species") == animal


@pytest.mark.parametrize(
    "harm", ["sepsis", "skin necrosis", "blindness of one eye", "a tumour formation", "an infection", "a granuloma"]
)
def test_words_of_harm_are_flagged(harm: str) -> None:
    assert "safety" in flags(f"Forty men were treated. One had {harm}.")


@pytest.mark.parametrize(
    ("title", "abstract", "value", "field"),
    [
        ("PP405 for hair loss", "Forty men were treated. One had sepsis.", "harm", "abstract"),
        ("Hair loss: abscess after exosomes", "One man was treated, and had sepsis.", "harm", "title"),
        ("PP405 for hair loss", "Forty men were treated. No infection occurred.", "", "abstract"),
        ("PP405 for hair loss", "Forty men were treated. No adverse event was recorded.", "", "abstract"),
        ("PP405 for hair loss", "Forty men were treated. It was well tolerated.", "", "abstract"),
        ("PP405 for hair loss", "Previous studies reported sepsis. Forty men were treated.", None, ""),
        # a disease, and nothing about the safety of what was given
        ("PP405 for hair loss", "Forty men with lymphoma were treated.", None, ""),
        ("PP405 for hair loss", "Forty men were treated. It is not a life-threatening disease.", None, ""),
    ],
)
def test_harm_that_is_told_is_kept_apart_from_words_about_safety(
    title: str, abstract: str, value: str | None, field: str
) -> None:
    flag = labels(article(title, abstract), "flag").get("safety")
    assert (flag.value if flag else None) == value
    assert flag is None or flag.field == field


def test_a_registration_tells_no_harm_but_what_will_be_watched_for() -> None:
    record = trial("PP405 in hair loss", "Infections and tumours are looked for.")
    assert labels(record, "flag")["safety"].value == ""


def test_the_flag_of_a_harm_quotes_the_words_around_it() -> None:
    record = article("PP405 for hair loss", "Forty men used the gel for a whole long year. One of them had sepsis.")
    assert labels(record, "flag")["safety"].quote == "One of them had sepsis."


def test_what_one_party_knew_takes_back_no_double_blinding() -> None:
    assert "blinded" in flags("A double-blind trial in forty men. The surgeon was not blinded.")
    assert "blinded" not in flags("Forty men took part. Raters were blinded; patients were not blinded.")


def test_a_result_with_neither_group_better_is_still_randomised() -> None:
    assert "randomised" in flags("Forty men were randomised. Neither group gained hair, nor did any shed.")
