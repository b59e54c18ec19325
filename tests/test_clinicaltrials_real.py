"""Real studies and recorded pages: every record is read, and its columns agree with a reading that shares no code."""

import csv
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.conftest import SHARED
from tests.test_clinicaltrials_fetch import QUERY, Registry, Reply, data, fetch, keys, registry, source
from tracker.config import Query, SourceSettings
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.errors import SourceError
from tracker.records import Held, Listing, Payload, Record, Trial
from tracker.sources.clinicaltrials import ClinicalTrials, enums
from tracker.sources.clinicaltrials.api import payload_of
from tracker.sources.clinicaltrials.study import read
from tracker.web import Web

__all__ = ["registry"]
pytestmark = pytest.mark.shared
CTGOV = SHARED / "real" / "ctgov"


def real_studies(name: str) -> list[dict[str, Any]]:
    path = CTGOV / name
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in text.splitlines()]


def at(value: Any, path: str) -> Any:
    """The values at a path such as `a.b[].c`: a list wherever the path has [], else the value or None."""
    head, _, rest = path.partition(".")
    value = value.get(head.removesuffix("[]")) if isinstance(value, dict) else None
    if head.endswith("[]"):
        return [at(item, rest) if rest else item for item in value or []]
    return at(value, rest) if rest else value


def plain(text: str | None) -> str:
    """Text without the backslashes that Markdown needs."""
    out, escaped = [], False
    for char in text or "":
        if escaped or char != "\\":
            if escaped and (char.isalnum() or char.isspace() or not char.isascii()):
                out.append("\\")
            out.append(char)
            escaped = False
        else:
            escaped = True
    return "".join(out).strip()


def expected_columns(study: dict[str, Any]) -> dict[str, Any]:
    """What the record of a study must hold, by paths of the OpenAPI description."""

    def get(path: str) -> Any:
        return at(study, f"protocolSection.{path}")

    dates = {
        column: get(f"statusModule.{struct}.date") or ""
        for column, struct in {
            "start": "startDateStruct",
            "primary_completion": "primaryCompletionDateStruct",
            "completion": "completionDateStruct",
            "first_posted": "studyFirstPostDateStruct",
            "last_update": "lastUpdatePostDateStruct",
            "results_posted": "resultsFirstPostDateStruct",
        }.items()
    }
    places = "contactsLocationsModule.locations[]"
    return dates | {
        "title": plain(get("identificationModule.briefTitle")),
        "abstract": plain(get("descriptionModule.briefSummary")),
        "published": dates["first_posted"],
        "study_type": get("designModule.studyType") or "",
        "status": get("statusModule.overallStatus") or "",
        "last_known_status": get("statusModule.lastKnownStatus") or "",
        "verified": get("statusModule.statusVerifiedDate") or "",
        "phases": tuple(get("designModule.phases[]")),
        "sponsor": get("sponsorCollaboratorsModule.leadSponsor.name") or "",
        "conditions": tuple(get("conditionsModule.conditions[]")),
        "interventions": tuple(
            f"{kind}: {name}"
            for kind, name in zip(
                get("armsInterventionsModule.interventions[].type"),
                get("armsInterventionsModule.interventions[].name"),
                strict=True,
            )
        ),
        "eligibility": plain(get("eligibilityModule.eligibilityCriteria")),
        "primary_outcomes": tuple(
            outcome["measure"]
            + (f" [{outcome['timeFrame']}]" if "timeFrame" in outcome else "")
            + (f": {outcome['description']}" if outcome.get("description") else "")
            for outcome in get("outcomesModule.primaryOutcomes[]")
        ),
        "allocation": get("designModule.designInfo.allocation") or "",
        "masking": get("designModule.designInfo.maskingInfo.masking") or "",
        "enrollment": get("designModule.enrollmentInfo.count"),
        "enrollment_type": get("designModule.enrollmentInfo.type") or "",
        "start_type": get("statusModule.startDateStruct.type") or "",
        "primary_completion_type": get("statusModule.primaryCompletionDateStruct.type") or "",
        "completion_type": get("statusModule.completionDateStruct.type") or "",
        "has_results": study["hasResults"],
        "why_stopped": get("statusModule.whyStopped") or "",
        "countries": tuple(dict.fromkeys(filter(None, get(f"{places}.country")))),
    }


def held_columns(record: Record) -> dict[str, Any]:
    assert record.trial
    columns = {name: getattr(record.trial, name) for name in Trial.__dataclass_fields__}
    return columns | {name: getattr(record, name) for name in ("title", "abstract", "published")}


