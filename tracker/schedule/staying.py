"""Stays, and asks each minute what is due. APScheduler is the alarm clock; what was done stands in the database alone.

A minute and not the hour of the next slot: a machine that was asleep is back in time at most a minute after it wakes,
and a queries.toml that was edited counts from the next minute on. The work is done in the main thread, where a signal
ends it.
"""

import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from time import time as wall

from tracker.config import Settings
from tracker.dates import Clock
from tracker.errors import LockedError, StoreError, TrackerError
from tracker.pipeline.fetch import Progress
from tracker.schedule.due import due
from tracker.schedule.ledger import read_ledger
from tracker.schedule.running import Report, Tell, run
from tracker.store import Store

_MINUTE = 60.0
_SLEPT = 180.0  # seconds between two minutes by the clock: the machine was asleep
_REST = 900.0  # seconds without a try after a run that could not be ended


def stay(
    read: Callable[[], Settings],
    clock: Clock,
    tell: Tell,
    progress: Progress = lambda tally: None,
    after: Callable[[Report], None] = lambda report: None,
    minute: float = _MINUTE,
) -> None:
    """Do what is due, for ever. `read` reads the configuration anew each time. Ends by a signal's SystemExit alone."""
    from apscheduler.schedulers.background import BackgroundScheduler

    bell = threading.Event()
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_job(
        bell.set, "interval", seconds=minute, next_run_time=datetime.now(UTC), coalesce=True, misfire_grace_time=None
    )
    scheduler.start()
    watch = _Watch(read, clock, tell, progress, after)
    try:
        while True:
            bell.wait()
            bell.clear()
            watch.look()
    finally:
        scheduler.shutdown(wait=False)


class _Watch:
    """What is remembered from one minute to the next: only what was said, and when to look again."""

    def __init__(
        self,
        read: Callable[[], Settings],
        clock: Clock,
        tell: Tell,
        progress: Progress,
        after: Callable[[Report], None],
    ) -> None:
        self.read = read
        self.clock = clock
        self.tell = tell
        self.progress = progress
        self.after = after
        self.settings: Settings | None = None
        self.said = ""
        self.looked = wall()
        self.rest_until = 0.0

    def look(self) -> None:
        """One minute. After sleep the network gets a minute to come back."""
        now = wall()
        slept, self.looked = now - self.looked > _SLEPT, now
        if slept or monotonic() < self.rest_until:
            return
        try:
            self.settings = self.read()
        except TrackerError as error:
            self._say(error)  # and go on by what was read before
        try:
            if self.settings and _anything_due(self.settings, self.clock):
                self.after(run(self.settings, self.clock, self.tell, self.progress))
                self.said = ""
        except LockedError:
            return  # whoever writes may be doing just this; the next minute shows
        except TrackerError as error:
            self._say(error)
            self.rest_until = monotonic() + _REST
        except Exception:  # a bug of ours must not end the watch, and must be seen
            traceback.print_exc()
            self.rest_until = monotonic() + _REST

    def _say(self, error: TrackerError) -> None:
        """Once, and not each minute."""
        if str(error) != self.said:
            self.tell(error)
        self.said = str(error)


def _anything_due(settings: Settings, clock: Clock) -> bool:
    """Without the lock, so that others are not kept from writing each minute."""
    try:
        with Store.read(settings.db) as store:
            return bool(due(settings, read_ledger(store), clock()))
    except StoreError:  # there is none yet, or it is to be brought up to date: the run says whatever is wrong
        return True
