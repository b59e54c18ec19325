"""What a record holds against a treatment that it names: it caused the loss, it failed, it treats a complication.

Each rule stands beside its neighbour: the sentence that looks the same and must be read the other way.
"""

import pytest

from tests.test_classify import article, labels
from tests.test_classify_why import vetoed_by


def approaches(title: str, abstract: str = "") -> set[str]:
    return set(labels(article(title, abstract), "approach"))


@pytest.mark.parametrize(
    ("title", "abstract", "leaf"),
    [
        ("Hair counts two years after four injections", "We injected stromal vascular fraction in bald men.",
         "cell.msc_adipose"),
        ("Changes induced by an injection in androgenetic alopecia", "Forty men were given PRP.", "blood.prp"),
        ("Skin irritation associated with a lotion for hair loss", "Forty women used topical minoxidil.",
         "minox.topical"),
        ("Tofacitinib-associated acne in alopecia areata", "We saw acne in 40 patients.", "imm.jak"),
        ("PRP-related pain of men with hair loss", "", "blood.prp"),
    ],
)  # fmt: skip
def test_what_follows_a_treatment_and_is_no_loss_of_hair_blames_nothing(title: str, abstract: str, leaf: str) -> None:
    assert leaf in approaches(title, abstract)


@pytest.mark.parametrize(
    ("title", "abstract", "leaf"),
    [
        ("Hair loss after an injection", "We saw ten women with hair loss who were given PRP for their knees.",
         "blood.prp"),
        ("Drug-induced hair loss: what we saw", "Ten patients took methotrexate.", "imm.other"),
        ("Dupilumab-associated alopecia areata", "", "imm.other"),
        ("Minoxidil-related severe diffuse shedding", "", "minox.unspec"),
    ],
)  # fmt: skip
def test_what_the_hair_was_lost_to_is_no_approach(title: str, abstract: str, leaf: str) -> None:
    assert leaf not in approaches(title, abstract)


@pytest.mark.parametrize(
    ("title", "abstract", "found"),
    [
        ("Minoxidil failure rescued by platelet-rich plasma", "", {"blood.prp"}),
        ("Tofacitinib failure rescued by abrocitinib in alopecia totalis", "", {"imm.jak"}),
        ("Finasteride-resistant hair loss treated with PRP", "", {"blood.prp"}),
        ("After failed hair transplant, exosomes of fat cells", "", {"ev.adsc"}),
        ("Alopecia areata resistant to corticosteroids: response to dupilumab", "", {"imm.other"}),
        ("Baricitinib after failure of methotrexate, cyclosporine and prednisone in alopecia areata", "", {"imm.jak"}),
        ("Hair loss", "Men in whom finasteride had failed received three PRP injections.", {"blood.prp"}),
        ("Hair loss", "Men who took finasteride without benefit had five sessions of PRP.", {"blood.prp"}),
        ("Hair loss", "PRP was given without side effects to men with hair loss.", {"blood.prp"}),
        ("Hair loss", "We gave PRP to men after finasteride had failed.", {"blood.prp"}),
        ("Hair loss", "Men whose hair loss had not improved on finasteride were given PRP.", {"blood.prp"}),
        ("Hair loss", "Men who had failed treatment with finasteride and had received PRP were seen.", set()),
        ("Hair loss", "Exclusion criteria: men who received finasteride, or were treated with PRP.", set()),
        ("Hair loss", "He failed to respond to finasteride, minoxidil and PRP.", set()),
    ],
)
def test_a_failure_speaks_against_what_failed_and_not_against_what_came_then(
    title: str, abstract: str, found: set[str]
) -> None:
    assert approaches(title, abstract) == found


_GRANULOMA = "Granuloma of the scalp after polynucleotide injections for hair loss"


