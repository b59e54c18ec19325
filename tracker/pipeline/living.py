"""`tracker check --live`: do the sources answer in the shape that is read, and do the queries find what they must?

The requests are planned before the first is made, and no more are made than planned: first the shape of each source,
then each query, then by turns its alternatives and what it has in common with others, until the budget is spent. What
is left out is said. Each request is tried once, at the configured pace; a source that fails is asked nothing more.
The database is not touched. What the findings mean is for their reader to say.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracker.config import Query, Settings
from tracker.dates import Clock
from tracker.errors import SourceError
from tracker.pipeline.fetch import session
from tracker.sources import LIVE
from tracker.sources.looking import Level, Step
from tracker.web import MARGIN, Web

REQUESTS = 60  # by default
_ORDER = {"shape": 0, "query": 1, "branches": 2, "overlap": 2}  # in which a budget is spent
_SHOWN = {"shape": 0, "query": 1, "branches": 2, "overlap": 3}  # in which it is told


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report. depth 0: a heading."""

    text: str
    level: Level = ""
    depth: int = 1


def check_live(settings: Settings, clock: Clock, names: Sequence[str] = (), requests: int = REQUESTS) -> Iterator[Line]:
    """The report, line by line as it comes about. names: of queries and feeds, all by default.

    Raises ConfigError for a name that is not configured, or where a real host could not know who asks.
    """
    queries = [settings.query(name) for name in names] or list(settings.queries)
    asked = {source: [query for query in queries if query.expression(source)] for source in LIVE}
    asked = {source: found for source, found in asked.items() if found}
    for source in asked:
        settings.require_contact(source)
    webs = {source: session(settings.sources[source], tries=1) for source in asked}
    try:
        yield from _report(settings, clock, asked, webs, requests)
    finally:
        for web in webs.values():
            web.close()


def _report(
    settings: Settings, clock: Clock, asked: dict[str, list[Query]], webs: dict[str, Web], requests: int
) -> Iterator[Line]:
    steps = {
        source: list(LIVE[source](settings.sources[source], webs[source], queries, clock().date()))
        for source, queries in asked.items()
    }
    every = [step for found in steps.values() for step in found]
    taken = _within(every, requests)
    most = {source: sum(step.most for step in found if id(step) in taken) for source, found in steps.items()}
    yield Line(_budget(settings, most), depth=0)
    if left_out := sum(step.most for step in every if id(step) not in taken):
        yield Line(f"{_many(left_out, 'request')} left out, as is said below: --requests allows more", "note")
    levels = Counter[Level]()
    for line in _told(every, taken):
        levels[line.level] += 1
        yield line
    made = sum(web.requests for web in webs.values())
    came = f"{_many(levels['error'], 'error')}, {_many(levels['warning'], 'warning')}"
    yield Line(f"{_many(made, 'request')} made: {came}", depth=0)


def _within(steps: Sequence[Step], requests: int) -> set[int]:
    """The steps that a budget allows, by their identity; the parts in order, and within the last ones by turns.

    Where there is not enough for the shape, nothing else is asked either.
    """
    taken, left = set[int](), requests
    unseen = set[str]()
    for step in sorted(steps, key=lambda one: (_ORDER[one.part], one.turn)):
        if step.most <= left and step.where not in unseen:
            taken.add(id(step))
            left -= step.most
        elif step.part == "shape":
            unseen.add(step.where)
    return taken


def _budget(settings: Settings, most: dict[str, int]) -> str:
    each = ", ".join(f"{source} {count}" for source, count in most.items())
    seconds = sum(count * MARGIN / settings.sources[source].pace for source, count in most.items())
    return f"live: at most {_many(sum(most.values()), 'request')} ({each}), {seconds:.0f} s at the pace of each"


def _told(steps: Sequence[Step], taken: set[int]) -> Iterator[Line]:
    """The findings of each step under its heading. A source that failed is asked nothing more."""
    failed = set[str]()
    groups: dict[str, list[Step]] = {}
    for step in sorted(steps, key=lambda one: _SHOWN[one.part]):
        groups.setdefault(step.head, []).append(step)
    for head, group in groups.items():
        yield Line(head, depth=0)
        left_out = 0
        unasked = list[str]()
        for step in group:
            if id(step) not in taken:
                left_out += 1
            elif step.where in failed:
                unasked.append(step.where)
            else:
                yield from _found(step, failed)
        if unasked:
            yield Line(f"not asked, because of what failed: {', '.join(dict.fromkeys(unasked))}", "note")
        if left_out:
            yield Line(f"{left_out} left out", "note")


def _found(step: Step, failed: set[str]) -> Iterator[Line]:
    try:
        for finding in step.ask():
            yield Line(finding.text, finding.level)
    except SourceError as error:
        failed.add(step.where)
        yield Line(str(error), "error")


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
