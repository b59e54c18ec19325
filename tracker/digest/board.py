"""The board: how far each approach has come, read from the view `trial_board` and said in plain words.

Says nothing that a record or a dated entry of `approvals` does not say: a registry's phase is no approval. In a digest
those approaches come first of which something moved since the last issue; `tracker board` shows all of them.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from tracker.digest.material import BoardRow
from tracker.digest.model import Board, Line, Standing
from tracker.digest.sql import dicts
from tracker.digest.wording import address, clean, counted, reference, status_words, sub_phase

RUNGS = ("laboratory", "animals", "people", "phase1", "phase2", "phase3", "phase4")
# As a line says them, and as a narrow cell does.
RUNG_WORDS = {
    "laboratory": ("laboratory", "lab"), "animals": ("animals", "animal"), "people": ("people", "people"),
    "phase1": ("phase 1", "ph 1"), "phase2": ("phase 2", "ph 2"), "phase3": ("phase 3", "ph 3"),
    "phase4": ("phase 4", "ph 4"), "approved": ("approved", "appr."),
}  # fmt: skip
STATES = ("running", "completed", "planned", "stopped", "unknown", "withdrawn", "other")
STATE_WORDS = {"unknown": "of unknown status", "other": "of another status"}
IN_PEOPLE = ("running", "completed", "stopped", "unknown")  # states whose people are shown as a bar
NOTE = (
    "Rungs: laboratory, animals, people (no phase stated), phases 1 to 4, approved; on each, the papers held and the"
    " trials that enrolled somebody. People in trials are those enrolled, or planned where a trial is still open."
)
BLOCKS = "One sign a rung: · none, ▁ few, █ a thousand."  # of the forms that draw the ladder as text
UNFOLLOWED_TITLE = "Not followed by any query (registered trials; a phase is no approval)"
CONDITIONS = ("pattern hair loss", "alopecia areata")  # in this order, then the rest
CARDS, BRIEFLY, UNFOLLOWED = 4, 8, 6  # of a digest; `tracker board` shows them all
_NAME, _LINE = 80, 400


def read_board(conn: sqlite3.Connection) -> tuple[BoardRow, ...]:
    """Every row of the view, as it orders them: what is followed first."""
    return tuple(_row(values) for values in dicts(conn, "select * from trial_board"))


def _row(values: dict[str, Any]) -> BoardRow:
    def text(name: str) -> str:
        return values[name] or ""

    return BoardRow(
        approach=clean(values["approach_label"], _NAME),
        condition=values["condition_label"],
        followed=bool(values["followed"]),
        rungs=tuple((rung, values[rung]) for rung in RUNGS),
        states=tuple((one, values[one] or 0, values.get(f"{one}_people") or 0) for one in STATES),
        approved=text("approved"),
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
        harm=text("newest_harm"),
        harm_date=text("newest_harm_date"),
        harm_quote=clean(text("newest_harm_quote"), _LINE),
        readout=text("next_readout"),
        readout_trial=text("next_readout_trial"),
        moved=text("moved"),
        months_still=values["months_still"],
        absent=text("absent"),
    )


def make_board(rows: Sequence[BoardRow], since: str = "", *, whole: bool = False) -> Board | None:
    """The board of a digest, what moved after the day `since` first; or with `whole` every row as a card.

    None where nothing is held.
    """
    followed = [row for row in rows if row.followed]
    reached = sorted(
        (row for row in followed if _in_people(row)), key=lambda row: (bool(since) and row.moved <= since, *_rank(row))
    )
    bench = {row.approach for row in followed if row.condition} - {row.approach for row in reached}
    limit = len(reached) if whole else CARDS
    unfollowed = _unfollowed([row for row in rows if not row.followed])
    if not reached and not bench and not unfollowed:
        return None
    shown = len(unfollowed) if whole else UNFOLLOWED
    return Board(
        cards=_by_condition(reached[:limit]),
        briefly=_by_condition(reached[limit : limit + BRIEFLY]),
        bench=tuple(dict.fromkeys(row.approach for row in followed if row.approach in bench)),
        nothing=tuple(row.approach for row in followed if not row.condition),
        unfollowed=tuple(unfollowed[:shown]),
        more=len(unfollowed[shown:]) + len(reached[limit + BRIEFLY :]),
    )


def _by_condition(rows: Sequence[BoardRow]) -> tuple[Standing, ...]:
    """Standings with the conditions apart; within one they keep their order."""
    names = (*CONDITIONS, *(row.condition for row in rows))
    return tuple(_standing(row) for row in sorted(rows, key=lambda row: names.index(row.condition)))


def _in_people(row: BoardRow) -> bool:
    return bool(row.trials or row.approved or any(count for rung, count in row.rungs if rung not in RUNGS[:2]))


def _rank(row: BoardRow) -> tuple[object, ...]:
    """The furthest first, then the most trials; the view's order decides the rest."""
    return (not row.approved, -row.furthest_rank, -row.trials)


