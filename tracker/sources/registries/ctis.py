"""EU CTIS: a trial of the public site's JSON (retrieve, or a hit of search) or a row of its CSV. Talks to nobody.

All trials of CTIS are interventional: Regulation (EU) 536/2014 is about no others. The number of participants in hits
and rows may be planned or reached, the site does not say, so it has no type.
"""

from collections.abc import Mapping
from typing import Any

from tracker.errors import RecordError
from tracker.records import Link, Record, Site, Trial
from tracker.registration import number, spelled
from tracker.sources.clinicaltrials.node import Node, load
from tracker.sources.registries import text, words
from tracker.sources.registries.row import Row, eligibility

ADDRESS = "https://euclinicaltrials.eu/ctis-public/view/"


def key_of(written: str) -> str:
    """An EU CT number with its resubmission, "" for anything else."""
    found = number(written)
    return spelled(written) if found and found.register == "ctis" else ""


def read(body: bytes, key: str = "") -> Record:
    """The Record of one trial. Raises RecordError."""
    label = f"ctis {key or 'trial'}"
    said = load(body, label)
    if "ctNumber" not in said:
        row = Row.of(body, label)
        return _record(_id(row.line("trial number"), label, key), *_of_row(row), row.warnings, body)
    node = Node(said)
    ct_number = _id(node.text("ctNumber"), label, key)
    parts = _of_retrieve(node) if is_whole(said) else _of_hit(node)
    return _record(ct_number, *parts, node.warnings, body)


def _id(written: str, label: str, key: str) -> str:
    if not (found := key_of(written)):
        raise RecordError(f"{label}: has no EU CT number ({written[:40]!r}); export it again", record=key)
    return found


def _record(
    ct_number: str, title: str, trial: Trial, links: tuple[Link, ...], warnings: list[str], body: bytes
) -> Record:
    return Record(
        id=ct_number,
        source="ctis",
        kind="trial",
        title=title,
        url=ADDRESS + ct_number,
        venue="EU CTIS",
        types=(trial.study_type,),
        terms=text.unique([*trial.conditions, *trial.interventions]),
        published=trial.first_posted,
        trial=trial,
        links=links,
        warnings=tuple(dict.fromkeys(warnings)),
        raw=body,
    )


_Parts = tuple[str, Trial, tuple[Link, ...]]


def _of_retrieve(node: Node) -> _Parts:
    application = node.node("authorizedApplication")
    part = application.node("authorizedPartI")
    details = part.node("trialDetails")
    about = details.node("trialInformation")
    names = details.node("clinicalTrialIdentifiers")
    countries, sites = _places(application)
    people = _planned(application)
    duration = about.node("trialDuration")
    start, start_type = _date(node, ("startDateEU",), duration, ("estimatedRecruitmentStartDate",))
    end, end_type = _date(node, ("endDate", "endDateEU"), duration, ("estimatedGlobalEndDate", "estimatedEndDate"))
    conditions = [*part.nodes("medicalConditions"), *about.node("medicalCondition").nodes("partIMedicalConditions")]
    results = node.node("results")
    trial = Trial(
        study_type="INTERVENTIONAL",
        status=_status(node),
        phases=text.phases(_phase(about.node("trialCategory"))),
        sponsor=_sponsor(part),
        conditions=text.unique(text.line(one.text("medicalCondition")) for one in conditions),
        interventions=text.unique(map(_product, part.nodes("products"))),
        eligibility=_eligibility(about.node("eligibilityCriteria")),
        primary_outcomes=text.unique(
            text.line(one.text("endPoint")) for one in about.node("endPoint").nodes("primaryEndPoints")
        ),
        enrollment=people,
        enrollment_type="" if people is None else "ESTIMATED",
        start=start,
        start_type=start_type,
        completion=end,
        completion_type=end_type,
        first_posted=_day(node, "decisionDate"),
        last_update=_day(node, "publishDate"),
        has_results=bool(results.nodes("summaryResults") or results.nodes("clinicalStudyReports")),
        secondary_ids=_other_ids(application, names),
        countries=countries,
        sites=sites,
    )
    title = names.text("publicTitle") or names.text("fullTitle") or names.text("shortTitle")
    return text.line(title), trial, _links(details)


def _day(node: Node, *keys: str) -> str:
    for key in keys:
        if written := _plain(node, key):
            return text.date(written, lambda message, key=key: node.warn(key, message))  # type: ignore[misc]
    return ""


def _plain(node: Node, key: str) -> str:
    """A text or a whole number as text: codes are written either way."""
    value: Any = node.value.get(key)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else node.text(key)


def _date(node: Node, real: tuple[str, ...], plan: Node, planned: tuple[str, ...]) -> tuple[str, str]:
    """A date with its type: what has happened by the record's own word, else what was planned."""
    if day := _day(node, *real):
        return day, "ACTUAL"
    day = _day(plan, *planned)
    return day, "ESTIMATED" if day else ""


def _status(node: Node) -> str:
    """The site's word. "Authorised" alone is coarser than the code beside it; search gives only the code."""
    written = text.said(_plain(node, "ctStatus"))
    code = _plain(node, "ctPublicStatusCode") or (written if written.isdigit() else "")
    word = words.CTIS_STATUS.get(int(code), "") if code.isdigit() and len(code) < 4 else ""
    if written and not written.isdigit() and written.lower() != "authorised":
        word = written
    return words.status("ctis", word or written)


