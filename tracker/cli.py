"""The commands. No logic: each reads its options, calls one function and prints what came back.

Whatever is slow to import is imported inside the command that needs it.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from tracker import __version__
from tracker.dates import clock_from
from tracker.errors import TrackerError

if TYPE_CHECKING:
    from tracker.config import Settings

_STYLE = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def run() -> NoReturn:
    """The program: errors that a user can act on become one line each and an exit code; a bug keeps its traceback."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupted)
    try:
        code = cli.main(standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:
        code = 130
    except TrackerError as error:
        for line in str(error).splitlines():
            click.echo(f"tracker: {line}", err=True)
        code = error.exit_code
    except BrokenPipeError:
        # The reader of a pipe went away (`tracker show ... | head`): nothing to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def _interrupted(number: int, _frame: object) -> NoReturn:
    # Open transactions roll back on the way out; what was committed stays, and the next run goes on from there.
    raise SystemExit(128 + number)


@click.group(context_settings=_STYLE)
@click.version_option(__version__, "--version", message="tracker %(version)s")
@click.option("--config", "config", type=click.Path(path_type=Path), default=Path("queries.toml"), show_default=True)
@click.option("--db", type=click.Path(path_type=Path), help="The database; by default as queries.toml says.")
@click.pass_context
def cli(context: click.Context, config: Path, db: Path | None) -> None:
    """How close is the regenerative treatment of hair loss to the clinic, and what moved this week?"""
    context.obj = {"config": config, "db": db}


def _settings(context: click.Context) -> "Settings":
    from dataclasses import replace

    from tracker.config import load

    settings = load(context.obj["config"], os.environ)
    return replace(settings, db=context.obj["db"]) if context.obj["db"] else settings


@contextlib.contextmanager
def _store(context: click.Context, *, writing: bool) -> "Iterator[Any]":
    from tracker.store import Store

    settings = _settings(context)
    with Store.open(settings.db) if writing else Store.read(settings.db) as store:
        yield settings, store


@cli.command()
@click.argument("names", nargs=-1, metavar="[QUERY]...")
@click.option("--source", "sources", multiple=True, help="Ask only this source; may be repeated.")
@click.option("--full", is_flag=True, help="Read every listed record again.")
@click.option("--dry-run", is_flag=True, help="Ask and count, but store nothing.")
@click.option("--accept-drift", is_flag=True, help="Go on although a query lost a part or grew tenfold.")
@click.pass_context
def fetch(
    context: click.Context,
    names: tuple[str, ...],
    sources: tuple[str, ...],
    full: bool,
    dry_run: bool,
    accept_drift: bool,
) -> int:
    """Pull PubMed and ClinicalTrials.gov, classify what came, store it.

    Example: tracker fetch pp405 --source pubmed
    """
    from tracker import terminal
    from tracker.pipeline import FetchOptions, fetch_all

    settings = _settings(context)
    with terminal.FetchProgress() as progress:
        options = FetchOptions(full=full, dry_run=dry_run, accept_drift=accept_drift)
        tallies = fetch_all(settings, clock_from(os.environ), names, sources, options, progress)
    click.echo(terminal.fetch_table(tallies))
    return int(any(tally.error for tally in tallies))


@cli.command()
@click.argument("names", nargs=-1, metavar="[DIGEST]...")
@click.option("--dry-run", is_flag=True, help="Print the issue and keep nothing.")
@click.option("--period", help="Print an earlier issue as it was fixed, such as 2026-W48.")
@click.pass_context
def digest(context: click.Context, names: tuple[str, ...], dry_run: bool, period: str | None) -> None:
    """Write the issue of the current period from everything not yet told.

    Example: tracker digest weekly --dry-run
    """
    from tracker import terminal
    from tracker.pipeline import compose, stored_issue

    with _store(context, writing=True) as (settings, store):
        for one in [settings.digest(name) for name in names] or settings.digests:
            if period:
                issue = stored_issue(settings, store, one, period)
            else:
                issue = compose(settings, store, one, clock_from(os.environ), dry_run=dry_run)
            click.echo(issue.markdown if dry_run or period else terminal.issue_line(issue))


@cli.command()
@click.pass_context
def status(context: click.Context) -> int:
    """Health of each source, query and digest; exit code 1 when something failed or is overdue.

    Example: tracker status
    """
    from tracker import terminal
    from tracker.pipeline import health

    with _store(context, writing=False) as (settings, store):
        report = health(settings, store, clock_from(os.environ))
    click.echo(terminal.health_table(report))
    return int(not report.well)


@cli.command()
@click.argument("identifier", metavar="ID")
@click.pass_context
def show(context: click.Context, identifier: str) -> None:
    """One record with its labels, the words that made them, and its life in time.

    Example: tracker show NCT06393452
    """
    from tracker import terminal
    from tracker.store.reading import find_record

    with _store(context, writing=False) as (_, store):
        click.echo(terminal.record_page(find_record(store, identifier)))


@cli.command()
@click.pass_context
def check(context: click.Context) -> None:
    """Every mistake in queries.toml at once, each with its line; then the database.

    Example: tracker --config my/queries.toml check
    """
    from tracker.classify import load_taxonomy
    from tracker.config import load
    from tracker.pipeline import check_all

    leaves = [name for leaf in load_taxonomy().leaves for name in (leaf.id, leaf.family)]
    for line in check_all(load(context.obj["config"], os.environ, leaves)):
        click.echo(line)


@cli.command()
@click.option("--dir", "folder", type=click.Path(path_type=Path), default=Path("demo"), show_default=True)
@click.option("--serve", is_flag=True, help="Only start the stand-ins and keep them running.")
def demo(folder: Path, serve: bool) -> None:
    """The whole job on made-up records: a baseline and two weeks, played by stand-ins for both sources.

    Example: tracker demo --dir /tmp/tracker-demo
    """
    from tracker.demo.play import play, serve_only

    if serve:
        serve_only(click.echo)
    else:
        play(folder, click.echo)
