"""The board: how far each approach has come, read from the view `trial_board` and said in plain words.

Says nothing that a record or a dated entry of `approvals` does not say: a registry's phase is no approval. An issue
has a row for each approach, what moved in its span first; `tracker board` says the same in lines, and all of it.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from tracker.digest.entries import HUMAN
from tracker.digest.material import BoardRow, Work
from tracker.digest.model import Board, Line, Standing
from tracker.digest.sql import dicts
from tracker.digest.wording import address, clean, counted, reference, status_words, sub_phase
from tracker.digest.words import telling_words

RUNGS = ("laboratory", "animals", "people", "phase1", "phase2", "phase3", "phase4")
# As a line says them, and as a narrow cell does.
RUNG_WORDS = {
    "laboratory": ("laboratory", "lab"), "animals": ("animals", "animal"), "people": ("people", "people"),
    "phase1": ("phase 1", "ph 1"), "phase2": ("phase 2", "ph 2"), "phase3": ("phase 3", "ph 3"),
    "phase4": ("phase 4", "ph 4"), "approved": ("approved", "appr."),
}  # fmt: skip
STATES = ("running", "completed", "planned", "stopped", "unknown", "withdrawn", "other")
STATE_WORDS = {"unknown": "of unknown status", "other": "of another status or none stated"}
IN_PEOPLE = ("running", "completed", "stopped", "unknown")  # states whose people are shown as a bar
NOTE = (
    "Rungs: laboratory, animals, people (no phase stated), phases 1 to 4, approved; on each, papers held and trials"
    " that enrolled somebody. People: enrolled, or planned where a trial is open."
)
BLOCKS = "A sign a rung: · none, ▁ few, █ a thousand."  # of the forms that draw the ladder as text
MOVED = "{}: this issue tells of it, or it moved since the last."  # how a form marks it
COLUMNS = ("Furthest in people", "Trials (people)", "Newest result in people", "Next readout", "Last moved")
UNFOLLOWED_TITLE = "Not followed by any query (registered trials; a phase is no approval)"
CONDITIONS = ("pattern hair loss", "alopecia areata")  # in this order, then the rest
ASIDE = 3  # approaches that no query follows, named in an issue
SOON = timedelta(days=92)  # a readout within three months is loud
_UNPUBLISHED, _UNPOSTED = "no peer-reviewed clinical paper held", "no results posted"  # of the view's absent
_NONE = Line(text="none")
_NAME, _LINE = 80, 400


def read_board(conn: sqlite3.Connection) -> tuple[BoardRow, ...]:
    """Every row of the view, as it orders them: what is followed first."""
    return tuple(_row(values) for values in dicts(conn, "select * from trial_board"))


def _row(values: dict[str, Any]) -> BoardRow:
    def text(name: str) -> str:
        return values[name] or ""

    reported = (text("newest_harm_date"), text("newest_harm"), f"“{clean(text('newest_harm_quote'), _LINE)}”")
    harm_date, harm, harm_quote = max(
        [*([reported] if reported[1] else []), *_stopped_by(values["stopped_reasons"])], default=("", "", "")
    )
    return BoardRow(
        approach=clean(values["approach_label"], _NAME),
        condition=values["condition_label"],
        followed=bool(values["followed"]),
        rungs=tuple((rung, values[rung]) for rung in RUNGS),
        states=tuple((one, values[one] or 0, values.get(f"{one}_people") or 0) for one in STATES),
        approved=text("approved"),
        approved_briefly=text("approved_briefly"),
        approved_products=values["approved_products"],
        trials=values["trials"],
        furthest=text("furthest_label"),
        furthest_rank=values["furthest_rank"] if values["furthest_rank"] is not None else -1,
        furthest_trial=text("furthest_trial"),
        furthest_status=text("furthest_status"),
        furthest_people=values["furthest_people"],
        furthest_planned=values["furthest_people_type"] == "ESTIMATED",
        sub_phase=text("sub_phase"),
        sub_phase_source=text("sub_phase_source"),
        beside=text("beside"),
        result=text("newest_result"),
        result_date=text("newest_result_date"),
        result_people=values["newest_result_people"],
        result_preprint=bool(values["newest_result_preprint"]),
        result_concern=values["newest_result_notice"] == "concern",
        taken_back=values["taken_back"],
        harm=harm,
        harm_date=harm_date,
        harm_quote=harm_quote,
        readout=text("next_readout"),
        readout_trial=text("next_readout_trial"),
        moved=text("moved"),
        months_still=values["months_still"],
        absent=text("absent"),
    )


def _stopped_by(reasons: str) -> Iterable[tuple[str, str, str]]:
    """(day, trial, words) of trials of which the reason given for their stop tells a harm and does not deny it."""
    for day, trial, why in json.loads(reasons):
        for word in telling_words({"why_stopped": why}, {"why_stopped": ("safety",)}):
            yield day, trial, f"why it stopped: “{word.quote}”"


def make_board(rows: Sequence[BoardRow]) -> Board | None:
    """All that the board says, in lines. None where nothing is held."""
    cards = (_standing(row, lines=tuple(_lines(row))) for row in sorted(_reached(rows), key=_rank))
    board = Board(
        rows=tuple(sorted(cards, key=lambda card: _place(card.condition))),
        aside=tuple(_not_in_people(rows)),
        unfollowed=tuple(Line(text=_of_groups(group)) for group in _unfollowed(rows)),
    )
    return board if any(row.condition for row in rows) else None


def make_issue_board(rows: Sequence[BoardRow], since: str, until: str, told: Sequence[Work] = ()) -> Board | None:
    """The board of an issue: a row in short for each approach in people, first those that moved after the day `since`
    or of which the issue tells, then by how far they came. Readouts soon after the day `until` are loud. None where
    nothing is held."""
    touched = {
        place for work in told if work.trial or (work.stage and work.stage.label in HUMAN) for place in _on(work)
    }
    moved = {row for row in rows if row.moved > since or (row.approach, _place(row.condition)) in touched}
    soon = (date.fromisoformat(until) + SOON).isoformat()
    unfollowed = _unfollowed(rows)
    names = "; ".join(_in_a_clause(group) for group in unfollowed[:ASIDE])
    board = Board(
        rows=tuple(
            _standing(row, cells=_cells(row, soon, moved=row in moved), moved=row in moved)
            for row in sorted(_reached(rows), key=lambda row: (row not in moved, *_rank(row)))
        ),
        aside=tuple(_not_in_people(rows)),
        unfollowed=(Line(text=names),) if names else (),
        unfollowed_more=len(unfollowed[ASIDE:]),
    )
    return board if any(row.condition for row in rows) else None


def by_condition(rows: Iterable[Standing]) -> list[tuple[str, list[Standing]]]:
    """Standings with the conditions apart; within one they keep their order."""
    apart = sorted(rows, key=lambda row: _place(row.condition))
    return [(condition, list(group)) for condition, group in groupby(apart, key=attrgetter("condition"))]


def _reached(rows: Iterable[BoardRow]) -> list[BoardRow]:
    """Followed, and in people."""
    return [row for row in rows if row.followed and _in_people(row)]


def _on(work: Work) -> Iterable[tuple[str, int]]:
    """The rows on which a work stands: (approach, place of the condition)."""
    named = {reason.label for reason in work.conditions}
    places = [n for n, condition in enumerate(("aga", "aa")) if condition in named] or [len(CONDITIONS)]
    return ((clean(reason.name, _NAME), place) for reason in work.approaches for place in places)


def _not_in_people(rows: Sequence[BoardRow]) -> Iterable[tuple[str, tuple[str, ...]]]:
    """(heading, approaches) of what is followed and not in people: on the bench alone, on it under another condition
    than those of its rows, and what nothing is held of."""
    followed = [row for row in rows if row.followed]
    elsewhere = {row.approach for row in _reached(followed)}
    groups: dict[str, list[str]] = {"Laboratory and animals only": []}
    for row in (row for row in followed if row.condition and not _in_people(row)):
        beside = f"Laboratory and animals besides, {row.condition}"
        heading = beside if row.approach in elsewhere else "Laboratory and animals only"
        works = ", ".join(f"{RUNG_WORDS[rung][0]} {count:,}" for rung, count in row.rungs if count)
        groups.setdefault(heading, []).append(f"{row.approach} ({works})")
    groups["Nothing held"] = [row.approach for row in followed if not row.condition]
    return ((heading, tuple(dict.fromkeys(names))) for heading, names in groups.items() if names)


def _place(condition: str) -> int:
    return CONDITIONS.index(condition) if condition in CONDITIONS else len(CONDITIONS)


def _in_people(row: BoardRow) -> bool:
    on_a_rung = any(count for rung, count in row.rungs if rung not in RUNGS[:2])
    return bool(row.trials or row.approved or row.taken_back or on_a_rung)


def _rank(row: BoardRow) -> tuple[object, ...]:
    """The furthest first, then the most trials; the view's order decides the rest."""
    return (not row.approved, -row.furthest_rank, -row.trials)


