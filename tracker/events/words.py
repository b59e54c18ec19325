"""The words of a headline: sizes, ordinals, columns as text. One plain line each, with nothing invented."""

from dataclasses import asdict, is_dataclass
from typing import Any

from tracker import dates
from tracker.records import Trial, as_json, source_of

LOW, MEDIUM, HIGH = 1, 2, 3


def distance(before: str, now: str) -> tuple[str, int]:
    """How far apart two dates are, in the finest unit that both have, and how severe that is."""
    days, months = dates.days_between(before, now), dates.months_between(before, now)
    if months is None:
        months = 12 * (int(now[:4]) - int(before[:4]))
        size = count(abs(months) // 12, "year")
    elif days is None:
        size = count(abs(months), "month")
    else:
        size = count(abs(days), "day") + (f", {count(abs(months), 'full month')}" if months else "")
    return size, HIGH if abs(months) >= 6 else MEDIUM if months else LOW


def ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number}{ending}"


def count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def one_line(text: str, length: int) -> str:
    """One plain line: blanks and line breaks are one blank, control and direction characters are gone."""
    text = text[: 10 * length]
    if not text.isprintable():
        text = "".join(char for char in text if char.isprintable() or char.isspace())
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def as_text(value: Any) -> str:
    """A column as text, without inventing anything for what is absent."""
    if isinstance(value, tuple):
        return as_json([asdict(item) if is_dataclass(item) and not isinstance(item, type) else item for item in value])
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def some(outcomes: list[str]) -> str:
    if not outcomes:
        return "(none)"
    more = f" and {len(outcomes) - 1} more" if len(outcomes) > 1 else ""
    return f'"{one_line(outcomes[0], 160)}"{more}'


def some_apart(removed: list[str], added: list[str]) -> tuple[str, str]:
    """Both lists in short; of two long texts that begin alike, from where they part."""
    if not removed or not added:
        return some(removed), some(added)
    old, new = (one_line(texts[0], 10_000) for texts in (removed, added))
    alike = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = old.rfind(" ", 0, max(0, alike - 20)) + 1 if alike > 60 else 0
    cut = "… " if start else ""
    return tuple(some([cut + text[start:], *rest[1:]]) for text, rest in ((old, removed), (new, added)))  # type: ignore[return-value]


def people(trial: Trial) -> str:
    if trial.enrollment is None:
        return "(none)"
    return f"{trial.enrollment} {trial.enrollment_type}".rstrip()


def or_none(text: str) -> str:
    return text or "(none)"


def shown(record: str) -> str:
    """An id as people write it."""
    return f"PMID {record.removeprefix('pubmed-')}" if record.startswith("pubmed-") else record


def source_name(record: str) -> str:
    return _SOURCES.get(source_of(record), "the feed")


_SOURCES = {
    "pubmed": "PubMed",
    "clinicaltrials": "ClinicalTrials.gov",
    "isrctn": "ISRCTN",
    "ctis": "EU CTIS",
    "ictrp": "WHO ICTRP",
}
