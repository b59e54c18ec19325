"""The demo: a baseline and two weeks of the made-up corpus, fetched over real HTTP from the stand-ins, told in digests.

Everything but the upstream is the product itself: the same queries, fetch, classification, database and digest.
"""

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from tracker.config import Settings, load, shipped
from tracker.dates import Clock, clock_from
from tracker.demo import corpus
from tracker.demo.faults import Html, Status
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.errors import StoreError
from tracker.pipeline import compose, fetch_all
from tracker.sources.pubmed.live import UNHEARD_OF
from tracker.store import Store
from tracker.terminal import fetch_table, issue_line

Echo = Callable[[str], None]

MARKER = ".tracker-demo"
PORT = 8642

# So that no command on the demo's own database ever asks the real hosts.
STAND_INS = f"""
# ---- The demo's sources are stand-ins on this machine: `tracker demo --serve` starts them.
[sources.pubmed]
url = "http://127.0.0.1:{PORT}/entrez/eutils/"
[sources.clinicaltrials]
url = "http://127.0.0.1:{PORT}/api/v2/"
"""

BASELINE = date(2026, 11, 9)


@dataclass(frozen=True, slots=True)
class Monday:
    """One Monday of the demo: what it is called, and what the upstream does wrong that day."""

    day: date
    title: str
    trouble: str = ""


MONDAYS = (
    Monday(BASELINE, "the baseline: whatever is there before tracker begins is never told as new"),
    Monday(date(2026, 11, 16), "week one", "PubMed answers one request with a maintenance page, with status 200"),
    Monday(date(2026, 11, 23), "week two", "ClinicalTrials.gov answers two requests with 503"),
)


def play(folder: Path, echo: Echo) -> None:
    """Play the three Mondays into `folder`. Raises StoreError for a folder that holds something else than a demo."""
    config = _prepare(folder)
    with _stand_in() as stand_in:
        settings = _hurried(load(config, stand_in.environment))
        for monday in MONDAYS:
            echo(f"\n== Monday {monday.day}: {monday.title}")
            _advance(stand_in, monday, echo)
            _one_monday(settings, _seven_o_clock(monday.day), echo)
    newest = sorted((folder / "digests").glob("*.md"))[-1]
    me = _own_name()
    echo(f"""
All of it is made up. The newest digest:   {newest}
See the trial that slipped:                {me} --config {config} show NCT99900002
Every digest and the database:             {folder / "digests"}, {folder / "db"}
Look around in it:                         {me} --config {config} browse
Now with the real sources: put your address into queries.toml (contact), then: {me} fetch""")


def serve_only(echo: Echo) -> None:
    """Only the stand-ins, with the corpus as of its last week, until interrupted. Raises StoreError on a taken port."""
    try:
        stand_in = _stand_in(PORT)
    except OSError as error:
        raise StoreError(
            f"port {PORT} of 127.0.0.1 cannot be used ({error.strerror}); is a demo serving already?"
        ) from None
    with stand_in:
        for monday in MONDAYS:
            _update(stand_in.upstream, monday.day)
        echo(
            "The stand-ins of both sources are serving; Ctrl-C stops them. In another terminal commands ask them after"
        )
        for name, value in stand_in.environment.items():
            echo(f"export {name}={value}")
        while True:
            time.sleep(3600)


def _stand_in(port: int = 0) -> StandIn:
    """Both stand-ins on loopback, holding nothing yet. PubMed's own index knows every phrase that we ask for, but for
    the one that `check --live` makes up."""
    return StandIn(Upstream(known_phrases=lambda phrase: phrase != UNHEARD_OF), port)


def _advance(stand_in: StandIn, monday: Monday, echo: Echo) -> None:
    _update(stand_in.upstream, monday.day)
    if monday.trouble:
        echo(f"   {monday.trouble}; it is asked again.")
        where, fault = (
            ("esearch", Html("Site maintenance")) if monday.trouble.startswith("PubMed") else ("studies", Status(503))
        )
        stand_in.misbehave(where, fault, times=1 if where == "esearch" else 2)


def _update(upstream: Upstream, day: date) -> None:
    """Bring the upstream to the state of that Monday."""
    if day == BASELINE:
        articles, studies = corpus.articles(), corpus.studies()
    else:
        week = next(week for week in corpus.weeks() if week.date == day)
        articles, studies = week.articles, week.studies
    for article in articles:
        upstream.put_article(article.xml, date.fromisoformat(article.entered), date.fromisoformat(article.modified))
    for study in studies:
        upstream.put_study(study)
    upstream.data_timestamp = f"{day}T05:00:05"


def _one_monday(settings: Settings, clock: Clock, echo: Echo) -> None:
    tallies = fetch_all(settings, clock)
    echo(fetch_table(tallies))
    with Store.open(settings.db) as store:
        for digest in settings.digests:
            echo(f"-> {issue_line(compose(settings, store, digest, clock))}")


def _own_name() -> str:
    """How this program was called, so that the next command can be typed as it stands."""
    called = sys.argv[0]
    return called if called.endswith("tracker") and not shutil.which("tracker") else "tracker"


def _hurried(settings: Settings) -> Settings:
    """The stand-ins do not mind haste; the real hosts are asked three times and once a second."""
    sources = {name: replace(source, pace=100.0, retry_wait=0.1) for name, source in settings.sources.items()}
    return replace(settings, sources=sources)


def _seven_o_clock(day: date) -> Clock:
    return clock_from({"TRACKER_NOW": f"{day}T07:00:00Z"})


def _prepare(folder: Path) -> Path:
    """An empty folder, or one of an earlier demo emptied again, with the shipped queries. Returns their file."""
    marker, config = folder / MARKER, folder / "queries.toml"
    try:
        if folder.is_dir() and any(folder.iterdir()) and not marker.exists():
            raise StoreError(f"{folder}: holds something else than a demo; name an empty folder with --dir")
        text = shipped().read_text("utf-8") + STAND_INS
        if config.is_file() and config.read_text("utf-8") != text:
            raise StoreError(f"{config}: was edited, and the demo would begin anew; name another folder with --dir")
        for name in ("db", "digests"):
            shutil.rmtree(folder / name, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        marker.write_text("Made by `tracker demo`, which empties this folder when it runs again.\n")
        config.write_text(text, "utf-8")
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written ({error.strerror}); name another folder with --dir") from None
    return config
