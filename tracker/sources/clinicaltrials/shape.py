"""What is read of a study, in one table; `tracker check --live` compares it with what comes.

What is needed or usual stands in every one of 701 recorded complete studies. The modules are those of the OpenAPI
description 2.0.5; the values that an enum may have are in enums.py, and what is no such value the reader itself says.
"""

from collections.abc import Iterator
from typing import Any

from tracker.sources.looking import Shape


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


STUDY = Shape(
    needed=(
        "protocolSection.identificationModule.nctId",
        "protocolSection.identificationModule.briefTitle",
        "protocolSection.statusModule.overallStatus",
        "protocolSection.statusModule.lastUpdatePostDateStruct.date",
        "protocolSection.sponsorCollaboratorsModule.leadSponsor.name",
        "protocolSection.conditionsModule.conditions",
        "protocolSection.designModule.studyType",
        "hasResults",
    ),
    usual=(
        "protocolSection.statusModule.statusVerifiedDate",
        "protocolSection.statusModule.studyFirstPostDateStruct.date",
        "protocolSection.descriptionModule.briefSummary",
        "protocolSection.eligibilityModule.eligibilityCriteria",
    ),
    known={
        "": _names("protocolSection resultsSection annotationSection documentSection derivedSection hasResults"),
        "protocolSection": _names(
            "identificationModule statusModule sponsorCollaboratorsModule oversightModule descriptionModule "
            "conditionsModule designModule armsInterventionsModule outcomesModule eligibilityModule "
            "contactsLocationsModule referencesModule ipdSharingStatementModule"
        ),
    },
)


def paths(value: dict[str, Any], above: str = "") -> Iterator[str]:
    """Every path through the objects of a study; lists are not looked into."""
    for key, inner in value.items():
        path = f"{above}.{key}" if above else key
        yield path
        if isinstance(inner, dict):
            yield from paths(inner, path)
