"""ISRCTN: a fullTrial of its API's XML, or a row of its CSV download, read into a Record. Talks to nobody.

The registry's pages work their status out from dates; its XML has a status only where an editor set one. So a record
without one has none here either: the dates say it.
"""

import re
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element

from tracker.errors import RecordError
from tracker.records import Link, Record, Site, Trial
from tracker.registration import number
from tracker.sources.registries import element, text, words
from tracker.sources.registries.element import all_words
from tracker.sources.registries.row import Row, eligibility

ADDRESS = "https://www.isrctn.com/"
_PMID = re.compile(r"pubmed\.ncbi\.nlm\.nih\.gov/(\d{1,8})|ncbi\.nlm\.nih\.gov/pubmed/(\d{1,8})")


def key_of(words: str) -> str:
    """ISRCTN and eight digits, of a number with or without its letters; "" where there is none."""
    digits = words.strip().upper().removeprefix("ISRCTN").strip(" :-")
    found = number(f"ISRCTN{digits}")
    return found.key if found else ""


def read(body: bytes, key: str = "") -> Record:
    """The Record of one trial. Raises RecordError."""
    label = f"isrctn {key or 'trial'}"
    if not body.lstrip().startswith(b"<"):
        return _of_row(Row.of(body, label), body, label)
    root, warnings = element.parse(body, label)
    trial = root.find("trial") if root.tag == "fullTrial" else root
    return _of_element(root, trial if trial is not None else root, body, label, warnings)


def _id(written: str, label: str) -> str:
    if not (found := key_of(written)):
        said = written.strip()[:40]
        raise RecordError(f"{label}: has no ISRCTN number ({said!r}); export it again", record=label.split()[-1])
    return found


def _of_element(root: Element, trial: Element, body: bytes, label: str, warnings: list[str]) -> Record:
    isrctn = _id(_line(trial, "isrctn"), label)

    def date(path: str, attribute: str = "") -> str:
        found = trial.find(path)
        written = "" if found is None else found.get(attribute, "") if attribute else "".join(found.itertext())
        return text.date(written, lambda message: warnings.append(f"{attribute or path}: {message}"))

    about = _trial(root, trial, date, warnings)
    return _record(
        isrctn,
        about,
        body,
        title=_line(trial, "trialDescription/title") or _line(trial, "trialDescription/scientificTitle"),
        abstract=_text(trial, "trialDescription/plainEnglishSummary")
        or _text(trial, "trialDescription/studyHypothesis"),
        drugs=text.unique(one for name in all_words(trial, ".//drugNames") for one in text.parts(name, ";,\n|")),
        doi=_line(trial, "externalRefs/doi"),
        links=tuple(dict.fromkeys(_links(trial))),
        warnings=warnings,
    )


