"""The database: numbered SQL files that read top to bottom, and the migrations that apply them. No queries.

A released migration is never edited; a change is one function more at the end. Views hold nothing, so they are made
again whenever their text has changed.
"""

import json
import sqlite3
from contextlib import closing
from importlib.resources import files

from sqlite_utils import Database, Migrations

from tracker.registration import number

APPLICATION_ID = 0x74726B72  # "trkr": how we know that a SQLite file is ours
OLDEST_SQLITE = (3, 38, 0)  # STRICT came with 3.37, json operators with 3.38

migrations = Migrations("tracker")


def sql(name: str) -> str:
    return files(__name__).joinpath(f"{name}.sql").read_text("utf-8")


@migrations()
def m001_founding(db: Database) -> None:
    db.executescript(sql("001_tables"))
    db.executescript(sql("001_full_text"))


@migrations()
def m002_names_and_approvals(db: Database) -> None:
    db.executescript(sql("002_names_and_approvals"))


@migrations()
def m003_deliveries(db: Database) -> None:
    db.executescript(sql("003_deliveries"))


@migrations()
def m004_by_date(db: Database) -> None:
    db.executescript(sql("004_by_date"))


@migrations()
def m005_judged(db: Database) -> None:
    db.executescript(sql("005_judged"))


@migrations()
def m006_titles(db: Database) -> None:
    db.executescript(sql("006_titles"))


@migrations()
def m007_feeds(db: Database) -> None:
    db.executescript(sql("007_feeds"))


@migrations()
def m010_registrations(db: Database) -> None:
    db.executescript(sql("010_registrations"))
    for record, named in db.conn.execute("select record, secondary_ids from trials").fetchall():
        numbers = ((1, record), *((0, str(one)) for one in json.loads(named)))
        db.conn.executemany(
            "insert or ignore into registrations (record, number, own) values (?, ?, ?)",
            [(record, found.key, own) for own, text in numbers if (found := number(text))],
        )


def views() -> str:
    return sql("views") + sql("cards")


def make_views(db: Database) -> None:
    """Bring our views up to today's text. Nothing is written where they stand so; a user's own views are left alone."""
    with closing(Database(memory=True)) as fresh:
        migrations.apply(fresh)
        fresh.executescript(views())
        wanted, held = _views(fresh), _views(db)
    if wanted.items() <= held.items():
        return
    with db.atomic():
        for name in wanted.keys() & held.keys():
            db.conn.execute(f'drop view "{name}"')
        db.executescript(views())


def read_through_own_views(conn: sqlite3.Connection) -> None:
    """Today's views for a connection that may not write: temporary ones, which hide what the file holds."""
    conn.executescript(views().replace("create view ", "create temp view "))


def _views(db: Database) -> dict[str, str]:
    return {view.name: view.schema for view in db.views}
