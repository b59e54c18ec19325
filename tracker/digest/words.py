"""Words that ask a reader to look twice: harm, money, and treatment outside a trial. Pure: texts in, quotes out.

A word is quoted with what stands around it and never judged. Words of harm are those of tracker/harm.py: what a text
denies ("no infection occurred") is not quoted as a warning, and the next that it does not deny is.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from tracker.digest.material import Reason
from tracker.digest.wording import clean
from tracker.harm import around, harms

# Who pays: payment BY participants alone. What they get for their time is none ("were paid $50").
_WHO = r"(?:patients?|participants?|subjects?|volunteers?)"
_PAID = r"(?:pay(?:s|ing)?|(?<!are )(?<!were )(?<!be )(?<!been )(?<!is )(?<!was )paid)"
_FOR = r"(?= (?:for|a|an|the|all|their|up to)\b|\s*[$€£\d]|[.,;]|\Z)"  # none of "pay attention"
PAYMENT = re.compile(
    r"\bpay[- ]to[- ]participate\b|\bout[- ]of[- ]pocket\b"
    r"|\b(?:patient|participant|self)[- ](?:funded|pay(?:ing|ment)?)\b"
    rf"|\b{_WHO}\b(?:(?! not | received? | by )[^.;]){{0,40}}"
    rf"\b(?:{_PAID}{_FOR}|charged\b|(?:responsible|liable) for the (?:cost|fee|payment))"
    rf"|\bpaid (?:for )?by (?:the )?{_WHO}\b|\bcharged (?:a |an |the )?(?:\w+ )?fees?\b"
    rf"|\bat (?:the|their) (?:own|{_WHO}['’]?s?(?: own)?) (?:expense|cost)\b"
    rf"|\bat a cost of [^.;]{{1,30}}?(?:to|per|for) (?:the |each )?{_WHO}\b"
    rf"|\b(?<!no )(?:fee|cost) (?:is |will be )?(?:charged|to participate|to (?:the )?{_WHO})\b",
    re.IGNORECASE,
)
EXPANDED = re.compile(r"\b(?:expanded[- ]access|compassionate[- ]use|pre-?approval access)\b", re.IGNORECASE)
# What it is called -> how it is found in a text.
KINDS: Mapping[str, Callable[[str], Iterator[re.Match[str]]]] = {
    "safety": harms,
    "payment": PAYMENT.finditer,
    "expanded_access": EXPANDED.finditer,
}


def telling_words(
    texts: Mapping[str, str], only: Mapping[str, Sequence[str]], plans: Sequence[str] = ()
) -> tuple[Reason, ...]:
    """The first find of each kind, as Reason(axis="words", label=kind) with its field and a quote of twelve words.

    texts: column -> its text. only: column -> the kinds that are looked for in it (all of them by default).
    plans: columns in which a registration says whom it takes and what it will count.
    """
    found: list[Reason] = []
    for kind, finds in KINDS.items():
        for field, text in texts.items():
            if kind not in only.get(field, (kind,)):
                continue
            if match := next(harms(text, plans=True) if kind == "safety" and field in plans else finds(text), None):
                found.append(
                    Reason(axis="words", label=kind, name=kind, field=field, quote=_around(text, match.start()))
                )
                break
    return tuple(found)


def _around(text: str, at: int) -> str:
    """At most twelve words of the text, the find among them, with a sign where it goes on."""
    start, end = around(text, at)
    parts = ("…" if text[:start].strip() else "", clean(text[start:end]), "…" if text[end:].strip() else "")
    return " ".join(filter(None, parts))
