"""Words of harm: what is found, what is denied, and what only sounds like harm."""

import re
import time
from collections.abc import Iterator
from itertools import product
from re import _parser  # type: ignore[attr-defined]  # the one reading of a pattern that cannot differ from its use
from typing import Any

import pytest

from tracker.harm import HARM, around, harms, words_of_harm


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
        # What is denied is something else.
        ("A patient without prior illness developed sepsis", "sepsis"),
        ("Four patients without comorbidity developed necrosis.", "necrosis"),
        ("A woman with no prior illness developed sepsis", "sepsis"),
        ("Two men who had no symptoms before developed tumours", "tumours"),
        ("Without antibiotics, infection followed in two", "infection"),
        ("A lack of response was followed by infection", "infection"),
        ("There were no differences in hair density, and infection occurred in three patients", "infection"),
        ("There were no differences in density and a granuloma was reported", "granuloma"),
        ("None responded and sepsis occurred", "sepsis"),
        ("None responded and the rest developed infection", "infection"),
        ("Nobody improved and tumours grew in four", "tumours"),
        ("Hair did not regrow and tumours appeared", "tumours"),
        ("No regrowth was seen, infection occurred at the sites", "infection"),
        ("No improvement was seen and several had infections", "infections"),
        ("Not infrequently infection occurs", "infection"),
        ("Not rarely an infection follows", "infection"),
        ("Necrosis is not uncommonly followed by infection", "necrosis"),
        ("Antibiotics did not prevent infection", "infection"),
        ("The drug was not effective and caused infection.", "infection"),
        ("It is not known why tumours grew.", "tumours"),
        ("Not all infections resolved.", "infections"),
        ("No fewer than four patients developed infection.", "infection"),
        ("Nearly none escaped infection.", "infection"),
        ("With no change in density, infection occurred.", "infection"),
        ("No difference was found, with infection being frequent in both.", "infection"),
        ("The trial was stopped because no benefit was seen and a participant died.", "died"),
        ("She had never been ill before and died.", "died"),
        # Not seeing.
        ("Three women went blind.", "went blind"),
        ("One man is now blind in one eye", "blind in one eye"),
        ("She became blind", "became blind"),
        ("Patients lost vision.", "lost vision"),
        ("One woman lost her sight.", "lost her sight"),
        ("Two people lost their sight after it", "lost their sight"),
        ("Vision was lost in the left eye.", "vision was lost"),
        ("Erysipelas and bacteraemia followed", "erysipelas"),
        # Looked for, and found.
        ("The incidence of infection was 4%", "infection"),
        ("The number of participants with infection was four", "infection"),
        ("The risk of serious infection was higher in the treated", "infection"),
        ("The men were examined and infection was found", "infection"),
        ("To assess the gel forty men used it, and two developed infection", "infection"),
        ("Of 40 men monitored for a year, one developed a tumour", "tumour"),
        ("The outcome was infection, in 4% of the treated", "infection"),
        ("Density was reduced by infection", "infection"),
        ("To determine safety we report sepsis after injection.", "sepsis"),
        ("To describe a case of blindness after injection.", "blindness"),
        ("Outcomes included two infections", "infections"),
        ("To evaluate the harm, a case of blindness was reviewed.", "blindness"),
        ("To evaluate density the scalp was biopsied, causing infection.", "infection"),
        ("The role of exosomes in the death of a patient.", "death"),
        ("Lowered immunity led to infection.", "infection"),
        ("Hair loss decreased but infection rose.", "infection"),
        ("Protective dressings were used yet infection came.", "infection"),
        ("Exclusion of one man with sepsis caused by the gel.", "sepsis"),
        ("Testing for mycobacteria was positive.", "mycobacteria"),
        ("It was to assess efficacy but was halted after a death.", "death"),
        ("To investigate an outbreak of infection after transplants.", "infection"),
        ("Women on the drug were at increased risk of malignancy.", "malignancy"),
        ("The primary outcome was hair density; one participant died.", "died"),
        ("we monitored for itch. infection of the scalp", "infection"),
        ("A left lower lobe nodule was drained", "nodule"),
        ("The nodules were negative for antigen", "nodules"),
        ("Reduced libido, infection and pain were told", "infection"),
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
        "It healed without infection or necrosis.",
        "It healed without infection, necrosis, or any tumour.",
        "No serious adverse events were reported.",
        "There were no adverse events and no infections were seen.",
        "No infection, necrosis, and granuloma occurred.",
        "No improvement was seen, and no patient developed tumours.",
        "No patient was lost, had an infection or developed sepsis.",
        "No adverse events were reported, such as infection, pain, or necrosis.",
        "In no case was infection seen.",
        "The absence of infection and tumour formation was confirmed.",
        "Rates of infection were zero.",
        "The rate of infection was 0% at one year.",
        "All cultures for infection were negative.",
        "No infections occurred and no tumours developed.",
        "No serious adverse events occurred, and hair density improved without infection.",
        "No patient experienced infection and tumours were not observed.",
        "The drug has not been followed by infection.",
        "Nobody died.",
        "They were no longer troubled by infection.",
        "The drug was not shown to have caused tumours.",
        "There were no deaths and infections that were severe.",
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
        "a double-blind trial with a blind assessor; blind in all arms",
        "participants lost to follow-up",
        "granuloma annulare; sarcoidal granulomas of the scalp",
        "alopecia of cutaneous T-cell lymphoma",
        "severe acute respiratory syndrome coronavirus 2 infection",
        "those infected with the virus",
        "a syndrome characterised by many basal cell carcinomas",
        "the role of a bacterial infection in its cause",
        "alopecia due to a granulomatous arteritis",
        "Alopecia areata and Hodgkin's lymphoma: complete remission of both",
        "Biopsy showed non-caseating granulomas",
        "Pemphigus is a life-threatening disease",
        # Looked for, or kept off.
        "to assess the risk of tumour formation and skin infection",
        "The aim was to determine the incidence of serious adverse events",
        "The outcome is the incidence of serious adverse events",
        "Secondary endpoints were hair density, infection and tumours",
        "Primary outcome: serious adverse events",
        "We monitored for infection",
        "Donors were screened for infection and malignancy",
        "Children at low risk of anaphylaxis",
        "men at high risk for skin cancer",
        "the prevention of infection",
        "Antibiotics to prevent infection",
        "Reduced scarring of the donor site",
        "It lowered the risk of infection",
        "It protects against infection",
        "Infections and deaths will be recorded",
        "Exclusion: cancer, infection",
        "to investigate the incidence of infection",
        "To determine harm we monitored for infection",
    ],
)
def test_a_word_that_names_no_harm_done_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Number of participants with infection",
        "The incidence of serious adverse events up to week 52",
        "Safety is evaluated by the rate of infection and hospitalisation",
        "Assessment of safety, tumour formation and infection",
        "Treatment carries a risk of infection",
        "Frequency and severity of serious adverse events",
        "men with sepsis after surgery",
        "The gel is given to adults whose tumours shrink",
    ],
)
def test_what_a_registration_will_count_is_no_harm_and_in_a_paper_it_is_shown(text: str) -> None:
    assert list(harms(text, plans=True)) == []
    assert found(text)


