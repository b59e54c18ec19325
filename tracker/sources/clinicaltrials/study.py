"""One study of API v2, as JSON bytes, read into a Record. Talks to nobody and judges nothing.

Enum values, partial dates and texts stay as the registry said them; only the backslash escapes of its Markdown are
undone, so that words read (and match) as they were meant. A study that breaks the shape of the format (no NCT number, a
module that is no object, text that is no Unicode) is a RecordError; one odd value costs that value and a warning.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from tracker.errors import RecordError
from tracker.records import Link, Record, Site, Trial
from tracker.sources.clinicaltrials import enums
from tracker.sources.clinicaltrials.node import Node, load, name_type, unescape

UNKNOWN_ENROLLMENT = 99999999  # the registry's own sentinel
QUOTE = 200  # characters of a citation that a Link keeps
_RELATIONS = {"RESULT": "reported_by", "DERIVED": "derived_in", "BACKGROUND": "cites"}

# "Phase II A" is more often an article than a letter, so a letter after a blank counts only as "b" or "c".
_PHASE_UNIT = r"(?:IV|III|II|I|[1-4])(?:[abc]\b|-[abc](?![\w-])|(?-i: [bc])(?![\w-]))?"
_PHASE_JOIN = r"(?: ?[/&,–-] ?| and | or | to )(?:phase[ -]?)?"
_PHASE = re.compile(rf"\bphases?[ -]?({_PHASE_UNIT}(?:{_PHASE_JOIN}{_PHASE_UNIT})*)(?!\w)", re.I)
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}


def read(body: bytes, key: str = "") -> Record:
    """The Record of one study. `key` is the id that the listing gave, for the message where the body has none.

    Raises RecordError.
    """
    study = load(body, key)
    protocol = _module(Node(study), "protocolSection", key)
    identification = _module(protocol, "identificationModule", key)
    nct = identification.text("nctId").upper()
    if not enums.NCT_NUMBER.fullmatch(nct):
        raise RecordError(f"{key or 'a study'}: no NCT number (nctId is {nct[:40]!r})", record=key)
    warnings = protocol.warnings
    modules = {name: _module(protocol, name, nct) for name in protocol.value if name.endswith("Module")}
    trial = _trial(nct, Node(study, warnings=warnings), modules)
    return Record(
        id=nct,
        source="clinicaltrials",
        kind="trial",
        title=unescape(identification.text("briefTitle") or identification.text("officialTitle")),
        abstract=unescape(_get(modules, "descriptionModule").text("briefSummary")),
        url=f"https://clinicaltrials.gov/study/{nct}",
        venue="ClinicalTrials.gov",
        types=(trial.study_type,) if trial.study_type else (),
        terms=_terms(modules),
        published=trial.first_posted,
        trial=trial,
        links=_links(_get(modules, "referencesModule")),
        warnings=tuple(dict.fromkeys(warnings)),
        raw=body,
    )


def _module(parent: Node, name: str, key: str) -> Node:
    """A section or module. Absent is empty; anything but an object means that the format is not what we know."""
    value = parent.value.get(name)
    if value is not None and not isinstance(value, dict):
        raise RecordError(f"{key or 'a study'}: {name} is {name_type(value)}, not an object", record=key)
    return parent.node(name)


def _get(modules: dict[str, Node], name: str) -> Node:
    return modules.get(name) or Node({})


def _trial(nct: str, study: Node, modules: dict[str, Node]) -> Trial:
    status, design = _get(modules, "statusModule"), _get(modules, "designModule")
    arms, places = _get(modules, "armsInterventionsModule"), _get(modules, "contactsLocationsModule").nodes("locations")
    identification = _get(modules, "identificationModule")
    phase_detail, phase_source = _phase_detail(identification)
    return Trial(
        study_type=design.enum("studyType", enums.STUDY_TYPE),
        **_status(status),
        phases=design.enums("phases", enums.PHASE),
        phase_detail=phase_detail,
        phase_source=phase_source,
        sponsor=_get(modules, "sponsorCollaboratorsModule").node("leadSponsor").text("name"),
        conditions=_get(modules, "conditionsModule").texts("conditions"),
        interventions=_joined(arms.nodes("interventions"), _intervention),
        arms=_joined(arms.nodes("armGroups"), _arm),
        eligibility=unescape(_get(modules, "eligibilityModule").text("eligibilityCriteria")),
        primary_outcomes=_joined(_get(modules, "outcomesModule").nodes("primaryOutcomes"), _outcome),
        allocation=design.node("designInfo").enum("allocation", enums.ALLOCATION),
        masking=design.node("designInfo").node("maskingInfo").enum("masking", enums.MASKING),
        enrollment=_enrollment(design.node("enrollmentInfo")),
        enrollment_type=design.node("enrollmentInfo").enum("type", enums.ENROLLMENT_TYPE),
        has_results=study.flag("hasResults"),
        secondary_ids=_secondary_ids(nct, identification),
        countries=_unique(place.text("country") for place in places),
        sites=tuple(_site(place) for place in places),
    )


def _status(status: Node) -> dict[str, Any]:
    """The columns of statusModule: the overall status, the dates with their types."""
    columns: dict[str, Any] = {
        "status": status.enum("overallStatus", enums.STATUS),
        "last_known_status": status.enum("lastKnownStatus", enums.STATUS),
        "verified": status.date("statusVerifiedDate"),
        "first_posted": status.node("studyFirstPostDateStruct").date("date"),
        "last_update": status.node("lastUpdatePostDateStruct").date("date"),
        "results_posted": status.node("resultsFirstPostDateStruct").date("date"),
        "why_stopped": status.text("whyStopped"),
    }
    for column, struct in (
        ("start", "startDateStruct"),
        ("primary_completion", "primaryCompletionDateStruct"),
        ("completion", "completionDateStruct"),
    ):
        columns[column] = status.node(struct).date("date")
        columns[f"{column}_type"] = status.node(struct).enum("type", enums.DATE_TYPE)
    return columns


def _enrollment(info: Node) -> int | None:
    count = info.integer("count")
    if count is None or 0 <= count < UNKNOWN_ENROLLMENT:
        return count
    info.warn("count", f"{count} was read as unknown")
    return None


def _intervention(node: Node) -> str:
    return _label(node.enum("type", enums.INTERVENTION_TYPE), node.text("name"))


def _arm(node: Node) -> str:
    return _label(node.enum("type", enums.ARM_TYPE), node.text("label"), unescape(node.text("description")))


def _label(*parts: str) -> str:
    return ": ".join(filter(None, parts))


def _outcome(outcome: Node) -> str:
    """With its description: how an outcome is measured, and by whom, is as much of it as its name."""
    frame, how = outcome.text("timeFrame"), outcome.text("description")
    named = outcome.text("measure") + (f" [{frame}]" if frame else "")
    return f"{named}: {how}" if named and how else named or how


def _joined(nodes: list[Node], join: Callable[[Node], str]) -> tuple[str, ...]:
    return tuple(filter(None, map(join, nodes)))


def _site(place: Node) -> Site:
    point = place.node("geoPoint")
    latitude, longitude = point.number("lat", 90), point.number("lon", 180)
    if latitude is None or longitude is None:
        latitude = longitude = None  # half a place is none
    return Site(place.text("facility"), place.text("city"), place.text("country"), latitude, longitude)


def _terms(modules: dict[str, Node]) -> tuple[str, ...]:
    """Conditions, keywords, and all names of the interventions: a code often stands only among the other names."""
    conditions = _get(modules, "conditionsModule")
    interventions = _get(modules, "armsInterventionsModule").nodes("interventions")
    names = [node.text("name") for node in interventions]
    others = [name for node in interventions for name in node.texts("otherNames")]
    return _unique([*conditions.texts("conditions"), *conditions.texts("keywords"), *names, *others])


def _secondary_ids(nct: str, identification: Node) -> tuple[str, ...]:
    """Numbers in other registries and at funders, and the NCT numbers that this study had before."""
    numbers = [info.text("id") for info in identification.nodes("secondaryIdInfos")]
    return _unique([*numbers, *(alias for alias in identification.texts("nctIdAliases") if alias != nct)])


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, values)))


def _phase_detail(identification: Node) -> tuple[str, str]:
    """ "2a", "1b/2a" and who said so, from a title that is finer than the registry's own phases; else ("", "")."""
    for key, source in (("briefTitle", "title"), ("officialTitle", "official title")):
        for match in _PHASE.finditer(identification.text(key)):
            detail = normalise_phase(match[1])
            if not detail.replace("/", "").isdigit():
                return detail, source
    return "", ""