def _phase(category: Node) -> str:
    written = _plain(category, "trialPhase")
    return words.CTIS_PHASE.get(written, written if not written.isdigit() else "")


def _sponsor(part: Node) -> str:
    held = part.nodes("sponsors")
    chosen = [one for one in held if one.flag("primary")] or held
    return chosen[0].node("organisation").text("name") if chosen else ""


def _product(product: Node) -> str:
    """ "PP405 gel (substance)": the product's name, and the substance where the name does not have it."""
    held = product.node("productDictionaryInfo")
    name = product.text("productName") or held.text("prodName")
    substance = held.text("activeSubstanceName") or product.text("jsonActiveSubstanceNames")
    if not name or not substance or substance.lower() in name.lower():
        return text.line(name or substance)
    return text.line(f"{name} ({substance})")


def _eligibility(criteria: Node) -> str:
    def lines(name: str) -> str:
        return "\n".join(filter(None, (text.clean(one.text(name)) for one in criteria.nodes(name))))

    return eligibility(lines("principalInclusionCriteria"), lines("principalExclusionCriteria"))


def _places(application: Node) -> tuple[tuple[str, ...], tuple[Site, ...]]:
    parts = application.nodes("authorizedPartsII")
    states = [one.text("mscName") for one in application.nodes("memberStatesConcerned")]
    states += [part.node("mscInfo").text("countryName") or part.node("mscInfo").text("mscName") for part in parts]
    held = [site.node("organisationAddressInfo") for part in parts for site in part.nodes("trialSites")]
    sites = (
        Site(one.node("organisation").text("name"), address.text("city"), address.text("countryName"))
        for one in held
        if (address := one.node("address"))
    )
    return text.unique(states), tuple(site for site in sites if site != Site())


def _planned(application: Node) -> int | None:
    """People to be recruited: of each member state, and in the rest of the world."""
    counts = [part.integer("recruitmentSubjectCount") for part in application.nodes("authorizedPartsII")]
    counts.append(application.node("authorizedPartI").integer("rowSubjectCount"))
    held = [count for count in counts if count is not None and 0 <= count < 10**8]
    return sum(held) if held else None


def _other_ids(application: Node, names: Node) -> tuple[str, ...]:
    held = names.node("secondaryIdentifyingNumbers")
    ids = [held.node(one).text("number") for one in ("nctNumber", "isrctnNumber", "whoUniversalTrialNumber")]
    ids += [one.text("number") for one in held.nodes("additionalRegistries")]
    ids += [application.node("eudraCt").text("eudraCtCode"), names.text("shortTitle")]
    return text.unique(one for item in ids for one in text.parts(item, ";,\n"))


def _links(details: Node) -> tuple[Link, ...]:
    codes = {code.strip().lstrip("0") for code in details.texts("pubmedCode")}
    return tuple(Link("cites", f"pubmed-{code}", "registry") for code in sorted(codes) if code.isdecimal())


def _of_hit(node: Node) -> _Parts:
    """What search lists of a trial: poorer than the trial itself, and read when nothing else is at hand."""
    countries = (country.partition(":")[0] for country in node.texts("trialCountries"))
    end, actual = _date(node, ("endDate", "endDateEU"), Node({}), ())
    start, started = _date(node, ("startDateEU",), Node({}), ())
    trial = Trial(
        study_type="INTERVENTIONAL",
        status=_status(node),
        phases=text.phases(node.text("trialPhase")),
        sponsor=text.line(node.text("sponsor")),
        conditions=text.parts(node.text("conditions")),
        interventions=text.parts(node.text("product"), ";,\n|"),
        primary_outcomes=text.parts(node.text("primaryEndPoint"), "\n"),
        enrollment=text.people(_plain(node, "totalNumberEnrolled"), lambda message: None),
        start=start,
        start_type=started,
        completion=end,
        completion_type=actual,
        first_posted=_day(node, "decisionDateOverall"),
        last_update=_day(node, "lastUpdated", "lastPublicationUpdate"),
        secondary_ids=text.unique([node.text("shortTitle")]),
        countries=text.unique(map(str.strip, countries)),
    )
    return text.line(node.text("ctTitle") or node.text("shortTitle")), trial, ()


def _of_row(row: Row) -> _Parts:
    trial = Trial(
        study_type="INTERVENTIONAL",
        status=words.status("ctis", row.line("overall trial status")),
        phases=text.phases(row.line("trial phase")),
        sponsor=row.line("sponsor/co-sponsors", "sponsor"),
        conditions=row.parts("medical conditions"),
        interventions=row.parts("product", signs=";,\n|"),
        primary_outcomes=row.parts("primary endpoint", signs="\n"),
        enrollment=row.people("number of participants enrolled"),
        start=row.date("start date"),
        completion=row.date("global end of the trial", "end date"),
        first_posted=row.date("decision date"),
        last_update=row.date("last updated"),
        has_results=row.line("trial results").lower() == "yes",
        secondary_ids=row.parts("protocol code", signs=";\n"),
        countries=text.unique(
            one.partition(":")[0].partition(",")[0].strip()
            for one in row.parts("location(s) and recruitment status", signs=";\n|")
        ),
    )
    return row.line("title of the trial"), trial, ()


def is_whole(said: Mapping[str, Any]) -> bool:
    """The trial itself and no hit of search or row of a table."""
    return isinstance(said.get("authorizedApplication"), dict)
