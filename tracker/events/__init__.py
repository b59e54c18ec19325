"""What moved: events from two readings of one record. Pure; knows neither the database nor today's date.

    compare(old, new)   every changed column is told once: by an event of its own, or by a `detail`
    announce_severity   how loud a first announcement is, once the record has its labels
    gone, returned, matched, paper_linked, published_from_preprint
                        the kinds that only the store can see

The kinds and their severities are a contract (docs/events.md). Headlines are one plain line that starts with the id
and holds what the sources said, never what it might mean.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tracker import dates
from tracker.events.words import (
    HIGH,
    LOW,
    MEDIUM,
    as_text,
    distance,
    one_line,
    or_none,
    ordinal,
    people,
    shown,
    some_apart,
    source_name,
)
from tracker.records import Event, Record, Trial, as_json

DETAIL = 0
SEVERITY_NAMES = {DETAIL: "detail", LOW: "low", MEDIUM: "medium", HIGH: "high"}

# Every kind and the severities that it can have: the table of docs/events.md.
KINDS: dict[str, tuple[int, ...]] = {
    "new_article": (LOW, MEDIUM),
    "new_trial": (LOW, MEDIUM, HIGH),
    "new_item": (LOW,),
    "matched": (LOW,),
    "status_changed": (MEDIUM,),
    "stopped": (HIGH,),
    "phase_changed": (MEDIUM, HIGH),
    "date_slipped": (LOW, MEDIUM, HIGH),
    "date_pulled_in": (LOW, MEDIUM, HIGH),
    "date_met": (LOW,),
    "results_posted": (HIGH,),
    "outcome_changed": (MEDIUM,),
    "enrollment_changed": (LOW,),
    "sponsor_changed": (LOW,),
    "paper_linked": (MEDIUM, HIGH),
    "published_from_preprint": (MEDIUM,),
    "retracted": (HIGH,),
    "concern": (HIGH,),
    "corrected": (MEDIUM,),
    "retraction_reversed": (MEDIUM,),
    "gone": (LOW,),
    "returned": (LOW,),
    "detail": (DETAIL,),
}

STOPPED = frozenset({"TERMINATED", "SUSPENDED", "WITHDRAWN"})
BEFORE_START = frozenset({"", "NOT_YET_RECRUITING", "WITHDRAWN", "UNKNOWN", "WITHHELD"})
PHASE_RANK = {"EARLY_PHASE1": 1, "PHASE1": 2, "PHASE2": 3, "PHASE3": 4, "PHASE4": 5}
HUMAN_STAGES = frozenset(
    {"early_phase1", "phase1", "phase1_2", "phase2", "phase2_3", "phase3", "phase4"}
    | {"trial_unphased", "observational", "case_report"}
)
REFERENCES = frozenset({"reported_by", "derived_in", "cites"})
RETRACTED = frozenset({"retracted", "withdrawn"})

DETAIL_LENGTH = 500  # characters of a column that a `detail` keeps of either side
TITLE_LENGTH, HEADLINE_LENGTH = 200, 600

_PAPERS = {
    "reports": "result", "reported_by": "result", "derived": "derived", "derived_in": "derived", "cites": "background",
}  # fmt: skip
_NOT_COMPARED = {"id", "source", "kind", "trial", "warnings", "raw"}
_RECORD_COLUMNS = tuple(name for name in Record.__dataclass_fields__ if name not in _NOT_COMPARED)
_COLUMNS = (*_RECORD_COLUMNS, *Trial.__dataclass_fields__)
_MILESTONES = ("start", "primary_completion", "completion")
_DATES = {*_MILESTONES, "published", "entered", "verified", "first_posted", "last_update", "results_posted"}

# An event, and the columns that it tells.
Told = tuple[Event, frozenset[str]]


def compare(old: Record | None, new: Record) -> list[Event]:
    """The events between two versions of a record, both as today's parser reads them; `old` is None at first sight.

    Dates are compared over their common precision: one that only became more exact is no event.
    """
    if old is None:
        return [_first_seen(new)]
    told = [*_notice(old, new), *_trial_moves(new.id, old.trial or Trial(), new.trial or Trial()), *_papers(old, new)]
    covered = frozenset[str]().union(*(columns for _, columns in told))
    events = [event for event, _ in told] + [
        _detail(new.id, column, _value(old, column), _value(new, column))
        for column in _COLUMNS
        if column not in covered and _differ(column, _value(old, column), _value(new, column))
    ]
    if not events and old.raw != new.raw:  # contacts, wording: what no column holds
        events.append(_event(new.id, "detail", DETAIL, None, None, None, "wording, contacts or the like changed"))
    return events


def announce_severity(record: Record, stage: str, relevance: str) -> int:
    """How loud the announcement of a new record is: a trial of phase 2 or later 3, new human evidence 2, else 1.

    News is no evidence, nor is what is off topic. A trial's phase is the registry's own, whatever its topic.
    """
    if record.trial and _rank(record.trial.phases) >= PHASE_RANK["PHASE2"]:
        return HIGH
    is_evidence = record.kind != "news" and relevance != "off" and stage in HUMAN_STAGES
    return MEDIUM if is_evidence else LOW


def gone(record: str) -> Event:
    return _event(record, "gone", LOW, "gone", None, None, f"{source_name(record)} no longer holds it")


def returned(record: str) -> Event:
    return _event(record, "returned", LOW, "gone", None, None, f"{source_name(record)} holds it again")


def matched(record: str, query: str) -> Event:
    return _event(record, "matched", LOW, query, None, None, f"now also found by the query {query}")


def paper_linked(trial: str, paper: str, relation: str) -> Event:
    """`relation` as a Link has it, from either side: reports and reported_by are results.

    Or what the paper is, where it can be no result of a trial that it names: protocol, review, notice.
    """
    kind = _PAPERS.get(relation, relation)
    severity = HIGH if kind == "result" else MEDIUM
    name = "notice of a correction or retraction," if kind == "notice" else f"{kind} paper"
    return _event(trial, "paper_linked", severity, "links", None, paper, f"{name} {shown(paper)}")


def published_from_preprint(paper: Record, preprint: str) -> Event:
    text = f"published; was the preprint {shown(preprint)}: {one_line(paper.title, TITLE_LENGTH)}"
    return _event(paper.id, "published_from_preprint", MEDIUM, "same_as", preprint, paper.id, text)


def _first_seen(record: Record) -> Event:
    trial = record.trial
    words = {"article": "new article", "trial": "new trial"}.get(record.kind, "new item")
    about = ["/".join(trial.phases), trial.status] if trial else [record.notice]
    text = f"{', '.join([words, *filter(None, about)])}: {one_line(record.title, TITLE_LENGTH) or '(no title)'}"
    severity = HIGH if trial and _rank(trial.phases) >= PHASE_RANK["PHASE2"] else LOW
    return _event(record.id, words.replace(" ", "_"), severity, None, None, None, text)


def _notice(old: Record, new: Record) -> Iterator[Told]:
    """A retraction, an expression of concern, a correction, or a retraction taken back. Less than that is a detail."""
    before, now = old.notice, new.notice
    if before == now:
        return
    if now in RETRACTED:
        kind, severity, text = "retracted", HIGH, now + _by(new, "retracted_by")
    elif before in RETRACTED:
        kind, severity = "retraction_reversed", MEDIUM
        text = f"no longer marked as {before}" + (f"; now: {now}" if now else "")
    elif before == "concern" and not now:
        kind, severity, text = "retraction_reversed", MEDIUM, "no longer under an expression of concern"
    elif now == "concern":
        kind, severity, text = "concern", HIGH, "expression of concern" + _by(new, "concern_in")
    elif now == "corrected":
        kind, severity, text = "corrected", MEDIUM, "corrected" + _by(new, "corrected_by")
    else:
        return
    yield _event(new.id, kind, severity, "notice", before, now, text), frozenset({"notice"})


def _by(record: Record, relation: str) -> str:
    notices = [link.target for link in record.links if link.relation == relation]
    return f" by {', '.join(shown(notice) for notice in notices)}" if notices else ""


def _trial_moves(nct: str, old: Trial, new: Trial) -> Iterator[Told]:
    """Everything of a trial that has an event of its own."""
    yield from _status(nct, old, new)
    yield from _phases(nct, old, new)
    for column in _MILESTONES:
        yield from _date(nct, column, old, new)
    yield from _results(nct, old, new)
    yield from _outcomes(nct, old, new)
    if old.enrollment != new.enrollment:
        before, now = as_text(old.enrollment), as_text(new.enrollment)
        text = f"enrollment {people(old)} -> {people(new)}"
        event = _event(nct, "enrollment_changed", LOW, "enrollment", before, now, text)
        yield event, frozenset({"enrollment", "enrollment_type"})
    if old.sponsor != new.sponsor:
        text = f"sponsor {or_none(old.sponsor)} -> {or_none(new.sponsor)}"
        event = _event(nct, "sponsor_changed", LOW, "sponsor", old.sponsor, new.sponsor, text)
        yield event, frozenset({"sponsor"})


def _status(nct: str, old: Trial, new: Trial) -> Iterator[Told]:
    if old.status == new.status:
        return
    text = f"status {or_none(old.status)} -> {or_none(new.status)}"
    kind, severity, covered = "status_changed", MEDIUM, {"status"}
    if new.status in STOPPED:
        kind, severity = "stopped", HIGH
        text += f"; reason given: {new.why_stopped}" if new.why_stopped else "; no reason given"
        covered.add("why_stopped")
    elif new.last_known_status:
        text += f"; last known status {new.last_known_status}"
        covered.add("last_known_status")
    yield _event(nct, kind, severity, "status", old.status, new.status, text), frozenset(covered)


def _phases(nct: str, old: Trial, new: Trial) -> Iterator[Told]:
    if sorted(old.phases) != sorted(new.phases):  # their order says nothing
        severity = HIGH if _rung(new.phases) > _rung(old.phases) else MEDIUM
        text = f"phase {or_none('/'.join(old.phases))} -> {or_none('/'.join(new.phases))}"
        event = _event(nct, "phase_changed", severity, "phases", as_json(old.phases), as_json(new.phases), text)
        yield event, frozenset({"phases"})


def _date(nct: str, column: str, old: Trial, new: Trial) -> Iterator[Told]:
    """A date that moved and a date that was met are two facts: either can be without the other."""
    before, now = getattr(old, column), getattr(new, column)
    name = column.replace("_", " ")
    if before and now and dates.differ(before, now):
        later = dates.common(before, now)[1] > dates.common(before, now)[0]
        size, severity = distance(before, now)
        text = f"{name} {before} -> {now} ({'slipped' if later else 'pulled in'} {size})"
        event = _event(nct, "date_slipped" if later else "date_pulled_in", severity, column, before, now, text)
        yield event, frozenset({column})
    types = getattr(old, f"{column}_type"), getattr(new, f"{column}_type")
    if now and types == ("ESTIMATED", "ACTUAL"):
        event = _event(nct, "date_met", LOW, column, *types, f"{name} {now}: ESTIMATED -> ACTUAL")
        yield event, frozenset({f"{column}_type"})


def with_total(event: Event, earlier: Sequence[tuple[str, str, str]]) -> Event:
    """A move of a date, with the total over all of them. `earlier` are (kind, old, new) of its moves before, in order.

    The total runs from the date that was first held to the newest, so that what was pulled in between counts too.
    """
    if event.kind != "date_slipped" or not earlier or not event.new:
        return event
    first = earlier[0][1]
    number = 1 + sum(kind == "date_slipped" for kind, _, _ in earlier)
    size, _ = distance(first, event.new)
    later = dates.differ(first, event.new) and dates.common(first, event.new)[1] > dates.common(first, event.new)[0]
    net = f"{size.rpartition(', ')[2]} later" if later else "no later"
    if number == len(earlier) + 1 and later:
        total = f"{ordinal(number)} slip, {size.rpartition(', ')[2]} in total"
    else:  # what was pulled in between is in no sum of slips
        total = f"{ordinal(number)} slip; with what was pulled in, {net} than {first}, as first held"
    return replace(event, headline=event.headline.removesuffix(")") + f"; {total})")


def _results(nct: str, old: Trial, new: Trial) -> Iterator[Told]:
    if new.has_results and not old.has_results:
        text = f"results posted {new.results_posted}".rstrip()
        event = _event(nct, "results_posted", HIGH, "has_results", "false", "true", text)
        yield event, frozenset({"has_results", "results_posted"})


def _outcomes(nct: str, old: Trial, new: Trial) -> Iterator[Told]:
    """Primary outcomes that changed after the trial began. Before, and for another order, case or spacing: a detail."""
    before_words, now_words = ({_worded(one) for one in trial.primary_outcomes} for trial in (old, new))
    removed = [outcome for outcome in old.primary_outcomes if _worded(outcome) not in now_words]
    added = [outcome for outcome in new.primary_outcomes if _worded(outcome) not in before_words]
    if (removed or added) and _has_started(new):
        text = f"primary outcomes changed after start: {' -> '.join(some_apart(removed, added))}"
        before, now = as_json(old.primary_outcomes), as_json(new.primary_outcomes)
        event = _event(nct, "outcome_changed", MEDIUM, "primary_outcomes", before, now, text)
        yield event, frozenset({"primary_outcomes"})


def _worded(outcome: str) -> str:
    return " ".join(outcome.casefold().split())


def _papers(old: Record, new: Record) -> Iterator[Told]:
    """Papers that the registry's own references add to a trial, or now call its result. One taken away is a detail."""
    if not new.trial:
        return
    before = {link.target for link in old.links}
    results = {link.target for link in old.links if link.relation == "reported_by"}
    added = {
        link.target: link
        for link in sorted(new.links, key=lambda one: one.relation == "reported_by")
        if link.relation in REFERENCES and link.target not in (results if link.relation == "reported_by" else before)
    }
    only_added = set(old.links) <= set(new.links)
    for link in added.values():
        yield paper_linked(new.id, link.target, link.relation), frozenset({"links"}) if only_added else frozenset()


