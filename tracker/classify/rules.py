"""The phrase lists of rules.toml, and the two lexicons that read a record with them and with the taxonomy.

What a list is for stands in rules.toml; how it is used, in the rooms beside.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracker.classify.lexicon import Entry, lexicon
from tracker.classify.taxonomy import Taxonomy
from tracker.classify.text import Text
from tracker.records import Record

_FILE = Path(__file__).with_name("rules.toml")
# Section of rules.toml -> group of its hits. A title and an abstract speak of a study in different words.
_PLAIN = {"cue": "cue", "stage_cue": "stage_cue", "count": "count"}
_PLAIN_TITLE, _PLAIN_ABSTRACT = _PLAIN | {"stage_title": "study"}, _PLAIN | {"stage_text": "study"}
_HAIR = {"hair": "hair", "hint": "hint", "flag": "flag", "species": "species"}
_TITLE = _PLAIN_TITLE | _HAIR | {"other_subject": "other"}
_ABSTRACT = _PLAIN_ABSTRACT | _HAIR
# The cues that say whose work a sentence speaks of; the others matter only for approaches.
_PLAIN_CUES = ("background", "own_work", "not_done")

LEAF, CONDITION = "leaf", "condition"


class Rules:
    """`title` reads titles and short registry fields, `abstract` abstracts; both know every leaf and condition.

    `plain_title` and `plain_abstract` know only the words of a study: enough for a record without a word of hair.
    """

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.lists: dict[str, dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
        hair = self.lists["hair"]
        self.hair_mesh = frozenset(hair.pop("mesh"))
        self.hair_abbr: list[str] = hair.pop("abbr")
        self._stems: list[str] = hair.pop("stems")
        self._title_stems = [*self._stems, *hair.pop("title_stems")]
        self.vesicle_abbr: list[str] = self.lists["vesicle"].pop("abbr")
        self.kinds_of_type: dict[str, list[str]] = {}
        for kind, names in self.lists["types"].items():
            for name in names:
                self.kinds_of_type.setdefault(name, []).append(kind)
        shared = [*_taxonomy_entries(taxonomy), *self._vesicle_entries()]
        self.title = lexicon([*shared, *self._entries(_TITLE)])
        self.abstract = lexicon([*shared, *filter(_is_for_abstracts, self._entries(_ABSTRACT))])
        self.plain_title = lexicon(filter(_is_plain, self._entries(_PLAIN_TITLE)))
        self.plain_abstract = lexicon(filter(_is_plain, self._entries(_PLAIN_ABSTRACT)))
        self.plain_abstract_without_phase = lexicon(
            entry for entry in self._entries(_PLAIN_ABSTRACT) if _is_plain(entry) and not _is_for_phases(entry)
        )
        self.sources = lexicon(Entry("source", leaf.id, phrase) for leaf in taxonomy.leaves for phrase in leaf.source)
        self._drugs = lexicon(Entry("hair", "drug", phrase) for phrase in hair["drug"])

    def may_be_hair(self, record: Record, title: Text, abstract: Text) -> bool:
        """A quick look: where this is false, no phrase of [hair] stands in the record (a test holds it to that)."""
        head = title.low
        if record.trial is not None:
            head += "\n".join(record.trial.conditions).lower()
        # Loops, not generators: this is asked of every record of a crawl.
        low, cased = abstract.low, title.cased
        for stem in self._stems:
            if stem in low:
                return True
        for stem in self._title_stems:
            if stem in head:
                return True
        for abbr in self.hair_abbr:
            if abbr in cased:
                return True
        drugs = title.low if record.trial is None else "\n".join((title.low, *record.trial.interventions)).lower()
        return self._drugs.has_any(drugs)

    def _entries(self, sections: dict[str, str]) -> Iterator[Entry]:
        for section, group in sections.items():
            for name, phrases in self.lists[section].items():
                yield from (Entry(group, name, phrase) for phrase in phrases)

    def _vesicle_entries(self) -> Iterator[Entry]:
        for kind, phrases in self.lists["vesicle"].items():
            yield from (Entry(LEAF, f"{kind} {VESICLE}", phrase) for phrase in phrases)


def _is_for_phases(entry: Entry) -> bool:
    """Needed only where a text speaks of phases, or of a first time."""
    return entry.group == "stage_cue" or entry.name == "own_work"


def _is_for_abstracts(entry: Entry) -> bool:
    """What a title blames or praises; an abstract has such words in every other sentence."""
    return entry.group != "cue" or entry.name not in ("cause", "treats")


def _is_plain(entry: Entry) -> bool:
    return entry.group != "cue" or entry.name in _PLAIN_CUES


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
