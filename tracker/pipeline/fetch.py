"""Fetch: ask each source for each query, classify what came, store it. A source that fails leaves the others running.

One fetch of one query from one source is: a row in the log; payloads in batches, each batch one transaction; last the
listing, which ties records to the query and makes the fetch complete. A run that dies in between leaves only whole
records, and the next run goes on from there.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tracker import __version__
from tracker.classify import Classifier
from tracker.config import Query, Settings, SourceSettings
from tracker.dates import Clock, stamp
from tracker.errors import FeedGoneError, RecordError, SourceError
from tracker.records import REGISTRIES, Held, Label, Listing, Payload, Record, record_id, source_of
from tracker.sources import SOURCES, Source
from tracker.store import LINKED, Store, Tally, fetching
from tracker.store.feeds import disable
from tracker.web import Web

BATCH = 200  # records per transaction
ANSWER_BYTES, FEED_BYTES = 64_000_000, 25_000_000  # of an answer of a registry or index, and of a feed

# Told after each batch: the tally so far. A progress bar, a line, or nothing.
Progress = Callable[[Tally], None]


@dataclass(frozen=True, slots=True)
class Options:
    full: bool = False
    dry_run: bool = False
    accept_drift: bool = False


def fetch(
    settings: Settings,
    store: Store,
    classifier: Classifier,
    clock: Clock,
    *,
    queries: Sequence[Query],
    sources: Sequence[str],
    options: Options = Options(),
    progress: Progress = lambda tally: None,
) -> list[Tally]:
    """Fetch these queries from these sources. Returns one tally per source and query, failed ones with their error."""
    run = _Run(settings, store, classifier, clock, options, progress)
    tallies = [tally for source in sources for tally in run.source(source, queries)]
    if not options.dry_run:
        # Trials first: their references name papers.
        tallies += [tally for source in reversed(sources) for tally in run.linked(source)]
    return tallies


class _Run:
    """One run over some sources: the session with each of them, and what was already read in this run."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        classifier: Classifier,
        clock: Clock,
        options: Options,
        progress: Progress,
    ) -> None:
        self.settings = settings
        self.store = store
        self.classifier = classifier
        self.now = stamp(clock())
        self.options = options
        self.progress = progress
        self.fresh: set[str] = set()
        self.touched: set[str] = set()
        self.late: set[str] = set()
        self.sessions: dict[str, tuple[Source, Web]] = {}

    def source(self, name: str, queries: Sequence[Query]) -> Iterator[Tally]:
        """Every query from one source."""
        asked = [query for query in queries if query.expression(name)]
        if not asked:
            return
        source, web = self._open(name)
        self.fresh = set()
        for query in asked:
            yield from self._query(source, name, query, web)

    def _open(self, name: str) -> tuple[Source, Web]:
        self.settings.require_contact(name)
        settings = self.settings.sources[name]
        self.sessions[name] = SOURCES[name](settings), session(settings)
        return self.sessions[name]

    def linked(self, name: str) -> Iterator[Tally]:
        """What held records name, asked for by id though no query lists it. It is never announced.

        A source that queries ask is left alone in a run without them. One that none asks is asked for this alone.
        """
        if name not in self.sessions and name not in self.settings.asked_for_links:
            return
        wanted = fetching.linked_ids(self.store.db, name)
        if not wanted:
            return
        source, web = self.sessions.get(name) or self._open(name)
        held = Held(retry=wanted, now=self.now)
        yield self._run(source, Query(name=LINKED, title=""), web, Tally(name, LINKED, baseline=True), held)

    def _query(self, source: Source, name: str, query: Query, web: Web) -> Iterator[Tally]:
        """After an edit the old expression is listed once more: what only the new one lists was there before."""
        before = fetching.last_complete(self.store.db, name, query.name)
        edited = before and before["expression"] != query.expression(name)
        if before and edited and not query.feed:  # a feed has no more than its newest, wherever it is
            old = self._one(source, name, query.with_expression(name, str(before["expression"])), web)
            old.notes.append(
                "as it was before it was edited" + ("" if old.complete else ", which has to be listed once more")
            )
            yield old
            if not old.complete:
                return
        yield self._one(source, name, query, web)

    def _one(self, source: Source, name: str, query: Query, web: Web) -> Tally:
        expression = query.expression(name)
        tally = Tally(name, query.name, baseline=fetching.is_baseline(self.store.db, name, query.name, expression))
        held = fetching.held(
            self.store.db,
            name,
            query.name,
            fresh=frozenset(self.fresh),
            now=self.now,
            full=self.options.full,
            accept_drift=self.options.accept_drift,
        )
        self.late = fetching.unread_at_baseline(self.store.db, name, query.name, expression)
        return self._run(source, query, web, tally, held)

    def _run(self, source: Source, query: Query, web: Web, tally: Tally, held: Held) -> Tally:
        """One fetch, from its row in the log to its end, good or bad."""
        expression = query.expression(tally.source)
        log = 0
        if not self.options.dry_run:
            full = self.options.full
            log = fetching.begin_fetch(self.store.db, tally.source, query.name, expression, self.now, full=full)
        sent = web.requests
        try:
            self._drain(source, query, held, web, tally, log)
        except SourceError as error:
            tally.error = str(error)
            if isinstance(error, FeedGoneError) and log:
                with self.store.transaction():
                    disable(self.store.db, query.name, expression, self.now)
        tally.requests = web.requests - sent
        if log:
            with self.store.transaction():
                fetching.finish_fetch(self.store.db, log, tally, self.now)
        self.progress(tally)
        return tally

    def _drain(self, source: Source, query: Query, held: Held, web: Web, tally: Tally, log: int) -> None:
        """Take payloads in batches until the listing, which comes last and only when the walk was whole."""
        answers = source.fetch(query, held, web)
        for batch in _batches(answers):
            payloads = [answer for answer in batch if isinstance(answer, Payload)]
            tally.expected = max((payload.of for payload in payloads), default=0) or tally.expected
            read = [(payload, self._read(source, payload)) for payload in payloads]
            if self.options.dry_run:
                self._count(read, held, tally)
            else:
                with self.store.transaction():
                    for payload, outcome in read:
                        self._keep(source, query, payload, outcome, held, tally, log)
                    self._relabel_papers()
                    # A run that dies has told what it stored: the receipt of the next issue counts it.
                    self.store.db.table("fetches").update(log, {"new": tally.new, "changed": tally.changed})
            self.progress(tally)
            if isinstance(batch[-1], Listing):
                self._settle(query, batch[-1], tally, log)
                return
        raise SourceError(f"{tally.source}: the walk of query {query.name} ended without a listing")

    def _read(self, source: Source, payload: Payload) -> "_Outcome":
        """What the bytes say, judged; or the held record that they are equal to; or why they cannot be read."""
        if known := self.store.held_record(payload):
            return known
        try:
            record = only(source.parse(payload), payload)
        except RecordError as error:
            return error
        return record, labels_of(self.store, self.classifier, record)

    def _keep(
        self, source: Source, query: Query, payload: Payload, outcome: "_Outcome", held: Held, tally: Tally, log: int
    ) -> None:
        self.fresh.add(payload.key)
        if isinstance(outcome, RecordError):
            self.store.quarantine(payload, query.name, str(outcome), self.now)
            tally.quarantined += 1
            return
        if isinstance(outcome, str):
            self.store.note_presence(outcome, fetch=log, now=self.now)
            tally.same += 1
            return
        record, labels = outcome
        try:
            verdict = self.store.save(
                record, payload, labels, lambda old: only(source.parse(old), old), fetch=log, now=self.now
            )
        except RecordError as error:
            self.store.quarantine(payload, query.name, str(error), self.now)
            tally.quarantined += 1
            return
        if verdict == "new":
            # Tied to its query in the same transaction, so that no digest can pass it by.
            baseline = tally.baseline or payload.key in self.late
            fetching.add_match(self.store.db, record.id, query.name, baseline, self.now)
        if verdict != "same":
            self.touched.add(record.id)
        tally.new += verdict == "new"
        tally.changed += verdict == "changed"
        tally.same += verdict == "same"

    def _count(self, read: Iterable[tuple[Payload, "_Outcome"]], held: Held, tally: Tally) -> None:
        for payload, outcome in read:
            tally.quarantined += isinstance(outcome, RecordError)
            tally.same += isinstance(outcome, str)
            if isinstance(outcome, tuple):
                tally.changed += payload.key in held.ids
                tally.new += payload.key not in held.ids

    def _settle(self, query: Query, listing: Listing, tally: Tally, log: int) -> None:
        tally.listed = len(listing.ids)
        tally.missing = listing.missing
        tally.notes += listing.notes
        tally.complete = True
        if log:
            with self.store.transaction():
                if query.name != LINKED:  # which lists only what it was asked for
                    tally.notes += fetching.settle_listing(
                        self.store.db, tally.source, query.name, listing, tally.baseline, log, self.now
                    )
                fetching.finish_fetch(self.store.db, log, tally, self.now)

    def _relabel_papers(self) -> None:
        """In the transaction of the trials: a run that died between the two would leave papers that no later run
        touches."""
        trials = sorted(record for record in self.touched if source_of(record) in REGISTRIES)
        self.touched.clear()
        relabel_papers(self.store, self.settings, self.classifier, trials, self.now)


