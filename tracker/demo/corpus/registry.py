"""One [[trial]] table -> a study object of the ClinicalTrials.gov API v2, its modules and their order as in real ones.

The keys of a table are listed in `KEYS`; an unknown one raises ValueError, so that a typing mistake is not lost.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from tracker.demo.corpus.pubmed import MARK, cite

KEYS = {
    "nct": "NCT999 and five digits",
    "title": "brief title",
    "official": "official title",
    "acronym": "of the title",
    "type": "INTERVENTIONAL if absent, OBSERVATIONAL, EXPANDED_ACCESS",
    "status": "overall status",
    "was": "lastKnownStatus, with UNKNOWN",
    "why_stopped": "with TERMINATED, SUSPENDED, WITHDRAWN",
    "phases": "the registry's list; absent: the module has none",
    "enrollment": '"60 ESTIMATED"; absent: none',
    "start": '"2026-05 ESTIMATED"; the kind may be missing, as in old records',
    "primary": "primary completion, as start",
    "completion": "as start",
    "verified": "partial date",
    "posted": "first posted",
    "updated": "last update posted",
    "sponsor": "lead sponsor, a key of names.toml",
    "collaborators": "keys of names.toml",
    "summary": "the mark is appended",
    "detail": "detailed description",
    "conditions": "list",
    "keywords": "list",
    "design": '"RANDOMIZED PARALLEL TREATMENT DOUBLE"; of observational ones "COHORT PROSPECTIVE"',
    "arms": '"EXPERIMENTAL | label | description | intervention; intervention"',
    "interventions": '"DRUG | name | description"',
    "outcomes": 'primary outcomes, "measure [time frame]"',
    "secondary": "secondary outcomes",
    "eligibility": "criteria",
    "sex": "ALL if absent",
    "ages": '"18 60"',
    "contact": "name of the central contact",
    "sites": '"facility, city", the city a key of names.toml',
    "references": '"RESULT 999000021"',
    "secondary_ids": "list",
    "results": "{submitted, posted, measure, unit, groups = ['label | n | mean | SD']}",
    "approach": "see Meant",
    "stage": "see Meant",
    "condition": "see Meant",
    "off_topic": "see Meant",
}

Entry = Mapping[str, Any]
Module = dict[str, Any]


def render(entry: Entry, entries: Mapping[str, Entry], names: Entry, on: date) -> Module:
    """The study as the registry shows it `on` that day; versionHolder, its last refresh, is the Friday before.

    Raises ValueError for an unknown key, KeyError for a sponsor, city or article that is not there.
    """
    if unknown := entry.keys() - KEYS.keys():
        raise ValueError(f"trial {entry.get('nct')}: unknown key {', '.join(sorted(unknown))}")
    protocol = {
        "identificationModule": _identification(entry, names),
        "statusModule": _status(entry),
        "sponsorCollaboratorsModule": _sponsors(entry, names),
        "oversightModule": {"oversightHasDmc": False, "isFdaRegulatedDrug": False, "isFdaRegulatedDevice": False},
        "descriptionModule": _filled(
            briefSummary=f"{entry['summary'].strip()} {MARK}", detailedDescription=entry.get("detail", "").strip()
        ),
        "conditionsModule": _filled(conditions=entry["conditions"], keywords=entry.get("keywords")),
        "designModule": _design(entry),
        "armsInterventionsModule": _arms(entry),
        "outcomesModule": _filled(
            primaryOutcomes=[_outcome(text) for text in entry.get("outcomes", ())],
            secondaryOutcomes=[_outcome(text) for text in entry.get("secondary", ())],
        ),
        "eligibilityModule": _eligibility(entry),
        "contactsLocationsModule": _places(entry, names),
        "referencesModule": _filled(
            references=[_reference(text, entries, names) for text in entry.get("references", ())]
        ),
    }
    study: Module = {"protocolSection": _filled(**protocol)}
    if "results" in entry:
        study["resultsSection"] = _results(entry["results"])
    study["derivedSection"] = {"miscInfoModule": {"versionHolder": (on - timedelta(days=3)).isoformat()}}
    study["hasResults"] = "results" in entry
    return study


def _identification(entry: Entry, names: Entry) -> Module:
    sponsor = names["sponsors"][entry["sponsor"]]
    return _filled(
        nctId=entry["nct"],
        orgStudyIdInfo={"id": f"DEMO-{entry['nct'][-3:]}"},
        secondaryIdInfos=[{"id": text} for text in entry.get("secondary_ids", ())],
        organization={"fullName": sponsor["name"], "class": sponsor["class"]},
        briefTitle=entry["title"],
        officialTitle=entry.get("official"),
        acronym=entry.get("acronym"),
    )


def _status(entry: Entry) -> Module:
    posted, results = entry["posted"], entry.get("results", {})
    return _filled(
        statusVerifiedDate=entry["verified"],
        overallStatus=entry["status"],
        lastKnownStatus=entry.get("was"),
        whyStopped=entry.get("why_stopped"),
        expandedAccessInfo={"hasExpandedAccess": False},
        startDateStruct=_dated(entry.get("start")),
        primaryCompletionDateStruct=_dated(entry.get("primary")),
        completionDateStruct=_dated(entry.get("completion")),
        studyFirstSubmitDate=posted,
        studyFirstSubmitQcDate=posted,
        studyFirstPostDateStruct={"date": posted, "type": "ACTUAL"},
        resultsFirstSubmitDate=results.get("submitted"),
        resultsFirstSubmitQcDate=results.get("submitted"),
        resultsFirstPostDateStruct=_dated(f"{results['posted']} ACTUAL" if results else None),
        lastUpdateSubmitDate=entry["updated"],
        lastUpdatePostDateStruct={"date": entry["updated"], "type": "ACTUAL"},
    )


def _dated(text: str | None) -> Module:
    """ "2026-05 ESTIMATED" as the registry's date struct; old records lack the kind."""
    day, _, kind = (text or "").partition(" ")
    return _filled(date=day, type=kind)


