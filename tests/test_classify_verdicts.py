"""Stage and relevance of records that are easily taken for something else; many more are in probes.jsonl."""

import pytest

from tests.test_classify import article, labels, one, trial

_KNOWN = (
    "Pattern hair loss is common, and patients ask for more than a tablet. Androgens shorten growth, and the papilla "
    "shrinks. Some drugs block the receptor, others the enzyme. Platelets and needles are popular, and costly. Cells "
    "may come one day. Each of these has its price, its place and its limits, and no patient is like the next. What is "
    "new is the hope that resting follicles can be woken, and that a scar need not be the end of a follicle."
)


@pytest.mark.parametrize(
    ("title", "abstract", "stage"),
    [
        ("Clascoterone in hair loss", "In two phase 3 trials 1,465 men applied the solution or vehicle.", "phase3"),
        ("Clascoterone in hair loss", "Forty men used it. It was approved after phase 3 trials.", "trial_unphased"),
        ("Finasteride in hair loss", "In phase 1 of the study men took it; in phase 2 they took placebo.",
         "trial_unphased"),
        ("Hair loss: an expert consensus", "Fifteen dermatologists answered twice.", "review"),
        ("Human hair follicles in blue light", "Follicles of nine men were cultured. Clinical trials are warranted.",
         "ex_vivo"),
        ("Comment on: topical finasteride in hair loss", "", "review"),
        ("Dyes and hair", "Hair dyes were tested in vitro and in the mouse lymphoma assay.", "in_vitro"),
        ("Hair loss after minoxidil", _KNOWN, "review"),
        ("Hair loss after minoxidil", _KNOWN.replace("Cells may", "We saw cells that may"), "observational"),
        ("PRP in women with hair loss: an uncontrolled series", "", "trial_unphased"),
        ("Hair loss on Reddit: what 900 posts tell", "", "observational"),
        ("Tofacitinib for alopecia areata in two siblings", "", "case_report"),
        # ages, whichever way they are written, are those of single patients
        ("Abrocitinib in alopecia totalis", "A girl of 13 regrew her hair.", "case_report"),
        ("PRP in hair loss", "A woman of 41 years had three injections, and pain.", "case_report"),
        ("PRP in hair loss", "A boy, aged 9, was given PRP.", "case_report"),
        ("PRP in hair loss", "Forty women aged 20 to 50 were given PRP.", "trial_unphased"),
        # the highest rung that the record reports
        ("Fat extract and hair density", "It was injected into rabbits and then into the scalp of nine volunteers.",
         "trial_unphased"),
        ("Fat extract and hair growth of mice", "Mice were injected with cells from the scalp of nine volunteers.",
         "animal"),
        ("Hair growth in rats", "A dye was given in the diet to 20 male rats.", "animal"),
        ("Human follicles grafted onto mice", "Follicles of nine men went onto mice, and a gel was applied.", "animal"),
        ("Non-cultured follicular cells and hair regrowth", "Cells were grafted in 25 patients.", "trial_unphased"),
        ("Cultured follicular cells and hair regrowth", "Cells were tested for their growth.", "in_vitro"),
        ("A marker in alopecia areata", "Serum of 40 patients and 40 controls was profiled.", "observational"),
        ("PRP in alopecia areata", "We gave PRP to 40 patients and saline to 40 controls.", "trial_unphased"),
        # an example from a group that was counted is no case
        ("Thymoma and alopecia areata", "The frequency of alopecia was 3% in 202 patients. One patient had no thymoma.",
         "observational"),
        ("Thymoma and alopecia areata", "One patient had no thymoma.", "case_report"),
        # what quotes the title of another is an answer to it
        ('Comment on "PRP for hair loss: a systematic review"', "", "review"),
        ("Response to: Finasteride and mood, a retrospective cohort", "", "review"),
        ("Response to finasteride: a retrospective cohort", "", "observational"),
        ("PCOS and hair loss: the state of knowledge", "Its prevalence in women is unclear.", "review"),
        # people are looked at
        ("Dermoscopy in alopecia areata", "", "observational"),
        ("The histological diagnosis of traction alopecia", "", "observational"),
    ],
)  # fmt: skip
def test_the_stage_is_what_the_record_itself_reports(title: str, abstract: str, stage: str) -> None:
    assert one(article(title, abstract), "stage").label == stage


def test_a_registered_study_that_only_asks_people_is_observational() -> None:
    record = trial("Chemotherapy-induced alopecia and body image", "A qualitative study with focus groups.")
    assert one(record, "stage").label == "observational"


