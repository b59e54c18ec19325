"""Why a record is not in a digest, or where it is: one paragraph, by the rules that choose what an issue tells."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from tracker import periods
from tracker.config import Digest, Settings
from tracker.dates import Clock, stamp
from tracker.digest.build import SHAPES
from tracker.digest.gather import Reading
from tracker.digest.material import Change
from tracker.digest.wording import clean, counted, listed, moment, reference, source_name
from tracker.errors import ConfigError
from tracker.events import SEVERITY_NAMES
from tracker.records import source_key, source_of
from tracker.store import LINKED, Store
from tracker.store.reading import held_as, meant

_TITLE, _QUOTE = 120, 120  # characters
_FORMS = "write a PMID, an NCT number, a DOI, or an id of the database"
_NOTHING = "Nothing of it was ever to be told."
_ALWAYS = 2**62  # above every event


def explain_missing(settings: Settings, store: Store, digest: Digest, identifier: str, clock: Clock) -> str:
    """What became of a record in one digest. Raises ConfigError for what is no id of anything."""
    wanted = meant(identifier)
    record = held_as(store, wanted)
    if record:
        said = _Record(settings, store, digest, record, clock()).sentences()
    elif source_of(wanted) or wanted.startswith("doi-"):
        said = _not_held(settings, store, digest, wanted)
    else:
        raise ConfigError(f"{identifier!a}: is no id - {_FORMS}")
    return f"{digest.name}: {' '.join(said)}"


def _not_held(settings: Settings, store: Store, digest: Digest, wanted: str) -> Iterator[str]:
    source, key = source_of(wanted) or "pubmed", source_key(wanted)
    name = clean(f"DOI {wanted.removeprefix('doi-')}" if wanted.startswith("doi-") else reference(wanted), _TITLE)
    yield f"{name} is not held."
    if unread := list(_quarantined(store, source, key, "It")):
        yield from unread
        return
    asks = [query for query in settings.queries if query.expression(source)]
    if not (mine := [query.name for query in asks if query.name in digest.queries]):
        yield f"No query of this digest asks {source_name(source)}."
    said: dict[str, list[str]] = {}
    for query in mine:
        said.setdefault(_listing(store, source, query, key), []).append(query)
    for what, queries in said.items():
        noun = "query" if len(queries) == 1 else "queries"
        yield f"{source_name(source)}, {noun} {listed(queries)}: {what}."
    if others := [query.name for query in asks if query.name not in digest.queries]:
        yield f"Outside this digest {source_name(source)} is asked for {listed(others)}."


def _quarantined(store: Store, source: str, key: str, what: str) -> Iterator[str]:
    for row in store.rows(
        "select reason, query, seen from quarantine where source = ? and record = ? and resolved is null", [source, key]
    ):
        yield (
            f"{what} came with query {row['query']} on {moment(row['seen'])} and could not be read"
            f" ({clean(row['reason'], _QUOTE)}): it is kept in quarantine and asked for again with each fetch."
        )


def _listing(store: Store, source: str, query: str, key: str) -> str:
    """What a query's last whole listing says of an id that is not held."""
    health = store.rows("select * from source_health where source = ? and query = ?", [source, query])
    if not health or not health[0]["last_success"]:
        return "never answered whole"
    row = health[0]
    missing = store.rows(
        """select 1 from fetches f, json_each(f.missing) j
           where f.source = ? and f.query = ? and f.complete = 1 and f.started = ? and j.value = ?""",
        [source, query, row["last_success"], key],
    )
    what = "listed, but the source did not give it; it is asked for again" if missing else "not listed"
    failing = ", and has failed since" if row["last_try"] > row["last_success"] else ""
    return f"{what} (last whole answer {moment(row['last_success'])}{failing})"


