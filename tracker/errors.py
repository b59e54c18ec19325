"""Every error that a user can act on. A bug keeps its traceback and is none of these.

    TrackerError             exit code 1 unless a subclass says otherwise
    ├── ConfigError          queries.toml or an option is wrong: exit code 2
    ├── LockedError          another run holds the lock: exit code 75
    ├── SourceError          one source failed; it is recorded and the others go on
    │   └── FeedGoneError    a feed is gone for good: it is not asked again
    ├── RecordError          one record cannot be read; it goes to quarantine and the run goes on
    ├── StoreError           the database cannot be used
    └── DeliveryError        one delivery failed; it is recorded and tried again

A message is one line that names the thing (file, record, key, host) and what to do.
"""


class TrackerError(Exception):
    exit_code = 1


class ConfigError(TrackerError):
    exit_code = 2


class LockedError(TrackerError):
    exit_code = 75


class SourceError(TrackerError):
    """A source did not give what was asked. `permanent` means that asking again cannot help."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class FeedGoneError(SourceError):
    """A feed's server says that it is gone for good (410)."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)


class RecordError(TrackerError):
    """One record cannot be read. `record` is its id where that much could be read, else ''."""

    def __init__(self, message: str, *, record: str = "") -> None:
        super().__init__(message)
        self.record = record


class StoreError(TrackerError):
    pass


class DeliveryError(TrackerError):
    """One delivery came to nothing. How far it came is `stage` (connection, sender, recipient, message), and what is to
    become of it `state`: pending (tried again), failed (for good) or unknown (it may have arrived).
    """

    def __init__(self, message: str, *, stage: str = "connection", state: str = "pending") -> None:
        super().__init__(message)
        self.stage = stage
        self.state = state