def normalise_phase(words: str) -> str:
    """ "IIb" is "2b", "Ib/IIa" is "1b/2a", "1a and Phase 1b" is "1a/1b"."""
    units = []
    for unit in re.findall(_PHASE_UNIT, re.sub(r"phase|and|or|to", "/", words, flags=re.I), re.I):
        number = unit.lower().rstrip("abc- ")
        units.append(_ROMAN.get(number, number) + unit.lower()[len(number) :].strip("- "))
    return "/".join(dict.fromkeys(units))


def _links(module: Node) -> tuple[Link, ...]:
    """The papers that the registry names for this trial, with its own word for what they are to it."""
    links: dict[tuple[str, str], Link] = {}
    for reference in module.nodes("references"):
        kind = reference.enum("type", enums.REFERENCE_TYPE)
        for retraction in reference.nodes("retractions"):
            by = " ".join(filter(None, (retraction.text("pmid"), retraction.text("source"))))
            reference.warn("retractions", f"reference {reference.text('pmid')} is retracted by {by}")
        pmid = reference.text("pmid").lstrip("0")
        if not pmid:
            continue
        if not (pmid.isascii() and pmid.isdigit() and len(pmid) <= 9):
            reference.warn("pmid", f"{pmid[:40]!r} is no PMID, skipped")
            continue
        relation, target = _RELATIONS.get(kind, "cites"), f"pubmed-{pmid}"
        links.setdefault((relation, target), Link(relation, target, "registry", reference.text("citation")[:QUOTE]))
    return tuple(links.values())