def _has_started(trial: Trial) -> bool:
    """By the status, or by the start date on the day of the record's last update: this module has no clock."""
    status = trial.last_known_status if trial.status == "UNKNOWN" else trial.status
    updated = dates.last_day(trial.last_update)
    return status not in BEFORE_START or (updated is not None and dates.is_past(trial.start, updated))


def _detail(record: str, column: str, before: Any, now: Any) -> Event:
    old, new = as_text(before), as_text(now)
    text = f"{column.replace('_', ' ')} changed"
    if max(len(old), len(new)) <= 60:
        text = f"{column.replace('_', ' ')} {or_none(old)} -> {or_none(new)}"
    return _event(record, "detail", DETAIL, column, old[:DETAIL_LENGTH], new[:DETAIL_LENGTH], text)


def _event(
    record: str, kind: str, severity: int, field: str | None, old: str | None, new: str | None, text: str
) -> Event:
    return Event(kind, severity, field, old, new, one_line(f"{record}: {text}", HEADLINE_LENGTH))


def _value(record: Record, column: str) -> Any:
    return getattr(record, column) if column in _RECORD_COLUMNS else getattr(record.trial or Trial(), column)


def _differ(column: str, before: Any, now: Any) -> bool:
    return dates.differ(before, now) if column in _DATES else bool(before != now)


def _rank(phases: tuple[str, ...]) -> int:
    return max((PHASE_RANK.get(phase, 0) for phase in phases), default=0)


def _rung(phases: tuple[str, ...]) -> float:
    """Where phases stand on the ladder: phase 1/2 lies between phase 1 and phase 2; none, or NA, below them all."""
    ranks = [PHASE_RANK[phase] for phase in phases if phase in PHASE_RANK]
    return (min(ranks) + max(ranks)) / 2 if ranks else 0.0
