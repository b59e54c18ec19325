"""What `tracker check --live` asks of ClinicalTrials.gov: three requests for the shape, few for each query.

Shape: /version, a small page of /studies for the first query, and one study of it by its number. Of a query: how many
studies it counts, which of its gold ids it lists (filter.ids), what each alternative of its treatment counts, and what
it has in common with another query (the areas of both, AND-ed). Every one of these is a page of one study at most.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import combinations
from typing import Any

from tracker.config import Query, SourceSettings
from tracker.errors import ConfigError, RecordError
from tracker.expression import Node, parse, render
from tracker.sources.clinicaltrials import api, study
from tracker.sources.clinicaltrials.shape import STUDY, paths
from tracker.sources.looking import Finding, Step, recall
from tracker.web import Web

NAME = "clinicaltrials"
COMPARED = 5  # studies of which the shape is compared
_SPLIT = ("intr", "term", "titles", "cond")  # the areas whose alternatives are told apart: the first that has any


def steps(settings: SourceSettings, web: Web, queries: Sequence[Query], today: date) -> Iterator[Step]:
    look = _Look(settings.url, web)
    yield Step("shape", NAME, f"{NAME}: {settings.url}", 3, partial(look.shape, queries[0]))
    for query in queries:
        yield Step("query", NAME, f"query {query.name}", 1 + bool(_gold(query)), partial(look.query, query))
        for turn, (branch, areas) in enumerate(_branches(query.clinicaltrials)):
            ask = partial(look.count, query.name, areas, branch)
            yield Step("branches", NAME, f"branches of query {query.name} in {NAME}", 1, ask, turn)
    for turn, (one, other) in enumerate(combinations(queries, 2)):
        areas = _both(one.clinicaltrials, other.clinicaltrials)
        ask = partial(look.count, one.name, areas, f"in {one.name} and {other.name}")
        yield Step("overlap", NAME, f"overlap in {NAME}", 1, ask, turn)


def _gold(query: Query) -> tuple[str, ...]:
    return tuple(one.upper() for one in query.gold if one.upper().startswith("NCT"))


def _branches(areas: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each alternative of the treatment, as text and as the areas with it alone.

    An expression with AREA[...] and the like is not split: PubMed's grammar takes square brackets for something else.
    """
    for key in _SPLIT:
        try:
            tree = parse("" if "[" in areas.get(key, "") else areas.get(key, ""))
        except ConfigError:
            continue
        if isinstance(tree, Node) and tree.op == "OR":
            yield from ((render(part), {**areas, key: render(part)}) for part in tree.parts)
            return


def _both(one: Mapping[str, str], other: Mapping[str, str]) -> Mapping[str, str]:
    return {**one, **{key: f"({one[key]}) AND ({value})" if key in one else value for key, value in other.items()}}


class _Look:
    def __init__(self, url: str, web: Web) -> None:
        self.url = url
        self.web = web
        self.counts: dict[str, int] = {}

    def shape(self, query: Query) -> Iterator[Finding]:
        answer, version = api.ask(self.web, self.url, "version", {}, api.check_version)
        if answer.status != 200:
            raise api.not_served(self.url)
        yield Finding("", f"version: API {version.get('apiVersion', 'unknown')}, data of {version['dataTimestamp']}")
        answer, page = self._page(query.clinicaltrials, COMPARED)
        if answer.status != 200:
            yield Finding("error", f"query {query.name} is refused: {api.reason(answer)}")
            return
        self.counts[query.name] = page["totalCount"]
        yield Finding("", f"studies of {query.name}: {page['totalCount']:,} counted, {len(page['studies'])} compared")
        yield from _of_studies(page["studies"])
        if page["studies"]:
            yield from self._one(page["studies"][0])
        else:
            yield Finding("note", f"{query.name} lists nothing, so that no study could be compared")

    def _one(self, listed: Any) -> Iterator[Finding]:
        payload = api.payload_of(listed)
        if not payload.key:
            return  # which was said as a needed path
        answer, again = api.ask(self.web, self.url, f"studies/{payload.key}", {}, api.check_study)
        if answer.status != 200:
            yield Finding("error", f"{payload.key} is listed and not given by its number: {api.reason(answer)}")
            return
        same = api.payload_of(again).sha256 == payload.sha256
        yield Finding("", f"study {payload.key} by its number: {'as it was listed' if same else 'not as listed'}")
        if not same:
            yield from (finding for finding in _of_studies([again]) if finding.level)

    def query(self, query: Query) -> Iterator[Finding]:
        if query.name not in self.counts:
            answer, page = self._page(query.clinicaltrials, 1)
            if answer.status != 200:
                yield Finding("error", f"{NAME} refuses it: {api.reason(answer)}")
                return
            self.counts[query.name] = page["totalCount"]
        gold, found = _gold(query), set[str]()
        if gold:
            answer, page = self._page(query.clinicaltrials, len(gold), {"filter.ids": ",".join(gold)})
            if answer.status != 200:
                yield Finding("error", f"{NAME} refuses its gold ids: {api.reason(answer)}")
                return
            found = {api.payload_of(one).key for one in page["studies"]}
        yield from recall(NAME, self.counts[query.name], gold, found)

    def count(self, name: str, areas: Mapping[str, str], words: str) -> Iterator[Finding]:
        answer, page = self._page(areas, 1)
        if answer.status != 200:
            yield Finding("error", f"{words}, of {name}, is refused: {api.reason(answer)}")
        else:
            yield Finding("", f"{page['totalCount']:>7,}  {words}")

    def _page(self, areas: Mapping[str, str], size: int, more: Mapping[str, str] = {}) -> tuple[Any, Any]:
        params = {api.PARAMETERS[key]: value for key, value in areas.items()}
        params |= {"pageSize": str(size), "countTotal": "true", **more}
        answer, page = api.ask(self.web, self.url, "studies", params, api.check_first_page)
        if answer.status == 404:
            raise api.not_served(self.url)
        return answer, page


def _of_studies(studies: Sequence[Any]) -> Iterator[Finding]:
    """What the reader itself says of each, then what is missing or new."""
    records: dict[str, set[str]] = {}
    warnings: list[str] = []
    for n, one in enumerate(studies):
        key = api.payload_of(one).key or f"study {n + 1}"
        records[key] = set(paths(one)) if isinstance(one, dict) else set()
        try:
            read = study.read(json.dumps(one).encode(), key)
        except RecordError as error:
            yield Finding("error", str(error))
            continue
        warnings += [f"{key}: {warning}" for warning in read.warnings]
    yield from (Finding("warning", warning) for warning in warnings)
    if records and not any("unknown value" in warning for warning in warnings):
        yield Finding("", "known enum values only")
    yield from STUDY.compare(records, ".")
