"""Which words of other registries mean just what a value of ClinicalTrials.gov's API v2 means. The one place for it.

What is not here stays as the registry wrote it: WHO's "Not Recruiting" and "Complete" say nothing of whether a trial
goes on, ISRCTN's "Stopped" not whether anybody had been enrolled, CTIS's "Ended" not whether it ended early.
"""

STATUS = {
    "isrctn": {
        "not yet recruiting": "NOT_YET_RECRUITING",
        "recruiting": "RECRUITING",
        "suspended": "SUSPENDED",
        "completed": "COMPLETED",
    },
    "ctis": {
        "authorised, recruitment pending": "NOT_YET_RECRUITING",
        "authorised, recruiting": "RECRUITING",
        "ongoing, recruiting": "RECRUITING",
        "ongoing, recruitment ended": "ACTIVE_NOT_RECRUITING",
        "temporarily halted": "SUSPENDED",
        "suspended": "SUSPENDED",
    },
    "ictrp": {
        "pending": "NOT_YET_RECRUITING",
        "not yet recruiting": "NOT_YET_RECRUITING",
        "recruiting": "RECRUITING",
        "enrolling by invitation": "ENROLLING_BY_INVITATION",
        "active, not recruiting": "ACTIVE_NOT_RECRUITING",
        "suspended": "SUSPENDED",
        "temporary halt": "SUSPENDED",
        "terminated": "TERMINATED",
        "withdrawn": "WITHDRAWN",
    },
}

# ctPublicStatusCode of CTIS, in the words of its site.
CTIS_STATUS = {
    1: "Under evaluation", 2: "Authorised, recruitment pending", 3: "Authorised, recruiting",
    4: "Ongoing, recruiting", 5: "Ongoing, recruitment ended", 6: "Temporarily halted", 7: "Suspended", 8: "Ended",
    9: "Expired", 10: "Revoked", 11: "Not authorised", 12: "Cancelled",
}  # fmt: skip

# trialPhase of CTIS: 1 to 3 are kinds of phase I, 7 to 9 of I and II.
CTIS_PHASE = {
    "1": "Phase I", "2": "Phase I", "3": "Phase I", "4": "Phase II", "5": "Phase III", "6": "Phase IV",
    "7": "Phase I/II", "8": "Phase I/II", "9": "Phase I/II", "10": "Phase II/III", "11": "Phase III/IV",
}  # fmt: skip

_STUDY = {
    "interventional": "INTERVENTIONAL",
    "observational": "OBSERVATIONAL",
    "expanded access": "EXPANDED_ACCESS",
}


def status(source: str, text: str) -> str:
    """The overall status: the registry's own word, or API v2's where it means the same."""
    return STATUS[source].get(" ".join(text.lower().split()), text)


def study_type(text: str) -> str:
    """ "Interventional study", "INTERVENTIONAL" and "Interventional clinical trial of medicinal product" are one."""
    low = text.lower()
    return next((value for word, value in _STUDY.items() if low.startswith(word)), text)


def allocation(text: str) -> str:
    """Of a sentence on the design; "" where it says nothing of it."""
    low = " ".join(text.lower().split())
    if low in ("n/a", "not applicable") or "allocation: n/a" in low:
        return "NA"
    if "non-random" in low or "non random" in low or "nonrandom" in low or "randomised: no" in low:
        return "NON_RANDOMIZED"
    return "RANDOMIZED" if "randomi" in low else ""


def masking(text: str) -> str:
    """Of a sentence on the design: NONE to QUADRUPLE where it says so; "" where it says nothing of it."""
    low = " ".join(text.lower().replace("-", " ").split())
    for word in ("quadruple", "triple", "double", "single"):
        if f"{word} blind: no" not in low and any(f"{word} {sign}" in low for sign in ("blind", "mask")):
            return word.upper()
        if f"masking: {word}" in low or f"blinding: {word}" in low:
            return word.upper()
    opened = ("masking: none", "masking: open", "blinding: open", "open label", "masking not used", "open: yes")
    return "NONE" if any(sign in low for sign in opened) else ""
