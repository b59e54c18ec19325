"""What a record holds against a treatment that it names: the hair was lost to it, it failed, or it treats no hair loss
but a complication of something else.

Each answer is the reason in words, or "". Only what a clinician would read so: hair counts "after four injections"
blame nothing, "X failure rescued by Y" speaks against X alone, and a steroid for an abscess is none for the hair.
"""

import re

from tracker.classify.document import Reading
from tracker.classify.lazy import lazy
from tracker.classify.lexicon import Hit
from tracker.classify.mentions import Mention
from tracker.classify.rules import CONDITION
from tracker.classify.text import Sentence

# ---------------------------------------------------------------- lost to it
_LOSS = (
    r"(?:alopecia|hair loss|loss of hair|effluvium|lichen|folliculitis|shedding|bald|hypotrichosis|thinning|madarosis)"
)
# From a cause to the loss no preposition leads: "X-associated acne in alopecia areata" is acne, and no cause of the
# alopecia.
_UP_TO_LOSS = rf"\s(?:(?!(?:in|of|with|during|for|after|on|among|and)\b)[a-z-]+\s){{0,3}}?{_LOSS}"
_LOST = re.compile(_LOSS)
_CAUSED = re.compile(_UP_TO_LOSS)
# "lichen planopilaris after imiquimod", "dupilumab-induced alopecia": the drug is what the hair was lost to.
_BLAMED_BEFORE = re.compile(
    r"(?:alopecia|hair loss|effluvium|lichen planopilaris|baldness|folliculitis|shedding)\b.*"
    r"\b(?:after|following|induced by|due to|caused by|secondary to|associated with)\s(?:[a-z0-9%.-]+\s){0,2}$"
)
_BLAMED_DURING = re.compile(
    r"\b(?:alopecia|hair loss|effluvium|shedding)\s(?:[a-z-]+\s)?(?:during|while on|while taking)\s(?:[a-z-]+\s)?$"
)
_BLAMED_AFTER = re.compile(rf"[ -](?:induced|associated|related|triggered){_UP_TO_LOSS}")
# "... after CAR-T: when alopecia appears"; but "relapse after stopping baricitinib" praises the drug.
_AFTER = re.compile(
    r"\b(?:after|following|due to|caused by|on)\s(?!stop|withdraw|discontinu|cessation|taper|switch)"
    r"(?:[a-z0-9%.-]+\s){0,2}$"
)
_LOST_ON = re.compile(r"(?<!for )(?<!in )(?<!of )\b(?:alopecia|hair loss|effluvium)\b")
_RECOVERY = re.compile(
    r"regrow|re-grow|growth|success|efficacy|effective|improve|respon|recover|treatment of|safety|needl|transplant"
)
_TITLE = 200  # characters of a title around a drug in which hair loss is blamed on it
_NEAR = 60  # characters before a name in which a loss is told


class Blame:
    """What a title blames for the loss of hair. Pattern hair loss is inherited: nothing that was given is to blame."""

    def __init__(self, title: Reading) -> None:
        self.title = title
        self.is_pattern = bool(title.all(CONDITION, "aga"))

    @lazy
    def is_told(self) -> bool:
        """The title says what the hair was lost to: of the loss, and not of acne or of hair counts."""
        causes = self.title.all("cue", "cause")
        if not causes or self.is_pattern or self.title.all("cue", "treats"):
            return False
        low = self.title.text.low
        lost = _LOST.search(low)
        before = lost.start() if lost else len(low)
        return any(cause.start > before or _CAUSED.match(low, cause.end) for cause in causes)

    @lazy
    def _recovers(self) -> bool:
        return _RECOVERY.search(self.title.text.low) is not None

    def is_culprit(self, reading: Reading, mention: Mention) -> bool:
        """The mention, in this column, is named as the cause of the hair loss."""
        low = reading.text.low
        if _BLAMED_AFTER.match(low, mention.end):
            return True
        if reading is not self.title or self._recovers or self.is_pattern:
            return False
        before = max(0, mention.start - _TITLE)
        if any(blamed.search(low, before, mention.start) for blamed in (_BLAMED_BEFORE, _BLAMED_DURING)):
            return True
        after = _AFTER.search(low, max(0, mention.start - _NEAR), mention.start)
        return bool(after and _LOST_ON.search(low, mention.end, mention.end + _TITLE))


# ---------------------------------------------------------------- failed, or left out
# Of the cues of [cue] excluded those that say that something did not work; the others ("exclusion criteria",
# "concomitant") hold for the whole sentence.
_FAILURE = ("fail", "refractory", "unresponsive", "resistant", "recalcitrant", "did not respond", "nonresponsive",
            "intoleran", "contraindicat", "had not", "had used",
            "had taken", "without", "active", "progress", "worsen", "persist", "flare", "relapse",
            "despite")  # fmt: skip
