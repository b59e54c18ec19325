"""Does what is due, once: fetch, compose, alert, send. One step that fails does not keep the next from being taken.

The whole run holds the writer's lock, and asks anew before each step, so that two runs never do the same twice.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tracker.classify import Classifier, load_taxonomy
from tracker.config import Settings
from tracker.dates import Clock
from tracker.errors import ConfigError, LockedError, TrackerError
from tracker.pipeline import FetchOptions, Issue, fetch, prepare
from tracker.pipeline.alerting import Alert, compose_alert
from tracker.pipeline.delivering import Delivered, deliver
from tracker.pipeline.fetch import Progress
from tracker.pipeline.issuing import issue
from tracker.schedule.due import Due, due
from tracker.schedule.ledger import read_ledger
from tracker.schedule.ping import ping
from tracker.store import Store, Tally

Thing = list[Tally] | Issue | Alert | Delivered | TrackerError  # what happened, for whoever prints it
Tell = Callable[[Thing], None]


@dataclass(slots=True)
class Report:
    """How a run went. did: whether anything was due. failures: what went wrong, without addresses or foreign text."""

    did: bool = False
    failures: list[str] = field(default_factory=list)
    remark: str = ""  # of the ping


def run(settings: Settings, clock: Clock, tell: Tell, progress: Progress = lambda tally: None) -> Report:
    """Raises LockedError while another run writes, StoreError when the database cannot be used, ConfigError when the
    configuration does not do for what is due. Tells what happened as it happens.
    """
    report = Report()
    try:
        with Store.open(settings.db) as store:
            _Run(settings, store, clock, tell, progress, report).all_steps()
    except LockedError:
        raise  # whoever writes will tell how that went
    except Exception as error:
        report.failures.append(type(error).__name__)
        _ping(settings, report)
        raise
    if report.did:
        _ping(settings, report)
    return report


def _ping(settings: Settings, report: Report) -> None:
    if settings.ping:
        report.remark = ping(settings.ping, report.failures)


class _Run:
    def __init__(
        self, settings: Settings, store: Store, clock: Clock, tell: Tell, progress: Progress, report: Report
    ) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock
        self.tell = tell
        self.progress = progress
        self.report = report

    def all_steps(self) -> None:
        for step in (self._fetch, self._compose, self._alert, self._deliver):
            for failure in step(due(self.settings, read_ledger(self.store), self.clock())):
                self.report.failures.append(failure)

    def _fetch(self, now: Due) -> Iterable[str]:
        if not now.fetch:
            return
        self.report.did = True
        taxonomy = load_taxonomy(self.settings.approaches)
        prepare(self.settings, self.store, taxonomy, self.clock)
        names = dict.fromkeys(query for _, query in now.fetch)
        tallies = fetch(
            self.settings,
            self.store,
            Classifier(taxonomy),
            self.clock,
            queries=[self.settings.query(name) for name in names],
            sources=[*dict.fromkeys(source for source, _ in now.fetch), *self.settings.asked_for_links],
            options=FetchOptions(full=now.full),
            progress=self.progress,
        )
        self.tell(tallies)
        yield from (f"fetch {tally.source} {tally.query}" for tally in tallies if tally.error)

    def _compose(self, now: Due) -> Iterator[str]:
        for name in now.digests:
            if name in now.ahead:
                self.tell(
                    TrackerError(f"digest {name}: its last issue is dated ahead of now; see that the clock is right")
                )
                yield f"clock: the last issue of {name} is dated ahead"
            with self._told(f"digest {name}") as failures:
                self.tell(issue(self.settings, self.store, self.settings.digest(name), self.clock))
            yield from failures

    def _alert(self, now: Due) -> Iterator[str]:
        for name, day in now.alerts:
            with self._told(f"alert {name}") as failures:
                self.tell(compose_alert(self.settings, self.store, self.settings.digest(name), day, self.clock))
            yield from failures

    def _deliver(self, now: Due) -> Iterator[str]:
        if now.deliver:
            self.report.did = True
            done = deliver(self.settings, self.store, self.clock, told=self.tell)
            yield from (f"delivery {one.id}: {one.state}" for one in done if one.state != "sent")

    @contextmanager
    def _told(self, what: str) -> Iterator[list[str]]:
        """A digest that cannot be written is said, and the next one is composed."""
        self.report.did = True
        failures: list[str] = []
        try:
            yield failures
        except ConfigError:
            raise
        except TrackerError as error:
            failures.append(what)
            self.tell(error)
