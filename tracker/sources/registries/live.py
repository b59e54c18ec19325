"""What `tracker check --live` asks of ISRCTN: three requests for the shape, one for each query, one for its
gold, and one for what two queries have in common.

Shape: a few trials of the first query, one of them by its number, and a phrase that nobody uses, which must match none:
a server that passes over `q` would list its whole registry.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from itertools import combinations
from xml.etree.ElementTree import Element

from tracker.config import Query, SourceSettings
from tracker.errors import RecordError
from tracker.records import Payload
from tracker.sources.looking import Finding, Shape, Step, recall
from tracker.sources.registries import asking, element, isrctn
from tracker.web import Web

NAME = "isrctn"
COMPARED = 5
UNHEARD_OF = '"zzqx unheard of"'

# Needed and usual is what stands in each of six trials of the API that public test data quote (October 2026).
TRIAL = Shape(
    needed=(
        "trial/isrctn",
        "trial/trialDescription/title",
        "trial/externalRefs",
        "trial/trialDesign/primaryStudyDesign",
        "trial/participants/recruitmentCountries",
        "trial/conditions/condition/description",
        "trial/interventions/intervention",
        "sponsor/organisation",
    ),
    usual=(
        "trial/externalRefs/clinicalTrialsGovNumber",
        "trial/trialDesign/overallEndDate",
        "trial/participants/targetEnrolment",
        "trial/participants/recruitmentStatusOverride",
        "trial/interventions/intervention/phase",
        "trial/results/publicationDetails",
        "trial/parties/sponsorId",
    ),
    known={"": frozenset({"trial", "sponsor", "funder", "contact"})},
)


def steps(settings: SourceSettings, web: Web, queries: Sequence[Query], today: date) -> Iterator[Step]:
    ask = partial(asking.ask, settings.url, web=web)
    yield Step("shape", NAME, f"{NAME}: {settings.url} (experimental)", 3, partial(_shape, ask, queries[0]))
    for query in queries:
        most = 1 + bool(_gold(query))
        yield Step("query", NAME, f"query {query.name}", most, partial(_query, ask, query))
    for turn, (one, other) in enumerate(combinations(queries, 2)):
        yield Step("overlap", NAME, f"overlap in {NAME}", 1, partial(_overlap, ask, one, other), turn)


def _gold(query: Query) -> tuple[str, ...]:
    return tuple(one for one in query.gold if one.startswith("ISRCTN"))


_Ask = partial[tuple[int, list[Payload]]]


def _shape(ask: _Ask, query: Query) -> Iterator[Finding]:
    total, payloads = ask(query.name, query.isrctn, limit=COMPARED)
    yield Finding("", f"trials of {query.name}: {total:,} counted, {len(payloads)} compared")
    yield from _of_trials(payloads)
    if payloads:
        number = payloads[0].key
        _, again = ask(query.name, number, limit=COMPARED)
        same = [payload.sha256 for payload in again if payload.key == number]
        if not same:
            yield Finding("error", f"{number} is listed and not given by its number")
        else:
            how = "as it was listed" if payloads[0].sha256 in same else "not as listed"
            yield Finding("", f"trial {number} by its number: {how}")
    if count := ask(query.name, UNHEARD_OF, limit=1)[0]:
        yield Finding("error", f"{UNHEARD_OF} matches {count:,} trials: queries are not read as they are meant")


def _query(ask: _Ask, query: Query) -> Iterator[Finding]:
    total, _ = ask(query.name, query.isrctn, limit=1)
    gold = _gold(query)
    either = f"({query.isrctn}) AND ({' OR '.join(gold)})"
    found = {payload.key for payload in ask(query.name, either, limit=asking.IDS)[1]} if gold else set()
    yield from recall(NAME, total, gold, found)


def _overlap(ask: _Ask, one: Query, other: Query) -> Iterator[Finding]:
    total, _ = ask(one.name, f"({one.isrctn}) AND ({other.isrctn})", limit=1)
    yield Finding("", f"{total:>7,}  in {one.name} and {other.name}")


def _of_trials(payloads: Sequence[Payload]) -> Iterator[Finding]:
    records: dict[str, set[str]] = {}
    for payload in payloads:
        try:
            read = isrctn.read(payload.body, payload.key)
            records[payload.key] = set(_paths(element.parse(payload.body, payload.key)[0]))
        except RecordError as error:
            yield Finding("error", str(error))
            continue
        yield from (Finding("warning", f"{payload.key}: {warning}") for warning in read.warnings)
    yield from TRIAL.compare(records, "/")


def _paths(parent: Element, above: str = "", depth: int = 4) -> Iterator[str]:
    for child in parent if depth else ():
        path = f"{above}/{child.tag}" if above else child.tag
        yield path
        yield from _paths(child, path, depth - 1)