@pytest.mark.parametrize(("name", "count"), [("studies.jsonl.gz", 700), ("hair.jsonl", 91)])
def test_every_real_study_is_read_and_agrees_with_its_paths(name: str, count: int) -> None:
    studies = real_studies(name)
    compared, warnings = 0, Counter[str]()
    for study in studies:
        record = read(payload_of(study).body)
        assert record.id == at(study, "protocolSection.identificationModule.nctId")
        expected, held = expected_columns(study), held_columns(record)
        for column, value in expected.items():
            assert held[column] == value, (record.id, column)
        compared += len(expected)
        warnings.update(re.sub(r"\[\d+\]|\d+", "", warning) for warning in record.warnings)
    print(f"{name}: {len(studies)} studies, {compared} columns agree, {warnings.total()} warnings {dict(warnings)}")
    assert len(studies) == count


@pytest.mark.parametrize("name", ["studies.jsonl.gz", "hair.jsonl"])
def test_sites_arms_aliases_and_references_of_every_real_study_agree(name: str) -> None:
    seen = Counter[str]()
    for study in real_studies(name):
        record = read(payload_of(study).body)
        assert record.trial
        for site, place in zip(
            record.trial.sites, at(study, "protocolSection.contactsLocationsModule.locations[]"), strict=True
        ):
            assert (site.facility, site.city, site.country) == tuple(
                place.get(key, "") for key in ("facility", "city", "country")
            )
            assert (site.latitude, site.longitude) == (at(place, "geoPoint.lat"), at(place, "geoPoint.lon"))
        arms = at(study, "protocolSection.armsInterventionsModule.armGroups[]")
        assert len(record.trial.arms) == len(arms)
        for text, arm in zip(record.trial.arms, arms, strict=True):
            assert text.startswith(f"{arm['type']}: {arm['label']}" if "type" in arm else arm["label"])
        aliases = at(study, "protocolSection.identificationModule.nctIdAliases[]")
        others = at(study, "protocolSection.identificationModule.secondaryIdInfos[].id")
        assert set(record.trial.secondary_ids) == {*aliases, *others}
        references = at(study, "protocolSection.referencesModule.references[]")
        relations = {"RESULT": "reported_by", "DERIVED": "derived_in", "BACKGROUND": "cites"}
        assert {(link.relation, link.target) for link in record.links} == {
            (relations[reference["type"]], f"pubmed-{reference['pmid']}")
            for reference in references
            if "pmid" in reference
        }
        counts = {"sites": record.trial.sites, "arms": arms, "aliases": aliases, "links": record.links}
        seen.update({kind: len(values) for kind, values in counts.items()})
        seen["retractions"] += any("is retracted by" in warning for warning in record.warnings)
    print(f"{name}: {dict(seen)}")
    assert seen["aliases"] == (4 if name.startswith("studies") else 0)
    assert seen["retractions"] == (1 if name.startswith("studies") else 0)


def test_the_finer_phases_of_real_titles_are_read() -> None:
    studies = [*real_studies("studies.jsonl.gz"), *real_studies("hair.jsonl")]
    trials = {record.id: record.trial for record in (read(payload_of(study).body) for study in studies)}
    found = {nct: trial.phase_detail for nct, trial in trials.items() if trial and trial.phase_detail}
    print(f"finer phase in {len(found)} of {len(trials)} titles: {dict(Counter(found.values()))}")
    assert found["NCT05127824"] == "2a" and found["NCT02219646"] == "2b" and found["NCT04893941"] == "1b/2a"
    assert len(found) == 26


def test_all_real_studies_are_fetched_from_the_stand_in_page_by_page_and_read() -> None:
    """Both files in one upstream, 64 studies a page; a study that is in both counts once."""
    upstream = Upstream(most_per_page=64)
    for name in ("studies.jsonl.gz", "hair.jsonl"):
        for study in real_studies(name):
            upstream.put_study(study)
    query = Query(name="everything", clinicaltrials={"advanced": "NOT AREA[NCTId]nowhere"})
    web = Web(user_agent="follicle-tracker tests", pace=0)
    with StandIn(upstream) as standin:
        registry = ClinicalTrials(SourceSettings(name="clinicaltrials", url=standin.clinicaltrials_url, pace=10_000))
        *payloads, listing = registry.fetch(query, Held(), web)
    assert isinstance(listing, Listing) and set(listing.ids) == set(upstream.studies)
    assert web.requests == len(upstream.studies) // 64 + 1 + 2
    for payload in payloads:
        assert isinstance(payload, Payload)
        (record,) = registry.parse(payload)
        for column, value in expected_columns(upstream.studies[record.id]).items():
            assert held_columns(record)[column] == value, (record.id, column)
    print(f"{len(payloads)} studies fetched in {web.requests} requests, {len(listing.missing)} missing")


