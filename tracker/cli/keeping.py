"""What keeps the installation: init, check, backup, completion, demo."""

import os
from pathlib import Path

import click

from tracker.cli.group import cli, open_store


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="[DIR]")
@click.pass_context
def init(context: click.Context, folder: Path) -> None:
    """Write a queries.toml to start from: commented, with the shipped queries. What is there is not written over.

    \b
    Example:
      tracker init hair
      cd hair
      tracker check
    """
    from tracker.config import write_starter

    for path in write_starter(folder / context.obj["config"]):
        click.echo(f"wrote {path}")
    click.echo("Next: put your e-mail address there as contact, then: tracker check, tracker fetch, tracker digest")


@cli.command()
@click.pass_context
def check(context: click.Context) -> None:
    """Every mistake in queries.toml at once, each with its line and a hint; then the database.

    A mistake is exit code 2. A warning or a note (a query that is not about hair loss, an approach that no query
    follows) is said, and the exit code is 0.

    Example: tracker --config my/queries.toml check
    """
    from tracker.pipeline import check_file

    for line in check_file(context.obj["config"], os.environ, context.obj["db"]):
        click.echo(line)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--public", is_flag=True, help="Leave out deliveries, quarantine, and who judged and why.")
@click.pass_context
def backup(context: click.Context, file: Path, public: bool) -> None:
    """A copy of the database in one file, whole even while others write. A file that exists is not written over.

    \b
    Examples:
      tracker backup backups/2026-11-24.db
      tracker backup tracker-public.db --public
    To go back to it, put it in the place of the database; with --db it can be read where it is.
    """
    from tracker.store.backup import back_up

    with open_store(context, writing=False) as (_, store):
        count = store.rows("select count(*) as n from records")[0]["n"]
        size = back_up(store, file, public=public)
    click.echo(f"{file}: {count:,} records, {size:,} bytes, whole")


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """The script that makes a shell complete the commands and options of tracker.

    \b
    Examples:
      tracker completion bash > ~/.local/share/bash-completion/completions/tracker
      tracker completion zsh > ~/.zfunc/_tracker
      tracker completion fish > ~/.config/fish/completions/tracker.fish
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None, "click knows these three"
    click.echo(kind(cli, {}, "tracker", "_TRACKER_COMPLETE").source())


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
