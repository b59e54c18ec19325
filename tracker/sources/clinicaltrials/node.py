"""Reading JSON that may be wrong: what is absent is empty, what has the wrong type is skipped with a warning.

Knows nothing of trials. Warnings name the path of the value, so that a change of the source's shape can be found.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from tracker import dates
from tracker.errors import RecordError

# CommonMark: a backslash before ASCII punctuation stands for that character alone.
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def unescape(markdown: str) -> str:
    r"""Text as it was meant: `\>` is `>`, `\[` is `[`. Other Markdown (bullets, blank lines) is left as it stands."""
    return _ESCAPE.sub(r"\1", markdown)


class Node:
    """One JSON object, the path that leads to it, and the list that all nodes of a document write their warnings to."""

    def __init__(self, value: dict[str, Any], path: str = "", warnings: list[str] | None = None) -> None:
        self.value = value
        self.path = path
        self.warnings = [] if warnings is None else warnings

    def warn(self, key: str, message: str) -> None:
        self.warnings.append(f"{self._at(key)}: {message}")

    def node(self, key: str) -> "Node":
        """The object under `key`; an empty one where there is none."""
        return Node(self._get(key, dict) or {}, self._at(key), self.warnings)

    def nodes(self, key: str) -> list["Node"]:
        """The objects in the list under `key`."""
        return [Node(item, f"{self._at(key)}[{n}]", self.warnings) for n, item in self._items(key, dict)]

    def text(self, key: str) -> str:
        """The string under `key` without outer blanks and control characters; "" where there is none."""
        return self._clean(key, self._get(key, str) or "")

    def texts(self, key: str) -> tuple[str, ...]:
        """The strings in the list under `key`, without empty ones."""
        return tuple(filter(None, (self._clean(key, item) for _, item in self._items(key, str))))

    def enum(self, key: str, known: frozenset[str]) -> str:
        """The enum value under `key` as the source wrote it; one that is not among `known` costs a warning."""
        return self._known(key, self.text(key), known)

    def enums(self, key: str, known: frozenset[str]) -> tuple[str, ...]:
        return tuple(self._known(key, value, known) for value in self.texts(key))

    def date(self, key: str) -> str:
        """The partial date under `key`; "" for what is none, a month alone for a day that the month lacks."""
        text = self.text(key)
        date = dates.partial(text)
        if not text.startswith(date) or len(date) < min(len(text), 10):
            self.warn(key, f"{text!r} was read as {date!r}")
        return date

    def flag(self, key: str) -> bool:
        return self._get(key, bool) is True

    def integer(self, key: str) -> int | None:
        """The whole number under `key`. true and false are none."""
        value: int | None = self._get(key, int)
        return value

    def number(self, key: str, limit: float) -> float | None:
        """The number under `key` where it lies between -limit and limit."""
        value = self._get(key, (int, float))
        if value is None:
            return None
        if abs(value) <= limit and math.isfinite(value):
            return float(value)
        self.warn(key, "skipped, out of range")
        return None

    def _get(self, key: str, kind: type | tuple[type, ...]) -> Any:
        value = self.value.get(key)
        if value is None or self._fits(value, kind):
            return value
        self.warn(key, f"skipped, {name_type(value)} was not expected here")
        return None

    def _items(self, key: str, kind: type) -> Iterator[tuple[int, Any]]:
        for n, item in enumerate(self._get(key, list) or ()):
            if self._fits(item, kind):
                yield n, item
            else:
                self.warn(f"{key}[{n}]", f"skipped, {name_type(item)} was not expected here")

    @staticmethod
    def _fits(value: Any, kind: type | tuple[type, ...]) -> bool:
        # bool is a subclass of int in Python, but not in JSON.
        return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))

    def _known(self, key: str, value: str, known: frozenset[str]) -> str:
        if value and value not in known:
            self.warn(key, f"unknown value {value!r}, kept as it is")
        return value

    def _clean(self, key: str, text: str) -> str:
        if _CONTROL.search(text):
            self.warn(key, "control characters taken out")
            text = _CONTROL.sub("", text)
        return text.strip()

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def name_type(value: Any) -> str:
    """What a JSON value is, in words for a message."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def load(body: bytes, key: str) -> dict[str, Any]:
    """The object in a payload. Raises RecordError for anything else, half characters and NaN among it."""
    try:
        study = json.loads(body, parse_constant=_refuse)
        if b"\\ud" in body.lower():
            json.dumps(study, ensure_ascii=False).encode()
    except RecursionError:
        raise RecordError(f"{key or 'a study'}: nested too deeply to be a study", record=key) from None
    except UnicodeError:
        raise RecordError(
            f"{key or 'a study'}: holds text that is no Unicode (half a surrogate pair)", record=key
        ) from None
    except ValueError as error:
        raise RecordError(f"{key or 'a study'}: no JSON that can be read: {str(error)[:120]}", record=key) from None
    if not isinstance(study, dict):
        raise RecordError(f"{key or 'a study'}: {name_type(study)}, not a study", record=key)
    return study


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
