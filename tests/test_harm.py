"""Words of harm: what is found, what is denied, and what only sounds like harm."""

import time

import pytest

from tracker.harm import around, harms


def found(text: str) -> list[str]:
    return [match[0].lower() for match in harms(text)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Two patients had an infection.", "infection"),
        ("Granulomatous nodules of the scalp", "granulomatous"),
        ("Nodules and a granuloma arose at the sites", "nodules"),
        ("An abscess was drained", "abscess"),
        ("Cellulitis of the forehead followed", "cellulitis"),
        ("Skin NECROSIS occurred", "necrosis"),
        ("Keloids and hypertrophic scarring were left", "keloids"),
        ("Permanent scarring was left at the donor site", "permanent scarring"),
        ("Scarring developed at two sites", "scarring"),
        ("Sudden loss of vision in one eye", "loss of vision"),
        ("Vision loss after scalp injection", "vision loss"),
        ("Monocular blindness after injection", "blindness"),
        ("Ocular complications of platelet injections", "ocular complications"),
        ("Occlusion of the ophthalmic artery", "occlusion of the ophthalmic artery"),
        ("Two were treated for sepsis", "sepsis"),
        ("Tumour formation was seen", "tumour"),
        ("A squamous cell carcinoma arose", "carcinoma"),
        ("One malignancy was reported", "malignancy"),
        ("An osteosarcoma grew in one mouse", "osteosarcoma"),
        ("Anaphylaxis came minutes later", "anaphylaxis"),
        ("One woman was hospitalised", "hospitalised"),
        ("One participant died", "died"),
        ("There was one death", "death"),
        ("Three serious adverse events were recorded", "serious adverse events"),
        ("Herpes zoster in two, pulmonary embolism in one", "herpes zoster"),
        # Denied, and then not.
        ("No serious infection except one sepsis", "sepsis"),
        ("No infection occurred. One abscess was drained.", "abscess"),
        ("No infection occurred, but two had granulomas", "granulomas"),
        ("No infections were seen, and one patient developed an abscess", "abscess"),
        ("There was no response in the man who had sepsis", "sepsis"),
        ("Regrowth did not come, because of an infection", "infection"),
        ("Not only infection but sepsis was seen", "infection"),
        ("The infection did not resolve", "infection"),
        ("Infections not related to the drug were seen in two", "infections"),
        ("Without a change of density in all of the first year of follow-up an infection came", "infection"),
    ],
)  # fmt: skip
def test_the_first_harm_that_is_told_is_found(text: str, first: str) -> None:
    assert found(text)[:1] == [first]


@pytest.mark.parametrize(
    "text",
    [
        "No infection occurred.",
        "It was tolerated without any serious adverse events.",
        "No adverse event was recorded; none was serious.",
        "No patient developed an abscess, a granuloma or necrosis.",
        "Neither infection nor sepsis was seen.",
        "None of the 90 men had an infection.",
        "There were no deaths, no hospitalisations and no tumours.",
        "Infections were not observed.",
        "Tumour formation was absent.",
        "Malignancy was ruled out.",
        "The cells are free of infection.",
        "There was no evidence of tumour formation or other serious harm.",
        "The mice never developed tumours.",
        "Nobody was hospitalised.",
        "It didn't cause tumours.",
        "The drug did not cause any serious infection.",
    ],
)
def test_what_is_denied_is_no_harm(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "a double-blind, blinded trial; success of the blindness of assessors",
        "disinfection of the scalp",
        "an antibody to tumour necrosis factor alpha",
        "an anti-tumour effect",
        "scarring alopecia and non-scarring alopecia; scarring and nonscarring forms",
        "dissecting cellulitis of the scalp",
        "programmed cell death; the death receptor",
        "telogen effluvium after COVID-19 infection",
        "men with HIV infection",
        "carcinoma patients who lost their hair",
        "hair loss in women with breast carcinoma",
        "chemotherapy for solid tumours",
        "survivors of childhood malignancies",
        "applied under occlusion",
    ],
)
def test_a_word_that_names_no_harm_done_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_around_gives_at_most_twelve_words_and_the_find_among_them() -> None:
    text = "one two three four five six seven infection nine ten eleven twelve thirteen fourteen fifteen"
    start, end = around(text, text.index("infection"))
    assert text[start:end] == "three four five six seven infection nine ten eleven twelve thirteen fourteen"
    assert around("sepsis", 0) == (0, 6)


@pytest.mark.parametrize("text", ["no change, infection but ", "no-no-no-no infection ", "no a-b/c-d e f infection "])
def test_a_long_text_is_read_in_good_time(text: str) -> None:
    begun = time.process_time()
    assert found((text * 5000)[:100_000]) == []
    assert time.process_time() - begun < 5
