"""The bytes of queries.toml -> a plain dict and the positions of its keys; or one line that says where it is no TOML.

tomllib's own message is kept where it helps, and said better where it does not: what people really do is paste curly
quotes, save with a byte-order mark, forget a closing quotation mark, or write a key twice.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

from tracker.config.positions import Place, Positions, scan
from tracker.errors import ConfigError

MAX_BYTES = 1_000_000


def read(path: Path, shown: str) -> tuple[dict[str, Any], Positions]:
    """The content of the file at `path`, named `shown` in every message. Raises ConfigError."""
    text = _decode(_bytes(path, shown), shown)
    try:
        return tomllib.loads(text), scan(text)
    except tomllib.TOMLDecodeError as error:
        place, message = _explain(text, str(error))
        raise ConfigError(f"{shown}:{place.line}:{place.column}: {message}") from None
    except RecursionError:
        raise ConfigError(f"{shown}: brackets are nested too deep to be a configuration") from None


def _bytes(path: Path, shown: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"{shown}: there is no such file; `tracker init` writes one to start from") from None
    except IsADirectoryError:
        raise ConfigError(f"{shown}: is a folder; name the file in it") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(f"{shown}: cannot be read: {reason}") from None
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{shown}: is larger than 1 MB, so it is no configuration of ours")
    return content


def _decode(content: bytes, shown: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError(f"{shown}:1:1: the file is UTF-16; save it as UTF-8 (without byte-order mark)")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise ConfigError(
            f"{shown}:{line}:{column}: byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from None
    if text.startswith("\ufeff"):
        raise ConfigError(f"{shown}:1:1: the file starts with a byte-order mark; save it as UTF-8 without one")
    return text.replace("\r\n", "\n")


def _explain(text: str, message: str) -> tuple[Place, str]:
    """Where the mistake is and how to mend it, out of tomllib's message and what a scan of the text saw."""
    lines = text.split("\n")
    match = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    place = Place(len(lines), len(lines[-1]) + 1)
    if match and match.group(1):
        place = Place(int(match.group(1)), int(match.group(2)))
    said = message[: match.start()] if match else message
    found = scan(text)
    if found.twice and re.search("overwrite|twice|[Dd]uplicate|mutate", said):
        key, again, first = found.twice[0]
        return again, f"{_dotted(key)} is written twice; it stands on line {first.line} already"
    if found.unended and (found.unended.line >= place.line or not (match and match.group(1))):
        return found.unended, "the text that starts here has no closing quotation mark"
    rest = lines[place.line - 1][place.column - 1 :] if place.line <= len(lines) else ""
    return place, said + _hint(said, rest, place, found)


def _hint(said: str, rest: str, place: Place, found: Positions) -> str:
    """What to do about it, where the text at the mistake gives it away; "" where it does not."""
    char = rest[:1]
    if char in tuple("“”„‘’«»"):
        return f"; {char} is a typographic quotation mark: write \" or '"
    if char and not char.isascii():
        name = "a no-break space" if char == "\u00a0" else f"{char!r}"
        return f"; {name} cannot stand here outside quotation marks"
    if said.startswith(("Invalid hex", "Unescaped '\\'")):
        return "; a backslash in \"...\" starts an escape: write the text in '...'"
    if said.startswith("Expected newline") and rest.startswith("]"):
        return "; the brackets of a header must pair: [tracker] or [[query]]"
    if said.startswith("Expected newline") and found.last_long and found.last_long.line <= place.line:
        return f"; is the text in three quotation marks around line {found.last_long.line} closed where you meant it?"
    if said.startswith("Expected newline"):
        return "; one key = value to a line, and quotes inside a text need the other kind around it"
    if said.startswith("Invalid value"):
        return "; text is written in quotation marks, and true, false and numbers without"
    if said.startswith("Expected '='"):
        return '; write key = value (a key of other than a-z, 0-9, "-", "_" needs quotation marks)'
    if said.startswith("Unclosed array"):
        return "; a comma or a closing ] is missing"
    if said.startswith("Illegal character '\\n'"):
        return "; a text in single quotation marks ends on its own line: use three for several lines"
    return ""


def _dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
