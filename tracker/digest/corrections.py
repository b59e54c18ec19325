"""Corrections: what was taken back or mended, what it is called, and the notices that say so. Pure.

A notice (an erratum, a retraction, an expression of concern) is a record of its own. It stands with the work that it is
about where that is told in the same issue, and by itself among the corrections where it is not.
"""

from collections.abc import Iterable, Sequence

from tracker.digest.material import Work
from tracker.digest.model import Line
from tracker.digest.wording import address, listed, reference

KINDS = ("retracted", "concern", "corrected", "retraction_reversed")
PRESENCE = ("gone", "returned")  # of a paper that was told
TAKEN_BACK = ("retracted", "withdrawn", "concern")
# What a work is called by its notice, and what corrections are called when they are counted; the gravest first.
NOTICES = {
    "retracted": "Retracted",
    "withdrawn": "Withdrawn",
    "concern": "Under an expression of concern",
    "corrected": "Corrected",
}
NOUNS = {
    "retracted": ("retraction", "retractions"),
    "withdrawn": ("withdrawal", "withdrawals"),
    "concern": ("expression of concern", "expressions of concern"),
    "corrected": ("correction", "corrections"),
    "retraction_reversed": ("retraction reversed", "retractions reversed"),
    "gone": ("paper that its source no longer holds", "papers that their source no longer holds"),
    "returned": ("paper that its source holds again", "papers that their source holds again"),
}
_NOTICE_TYPES = {"Published Erratum", "Retraction of Publication", "Expression of Concern"}
_ABOUT = {"retracts": "retracted", "concern_of": "concern", "corrects": "corrected"}
_SAYS = {"retracted": "retracts", "concern": "expresses concern about", "corrected": "corrects"}


def notice_about(relation: str, types: Iterable[str]) -> str:
    """What a notice makes of the work that it is tied to: retracted, concern, corrected; "" where it is no notice."""
    return _ABOUT.get(relation, "") if _NOTICE_TYPES & set(types) else ""


def gravest(work: Work) -> str:
    """The key in NOUNS of a correction: its gravest event, its notice where it came with one, or what it is about."""
    moved = {change.kind for change in work.changes}
    if moved <= {*PRESENCE}:  # a retraction that was told long ago is none of this issue
        return "gone" if "gone" in moved else "returned"
    said = moved | {work.notice} | {one.kind for one in work.corrects}
    return next(kind for kind in NOUNS if kind in said)


def stand_with(works: Sequence[Work]) -> dict[str, tuple[int, ...]]:
    """Notices that need no entry of their own, as the work that they are about is told here and says so itself.

    By that work, the events of its notices: they are told with it.
    """
    says_so = {work.id for work in works if work.notice and not work.corrects}
    out: dict[str, tuple[int, ...]] = {}
    for work in works:
        about = next((one.id for one in work.corrects if one.id in says_so), "")
        if about:
            out[about] = (*out.get(about, ()), *(change.id for change in work.changes))
    return out


def lines_about(work: Work) -> Iterable[Line]:
    """Of a notice: what it is about, and which issues of this digest told that."""
    for one in work.corrects:
        ref, loud = reference(one.id), one.kind in TAKEN_BACK
        yield Line(text=_SAYS[one.kind], loud=loud, url=address(one.id), ref=ref)
        yield told_in(one.told_in)


def told_in(issues: Sequence[str]) -> Line:
    return Line(text=f"This digest told it in {listed(issues)}." if issues else "Not told here before.")
