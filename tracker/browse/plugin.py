"""Our side of Datasette's hooks: pages of our own, cells that read like text, and what nobody is to read."""

import re
import sqlite3
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from datasette import hookimpl
from datasette.utils import tilde_decode, tilde_encode
from datasette.utils.asgi import Request, Response
from datasette.views.base import DatasetteError
from markupsafe import Markup, escape

from tracker.browse import pages
from tracker.browse.metadata import INSIDE, NAME, PRIVATE, QUESTION, TITLES
from tracker.classify import load_taxonomy
from tracker.digest.wording import clean, moment, reference, source_name
from tracker.records import source_of
from tracker.store.filters import Filters

_RECORD = re.compile(
    r"(?:pubmed-\d+|NCT\d{8}|feed-[0-9a-f]{16}|ISRCTN\d{8}|20\d\d-5\d{5}-\d\d-\d\d|ictrp-[^\s<>]{1,60})"
)
_IDS = ("id", "record", "target", "same_as", "trial", "paper", "furthest_trial", "next_readout_trial")
_NOTHING_LEFT = re.compile(r"[^\w]*")  # of a search: what is no word
_ASKED_WRONG = (sqlite3.Error, ValueError, KeyError, IndexError, AssertionError)
_KEYED = ("trials", "events", "labels", "links", "judgements")
_NAVIGATION = (
    ("Records", f"/{NAME}/cards"),
    ("What moved", f"/{NAME}/what_moved"),
    ("Board", "/board"),
    ("Digests", f"/{NAME}/digests"),
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
    env.filters["moment"] = moment
    env.filters["pills"] = pills
    env.filters["called"] = lambda name: _leaves().get(name, pages.GROUPS.get(name, name))
    env.filters["reference"] = reference
    env.filters["source_of"] = lambda record: source_name(source_of(record))
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
    return f"/{NAME}/records/{tilde_encode(record)}"


@hookimpl
def render_cell(value: Any, column: str, table: str | None) -> Markup | None:
    """Lists as pills, ids as links to their page, addresses as links; the rest as Datasette does."""
    if column == "record" and table in _KEYED:
        return None  # a foreign key, which Datasette shows by its title
    if isinstance(value, str) and (_RECORD.fullmatch(value) or (column in _IDS and source_of(value))):
        return Markup('<a href="{}">{}</a>').format(record_path(value), value.removeprefix("pubmed-"))
    if column == "url" and address(value):
        return Markup('<a href="{}" rel="noreferrer">{}</a>').format(value, urlsplit(str(value)).hostname)
    if column == "notice" and value:
        return Markup('<strong class="notice">{}</strong>').format(value)
    if column == "severity" and value in (1, 2, 3):
        return Markup('<span class="severity s{}">{}</span>').format(value, ("low", "medium", "high")[value - 1])
    if column == "label" and table == "labels":
        return Markup("{}").format(_leaves().get(value, value))
    return pills(value) if pages.names_of(value) is not None else None


def pills(value: object) -> Markup:
    """The texts of a JSON list, each in a pill; ids lead to their page."""
    names = pages.names_of(value) or []
    linked = (render_cell(value=name, column="", table=None) or escape(name) for name in names)
    each = (Markup('<span class="pill">{}</span> ').format(name) for name in linked)
    return Markup("<span>{}</span>").format(Markup("").join(each))  # never empty, or Datasette shows the list as it is


@cache
def _leaves() -> dict[str, str]:
    """What approaches and conditions are called; stages are ids that can be read."""
    taxonomy = load_taxonomy()
    named: tuple[Any, ...] = (*taxonomy.leaves, *taxonomy.conditions, *taxonomy.stages)
    return {one.id: one.label for one in named}


@hookimpl(tryfirst=True)
def handle_exception(datasette: Any, request: Request, exception: Exception) -> Any:
    """An address that asks for what there is not, such as a page or a column, is answered and is no fault of ours."""
    unsorted = isinstance(exception, DatasetteError) and exception.status == 500
    if not unsorted and not isinstance(exception, _ASKED_WRONG):
        return None

    async def answer() -> Response:
        said = {"ok": False, "status": 400, "title": "Nothing is there"}
        said["error"] = (
            f"This address asks for what there is not ({clean(str(exception) or type(exception).__name__, 200)})."
        )
        if request.path.endswith(".json"):
            return Response.json(said, status=400)
        return Response.html(await datasette.render_template("error.html", said, request=request), status=400)

    return answer


@hookimpl
def asgi_wrapper(datasette: Any) -> Any:
    """A search for signs alone, which full text would refuse, is no search."""

    def wrap(app: Any) -> Any:
        async def ask(scope: dict[str, Any], receive: Any, send: Any) -> None:
            asked = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
            kept = [(name, value) for name, value in asked if name != "_search" or not _NOTHING_LEFT.fullmatch(value)]
            if kept != asked:
                scope = scope | {"query_string": urlencode(kept).encode()}
            await app(scope, receive, send)

        return ask

    return wrap


@hookimpl
def extra_template_vars(request: Request | None, datasette: Any, table: str | None, view_name: str) -> Any:
    """What the home page and the page of a record show beside Datasette's own."""

    async def read() -> dict[str, Any]:
        database = datasette.get_database(NAME)
        if view_name == "index":
            return {"home": await database.execute_fn(pages.home)}
        if view_name == "row" and table == "records" and request is not None:
            identifier = tilde_decode(request.url_vars["pks"])
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