def _standing(row: BoardRow, **said: Any) -> Standing:
    return Standing(
        approach=row.approach,
        condition=row.condition,
        rungs=(*row.rungs, ("approved", row.approved_products)),
        people=tuple((state, people) for state, _, people in row.states if people and state in IN_PEOPLE),
        **said,
    )


def _lines(row: BoardRow) -> Iterable[Line]:
    if row.approved:
        yield Line(text=f"Approved: {row.approved}", loud=True)
    yield _linked(f"Furthest in people: {_furthest(row)}", row.furthest_trial)
    if row.beside:
        yield _beside(row)
    if row.trials:
        yield Line(text=f"{counted(row.trials, 'trial')}: {_states(row)}")
    yield _linked(f"Newest result in people: {_result(row)}", row.result)
    yield from _expected(row)
    yield Line(text=f"Last moved: {_still(row)}")
    if row.absent:
        yield Line(text=f"{row.approach}: {row.absent.replace('; ', ', ')}")


def _cells(row: BoardRow, soon: str, *, moved: bool) -> tuple[tuple[Line, ...], ...]:
    """What an issue says of a row under each of COLUMNS, what is not held among it; each thing once."""
    missed = [said for said in row.absent.split("; ") if said in (_UNPUBLISHED, _UNPOSTED)]
    furthest = [Line(text=f"Approved: {row.approved_briefly}", loud=True)] * bool(row.approved)
    furthest.append(_cell(_furthest(row) if row.trials else _papers_alone(row), row.furthest_trial))
    result = [_cell(f"Harm reported {row.harm_date or 'without a date'}", row.harm, loud=True)] * bool(row.harm)
    if row.result or not missed:
        result.append(_cell(_result(row), row.result))
    readout = _cell(row.readout, row.readout_trial, loud=row.readout <= soon) if row.readout else _NONE
    return (
        (*furthest, *[Line(text=clean(row.beside, _LINE))] * bool(row.beside)),
        (Line(text=_states(row, briefly=True)) if row.trials else _NONE,),
        (*result, *(Line(text=said) for said in missed)),
        (readout,),
        (Line(text=_since(row) if row.moved else "in this issue" if moved else "no date held"),),
    )


