"""The life of a trial in time: registered, begun, what moved, results, papers, and what is expected. Pure."""

from collections.abc import Iterator
from typing import Any

from tracker.digest.wording import counted, reference
from tracker.page.claims import mentions
from tracker.page.layout import block
from tracker.page.words import NOTICES, PAPERS, paper_words
from tracker.store.reading import Page

_MILESTONES = {"start": "start", "primary_completion": "primary completion", "completion": "completion"}
# Told otherwise here: by the registry's own dates, and by the papers themselves.
_SAID = ("new_trial", "matched", "results_posted", "paper_linked")
_DATE = 12  # columns of a date and the blanks after it


def life(page: Page) -> list[str]:
    """Lines from the oldest to what is to come. A move stands on the day on which it was seen here."""
    told = [line for date, text in moments(page) for line in block(text, hang=_DATE, first=f"  {date or 'no date'}")]
    return told + [f"  {said}" for said in absent(page)]


def moments(page: Page) -> list[tuple[str, str]]:
    """(date, what happened or is expected), from the oldest; what has no date comes last. None but of a trial."""
    if page.trial is None:
        return []
    return sorted(
        [*_dates(page.trial), *_moves(page), *_papers(page), *mentions(page)], key=lambda moment: moment[0] or "9999"
    )


def _dates(trial: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The registry's own dates. An estimated one that is past was not confirmed."""
    if trial["first_posted"]:
        yield trial["first_posted"], "registered"
    for column, name in _MILESTONES.items():
        if trial[column]:
            yield trial[column], name if trial[f"{column}_type"] == "ACTUAL" else f"{name} (expected)"
    if trial["has_results"]:
        yield trial["results_posted"], "results posted"


def _moves(page: Page) -> Iterator[tuple[str, str]]:
    prefix = f"{page.record['id']}: "
    for event in page.events:
        if event["kind"] not in _SAID:
            yield event["seen"][:10], event["headline"].removeprefix(prefix)


def _papers(page: Page) -> Iterator[tuple[str, str]]:
    for paper in page.papers:
        title = f": {paper['title']}" if paper["title"] else " (not held)"
        yield paper["published"], f"{paper_words(paper)}, {reference(paper['paper'])}{title}"
        if paper["noticed"] and paper["kind"] in ("result", "derived"):
            said = f"{PAPERS[paper['kind']]}, {reference(paper['paper'])}: {NOTICES[paper['notice']]}"
            yield paper["noticed"], said


def absent(page: Page) -> Iterator[str]:
    """What is not there, as far as is known: a paper that was not found may have been published all the same."""
    if page.trial is None:
        return
    if not page.trial["has_results"]:
        yield "No results posted."
    if not page.papers:
        yield "No linked paper found."
        return
    results = [paper for paper in page.papers if paper["kind"] in ("result", "derived")]
    if results and all(paper["notice"] in ("retracted", "withdrawn") for paper in results):
        yield "No linked paper with results that stands."
    if not results:
        yield f"No linked paper with results found; {counted(len(page.papers), 'other paper')} linked."
