"""The form of queries.toml as pydantic models: its sections, keys and types, and what each key means, for editors.

Imported only when a file is read, as pydantic costs a tenth of a second. Each value is checked by itself; what needs
two values at once is in checks.py. The JSON schema for editors is made from these models and from nothing else.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tracker.config import grammar
from tracker.config.hosts import base_address, web_address
from tracker.config.presets import presets

Name = Annotated[str, AfterValidator(grammar.slug), Field(json_schema_extra={"pattern": grammar.SLUG})]
Schedule = Annotated[str, AfterValidator(grammar.schedule), Field(json_schema_extra={"pattern": grammar.SCHEDULE})]
Zone = Annotated[str, AfterValidator(grammar.timezone)]
Address = Annotated[str, AfterValidator(grammar.email)]
Gold = Annotated[str, AfterValidator(grammar.gold)]
Leaf = Annotated[str, AfterValidator(grammar.leaf), Field(json_schema_extra={"pattern": grammar.LEAF})]
FamilyOrLeaf = Annotated[str, AfterValidator(grammar.family_or_leaf)]
FilePath = Annotated[str, AfterValidator(grammar.path)]
Filled = Annotated[str, AfterValidator(grammar.filled)]
Preset = Annotated[
    str, AfterValidator(grammar.preset), Field(json_schema_extra={"enum": [str(name) for name in presets()]})
]
WebAddress = Annotated[str, AfterValidator(web_address)]
Expression = Annotated[str, AfterValidator(grammar.pubmed)]
SearchArea = Annotated[str, AfterValidator(grammar.search_area)]
Severity = Literal["high", "medium", "low"]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TrackerSection(Section):
    """What holds for everything."""

    contact: Annotated[str, AfterValidator(grammar.contact)] = Field(
        default="",
        description="Your e-mail address: sent to NCBI with each request, as it asks. Needed for the real hosts.",
    )
    timezone: Zone = Field(
        default="UTC", description="The zone of all schedules, as area and city.", examples=["Europe/London"]
    )
    fetch: Schedule = Field(default="daily 06:00", description="When `schedule` and `run` fetch.")
    db: FilePath = Field(
        default="db/tracker.db", description="The database; a relative path starts at this file's folder."
    )
    digests: FilePath = Field(default="digests", description="The folder of digests.")
    ping: Annotated[str, AfterValidator(web_address)] = Field(
        default="",
        description="Called after a good run of `run` or `schedule`; with /fail at its end it is told of a bad one.",
        examples=["https://hc-ping.com/your-uuid"],
    )


class Areas(Section):
    """Search areas of ClinicalTrials.gov's API v2 (query.cond, query.intr ..., filter.advanced)."""

    cond: SearchArea | None = Field(default=None, description="Condition or disease.")
    intr: SearchArea | None = Field(default=None, description="Intervention or treatment.")
    term: SearchArea | None = Field(default=None, description="Other terms.")
    titles: SearchArea | None = Field(default=None, description="Titles and acronyms.")
    outc: SearchArea | None = Field(default=None, description="Outcome measures.")
    spons: SearchArea | None = Field(default=None, description="Sponsor or collaborator.")
    lead: SearchArea | None = Field(default=None, description="Lead sponsor.")
    locn: SearchArea | None = Field(default=None, description="Location terms.")
    advanced: SearchArea | None = Field(
        default=None, description="An Essie expression that filters.", examples=["AREA[StudyType]INTERVENTIONAL"]
    )


class QuerySection(Section):
    """One topic, asked of PubMed, of ClinicalTrials.gov, of ISRCTN, or of several of them."""

    name: Name = Field(description="Its name in commands, digests and tables; shared with feeds.")
    title: str = Field(default="", description="Its name for readers.")
    pubmed: Expression | None = Field(default=None, description="A PubMed expression; line ends count as spaces.")
    clinicaltrials: Areas | None = Field(default=None, description="What ClinicalTrials.gov is asked.")
    isrctn: SearchArea | None = Field(
        default=None,
        description="What ISRCTN is asked (experimental). Words that stand alone are alternatives: quote phrases.",
        examples=['"hair loss" OR alopecia'],
    )
    follows: list[FamilyOrLeaf] = Field(
        default=[], description="Families or leaves of which it is meant to see everything."
    )
    gold: list[Gold] = Field(default=[], description="PMIDs, NCT and ISRCTN numbers that it must find.")


class FeedSection(Section):
    """An RSS, Atom or JSON feed, by its address or by the name of a preset."""

    name: Name = Field(description="Its name; shared with queries.")
    url: WebAddress | None = Field(default=None, description="Its address.")
    preset: Preset | None = Field(default=None, description="Instead of the address: a feed that is known by name.")
    of: Filled | None = Field(default=None, description="What the preset is to be of: a subject, a journal, a search.")
    title: str = Field(default="", description="Its name for readers.")
    private: bool = Field(default=False, description="Allow loopback and private addresses.")