@pytest.mark.parametrize(
    "text",
    [
        "The gel has led to infection before.",
        "Tumours were seen in mice that got the cells.",
        "The cells have caused tumours.",
        "The rate of infection was 4% in an earlier trial.",
        "Risk was assessed, and two participants developed infection.",
        "Number of participants with infection: infection occurred in three.",
    ],
)
def test_a_registration_can_tell_a_harm(text: str) -> None:
    assert list(harms(text, plans=True))


def spellings(part: Any) -> Iterator[str]:
    """Each way to write what a pattern matches: `\\w` is "x", and what may repeat stands once more than it must."""
    if not isinstance(part, tuple):
        yield from map("".join, product(*(tuple(spellings(one)) for one in part)))
        return
    kind, value = str(part[0]), part[1]
    if kind == "LITERAL":
        yield chr(value)
    elif kind == "CATEGORY":
        yield "x"
    elif kind == "IN":
        yield from (way for one in value for way in spellings(one))
    elif kind == "BRANCH":
        yield from (way for branch in value[1] for way in spellings(branch))
    elif kind == "SUBPATTERN":
        yield from spellings(value[-1])
    elif kind == "MAX_REPEAT":
        least, most, inner = value
        yield from (way for times in range(least, min(least + 1, most) + 1) for way in spellings([*inner] * times))
    else:
        assert kind in ("AT", "ASSERT", "ASSERT_NOT"), f"{kind} is not known here"
        yield ""


def test_a_word_of_harm_is_found_however_it_is_written() -> None:
    """None lacks a stem, and none reaches over what cuts a text into pieces."""
    words = sorted(set(spellings(_parser.parse(HARM.pattern))))
    texts = [text for word in words for text in (word, f"{word} after it")]
    assert sum(HARM.search(text) is not None for text in texts) > 1000
    for text in texts:
        assert [match.span() for match in words_of_harm(text)] == [match.span() for match in HARM.finditer(text)], text


@pytest.mark.parametrize(
    "text", ["İİ: SEPSIS, sarcomas", "HIV infection. infection", "No\ninfection annulare", "scar\nformation"]
)
def test_words_of_harm_stand_where_the_text_has_them(text: str) -> None:
    plain = re.compile(HARM.pattern, re.IGNORECASE)
    assert [match.span() for match in words_of_harm(text)] == [match.span() for match in plain.finditer(text)]


def test_around_gives_at_most_twelve_words_and_the_find_among_them() -> None:
    text = "one two three four five six seven infection nine ten eleven twelve thirteen fourteen fifteen"
    start, end = around(text, text.index("infection"))
    assert text[start:end] == "three four five six seven infection nine ten eleven twelve thirteen fourteen"
    assert around("sepsis", 0) == (0, 6)


@pytest.mark.parametrize(
    "text",
    [
        "no change, infection but ",
        "no-no-no-no infection ",
        "no a-b/c-d e f infection ",
        "no one, and had, and infection ",
        "infection and infection and ",
        "no one was, and infection and ",
        "no one was, and infection " + "a-" * 100,
        "to assess infection " + "- " * 100,
        "adults treated with " + "a-" * 100 + " tumour ",
        "to assess risk of infection ",
        "reduced a b c d infection ",
        "infection infection ",
        "lost his lost her blind in ",
        "at at at at risk of infection ",
        "and,and, infection was ",
        "no was," + "a" * 60 + " infection ",
        "infection " + " " * 200,
        "infection" + "a, " * 200,
    ],
)
def test_a_long_text_is_read_in_good_time(text: str) -> None:
    begun = time.process_time()
    found((text * 10_000)[:100_000])
    list(harms((text * 10_000)[:100_000], plans=True))
    assert time.process_time() - begun < 5
