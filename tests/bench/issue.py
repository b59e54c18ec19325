"""One issue of a digest over a database of library.py, step by step: `python -m tests.bench.issue DATABASE`.

Prints JSON: "events" of the week, "works" (records told), "bytes" of each form, and [CPU seconds, wall seconds] of each
step: "first" in a process where nothing was read yet, then the "best" of three rounds more.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.library import PERIOD, QUERIES, SINCE, UNTIL
from tests.digest_case import Case, Settings, last_told
from tracker.digest.build import build
from tracker.digest.render import render_html, render_markdown, render_text
from tracker.store import Store

STEPS = ("gather", "build", "render")


def compose(store: Store) -> tuple[dict[str, tuple[float, float]], dict[str, Any]]:
    """({step: (CPU, wall)}, what came of it)."""
    case = Case(store.db, Settings(queries=QUERIES), PERIOD, SINCE, UNTIL, last_told(store.db, "weekly"))
    gather, material = _timed(case.material)
    building, digest = _timed(lambda: build(material, PERIOD))
    rendering, forms = _timed(lambda: [render(digest) for render in (render_markdown, render_html, render_text)])
    made = {
        "events": store.rows("select count(*) as n from events where id > ?", [case.after_event])[0]["n"],
        "works": len(material.works),
        "bytes": [len(form.encode()) for form in forms],
    }
    return dict(zip(STEPS, (gather, building, rendering), strict=True)), made


def _timed(work: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return (time.process_time() - cpu, time.perf_counter() - wall), result


def main() -> None:
    with Store.read(Path(sys.argv[1])) as store:
        first, made = compose(store)
        more = [compose(store)[0] for _ in range(3)]
    best = min(more, key=lambda steps: sum(cpu for cpu, _ in steps.values()))
    print(json.dumps({**made, "first": first, "best": best}))


if __name__ == "__main__":
    main()
