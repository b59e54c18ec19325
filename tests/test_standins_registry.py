"""The registry stand-in: its query language, its pages and tokens, its refusals. Real HTTP throughout."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.conftest import SHARED
from tests.standin_world import a_world, nct, study
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(a_world()) as standin:
        yield standin


def get(standin: StandIn, path: str, **params: Any) -> requests.Response:
    url = standin.clinicaltrials_url + path
    names = {name.replace("_", "."): value for name, value in params.items()}
    with requests.get(url, names, allow_redirects=False) as answer:
        return answer


def number(each: dict[str, Any]) -> str:
    return str(each["protocolSection"]["identificationModule"]["nctId"])


def found(standin: StandIn, **params: Any) -> set[int]:
    answer = get(standin, "studies", **params)
    assert answer.status_code == 200, answer.text
    return {int(number(each)[6:]) for each in answer.json()["studies"]}


@pytest.mark.parametrize(
    ("params", "numbers"),
    [
        ({"query_cond": "alopecia"}, {1, 3}),
        ({"query_cond": "ALOPECIA OR hair loss"}, {1, 2, 3}),
        ({"query_cond": '"loss of hair"'}, set()),
        ({"query_cond": "loss hair"}, {2}),
        ({"query_cond": '"hair loss" OR insomnia'}, {2, 4}),
        ({"query_cond": "alopecia AND NOT androgenetic"}, {1}),
        ({"query_cond": "alopecia NOT androgenetic"}, {1}),
        ({"query_cond": "insomnia OR alopecia AND androgenetic"}, {3, 4}),  # AND binds more than OR
        ({"query_cond": "(insomnia OR alopecia) AND androgenetic"}, {3}),
        ({"query_intr": "exosomes"}, {5}),  # plural and singular
        ({"query_intr": "study"}, {3}),
        ({"query_intr": "exo"}, set()),  # whole words
        ({"query_intr": "PP-405"}, {2}),
        ({"query_intr": '"PP\u2011405"'}, {2}),
        ({"query_intr": "hair"}, {3}),  # neither conditions nor summary
        ({"query_term": "hair"}, {2, 3, 4}),
        ({"query_titles": "loss"}, {4}),
        ({"query_spons": "night"}, {4}),
        ({"query_lead": "moss", "query_cond": "loss"}, {2}),
        ({"query_id": nct(3)}, {3}),
        ({}, {1, 2, 3, 4, 5}),
        ({"filter_advanced": "AREA[Phase]PHASE2"}, {1, 2}),
        ({"filter_advanced": "AREA[Phase](PHASE1 OR NA)"}, {2, 3, 4, 5}),
        ({"filter_advanced": "AREA[Phase]PHASE2 AND AREA[OverallStatus]COMPLETED"}, {2}),
        ({"filter_advanced": "AREA[StudyType]OBSERVATIONAL"}, set()),
        ({"filter_advanced": "AREA[LastUpdatePostDate]RANGE[2031-02-01,MAX]"}, {3}),
        ({"filter_advanced": "NOT AREA[LastUpdatePostDate]RANGE[MIN, 01/31/2031]"}, {3}),
        ({"filter_advanced": "AREA[LastUpdatePostDate]2031-06"}, {3}),
        ({"query_term": 'AREA[ConditionSearch]"hair loss"'}, {2}),
        ({"filter_overallStatus": "COMPLETED|TERMINATED"}, {2, 5}),
        ({"filter_ids": f"{nct(1)},{nct(55)}|{nct(77)}"}, {1, 5}),  # an alias counts, an absent id does not
        ({"query_term": f"{nct(1)}, {nct(2)}", "filter_advanced": "AREA[Phase]PHASE4"}, set()),
        ({"query_term": nct(1), "filter_advanced": "AREA[Phase]PHASE4"}, {1}),  # ids alone: filters are ignored
        ({"query_term": nct(1) + " gel", "filter_advanced": "AREA[Phase]PHASE4"}, set()),
    ],
)
def test_a_query_finds_exactly_what_matches(standin: StandIn, params: dict[str, str], numbers: set[int]) -> None:
    assert found(standin, **params) == numbers


@pytest.mark.parametrize(
    ("params", "text"),
    [
        (
            {"filter_advanced": "AREA[NotARealField]x"},
            "Error parsing query in advanced filter: Unknown area name: `NotARealField`",
        ),
        (
            {"filter_advanced": "AREA[Phase]PHASE5"},
            "Error parsing query in advanced filter: Allowed values for enum field "
            "`protocolSection.designModule.phases` are `NA`, `EARLY_PHASE1`, `PHASE1`, `PHASE2`, `PHASE3`, `PHASE4`",
        ),
        ({"query_term": "moss ["}, "Error parsing query in Other terms: mismatched input '[' expecting {<EOF>"),
        ({"query_term": "moss (gel"}, "Error parsing query in Other terms: missing ')' at '<EOF>'"),
        ({"query_intr": '"moss'}, "Error parsing query in Intervention / treatment: mismatched input '\"'"),
        ({"query_cond": "moss OR"}, "Error parsing query in Conditions or disease: mismatched input '<EOF>'"),
        ({"query_cond": "moss) gel"}, "Error parsing query in Conditions or disease: extraneous input ')'"),
        ({"filter_ids": f"{nct(1)},XYZ"}, "NCT ID `XYZ` in parameter `filter.ids` has incorrect format"),
        ({"filter_ids": "NCT00000000"}, "has incorrect format"),
        ({"filter_overallStatus": "DONE"}, "Invalid value in parameter `overallStatus`: `DONE`"),
        ({"pageSize": "many"}, "Parameter `pageSize` has incorrect format"),
        ({"pageToken": "moss"}, "Parameter `pageToken` has incorrect format"),
        ({"filter_phase": "PHASE2"}, "Parameter `filter.phase` is unknown"),
    ],
)
def test_what_cannot_be_asked_is_a_400_in_plain_text(standin: StandIn, params: dict[str, str], text: str) -> None:
    answer = get(standin, "studies", **params)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert text in answer.text


def walk(standin: StandIn, **params: Any) -> list[dict[str, Any]]:
    pages = [get(standin, "studies", **params).json()]
    while token := pages[-1].get("nextPageToken"):
        pages.append(get(standin, "studies", **params, pageToken=token).json())
    return pages


def test_pages_hold_every_study_once_and_the_total_stands_on_the_first(standin: StandIn) -> None:
    pages = walk(standin, pageSize=2, countTotal="true")
    assert [len(page["studies"]) for page in pages] == [2, 2, 1]
    assert [page.get("totalCount") for page in pages] == [5, None, None]
    assert {number(each) for page in pages for each in page["studies"]} == {nct(n) for n in range(1, 6)}
    assert "totalCount" not in get(standin, "studies").json()


def test_page_sizes_have_a_default_and_a_limit() -> None:
    upstream = Upstream()
    for n in range(1, 1_005):
        upstream.put_study(study(n))
    with StandIn(upstream) as standin:
        assert [len(get(standin, "studies", pageSize=n).json()["studies"]) for n in ("", 0, 99_999)] == [10, 10, 1_000]


def test_the_registry_may_give_fewer_per_page_than_was_asked() -> None:
    with StandIn(a_world(most_per_page=2)) as standin:
        assert [len(each["studies"]) for each in walk(standin, pageSize=1_000)] == [2, 2, 1]


def test_a_token_belongs_to_its_parameters_and_to_the_state_of_the_data(standin: StandIn) -> None:
    token = get(standin, "studies", query_cond="alopecia", pageSize=1).json()["nextPageToken"]
    assert get(standin, "studies", query_cond="alopecia", pageSize=9, pageToken=token).status_code == 200
    assert "other parameters" in get(standin, "studies", query_cond="moss", pageToken=token).text
    standin.upstream.refresh("2031-01-03T09:00:05", expire_tokens=False)
    assert get(standin, "studies", query_cond="alopecia", pageToken=token).status_code == 200
    standin.upstream.refresh("2031-01-04T09:00:05")
    expired = get(standin, "studies", query_cond="alopecia", pageToken=token)
    assert (expired.status_code, "expired" in expired.text) == (400, True)


def test_one_study_is_found_by_any_spelling_of_its_number(standin: StandIn) -> None:
    assert number(get(standin, f"studies/{nct(1).lower()}").json()) == nct(1)
    moved = get(standin, f"studies/{nct(55)}")
    assert (moved.status_code, moved.headers["Location"]) == (301, f"/api/v2/studies/{nct(5)}")
    absent = get(standin, f"studies/{nct(77)}")
    assert (absent.status_code, absent.headers["Content-Type"][:10]) == (404, "text/plain")
    assert get(standin, "studies/BADID").status_code == 400


def test_a_refresh_moves_the_timestamp_and_every_version_holder(standin: StandIn) -> None:
    assert get(standin, "version").json() == {"apiVersion": "2.0.5", "dataTimestamp": "2026-11-02T09:00:05"}
    standin.upstream.refresh("2031-01-03T09:00:05")
    assert get(standin, "version").json()["dataTimestamp"] == "2031-01-03T09:00:05"
    held = get(standin, f"studies/{nct(1)}").json()
    assert held["derivedSection"]["miscInfoModule"]["versionHolder"] == "2031-01-03"


def test_the_world_may_change_between_two_queries(standin: StandIn) -> None:
    mine = study(1, "Lichen gel")
    standin.upstream.put_study(mine)
    mine["protocolSection"]["identificationModule"]["briefTitle"] = "changed after it was put"
    standin.upstream.delete_study(nct(3))
    assert found(standin, query_cond="alopecia") == set()
    assert found(standin, query_titles="lichen") == {1}


@pytest.mark.parametrize("path", ["", "moss", "studies/NCT99900001/moss", "stats/size", "../query/full_studies"])
def test_any_other_path_is_a_page_of_html_with_404(standin: StandIn, path: str) -> None:
    answer = get(standin, path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html")
    assert "<html>" in answer.text


@pytest.mark.shared
def test_real_studies_are_found_as_an_independent_reading_finds_them() -> None:
    upstream = Upstream()
    with gzip.open(SHARED / "real/ctgov/studies.jsonl.gz") as file:
        upstream.load_studies(file)
    upstream.load_studies((SHARED / "real/ctgov/hair.jsonl").read_bytes().splitlines())
    assert len(upstream.studies) == 700 + 91
    raw = {key: json.dumps(value["protocolSection"].get("designModule", {})) for key, value in upstream.studies.items()}
    with StandIn(upstream) as standin:
        walked = [each for page in walk(standin, pageSize=100) for each in page["studies"]]
        phase2 = get(standin, "studies", filter_advanced="AREA[Phase]PHASE2", pageSize=1_000).json()["studies"]
        alopecia = get(standin, "studies", query_cond="alopecia", pageSize=1_000).json()["studies"]
    assert {number(each): each for each in walked} == upstream.studies and len(walked) == 791
    assert {number(each) for each in phase2} == {key for key, text in raw.items() if '"PHASE2"' in text}
    assert all("alopecia" in json.dumps(each).lower() for each in alopecia) and len(alopecia) > 40
