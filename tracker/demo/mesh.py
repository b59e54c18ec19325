"""A few branches of MeSH and of the publication types: enough that a heading finds what stands below it.

Names and places are facts of MeSH 2025; everything is folded (lower case, no commas). A heading that is not here has
nothing below it.
"""

from tracker.demo.words import fold

_TREE = {
    "Hair Diseases": ("Hypotrichosis", "Folliculitis", "Hirsutism", "Hypertrichosis"),
    "Hypotrichosis": ("Alopecia",),
    "Alopecia": ("Alopecia Areata",),
    "Hair": ("Hair Follicle", "Eyelashes", "Eyebrows"),
    "Stem Cells": ("Adult Stem Cells", "Multipotent Stem Cells", "Pluripotent Stem Cells", "Hematopoietic Stem Cells"),
    "Multipotent Stem Cells": ("Mesenchymal Stem Cells",),
    "Pluripotent Stem Cells": ("Embryonic Stem Cells", "Induced Pluripotent Stem Cells"),
    "Cell Transplantation": ("Stem Cell Transplantation",),
    "Stem Cell Transplantation": ("Mesenchymal Stem Cell Transplantation", "Hematopoietic Stem Cell Transplantation"),
    "Extracellular Vesicles": ("Exosomes", "Cell-Derived Microparticles"),
    "Culture Media": ("Culture Media, Conditioned",),
    "Clinical Trial": (
        "Adaptive Clinical Trial",
        "Clinical Trial, Phase I",
        "Clinical Trial, Phase II",
        "Clinical Trial, Phase III",
        "Clinical Trial, Phase IV",
        "Controlled Clinical Trial",
        "Pragmatic Clinical Trial",
    ),
    "Controlled Clinical Trial": ("Randomized Controlled Trial", "Equivalence Trial"),
    "Review": ("Systematic Review", "Scoping Review"),
}
_ENTRY_TERMS = {
    "Alopecia": ("Hair Loss", "Baldness", "Androgenetic Alopecia", "Alopecia, Androgenetic", "Pattern Baldness"),
    "Mesenchymal Stem Cells": ("Mesenchymal Stromal Cells", "Wharton's Jelly Cells", "Adipose-Derived Stem Cells"),
    "Stem Cells": ("Progenitor Cells", "Stem Cell"),
    "Hair Follicle": ("Hair Follicles",),
    "Extracellular Vesicles": ("Extracellular Vesicle",),
    "Exosomes": ("Exosome",),
}
_BELOW = {fold(heading): tuple(fold(child) for child in children) for heading, children in _TREE.items()}
_PREFERRED = {fold(entry): fold(heading) for heading, entries in _ENTRY_TERMS.items() for entry in entries}

VOCABULARY = frozenset(_BELOW).union(*_BELOW.values(), _PREFERRED.values())


def preferred(text: str) -> str:
    """The folded heading that a heading or entry term stands for."""
    heading = fold(text)
    return _PREFERRED.get(heading, heading)


def explode(heading: str) -> set[str]:
    """A folded heading with all that stands below it."""
    return {heading}.union(*(explode(child) for child in _BELOW.get(heading, ())))
