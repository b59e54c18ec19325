"""What brings records in: fetch, import."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.cli.group import ANY_PATH, cli, settings_of
from tracker.dates import clock_from

if TYPE_CHECKING:
    from tracker.config import Settings


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

    settings = settings_of(context)
    with terminal.FetchProgress() as progress:
        options = FetchOptions(full=full, dry_run=dry_run, accept_drift=accept_drift)
        tallies = fetch_all(settings, clock_from(os.environ), names, sources, options, progress)
    click.echo(terminal.fetch_table(tallies))
    _say_if_outdated(settings)
    return int(any(tally.error for tally in tallies))


@cli.command("import")
@click.argument("files", nargs=-1, required=True, type=ANY_PATH, metavar="FILE...")
@click.option("--query", default="", help="Tie the records to this query, as records that were there before.")
@click.pass_context
def import_files(context: click.Context, files: tuple[Path, ...], query: str) -> int:
    """Store records from files: PubMed XML, MEDLINE (.nbib), ClinicalTrials.gov JSON; of other registries ISRCTN and
    WHO ICTRP (XML, CSV) and EU CTIS (JSON, CSV); plain, gzipped or in a zip.

    What comes from a file is never announced as new. A version older than the one held is kept and changes nothing.

    Example: tracker import pubmed26n0001.xml.gz ctg-studies.json --query exosomes
    """
    from tracker import terminal
    from tracker.pipeline import import_all

    settings = settings_of(context)
    with terminal.ImportProgress() as progress:
        tallies = import_all(settings, clock_from(os.environ), files, query, progress)
    click.echo(terminal.import_table(tallies))
    _say_if_outdated(settings)
    return int(any(tally.error for tally in tallies))


def _say_if_outdated(settings: "Settings") -> None:
    from tracker.pipeline import outdated
    from tracker.store import Store
    from tracker.store.opening import there

    if there(settings.db):
        with Store.read(settings.db) as store:
            for line in outdated(settings, store):
                click.echo(line)
