"""The Datasette itself: one database under the name `tracker`, read-only, on this machine alone.

python -m tracker.browse.serving DATABASE PORT [--open]
"""

import argparse
import asyncio
import socket
import sys
import threading
import webbrowser
from pathlib import Path

import uvicorn
from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm

from tracker.browse import plugin
from tracker.browse.metadata import metadata

HERE = Path(__file__).parent
NAME = "tracker"
HOST = "127.0.0.1"
SETTINGS = {
    "sql_time_limit_ms": 3000,
    "facet_time_limit_ms": 1500,
    "suggest_facets": False,
    "default_facet_size": 12,
    "default_page_size": 50,
    "truncate_cells_html": 400,
    "allow_download": False,  # it would hold deliveries; `tracker backup --public` makes what may be given away
}


def make(path: Path) -> Datasette:
    """A Datasette over this database, with our pages. It never writes, and sees each commit of a fetch at once."""
    if not pm.is_registered(plugin):
        pm.register(plugin, name="tracker.browse")
    datasette = Datasette(
        [],
        metadata=metadata(),
        template_dir=str(HERE / "templates"),
        static_mounts=[("tracker-static", str(HERE / "static"))],
        settings=SETTINGS,
    )
    datasette.add_database(Database(datasette, path=str(path), is_mutable=True), name=NAME)
    return datasette


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("database", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--open", action="store_true")
    options = parser.parse_args()
    try:
        listening = socket.create_server((HOST, options.port))
    except OSError as error:
        print(f"tracker: port {options.port}: {error.strerror}; name another with --port", file=sys.stderr)
        return 1
    address = f"http://{HOST}:{listening.getsockname()[1]}/"
    datasette = make(options.database)
    asyncio.run(datasette.invoke_startup())
    print(f"{options.database} at {address} (Ctrl-C ends it)", flush=True)
    if options.open:
        threading.Timer(1.0, webbrowser.open, [address]).start()
    uvicorn.Server(uvicorn.Config(datasette.app(), log_level="warning", lifespan="on")).run([listening])
    return 0


if __name__ == "__main__":
    sys.exit(main())
