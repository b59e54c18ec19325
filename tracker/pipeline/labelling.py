"""A person's word on a record: kept, laid over its labels at once, and taken back. What can be said: statements.py."""

import getpass
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tracker.classify import Classifier, load_taxonomy
from tracker.config import Settings
from tracker.dates import Clock, stamp
from tracker.errors import ConfigError, TrackerError
from tracker.pipeline import prepare
from tracker.pipeline.fetch import labels_of
from tracker.pipeline.judging import reread
from tracker.pipeline.statements import held_statement, rows, statement, with_says
from tracker.store import Store
from tracker.store.judging import ONE_LABEL, Judgement, drop_judgements, judgements_of, keep_judgement
from tracker.store.reading import record_of


def user_name() -> str:
    """Who speaks where nobody is named: the user of the system, or "unknown" where the system knows none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def _refuse_contradictions(words: Sequence[Judgement]) -> None:
    """Raises ConfigError where one word takes back another: nobody could tell which was meant."""
    for n, word in enumerate(words):
        for other in words[:n]:
            same = (word.axis, word.label) == (other.axis, other.label)
            if (same and word.says != other.says) or (word.axis == other.axis and word.axis in ONE_LABEL and not same):
                raise ConfigError(f"{other.axis}: is said twice, and otherwise: say one of {other.label}, {word.label}")


@dataclass(slots=True)
class Taken:
    """How the reading of a file went: how many lines were taken, and what is wrong with the others."""

    lines: int = 0
    mistakes: list[str] = field(default_factory=list)


class Judge:
    """Takes the words of persons in an open store. Each word is one transaction with the labels that it makes."""

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self.settings = settings
        self.store = store
        self.classifier = Classifier(load_taxonomy(settings.approaches))
        self.now = stamp(clock())
        prepare(settings, store, self.classifier.taxonomy, clock)

    def say(self, identifier: str, statements: Sequence[str], author: str, note: str) -> list[str]:
        """Keep what is said of a record. Returns its labels in words. Raises ConfigError, with nothing kept."""
        words = [statement(text, self.classifier.taxonomy) for text in statements]
        _refuse_contradictions(words)
        record = record_of(self.store, identifier)
        self._keep(record, [replace(word, author=author, note=note) for word in words])
        return self._lines(record)

    def drop(self, identifier: str, statements: Sequence[str]) -> list[str]:
        """Take back what was said of these labels, or of the whole record where none is named."""
        record = record_of(self.store, identifier)
        held = judgements_of(self.store.db, record)
        words = [held_statement(text, held) or statement(text, self.classifier.taxonomy) for text in statements]
        with self.store.transaction():
            spans = [(word.axis, word.label) for word in words] or [("", "")]
            dropped = sum(drop_judgements(self.store.db, record, *span) for span in spans)
            self._relabel(record)
        return [f"{record}: taken back: {dropped}" if dropped else f"{record}: nothing of the kind was said of it",
                *self._lines(record)]  # fmt: skip

    def take_file(self, path: Path, author: str) -> Taken:
        """Keep what a CSV file says, line by line. Raises ConfigError where it is no such file."""
        taken = Taken()
        for number, row in rows(path, taken.mistakes):
            try:
                word = with_says(statement(row["label"], self.classifier.taxonomy), row.get("says", ""))
                word = replace(word, author=row.get("author") or author, note=row.get("note", ""))
                self._keep(record_of(self.store, row["id"]), [word])
                taken.lines += 1
            except TrackerError as error:
                taken.mistakes.append(f"{path}:{number}: {error}")
        return taken

    def _keep(self, record: str, words: Sequence[Judgement]) -> None:
        with self.store.transaction():
            for word in words:
                keep_judgement(self.store.db, record, word, self.now)
            self._relabel(record)

    def _relabel(self, record: str) -> None:
        read = reread(self.settings, self.store, record)
        if read is not None:
            self.store.relabel(read, labels_of(self.store, self.classifier, read), self.now)

    def _lines(self, record: str) -> list[str]:
        rows = self.store.rows(
            """select axis, label, origin from labels where record = ? and axis != 'flag'
               order by axis = 'relevance' desc, axis = 'stage' desc, axis, label""",
            [record],
        )
        said = [f"{row['axis']}={row['label']}" + " (a person)" * (row["origin"] == "person") for row in rows]
        lines = [f"{record}: now {', '.join(said)}"]
        if {("relevance", "off")} & {(row["axis"], row["label"]) for row in rows} and any(
            row["axis"] == "approach" for row in rows
        ):
            lines.append("It stays off topic, out of digest and board, until you say relevance=core or relevance=hair.")
        return lines
