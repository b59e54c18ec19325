"""Datasette on the database, dressed for this field: pages, canned queries, charts, a map. Reads only; changes nothing.

    serving.py    makes the Datasette and serves it (in a process of its own: `python -m tracker.browse.serving`)
    metadata.py   what each table and view is called and shows first; canned.toml and charts.toml are its words
    plugin.py     what our pages need of Datasette: routes, cells, template variables
    pages.py      what stands on a page, read from the database

Datasette comes with the extra `browse`, so nothing here is imported before `start` has found it.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

from tracker.errors import ConfigError

NEEDED = ("datasette", "datasette_dashboards", "datasette_cluster_map", "datasette_template_sql", "datasette_json_html")


def start(path: Path, port: int, *, open_page: bool) -> int:
    """Serve the database on 127.0.0.1 until interrupted. Returns the exit code of the server.

    Raises ConfigError when the extra is not installed.
    """
    missing = [name.replace("_", "-") for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(f"browse needs {', '.join(missing)}; run: pip install 'follicle-tracker[browse]'")
    command = [sys.executable, "-m", "tracker.browse.serving", str(path), str(port), *["--open"] * open_page]
    return subprocess.call(command)
