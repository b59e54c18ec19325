"""What a digest is made of, as read from the database: frozen dataclasses of plain values, nothing decided yet.

Change    one event
Reason    one label, with the words that made the rules say so
Corrected a work that a notice (an erratum, a retraction) is about
Work      one work (its versions counted once) with its facts, labels and changes
Doubt     a trial that is silent or stale
BoardRow  one row of the view trial_board
Answer    how one source answered one query in the span
Material  all of it for one issue
"""

from dataclasses import dataclass, field

# Kinds of event that say that a record is there; all others say that something of it moved.
ANNOUNCES = ("new_article", "new_trial", "new_item", "published_from_preprint", "matched")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One event as it was stored. severity: 3 high, 2 medium, 1 low. notice: that of the paper which it ties."""

    id: int
    record: str
    seen: str
    kind: str
    severity: int
    field: str | None
    old: str | None
    new: str | None
    headline: str
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One label. `name` is what a reader calls it; `quote` stands in the record's column `field`, or both are None.

    source: what says so (registry, pubtype, mesh, text).
    """

    axis: str
    label: str
    name: str
    value: str = ""
    strength: float = 1.0
    field: str | None = None
    quote: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFacts:
    """A trial's columns that a digest shows. Enum values raw, dates partial, `why_stopped` as its sponsor wrote it."""

    study_type: str = ""
    status: str = ""
    phases: tuple[str, ...] = ()
    phase_detail: str = ""
    phase_source: str = ""
    sponsor: str = ""
    enrollment: int | None = None
    enrollment_type: str = ""
    start: str = ""
    start_type: str = ""
    primary_completion: str = ""
    primary_completion_type: str = ""
    completion: str = ""
    completion_type: str = ""
    has_results: bool = False
    results_posted: str = ""
    why_stopped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What a notice is about. kind: that of the event which the other work has for it (retracted, concern, corrected).

    told_in: the periods of this digest's earlier issues that told the other work, oldest first.
    """

    id: str
    kind: str
    told_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One work that is told. `id` is its version of record; `changes` may be of any of its versions, by event id.

    told_in: the periods of this digest's earlier issues that told it, oldest first. corrects: of a notice, what it is
    about. conditions: without the one that only says that it is hair loss. reports: of a paper, the trials.
    """

    id: str
    kind: str  # article, trial, news
    title: str
    url: str
    venue: str = ""
    published: str = ""
    notice: str = ""
    types: tuple[str, ...] = ()
    trial: TrialFacts | None = None
    stage: Reason | None = None
    relevance: Reason | None = None
    approaches: tuple[Reason, ...] = ()  # strongest first
    conditions: tuple[Reason, ...] = ()
    flags: tuple[Reason, ...] = ()
    words: tuple[Reason, ...] = ()  # that ask for a second look, with what stands around them
    queries: tuple[str, ...] = ()  # of this digest
    told_in: tuple[str, ...] = ()
    named_in: tuple[str, ...] = ()  # the same issues, and those that told it as the paper of a trial
    corrects: tuple[Corrected, ...] = ()
    reports: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()

    def flag(self, name: str) -> Reason | None:
        return next((flag for flag in self.flags if flag.label == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A trial of which the registry's word should not be taken. kind: silent, stale. since: the day it became so.

    fresh: it became so after the last issue looked.
    """

    kind: str
    record: str
    title: str
    url: str
    since: str
    reason: str
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """One row of trial_board. rungs: (name, works); states: (state, trials, people); a text that is absent is ""."""

    approach: str
    condition: str
    followed: bool
    rungs: tuple[tuple[str, int], ...] = ()
    states: tuple[tuple[str, int, int], ...] = ()
    approved: str = ""
    approved_briefly: str = ""
    approved_products: int = 0
    trials: int = 0
    furthest: str = ""
    furthest_rank: float = -1
    furthest_trial: str = ""
    furthest_status: str = ""
    furthest_people: int | None = None
    furthest_planned: bool = False  # nobody said how many of them came
    sub_phase: str = ""
    sub_phase_source: str = ""
    beside: str = ""
    result: str = ""
    result_date: str = ""
    result_people: int | None = None
    result_preprint: bool = False
    result_concern: bool = False
    taken_back: int = 0  # papers
    harm: str = ""
    harm_date: str = ""
    harm_quote: str = ""
    readout: str = ""
    readout_trial: str = ""
    moved: str = ""
    months_still: int | None = None
    absent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How one source answered one query in the span. Times are stamps; "" where there is none.

    new: records that it listed for the first time; off_topic: those of them that are off topic; baseline: those that
    it listed when it was first asked, which are not new; changed: records of which something moved. A record that
    several queries list counts with each. notes: of every fetch in the span. listed, quarantined, missing: of its
    newest complete one. last_try, last_success, failing_since and error look back before the span too. data_of: the day
    of its data, where the source says it.
    """

    source: str
    query: str
    fetches: int = 0
    failed: int = 0
    listed: int | None = None
    # of the newest whole fetch before the span
    listed_before: int | None = None
    new: int = 0
    baseline: int = 0
    changed: int = 0
    quarantined: int = 0
    missing: int = 0
    off_topic: int = 0
    notes: tuple[str, ...] = ()
    data_of: str = ""
    last_try: str = ""
    last_success: str = ""
    failing_since: str = ""  # "" while the newest fetch is complete
    error: str = ""

    @property
    def complete(self) -> bool:
        """The newest fetch of the span was complete: nothing that the source lists can have been missed."""
        return self.fetches > 0 and not self.failing_since


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What an issue counts and does not list: works left out, and edits too small to tell."""

    off_topic: int = 0
    below_severity: int = 0
    outside_approaches: int = 0
    versions: int = 0  # works of which only another record is new
    details: int = 0  # events
    detailed: int = 0  # the records that they are of


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything that one issue of one digest is made of. since and until are stamps: the span (since, until].

    baseline: records that the digest's queries held before tracker watched them: all of them for a first issue,
    else those that came in the span (a query that was added or edited), by query. new: records that its queries listed
    for the first time in the span, each once.
    """

    name: str
    since: str
    until: str
    first_issue: bool = False
    works: tuple[Work, ...] = ()
    left: Left = field(default_factory=Left)
    baseline: tuple[tuple[str, int], ...] = ()
    new: int = 0
    doubts: tuple[Doubt, ...] = ()
    board: tuple[BoardRow, ...] = ()
    answers: tuple[Answer, ...] = ()
