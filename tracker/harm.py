"""Words of harm: the one list of them, and whether a text tells a harm or denies it. Pure, and knows no record.

Used by the flag `safety` (classify) and by "look twice" (digest). The list is what clinicians of this field ask for:
what injected cells, vesicles and drugs for hair loss were reported to do. Few false alarms are worth more than the last
find: a word that names a disease of the hair ("scarring alopecia"), a population ("carcinoma patients") or a molecule
("tumour necrosis factor") is no harm, and neither is what a clause denies ("no infection occurred").
"""

import re
from collections.abc import Iterator

_VIRUS = r"(?<!hiv )(?<!hpv )(?<!virus )(?<!covid )(?<!covid-19 )(?<!sars-cov-2 )(?<!coronavirus )(?<!pylori )"
# Kinds of harm -> how they are written. A word stands here once, whoever looks for it.
WORDS = {
    "infection": _VIRUS + r"infections?|infected|abscess(?:es)?|(?<!dissecting )cellulitis|mycobacteri\w+|sepsis|septic"
    r"|herpes zoster",
    "lump": r"granulomas?|granulomatous|nodules?",
    "tissue": r"necrosis(?! factor)|necrotic|keloids?|scar formation"
    r"|(?:hypertrophic|permanent|residual|visible|donor[- ]site) scar(?:s|ring)?"
    r"|(?<!non-)scarring(?= (?:of|at|in|on|was|were|developed|occurred|followed|after)\b)",
    "eye": r"(?<!double-)blindness(?! of (?:the )?(?:assess|investigat|evaluat|study|trial|treatment))"
    r"|loss of (?:vision|sight)|(?:vision|visual) (?:loss|impairment)"
    r"|(?:ocular|ophthalmic) (?:complications?|adverse \w+|ischa?emia|injur(?:y|ies)|artery occlusion)",
    "vessel": r"(?:vascular|arterial|artery|retinal|venous|vein) occlusions?|occlusion of the \w+ (?:artery|vein)"
    r"|embol(?:ism|isms|i|us)|thrombo(?:sis|embol\w+)|cardiovascular events?|hypotension|pericardial effusions?",
    "tumour": r"(?<!anti-)tumou?rs?(?! necrosis factor)|tumou?rigen\w+|carcinomas?|malignanc(?:y|ies)|skin cancers?"
    r"|\w*sarcomas?|lymphomas?|melanomas?|teratomas?",
    "grave": r"anaphyla\w+|hospitali[sz](?:ed|ations?)|(?<!cell )(?<!cellular )deaths?(?! receptor)(?!-\d)|died|fatal"
    r"|life-threatening|suicid\w+|teratogen\w+|warning letters?"
    r"|(?:serious|severe) (?:adverse (?:events?|reactions?|effects?)|side effects?|harms?|complications?)",
}
HARM = re.compile(rf"\b(?:{'|'.join(WORDS.values())})\b", re.IGNORECASE)

# A clause ends here: what is denied before it is not denied behind it.
_CLAUSE = re.compile(
    r"[.;:!?](?=\s)|\b(?:but|except|although|though|however|whereas|while|apart from|other than|aside from|besides"
    r"|despite|because|due to|owing to|who|which|until|when|yet|only)\b"
    r"|(?:,|\band)\s+(?:one|two|three|four|five|six|seven|eight|nine|ten|\d+|there)\b",
    re.IGNORECASE,
)
# Denied before, in the clause: by "no" with at most ten words up to the harm, by "not" with at most five ("did not
# cause any tumour").
_WORD = re.compile(r"\w+")
_NO = re.compile(
    r"\b(?:no|nobody|none|never|neither|nor|without|zero|(?:absence|lack) of|free (?:of|from))\b", re.IGNORECASE
)
_PLAIN_NOT = re.compile(r"\bnot\b(?! only)|n t\b", re.IGNORECASE)
_NO_REACH, _NOT_REACH = 11, 6  # words, with itself
# Denied behind: "infection was not observed", "infections were absent".
_NOT = re.compile(
    r"[^.;:]{0,60}?\b(?:(?:not|never)(?: been)? (?:observed|seen|reported|recorded|detected|noted|found|occur\w*"
    r"|encountered|documented|identified|develop\w*|present|evident|arise|appear)"
    r"|(?:was|were) (?:absent|nil|excluded|ruled out))\b",
    re.IGNORECASE,
)
# Whom the words describe, and no harm done to them: "women with breast carcinoma", "carcinoma patients".
_TUMOUR = re.compile(rf"(?:{WORDS['tumour']})\Z", re.IGNORECASE)
_WHOSE = re.compile(
    r"\b(?:patients|women|men|people|adults|children|survivors|participants|subjects|chemo\w*|radio\w*|treat\w+|therap\w+"
    r"|history)\s+(?:with|for|of|against)\s+(?:[\w-]+\s+){0,3}$",
    re.IGNORECASE,
)
_WHO = re.compile(r"\s+(?:patients?|survivors?|therap|treatment|chemo|cent(?:re|er)|cells?\b|suppress)", re.IGNORECASE)
_REACH = 200  # characters before and behind a find that are read
_BEFORE, _WORDS = 5, 12  # words before the first word of a find, and in all
_SENTENCE_END = re.compile(r"[.!?][\"')\]]?\s+(?=[A-Z0-9\[(“])|\n+")


def harms(text: str) -> Iterator[re.Match[str]]:
    """Each word of harm that the text tells and does not deny, from its start."""
    return (match for match in HARM.finditer(text) if not _is_denied(text, match) and not _is_whose(text, match))


def _is_denied(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - _REACH) : match.start()]
    after = text[match.end() : match.end() + _REACH]
    starts = [clause.end() for clause in _CLAUSE.finditer(before)]
    ends = _CLAUSE.search(after)
    words = _WORD.findall(before[starts[-1] if starts else 0 :])
    return bool(
        _NO.search(" ".join(words[-_NO_REACH:]))
        or _PLAIN_NOT.search(" ".join(words[-_NOT_REACH:]))
        or _NOT.match(after[: ends.start()] if ends else after)
    )


def _is_whose(text: str, match: re.Match[str]) -> bool:
    """A tumour that people came with."""
    if not _TUMOUR.match(match[0]):
        return False
    before = text[max(0, match.start() - _REACH) : match.start()]
    return bool(_WHOSE.search(before) or _WHO.match(text, match.end()))


def around(text: str, at: int) -> tuple[int, int]:
    """Where at most twelve words of the sentence at `at` begin and end, the one at `at` among them."""
    start = max((end.end() for end in _SENTENCE_END.finditer(text, 0, at + 1) if end.end() <= at), default=0)
    end = _SENTENCE_END.search(text, at)
    before = [word.start() for word in re.finditer(r"\S+", text[start:at])]
    after = [word.end() for word in re.finditer(r"\S+", text[at : end.start() + 1 if end else len(text)])]
    some = before[-max(_BEFORE, _WORDS - len(after)) :]
    rest = after[: _WORDS - len(some)]
    first = start + some[0] if some else at
    return first + (text[first] == "[" and first < at), at + (rest[-1] if rest else 0)