def real_page(name: str) -> dict[str, Any]:
    return dict(json.loads((CTGOV / "pages" / name).read_text()))


def test_a_recorded_page_is_fetched_over_http_and_every_study_of_it_is_read(registry: Registry) -> None:
    recorded = real_page("last_page_no_token.json")
    registry.pages = {"": data(recorded)}
    payloads, listing = fetch(registry)
    assert list(listing.ids) == at(recorded, "studies[].protocolSection.identificationModule.nctId")
    assert [record.id for payload in payloads for record in source(registry).parse(payload)] == list(listing.ids)


def test_recorded_pages_in_sequence_are_walked_and_a_missing_rest_is_said(registry: Registry) -> None:
    first, second = real_page("sequence_page1.json"), real_page("sequence_page2.json")
    registry.pages = {
        "": data(first),
        first["nextPageToken"]: data(second),
        second["nextPageToken"]: data({"studies": []}),
    }
    with pytest.raises(SourceError, match="10 of 21 studies came"):
        fetch(registry)
    registry.pages[""] = data(first | {"totalCount": 10})
    payloads, listing = fetch(registry)
    assert len(set(keys(payloads))) == len(listing.ids) == 10


@pytest.mark.parametrize(
    "name", ["full_object_page_size_1.json", "full_objects_page.json", "page_size_3_with_token.json"]
)
def test_studies_of_recorded_pages_with_full_objects_are_read(name: str) -> None:
    records = [read(payload_of(study).body) for study in real_page(name)["studies"]]
    assert records and all(record.title and not record.warnings for record in records)


def test_a_recorded_single_study_is_fetched_by_its_number(registry: Registry) -> None:
    study = real_page("single_study_fields_subset.json")
    nct = at(study, "protocolSection.identificationModule.nctId")
    registry.single = {nct: data(study)}
    payloads, listing = fetch(registry, Held(retry=frozenset({nct})))
    assert keys(payloads) == [nct] and listing.missing == ()


def recorded_errors() -> Iterator[tuple[int, str, str]]:
    if not CTGOV.exists():
        return
    with (CTGOV / "errors.tsv").open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            body = row["body"] if row["body"] != "(empty or text)" else ""
            yield int(row["status"]), row["content_type"], body


@pytest.mark.parametrize(("status", "kind", "body"), list(recorded_errors()))
def test_every_recorded_error_is_taken_for_what_it_is(registry: Registry, status: int, kind: str, body: str) -> None:
    text = body or ("<html><title>error</title></html>" if "html" in kind else "")
    reply: Reply = (status, kind or "text/plain", text.encode())
    registry.pages = {"": reply}
    with pytest.raises(SourceError) as caught:
        fetch(registry)
    assert caught.value.permanent == (status in (400, 403, 404)), "a refusal is final, trouble is not"
    tries = registry.paths().count("studies")
    assert tries == (1 if caught.value.permanent else 3)
    if status == 400:
        assert QUERY.name in str(caught.value) and " ".join(body.split())[:60] in str(caught.value)
    print(f"{status} {kind}: {caught.value}")


def test_real_versions_differ_in_their_hash_exactly_when_more_than_the_version_holder_moved() -> None:
    versions: dict[str, list[dict[str, Any]]] = {}
    for line in real_studies("versions.jsonl.gz"):
        versions.setdefault(line["nct_id"], []).append(line["study"])
    pairs = [pair for studies in versions.values() for pair in pairwise(studies)]
    for before, after in pairs:
        assert payload_of(before).sha256 != payload_of(after).sha256
        moved = json.loads(json.dumps(before))
        moved["derivedSection"]["miscInfoModule"]["versionHolder"] = "2031-01-01"
        assert payload_of(before).sha256 == payload_of(moved).sha256
    assert len(pairs) == 35


def test_the_known_values_are_those_of_the_registrys_own_description() -> None:
    text = (CTGOV / "oas-2.0.5.yaml").read_text()
    described = {
        name: set(re.findall(r'- "(\w+)"', values))
        for name, values in re.findall(
            r'^    (\w+):\n      type: "string"\n      enum:\n((?:      - .*\n)+)', text, re.M
        )
    }
    ours = {
        "Status": enums.STATUS,
        "StudyType": enums.STUDY_TYPE,
        "Phase": enums.PHASE,
        "DateType": enums.DATE_TYPE,
        "EnrollmentType": enums.ENROLLMENT_TYPE,
        "DesignAllocation": enums.ALLOCATION,
        "DesignMasking": enums.MASKING,
        "ArmGroupType": enums.ARM_TYPE,
        "InterventionType": enums.INTERVENTION_TYPE,
        "ReferenceType": enums.REFERENCE_TYPE,
    }
    assert {name: described[name] for name in ours} == ours
