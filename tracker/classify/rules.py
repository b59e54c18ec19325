"""The phrase lists of rules.toml, and the two lexicons that read a record with them and with the taxonomy.

What a list is for stands in rules.toml; how it is used, in the rooms beside.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracker.classify.lexicon import Entry, Lexicon
from tracker.classify.taxonomy import Taxonomy

_FILE = Path(__file__).with_name("rules.toml")
# Section of rules.toml -> group of its hits. A title and an abstract speak of a study in different words.
_BOTH = {"hair": "hair", "cue": "cue", "stage_cue": "stage_cue", "flag": "flag"}
_TITLE = _BOTH | {"other_subject": "other", "stage_title": "study"}
_ABSTRACT = _BOTH | {"stage_text": "study", "species": "species"}

LEAF, CONDITION = "leaf", "condition"


class Rules:
    """`title` reads titles and short registry fields, `abstract` abstracts; both know every leaf and condition."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.lists: dict[str, dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
        self.hair_mesh = frozenset(self.lists["hair"].pop("mesh"))
        self.hair_abbr: list[str] = self.lists["hair"].pop("abbr")
        self.vesicle_abbr: list[str] = self.lists["vesicle"].pop("abbr")
        self.kinds_of_type: dict[str, list[str]] = {}
        for kind, names in self.lists["types"].items():
            for name in names:
                self.kinds_of_type.setdefault(name, []).append(kind)
        shared = [*_taxonomy_entries(taxonomy), *self._vesicle_entries()]
        self.title = Lexicon([*shared, *self._entries(_TITLE)])
        self.abstract = Lexicon([*shared, *self._entries(_ABSTRACT)])
        self.sources = Lexicon(Entry("source", leaf.id, phrase) for leaf in taxonomy.leaves for phrase in leaf.source)

    def _entries(self, sections: dict[str, str]) -> Iterator[Entry]:
        for section, group in sections.items():
            for name, phrases in self.lists[section].items():
                yield from (Entry(group, name, phrase) for phrase in phrases)

    def _vesicle_entries(self) -> Iterator[Entry]:
        for kind, phrases in self.lists["vesicle"].items():
            yield from (Entry(LEAF, f"{kind} {VESICLE}", phrase) for phrase in phrases)


VESICLE = "vesicle"  # stands for a leaf until its source is known


def _taxonomy_entries(taxonomy: Taxonomy) -> Iterator[Entry]:
    """Leaf hits are named by kind and leaf: "term cell.dp", "title gene.mirna", "weak cell.unspec", "not x"."""
    for leaf in taxonomy.leaves:
        for kind, phrases in (
            ("term", leaf.terms),
            ("title", leaf.title_terms),
            ("weak", leaf.weak_terms),
            ("not", leaf.exclusions),
        ):
            yield from (Entry(LEAF, f"{kind} {leaf.id}", phrase) for phrase in phrases)
    for condition in taxonomy.conditions:
        yield from (Entry(CONDITION, condition.id, phrase) for phrase in condition.terms)