def _batches(answers: Iterator[Payload | Listing]) -> Iterator[list[Payload | Listing]]:
    """Answers in batches. What came before a source failed is a batch too: whole records are kept."""
    failed: SourceError | None = None
    batch: list[Payload | Listing] = []
    try:
        for answer in answers:
            batch.append(answer)
            if len(batch) == BATCH:
                yield batch
                batch = []
    except SourceError as error:
        failed = error
    if batch:
        yield batch
    if failed:
        raise failed


_Outcome = tuple[Record, list[Label]] | str | RecordError


def relabel(store: Store, settings: Settings, classifier: Classifier, record: str, now: str) -> bool:
    """Read a held record again by today's parser and rules. True when its labels changed."""
    with store.transaction():
        return lay_labels(store, settings, classifier, record, now)


def relabel_papers(store: Store, settings: Settings, classifier: Classifier, trials: Sequence[str], now: str) -> None:
    """A paper that reports a trial takes the trial's phase, whichever came first. In the caller's transaction."""
    marks = ",".join("?" * len(trials))
    works = store.rows(  # under all of their numbers: the paper may name another one
        f"""select id from records where id in ({marks}) or same_as in ({marks})
            or id in (select same_as from records where id in ({marks}))""",
        [*trials, *trials, *trials],
    )
    trials = [row["id"] for row in works]
    marks = ",".join("?" * len(trials))
    papers = store.rows(
        f"""select l.record from links l join records r on r.id = l.record
            where l.relation = 'reports' and l.target in ({marks})
            union select l.target from links l join records r on r.id = l.target
            where l.relation = 'reported_by' and l.record in ({marks}) order by 1""",
        [*trials, *trials],
    )
    for row in papers:
        with contextlib.suppress(RecordError):  # a held version that today's parser refuses keeps its labels
            lay_labels(store, settings, classifier, row["record"], now)