def _sponsors(entry: Entry, names: Entry) -> Module:
    return _filled(
        responsibleParty={"type": "SPONSOR"},
        leadSponsor=dict(names["sponsors"][entry["sponsor"]]),
        collaborators=[dict(names["sponsors"][key]) for key in entry.get("collaborators", ())],
    )


def _design(entry: Entry) -> Module:
    kind = entry.get("type", "INTERVENTIONAL")
    if kind == "EXPANDED_ACCESS":
        return {"studyType": kind, "expandedAccessTypes": {"treatment": True}}
    words = entry["design"].split()
    if kind == "OBSERVATIONAL":
        info: Module = {"observationalModel": words[0], "timePerspective": words[1]}
    else:
        allocation, model, purpose, masking = words
        info = {
            "allocation": allocation,
            "interventionModel": model,
            "primaryPurpose": purpose,
            "maskingInfo": {"masking": masking},
        }
    count, _, basis = entry.get("enrollment", "").partition(" ")
    enrollment = {"count": int(count)} | ({"type": basis} if basis else {}) if count else {}
    return _filled(studyType=kind, phases=entry.get("phases"), designInfo=info, enrollmentInfo=enrollment)


def _arms(entry: Entry) -> Module:
    kinds: dict[str, str] = {}
    interventions = []
    for text in entry.get("interventions", ()):
        kind, name, about = _parts(text, 3)
        kinds[name] = kind.capitalize().replace("_", " ")
        labels = [_parts(arm, 4)[1] for arm in entry.get("arms", ()) if name in _uses(arm)]
        interventions.append(_filled(type=kind, name=name, description=about, armGroupLabels=labels))
    groups = []
    for text in entry.get("arms", ()):
        kind, label, about, _ = _parts(text, 4)
        used = [f"{kinds[name]}: {name}" for name in _uses(text)]
        groups.append(_filled(label=label, type=kind, description=about, interventionNames=used))
    return _filled(armGroups=groups, interventions=interventions)