def _since(row: BoardRow) -> str:
    return row.moved + (f", {counted(row.months_still, 'month')} ago" if row.months_still else "")


def _papers_alone(row: BoardRow) -> str:
    on_people = dict(row.rungs)["people"] or row.taken_back
    return f"papers on people{_taken_back(row)}" if on_people else "no trial that enrolled somebody"


def _beside(row: BoardRow) -> Line:
    return Line(text=clean(f"Beside it, {row.beside}", _LINE))


def _expected(row: BoardRow) -> Iterable[Line]:
    """What a reader fears and what he waits for."""
    if row.harm:
        yield _linked(f"Harm reported: {row.harm_date or 'without a date'}, {row.harm_quote}", row.harm)
    if row.readout:
        yield _linked(f"Next readout expected: {row.readout}", row.readout_trial)


def _linked(text: str, record: str) -> Line:
    """A line, and the record that it is from."""
    return _cell(f"{text},", record) if record else Line(text=text)


def _cell(text: str, record: str, *, loud: bool = False) -> Line:
    return Line(text=text, url=address(record), ref=reference(record), loud=loud) if record else Line(text=text)


def _furthest(row: BoardRow) -> str:
    if not row.furthest:
        stopped = any(trials for state, trials, _ in row.states if state == "stopped")
        return "no trial that enrolled somebody" + (" and was not stopped" if stopped else "")
    people = f", {counted(row.furthest_people, 'person', 'people')}" if row.furthest_people else ""
    people += " planned" if people and row.furthest_planned else ""
    said = sub_phase(row.sub_phase, row.sub_phase_source)
    return f"{row.furthest}{said}, {status_words(row.furthest_status)}{people}"


