"""Look twice: trials whose status should not be taken at its word, and told works that are small, bare or bought.

`gather_doubts` reads the views silent_trials and stale_trials; `look_twice` makes the section. It repeats what a record
says, and says of a paper that was not found that it was not found.
"""

import sqlite3
from collections.abc import Container, Iterable, Sequence

from tracker.digest import sql
from tracker.digest.entries import HUMAN, section_of, size
from tracker.digest.material import Doubt, Material, Reason, Work
from tracker.digest.model import Entry, Line, Section
from tracker.digest.wording import FIELDS, TRIAL_FIELDS, address, clean, counted, first_words, listed, reference

SMALL = 30  # people
_SHOWN = 4  # trials, and works, at most
_NAMED = 8  # works that are only small, by their ids
_TITLE, _SHORT = 160, 5  # characters of a title; words of one that stands above
_CALLED = {"safety": "safety words", "payment": "who pays", "expanded_access": "outside a trial"}
_KINDS = {
    "silent": "completed a year ago, no results posted or linked",
    "stale": "past completion or unverified for two years",
}


def gather_doubts(conn: sqlite3.Connection, queries: tuple[str, ...], since: str) -> tuple[Doubt, ...]:
    """Silent and stale trials that the digest's queries list and that are on topic, the latest first.

    A doubt is fresh when it arose after the last fetch before `since`, the day that the last issue could see.
    """
    seen = sql.rows(conn, "select coalesce(max(substr(started, 1, 10)), '') from fetches where started <= ?", since)[0][
        0
    ]
    out: list[Doubt] = []
    found = """case when taken_back then 'the linked paper with results was taken back'
        when other_papers then 'no linked paper with results found' else 'no linked paper found' end"""
    for kind, reason in (("silent", found), ("stale", "reason")):
        statement = f"""select id, title, url, since, {reason} from {kind}_trials v
            where exists (select 1 from matches m where m.record = v.id and m.query in ({sql.marks(queries)}))
                and not exists (
                    select 1 from labels l where l.record = v.id and l.axis = 'relevance' and l.label = 'off')
            order by since desc, id"""
        out += [
            Doubt(kind=kind, record=record, title=title, url=url, since=day, reason=why, fresh=day > seen)
            for record, title, url, day, why in sql.rows(conn, statement, *queries)
        ]
    return tuple(out)


def look_twice(material: Material) -> Section | None:
    """Works that were told with what makes one look twice, then the trials in doubt. None where there is nothing."""
    doubts: dict[str, list[Doubt]] = {}
    for doubt in material.doubts:
        doubts.setdefault(doubt.record, []).append(doubt)
    works = sorted((work for work in material.works if section_of(work) != "corrections"), key=_order)
    small: list[str] = []
    told: list[Entry] = []
    for work in works:
        bare, more = list(_smallness(work)), [*_words(work), *map(_said, doubts.pop(work.id, []))]
        if more:
            told.append(_entry(work.id, first_words(work.title, _SHORT), work.url, [*bare, *more]))
        elif bare:
            small.append(f"{reference(work.id)} ({', '.join(bare)})")
    trials = [group for group in doubts.values() if material.first_issue or any(one.fresh for one in group)]
    chosen = _of_each_kind(trials)
    if not told and not trials and not small:
        return None
    entries = (*told[:_SHOWN], *map(_of_doubts, chosen))
    explained = {doubt.kind for entry in entries for doubt in material.doubts if doubt.record == entry.record}
    note = " ".join([*_note(material, len(told) - _SHOWN, small, explained), *_left(trials, chosen)])
    return Section(key="look_twice", title="Look twice", entries=entries, note=note)


def _note(material: Material, hidden: int, small: Sequence[str], explained: Container[str]) -> list[str]:
    """What the entries do not show, in numbers. A kind of doubt that a line of them says needs no words here."""
    said = [f"{hidden} more of the works above are in doubt or carry such words."] * (hidden > 0)
    if small:
        rest = [f"{len(small) - _NAMED} more"] * (len(small) > _NAMED)
        said.append(f"Single arm or under {SMALL} people: {listed([*small[:_NAMED], *rest])}.")
    counts = {kind: sum(doubt.kind == kind for doubt in material.doubts) for kind in _KINDS}
    meant = {kind: "" if kind in explained else f" ({what})" for kind, what in _KINDS.items()}
    held = [counted(n, f"{kind} trial") + meant[kind] for kind, n in counts.items() if n]
    return [*said, f"In all: {listed(held)}."] if held else said


def _of_each_kind(trials: Sequence[Sequence[Doubt]]) -> list[Sequence[Doubt]]:
    """Those that are shown, the latest of either kind: however many are silent, half of the room is for the stale."""
    silent = [group for group in trials if group[0].kind == "silent"]
    stale = [group for group in trials if group[0].kind == "stale"]
    room = max(_SHOWN // 2, _SHOWN - len(stale))
    return [*silent[:room], *stale[: _SHOWN - len(silent[:room])]]


def _left(trials: Sequence[Sequence[Doubt]], chosen: Sequence[Sequence[Doubt]]) -> Iterable[str]:
    """What is not shown, and where all of it is."""
    for kind in _KINDS:
        hidden = sum(group[0].kind == kind for group in trials) - sum(group[0].kind == kind for group in chosen)
        if hidden:
            yield f"{hidden:,} more {kind}: view {kind}_trials."


def _order(work: Work) -> tuple[object, ...]:
    """Words of harm first, then those with most reasons."""
    reasons = [*_smallness(work), *_words(work)]
    return (not any(word.label == "safety" for word in work.words), -len(reasons), work.id)


def _smallness(work: Work) -> Iterable[str]:
    stage = work.stage.label if work.stage else ""
    if work.trial or stage in HUMAN:
        if stage != "case_report" and work.flag("single_arm"):
            yield "single arm"
        if stage != "case_report" and 0 < size(work) < SMALL:
            yield f"n = {size(work)}"


def _words(work: Work) -> Iterable[str]:
    if work.trial and work.trial.study_type == "EXPANDED_ACCESS":
        yield "expanded access, not a trial"
    for word in work.words:
        yield f"{_CALLED[word.label]}: “{word.quote}” in {_field(work, word)}"


def _field(work: Work, word: Reason) -> str:
    names = TRIAL_FIELDS if work.trial else FIELDS
    return names.get(word.field or "", word.field or "")


def _of_doubts(doubts: Sequence[Doubt]) -> Entry:
    return _entry(doubts[0].record, clean(doubts[0].title, _TITLE), doubts[0].url, map(_said, doubts))


def _said(doubt: Doubt) -> str:
    if doubt.kind == "silent":
        return f"silent since {doubt.since}: completed a year before, nothing posted, {doubt.reason}"
    why = "past its completion and not verified for two years" if doubt.reason == "both" else doubt.reason
    return f"stale since {doubt.since}: {why}"


def _entry(record: str, title: str, url: str, reasons: Iterable[str]) -> Entry:
    ref = reference(record)
    lines = tuple(Line(text=reason) for reason in reasons)
    name = title or f"{ref}, without a title"
    return Entry(section="look_twice", record=record, ref=ref, title=name, url=url or address(record), lines=lines)
