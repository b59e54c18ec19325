"""Our side of Datasette's hooks: pages of our own, cells that read like text, and what nobody is to read."""

import re
import sqlite3
from typing import Any
from urllib.parse import urlsplit

from datasette import hookimpl
from datasette.utils.asgi import Request, Response
from markupsafe import Markup, escape

from tracker.browse import pages
from tracker.browse.metadata import INSIDE, NAME, PRIVATE, QUESTION, TITLES
from tracker.store.filters import Filters

_RECORD = re.compile(r"(?:pubmed-\d+|NCT\d{8}|feed-[0-9a-f]{16})")
_KEYED = ("trials", "events", "labels", "links", "judgements")
_NAVIGATION = (
    ("Records", f"/{NAME}/cards"),
    ("What moved", f"/{NAME}/what_moved"),
    ("Board", "/board"),
    ("Charts", f"/-/dashboards/{NAME}"),
    ("Map", f"/{NAME}/trial_sites"),
    ("Questions", f"/{NAME}#queries"),
)


@hookimpl
def prepare_connection(conn: sqlite3.Connection) -> None:
    """What is private reads as nothing, by whatever SQL it is asked for."""

    def allowed(action: int, table: str | None, *_: object) -> int:
        private = action == sqlite3.SQLITE_READ and table in PRIVATE
        return sqlite3.SQLITE_IGNORE if private else sqlite3.SQLITE_OK

    conn.set_authorizer(allowed)


@hookimpl
def prepare_jinja2_environment(env: Any) -> None:
    env.filters["address"] = address
    env.filters["record_path"] = record_path
    env.globals["navigation"] = _NAVIGATION
    env.globals["question"] = QUESTION
    env.globals["titles"] = TITLES
    env.globals["inside"] = INSIDE


def address(url: object) -> str:
    """An address that a page may link to, or ""."""
    try:
        return str(url) if urlsplit(str(url)).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def record_path(record: str) -> str:
    return f"/{NAME}/records/{record}"


@hookimpl
def render_cell(value: Any, column: str, table: str | None) -> Markup | None:
    """Lists as pills, ids as links to their page, addresses as links; the rest as Datasette does."""
    if column == "record" and table in _KEYED:
        return None  # a foreign key, which Datasette shows by its title
    if isinstance(value, str) and _RECORD.fullmatch(value):
        return Markup('<a href="{}">{}</a>').format(record_path(value), value.removeprefix("pubmed-"))
    if column == "url" and address(value):
        return Markup('<a href="{}" rel="noreferrer">{}</a>').format(value, urlsplit(str(value)).hostname)
    if column == "notice" and value:
        return Markup('<strong class="notice">{}</strong>').format(value)
    if column == "severity" and value in (1, 2, 3):
        return Markup('<span class="severity s{}">{}</span>').format(value, ("low", "medium", "high")[value - 1])
    names = pages.names_of(value)
    if names is None:
        return None
    linked = (render_cell(value=name, column="", table=None) or escape(name) for name in names)
    pills = (Markup('<span class="pill">{}</span> ').format(name) for name in linked)
    return Markup("<span>{}</span>").format(Markup("").join(pills))  # never empty, or Datasette shows the list as it is


@hookimpl
def extra_template_vars(request: Request | None, datasette: Any, table: str | None, view_name: str) -> Any:
    """What the home page and the page of a record show beside Datasette's own."""

    async def read() -> dict[str, Any]:
        database = datasette.get_database(NAME)
        if view_name == "index":
            return {"home": await database.execute_fn(pages.home)}
        if view_name == "row" and table == "records" and request is not None:
            identifier = request.url_vars["pks"]
            return await database.execute_fn(lambda connection: pages.record(connection, identifier))  # type: ignore[no-any-return]
        return {}

    return read


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/search$", _search), (r"^/board$", _board)]


async def _search(request: Request, datasette: Any) -> Response:
    words = request.args.get("q") or ""
    named = {name: request.args.get(name) or "" for name in ("approach", "stage", "kind", "since")}
    answer = await datasette.get_database(NAME).execute_fn(
        lambda connection: pages.found(connection, words, Filters(**named))
    )
    return Response.html(await datasette.render_template("search.html", answer | {"named": named}, request=request))


async def _board(request: Request, datasette: Any) -> Response:
    values = await datasette.get_database(NAME).execute_fn(pages.whole_board)
    return Response.html(await datasette.render_template("board.html", values, request=request))