def _uses(arm: str) -> list[str]:
    return [name.strip() for name in _parts(arm, 4)[3].split(";") if name.strip()]


def _parts(text: str, count: int) -> list[str]:
    """The fields of "a | b | c", as many as asked for."""
    parts = [part.strip() for part in text.split("|")]
    if len(parts) > count:
        raise ValueError(f"more than {count} fields: {text}")
    return parts + [""] * (count - len(parts))


def _outcome(text: str) -> Module:
    measure, _, frame = text.removesuffix("]").partition(" [")
    return _filled(measure=measure, timeFrame=frame)


def _eligibility(entry: Entry) -> Module:
    youngest, _, oldest = entry.get("ages", "18").partition(" ")
    return _filled(
        eligibilityCriteria=entry.get("eligibility", "").strip(),
        healthyVolunteers=False,
        sex=entry.get("sex", "ALL"),
        minimumAge=f"{youngest} Years",
        maximumAge=f"{oldest} Years" if oldest else "",
        stdAges=["ADULT"] if oldest and int(oldest) < 65 else ["ADULT", "OLDER_ADULT"],
    )


def _places(entry: Entry, names: Entry) -> Module:
    locations = []
    for text in entry.get("sites", ()):
        facility, _, city = text.rpartition(", ")
        place = names["places"][city]
        locations.append(
            _filled(
                facility=facility,
                city=city,
                state=place.get("state"),
                country=place["country"],
                geoPoint={"lat": place["lat"], "lon": place["lon"]},
            )
        )
    contacts = []
    if entry.get("contact"):
        contacts = [{"name": entry["contact"], "role": "CONTACT", "email": "trials@example.org"}]
    return _filled(centralContacts=contacts, locations=locations)


def _reference(text: str, entries: Mapping[str, Entry], names: Entry) -> Module:
    kind, pmid = text.split()
    return {"pmid": pmid, "type": kind, "citation": cite(entries[pmid], names)}


def _results(results: Entry) -> Module:
    """Participant flow and one primary outcome: a small section with the modules that every real one has."""
    rows = [_parts(text, 4) for text in results["groups"]]

    def groups(prefix: str) -> list[Module]:
        return [{"id": f"{prefix}{n:03d}", "title": row[0]} for n, row in enumerate(rows)]

    counts = [{"groupId": f"OG{n:03d}", "value": row[1]} for n, row in enumerate(rows)]
    started = [{"groupId": f"FG{n:03d}", "numSubjects": row[1]} for n, row in enumerate(rows)]
    values = [{"groupId": f"OG{n:03d}", "value": row[2], "spread": row[3]} for n, row in enumerate(rows)]
    outcome = {
        "type": "PRIMARY",
        "title": results["measure"],
        "reportingStatus": "POSTED",
        "paramType": "MEAN",
        "dispersionType": "Standard Deviation",
        "unitOfMeasure": results["unit"],
        "timeFrame": results["frame"],
        "groups": groups("OG"),
        "denoms": [{"units": "Participants", "counts": counts}],
        "classes": [{"categories": [{"measurements": values}]}],
    }
    period = {"title": "Whole study", "milestones": [{"type": "STARTED", "achievements": started}]}
    return {
        "participantFlowModule": {"groups": groups("FG"), "periods": [period]},
        "outcomeMeasuresModule": {"outcomeMeasures": [outcome]},
        "adverseEventsModule": {"frequencyThreshold": "0", "eventGroups": groups("EG")},
    }


def _filled(**values: Any) -> Module:
    """Without what is absent: the registry leaves keys out. False and 0 are values."""
    return {key: value for key, value in values.items() if value is not None and value not in ("", [], {})}
