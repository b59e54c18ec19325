"""A mistake in queries.toml as one line for people.

    queries.toml:13: query.exosomes.pubmd: unknown key - did you mean "pubmed"?

Turns pydantic's errors into such lines, with the position of the key. Values are not repeated: one might be a secret.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from tracker.config.form import Form
from tracker.config.grammar import Misplaced
from tracker.config.positions import Path, Place, Positions

_SECRET = re.compile(r"password|passwd|passphrase|api_?key|token|secret|credential", re.IGNORECASE)
MOST = 100
_ADVICE = {
    "string_type": "must be text in quotation marks",
    "bool_type": "must be true or false, without quotation marks",
    "int_type": "must be a whole number, without quotation marks",
    "float_type": "must be a number, without quotation marks",
    "list_type": 'must be a list: ["...", "..."]',
    "too_short": "must hold at least one",
    "missing": "is missing",
    "model_type": "must be a table of keys",
    "model_attributes_type": "must be a table of keys",
}


class Report:
    """Collects lines, each at its place in the file. `shown` is the file's name as people typed it."""

    def __init__(self, shown: str, data: dict[str, Any], positions: Positions) -> None:
        self.shown = shown
        self.data = data
        self.positions = positions
        self._lines: list[tuple[int, str]] = []

    def add(self, path: Path, message: str, place: Place | None = None) -> None:
        line = (place or self.positions.of(path)).line
        words = (f"{self.shown}:{line}", self.name(path), message)
        self._lines.append((line, _one_line(": ".join(word for word in words if word))))

    def add_plain(self, line: str) -> None:
        """A mistake outside the file, in the environment: it stands first."""
        self._lines.append((0, _one_line(line)))

    def lines(self) -> list[str]:
        """In the order of the file; each once; the first hundred, which are enough to see what is wrong."""
        lines = list(dict.fromkeys(line for _, line in sorted(self._lines, key=lambda entry: entry[0])))
        more = [f"{self.shown}: and {len(lines) - MOST:,} mistakes more"] if len(lines) > MOST else []
        return lines[:MOST] + more

    def name(self, path: Path) -> str:
        """`query.exosomes.pubmed`: an entry goes by its own name where it has one, else by its number from 1."""
        words: list[str] = []
        inner: Any = self.data
        for part in path:
            inner = _step(inner, part)
            if isinstance(part, str):
                words.append(part)
            else:
                own = _step(inner, "name") or _step(inner, "id")
                words.append(own if isinstance(own, str) and len(own) <= 40 else str(part + 1))
        return ".".join(words)

    def add_all(self, error: ValidationError) -> None:
        """Every mistake that pydantic found."""
        for one in error.errors(include_url=False, include_input=False):
            self._add_one(one["loc"], one["type"], one["msg"], one.get("ctx", {}).get("error"))

    def _add_one(self, path: Path, kind: str, said: str, cause: object) -> None:
        if kind == "extra_forbidden":
            self.add(path, _unknown_key(path))
        elif isinstance(cause, Misplaced):
            self._add_misplaced(path, cause)
        elif kind == "list_type" and len(path) == 1:
            self.add(path, f"is written with double brackets, as there can be several: [[{path[0]}]]")
        elif cause is not None:
            self.add(path, str(cause))
        else:
            self.add(path, _ADVICE.get(kind, said[:1].lower() + said[1:]))

    def _add_misplaced(self, path: Path, cause: Misplaced) -> None:
        """A mistake inside a text, where people see it: the line in the file, and the column there."""
        text = self.data
        for part in path:
            text = _step(text, part)
        content = self.positions.texts.get(path)
        before = str(text)[: cause.position - 1]
        if content is None or "\n" not in str(text):
            self.add(path, str(cause))
            return
        rows = before.count("\n")
        column = len(before) - before.rfind("\n") if rows else content.column + len(before)
        message = str(cause).replace(f"position {cause.position}", f"column {column}", 1)
        self.add(path, message, Place(content.line + rows, column))


def _one_line(text: str) -> str:
    """Without what a key or name in the file could do to a terminal or a log."""
    plain = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return plain if len(plain) <= 500 else plain[:497] + "..."


def _step(value: Any, part: str | int) -> Any:
    if isinstance(part, int):
        return value[part] if isinstance(value, list) and part < len(value) else None
    return value.get(part) if isinstance(value, dict) else None


def did_you_mean(word: str, known: Iterable[str], few: Sequence[str] = ()) -> str:
    """`did you mean "x"?`, or what there is; `few` names the usual ones where there are too many."""
    names = sorted(known)
    near = get_close_matches(word.lower(), names, n=1)
    return f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(few or names) or 'none'}"


def _unknown_key(path: Path) -> str:
    key = str(path[-1])
    if _SECRET.search(key):
        variable = "TRACKER_SMTP_PASSWORD" if path[0] == "smtp" or "pass" in key.lower() else "NCBI_API_KEY"
        return f"secrets do not belong in this file; set the environment variable {variable} or {variable}_FILE"
    known = _keys(path[:-1])
    if get_close_matches(key.lower(), known, n=1):
        return f"unknown key - {did_you_mean(key, known)}"
    homes = [section for section, model in _sections(Form) if key in model.model_fields]
    if homes:
        return f"unknown key - it belongs under {homes[0]}"
    return f"unknown key - {did_you_mean(key, known)}"


def _keys(path: Path) -> set[str]:
    """The keys that the table at `path` may hold."""
    model: type[BaseModel] = Form
    for part in path:
        if isinstance(part, str):
            model = _model(model.model_fields[part].annotation) or model
    return {field.alias or name for name, field in model.model_fields.items()}


def _sections(form: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in form.model_fields.items():
        if model := _model(field.annotation):
            yield (f"[[{name}]]" if str(field.annotation).startswith("list") else f"[{name}]"), model


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model in `Model`, `list[Model]` or `Model | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for inner in get_args(annotation) if (model := _model(inner))), None)
