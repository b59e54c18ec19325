"""A file is written whole or not at all: no reader ever sees half of it, and no crash leaves half of it."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from tracker.errors import StoreError


def write_whole(path: Path, pieces: Iterable[str], advice: str = "check the folder, its permissions and space") -> None:
    """Write `pieces` as UTF-8, line ends as they are. Raises StoreError, with `advice`, when the folder refuses it."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8", newline="", errors="replace") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise StoreError(f"{path}: cannot be written ({error.strerror}); {advice}") from None
