"""The queries.toml that `tracker init` writes: the shipped one, and beside it the schema that its first line names."""

import json
from pathlib import Path

from tracker.config.reading import schema, shipped
from tracker.errors import ConfigError, StoreError
from tracker.writing import write_whole

SCHEMA = "queries.schema.json"


def write_starter(path: Path) -> list[Path]:
    """Write a file to start from, and where none stands yet the schema for editors. Returns what was written.

    Raises ConfigError when the file exists, which is never written over, or cannot be written.
    """
    beside = path.with_name(SCHEMA)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() or path.is_symlink():
            raise FileExistsError
        write_whole(path, [shipped().read_text("utf-8")])
        if beside.exists():
            return [path]
        write_whole(beside, [json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"])
    except FileExistsError:
        raise ConfigError(f"{path}: exists already and is not written over; name another folder") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from None
    except StoreError as error:
        raise ConfigError(str(error)) from None
    return [path, beside]