def lay_labels(store: Store, settings: Settings, classifier: Classifier, record: str, now: str) -> bool:
    """The same in the caller's transaction. Raises RecordError where today's parser refuses the record."""
    payload = store.payload_of(record)
    if payload is None:
        return False
    read = only(SOURCES[payload.source](settings.sources[payload.source]).parse(payload), payload)
    return store.relabel(read, labels_of(store, classifier, read), now)


def labels_of(store: Store, classifier: Classifier, record: Record) -> list[Label]:
    """What today's rules say of a record, given the held trials that it reports and a person's word on approaches."""
    return classifier.classify(record, store.linked_phases(record), store.approaches_said(record.id))


def only(records: Iterable[Record], payload: Payload) -> Record:
    """The one record of a payload, under the id of its key. Raises RecordError when there is none or another."""
    try:
        found = list(records)
    except RecordError:
        raise
    except Exception as error:  # a bug of ours must not cost the other records: this one is kept, and said
        name = f"{payload.source} {payload.key or 'record'}"
        raise RecordError(f"{name}: cannot be read ({type(error).__name__}: {error}); please report it") from error
    if len(found) != 1:
        raise RecordError(f"{payload.source} {payload.key or 'record'}: {len(found)} records where one was expected")
    record = found[0]
    if payload.key and record.id != record_id(payload.source, payload.key):
        raise RecordError(f"{payload.source} {payload.key}: its content calls itself {record.id}", record=record.id)
    return replace(record, raw=payload.body)


def session(settings: SourceSettings, tries: int = 5) -> Web:
    """A session at the pace of a source's settings."""
    who = f"; mailto:{settings.contact}" if settings.contact else ""
    return Web(
        user_agent=f"{settings.tool}/{__version__} (literature tracker{who})",
        pace=settings.pace,
        retry_wait=settings.retry_wait,
        max_bytes=FEED_BYTES if settings.name == "feeds" else ANSWER_BYTES,
        tries=tries,
        secrets=(settings.api_key,) if settings.api_key else (),
    )
