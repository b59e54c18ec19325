"""The taxonomy as typed, frozen values: families, leaves, conditions, stages, approvals. Reads taxonomy.toml; judges
nothing.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from tracker.classify.lexicon import expand
from tracker.errors import ConfigError

_FILE = Path(__file__).with_name("taxonomy.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """`core`: regenerative and metabolic approaches, the heart of the digest."""

    id: str
    label: str
    definition: str = ""
    core: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One approach. The keys are explained at the top of taxonomy.toml; `not` is called `exclusions` here."""

    id: str
    label: str
    definition: str = ""
    terms: tuple[str, ...] = ()
    title_terms: tuple[str, ...] = ()
    weak_terms: tuple[str, ...] = ()
    abbr: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    never_with: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    assay: bool = False
    biology: bool = False

    @property
    def family(self) -> str:
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    id: str
    label: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A rung of the evidence ladder; a negative rank stands beside the ladder (secondary literature, unclear)."""

    id: str
    label: str
    rank: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A product of an approach (a leaf's id) that an authority has approved for a condition (its id).

    `reference`: where that can be looked up, such as the number of the application.
    """

    approach: str
    condition: str
    product: str
    indication: str
    authority: str
    year: int
    reference: str


@dataclass(frozen=True)
class Taxonomy:
    version: str
    families: tuple[Family, ...]
    leaves: tuple[Leaf, ...]
    conditions: tuple[Condition, ...]
    stages: tuple[Stage, ...]
    approvals: tuple[Approval, ...] = ()

    @cached_property
    def leaf(self) -> Mapping[str, Leaf]:
        return {leaf.id: leaf for leaf in self.leaves}

    @cached_property
    def family(self) -> Mapping[str, Family]:
        return {family.id: family for family in self.families}

    @cached_property
    def stage(self) -> Mapping[str, Stage]:
        return {stage.id: stage for stage in self.stages}

    def is_core(self, leaf: str) -> bool:
        return self.family[leaf.partition(".")[0]].core


def load_taxonomy(extra_leaves: Iterable[Mapping[str, Any]] = ()) -> Taxonomy:
    """The shipped taxonomy, with leaves added or refined. Raises ConfigError, one line per mistake.

    An extra leaf has the keys of a leaf in taxonomy.toml. With a known id its lists are added to the shipped ones and
    its other keys replace them. The version then names the additions: a label tells which taxonomy made it.
    """
    document = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    families = tuple(Family(**row) for row in document["family"])
    leaves = {row["id"]: _leaf(row) for row in document["leaf"]}
    extra, mistakes = [dict(row) for row in extra_leaves], list[str]()
    for row in extra:
        mistakes += _mistakes(row, leaves, [family.id for family in families])
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    for row in extra:
        leaves[row["id"]] = _refined(leaves[row["id"]], row) if row["id"] in leaves else _leaf(row)
    version = str(document["version"])
    if extra:
        version += "+" + hashlib.sha256(json.dumps(extra, sort_keys=True, default=list).encode()).hexdigest()[:8]
    return Taxonomy(
        version=version,
        families=families,
        leaves=tuple(leaves.values()),
        conditions=tuple(Condition(**_frozen(row)) for row in document["condition"]),
        stages=tuple(Stage(**row) for row in document["stage"]),
        approvals=tuple(Approval(**row) for row in document["approved"]),
    )


_KEYS = {"exclusions": "not"}
_LEAF_KEYS = {_KEYS.get(field.name, field.name): field for field in fields(Leaf)}


def _frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


def _leaf(row: Mapping[str, Any]) -> Leaf:
    return Leaf(**{_LEAF_KEYS[key].name: value for key, value in _frozen({"label": row["id"], **row}).items()})


def _refined(leaf: Leaf, row: Mapping[str, Any]) -> Leaf:
    changes = {_LEAF_KEYS[key].name: value for key, value in _frozen(row).items()}
    for name, value in changes.items():
        if isinstance(value, tuple):
            changes[name] = getattr(leaf, name) + value
    return replace(leaf, **changes)


def _mistakes(row: Mapping[str, Any], leaves: Mapping[str, Leaf], families: Sequence[str]) -> list[str]:
    name = row.get("id")
    if not isinstance(name, str) or not name:
        return ['approach: needs an id such as "act.newco"']
    if name not in leaves and (name.partition(".")[0] not in families or not name.partition(".")[2]):
        return [f'approach "{name}": an id is family.name, and the families are {", ".join(families)}']
    out = []
    for key, value in row.items():
        where = f'approach "{name}": {key}'
        if key not in _LEAF_KEYS:
            near = get_close_matches(key, _LEAF_KEYS, 1)
            out.append(f"{where}: unknown key" + (f' - did you mean "{near[0]}"?' if near else ""))
        elif isinstance(_LEAF_KEYS[key].default, tuple):
            out += [f"{where}: {problem}" for problem in _phrase_mistakes(value)]
        elif not isinstance(value, bool if _LEAF_KEYS[key].default is False else str):
            out.append(f"{where}: must be {'true or false' if _LEAF_KEYS[key].default is False else 'text'}")
    return out


def _phrase_mistakes(value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(phrase, str) for phrase in value):
        return ['must be a list of phrases such as ["NC-12", "newcostat"]']
    return [f'"{phrase}" {problem}' for phrase in value if (problem := phrase_problem(phrase))]


def phrase_problem(phrase: str) -> str:
    """What is wrong with a phrase, or ""."""
    if phrase.count("(") != phrase.count(")"):
        return "has a bracket without its partner"
    for plain in expand(phrase):
        if "*" in plain[:-1]:
            return "has a * that is not at its end"
        if not plain[:1].isalnum():
            return "must begin with a letter or a figure"
        if len(plain.rstrip("*")) < 2:
            return "is too short to mean anything"
    return ""
