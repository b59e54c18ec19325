"""Which of two versions of a record says more: the later one, and of one day's the fuller form.

Read from a payload's bytes and not from its Record, because a Record does not say when it was revised.
"""

import json
import re
from dataclasses import dataclass

from tracker.records import REGISTRIES, Payload
from tracker.sources.pubmed.medline import is_medline
from tracker.sources.registries.version import version_parts

# A citation goes this way through PubMed. OLDMEDLINE and MEDLINE have arrived, each in its way.
_RANK = {"Publisher": "0", "In-Data-Review": "1", "In-Process": "2"}
_ARRIVED = "3"


@dataclass(frozen=True, slots=True)
class Version:
    """`age` orders versions as text, the first difference decides; what one side does not say ("") is not compared.

    PubMed: (version of the PMID, day of revision, rank of the status). ClinicalTrials.gov: (day of the last update,
    day of the registry's data). Other registries: registries/version.py. `full`: the source's whole form, not MEDLINE
    text, a row of a table or a study cut to some fields. `parts`: of a cut study, the modules that it has.
    """

    age: tuple[str, ...]
    full: bool
    parts: frozenset[str] = frozenset()

    def is_older(self, than: "Version") -> bool:
        told = ((mine, other) for mine, other in zip(self.age, than.age, strict=True) if mine and other)
        return next((mine < other for mine, other in told if mine != other), False)

    def is_poorer(self, than: "Version") -> bool:
        """A form that lacks what the other one has: going by it would lose facts that the source never took back."""
        return not self.full and (than.full or not self.parts >= than.parts)


def version_of(payload: Payload) -> Version:
    if payload.source == "clinicaltrials":
        return _study(payload.body)
    if payload.source in REGISTRIES:
        return Version(*version_parts(payload))
    return _medline(payload.body) if is_medline(payload.body) else _article(payload.body)


def citation_version(attributes: bytes) -> str:
    """The version of a PMID from the attributes of its element, in four digits; 1 where none is given."""
    found = _VERSION.search(attributes)
    return (found[1].decode() if found else "1").zfill(4)


_VERSION = re.compile(rb"""\bVersion\s*=\s*["'](\d{1,4})["']""")
_PMID = re.compile(rb"<PMID\b([^<>]*)>")  # the first is the record's own
_REVISED = re.compile(rb"<DateRevised>\s*<Year>(\d{4})</Year>\s*<Month>(\d\d?)</Month>\s*<Day>(\d\d?)</Day>")
_XML_STATUS = re.compile(rb"""<MedlineCitation\b[^<>]*?\sStatus\s*=\s*["']([^"']*)["']""")


def _article(body: bytes) -> Version:
    pmid, revised = _PMID.search(body), _REVISED.search(body)
    number = citation_version(pmid[1]) if pmid else ""
    return Version((number, _day(revised), _rank(_XML_STATUS.search(body))), full=True)


_LAST_REVISION = re.compile(rb"^LR  - (\d{4})(\d\d)(\d\d)", re.MULTILINE)
_MEDLINE_STATUS = re.compile(rb"^STAT- *([A-Za-z-]+)", re.MULTILINE)


def _medline(body: bytes) -> Version:
    return Version(("", _day(_LAST_REVISION.search(body)), _rank(_MEDLINE_STATUS.search(body))), full=False)


def _day(found: re.Match[bytes] | None) -> str:
    return "-".join(part.decode().zfill(2) for part in found.groups()) if found else ""


def _rank(status: re.Match[bytes] | None) -> str:
    return _RANK.get(status[1].decode(errors="replace"), _ARRIVED) if status else ""


def _study(body: bytes) -> Version:
    try:
        study = json.loads(body)
    except (ValueError, RecursionError):
        study = None
    updated = _text(study, "protocolSection", "statusModule", "lastUpdatePostDateStruct", "date")
    of_data = _text(study, "derivedSection", "miscInfoModule", "versionHolder")
    sections = study if isinstance(study, dict) else {}
    modules = [name for section in sections.values() if isinstance(section, dict) for name in section]
    return Version((updated, of_data), bool(updated and of_data) and {*modules} >= _ALWAYS, frozenset(modules))


# What each study of the registry has (all of 700 taken at random, in 2026): one that lacks any of it was cut.
_ALWAYS = {
    f"{name}Module"
    for name in (
        *("identification", "status", "sponsorCollaborators", "description", "conditions", "design", "eligibility"),
    )
}


def _text(value: object, *path: str) -> str:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
