"""Text as it is searched, with a way back to the text as it is stored. Knows no medicine.

A `Text` is one stored column (a title, an abstract, a JSON list) beside its folded form: compatibility forms
resolved, Greek letters spelt out, dashes and quotes made plain, accents dropped, white space made blank, lower case.
Folding may change lengths ("β" becomes "beta"), so a folded text can tell the original index of each of its
characters.

It also splits a text into sentences and tells the part of a labelled abstract in which a sentence stands.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from tracker.classify.lazy import lazy

_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad"
_QUOTES = "\u2018\u2019\u02bc\u2032\u00b4"
_BLANK = str.maketrans("\n\t\r\f\v", "     ")

# A sentence ends at a full stop before a capital or figure, at a full stop glued to the next word ("needed.Areas"), or
# at a line end; "vs. Finasteride" and "et al. In" are no ends. The group is the first word after it.
_NO_END = "".join(
    rf"(?<!\b{word}.)" for word in ("vs", "Vs", r"e\.g", r"i\.e", "al", "cf", "Cf", "fig", "Fig", "approx")
)
_BREAK = re.compile(
    # Most sentences end in a letter that ends none of those words: one look saves eight.
    rf"[.!?\n](?:(?<![sgelfx].)|{_NO_END})(?:(?<=\n)\n*|[\"')\]]?\s+(?=[A-Z0-9\[(\"'])|(?<=[^\W\d_]{{2}}[.!?])(?=[A-Z][a-z]))"
    r"(?=(?:[\"'(\[]\s*)?([A-Za-z]+)?)",
)
# Labels of abstract parts, by what the part is for. NLM maps its 3,032 labels to five categories
# (https://www.nlm.nih.gov/bsd/policy/structured_abstracts.html); these are the frequent ones of clinical journals.
_PARTS = {
    "background": "background introduction rationale context importance significance",
    "aim": "aim aims objective objectives purpose hypothesis goal goals",
    "methods": "method methods design setting patients participants subjects intervention interventions materials",
    "results": "result results findings outcomes",
    "conclusions": "conclusion conclusions interpretation discussion limitations",
}
_PART_OF = {
    spelt: part
    for part, words in _PARTS.items()
    for word in words.split()
    for spelt in (word, word.upper(), word.capitalize())
}
_FIRST_WORD = re.compile(r"(?:[\"'(\[]\s*)?([A-Za-z]+)?")
_LABEL = re.compile(
    r"(?:[\"'(\[]\s*)?[A-Z][A-Za-z]++(?:[ /&,]++[A-Za-z]++){0,4}+\s?(?::\s?|\.\s)(?=\S)|[A-Z]{4,}\b(?= [A-Z])"
)


class Sentence(NamedTuple):
    """A half-open range of the folded text; part is one of _PARTS, or "" where the abstract has no labels."""

    start: int
    end: int
    part: str


_sentence = partial(tuple.__new__, Sentence)  # twice as fast as Sentence(...)


class Text:
    """One stored column and its folded form. `span` leads from the folded form back to the stored text."""

    def __init__(self, field: str, original: str) -> None:
        self.field = field
        self.original = original
        self.cased, self._moved = fold(original)
        self.low = self.cased.translate(_BLANK).lower() if "\n" in self.cased else self.cased.lower()
        self._cut: list[Sentence] = []
        self._uncut = self._split()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in `original` of the folded range [start, end)."""
        if not self._moved:
            return start, end
        return self._origin(start), self._origin(end - 1) + 1

    def _origin(self, position: int) -> int:
        """The original index of a folded character."""
        begins = self._moves[bisect_right(self._moves, (position, len(self.original), 0)) - 1]
        folded, origin, length = begins
        return origin if position < folded + length else origin + 1 + position - folded - length

    @lazy
    def _moves(self) -> list[tuple[int, int, int]]:
        """(folded index, original index, folded length) of each character that folds to none or several."""
        moves, shift = [(0, 0, 1)], 0
        for match in _NON_ASCII.finditer(self.original):
            length = len(_FOLDED[match[0]])
            if length != 1:
                moves.append((match.start() + shift, match.start(), length))
                shift += length - 1
        return moves

    @property
    def sentences(self) -> list[Sentence]:
        self._cut.extend(self._uncut)
        return self._cut

    def _split(self) -> Iterator[Sentence]:
        cased, size = self.cased, len(self.cased)
        start, part = 0, ""
        first = _FIRST_WORD.match(cased)
        word = first[1] if first else None
        for match in _BREAK.finditer(cased):
            end = match.end()
            if end < size:
                part = (word in _PART_OF and self._label(word, start, end)) or part
                yield _sentence((start, end, part))
                start, word = end, match[1]
        yield Sentence(start, size, (word in _PART_OF and self._label(word, start, size)) or part)

    def sentence_at(self, position: int) -> Sentence:
        """Split only as far as somebody asks: of most records nobody reads to the end."""
        cut = self._cut
        if not cut or cut[-1].end <= position:
            for sentence in self._uncut:
                cut.append(sentence)
                if sentence.end > position:
                    break
        return cut[max(0, bisect_left(cut, (position + 1,)) - 1)]

    def _label(self, word: str, start: int, end: int) -> str:
        """The part that a sentence beginning with this word opens, or ""."""
        return _PART_OF[word] if _LABEL.match(self.cased, start, min(end, start + 80)) else ""


class Span(NamedTuple):
    """A range of a folded text, and what stands there as it is stored."""

    text: Text
    start: int
    end: int

    @property
    def quoted(self) -> tuple[str, int, int, str]:
        """field, start, end and quote in the stored text."""
        start, end = self.text.span(self.start, self.end)
        return self.text.field, start, end, self.text.original[start:end]


def fold(text: str) -> tuple[str, bool]:
    """The folded text, case kept, and whether positions moved. A character folds by itself, whatever stands beside."""
    if text.isascii():
        return text, False
    moved = False
    for char in set(_NON_ASCII.findall(text)):
        plain = _FOLDED[char]
        text, moved = text.replace(char, plain), moved or len(plain) != 1
    return text, moved


class _Folded(dict[str, str]):
    """Plain spelling of one character, worked out once, and such that folding it again changes nothing."""

    def __missing__(self, char: str) -> str:
        plain = char if char.isascii() else _plain(char)
        while (again := "".join(c if c.isascii() else _plain(c) for c in plain)) != plain:
            plain = again
        self[char] = plain
        return plain


def _plain(char: str) -> str:
    if char in _DASHES:
        return "-"
    if char in _QUOTES:
        return "'"
    if char in "\u201c\u201d":
        return '"'
    if char.isspace() or char in "\u2122\u00ae\u00a9":  # trade marks would glue to the name before them
        return " "
    plain = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
    return "".join(_spelt(c) for c in plain).replace("\n", " ")


def _spelt(char: str) -> str:
    name = unicodedata.name(char, "")
    if not name.startswith("GREEK ") or " LETTER " not in name:
        return char
    word = name.split(" LETTER ")[1].split()[-1].lower()
    return word.capitalize() if char.isupper() else word


_FOLDED = _Folded()