def _result(row: BoardRow) -> str:
    if not row.result:
        return f"no study held{_taken_back(row)}"
    size = f"n = {row.result_people:,}" if row.result_people else "size not stated"
    said = [row.result_date or "without a date", size]
    said += ["a preprint"] * row.result_preprint + ["under an expression of concern"] * row.result_concern
    return ", ".join(said)


def _taken_back(row: BoardRow) -> str:
    return f", {counted(row.taken_back, 'paper')} taken back" if row.taken_back and not row.result else ""


def _states(row: BoardRow, *, briefly: bool = False) -> str:
    """ "2 running (324 people), 1 completed"; briefly "2 running (324), 1 completed"."""
    said = []
    for state, trials, people in row.states:
        if trials:
            word = STATE_WORDS.get(state, state)
            many = f"{people:,}" if briefly else counted(people, "person", "people")
            said.append(f"{trials:,} {word}" + (f" ({many})" if people else ""))
    return ", ".join(said)


def _still(row: BoardRow) -> str:
    if not row.moved:
        return "no date held"
    if row.months_still is None:  # a year alone
        return row.moved
    ago = f"{counted(row.months_still, 'full month')} ago" if row.months_still else "less than a month ago"
    return f"{row.moved}, {ago}"


def _unfollowed(rows: Sequence[BoardRow]) -> list[list[BoardRow]]:
    """The rows of each approach that no query follows, the furthest first."""
    groups = _grouped([row for row in rows if not row.followed])
    return sorted((sorted(group, key=_rank) for group in groups), key=lambda group: _rank(group[0]))


def _grouped(rows: Iterable[BoardRow]) -> list[list[BoardRow]]:
    """The rows of each approach together, in the order of their first."""
    groups: dict[str, list[BoardRow]] = {}
    for row in rows:
        groups.setdefault(row.approach, []).append(row)
    return list(groups.values())


def _in_a_clause(rows: Sequence[BoardRow]) -> str:
    """An approach that no query follows, in few words: the furthest stage and each product with its first approval."""
    reached = [row.furthest for row in rows if row.furthest][:1]
    approved = [row.approved_briefly for row in rows if row.approved]
    said = [*reached, *([f"approved: {'; '.join(approved)}"] if approved else [])]
    return f"{rows[0].approach} ({', '.join(said) or 'nobody enrolled'})"


def _of_groups(rows: Sequence[BoardRow]) -> str:
    reached = [
        f"{row.condition}, {row.furthest or 'nobody enrolled'} ({_of_trials(row)})" for row in rows if row.trials
    ]
    approved = [f"approved: {row.approved}" for row in rows if row.approved]
    return f"{rows[0].approach}: {'; '.join([*reached, *approved])}"


def _of_trials(row: BoardRow) -> str:
    return f"the furthest of {row.trials} trials" if row.furthest and row.trials > 1 else counted(row.trials, "trial")