def _trial(root: Element, trial: Element, date: Callable[..., str], warnings: list[str]) -> Trial:
    design, people, output = "trialDesign", "participants", trial.find("outputs/output[@outputType='basicresults']")

    def count(path: str) -> int | None:
        return text.people(_line(trial, path), lambda message: warnings.append(f"{path}: {message}"))

    planned, final = count(f"{people}/targetEnrolment"), count(f"{people}/totalFinalEnrolment")
    told = [_line(trial, f"{design}/interventionalTrialDesign/{one}") for one in ("allocation", "masking")]
    second = _line(trial, f"{design}/secondaryStudyDesign")
    has_results = output is not None or bool(_text(trial, "results/basicReport"))
    return Trial(
        study_type=words.study_type(_line(trial, f"{design}/primaryStudyDesign")),
        status=words.status("isrctn", _line(trial, f"{design}/overallStatusOverride") or _recruitment(trial)),
        why_stopped=_text(trial, f"{design}/reasonAbandoned"),
        phases=_phases(all_words(trial, "interventions/intervention/phase")),
        sponsor=_sponsor(root, trial),
        conditions=text.unique(
            one for words in all_words(trial, "conditions/condition/description") for one in text.parts(words, "\n")
        ),
        interventions=tuple(filter(None, map(_intervention, trial.iterfind("interventions/intervention")))),
        eligibility=eligibility(_text(trial, f"{people}/inclusion"), _text(trial, f"{people}/exclusion")),
        primary_outcomes=tuple(_outcomes(trial)),
        allocation=words.allocation(told[0]) or words.allocation(second),
        masking=words.masking(told[1]) or told[1],
        # Zero stands in records of trials that have only begun, so it is no count.
        enrollment=final or planned,
        enrollment_type="ACTUAL" if final else "ESTIMATED" if planned is not None else "",
        start=date(f"{design}/overallStartDate") or date(f"{people}/recruitmentStart"),
        completion=date(f"{design}/overallEndDate"),
        first_posted=date("isrctn", "dateAssigned"),
        last_update=date(".", "lastUpdated"),
        has_results=has_results,
        results_posted=date("outputs/output[@outputType='basicresults']", "dateUploaded"),
        secondary_ids=text.unique(_other_ids(trial)),
        countries=text.unique(map(text.line, all_words(trial, f"{people}/recruitmentCountries/country"))),
        sites=tuple(
            Site(_line(one, "name"), _line(one, "city"), _line(one, "country"))
            for one in trial.iterfind(f"{people}/trialCentres/trialCentre")
        ),
    )


def _recruitment(trial: Element) -> str:
    return _line(trial, "participants/recruitmentStatusOverride") or _line(trial, "recruitmentStatusOverride")


def _line(parent: Element, path: str) -> str:
    return text.said(text.line(element.words(parent, path)))


def _text(parent: Element, path: str) -> str:
    return text.said(text.clean(element.words(parent, path)))


def _phases(said: list[str]) -> tuple[str, ...]:
    found = text.unique(phase for one in said for phase in text.phases(text.line(one)))
    return tuple(sorted(set(found) - {"NA"})) or found


def _sponsor(root: Element, trial: Element) -> str:
    """The sponsor that the trial names by its id; the first where it names none."""
    wanted = _line(trial, "parties/sponsorId")
    held = [*root.iterfind("sponsor"), *trial.iterfind("sponsor")]
    chosen = [one for one in held if wanted and one.get("id") == wanted] or held
    return _line(chosen[0], "organisation") if chosen else ""


def _intervention(one: Element) -> str:
    """ "Drug: minoxidil: rubbed in twice a day": type, drugs and description, as far as they are given."""
    return text.joined(*(_line(one, name) for name in ("interventionType", "drugNames", "description")))


def _outcomes(trial: Element) -> Iterator[str]:
    about = trial.find("trialDescription")
    measures = about.findall("primaryOutcomes/outcomeMeasure") if about is not None else []
    for one in measures:
        time = _line(one, "timepoints")
        yield text.joined(_line(one, "variable") or _line(one, "method"), f"[{time}]" if time else "", by=" ")
    if not measures:
        yield from text.parts(element.words(trial, "trialDescription/primaryOutcome"), "\n")


def _other_ids(trial: Element) -> Iterator[str]:
    for name in ("clinicalTrialsGovNumber", "eudraCTNumber", "ctisNumber", "irasNumber", "protocolSerialNumber"):
        yield from text.parts(element.words(trial, f"externalRefs/{name}"), ";,\n")
    for one in trial.iterfind("externalRefs/secondaryNumbers/secondaryNumber"):
        yield from text.parts("".join(one.itertext()), ";,\n")


def _links(trial: Element) -> Iterator[Link]:
    """Papers among the outputs and in the publication details, by the PubMed address that each has anywhere."""
    for output in trial.iterfind("outputs/output"):
        addresses = " ".join(value for one in output.iter() for value in (*one.attrib.values(), one.text or ""))
        yield from _papers(addresses, "reported_by" if _is_result(output.get("outputType", "")) else "cites")
    # Older records have a line for each: "2011 Results article in http://www.ncbi.nlm.nih.gov/pubmed/... results".
    for line in element.words(trial, "results/publicationDetails").splitlines():
        yield from _papers(line, "reported_by" if _is_result(re.sub(r"^\s*\d{4}\s*", "", line)) else "cites")


