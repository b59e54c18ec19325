"""A digest before it takes any format: plain text and numbers, in the order in which they are read.

    Digest   one issue
    Alarm    a source that did not answer: on top of everything
    Section  a heading with its entries
    Entry    one work: what it is, why it is here, what moved
    Line     one thing that moved, or that is said of an entry
    Standing one approach in one group of conditions, on the board
    Board    how far each approach has come
    Row      one line of the receipt

Every text may hold anything that a source wrote (but no control characters); whoever renders it escapes it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One plain line. `loud` is what a reader must not miss. url and ref: what it points to, or ""."""

    text: str
    loud: bool = False
    url: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One work. With `card` it is shown whole, else on one line. `events` are the ids of the events it tells.

    facts: what it is, in parts ("Phase 2", "n = 120", "Journal", "2026-11-20"). why: the words that brought it here.
    takeaway: what it found, in its own words. sort: what a count of such works calls it. place: its own among all
    of the issue, the weightiest 0; a form that shows some shows the first.
    """

    section: str
    record: str
    ref: str  # "PMID 38212345", "NCT05678901"
    title: str
    url: str
    facts: tuple[str, ...] = ()
    approaches: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    why: str = ""
    takeaway: str = ""
    queries: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    events: tuple[int, ...] = ()
    sort: str = ""
    place: int = 0
    card: bool = False

    @property
    def grounds(self) -> str:
        """Approaches, conditions, and the words that brought it here, as a card says them in one line."""
        why = f"why: {self.why}" if self.why else ""
        return " · ".join(filter(None, ("; ".join(self.approaches), ", ".join(self.conditions), why)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """`lines` are said of the whole, before its entries; `note` after them."""

    key: str
    title: str
    entries: tuple[Entry, ...] = ()
    lines: tuple[Line, ...] = ()
    note: str = ""

    @property
    def cards(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.card)

    @property
    def headlines(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if not entry.card)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far one approach has come in one group of conditions ("" where nothing is held of it).

    rungs: (name, works on it) from the laboratory to approved; people: (state, people in its trials), of trials under
    way, completed, stopped and unknown. lines: what is known, in the order of a reader's questions. cells: the same in
    short, one for each of the board's COLUMNS. moved: something of it did, in the issue's span.
    """

    approach: str
    condition: str
    rungs: tuple[tuple[str, int], ...]
    people: tuple[tuple[str, int], ...] = ()
    lines: tuple[Line, ...] = ()
    cells: tuple[tuple[Line, ...], ...] = ()
    moved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """rows: what is followed and in people; in an issue with cells, else with lines. aside: (heading, approaches) of
    what is followed and not in people. unfollowed: one line for each approach that no query follows, in an issue one
    for all, and unfollowed_more are left to `tracker board`."""

    rows: tuple[Standing, ...] = ()
    aside: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unfollowed: tuple[Line, ...] = ()
    unfollowed_more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What a reader must know before he trusts the rest: who did not answer, since when, why."""

    text: str
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How one source answered one query. Counts are None where nothing was counted; `baseline` and `off_topic` also
    where there is none."""

    source: str
    query: str
    asked: str
    outcome: str
    listed: int | None = None
    new: int | None = None
    baseline: int | None = None
    changed: int | None = None
    off_topic: int | None = None

    @property
    def counts(self) -> dict[str, int | None]:
        """By what each is called, in the order in which they are read."""
        return {
            "listed": self.listed, "baseline": self.baseline, "new": self.new, "changed": self.changed,
            "off topic": self.off_topic,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """One issue. since and until are stamps. `quiet` is True when nothing is told and every source answered whole."""

    name: str
    period: str
    since: str
    until: str
    title: str
    subject: str
    span: str
    summary: str
    quiet: bool
    alarms: tuple[Alarm, ...] = ()
    notices: tuple[str, ...] = ()  # said once under the summary: the first issue's baseline
    sections: tuple[Section, ...] = ()
    board: Board | None = None  # none in a quiet issue: it would say what the last one said
    receipt: tuple[Row, ...] = ()
    remarks: tuple[str, ...] = ()  # under the receipt: dropped phrases, quarantine, what was counted and not listed
    footer: tuple[str, ...] = ()

    @property
    def asked(self) -> str:
        """When the sources were last asked, where that is one time for all; else "", and each row says its own."""
        times = {row.asked for row in self.receipt}
        return times.pop() if len(times) == 1 else ""

    @property
    def preheader(self) -> str:
        """What a mail program shows beside the subject: what stands on top, however much of it."""
        return " ".join([*(f"Incomplete: {alarm.text}" for alarm in self.alarms[:1]), self.summary])

    @property
    def events(self) -> tuple[tuple[int, str], ...]:
        """(event id, section key) of everything that is told: the rows of digest_items."""
        return tuple(
            (event, entry.section) for section in self.sections for entry in section.entries for event in entry.events
        )
