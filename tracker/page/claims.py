"""What news says of a trial, beside what the registry says. The registry's facts are not changed by it. Pure."""

import re
from collections.abc import Iterator
from typing import Any

from tracker.digest.wording import clean, reference
from tracker.store.reading import Page

# The words before a trial's number that make it another one than the item is about.
_ANOTHERS = re.compile(
    r"\b(?:unlike|in contrast (?:to|with)|compared (?:to|with)|whereas|rivals?|competitors?|competing|competes?"
    r"|(?:an)?other (?:compan(?:y|ies)|trials?|stud(?:y|ies)|drugs?|products?|gels?|treatments?)|similar to)\b[^.!?]*$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:NCT|ISRCTN|ChiCTR|20\d\d-)\S", re.IGNORECASE)


def claims(page: Page) -> list[tuple[str, str]]:
    """(whose claim, the line): of a trial by each item that names it, of an item for each trial."""
    return [(_whose(page, claim), f"press: {_said(claim)}; registry: {_registered(claim)}") for claim in claimed(page)]


def claimed(page: Page) -> list[dict[str, Any]]:
    """The claims that are about the trial, as far as the words before its number tell: not those of an item that names
    it as another's ("unlike Moss Works' gel (NCT...)")."""
    return [claim for claim in page.claims if not _is_anothers(claim["mention"])]


def _is_anothers(mention: str) -> bool:
    number = _NUMBER.search(mention)
    return bool(number and _ANOTHERS.search(mention[: number.start()]))


def mentions(page: Page) -> Iterator[tuple[str, str]]:
    """(day, who named it): feed items and preprints that name this trial, for its life in time."""
    for one in page.mentions:
        kind = "press" if one["kind"] == "news" else "preprint" if "Preprint" in one["types"] else "article"
        yield one["published"], f"named by {kind}: {clean(one['title'], 160)} [{one['record']}]"


def _whose(page: Page, claim: dict[str, Any]) -> str:
    if page.trial is None:
        return reference(claim["trial"])
    return " ".join(filter(None, (claim["published"], clean(claim["title"], 100))))


def _said(claim: dict[str, Any]) -> str:
    quote = f"“{clean(claim['quote'], 200)}”"
    if claim["label"] == "claim_phase":
        return f"phase {claim['value']}"
    return f"{claim['value']} ({quote})" if claim["value"] and claim["value"] != claim["quote"] else quote


def _registered(claim: dict[str, Any]) -> str:
    """The registry's own values, as it gives them."""
    if claim["label"] == "claim_phase":
        detail = f", {claim['phase_detail']} by its {claim['phase_source']}" if claim["phase_detail"] else ""
        return ("/".join(claim["phases"]) or "no phase") + detail
    if claim["label"] == "claim_results":
        return f"results posted {claim['results_posted']}".strip() if claim["has_results"] else "no results posted"
    day, kind = claim["primary_completion"], claim["primary_completion_type"]
    return f"primary completion {day or 'not stated'}" + (f" ({kind})" if day and kind else "")