@pytest.mark.parametrize(
    ("title", "abstract", "found"),
    [
        (_GRANULOMA, "A woman had firm papules. Triamcinolone was given, and methotrexate was added.", {"free.pn"}),
        ("Scalp abscess after PRP for hair loss, healed with prednisone", "", {"blood.prp"}),
        ("PRP for androgenetic alopecia", "Men had PRP. One had an abscess. Prednisone was given.", {"blood.prp"}),
        ("Baricitinib for alopecia areata", "Forty had baricitinib or prednisone. An abscess came in one.",
         {"imm.jak", "imm.steroid"}),
        ("Nodules on dupilumab for alopecia areata", "Nodules came after dupilumab.", {"imm.other"}),
        ("Effusion in alopecia areata", "We gave tofacitinib to 40 patients. One had an effusion.", {"imm.jak"}),
        ("Granuloma annulare in alopecia universalis", "Hair grew when hydroxychloroquine was given.", {"imm.other"}),
        ("Hydroxychloroquine for granuloma annulare: hair growth in alopecia universalis", "", {"imm.other"}),
        ("Tofacitinib in alopecia areata: pneumonitis cleared with prednisone", "", {"imm.jak"}),
        ("Triamcinolone for alopecia areata", "We injected triamcinolone in 40 patients.", {"imm.steroid"}),
    ],
)  # fmt: skip
def test_a_remedy_for_a_complication_is_no_approach(title: str, abstract: str, found: set[str]) -> None:
    assert approaches(title, abstract) == found


def test_the_trace_names_the_complication_and_the_failure() -> None:
    record = article(_GRANULOMA, "We gave prednisone, as minoxidil had failed.")
    assert 'treats a complication "granuloma of"' in vetoed_by(record, "imm.steroid")
    assert 'excluded "failed"' in vetoed_by(record, "minox.unspec")


# ---------------------------------------------------------------- cells beside their own product
@pytest.mark.parametrize(
    ("title", "abstract", "found"),
    [
        ("What regrows hair?", "We compared injected hair follicle stem cells with vesicles of these cells in mice.",
         {"cell.hfsc", "ev.dpc"}),
        ("Hair loss", "Men had injections of adipose-derived stem cells or conditioned medium of the same cells.",
         {"cell.msc_adipose", "free.cm"}),
        ("Hair loss of mice", "Mice were injected with umbilical cord mesenchymal stem cells or their exosomes.",
         {"cell.msc_uc", "ev.msc"}),
        ("Hair loss of mice", "Mice were injected with exosomes that adipose-derived stem cells release.", {"ev.adsc"}),
        ("Hair loss of mice", "Adipose-derived stem cells were expanded, and mice were given their exosomes.",
         {"ev.adsc"}),
        ("Hair loss of mice", "ADSCs and their exosomes were stained. Mice got the exosomes.", {"ev.adsc"}),
        ("What is proven for hair loss?", "This review grades stromal vascular fraction, exosomes and PRP.",
         {"cell.msc_adipose", "ev.unspec", "blood.prp"}),
        ("What is proven for hair loss?", "This review grades exosomes, which adipose-derived stem cells give off.",
         {"ev.unspec"}),
    ],
)  # fmt: skip
def test_cells_count_beside_their_product_where_both_are_given(title: str, abstract: str, found: set[str]) -> None:
    assert approaches(title, abstract) == found


@pytest.mark.parametrize(
    ("abstract", "found"),
    [
        ("A man had PRP for his thin beard. Nodules came up. Finasteride was given.", {"blood.prp", "andr.5ari"}),
        ("Twenty men took finasteride. They were measured at week 24.", {"andr.5ari"}),
        ("PRP, exosomes and minoxidil are in use. Twenty men took finasteride.", {"andr.5ari"}),
        ("Nanofat was obtained from fat and injected into nine women. Density was measured.", {"cell.msc_adipose"}),
    ],
)
def test_the_own_work_begins_where_somebody_is_treated(abstract: str, found: set[str]) -> None:
    assert approaches("Hair loss", abstract) == found


