"""Why an issue that is due is not composed yet, in words for `tracker status`."""

from tracker.config import Settings
from tracker.dates import Clock, stamp
from tracker.schedule.due import next_try, waits_for
from tracker.schedule.ledger import read_ledger
from tracker.store import Store


def waiting(settings: Settings, store: Store, clock: Clock) -> dict[str, str]:
    """By digest, only those that wait: for which sources and queries, and until when at the earliest."""
    ledger, now, why = read_ledger(store), clock(), {}
    for digest in settings.digests:
        if pairs := waits_for(settings, digest, ledger, now):
            names = ", ".join(f"{source} {query}" for source, query in pairs)
            moment = min(next_try(settings, ledger.asked[pair], now) for pair in pairs)
            asked = f"asked again from {stamp(moment)}"
            why[digest.name] = f"for {names}, which failed; {asked}, and composed at the last try whatever it brings"
    return why
