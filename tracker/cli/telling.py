"""What is told: digest."""

import os

import click

from tracker.cli.group import cli, open_store
from tracker.dates import clock_from


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

    with open_store(context, writing=True) as (settings, store):
        for one in [settings.digest(name) for name in names] or settings.digests:
            if period:
                issue = stored_issue(settings, store, one, period)
            else:
                issue = compose(settings, store, one, clock_from(os.environ), dry_run=dry_run)
            click.echo(issue.markdown if dry_run or period else terminal.issue_line(issue))
