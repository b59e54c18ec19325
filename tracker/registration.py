"""The numbers under which registers know a trial: their forms, and when two of them are the same number.

A number counts only as a whole: "NCT01234567", with its register's name before or after it, never a part of a
sentence. `key` is how two spellings are compared: the
country of an EudraCT entry and the resubmission of an EU CT number name no other trial. Knows nothing of records.
Forms: the registers' own pages and the TrialID column of ICTRP exports (docs/registries.md says what was seen where).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple


class Number(NamedTuple):
    register: str  # of REGISTERS
    key: str  # equal for two spellings of one number


# Register -> the form of a number; the group is what identifies the trial. In the order in which they stand for a trial
# that several hold: ClinicalTrials.gov first, as its record is read whole and followed week by week.
_FORMS = {
    "nct": r"(NCT)[\s:#-]{0,2}(\d{4}) ?(\d{4})",
    "ctis": r"(?:CTIS|EU ?CT)?[\s:#-]{0,2}(20\d\d-5\d{5}-\d\d)(?:-\d\d)?",
    "isrctn": r"(ISRCTN)[\s:#-]{0,2}(\d{4}) ?(\d{4})",
    "eudract": r"(?:EUCTR|EudraCT)?[\s:#-]{0,2}(20\d\d-00\d{4}-\d\d)(?:-(?:[A-Z]{2}|3rd|Outside-EU/EEA))?",
    "actrn": r"(ACTRN\d{14}p?)",
    "chictr": r"(ChiCTR(?:-[A-Z]{2,4}-)?\d{8,10})",
    "ctri": r"(CTRI/\d{4}/\d{2,3}/\d{6})",
    "drks": r"(DRKS\d{8})",
    "irct": r"(IRCT\d{8,20}N\d{1,3})",
    "jrct": r"(?:JPRN-)?(jRCTs?\d{9,10})",
    "umin": r"(?:JPRN-)?(UMIN\d{9})",
    "japic": r"(?:JPRN-)?(JapicCTI-?\d{6}|JMA-IIA\d{5})",
    "cris": r"(KCT\d{7})",
    "tctr": r"(TCTR\d{11})",
    "rpcec": r"(RPCEC\d{8})",
    "rebec": r"(RBR-[0-9a-z]{5,8})",
    "pactr": r"(PACTR\d{15,16})",
    "repec": r"(PER-\d{3}-\d{2})",
    "slctr": r"(SLCTR/\d{4}/\d{3})",
    "lbctr": r"(LBCTR\d{10})",
    "itmctr": r"(ITMCTR\d{10})",
    "omon": r"(NL-OMON\d{2,6})",
    "ntr": r"(NTR\d{2,5})",
}
REGISTERS = tuple(_FORMS)
LONGEST = 40  # characters; no number is longer
_PATTERNS = {name: re.compile(form, re.IGNORECASE | re.ASCII) for name, form in _FORMS.items()}


_LABEL = re.compile(
    r"(?:clinical ?trials?\.gov|eudra ?ct|eu ?ct|ctis|isrctn|nct)(?: (?:registry|registration))?"
    r"(?: (?:number|no\.?|id|identifier))?\s?[:#]?\s(?=\S{8})",
    re.IGNORECASE,
)
_REMARK = re.compile(r"\s?\([^()]{1,40}\)$")  # "NCT01234567 (ClinicalTrials.gov)"
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
_APART = re.compile(r"[;,|\n]|\s/\s|\sand\s")


def numbers(text: str) -> list[Number]:
    """The numbers in a field that is meant to hold nothing else, of which people write several: "NCT... / 2019-..."."""
    return [found for part in _APART.split(text[:2000]) if (found := number(part))]


def number(text: str) -> Number | None:
    """The number that a text is as a whole, blanks and its register's name around it aside; None for anything else."""
    text = " ".join(text[:200].translate(_DASHES).split())
    return _number(text) or _number(_LABEL.sub("", _REMARK.sub("", text), count=1))


def _number(text: str) -> Number | None:
    if not 6 <= len(text) <= LONGEST:
        return None
    for register, pattern in _PATTERNS.items():
        if found := pattern.fullmatch(text):
            return Number(register, "".join(filter(None, found.groups())).upper())
    return None


# Numbers that no other word looks like. The rest (NTR123, PER-012-34) may be anything in a sentence.
_IN_TEXT = re.compile(
    r"(?<!\w)(?:NCT[\s:#-]{0,2}\d{8}|ISRCTN[\s:#-]{0,2}\d{8}|(?<!-)20\d\d-[05]\d{5}-\d\d(?:-\d\d)?(?!-)|ACTRN\d{14}p?"
    r"|ChiCTR(?:-[A-Z]{2,4}-)?\d{8,10}|CTRI/\d{4}/\d{2,3}/\d{6}|DRKS\d{8}|IRCT\d{8,20}N\d{1,3}|jRCTs?\d{9,10}"
    r"|UMIN\d{9}|KCT\d{7}|TCTR\d{11}|PACTR\d{15,16})(?!\w)",
    re.IGNORECASE | re.ASCII,
)
_CASE = {"CHICTR": "ChiCTR", "JRCT": "jRCT"}


def named(text: str) -> Iterator[tuple[str, int]]:
    """(target, where it begins) of each trial's number in a sentence. A target is what a link points to: the id of a
    trial that is read under its number, else the number without what varies between registries."""
    for found in _IN_TEXT.finditer(text):
        if of := number(found[0]):
            yield target(of), found.start()


def target(of: Number) -> str:
    return next((case + of.key[len(start) :] for start, case in _CASE.items() if of.key.startswith(start)), of.key)


def spelled(text: str) -> str:
    """A number as the register that gives it writes it, where tracker reads that register itself; else as it stands."""
    text = text.strip()
    found = number(text)
    if found and found.register in ("nct", "isrctn"):
        return found.key
    if found and found.register == "ctis":
        return found.key + (text[-3:] if re.search(r"\d-\d\d-\d\d$", text) else "")
    return text
