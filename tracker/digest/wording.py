"""Words for raw values, and the cleaning of text that others wrote. Knows nothing of digests or formats.

Raw enum values are looked up whole, never searched for a part: NOT_YET_RECRUITING is not recruiting.
"""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

from tracker.records import source_key, source_of

SOURCES = {
    "pubmed": "PubMed",
    "clinicaltrials": "ClinicalTrials.gov",
    "feeds": "feeds",
    "isrctn": "ISRCTN",
    "ctis": "EU CTIS",
    "ictrp": "WHO ICTRP",
}

STATUSES = {
    "NOT_YET_RECRUITING": "not yet recruiting",
    "RECRUITING": "recruiting",
    "ENROLLING_BY_INVITATION": "enrolling by invitation",
    "ACTIVE_NOT_RECRUITING": "active, not recruiting",
    "COMPLETED": "completed",
    "SUSPENDED": "suspended",
    "TERMINATED": "terminated",
    "WITHDRAWN": "withdrawn",
    "UNKNOWN": "status unknown (not confirmed for two years)",
    "AVAILABLE": "expanded access available",
    "NO_LONGER_AVAILABLE": "expanded access no longer available",
    "TEMPORARILY_NOT_AVAILABLE": "expanded access on hold",
    "APPROVED_FOR_MARKETING": "expanded access ended: approved for marketing",
    "WITHHELD": "withheld by the registry",
}

# Raw values of a stored headline as the registry's own pages say them. A headline is stored raw, and shown so.
HEADLINE_WORDS = {
    **STATUSES,
    "UNKNOWN": "unknown",
    ": ESTIMATED -> ACTUAL": ", no longer an estimate",
    "ESTIMATED": "estimated",
    "ACTUAL": "actual",
    "EARLY_PHASE1": "early 1",
    "PHASE1/PHASE2": "1/2",
    "PHASE2/PHASE3": "2/3",
    "PHASE1": "1",
    "PHASE2": "2",
    "PHASE3": "3",
    "PHASE4": "4",
    "NA": "not applicable",
}
_RAW = re.compile(rf"(?<![A-Za-z_])(?:{'|'.join(sorted(map(re.escape, HEADLINE_WORDS), key=len, reverse=True))})(?!\w)")

# A column's name as a reader calls it; of a trial first, where the same column holds something else.
FIELDS = {
    "title": "title",
    "abstract": "abstract",
    "terms": "index terms",
    "types": "publication type",
    "conditions": "conditions",
    "interventions": "interventions",
    "arms": "arms",
    "eligibility": "eligibility",
    "phases": "phases",
}
TRIAL_FIELDS = FIELDS | {
    "abstract": "summary",
    "terms": "conditions and interventions",
    "types": "study type",
    "why_stopped": "why it stopped",
}

_SPACES = re.compile(r"\s+")
# Invisible and direction-changing characters; the joiners (U+200C, U+200D) spell words in some scripts and stay.
_HIDDEN = ("Cc", "Cf", "Cs")
_JOINERS = "\u200c\u200d"


def clean(text: str, limit: int = 0) -> str:
    """One line of visible text: no control, format or direction characters, spaces collapsed, at most `limit` long."""
    text = _SPACES.sub(" ", text)
    if not text.isascii() or not text.isprintable():
        text = "".join(c for c in text if c in _JOINERS or unicodedata.category(c) not in _HIDDEN)
        text = _SPACES.sub(" ", text)
    text = text.strip()
    return text if not limit or len(text) <= limit else text[: limit - 1].rstrip() + "…"


def first_words(text: str, count: int) -> str:
    """The first words of a text, with a sign where it goes on."""
    words = clean(text, 400).split(" ")
    return " ".join(words[:count]).rstrip(",;:") + "…" if len(words) > count else " ".join(words)


def counted(number: int, one: str, many: str = "") -> str:
    """ "1 trial", "2 trials", "2 new studies"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(parts: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    *some, last = parts
    return f"{', '.join(some)} and {last}" if some else last


def source_name(source: str) -> str:
    return SOURCES.get(source, source)


def status_words(status: str) -> str:
    if not status:  # ISRCTN states one only where an editor set it
        return "no status stated"
    return STATUSES.get(status) or clean(status.replace("_", " ").lower(), 60)


def headline_words(headline: str) -> str:
    """A headline of a trial's status, phase, date or enrollment in words; a reason given stays as it was given."""
    said, quotes, reason = headline.partition("; reason given:")
    return _RAW.sub(lambda match: HEADLINE_WORDS[match[0]], said) + quotes + reason


def sub_phase(detail: str, source: str) -> str:
    """2a or 2b is said by a title, not by the registry: kept apart, with who said it. "" where nobody did."""
    return f" ({clean(detail, 10)} by its {clean(source, 20) or 'title'})" if detail else ""


def moment(stamp: str) -> str:
    """A stored stamp as a reader sees it: "2026-11-23 06:00 UTC"."""
    return f"{stamp[:10]} {stamp[11:16]} UTC"


def reference(record: str) -> str:
    """A record id as its source calls it: "PMID 38212345", "NCT05678901"; a feed item has no name of its own."""
    if record.startswith("pubmed-"):
        return f"PMID {record.removeprefix('pubmed-')}"
    if record.startswith("ictrp-"):
        return f"{record.removeprefix('ictrp-')} at WHO ICTRP"
    return "link" if record.startswith("feed-") else record


def address(record: str) -> str:
    """Where a record id leads, held or not; "" where that cannot be told from the id."""
    if re.fullmatch(r"pubmed-\d+", record):
        return f"https://pubmed.ncbi.nlm.nih.gov/{record.removeprefix('pubmed-')}/"
    if re.fullmatch(r"NCT\d{8}", record):
        return f"https://clinicaltrials.gov/study/{record}"
    start = _PAGES.get(source_of(record), "")
    return start + quote(source_key(record)) if start else ""


# Where other registries keep a trial: its number follows.
_PAGES = {
    "isrctn": "https://www.isrctn.com/",
    "ctis": "https://euclinicaltrials.eu/ctis-public/view/",
    "ictrp": "https://trialsearch.who.int/Trial2.aspx?TrialID=",
}
