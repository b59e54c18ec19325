"""From material to a digest: sections and their order, who gets a card, the summary, the alarms. Pure.

Everything that was gathered is told. What a section has too much of follows as one line each; nothing is carried over.
A quiet span is called quiet only when every source answered; a source that did not is said on top.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from tracker.dates import from_stamp, stamp
from tracker.digest.board import make_issue_board
from tracker.digest.corrections import NOUNS, gravest, stand_with
from tracker.digest.doubts import look_twice
from tracker.digest.entries import LADDER, entry, section_of, severity, size
from tracker.digest.kinds import what_moved
from tracker.digest.material import Answer, Material, Work
from tracker.digest.model import Alarm, Digest, Row, Section
from tracker.digest.wording import clean, counted, listed, moment, source_name


@dataclass(frozen=True, slots=True)
class _Shape:
    """A section: its heading, what one of its entries and several are called, whether an entry can be a card."""

    key: str
    title: str
    one: str
    many: str
    cards: bool = False


# An issue is to be read in two minutes, which are about 500 words. A card has about sixty of them: so many cards leave
# room for the summary, the lines and the look twice.
CARDS = 5
_MEDIUM = 2  # a severity
# In the order in which they are read.
SHAPES = (
    _Shape("corrections", "Corrections and retractions", "", "", cards=True),  # counted by what each of them is
    _Shape("moved", "What moved in trials", "trial moved", "trials moved", cards=True),
    _Shape("human", "New human evidence", "new human study", "new human studies", cards=True),
    _Shape(
        "systematic",
        "Systematic reviews of human evidence",
        "new systematic review",
        "new systematic reviews",
        cards=True,
    ),
    _Shape("new_trials", "New trials", "new trial", "new trials", cards=True),
    _Shape("preprints", "Preprints, not peer reviewed", "preprint", "preprints", cards=True),
    _Shape("preclinical", "Preclinical", "preclinical paper", "preclinical papers"),
    _Shape("news", "News", "news item", "news items"),
    _Shape("other", "Reviews and other papers", "other paper", "other papers"),
)

_COURTESY = {"pubmed": "PubMed, courtesy of the U.S. National Library of Medicine"}
_CAUSE = 300  # characters shown of an error or a note
_IN_A_SUBJECT = 60  # characters of what befell trials
_NAMED = 8  # queries that an alarm names
_DAYS = {"day": 1, "week": 7, "month": 28}  # the shortest that each can be


def build(material: Material, period: str) -> Digest:
    """The digest of one period. The same material gives the same digest."""
    notices = stand_with(material.works)
    works = [work for work in material.works if not any(one.id in notices for one in work.corrects)]
    sections = tuple(_sections(works, notices))
    doubts = look_twice(material)
    alarms = (*_alarms(material), *_gaps(material))
    quiet = not sections and not alarms and not doubts
    parts = [part for section in sections for part in _counts(section, works)]
    short = [part for section in sections for part in _counts(section, works, most=_IN_A_SUBJECT)]
    return Digest(
        name=material.name,
        period=period,
        since=material.since,
        until=material.until,
        title=f"Hair research, {material.name} {period}",
        subject=_subject(material, period, short),
        span=f"From {moment(material.since)} to {moment(material.until)}.",
        summary=_summary(material, period, parts, alarms, doubts),
        quiet=quiet,
        alarms=alarms,
        notices=(*_longer(material, period), *_notices(material)),
        sections=(*sections, doubts) if doubts else sections,
        board=None if quiet else make_issue_board(material.board, material.since[:10], material.until[:10], works),
        receipt=tuple(_row(answer) for answer in material.answers),
        remarks=tuple(_remarks(material)),
        footer=tuple(_footer(material.answers)),
    )


def _sections(works: Sequence[Work], notices: Mapping[str, tuple[int, ...]]) -> Iterable[Section]:
    groups = {
        shape: sorted((work for work in works if section_of(work) == shape.key), key=_ORDERS.get(shape.key, _by_stage))
        for shape in SHAPES
    }
    places = _places(groups)
    for shape, mine in groups.items():
        if mine:
            entries = (
                entry(
                    one, card=shape.cards and places[one.id] < CARDS, place=places[one.id], also=notices.get(one.id, ())
                )
                for one in mine
            )
            yield Section(key=shape.key, title=shape.title, entries=tuple(entries))


def _places(groups: Mapping[_Shape, Sequence[Work]]) -> dict[str, int]:
    """By work, its place in the issue: the first of each section that has cards, unless it is slight, then the gravest
    of the rest, the cards of all sections before what can be none."""
    ranked = [
        (not (shape.cards and place == 0 and severity(work) >= _MEDIUM), not shape.cards, -severity(work), order, place,
         work.id)
        for order, (shape, works) in enumerate(groups.items())
        for place, work in enumerate(works)
    ]  # fmt: skip
    return {work: place for place, (*_, work) in enumerate(sorted(ranked))}


def _by_severity(work: Work) -> tuple[object, ...]:
    return (-severity(work), *_by_stage(work))


def _by_stage(work: Work) -> tuple[object, ...]:
    """The strongest evidence first, then the largest, then the newest."""
    stage = LADDER.index(work.stage.label) if work.stage and work.stage.label in LADDER else len(LADDER)
    return (stage, -size(work), _latest_first(work.published), work.id)


def _by_gravity(work: Work) -> tuple[object, ...]:
    return (list(NOUNS).index(gravest(work)), *_by_severity(work))


_ORDERS = {"corrections": _by_gravity, "moved": _by_severity, "new_trials": _by_severity}


def _latest_first(date: str) -> tuple[int, ...]:
    """A key that puts later dates first, and a date of less precision after those that it may mean."""
    return (*(-ord(character) for character in date), 1)


def _counts(section: Section, works: Sequence[Work], most: int = 0) -> Iterable[str]:
    """What the summary says of a section: "2 new trials"; of corrections what they are: "1 retraction"; of trials what
    befell them: "1 trial withdrawn, 1 with results", or in a subject "2 trials moved" where that has over `most`
    characters."""
    if section.key == "moved":
        said = ", ".join(what_moved([work for work in works if section_of(work) == section.key]))
        if not most or len(said) <= most:
            return [said]
    if section.key == "corrections":
        kinds = Counter(gravest(work) for work in works if section_of(work) == section.key)
        return [counted(kinds[kind], *nouns) for kind, nouns in NOUNS.items() if kinds[kind]]
    shape = next(shape for shape in SHAPES if shape.key == section.key)
    return [counted(len(section.entries), shape.one, shape.many)]


def _span_word(period: str) -> str:
    return "week" if "-W" in period else "month" if period[:10].count("-") == 1 else "day"


def _summary(
    material: Material, period: str, parts: Sequence[str], alarms: Sequence[Alarm], doubts: Section | None
) -> str:
    if parts:
        return f"{listed(parts)}."
    if alarms:
        return "Nothing to tell from what was answered. Whether it was quiet is not known: see above."
    if material.first_issue and material.baseline:
        return "The first issue: what moves and what is new is told from the next one on. Every source answered."
    if doubts:
        return f"Nothing moved and nothing new, but {counted(len(doubts.entries), 'trial')} to look at twice."
    return f"A quiet {_span_word(period)}: nothing moved and nothing new. Every source answered."


def _subject(material: Material, period: str, parts: Sequence[str]) -> str:
    unanswered = _unanswered(material)
    failed = dict.fromkeys(source_name(answer.source) for answer in unanswered if answer.failing_since)
    idle = dict.fromkeys(source_name(answer.source) for answer in unanswered if not answer.failing_since)
    said = [f"no answer from {name}" for name in failed]
    said += [*(f"{name} not asked" for name in idle if name not in failed), *parts[:3]]
    held = sum(count for _, count in material.baseline)
    clear = f"the baseline, {counted(held, 'record')} held" if material.first_issue and held else "all clear"
    nothing = "an answer was incomplete" if any(_gaps(material)) else clear
    return f"Hair research, {material.name} {period}: {', '.join(said) or nothing}"


def _longer(material: Material, period: str) -> Iterable[str]:
    """After sleep or an outage one issue covers what several would have."""
    days = (from_stamp(material.until) - from_stamp(material.since)).days
    if not material.first_issue and days >= 2 * _DAYS[_span_word(period)]:
        yield f"This issue covers {days} days: none was composed in between."


def _notices(material: Material) -> Iterable[str]:
    held = sum(count for _, count in material.baseline)
    if material.first_issue:
        if held:
            is_are = "is" if held == 1 else "are"
            yield (
                f"First issue: {counted(held, 'record')} held before tracker began"
                f" {is_are} the baseline and not listed as new."
            )
        return
    for query, count in material.baseline:
        yield (
            f"{counted(count, 'record')} that query {query} listed when it was first asked so"
            f" {'is' if count == 1 else 'are'} its baseline and not listed as new."
        )


def _unanswered(material: Material) -> list[Answer]:
    """Sources that may hold what we do not know of. One that answered within a day before the end needs no alarm,
    though it was not asked in the span: an extra issue may span an hour."""
    latest = stamp(from_stamp(material.until) - timedelta(days=1))
    return [
        answer
        for answer in material.answers
        if not answer.complete and (answer.failing_since or answer.last_success < latest)
    ]


def _alarms(material: Material) -> Iterable[Alarm]:
    """One alarm per source and situation, its queries together."""
    groups: dict[tuple[str, str], list[Answer]] = {}
    for answer in _unanswered(material):
        situation = "failing" if answer.failing_since else "never" if not answer.last_try else "idle"
        groups.setdefault((answer.source, situation), []).append(answer)
    for (source, situation), group in groups.items():
        yield _alarm(source_name(source), situation, group)


def _gaps(material: Material) -> Iterable[Alarm]:
    """Whole answers in which something is amiss: they may hide what is new, so no span with one of them is quiet."""
    for answer in material.answers:
        where = f"{source_name(answer.source)}, query {answer.query}"
        if answer.missing:
            yield Alarm(
                text=f"{where}: {counted(answer.missing, 'listed record')} did not come, asked for again next time."
            )
        if answer.quarantined:
            yield Alarm(text=f"{where}: {counted(answer.quarantined, 'record')} could not be read, kept in quarantine.")
        listed, before = answer.listed, answer.listed_before
        # A feed lists its newest, many or few; one that lists nothing any more is worth a look.
        least = 1 if answer.source == "feeds" else (before or 0) / 2
        if listed is not None and before and listed < least:
            yield Alarm(text=f"{where}: it lists {counted(listed, 'record')}, where it listed {before} before.")


def _alarm(name: str, situation: str, group: Sequence[Answer]) -> Alarm:
    noun = "query" if len(group) == 1 else "queries"
    what = f"{noun} {_some(answer.query for answer in group)}"
    success = min(answer.last_success for answer in group)
    last = f"last complete answer {moment(success)}" if success else "it has never answered completely"
    if situation == "never":
        return Alarm(text=f"{name} was never asked for {what}.")
    if situation == "idle":
        return Alarm(text=f"{name} was not asked in this span for {what}: {last}.")
    since = min(answer.failing_since for answer in group)
    causes = dict.fromkeys(clean(answer.error, _CAUSE) for answer in group)
    return Alarm(
        text=f"{name} has failed since {moment(since)} for {what}: {last}."
        + (
            " What it lists meanwhile is told once it answers."
            if success
            else " Its first answer will be its baseline."
        ),
        cause="; ".join(list(causes)[:2]),
    )


def _some(names: Iterable[str]) -> str:
    """The names, or the first of them and how many more there are."""
    first = list(names)
    return listed([*first[:_NAMED], f"{len(first) - _NAMED} more"] if len(first) > _NAMED + 1 else first)


def _row(answer: Answer) -> Row:
    seen = answer.fetches > 0
    return Row(
        source=source_name(answer.source),
        query=answer.query,
        asked=moment(answer.last_try).removesuffix(" UTC") if answer.last_try else "never",
        outcome=_outcome(answer),
        listed=answer.listed,
        new=answer.new if seen else None,
        baseline=answer.baseline or None,
        changed=answer.changed if seen else None,
        off_topic=answer.off_topic or None,
    )


def _outcome(answer: Answer) -> str:
    if not answer.fetches:
        return "failing" if answer.failing_since else "not asked"
    tries = counted(answer.fetches, "try", "tries")
    if answer.failing_since:
        return f"FAILED ({answer.failed} of {tries})"
    return "complete"  # tries that failed before it are no matter: what they could not read has been read since


def _remarks(material: Material) -> Iterable[str]:
    for answer in material.answers:
        where = f"{source_name(answer.source)}, {answer.query}"
        for note in answer.notes:
            yield f"{where}: {clean(note, _CAUSE)}"
    if sum(answer.new for answer in material.answers) > material.new:
        yield (
            f"A record counts with each query that lists it: {counted(material.new, 'new record')} in all,"
            " notices of corrections and what is off topic among them."
        )
    left = material.left
    counts = [
        (left.details, f"{counted(left.details, 'small edit')} in {counted(left.detailed, 'record')}"),
        (left.off_topic, f"{counted(left.off_topic, 'work')} off topic"),
        (left.below_severity, f"{counted(left.below_severity, 'work')} below this digest's severity"),
        (left.outside_approaches, f"{counted(left.outside_approaches, 'work')} outside its approaches"),
        (left.versions, f"{counted(left.versions, 'other version')} of works held before"),
    ]
    if said := [words for count, words in counts if count]:
        yield f"Counted, not listed: {', '.join(said)}."


def _footer(answers: Sequence[Answer]) -> Iterable[str]:
    yield "A registry's status and phase are what a sponsor reports: neither is an approval."
    yield "Not medical advice."
    for source in dict.fromkeys(answer.source for answer in answers):
        mine = [answer for answer in answers if answer.source == source]
        retrieved = max(answer.last_success for answer in mine)
        data_of = max(answer.data_of for answer in mine)
        parts = [_COURTESY.get(source, source_name(source))]
        parts += [f"data of {data_of}"] if data_of else []
        parts += [f"retrieved {moment(retrieved)}" if retrieved else "not retrieved yet"]
        yield f"Source: {', '.join(parts)}."
