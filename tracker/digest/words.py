"""Words that ask a reader to look twice: harm, money, and treatment outside a trial. Pure: texts in, quotes out.

A word is quoted with what stands around it and never judged: "no infection occurred" is quoted just so.
"""

import re
from collections.abc import Mapping, Sequence

from tracker.digest.material import Reason
from tracker.digest.wording import clean

# What it is called -> how it is written. "blind" alone is a design, not a harm.
SAFETY = re.compile(
    r"\b(?:infections?|infected|tumou?rs?|tumou?rigen\w+|sepsis|septic|necrosis|necrotic|blindness"
    r"|(?:loss of (?:vision|sight)|vision loss)|granulomas?|granulomatous|abscess(?:es)?|mycobacteri\w+|embolism)\b",
    re.IGNORECASE,
)
PAYMENT = re.compile(
    r"\bpay[- ]to[- ]participate\b|\b(?:patient|participant|self)[- ]funded\b"
    r"|\b(?:patients?|participants?|subjects?|volunteers?)\b[^.;]{0,40}"
    r"\b(?:pay(?:ing|s)?(?= (?:for|a|the|all|their)\b)|charged)\b"
    r"|\bat (?:the|their) (?:own|(?:patient|participant)s?['’]?s?(?: own)?) (?:expense|cost)\b"
    r"|\b(?:fee|cost) (?:is |will be )?(?:charged|to participate|to (?:the )?(?:participants?|patients?))\b",
    re.IGNORECASE,
)
EXPANDED = re.compile(r"\b(?:expanded[- ]access|compassionate[- ]use|pre-?approval access)\b", re.IGNORECASE)
KINDS = (("safety", SAFETY), ("payment", PAYMENT), ("expanded_access", EXPANDED))
_BEFORE, _AFTER = 5, 6  # words around the first word of a find: twelve in all


def telling_words(texts: Mapping[str, str], only: Mapping[str, Sequence[str]]) -> tuple[Reason, ...]:
    """The first find of each kind, as Reason(axis="words", label=kind) with its field and a quote of twelve words.

    texts: column -> its text. only: column -> the kinds that are looked for in it (all of them by default).
    """
    found: list[Reason] = []
    for kind, pattern in KINDS:
        for field, text in texts.items():
            match = pattern.search(text) if kind in only.get(field, (kind,)) else None
            if match:
                quote = _around(text, match.start())
                found.append(Reason(axis="words", label=kind, name=kind, field=field, quote=quote))
                break
    return tuple(found)


def _around(text: str, at: int) -> str:
    """At most twelve words of the text, the find among them, with a sign where it goes on."""
    before, after = clean(text[:at]).split(), clean(text[at:]).split()
    head = " ".join(["…", *before[-_BEFORE:]] if len(before) > _BEFORE else before)
    tail = " ".join(after[: _AFTER + 1]) + (" …" if len(after) > _AFTER + 1 else "")
    return f"{head} {tail}".strip()