def _is_result(kind: str) -> bool:
    return bool(re.match(r"\s*(?:abstract )?results", kind, re.IGNORECASE))


def _papers(words: str, relation: str) -> Iterator[Link]:
    for found in _PMID.finditer(words):
        yield Link(relation, f"pubmed-{(found[1] or found[2]).lstrip('0')}", "registry")


def _of_row(row: Row, body: bytes, label: str) -> Record:
    """The CSV has the headings of the site's pages; which of them, the asker chooses."""
    isrctn = _id(row.line("isrctn", "isrctn number", "trial id"), label)
    outcomes = ("primary outcome measure", "primary outcome measures", "primary outcome")
    final, planned = row.people("total final enrolment"), row.people("target number of participants")
    status = row.line("overall trial status", "overall study status", "recruitment status")
    design = " ".join(row.line(one) for one in ("study design", "secondary study design", "allocation", "masking"))
    ids = ("clinicaltrials.gov number", "clinicaltrials.gov (nct)", "eudract number", "eudract/ctis number",
           "clinical trials information system (ctis)", "iras number", "secondary identifying numbers",
           "protocol serial number", "protocol/serial number")  # fmt: skip
    trial = Trial(
        study_type=words.study_type(row.line("primary study design")),
        status=words.status("isrctn", status),
        why_stopped=row.text("reason abandoned (if study stopped)", "reason abandoned"),
        phases=text.phases(row.line("phase", "phases") or row.raw("phase")),
        sponsor=row.line("sponsor", "sponsors", "sponsor name", "organisation"),
        conditions=row.parts("condition", "conditions", "health condition(s) or problem(s) studied", signs="\n"),
        interventions=tuple(filter(None, [row.line("interventions", "intervention")])),
        eligibility=eligibility(
            row.text("participant inclusion criteria", "key inclusion criteria", "inclusion criteria"),
            row.text("participant exclusion criteria", "key exclusion criteria", "exclusion criteria"),
        ),
        primary_outcomes=row.parts(*outcomes, signs="\n"),
        allocation=words.allocation(design),
        masking=words.masking(design),
        enrollment=final or planned,
        enrollment_type="ACTUAL" if final else "ESTIMATED" if planned is not None else "",
        start=row.date("overall trial start date", "overall study start date", "recruitment start date"),
        completion=row.date("overall trial end date", "overall study end date"),
        first_posted=row.date("date assigned", "date isrctn assigned", "registration date", "date applied"),
        last_update=row.date("last edited", "date last edited", "last updated"),
        secondary_ids=text.unique(one for heading in ids for one in row.parts(heading, signs=";,\n")),
        countries=row.parts("countries of recruitment", "countries", signs=";,\n"),
    )
    return _record(
        isrctn,
        trial,
        body,
        title=row.line("title", "public title", "scientific title"),
        abstract=row.text("plain english summary", "study hypothesis"),
        drugs=row.parts("drug names", "drug/device/biological/vaccine name(s)", signs=";,\n"),
        doi=row.line("doi"),
        warnings=row.warnings,
    )


def _record(
    isrctn: str, trial: Trial, body: bytes, *, title: str, abstract: str, drugs: tuple[str, ...], doi: str,
    links: tuple[Link, ...] = (), warnings: list[str],
) -> Record:  # fmt: skip
    return Record(
        id=isrctn,
        source="isrctn",
        kind="trial",
        title=title,
        abstract=abstract,
        url=ADDRESS + isrctn,
        venue="ISRCTN",
        types=(trial.study_type,) if trial.study_type else (),
        terms=text.unique([*trial.conditions, *(drugs or trial.interventions)]),
        doi=doi.lower() if doi.startswith("10.") and not re.search(r"\s", doi) else "",
        published=trial.first_posted,
        trial=trial,
        links=links,
        warnings=tuple(dict.fromkeys(warnings)),
        raw=body,
    )
