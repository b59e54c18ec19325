"""Where each key of a TOML text stands: tomllib gives values and no positions, so this walks the text once more.

A scanner, not a second parser: it knows keys, strings, brackets and comments, and takes everything else as it comes.
On a text that tomllib refuses it gets as far as it can, and notes keys written twice and a string without end.
"""

import re
from bisect import bisect_right
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

Path = tuple[str | int, ...]

_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' "|'''.*?'{3,5}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_PLAIN = re.compile(r"[^,\]}#\n]*")
_REST = re.compile(r"[^\n]*")


class Place(NamedTuple):
    line: int  # both from 1, as editors count
    column: int


@dataclass
class Positions:
    """keys: where each key or table header starts. texts: where the content of each string starts.

    twice: keys that are written again, with their second and first place. unended: where a string without end opens.
    last_long: where the last string in three quotes opens.
    """

    keys: dict[Path, Place] = field(default_factory=dict)
    texts: dict[Path, Place] = field(default_factory=dict)
    twice: list[tuple[Path, Place, Place]] = field(default_factory=list)
    unended: Place | None = None
    last_long: Place | None = None

    def of(self, path: Path) -> Place:
        """Where `path` stands, or else the nearest thing around it."""
        while path and path not in self.keys:
            path = path[:-1]
        return self.keys.get(path, Place(1, 1))


class _Lost(Exception):
    """The text is no TOML from here on."""


def scan(text: str) -> Positions:
    """Never raises; the text must have its line ends as \\n."""
    scanner = _Scanner(text)
    with suppress(_Lost, RecursionError):
        scanner.document()
    return scanner.found


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.found = Positions()
        self.tables: Counter[Path] = Counter()  # how many [[x]] each array of tables has so far

    def document(self) -> None:
        table: Path = ()
        self.skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip(_REST)  # a comment; whatever else stands there is tomllib's to refuse
            self.skip(_BLANK)

    def header(self) -> Path:
        start = self.at
        array = self.text.startswith("[[", self.at)
        self.at += 2 if array else 1
        keys = self.keys()
        path = (*self.inside((), keys[:-1]), keys[-1])
        if array:
            self.tables[path] += 1
            self.found.keys.setdefault(path, self.place(start))
            path += (self.tables[path] - 1,)
        self.note(path, start)
        return path

    def inside(self, table: Path, keys: list[str]) -> Path:
        """`table` and then `keys`, going into the last element wherever a key names an array of tables."""
        for key in keys:
            table += (key,)
            if self.tables[table]:
                table += (self.tables[table] - 1,)
        return table

    def pair(self, table: Path) -> None:
        start = self.at
        keys = self.keys()
        path = table + tuple(keys)
        for length in range(1, len(keys)):
            self.found.keys.setdefault(table + tuple(keys[:length]), self.place(start))
        self.note(path, start)
        self.expect("=")
        self.skip(_SPACE)
        self.value(path)

    def value(self, path: Path) -> None:
        opening = self.text[self.at : self.at + 1]
        if opening in ('"', "'"):
            self.string(path)
        elif opening == "[":
            self.items(path, "]")
        elif opening == "{":
            self.items(path, "}")
        else:
            self.skip(_PLAIN)

    def items(self, path: Path, closing: str) -> None:
        """The elements of an array, or the pairs of an inline table."""
        self.at += 1
        number = 0
        self.skip(_BLANK)
        while not self.text.startswith(closing, self.at):
            if closing == "}":
                self.pair(path)
            else:
                self.note((*path, number), self.at)
                self.value((*path, number))
            number += 1
            self.skip(_BLANK)
            if not self.text.startswith(closing, self.at):
                self.expect(",")
                self.skip(_BLANK)
        self.at += 1

    def string(self, path: Path) -> str:
        start = self.at
        long = self.text[start : start + 3] in ('"""', "'''")
        if long:
            self.found.last_long = self.place(start)
        match = _STRING.match(self.text, start)
        if not match or (long and len(match.group()) < 6):
            self.found.unended = self.place(start)
            raise _Lost
        self.at = match.end()
        quotes = 3 if long else 1
        content = start + quotes + self.text.startswith("\n", start + quotes) * long
        self.found.texts.setdefault(path, self.place(content))
        return match.group()[quotes:-quotes]

    def keys(self) -> list[str]:
        """A dotted key."""
        keys = []
        while True:
            self.skip(_SPACE)
            bare = _BARE_KEY.match(self.text, self.at)
            if bare:
                self.at = bare.end()
                keys.append(bare.group())
            elif self.text[self.at : self.at + 1] in ('"', "'"):
                keys.append(self.string(()))
            else:
                raise _Lost
            self.skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def note(self, path: Path, start: int) -> None:
        place = self.place(start)
        if path in self.found.keys:
            self.found.twice.append((path, place, self.found.keys[path]))
        self.found.keys.setdefault(path, place)

    def place(self, at: int) -> Place:
        line = bisect_right(self.starts, at)
        return Place(line, at - self.starts[line - 1] + 1)

    def expect(self, char: str) -> None:
        if not self.text.startswith(char, self.at):
            raise _Lost
        self.at += 1

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
