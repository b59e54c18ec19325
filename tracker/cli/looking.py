"""What shows and changes nothing: show, status."""

import os

import click

from tracker.cli.group import cli, open_store
from tracker.dates import clock_from


@cli.command()
@click.argument("identifier", metavar="ID")
@click.pass_context
def show(context: click.Context, identifier: str) -> None:
    """One record with its labels, the words that made them, and its life in time.

    Example: tracker show NCT06393452
    """
    from tracker import terminal
    from tracker.store.reading import find_record

    with open_store(context, writing=False) as (_, store):
        click.echo(terminal.record_page(find_record(store, identifier)))


@cli.command()
@click.pass_context
def status(context: click.Context) -> int:
    """Health of each source, query and digest; exit code 1 when something failed or is overdue.

    Example: tracker status
    """
    from tracker import terminal
    from tracker.pipeline import health

    with open_store(context, writing=False) as (settings, store):
        report = health(settings, store, clock_from(os.environ))
    click.echo(terminal.health_table(report))
    return int(not report.well)