# After the failure the story goes on with what was done then.
_THEN = (
    r"\b(?:rescued|salvaged|responded to|responding to|regrew|switched|treated (?:with|by|using)"
    r"|(?<!had )(?<!have )(?<!having )(?<!previously )(?:received|underwent)|then (?:took|used|had|began|started)"
    r"|had (?:[a-z0-9-]+ ){1,3}?(?:sessions|injections|infusions|treatments)(?: (?:of|with))?"
    r"|(?:was|were) (?:then |later )?(?:given|injected|infused|treated|started|offered))\b"
)
_THEN_IN_TITLE = re.compile(rf"[:;?!]|{_THEN}")
_THEN_IN_TEXT = re.compile(rf";|{_THEN}")
# "After failed hair transplant, exosomes": the clause ends at a comma that is not one of a list.
_FRONTED = re.compile(r"(?:after|following|despite|in|when|for)\b")
_CLAUSE_END = re.compile(r",(?!\s(?:[a-z0-9-]+\s){0,4}?(?:[a-z0-9-]+,|and\b|or\b))")
# "PRP after failure of minoxidil": what stands before the joint did not fail.
_JOINT = re.compile(r"\b(?:after|following|despite|when|because|since|as)\b")
_FAR = 500  # characters of a sentence around a name in which a failure is told
_FAILED_AFTER = re.compile(
    r"(?:[ -](?:[0-9.]+ ?(?:%|mg)))?[ -](?:failures?|resistant|refractory|unresponsive|non-?responders?|intolerant)\b"
)


def failed(reading: Reading, mention: Mention, where: Sentence) -> str:
    """'excluded "refractory to"' where the sentence says so of the mention, and not only of what went before it."""
    low, in_title = reading.text.low, reading.text.field == "title"
    if in_title and (after := _FAILED_AFTER.match(low, mention.end)):
        return f'excluded "{after[0].strip(" -")}"'
    last = mention.start if in_title else min(where.end, mention.end + _FAR)
    cue = reading.first("cue", "excluded", max(where.start, mention.start - _FAR), last)
    while cue:
        words = low[cue.start : cue.end]
        if not (words.startswith(_FAILURE) and _is_of_another(reading, cue, mention, where)):
            return f'excluded "{words}"'
        cue = reading.first("cue", "excluded", cue.start + 1, last)
    return ""


def _is_of_another(reading: Reading, cue: Hit, mention: Mention, where: Sentence) -> bool:
    low, in_title = reading.text.low, reading.text.field == "title"
    if cue.start > mention.start:
        return _JOINT.search(low, mention.end, cue.start) is not None
    if (_THEN_IN_TITLE if in_title else _THEN_IN_TEXT).search(low, cue.end, mention.start):
        return True
    return bool(_FRONTED.match(low, where.start) and _CLAUSE_END.search(low, cue.end, mention.start))


# ---------------------------------------------------------------- not given, but stood in for
def spared(reading: Reading, mention: Mention, where: Sentence) -> str:
    """'not given "cannot take"' where the words before, in the same clause, say that others would have had it.

    "An option for women who cannot take antiandrogens", "a good alternative to steroid injections".
    """
    cue = reading.first("cue", "spared", max(where.start, mention.start - _NEAR), mention.start)
    ends = (_CLAUSE_END, _THEN_IN_TEXT)
    if cue is None or any(end.search(reading.text.low, cue.end, mention.start) for end in ends):
        return ""
    return f'not given "{reading.text.low[cue.start : cue.end]}"'


# ---------------------------------------------------------------- given for a complication
# What is given for an abscess, a granuloma, an effusion; a JAK inhibitor never is.
REMEDIES = ("imm.steroid", "imm.other")
_IMMUNE = ("aa", "scarring")  # these drugs treat the disease itself
_TREATED_WITH = re.compile(
    r"\b(?:treated|resolved|resolving|settled|managed|healed|cleared|controlled|respon[a-z]+)\s(?:with|by|on|to|using)\s"
    r"[^.;:]{0,60}$"
)
_TREATED_BY = re.compile(r"[ -](?:treated|responsive)\b")


def treats_a_complication(title: Reading, reading: Reading, mention: Mention, named: bool) -> str:
    """ "Scalp abscess after PRP ... healed on prednisone": the steroid is no approach to the hair loss.

    The mention is one of REMEDIES. The complication is told first, in the title; or, where the hair loss is no disease
    that such drugs treat, in the same sentence or the one before. named: the title names the drug, so that it is more
    than a remedy.
    """
    low, in_title = reading.text.low, reading is title
    told = title.first("cue", "complication")
    if in_title:
        return _remedy(title, told) if told and _is_remedy(low, mention) else ""
    if named:
        return ""
    first = reading.first("cue", "complication")
    if told and (first is None or first.start < mention.end):
        return _remedy(title, told)
    if any(columns.all(CONDITION, disease) for columns in (title, reading) for disease in _IMMUNE):
        return ""
    sentence = reading.text.sentence_at(mention.start)
    before = reading.text.sentence_at(max(0, sentence.start - 1))
    near = reading.first("cue", "complication", before.start, mention.start)
    return _remedy(reading, near) if near else ""


def _is_remedy(low: str, mention: Mention) -> bool:
    """Of a title: "healed on prednisone", "steroid-treated". Not "X for Y": X for Y may have grown the hair."""
    before = max(0, mention.start - _TITLE)
    return bool(_TREATED_WITH.search(low, before, mention.start) or _TREATED_BY.match(low, mention.end))


def _remedy(reading: Reading, told: Hit) -> str:
    return f'treats a complication "{reading.text.low[told.start : told.end]}"'