class ApproachSection(Section):
    """A leaf that is added to the shipped taxonomy, or that refines one of it: the keys are those of taxonomy.toml."""

    id: Leaf = Field(description="family.leaf", examples=["act.newco"])
    label: str = Field(default="", description="Its name for readers.")
    definition: str = Field(default="", description="One sentence on what belongs to it.")
    terms: list[Filled] = Field(default=[], description="Words and phrases that name it.")
    title_terms: list[Filled] = Field(
        default=[], description="Phrases that name it only in a title or an intervention."
    )
    weak_terms: list[Filled] = Field(default=[], description="Phrases that say the family but not which leaf.")
    abbr: list[Filled] = Field(default=[], description="Short forms; capitals count.")
    mesh: list[Filled] = Field(default=[], description="MeSH headings that name it.")
    exclusions: list[Filled] = Field(default=[], alias="not", description="Longer phrases that mean something else.")
    never_with: list[Filled] = Field(default=[], description="Words that show that the phrase means something else.")
    source: list[Filled] = Field(default=[], description="Of vesicles: where they come from.")
    assay: bool = Field(default=False, description="Cells that many papers use only to test something on.")
    biology: bool = Field(default=False, description="Their biology alone is worth the label.")


class DigestSection(Section):
    """What is told, to whom and when."""

    name: Name = Field(description="Its name; part of its files' names.")
    every: Schedule = Field(description="When it is due.")
    timezone: Zone | None = Field(default=None, description="The zone of its hour; left out: that of [tracker].")
    queries: list[str] | None = Field(default=None, description="Queries and feeds it tells of; left out: all.")
    approaches: list[FamilyOrLeaf] = Field(default=[], description="Tell only of these families or leaves.")
    min_severity: Severity = Field(default="low", description="Tell only of what is at least this important.")
    email: list[Address] = Field(default=[], description="Who gets it by mail; none: the file alone.")
    send_empty: bool = Field(default=True, description="Send the one-line all-clear of a quiet week, too.")
    atom: bool = Field(default=False, description="Keep NAME.atom beside the issues: what they told.")


class SmtpSection(Section):
    """The mail server. Its password comes from TRACKER_SMTP_PASSWORD or TRACKER_SMTP_PASSWORD_FILE."""

    host: Filled = Field(description="Name of the server.")
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = Field(default="starttls", description="none: on this machine only.")
    user: str = Field(default="", description="User to log in with; left out: no login.")
    sender: Annotated[str, AfterValidator(grammar.sender)] = Field(description="Tracker <tracker@example.org>")


def _pace(default: str) -> Any:
    return Field(default=None, gt=0, le=1000, description=f"Requests a second. {default}")


def _retry_wait() -> Any:
    return Field(
        default=None, ge=0, le=60, description="Seconds before the first retry; each further one waits twice as long."
    )


class PubMedSection(Section):
    """Where PubMed's E-utilities are, and how fast they are asked."""

    url: Annotated[str, AfterValidator(lambda url: base_address("pubmed", url))] | None = Field(
        default=None, description="Base address; ends in /entrez/eutils/."
    )
    pace: float | None = _pace("NCBI allows 3, and 10 with NCBI_API_KEY.")
    retry_wait: float | None = _retry_wait()


class ClinicalTrialsSection(Section):
    """Where the API v2 of ClinicalTrials.gov is, and how fast it is asked."""

    url: Annotated[str, AfterValidator(lambda url: base_address("clinicaltrials", url))] | None = Field(
        default=None, description="Base address; ends in /api/v2/."
    )
    pace: float | None = _pace("ClinicalTrials.gov asks for 1.")
    retry_wait: float | None = _retry_wait()


class IsrctnSection(Section):
    """Where the API of ISRCTN is, and how fast it is asked. Experimental."""

    url: Annotated[str, AfterValidator(lambda url: base_address("isrctn", url))] | None = Field(
        default=None, description="Base address; ends in /api/."
    )
    pace: float | None = _pace("ISRCTN publishes no limit; at most 1 is asked of it.")
    retry_wait: float | None = _retry_wait()


class Sources(Section):
    """The sources that are asked."""

    pubmed: PubMedSection = PubMedSection()
    clinicaltrials: ClinicalTrialsSection = ClinicalTrialsSection()
    isrctn: IsrctnSection = IsrctnSection()


class Form(Section):
    """What `tracker` follows, whom it tells, and when."""

    tracker: TrackerSection = TrackerSection()
    sources: Sources = Sources()
    query: list[QuerySection] = []
    feed: list[FeedSection] = []
    approach: list[ApproachSection] = []
    digest: list[DigestSection] = []
    smtp: SmtpSection | None = None


def json_schema() -> dict[str, Any]:
    """The JSON schema of the form, for editors that read `#:schema ./queries.schema.json`."""
    return {"$schema": "http://json-schema.org/draft-07/schema#", **Form.model_json_schema()}