def _standing(row: BoardRow) -> Standing:
    return Standing(
        approach=row.approach,
        condition=row.condition,
        rungs=(*row.rungs, ("approved", row.approved_products)),
        people=tuple((state, people) for state, _, people in row.states if people and state in IN_PEOPLE),
        lines=tuple(_lines(row)),
        brief=_brief(row),
    )


def _lines(row: BoardRow) -> Iterable[Line]:
    if row.approved:
        yield Line(text=f"Approved: {row.approved}", loud=True)
    yield _linked(f"Furthest in people: {_furthest(row)}", row.furthest_trial)
    if row.beside:
        yield Line(text=clean(f"Beside it, {row.beside}", _LINE))
    if row.trials:
        yield Line(text=f"{counted(row.trials, 'trial')}: {_states(row)}")
    yield _linked(f"Newest result in people: {_result(row)}", row.result)
    if row.harm:
        yield _linked(f"Harm reported: {row.harm_date or 'without a date'}, “{row.harm_quote}”", row.harm)
    if row.readout:
        yield _linked(f"Next readout expected: {row.readout}", row.readout_trial)
    yield Line(text=f"Last moved: {_still(row)}")
    if row.absent:
        yield Line(text=f"{row.approach}: {row.absent.replace('; ', ', ')}")


def _linked(text: str, record: str) -> Line:
    return Line(text=f"{text},", url=address(record), ref=reference(record)) if record else Line(text=text)


def _furthest(row: BoardRow) -> str:
    if not row.furthest:
        return "no trial that enrolled somebody"
    people = f", {counted(row.furthest_people, 'person', 'people')}" if row.furthest_people else ""
    people += " planned" if people and row.furthest_planned else ""
    said = sub_phase(row.sub_phase, row.sub_phase_source)
    return f"{row.furthest}{said}, {status_words(row.furthest_status)}{people}"


def _result(row: BoardRow) -> str:
    if not row.result:
        return "no study held"
    size = f"n = {row.result_people:,}" if row.result_people else "size not stated"
    return f"{row.result_date or 'without a date'}, {size}" + (", a preprint" if row.result_preprint else "")


def _states(row: BoardRow) -> str:
    said = []
    for state, trials, people in row.states:
        if trials:
            word = STATE_WORDS.get(state, state)
            said.append(f"{trials:,} {word}" + (f" ({counted(people, 'person', 'people')})" if people else ""))
    return ", ".join(said)


def _still(row: BoardRow) -> str:
    if row.months_still is None:
        return "never, as far as is held"
    ago = f"{counted(row.months_still, 'full month')} ago" if row.months_still else "less than a month ago"
    return f"{row.moved}, {ago}"


def _brief(row: BoardRow) -> str:
    states = [f"{trials:,} {STATE_WORDS.get(state, state)}" for state, trials, _ in row.states if trials]
    trials = f"{counted(row.trials, 'trial')} ({', '.join(states)})" if row.trials else "no registered trial held"
    # One trial that enrolled somebody is the furthest, and named with its status.
    reached = [_furthest(row)] if row.furthest and row.trials == 1 else [_furthest(row), trials] if row.trials else []
    said = reached or ["papers on people", trials]
    said += [f"harm reported {row.harm_date}, {reference(row.harm)}"] if row.harm else []
    said += [f"next readout {row.readout}"] if row.readout else []
    said += [f"nothing moved for {counted(row.months_still, 'full month')}"] if row.months_still else []
    return "; ".join(said)


def _unfollowed(rows: Sequence[BoardRow]) -> list[Line]:
    """One line for each approach that no query follows: its groups together, the furthest first."""
    groups: dict[str, list[BoardRow]] = {}
    for row in rows:
        groups.setdefault(row.approach, []).append(row)
    ordered = sorted(groups.values(), key=lambda group: min(_rank(row) for row in group))
    return [Line(text=_of_groups(sorted(group, key=_rank))) for group in ordered]


def _of_groups(rows: Sequence[BoardRow]) -> str:
    reached = [
        f"{row.condition}, {row.furthest or 'nobody enrolled'} ({_of_trials(row)})" for row in rows if row.trials
    ]
    approved = [f"approved: {row.approved}" for row in rows if row.approved]
    return f"{rows[0].approach}: {'; '.join([*reached, *approved])}"


def _of_trials(row: BoardRow) -> str:
    return f"the furthest of {row.trials} trials" if row.furthest and row.trials > 1 else counted(row.trials, "trial")
