"""Asking the database: rows as plain tuples or dicts, whatever kind of rows the caller's connection gives."""

import sqlite3
from typing import Any


def rows(conn: sqlite3.Connection, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    cursor = conn.cursor()
    cursor.row_factory = None
    return cursor.execute(sql, values).fetchall()


def dicts(conn: sqlite3.Connection, sql: str, *values: Any) -> list[dict[str, Any]]:
    """Rows by the names of their columns."""
    cursor = conn.cursor()
    cursor.row_factory = None
    names = [column[0] for column in cursor.execute(sql, values).description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def marks(values: tuple[str, ...]) -> str:
    """Placeholders for `in (...)`: one for each value."""
    return ",".join("?" * len(values))
