"""The phrase lists of rules.toml, compiled. What they are for stands in rules.toml; how they are used, in the rooms beside."""

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any

from tracker.classify.lexicon import Lexicon

_FILE = Path(__file__).with_name("rules.toml")


class Rules:
    def __init__(self) -> None:
        self.lists: dict[str, dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
        self.cue = {name: Lexicon((name, phrase) for phrase in phrases) for name, phrases in self.lists["cue"].items()}
        self.hair_mesh = frozenset(self.lists["hair"]["mesh"])

    @cached_property
    def hair(self) -> Lexicon:
        return self._lexicon("hair", ("loss", "follicle", "drug"))

    @cached_property
    def other_subject(self) -> Lexicon:
        return self._lexicon("other_subject")

    @cached_property
    def study_title(self) -> Lexicon:
        return self._lexicon("stage_title")

    @cached_property
    def study_text(self) -> Lexicon:
        return self._lexicon("stage_text", also=("stage_cue", "flag", "species"))

    @cached_property
    def study_cue(self) -> dict[str, Lexicon]:
        return {name: Lexicon((name, phrase) for phrase in phrases) for name, phrases in self.lists["stage_cue"].items()}

    def _lexicon(self, section: str, names: tuple[str, ...] = (), also: tuple[str, ...] = ()) -> Lexicon:
        own = self.lists[section]
        entries = [(name, phrase) for name in names or own for phrase in own[name]]
        entries += [(f"{other}.{name}", phrase) for other in also for name, words in self.lists[other].items() for phrase in words]
        return Lexicon(entries)
