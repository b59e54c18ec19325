"""Text search as both stand-ins need it: text folded to plain words, phrases found in it.

A searchable text is one padded string of single-spaced words (" hair loss in mice "), so that finding a phrase is a
plain substring test, quick enough for any corpus that fits a test. No ranking, no synonyms, no stop words.
"""

import re
import unicodedata
from collections.abc import Iterable

_NOT_WORD = re.compile(r"[\W_]+")
# Stands between two texts of one field (title and abstract), so that no phrase is found across them.
_BREAK = " \n "


def fold(text: str) -> str:
    """Words in lower case with single spaces: accents go, every hyphen (U+2011 too) and other mark is a space."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _NOT_WORD.sub(" ", plain.casefold()).strip()


def stem(text: str) -> str:
    """Folded words without their plural endings: "studies" and "study", "cells" and "cell" become the same."""
    return " ".join(_singular(word) for word in text.split())


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def searchable(texts: Iterable[str], *, stemmed: bool = False) -> str:
    """One padded string for `holds`, from any number of texts."""
    words = (stem(fold(text)) if stemmed else fold(text) for text in texts)
    return " " + _BREAK.join(word for word in words if word) + " "


def holds(text: str, phrase: str, *, truncated: bool = False) -> bool:
    """Whether a searchable text holds a folded phrase; when truncated, its last word may go on."""
    return f" {phrase}" in text if truncated else f" {phrase} " in text


def near(text: str, phrase: str, between: int) -> bool:
    """Whether all words of a folded phrase stand in any order with at most `between` other words among them."""
    wanted = set(phrase.split())
    words = text.split(" ")
    span = len(wanted) + between
    return any(wanted <= set(words[at : at + span]) for at, word in enumerate(words) if word in wanted)
