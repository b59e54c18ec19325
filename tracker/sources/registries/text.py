"""What registries write, as it was meant: their markup, their dates, their phases, their lists. Invents nothing."""

import html
import re
from collections.abc import Callable, Iterable

from tracker import dates

Warn = Callable[[str], None]

_BREAK = re.compile(r"<br\s*/?>|</?p\b[^<>]{0,200}>|</(?:li|div|tr|h[1-6])>|\r\n?", re.IGNORECASE)
_POWER = re.compile(r"(?<=\d)<sup>([^<>]{1,20})</sup>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:div|span|b|i|u|em|strong|ul|ol|li|sup|sub|font|a|table|tbody|tr|t[dh]|h[1-6]|o:p|script|style|img)"
    r"(?:\s+[\w:-]{1,40}\s*=[^<>]{0,500})?\s?/?>",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BLANKS = re.compile(r"[ \t\xa0]+")
_BLANK_LINES = re.compile(r"\s*\n\s*\n\s*")
# What stands where nothing was said.
_NOTHING = {
    *("", "-", "none", "nil", "nil known", "n/a", "na", "null", "not applicable", "not available", "not provided"),
    *("not provided at time of registration", "not specified", "unknown"),
    "plain english summary of protocol not provided at time of registration",
}


def clean(text: str) -> str:
    """Text without entities and HTML; line breaks stay. "p < 0.05" is no tag, and 10<sup>6</sup> is 10^6."""
    if "&" in text:
        text = html.unescape(html.unescape(text))  # exports escape what was escaped already
    text = _TAG.sub("", _POWER.sub(r"^\1", _BREAK.sub("\n", text))) if "<" in text else text.replace("\r", "\n")
    text = _BLANKS.sub(" ", _CONTROL.sub("", text))
    text = _BLANK_LINES.sub("\n\n", text.encode("utf-8", "replace").decode())  # half a character is none
    return "\n".join(line.strip() for line in text.strip().split("\n"))


def line(text: str) -> str:
    """The same on one line."""
    return " ".join(clean(text).split())


def said(text: str) -> str:
    """A text, or "" where it only says that nothing was said."""
    return "" if text.strip(" .").lower() in _NOTHING else text


def parts(text: str, signs: str = ";\n|") -> tuple[str, ...]:
    """The items of a list in one text, each once, without those that say nothing."""
    return unique(said(" ".join(part.split())) for part in re.split(f"[{re.escape(signs)}]", clean(text)))


def unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, values)))


def joined(*values: str, by: str = ": ") -> str:
    return by.join(filter(None, values))


_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_SLASHES = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:\s.*)?")
_DAY_FIRST = re.compile(r"(?:(\d{1,2})(?:st|nd|rd|th)?[\s-]+)?([A-Za-z]{3,9})\.?[\s,-]+(\d{4})(?:\s.*)?")
_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?:\s.*)?")


def date(text: str, warn: Warn, *, doubtful: bool = False) -> str:
    """The partial date of a text: 2026-09-20 (with a time or without), 20260920, 20/09/2026, 20 September 2026.

    Of 05/04/2026 the day comes first, as all three registries write it. `doubtful` says that this one mixes both
    orders, so that such a date is read and warned of.
    """
    text = said(" ".join(text.split()))
    read = _date(text, warn, doubtful)
    if text and not read:
        warn(f"{text[:40]!r} is no date, left out")
    return read


def _date(text: str, warn: Warn, doubtful: bool) -> str:
    if found := _COMPACT.fullmatch(text):
        return dates.from_parts(*found.groups())
    if found := _SLASHES.fullmatch(text):
        first, second, year = found.groups()
        if int(second) > 12 >= int(first):
            warn(f"{text!r} was read with the month first")
            return dates.from_parts(year, first, second)
        if doubtful and first != second and int(first) <= 12:
            warn(f"{text!r} was read with the day first; it could be the month")
        return dates.from_parts(year, second, first)
    if found := _DAY_FIRST.fullmatch(text):
        day, month, year = found.groups()
        return dates.from_parts(year, month, day) if dates.month_number(month) else ""
    if found := _MONTH_FIRST.fullmatch(text):
        month, day, year = found.groups()
        return dates.from_parts(year, month, day) if dates.month_number(month) else ""
    return dates.partial(text)


_UNIT = r"(IV|III|II|I|[0-4])(?:[ -]?[abc])?\b"
_NAMED = re.compile(rf"\b(early[ -])?phase[ -]?{_UNIT}((?:\s?(?:[/,&+-]|and|or|to)\s?{_UNIT})*)", re.IGNORECASE)
_BARE = re.compile(rf"{_UNIT}(?:\s?(?:[/,&+-]|and|to)\s?{_UNIT})*", re.IGNORECASE)
_ONE = re.compile(rf"\b{_UNIT}", re.IGNORECASE)
_ANSWERED = re.compile(r"\(phase (IV|III|II|I)\)\s*:?\s*(yes|no)\b", re.IGNORECASE)
_NOT_APPLICABLE = {"n/a", "na", "not applicable", "not-applicable", "n.a."}
_DIGITS = {"I": "1", "II": "2", "III": "3", "IV": "4"}


def phases(text: str) -> tuple[str, ...]:
    """Phases as ClinicalTrials.gov writes them: "Phase I/II" is PHASE1 and PHASE2, "Not Applicable" NA, else ().

    The EU register's sentence answers for each phase: "Human pharmacology (Phase I): yes ...". Phase 0 is what
    ClinicalTrials.gov has called Early Phase 1 since 2017.
    """
    text = " ".join(text[:1000].split())
    if text.lower() in _NOT_APPLICABLE:
        return ("NA",)
    found: list[str] = []
    if answers := _ANSWERED.findall(text):
        found = [unit for unit, answer in answers if answer.lower() == "yes"]
    elif _BARE.fullmatch(text):
        found = _ONE.findall(text)
    else:
        for early, first, more, _ in _NAMED.findall(text):
            found += ["0" if early and first in ("1", "I") else first, *_ONE.findall(more)]
    digits = sorted({_DIGITS.get(unit.upper(), unit) for unit in found})
    return tuple("EARLY_PHASE1" if digit == "0" else f"PHASE{digit}" for digit in digits)


_GROUPS = re.compile(r"(?:[^:;]{0,200}:\s?\d{1,7}\s?;?\s?)+")


def people(text: str, warn: Warn) -> int | None:
    """A number of people; of "gel: 40; vehicle: 20;" their sum."""
    text = said(" ".join(text[:2000].split()))
    if not text:
        return None
    plain = text.replace(",", "").removesuffix(".0")
    if plain.isascii() and plain.isdigit() and len(plain) <= 8:
        return int(plain)
    if _GROUPS.fullmatch(text):
        return sum(int(size) for size in re.findall(r":\s?(\d{1,7})", text))
    warn(f"{text[:40]!r} is no number of people, left out")
    return None
