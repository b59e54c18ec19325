"""Asking the database: rows as plain tuples, whatever kind of rows the caller's connection gives."""

import sqlite3
from typing import Any


def rows(conn: sqlite3.Connection, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    cursor = conn.cursor()
    cursor.row_factory = None
    return cursor.execute(sql, values).fetchall()


def marks(values: tuple[str, ...]) -> str:
    """Placeholders for `in (...)`: one for each value."""
    return ",".join("?" * len(values))
