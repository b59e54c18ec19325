"""Words of harm: the one list of them, and whether a text tells a harm or denies it. Pure, and knows no record.

Used by the flag `safety` (classify) and by "look twice" (digest). The list is what clinicians of this field ask for:
what injected cells, vesicles and drugs for hair loss were reported to do. No harm is a word that names a disease of the
hair ("scarring alopecia"), a population ("carcinoma patients") or a molecule ("tumour necrosis factor"), what a clause
denies ("no infection occurred"), and what is only looked for or kept off ("to assess the risk of infection"). Where
the words leave a doubt, the harm is shown.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

_VIRUS = (
    r"(?<!hiv )(?<!hpv )(?<!virus )(?<!covid )(?<!covid-19 )(?<!sars-cov-2 )(?<!coronavirus )(?<!coronavirus 2 )"
    r"(?<!pylori )"
)
# Kinds of harm -> how they are written. A word stands here once, whoever looks for it.
WORDS = {
    "infection": _VIRUS + r"infections?|infected(?! with (?:the )?(?:virus|covid|sars|corona))"
    r"|abscess(?:es)?|(?<!dissecting )cellulitis|mycobacteri\w+|sepsis|septic"
    r"|herpes zoster|bactera?emia|erysipelas",
    "lump": r"(?<!sarcoid )(?<!sarcoidal )(?<!majocchi's )(?<!caseating )granulomas?(?! annulare)"
    r"|granulomatous(?! (?:arteritis|vasculitis|disease))|nodules?",
    "tissue": r"necrosis(?! factor)|necrotic|keloids?|scar formation"
    r"|(?:hypertrophic|permanent|residual|visible|donor[- ]site) scar(?:s|ring)?"
    r"|(?<!non-)scarring(?= (?:of|at|in|on|was|were|developed|occurred|followed|after)\b)",
    "eye": r"(?<!double-)blindness(?! of (?:the )?(?:assess|investigat|evaluat|study|trial|treatment))"
    r"|loss of (?:vision|sight)|(?:vision|visual) (?:loss|impairment)|(?:went|became|left|gone|going) blind"
    r"|blind(?:ed)? in (?:(?:one|both|the|an|her|his|their|left|right) ){1,2}eyes?"
    r"|(?:lost|loses?|losing) (?:(?:her|his|their|the|all|some|useful) )?(?:eye)?(?:vision|sight)"
    r"|(?:vision|(?:eye)?sight) (?:was|is|has been) lost"
    r"|(?:ocular|ophthalmic) (?:complications?|adverse \w+|ischa?emia|injur(?:y|ies)|artery occlusion)",
    "vessel": r"(?:vascular|arterial|artery|retinal|venous|vein) occlusions?|occlusion of the \w+ (?:artery|vein)"
    r"|embol(?:ism|isms|i|us)|thrombo(?:sis|embol\w+)|cardiovascular events?|hypotension|pericardial effusions?",
    "tumour": r"(?<!anti-)tumou?rs?(?! necrosis factor)|tumou?rigen\w+|carcinomas?|malignanc(?:y|ies)|skin cancers?"
    r"|\w*sarcomas?|(?<!cutaneous t-cell )lymphomas?|melanomas?|teratomas?",
    "grave": r"anaphyla\w+|hospitali[sz](?:ed|ations?)|(?<!cell )(?<!cellular )deaths?(?! receptor)(?!-\d)|died|fatal"
    r"|life-threatening(?! (?:disease|illness|disorder|condition))|suicid\w+|teratogen\w+|warning letters?"
    r"|(?:serious|severe) (?:adverse (?:events?|reactions?|effects?)|side effects?|harms?|complications?)",
}
# Of lower case, because plain letters are compared faster than letters of either case.
HARM = re.compile(rf"\b(?=\w)(?:{'|'.join(WORDS.values())})\b")

# Each word of WORDS has one of these in it and lies within one piece; a test holds them to that. Most pieces have none,
# and need not be looked through for all the rest.
_PIECE = re.compile(r"[\w -]+")
_STEMS = (
    "infect", "abscess", "cellulitis", "sepsis", "septic", "zoster", "bacter", "erysipel", "granulom",
    "nodule", "necro", "keloid", "scar", "blind", "vision", "sight", "visual", "ocular", "ophthalmic", "occlusion",
    "embol", "thrombo", "cardiovascular", "hypotension", "effusion", "tumor", "tumour", "carcinoma", "malignanc",
    "skin cancer", "sarcoma", "lymphoma", "melanoma", "teratom", "anaphyla", "hospitali", "death", "died", "fatal",
    "life-threat", "suicid", "teratogen", "warning", "serious adverse", "severe adverse", "serious side",
    "severe side", "serious harm", "severe harm", "serious complic", "severe complic",
)  # fmt: skip

# A clause ends here: what is denied before it is not denied behind it.
_CLAUSE = re.compile(
    r"[.;:!?](?=\s)|\b(?:but|except|although|though|however|whereas|while|apart from|other than|aside from|besides"
    r"|despite|because|due to|owing to|who|which|until|when|yet|only)\b"
    r"|(?:,|\band)\s+(?:one|two|three|four|five|six|seven|eight|nine|ten|\d+|there|several|some|many|most"
    r"|others?|another|he|she|they|we)\b|,\s+with\b(?! or\b)",
    re.IGNORECASE,
)
# What happened, said by a finite verb; and that by which a thing is there at all.
_BEFELL = (
    r"(?:develop(?:ed|s)?|occur(?:red|s)?|arose|arises?|appear(?:ed|s)?|follow(?:ed|s)|grew|grows|came|comes|emerged"
    r"|ensued|happen(?:ed|s)|formed|led|leads|caused|causes|killed|required|died|suffered|experienced|contracted|lost"
    r"|got|became|went|withdrew|responded|improved|worsened|worked|helped|failed|changed|differed|increased|decreased"
    r"|healed|recovered|stopped|recurred|persisted|regrew|regrow)"
)
_HAPPENED = rf"(?:{_BEFELL}|had|has|have)"
_FINITE = rf"(?:{_HAPPENED}|was|were|is|are|did|does)"
_ONE_FINITE = re.compile(rf"\b{_FINITE}\b", re.IGNORECASE)
_ONE_BEFELL = re.compile(rf"\b{_BEFELL}\b", re.IGNORECASE)
# "No change was seen, and infection occurred": a joint with a verb before it and another behind it begins a clause,
# if the second verb has a subject of its own ("no patient was ill and developed sepsis" goes on). A list does not.
_JOINT = re.compile(r",(?:\s+and\b)?(?!\s+(?:or|nor)\b)|\band\b", re.IGNORECASE)
_SUBJECT_AND_VERB = re.compile(rf"\s+(?!{_FINITE}\b)[^,]*?\b{_FINITE}\b", re.IGNORECASE)
_VERB_BEHIND = re.compile(
    rf"[\w-]*+(?:\s++(?!(?:and|or|nor|that|which|who|if|as|{_FINITE})\b)[\w-]++){{0,7}}\s++{_FINITE}\b", re.IGNORECASE
)
_ADJUNCT = re.compile(r"\s*with(?:out| no)\b", re.IGNORECASE)  # "Without antibiotics, infection followed"
# Denied before, in the clause: by "no" with at most ten words up to the harm, by "not" with at most five ("did not
# cause any tumour"). What only describes ("a man without illness", "with no illness") ends at the verb.
_WORD = re.compile(r"\w+")
_NO = re.compile(
    r"\b(?:(?<!with )(?<!had )(?<!has )(?<!have )no(?! (?:doubt|fewer|less|more than))"
    r"|nobody|(?<!almost )(?<!nearly )none|neither|nor|zero)\b",
    re.IGNORECASE,
)
_WITHOUT = re.compile(
    r"\b(?:without|with no|had no|has no|have no|(?:absence|lack) of|free (?:of|from))\b", re.IGNORECASE
)
_PLAIN_NOT = re.compile(
    r"\b(?:not|never)\b(?! (?:only|all|every|known|clear|infrequent|rare|uncommon|unusual|seldom|prevent|avoid|reduce"
    r"|protect|lower|stop|exclude))|n\Wt\b",
    re.IGNORECASE,
)
# "Not" is said of one verb: "was not effective and caused infection".
_NOT_AND_THEN = re.compile(
    rf"\W*(?:(?:yet|ever|been|have|to)\W+)*+\w+\b.*(?<!to )(?<!have )(?<!has )(?<!had )\b{_HAPPENED}\b", re.IGNORECASE
)
_NO_REACH, _NOT_REACH = 11, 6  # words, with itself
# Denied behind: "infection was not observed", "infections were absent".
_NOT = re.compile(
    r"[^.;:]{0,60}?\b(?:(?:not|never)(?: been)? (?:observed|seen|reported|recorded|detected|noted|found|occur\w*"
    r"|encountered|documented|identified|develop\w*|present|evident|arise|appear)"
    r"|(?:was|were) (?:absent|nil|zero|negative(?! for)|excluded|ruled out|0(?:\.0+)?\s?%))",
    re.IGNORECASE,
)
# Looked for, or to be: a plan, unless a verb or a number behind it says that it came.
_SOUGHT = re.compile(
    r"\bto (?:further )?(?:assess|evaluate|determine|measure|monitor|examine|study|explore|estimate|detect|identify"
    r"|(?:investigate|describe)(?= (?:\w+ ){0,3}(?:incidences?|risks?|rates?|frequency|prevalence)\b))\b"
    r"|\b(?:monitor|screen|test|check|watch|look|examin|surveill)\w*(?: \w+){0,2} for\b"
    r"|\bexclusion\b|\broles? of(?: \w+){0,2}\Z|\b(?:outcomes?|end ?points?)(?: (?:measures?|variables?))?"
    r"(?: (?:is|are|was|were|will be|includes?|included)\b|\Z)",
    re.IGNORECASE,
)
# What else a registration counts: there it is a plan, in a paper a result.
_COUNTED = re.compile(
    r"\b(?:assess|evaluat|monitor|measur|record|report|compar|examin)\w*"
    r"|\b(?:incidences?|rates?|risks?|numbers?|frequenc\w+|proportion|percentage|occurrences?|severity|probability)\b",
    re.IGNORECASE,
)
_SOUGHT_REACH = 14  # words
# What begins to tell, and the number that does.
_TELLS = re.compile(
    rf"\b(?:{_HAPPENED}|we|but|yet|cases?|causing|after|because"
    r"|(?:one|two|three|four|five|six|\d+) (?:men|man|women|woman|patients?|participants?))\b"
    r"|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|\d+)\Z",
    re.IGNORECASE,
)
_CAME = re.compile(
    r"[\w-]*+(?:\s++(?!(?:that|which|who|if|as)\b)[\w-]++){0,7}?\s++(?:developed|occurred|arose|appeared|grew|followed|led"
    r"|(?:was|were) (?:found|seen|observed|detected|noted|reported|positive))\b"
    r"|[^.;:]{0,60}?(?:\b\d+(?:\.\d+)?\s?%|\bin (?:one|two|three|four|five|six|seven|eight|nine|ten|\d+)\b"
    r"(?! (?:hours|days|weeks|months|years|arms|groups)))",
    re.IGNORECASE,
)
_WILL_BE = re.compile(
    r"[^.;:]{0,60}?\b(?:will(?: also)? be|(?:is|are) to be) (?:assess|evaluat|monitor|record|measur|report|document"
    r"|look|collect|compar)",
    re.IGNORECASE,
)
# Kept off, or only possible: "reduced scarring", "prevention of infection", "children at low risk of anaphylaxis".
_KEPT_OFF = re.compile(
    r"\b(?<!not )(?<!fail to )(?<!fails to )(?<!failed to )(?<!unable to )"
    r"(?:prevent|avoid|reduc|lower(?:ed|s|ing)|decreas|minimi[sz]|protect|prophyla)\w*"
    rf"(?: (?!(?:by|with|and|or|in|after|due|because|during|when|but|yet|{_FINITE})\b)\w+){{0,5}}\Z",
    re.IGNORECASE,
)
_STOP = re.compile(r"[.!?;]\s")
_AT_RISK = re.compile(
    r"\b(?<!is )(?<!are )(?<!was )(?<!were )(?<!be )(?<!been )at (?:\w+ ){0,3}risk (?:of|for|from)\b", re.IGNORECASE
)
# Whom the words describe, and no harm done to them: "women with breast carcinoma", "carcinoma patients".
_TUMOUR = re.compile(rf"(?:{WORDS['tumour']})\Z", re.IGNORECASE)
_WHOSE = re.compile(
    r"\b(?:patients|women|men|people|adults|children|survivors|participants|subjects|chemo\w*|radio\w*|treat\w+|therap\w+"
    r"|history)\s+(?:with|for|of|against)\s+(?:[\w-]+\s+){0,3}$",
    re.IGNORECASE,
)
_DEFINES = re.compile(r"\bcharacteri[sz]ed by\s+(?:[\w-]+\s+){0,4}$", re.IGNORECASE)
_WHO = re.compile(
    r"\s+(?:patients?|survivors?|therap|treatment|chemo|cent(?:re|er)|cells?\b|suppress)"
    r"|\W+(?:in )?(?:complete |partial )?remission\b",
    re.IGNORECASE,
)
_REACH = 200  # characters before and behind a find that are read
_BEFORE, _WORDS = 5, 12  # words before the first word of a find, and in all
_SENTENCE_END = re.compile(r"[.!?][\"')\]]?\s+(?=[A-Z0-9\[(“])|\n+")


def words_of_harm(text: str) -> tuple[re.Match[str], ...]:
    """Each word of harm, told or denied, with its place; its letters are of lower case."""
    return _words_in(text.replace("İ", "i").lower())  # the one letter whose lower case is two


@lru_cache(maxsize=8)  # a text is asked what it tells, and then what it denies
def _words_in(low: str) -> tuple[re.Match[str], ...]:
    stems = [stem for stem in _STEMS if stem in low]
    found: list[re.Match[str]] = []
    for piece in _PIECE.finditer(low) if stems else ():
        words = piece[0]
        for stem in stems:  # a loop, not a generator: this is asked of every piece of every text about hair
            if stem in words:
                found += HARM.finditer(low, *piece.span())
                break
    return tuple(found)


def harms(text: str, plans: bool = False) -> Iterator[re.Match[str]]:
    """Each word of harm that the text tells and does not deny, from its start.

    plans: the text is a registration's, that says whom it takes and what it will count.
    """
    for match in words_of_harm(text):
        before = text[max(0, match.start() - _REACH) : match.start()]
        before += match[0] if match[0] == "died" else ""  # a verb itself
        after = text[match.end() : match.end() + _REACH]
        if (
            not _is_denied(before, after)
            and not _is_plan(before, after, plans)
            and not _is_whose(match, before, after, plans)
        ):
            yield match


def is_denied(text: str, match: re.Match[str]) -> bool:
    """A word of harm of which the text says that it did not come."""
    return _is_denied(text[max(0, match.start() - _REACH) : match.start()], text[match.end() : match.end() + _REACH])


def _is_denied(before: str, after: str) -> bool:
    ends = _CLAUSE.search(after)
    if _NOT.match(after[: ends.start()] if ends else after):
        return True
    clause = before[max((one.end() for one in _CLAUSE.finditer(before)), default=0) :]
    if not any(rule.search(clause) for rule in (_NO, _WITHOUT, _PLAIN_NOT)):
        return False
    words = _WORD.findall(_from_joint(clause, after))[-_NO_REACH:]
    said, near = " ".join(words), " ".join(words[-_NOT_REACH:])
    describes = list(_WITHOUT.finditer(said))
    return bool(
        _NO.search(said)
        or any(not _NOT_AND_THEN.match(near, no.end()) for no in _PLAIN_NOT.finditer(near))
        or (describes and not _ONE_FINITE.search(said, describes[-1].end()))
    )


def _from_joint(clause: str, after: str) -> str:
    """The clause before a find, from the last joint where another began."""
    begun, verb_behind = 0, _VERB_BEHIND.match(after) is not None
    for joint in _JOINT.finditer(clause):
        there = clause[begun : joint.start()]
        if _ONE_FINITE.search(there) or _ADJUNCT.match(there):
            own = _SUBJECT_AND_VERB.match(clause, joint.end())
            if own or (verb_behind and not _ONE_FINITE.search(clause, joint.end())):
                begun = joint.end()
    return clause[begun:]


def _is_plan(before: str, after: str, plans: bool) -> bool:
    """A harm that is looked for or kept off, and of which no verb and no number says that it came."""
    sentence = _sentence(before)
    if _KEPT_OFF.search(" ".join(_WORD.findall(re.split(r"[,:]", sentence)[-1]))):
        return True
    words = " ".join(_WORD.findall(sentence)[-_SOUGHT_REACH:])
    if _WILL_BE.match(after) or _AT_RISK.search(words):
        return True
    sought = list(_SOUGHT.finditer(words)) or (list(_COUNTED.finditer(words)) if plans else [])
    if not sought or _TELLS.search(words, sought[-1].end()):
        return False
    return not _CAME.match(after)


def _is_whose(match: re.Match[str], before: str, after: str, plans: bool) -> bool:
    """What people came with: a tumour, the mark of a disease; in a registration any harm.

    A tumour in a registration is a disease unless a verb says that it came.
    """
    tumour = _TUMOUR.match(match[0]) is not None
    if plans and tumour and not _ONE_BEFELL.search(_sentence(before)) and not _CAME.match(after):
        return True
    if _DEFINES.search(before):
        return True
    return (plans or tumour) and bool(_WHOSE.search(before) or _WHO.match(match.string, match.end()))


def _sentence(before: str) -> str:
    return _STOP.split(before)[-1]


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