class _Record:
    """A held record before one digest."""

    def __init__(self, settings: Settings, store: Store, digest: Digest, record: str, now: datetime) -> None:
        self.settings = settings
        self.store = store
        self.digest = digest
        self.record = record
        self.now = now
        self.reading = Reading(store.db.conn, digest, 0, _ALWAYS)
        self.standing = self.reading.standing(record)
        self.versions = (self.standing.head, *self.reading.versions.get(self.standing.head, ()))

    def sentences(self) -> Iterator[str]:
        row = self.store.rows("select title from records where id = ?", [self.record])[0]
        yield f"{reference(self.record)}, “{clean(row['title'], _TITLE)}”, is held."
        late = self.standing.earlier if not self.reading.issues_of((self.record,)) else ""
        if late:
            yield self._another_version(late)
        elif self.standing.head != self.record:
            yield f"It is told as {reference(self.standing.head)}, another version of the same work."
        yield from _quarantined(self.store, source_of(self.record), source_key(self.record), "A version of it")
        told, blocked = list(self._told()), list(self._blocked())
        yield from (*told, *blocked)
        baseline = self.standing.matched and self.standing.baseline and not told
        if baseline and not blocked:
            yield self._baseline()
        changes = list(self._changes(blocked=bool(blocked)))
        yield from changes
        if not changes and not blocked:
            yield (
                "Nothing else of it has moved."
                if told or late
                else "Nothing of it has moved since."
                if baseline
                else _NOTHING
            )

    def _another_version(self, earlier: str) -> str:
        issues = self.reading.issues_of((earlier,))
        when = f"told in {listed(issues)}" if issues else "held before"
        return f"It is another version of {reference(earlier)}, {when}, and not told as new."

    def _told(self) -> Iterator[str]:
        titles = {shape.key: shape.title for shape in SHAPES}
        marks = ",".join("?" * len(self.versions))
        for issue in self.store.rows(
            f"""select d.period, d.created, d.html, i.section, group_concat(distinct e.kind) as kinds
                from digest_items i join digests d on d.id = i.digest join events e on e.id = i.event
                where i.name = ? and e.record in ({marks}) group by d.id order by d.id""",
            [self.digest.name, *self.versions],
        ):
            kinds = listed(kind.replace("_", " ") for kind in sorted(issue["kinds"].split(",")))
            section = titles.get(issue["section"], issue["section"])
            # By its name in the page, and not as the beginning of a longer number.
            shown = any(re.search(rf"{re.escape(reference(one))}(?!\d)", issue["html"]) for one in self.versions)
            more = "" if shown else "; the HTML counts it among those that it has no room for"
            yield f"Told in {issue['period']} of {issue['created'][:10]}, under {section}: {kinds}{more}."

    def _blocked(self) -> Iterator[str]:
        """Why nothing of it is told, whatever moves."""
        standing, limit = self.standing, self.digest.approaches
        if not standing.matched:
            yield self._elsewhere()
            return
        if standing.off_topic:
            yield self._off_topic()
        if self.reading.is_outside(standing.approaches):
            has = f"it has {listed(sorted(standing.approaches))}" if standing.approaches else "it has no approach"
            yield f"Outside this digest's approaches, which are {listed(limit)}: {has}."

    def _elsewhere(self) -> str:
        rows = self.store.rows("select query from matches where record = ? order by query", [self.record])
        queries = [row["query"] for row in rows if row["query"] != LINKED]
        mine = f"No query of this digest lists it (they are {listed(self.digest.queries)})"
        if queries:
            return f"{mine}; it is held because of {listed(queries)}."
        return f"{mine}; it is held because " + ("another record names it." if rows else "it came from a file.")

    def _off_topic(self) -> str:
        row = self.store.rows(
            "select rule, field, quote, origin from labels where record = ? and axis = 'relevance'", [self.record]
        )[0]
        quote = f": “{clean(row['quote'], _QUOTE)}” in its {row['field']}" if row["quote"] else ""
        by = "a person's word" if row["origin"] == "person" else f"rule {row['rule']}{quote}"
        return f"Off topic, by {by}; tracker why {self.record} shows every rule."

    def _baseline(self) -> str:
        marks = ",".join("?" * len(self.reading.queries))
        row = self.store.rows(
            f"""select m.query, m.first_seen, (select count(*) from fetches f
                    where f.query = m.query and f.started = m.first_seen) as fetched
                from matches m where m.record = ? and m.query in ({marks})
                order by m.first_seen, m.baseline limit 1""",
            [self.record, *self.reading.queries],
        )[0]
        how = "was in the first answer to" if row["fetched"] else "came from a file for"
        return (
            f"It is baseline: it {how} query {row['query']} ({moment(row['first_seen'])}), so it was there before and"
            f" is not told as new; tracker digest {self.digest.name} --baseline shows what is held. What moves is told."
        )

    def _changes(self, *, blocked: bool) -> Iterator[str]:
        """What becomes of what moved and is not told."""
        untold = list(self.reading.verdicts(*self.versions))
        issues = self.store.rows(
            "select period, since, until, last_event from digests where name = ? order by id", [self.digest.name]
        )
        told = [change for change, _, verdict in untold if verdict == "told"]
        low = [change for change, _, verdict in untold if verdict == "below_severity"]
        if waiting := [change for change in told if not issues or change.id > issues[-1]["last_event"]]:
            yield f"{_some(waiting)} {'waits' if len(waiting) == 1 else 'wait'} for the next issue, {self._next()}."
        if blocked:
            return
        for issue in issues:
            passed = [change for change in told if change.id <= issue["last_event"]]
            told = [change for change in told if change not in passed]
            if passed and passed[-1].seen <= issue["since"]:
                yield f"{_some(passed)} came before {issue['period']}, this digest's first issue."
            elif passed:
                yield f"{_some(passed)} was left out of {issue['period']}: {self._why_then(issue['until'])}."
        if missed := [
            change for change, _, verdict in untold if verdict == "not_missed" and change.record == self.record
        ]:
            yield f"Told only of a paper that was told before, and that no other version stands for: {_some(missed)}."
        if low:
            floor = SEVERITY_NAMES[self.digest.min_severity]
            yield f"Below this digest's severity ({floor}): {_some(low)}, which is {SEVERITY_NAMES[low[-1].severity]}."

    def _why_then(self, until: str) -> str:
        """Why a composed issue left out what would be told by now, as far as the database still knows."""
        first = self.store.rows(
            f"""select query, first_seen from matches where record = ? and query in ({self.reading.marks})
                order by first_seen, baseline limit 1""",
            [self.record, *self.reading.queries],
        )
        if first and first[0]["first_seen"] > until:
            return (
                f"none of its queries listed the record yet, {first[0]['query']} did first on"
                f" {moment(first[0]['first_seen'])}"
            )
        return "the labels and settings of that day kept it out, and they have changed since"

    def _next(self) -> str:
        zone, every = ZoneInfo(self.digest.timezone), periods.parse(self.digest.every)
        slot = periods.slot(every, zone, self.now)
        composed = self.store.rows("select 1 from digests where name = ? and period = ?", [self.digest.name, slot.key])
        if not composed:
            return f"{slot.key}, which is due"
        return f"due {moment(stamp(periods.following(every, zone, slot).at))}"


def _some(changes: Sequence[Change]) -> str:
    """The newest of them, in words, and how many there are."""
    newest = clean(changes[-1].headline, 200).rstrip(".")
    return f"“{newest}”" + (f" and {counted(len(changes) - 1, 'earlier move')}" if changes[1:] else "")
