"""A record that is names and texts, one level deep: a row of a CSV file, a Trial of ICTRP's XML."""

import json
import re
from collections.abc import Mapping

from tracker.errors import RecordError
from tracker.sources.registries import text

MISFIT = "\0"  # in a row's payload: why the row fits its header not


def name(heading: str) -> str:
    """How headings are compared: "Date_registration3", "Date registration3" and " DATE REGISTRATION3" are one."""
    return " ".join(re.sub(r"[_\s]+", " ", heading.strip("\ufeff \t\"'")).lower().split())


class Row:
    """Values by name(). Names that are absent are empty; what was odd about a value goes to `warnings`."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.warnings: list[str] = []

    @classmethod
    def of(cls, body: bytes, label: str) -> "Row":
        """The row in a payload, as cutting made it. Raises RecordError."""
        try:
            values = json.loads(body)
        except (ValueError, RecursionError):
            values = None
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise RecordError(f"{label}: no row of a table; export it again", record=label)
        if why := values.get(MISFIT):
            raise RecordError(f"{label}: {why}; mend the row, or export XML instead", record=label)
        return cls({name(heading): value for heading, value in values.items()})

    def warn(self, heading: str, message: str) -> None:
        self.warnings.append(f"{heading}: {message}")

    def raw(self, *headings: str) -> str:
        """The first value that says something, as it stands."""
        return next((value for heading in headings if (value := self.values.get(heading, "")).strip()), "")

    def line(self, *headings: str) -> str:
        return text.said(text.line(self.raw(*headings)))

    def text(self, *headings: str) -> str:
        return text.said(text.clean(self.raw(*headings)))

    def parts(self, *headings: str, signs: str = ";\n|") -> tuple[str, ...]:
        return text.parts(self.raw(*headings), signs)

    def date(self, *headings: str, doubtful: bool = False) -> str:
        return text.date(self.raw(*headings), lambda message: self.warn(headings[0], message), doubtful=doubtful)

    def people(self, *headings: str) -> int | None:
        return text.people(text.line(self.raw(*headings)), lambda message: self.warn(headings[0], message))


def eligibility(inclusion: str, exclusion: str) -> str:
    """Both lists as ClinicalTrials.gov prints them; a text that has its own headings keeps them."""

    def headed(words: str, heading: str) -> str:
        return words if not words or words.lower().startswith(heading[:9].lower()) else f"{heading}:\n\n{words}"

    return text.joined(headed(inclusion, "Inclusion Criteria"), headed(exclusion, "Exclusion Criteria"), by="\n\n")
