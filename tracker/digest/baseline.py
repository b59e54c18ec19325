"""The state of the field: a report of everything held on topic, not of what moved. Pure but for what `holdings` reads.

It has the model and the renderers of an issue, and takes no events: counts, the trials under way, the newest evidence
in people, what was taken back, what to look at twice, the board, and what was read since when.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tracker.digest.board import make_issue_board
from tracker.digest.build import build
from tracker.digest.corrections import TAKEN_BACK
from tracker.digest.doubts import look_twice
from tracker.digest.entries import HUMAN, LADDER, PRECLINICAL, entry
from tracker.digest.holdings import Held, Holdings
from tracker.digest.model import Digest, Line, Section
from tracker.digest.wording import counted, listed, moment, source_name, status_words

UNDER_WAY = ("RECRUITING", "ENROLLING_BY_INVITATION", "ACTIVE_NOT_RECRUITING", "NOT_YET_RECRUITING")
# Of each section: how many get a card, and how many a line after them. The rest are counted.
_SIZES = {"under_way": (8, 12), "results": (6, 10), "systematic": (0, 5), "taken_back": (0, 6)}
_TITLES = {
    "under_way": "Trials under way or planned, the furthest first",
    "results": "Newest evidence in people",
    "systematic": "Newest systematic reviews",
    "taken_back": "Taken back or under concern",
}
_STATUSES = 5  # named of one stage


def choose(works: Sequence[Held]) -> list[str]:
    """The works that the report shows."""
    return [work.id for key, group in _groups(works).items() for work in group[: sum(_SIZES[key])]]


def build_baseline(held: Holdings, period: str) -> Digest:
    """The report of one digest. `held.material.works` are those that `choose` chose."""
    material, day = held.material, held.material.until[:10]
    shown = {work.id: work for work in material.works}
    back = {work.id for work in _groups(held.works)["taken_back"]}
    doubts = look_twice(replace(material, works=tuple(work for work in material.works if work.id not in back)))
    sections = [_ladder(held)] if held.works else []
    for key, group in _groups(held.works).items():
        cards, lines = _SIZES[key]
        entries = tuple(entry(shown[one.id], card=n < cards) for n, one in enumerate(group[: cards + lines]))
        if entries:
            sections.append(Section(key=key, title=_TITLES[key], entries=entries, note=_more(group[cards + lines :])))
    issue = build(replace(material, works=()), period)
    return replace(
        issue,
        title=f"Hair research, {material.name}: the state of the field",
        subject=f"Hair research, {material.name}: the state of the field on {day}",
        span=f"As held on {moment(material.until)}.",
        summary=_summary(held.works),
        quiet=False,
        notices=("This is what is held, whether it moved or not. What moves from now on is told in the issues.",),
        sections=(*sections, doubts) if doubts else tuple(sections),
        board=make_issue_board(material.board, day, day),
        remarks=(*_reads(held), *issue.remarks),
    )


def _groups(works: Sequence[Held]) -> dict[str, list[Held]]:
    """The works of each section, the first to be shown first."""
    papers = [work for work in works if work.kind == "article"]
    stands = [work for work in papers if work.notice not in TAKEN_BACK and not work.protocol]
    return {
        "under_way": sorted((work for work in works if work.status in UNDER_WAY), key=_furthest),
        "results": sorted((work for work in stands if work.stage in HUMAN), key=_newest, reverse=True),
        "systematic": sorted((work for work in stands if work.stage == "systematic_review"), key=_newest, reverse=True),
        "taken_back": sorted((work for work in papers if work.notice in TAKEN_BACK), key=_newest, reverse=True),
    }


def _furthest(work: Held) -> tuple[object, ...]:
    return (_rung(work), -work.people, work.id)


def _rung(work: Held) -> int:
    return LADDER.index(work.stage) if work.stage in LADDER else len(LADDER)


def _newest(work: Held) -> tuple[str, str]:
    return (work.published, work.id)


def _more(rest: Sequence[Held]) -> str:
    return f"{len(rest):,} more: tracker search and tracker browse show them." if rest else ""


def _summary(works: Sequence[Held]) -> str:
    if not works:
        return "Nothing on topic is held yet."
    trials = [work for work in works if work.kind == "trial"]
    papers = [work for work in works if work.kind == "article"]
    human = sum(work.stage in HUMAN for work in papers)
    bench = sum(work.stage in PRECLINICAL for work in papers)
    parts = [
        (
            len(trials),
            f"{counted(len(trials), 'trial')}"
            f" ({sum(one.status in UNDER_WAY for one in trials):,} under way or planned)",
        ),
        (human, counted(human, "study in people", "studies in people")),
        (bench, counted(bench, "preclinical paper")),
        (rest := len(works) - len(trials) - human - bench, counted(rest, "review or other", "reviews and others")),
    ]
    return f"{counted(len(works), 'work')} on topic: {listed(text for count, text in parts if count)}."


def _ladder(held: Holdings) -> Section:
    """How many trials stand on each stage, by the registry's status."""
    stages: dict[str, list[Held]] = {}
    for work in sorted((work for work in held.works if work.kind == "trial"), key=_furthest):
        stages.setdefault(work.stage_name or "Not classified", []).append(work)
    note = f"{counted(held.elsewhere, 'more trial')} that other queries list: see the board." if held.elsewhere else ""
    lines = tuple(Line(text=f"{name}: {_statuses(trials)}") for name, trials in stages.items())
    none = (Line(text="No registered trial is held."),)
    return Section(key="ladder", title="Trials by stage and status", lines=lines or none, note=note)


def _statuses(trials: Sequence[Held]) -> str:
    counts = Counter(trial.status for trial in trials).most_common()
    said = [f"{count:,} {status_words(status)}" for status, count in counts[:_STATUSES]]
    rest = sum(count for _, count in counts[_STATUSES:])
    people = sum(trial.people for trial in trials)
    many = f", {counted(people, 'person', 'people')} enrolled or planned" if people else ""
    return f"{counted(len(trials), 'trial')}{many}: {'; '.join([*said, f'{rest:,} other'] if rest else said)}"


def _reads(held: Holdings) -> Iterable[str]:
    for read in held.reads:
        since = f"read since {moment(read.since)}" if read.since else "never read whole"
        off = f", {read.off_topic:,} of them off topic" if read.off_topic else ""
        yield f"{source_name(read.source)}, {read.query}: {since}; {counted(read.records, 'record')} held{off}."
