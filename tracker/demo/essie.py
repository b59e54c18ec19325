"""The registry's query language (Essie) evaluated over study objects: query.* and filter.advanced speak it.

AND, OR, NOT (NOT binds most, OR least), brackets, "phrases", AREA[name] before a word, a phrase, a bracket or
RANGE[from, to]. Words side by side are AND-ed; a word is found whole, its plural taken for it.
Not played: synonyms (the registry finds "hair loss" under alopecia), SEARCH, COVERAGE, EXPANSION, DISTANCE, TILT.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tracker.demo.words import fold, holds, searchable, stem

Study = dict[str, Any]
Test = Callable[["View"], bool]

_IDENTIFICATION = "protocolSection.identificationModule"
_STATUS = "protocolSection.statusModule"
_SPONSORS = "protocolSection.sponsorCollaboratorsModule"
_CONDITIONS = "protocolSection.conditionsModule"
_ARMS = "protocolSection.armsInterventionsModule"
_LOCATIONS = "protocolSection.contactsLocationsModule.locations"

# Area or piece name -> the paths of its texts.
AREAS: dict[str, tuple[str, ...]] = {
    "NCTId": (f"{_IDENTIFICATION}.nctId", f"{_IDENTIFICATION}.nctIdAliases"),
    "BriefTitle": (f"{_IDENTIFICATION}.briefTitle",),
    "OfficialTitle": (f"{_IDENTIFICATION}.officialTitle",),
    "Acronym": (f"{_IDENTIFICATION}.acronym",),
    "Condition": (f"{_CONDITIONS}.conditions",),
    "Keyword": (f"{_CONDITIONS}.keywords",),
    "ConditionMeshTerm": ("derivedSection.conditionBrowseModule.meshes.term",),
    "ConditionAncestorTerm": ("derivedSection.conditionBrowseModule.ancestors.term",),
    "InterventionName": (f"{_ARMS}.interventions.name",),
    "InterventionOtherName": (f"{_ARMS}.interventions.otherNames",),
    "InterventionDescription": (f"{_ARMS}.interventions.description",),
    "ArmGroupLabel": (f"{_ARMS}.armGroups.label",),
    "ArmGroupDescription": (f"{_ARMS}.armGroups.description",),
    "InterventionMeshTerm": ("derivedSection.interventionBrowseModule.meshes.term",),
    "InterventionAncestorTerm": ("derivedSection.interventionBrowseModule.ancestors.term",),
    "LeadSponsorName": (f"{_SPONSORS}.leadSponsor.name",),
    "CollaboratorName": (f"{_SPONSORS}.collaborators.name",),
    "OrgFullName": (f"{_IDENTIFICATION}.organization.fullName",),
    "OrgStudyId": (f"{_IDENTIFICATION}.orgStudyIdInfo.id",),
    "SecondaryId": (f"{_IDENTIFICATION}.secondaryIdInfos.id",),
    "OutcomeMeasure": tuple(
        f"protocolSection.outcomesModule.{kind}Outcomes" for kind in ("primary", "secondary", "other")
    ),
    "LocationFacility": (f"{_LOCATIONS}.facility",),
    "LocationCity": (f"{_LOCATIONS}.city",),
    "LocationState": (f"{_LOCATIONS}.state",),
    "LocationCountry": (f"{_LOCATIONS}.country",),
    "Phase": ("protocolSection.designModule.phases",),
    "StudyType": ("protocolSection.designModule.studyType",),
    "OverallStatus": (f"{_STATUS}.overallStatus",),
    "StartDate": (f"{_STATUS}.startDateStruct.date",),
    "PrimaryCompletionDate": (f"{_STATUS}.primaryCompletionDateStruct.date",),
    "CompletionDate": (f"{_STATUS}.completionDateStruct.date",),
    "StudyFirstPostDate": (f"{_STATUS}.studyFirstPostDateStruct.date",),
    "ResultsFirstPostDate": (f"{_STATUS}.resultsFirstPostDateStruct.date",),
    "LastUpdatePostDate": (f"{_STATUS}.lastUpdatePostDateStruct.date",),
}


def _union(*names: str) -> tuple[str, ...]:
    return tuple(path for name in names for path in AREAS[name])


_TITLES = ("BriefTitle", "OfficialTitle")
AREAS["TitleSearch"] = _union("Acronym", *_TITLES)
AREAS["ConditionSearch"] = _union(
    "Condition", *_TITLES, "Keyword", "ConditionMeshTerm", "ConditionAncestorTerm", "NCTId"
)
AREAS["InterventionSearch"] = _union(
    *("InterventionName", "InterventionOtherName", "InterventionDescription", "ArmGroupLabel", "ArmGroupDescription"),
    *("InterventionMeshTerm", "InterventionAncestorTerm", "Keyword", *_TITLES),
)
AREAS["SponsorSearch"] = _union("LeadSponsorName", "CollaboratorName", "OrgFullName")
AREAS["OutcomeSearch"] = AREAS["OutcomeMeasure"]
AREAS["LocationSearch"] = _union("LocationFacility", "LocationCity", "LocationState", "LocationCountry")
AREAS["IdSearch"] = _union("NCTId", "Acronym", "OrgStudyId", "SecondaryId")
AREAS["BasicSearch"] = ("protocolSection", *_union("ConditionMeshTerm", "InterventionMeshTerm"))

_PHASES = ("NA", "EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4")
_STATUSES: tuple[str, ...] = (
    "ACTIVE_NOT_RECRUITING",
    "COMPLETED",
    "ENROLLING_BY_INVITATION",
    "NOT_YET_RECRUITING",
    "RECRUITING",
)
_STATUSES += ("SUSPENDED", "TERMINATED", "WITHDRAWN", "AVAILABLE", "NO_LONGER_AVAILABLE", "TEMPORARILY_NOT_AVAILABLE")
_STATUSES += ("APPROVED_FOR_MARKETING", "WITHHELD", "UNKNOWN")
ENUMS = {
    "Phase": _PHASES,
    "OverallStatus": _STATUSES,
    "StudyType": ("EXPANDED_ACCESS", "INTERVENTIONAL", "OBSERVATIONAL"),
}


class QueryError(Exception):
    """The text of the registry's 400, without "Error parsing query in ..."."""


