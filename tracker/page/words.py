"""Raw values as a reader calls them: phases, study types, columns, ties between records."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tracker.digest.corrections import TAKEN_BACK

NOTICES = {
    "retracted": "RETRACTED",
    "withdrawn": "WITHDRAWN",
    "concern": "EXPRESSION OF CONCERN",
    "corrected": "Corrected",
}

# From the side of the record that is shown.
RELATIONS = {
    "retracted_by": "retracted by", "retracts": "retracts",
    "corrected_by": "corrected by", "corrects": "corrects",
    "concern_in": "expression of concern in", "concern_of": "expression of concern about",
    "has_preprint": "published from the preprint", "preprint_of": "preprint of",
    "reports": "reports results of", "reported_by": "results reported by",
    "derived": "further analysis of", "derived_in": "analysed further by",
    "background": "names as background", "background_of": "named as background by",
    "cites": "cites as background", "cited_by": "cited as background by",
    "mentions": "mentions", "mentioned_by": "mentioned by",
}  # fmt: skip

# What a paper is to a trial (the view trial_papers).
PAPERS = {
    "result": "result paper", "derived": "further analysis", "background": "background paper", "protocol": "protocol",
    "review": "review that names it", "notice": "notice of a correction or retraction",
}  # fmt: skip

COLUMNS = {
    "title": "title",
    "abstract": "text",
    "terms": "index terms",
    "types": "publication types",
    "mesh": "MeSH headings",
    "substances": "substances",
    "conditions": "conditions",
    "interventions": "interventions",
    "arms": "arms",
    "eligibility": "eligibility criteria",
    "phases": "registered phase",
}

_STUDIES = {
    "INTERVENTIONAL": "Interventional trial",
    "OBSERVATIONAL": "Observational study",
    "EXPANDED_ACCESS": "Expanded access",
}
_PHASES = {"EARLY_PHASE1": "early 1", "PHASE1": "1", "PHASE2": "2", "PHASE3": "3", "PHASE4": "4"}


def paper_words(paper: Mapping[str, Any]) -> str:
    """What a paper is to its trial, and what became of it where it does not stand: "result paper (RETRACTED)"."""
    said = PAPERS.get(paper["kind"], str(paper["kind"]))
    return f"{said} ({NOTICES[paper['notice']]})" if paper["notice"] in TAKEN_BACK else said


def tie(link: Mapping[str, Any], papers: Iterable[Mapping[str, Any]]) -> str:
    """A tie in words. `papers` of a trial, with their kind: what the registry lists with results may be a protocol."""
    paper = {paper["paper"]: paper for paper in papers}.get(link["other"])
    if paper and link["relation"] == "reported_by" and paper["kind"] in ("protocol", "review", "notice"):
        return f"{PAPERS[paper['kind']]}, which the registry lists as a result,"
    said = RELATIONS.get(link["relation"], str(link["relation"]))
    return f"{said} ({NOTICES[paper['notice']]})" if paper and paper["notice"] in TAKEN_BACK else said


def spoken(item: str) -> str:
    """ "Placebo comparator: vehicle" for an arm or intervention that begins with the registry's enum value."""
    kind, colon, rest = item.partition(": ")
    return f"{kind.replace('_', ' ').capitalize()}: {rest}" if colon and kind.isupper() else item


def study_words(study_type: str) -> str:
    return _STUDIES.get(study_type, study_type.replace("_", " ").capitalize() or "Study")


def phase_words(phases: Sequence[str]) -> str:
    """ "phase 1/2"; what is not applicable is said so; "" where none is stated."""
    if list(phases) == ["NA"]:
        return "phase not applicable"
    return f"phase {'/'.join(_PHASES.get(phase, phase) for phase in phases)}" if phases else ""