@pytest.mark.parametrize(
    ("title", "abstract", "conditions"),
    [
        ("Mood in non-scarring alopecia", "", {"general"}),
        ("Mood in non-scarring alopecia", "Androgenetic alopecia and effluvium were seen.", {"aga", "te"}),
        ("Lupus of the scalp mimicking alopecia areata", "", {"general"}),
        ("Lichen planopilaris misdiagnosed as alopecia areata", "", {"scarring"}),
        ("A mouse model mimicking alopecia areata", "", {"aa"}),
        ("Light to keep hair: hair preservation with chemotherapy", "", {"cia"}),
        ("A band against hair loss during whole brain radiotherapy", "", {"cia"}),
        ("PD-1 inhibitor-related alopecia", "", {"cia"}),
        ("Trichoscopy of syphilitic alopecia", "", {"other_hair"}),
        ("Folliculitis spinulosa decalvans in a man", "Alopecia was seen.", {"scarring"}),
    ],
)
def test_the_condition_is_that_of_the_people(title: str, abstract: str, conditions: set[str]) -> None:
    assert set(labels(article(title, abstract), "condition")) == conditions


@pytest.mark.parametrize(
    ("title", "approaches"),
    [
        # one substance under its chemical, its short and its brand name, and its code
        ("Topical 17α-estradiol in hair loss", {"andr.5ari"}),
        ("Topical estradiol in hair loss", {"oth.topical"}),
        ("CB-03-01 solution in male pattern hair loss", {"andr.ar_antag"}),
        ("Inosine pranobex in alopecia areata", {"imm.other"}),
        # the antibiotics of neutrophilic scarring alopecia, as doxycycline
        ("Rifampicin and clindamycin in folliculitis decalvans", {"imm.other"}),
        ("Natural ingredients for alopecia", {"oth.botanical"}),
        # two devices; but "laser therapy" beside its sharper name is one
        ("A microneedling and laser device for hair loss", {"dev.microneedle", "dev.lllt"}),
        ("A microneedling laser device for hair loss", {"dev.microneedle"}),
        ("Excimer and laser therapy of the scalp in alopecia areata: excimer laser", {"dev.laser"}),
    ],
)
def test_what_is_given_is_known_by_all_its_names(title: str, approaches: set[str]) -> None:
    assert set(labels(article(title), "approach")) == approaches


@pytest.mark.parametrize(
    ("title", "intervention", "condition", "relevance"),
    [
        ("A gel in healthy adults", "DRUG: PP405 gel", "Healthy Volunteers", "core"),
        ("Absorption of a tablet", "DRUG: Ritlecitinib", "Healthy Participants", "hair"),
        ("A tablet in adults", "DRUG: Ritlecitinib", "Ulcerative Colitis", "off"),
        ("A tablet in adults", "DRUG: Ritlecitinib", "Asthma", "off"),
        ("A tablet for hypertension", "DRUG: low dose minoxidil", "Healthy", "off"),
        ("A gel in healthy adults", "DRUG: ketoprofen gel", "Healthy Volunteers", "off"),
    ],
)
def test_a_drug_for_hair_alone_in_healthy_people_is_about_hair(
    title: str, intervention: str, condition: str, relevance: str
) -> None:
    record = trial(title, interventions=(intervention,), conditions=(condition,))
    assert one(record, "relevance").label == relevance


@pytest.mark.parametrize(
    ("title", "abstract", "relevance"),
    [
        ("Lead in bald eagles", "Feathers of 40 bald eagles were analysed.", "off"),
        ("Root hair growth in barley", "Root hair density fell.", "off"),
        (
            "Ritlecitinib in vitiligo",
            "Ritlecitinib is given in alopecia. Ritlecitinib was safe. So ritlecitinib.",
            "off",
        ),
        ("Gastric trichobezoar and patchy alopecia", "Hair loss was seen by all.", "off"),
        ("Hair cortisol and chronic stress in nurses", "Hair loss was recorded.", "off"),
        ("Topical minoxidil and spironolactone in women", "Sixty took part.", "hair"),
        ("Minoxidil and spironolactone in resistant hypertension", "Sixty took part.", "off"),
        ("Cutaneous manifestations of malnutrition", "Xerosis and alopecia were seen.", "off"),
        ("Progenitor cells of the lung", "They show loss of hair-like projections.", "off"),
        ("Laser of the eyelashes", "Madarosis was not seen.", "off"),
        ("Laser of the eyelashes", "Madarosis was seen in nine of ten patients.", "hair"),
        ("PRP for frontal recession: a trial", "Fifty men had PRP.", "core"),
        ("PRP for gingival recession: a trial", "Fifty men had PRP.", "off"),
        ("Finasteride spray: a trial", "Counts rose in 450 men.", "hair"),
        ("Finasteride in prostatic enlargement", "Volume fell in 450 men.", "off"),
        ("A laser cap in women", "It was worn by 60. Density rose by 17 hairs/cm2.", "hair"),
        ("A laser for the unwanted hair of women", "It was worn by 60. Density fell by 17 hairs/cm2.", "off"),
        ("Hair follicle-targeted particles for vaccination", "Ovalbumin went in.", "off"),
        ("Alopecia areata after vaccination", "Ten patients came.", "hair"),
        ("Follicular unit excision for vitiligo", "Grafts were placed in patches of 24 patients.", "off"),
    ],
)
def test_hair_means_the_hair_of_the_scalp_and_its_loss(title: str, abstract: str, relevance: str) -> None:
    assert one(article(title, abstract), "relevance").label == relevance