class View:
    """A study as it is searched. Each area's text is gathered once."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._texts: dict[str, str] = {}

    def text(self, area: str) -> str:
        if area not in self._texts:
            self._texts[area] = searchable(self.values(area), stemmed=True)
        return self._texts[area]

    def values(self, area: str) -> list[str]:
        return [text for path in AREAS[area] for text in _leaves(self.study, path.split("."))]


def _leaves(value: Any, path: list[str]) -> Iterator[str]:
    """Every string at or below a path; lists on the way are walked through."""
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item, path)
    elif isinstance(value, dict):
        for key in path[:1] or value:
            yield from _leaves(value.get(key), path[1:])
    elif isinstance(value, str) and not path:
        yield value


class _Token(NamedTuple):
    kind: str
    text: str


_TOKEN = re.compile(
    r"""\s*(?: "(?P<phrase>[^"]*)" | AREA\[(?P<area>[^\]]*)\] | RANGE\[(?P<range>[^\]]*)\]
    | (?P<open>\() | (?P<close>\)) | (?P<operator>(?:AND|OR|NOT)\b(?!-)) | (?P<word>[^\s()"\[\],]+) | (?P<comma>,)
    | (?P<stray>\S) )""",
    re.VERBOSE,
)


def compile_query(text: str, area: str) -> Test:
    """The test that a query makes of a study, its words looked for in `area`. Raises QueryError."""
    return _Reader(text).whole(area)


class _Reader:
    """whole > either > both > one: each gives a Test."""

    def __init__(self, text: str) -> None:
        found = (_Token(match.lastgroup or "", match[match.lastgroup or 0]) for match in _TOKEN.finditer(text))
        self.tokens = [token for token in found if token.kind != "comma"]
        self.at = 0

    def peek(self) -> _Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else _Token("end", "<EOF>")

    def take(self, text: str = "") -> bool:
        """Steps over the next token if it is this operator or bracket."""
        if text and (self.peek().text != text or self.peek().kind in ("word", "phrase")):
            return False
        self.at += 1
        return True

    def whole(self, area: str) -> Test:
        test = self.either(area)
        if self.peek().kind != "end":
            raise QueryError(f"extraneous input '{self.peek().text}' expecting <EOF>")
        return test

    def either(self, area: str) -> Test:
        tests = [self.both(area)]
        while self.take("OR"):
            tests.append(self.both(area))
        return lambda view: any(test(view) for test in tests)

    def both(self, area: str) -> Test:
        tests = [self.one(area)]
        while self.take("AND") or (self.peek().kind not in ("end", "close") and self.peek().text != "OR"):
            tests.append(self.one(area))
        return lambda view: all(test(view) for test in tests)

    def one(self, area: str) -> Test:
        token = self.peek()
        self.take()
        match token.kind:
            case "word" | "phrase":
                return _term(token.text, area)
            case "area":
                if token.text not in AREAS:
                    raise QueryError(f"Unknown area name: `{token.text}`")
                return self.one(token.text)
            case "range":
                return _range(token.text, area)
            case "open":
                test = self.either(area)
                if not self.take(")"):
                    raise QueryError(f"missing ')' at '{self.peek().text}'")
                return test
            case "operator" if token.text == "NOT":
                excluded = self.one(area)
                return lambda view: not excluded(view)
        expecting = "{<EOF>, '(', ',', 'NOT', 'AND', 'OR', 'SEARCH', 'AREA', 'RANGE', Term}"
        raise QueryError(f"mismatched input '{token.text}' expecting {expecting}")


def _term(text: str, area: str) -> Test:
    if area in ENUMS:
        if text not in ENUMS[area]:
            allowed = ", ".join(f"`{value}`" for value in ENUMS[area])
            raise QueryError(f"Allowed values for enum field `{AREAS[area][0]}` are {allowed}")
        return lambda view: text in view.values(area)
    if area.endswith("Date"):
        return lambda view: any(value.startswith(text) for value in view.values(area))
    phrase = stem(fold(text))
    return lambda view: holds(view.text(area), phrase)


def _range(text: str, area: str) -> Test:
    """Dates (or texts) from the first to the last, both included; a partial date counts as its first day."""
    ends = [part.strip() for part in text.split(",")]
    if len(ends) != 2 or not all(ends):
        raise QueryError(f"RANGE[{text}] needs two ends")
    low, high = ("" if ends[0] == "MIN" else _day(ends[0]), "~" if ends[1] == "MAX" else _day(ends[1]))
    return lambda view: any(low <= _day(value) <= high for value in view.values(area))


def _day(text: str) -> str:
    american = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", text)
    if american:
        return "-".join(american.group(3, 1, 2))
    return text + "-01" * (2 - text.count("-")) if re.fullmatch(r"\d{4}(-\d\d){0,2}", text) else text
