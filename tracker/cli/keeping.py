"""What keeps the installation: check, demo."""

import os
from pathlib import Path

import click

from tracker.cli.group import cli


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
