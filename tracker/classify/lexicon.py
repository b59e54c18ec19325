"""Phrases to one regular expression, and back. Knows no medicine.

How a phrase is written, in taxonomy.toml, rules.toml and by users in queries.toml:

    hair follicle stem cell     words; blank and hyphen are the same, and either may be missing, also between letters
                                and figures ("PP405", "PP-405", "pp 405"); a final plural s is understood
    exosom*                     any ending, as in PubMed
    bone marrow(| derived) (mesenchymal|stromal) cell       alternatives; an empty one makes a part optional

All phrases stand in one trie, so that a text is read once however many there are.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from itertools import accumulate
from typing import Any, NamedTuple

_WORDS = re.compile(r"[a-z]+|[0-9]+|[^a-z0-9\s-]")
_GROUP = re.compile(r"\(([^()]*)\)")
_WORD_END = re.compile(r"[a-z0-9]*")
_JOINT = " "
_EXACT, _CUT = "exact", "cut"  # how a phrase ends: with its last letter (and a plural s), or anyhow (*)


class Entry(NamedTuple):
    """A phrase and what it stands for: `name` within `group`, such as ("cue", "background", "gold standard")."""

    group: str
    name: str
    phrase: str


class Hit(NamedTuple):
    """`name` of `group` was found at [start, end) of the folded text."""

    start: int
    end: int
    group: str
    name: str


Key = tuple[str, str]  # (group, name)
Names = dict[str, list[Key]]  # how phrases end -> what they stand for
_new = tuple.__new__  # twice as fast as Hit(...), and this is done for each of some thirty hits a record


def lexicon(entries: Iterable[Entry]) -> "Lexicon":
    """The lexicon of these phrases: one for each set of them in a process, since compiling costs more than reading."""
    return _lexicon(tuple(entries))


@cache
def _lexicon(entries: tuple[Entry, ...]) -> "Lexicon":
    return Lexicon(entries)


class Lexicon:
    """Many phrases, found in one pass: at each word the longest phrase and every shorter one that begins it.

    Compiled at the first text: a fetch that brings nothing new never pays for it.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = tuple(entries)
        self._found: dict[str, list[tuple[int, bool, list[Key]]]] = {}
        self._seen: dict[str, list[tuple[int, bool, Key, str, str]]] = {}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        phrases: dict[tuple[str, ...], Names] = {}
        for entry in self._entries:
            for plain in expand(entry.phrase.lower()):
                words = tuple(_WORDS.findall(plain.removesuffix("*")))
                names = phrases.setdefault(words, {}).setdefault(_CUT if plain.endswith("*") else _EXACT, [])
                if (entry.group, entry.name) not in names:
                    names.append((entry.group, entry.name))
        keys = {"".join(words): ends for words, ends in phrases.items()}
        self._found = {"".join(words): list(_beginnings(words, keys)) for words in phrases}
        # A word begins after anything that is no word; a class in front lets the engine skip along quickly. No text has
        # capitals here; with them the class is one table to look up, not two ranges to compare.
        return re.compile(rf"[^a-zA-Z0-9](?=({_trie_pattern(phrases)}))")

    def has_any(self, low: str) -> bool:
        """Some phrase stands in the folded, lower-case text."""
        return self._pattern.search(" " + low) is not None

    def find(self, low: str) -> list[Hit]:
        """Hits in folded, lower-case text, by start."""
        return self.read(low)[0]

    def read(self, low: str) -> tuple[list[Hit], dict[Key, list[Hit]]]:
        """The same, and those of each (group, name)."""
        hits, named, seen = list[Hit](), defaultdict[Key, list[Hit]](list), self._seen
        add = hits.append
        low = " " + low  # so that a text may begin with a phrase: positions are one too high below
        for match in self._pattern.finditer(low):
            matched, start = match[1], match.start()
            for length, cut, key, group, name in seen.get(matched) or self._resolve(matched):
                end = start + length
                if cut:
                    end = _WORD_END.match(low, end + 1).end() - 1  # type: ignore[union-attr]
                hit = _new(Hit, (start, end, group, name))
                add(hit)
                named[key].append(hit)
        return hits, named

    def _resolve(self, matched: str) -> list[tuple[int, bool, Key, str, str]]:
        """What a matched spelling stands for, worked out once: (length in the text, open-ended, key, group, name)."""
        squeezed = matched.replace(" ", "").replace("-", "")
        if squeezed not in self._found:
            squeezed = squeezed[:-1]  # the plural s
        out = []
        for length, cut, names in self._found[squeezed]:
            reach = len(matched) if length == len(squeezed) else _skip(matched, length)
            out += [(reach, cut, key, *key) for key in names]
        self._seen[matched] = out
        return out


def expand(phrase: str) -> Iterator[str]:
    """Every plain phrase that a phrase with (alternatives) stands for."""
    group = _GROUP.search(phrase)
    if group is None:
        yield " ".join(phrase.split())
        return
    for choice in group[1].split("|"):
        yield from expand(phrase[: group.start()] + choice + phrase[group.end() :])


def _beginnings(words: tuple[str, ...], keys: dict[str, Names]) -> Iterator[tuple[int, bool, list[Key]]]:
    """(length without blanks, open-ended, names) of each phrase that begins the given one, itself included."""
    key = "".join(words)
    ends = set(accumulate(map(len, words)))
    for length in range(1, len(key) + 1):
        found = keys.get(key[:length], {})
        if _CUT in found:
            yield length, True, found[_CUT]
        plural = key[length : length + 1] == "s" and length + 1 in ends
        if _EXACT in found and (length in ends or plural):
            yield length + (length not in ends), False, found[_EXACT]


def _skip(matched: str, length: int) -> int:
    """How far `length` characters reach that are no joint."""
    at = 0
    while length:
        length -= matched[at] not in " -"
        at += 1
    return at


def _trie_pattern(phrases: dict[tuple[str, ...], Names]) -> str:
    trie: dict[str, Any] = {}
    for words, ends in phrases.items():
        node = trie
        for char in _JOINT.join(words):
            node = node.setdefault(char, {})
        for end in ends:
            node[end] = {}
    return _node_pattern(trie)


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both = one.keys() & other.keys()
    return one | other | {key: _merged(one[key], other[key]) for key in both}


def _node_pattern(node: dict[str, Any]) -> str:
    """Longer phrases first, so that the longest wins; a joint last, because it may be missing."""
    joint = node.get(_JOINT, {})
    letters = {char: child for char, child in node.items() if child and char != _JOINT}
    # "microneedl*" and "micro needle patch" go together where the text has no joint.
    letters |= {char: _merged(letters[char], joint[char]) for char in letters.keys() & joint.keys()}
    steps = [re.escape(char) + _node_pattern(child) for char, child in letters.items()]
    if joint:
        steps.append("[ -]?" + _node_pattern(joint))
    if _EXACT in node:
        steps.append("s?(?![a-z0-9])")
    if _CUT in node:
        steps.append("")
    return steps[0] if len(steps) == 1 else f"(?:{'|'.join(steps)})"
