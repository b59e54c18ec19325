"""When what is done. The database says what was done, the configuration when it is due; nothing else is remembered.

    due.py       due(settings, ledger, now): what is due at a moment. Pure. Start here.
    ledger.py    reads from the database what has been done
    waiting.py   why an issue that is due waits, for `tracker status`
    running.py   does what is due, once: fetch, compose, alert, send
    staying.py   stays and asks each minute: APScheduler as an alarm clock
    ping.py      tells an address on the web how a run went

`tracker run` and `tracker schedule` ask the same function, so that cron, a timer and the loop can be mixed and follow
each other: whoever comes first does it.
"""

from tracker.schedule.ping import ping_of
from tracker.schedule.running import Report, Thing, run
from tracker.schedule.staying import stay

__all__ = ["Report", "Thing", "ping_of", "run", "stay"]
