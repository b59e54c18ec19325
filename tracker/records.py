"""What travels through the house: frozen dataclasses, one type per stage.

    Payload   one record's own bytes, as the source sent them
    Record    what a source said, read: an article, a trial or a news item
    Label     what the rules (or a person) concluded, with the words that made them say so
    Event     one changed fact
    Listing   the ids that a query listed, yielded last and only when the walk was whole

Facts stay as the source said them: enum values raw, partial dates in their own precision, absent text "".
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from tracker.registration import number

# Trials keep the registry's own words; an article's worst notice wins in this order.
NOTICES = ("retracted", "withdrawn", "concern", "corrected")


@dataclass(frozen=True, slots=True)
class Author:
    """A person (family, given, suffix) or, with `group`, a collective author. `name` is always set."""

    name: str
    family: str = ""
    given: str = ""
    suffix: str = ""
    orcid: str = ""  # 0000-0002-1825-0097, without the address
    group: bool = False

    def facts(self) -> dict[str, Any]:
        return {name: value for name in self.__slots__ if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class Link:
    """`record` (the one that holds this link) says that it stands in `relation` to `target`.

    relation: reports, derived, background (paper -> trial), reported_by, derived_in, cites (registry, trial -> paper),
    retracts, retracted_by, corrects, corrected_by, concern_of, concern_in, preprint_of, has_preprint, mentions.
    origin: databank, abstract, registry, corrections, doi, title. target: a record id, held or not, or "doi-<doi>".
    """

    relation: str
    target: str
    origin: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    facility: str = ""
    city: str = ""
    country: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a registry says about a study, beside what a Record already holds. Enums are raw API v2 values; other
    registries' words stand in their place only where they mean the same (docs/registries.md), else as they are."""

    study_type: str = ""
    status: str = ""
    last_known_status: str = ""
    verified: str = ""  # partial date
    phases: tuple[str, ...] = ()  # as the registry says: (), ("NA",), ("PHASE1", "PHASE2") ...
    phase_detail: str = ""  # "2a", from the title; kept apart from the registry's phase
    phase_source: str = ""  # who said phase_detail: "title", "official title"
    sponsor: str = ""
    conditions: tuple[str, ...] = ()
    interventions: tuple[str, ...] = ()  # "DRUG: PP405 gel"
    arms: tuple[str, ...] = ()  # "EXPERIMENTAL: Active gel: once a day"
    eligibility: str = ""
    primary_outcomes: tuple[str, ...] = ()  # "measure [time frame]: description"
    allocation: str = ""
    masking: str = ""
    enrollment: int | None = None
    enrollment_type: str = ""
    start: str = ""  # partial dates, types ACTUAL or ESTIMATED
    start_type: str = ""
    primary_completion: str = ""
    primary_completion_type: str = ""
    completion: str = ""
    completion_type: str = ""
    first_posted: str = ""
    last_update: str = ""
    has_results: bool = False
    results_posted: str = ""
    why_stopped: str = ""
    secondary_ids: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    sites: tuple[Site, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One article, trial or news item. Ids: `pubmed-38212345`, `NCT05678901`, `feed-<16 hex>`; of other
    registries their own numbers, and `ictrp-NCT05678901` for what WHO's portal says of a trial that is read elsewhere.

    `types` are publication types (of a trial: its study type); `terms` are MeSH headings and keywords (of a trial:
    conditions and interventions). `abstract` of a trial is its brief summary.
    """

    id: str
    source: str
    kind: str  # article, trial, news
    title: str = ""
    abstract: str = ""
    url: str = ""
    venue: str = ""  # journal, or "ClinicalTrials.gov"
    authors: tuple[Author, ...] = ()
    types: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()  # as MEDLINE writes it: "Alopecia/*drug therapy"
    substances: tuple[str, ...] = ()  # as MEDLINE writes it: "5965120SH1 (Minoxidil)"
    databanks: tuple[str, ...] = ()  # as MEDLINE writes it: "ClinicalTrials.gov/NCT01095302"
    doi: str = ""  # lower case
    pmcid: str = ""
    published: str = ""  # partial date
    entered: str = ""  # partial date: when PubMed took it in
    language: str = ""
    notice: str = ""  # "" or the worst of NOTICES
    record_status: str = ""  # of PubMed: MEDLINE, Publisher, In-Process ...
    trial: Trial | None = None
    links: tuple[Link, ...] = ()
    warnings: tuple[str, ...] = ()  # oddities that were survived, such as an unknown enum value; not a fact
    raw: bytes = field(default=b"", repr=False)

    def column(self, name: str) -> str:
        """The text of a column exactly as it is stored; offsets of labels point into this. "" for a column it lacks."""
        value = getattr(self, name) if hasattr(self, name) else getattr(self.trial, name, "")
        return (as_json(value) if value else "[]") if isinstance(value, tuple) else str(value or "")


# What is no fact of the record itself: its bytes, and what was odd about reading them.
_NOT_FACTS = {"raw", "warnings"}


def facts(record: Record) -> dict[str, Any]:
    """The facts of a record as plain JSON values, without empty ones, so that a new field changes no fingerprint."""
    out = {name: getattr(record, name) for name in record.__slots__ if name not in _NOT_FACTS}
    out["authors"] = [author.facts() for author in record.authors]
    out["links"] = [{name: getattr(link, name) for name in link.__slots__} for link in record.links]
    out["trial"] = _filled(asdict(record.trial)) if record.trial else None
    return _filled(out)


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    # 0 is a fact (a trial that enrolled nobody), so no plain truth test.
    return {
        key: value
        for key, value in values.items()
        if value is not None and value is not False and value not in ("", (), [])
    }


def fingerprint(record: Record) -> str:
    """sha256 over the facts of a record: equal exactly when a reader would see no difference."""
    return hashlib.sha256(as_json(facts(record), sort_keys=True).encode()).hexdigest()


def as_json(value: Any, *, sort_keys: bool = False) -> str:
    """The one way this project writes JSON into a column: readable, and stable."""
    return (_SORTED if sort_keys else _AS_GIVEN).encode(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Author):
        return value.facts()
    raise TypeError(f"cannot store {type(value).__name__} as JSON")


_AS_GIVEN = json.JSONEncoder(ensure_ascii=False, default=_plain)
_SORTED = json.JSONEncoder(ensure_ascii=False, default=_plain, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Payload:
    """One record's own bytes. `sha256` leaves out what moves by itself, so that an equal hash means: nothing changed.

    `key` is the id that the source's listing uses (a PMID, an NCT number), or "" where only reading can tell it.
    """

    source: str
    key: str
    body: bytes = field(repr=False)
    sha256: str
    of: int = 0  # how many this walk is to give, where the source knows: for a progress bar, and nothing else


@dataclass(frozen=True, slots=True)
class HeldItem:
    """An item of a feed by which it is known again. link: as it is compared, without what counts visitors."""

    record: str
    guid: str
    link: str
    title: str
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is remembered of a feed. moved_to: where permanent redirects led, "" for nowhere. whole: when it was last
    read whole, a stamp. disabled: since when its server says that it is gone for good, a stamp, or "". others: the
    newest items of other feeds, one of which may be what this feed brings, too.
    """

    url: str = ""  # as it was configured when the rest was learnt
    moved_to: str = ""
    etag: str = ""
    modified: str = ""
    whole: str = ""
    disabled: str = ""
    title: str = ""
    format: str = ""  # as feedparser names it: rss20, rss10, atom10; json
    items: tuple[HeldItem, ...] = ()
    others: tuple[HeldItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """What a source needs to know of what we hold, to ask for no more than it must. Ids are the source's own keys."""

    ids: frozenset[str] = frozenset()
    retry: frozenset[str] = frozenset()  # quarantined, missing or absent before: ask again by id
    since: str = ""  # start of the last complete fetch of this query, a stamp; "" if there was none
    listed: int | None = None  # how many ids that fetch listed
    fresh: frozenset[str] = frozenset()  # already read in this run: no need to ask again
    now: str = ""  # the run's clock, a stamp
    full: bool = False
    accept_drift: bool = False
    feed: FeedState = FeedState()


@dataclass(frozen=True, slots=True)
class Listing:
    """The whole answer of a query: every id listed, those asked for, those that the source did not give.

    rolling: it lists the newest alone, so that what has left it is neither absent nor gone. feed: what to remember.
    """

    ids: tuple[str, ...]
    asked: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    rolling: bool = False
    feed: FeedState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One judgement. field, start, end and quote are None together when the reason is an absence or a registry field.

    axis: approach, stage, condition, relevance, flag. origin: rule, person. source: registry, pubtype, mesh, text.
    quote == Record.column(field)[start:end].
    """

    axis: str
    label: str
    value: str = ""
    origin: str = "rule"
    source: str = "text"
    strength: float = 1.0
    field: str | None = None
    start: int | None = None
    end: int | None = None
    quote: str | None = None
    rule: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One changed fact of one record. old and new are as the sources said them; headline is one plain line."""

    kind: str
    severity: int
    field: str | None
    old: str | None
    new: str | None
    headline: str


REGISTRIES = ("clinicaltrials", "isrctn", "ctis", "ictrp")  # the sources of trials
_OF_REGISTER = {"nct": "clinicaltrials", "isrctn": "isrctn", "ctis": "ctis"}  # the rest is read from ICTRP alone
_COPY = "ictrp-"


def record_id(source: str, key: str) -> str:
    """The id under which a source's own key (a PMID, an NCT number) is stored.

    What ICTRP says of a trial whose register is a source of its own must not be taken for that register's word.
    """
    if source == "pubmed":
        return f"pubmed-{key}"
    return f"{_COPY}{key}" if source == "ictrp" and source_of(key) != "ictrp" else key


def source_of(record: str) -> str:
    """The source that a record id belongs to, by its form; "" for a foreign one."""
    if record.startswith("pubmed-"):
        return "pubmed"
    if record.startswith("feed-"):
        return "feeds"
    if record.startswith("NCT"):
        return "clinicaltrials"
    if record.startswith(_COPY):
        return "ictrp"
    found = number(record)
    return _OF_REGISTER.get(found.register, "ictrp") if found else ""


def source_key(record: str) -> str:
    """The source's own key behind a record id: the inverse of record_id()."""
    return record.removeprefix("pubmed-").removeprefix(_COPY)