# ---------------------------------------------------------------- taken beside, measured, or another word
@pytest.mark.parametrize(
    ("title", "abstract", "found"),
    [
        ("Nanofat for hair loss", "We injected 24 men, who kept taking finasteride.", {"cell.msc_adipose"}),
        ("Wigs for hair loss", "We asked 24 women who did not want minoxidil.", set()),
        ("Exosomal miR-22 of patients with alopecia areata as a marker", "It was raised in their serum.", set()),
        ("Exosomes with miR-22 regrow hair in alopecia", "", {"ev.unspec", "gene.mirna"}),
        ("Cord blood serum exosomes for hair loss", "They were injected in 15 women.", {"ev.msc"}),
        ("Profiling of exosomes from dermal papilla cells that regrow hair", "", {"ev.dpc"}),
        ("Exosomes for hair loss", "Forty women diagnosed with hair loss were given exosomes.", {"ev.unspec"}),
        ("Enterovirus A71 (EV-A71) and hair shedding", "EV was found in the stool of 20 children.", set()),
        ("EVs of fat stem cells and hair shedding", "EV-1 and EV-2 were two lots.", {"ev.adsc"}),
        ("Adenoviral Sonic hedgehog wakes hair growth in mice", "", {"gene.edit"}),
        ("Deoxyribose and DNA damage of the hair follicle", "", set()),
    ],
)
def test_what_is_taken_beside_or_measured_is_no_approach(title: str, abstract: str, found: set[str]) -> None:
    assert approaches(title, abstract) - {"sig.other"} == found


# ---------------------------------------------------------------- named beside what is studied
_MEN = "We gave PRP to 40 men with pattern hair loss. "


@pytest.mark.parametrize(
    ("title", "abstract", "found"),
    [
        # stood in for, and not given
        ("PRP for hair loss", _MEN + "It is an option for men who cannot take finasteride.", {"blood.prp"}),
        ("PRP for hair loss", _MEN + "It is a safe alternative to topical minoxidil.", {"blood.prp"}),
        ("PRP for hair loss", _MEN + "Those who could not take a tablet were given topical minoxidil.",
         {"blood.prp", "minox.topical"}),
        # failed
        ("PRP for hair loss", _MEN + "The loss had been progressing despite finasteride.", {"blood.prp"}),
        ("PRP for hair loss", "Hair loss had progressed despite finasteride, and men then took dutasteride and PRP.",
         {"blood.prp", "andr.5ari"}),
        # had before, left out, may come
        ("PRP for hair loss", _MEN + "All had stopped minoxidil a year before.", {"blood.prp"}),
        ("PRP for hair loss", _MEN + "Exosomes might be tested next.", {"blood.prp"}),
        ("PRP for hair loss", _MEN + "Minoxidil acts on the same vessels.", {"blood.prp"}),
        ("PRP for hair loss", _MEN + "It was compared with topical minoxidil.", {"blood.prp", "minox.topical"}),
        # a disease observed
        ("Hair loss in claims data", "A case was a first prescription of finasteride.", set()),
        ("Hair loss in claims data", "Men treated with finasteride lost less hair.", {"andr.5ari"}),
        # scalp left over from an operation, receptors, freezers
        ("Caffeine in human hair follicles", "Follicles of men undergoing hair transplantation were cultured.",
         {"oth.topical"}),
        ("PDRN for hair loss", "We gave polydeoxyribonucleotide, which binds adenosine A2A receptors, to men.",
         {"free.pn"}),
        ("Adenosine for hair loss", "We gave adenosine to men.", {"oth.topical"}),
        ("Banking of hair follicles", "We stored hair follicles in liquid nitrogen.", set()),
        ("Liquid nitrogen for alopecia areata", "We treated patches.", {"oth.topical"}),
        # the short form is that of the nearest name
        ("Hair growth", "Ginger-derived nanovesicles (GDNVs) were given to mice. GDNVs woke follicles.", {"ev.plant"}),
    ],
)  # fmt: skip
def test_what_is_named_beside_the_treatment_must_have_been_given(title: str, abstract: str, found: set[str]) -> None:
    assert approaches(title, abstract) == found
