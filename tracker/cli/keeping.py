"""What keeps the installation: init, check, backup, completion, demo."""

import os
from pathlib import Path

import click

from tracker.cli.group import cli, open_store, settings_of
from tracker.dates import clock_from


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
@click.argument("names", nargs=-1, metavar="[QUERY]...")
@click.option("--live", is_flag=True, help="Then ask the sources: the shape of their answers, what queries find.")
@click.option("--requests", type=click.IntRange(min=1), help="With --live: the most requests to make; 60 by default.")
@click.pass_context
def check(context: click.Context, names: tuple[str, ...], live: bool, requests: int | None) -> int:
    """Every mistake in queries.toml at once, each with its line and a hint; then the database.

    A mistake is exit code 2. A warning or a note (a query that is not about hair loss, an approach that no query
    follows) is said, and the exit code is 0.

    With --live the sources are asked, each at its pace and three times at most, whether their answers still have the
    shape that is read; then each QUERY and feed (all by default): how much it finds, which of its gold ids it lists,
    what PubMed dropped or read otherwise, what each alternative of it finds, what it has in common with others. Exit
    code 1 when a source fails, or what is read has changed. Nothing is stored.

    \b
    Examples:
      tracker --config my/queries.toml check
      tracker check --live
      tracker check --live exosomes --requests 100
    """
    from tracker import terminal
    from tracker.pipeline import check_file, check_live
    from tracker.pipeline.living import REQUESTS

    if not live and (names or requests):
        raise click.UsageError("the names of queries and --requests go with --live")
    for line in check_file(context.obj["config"], os.environ, context.obj["db"]):
        click.echo(line)
    if not live:
        return 0
    failed = False
    for found in check_live(settings_of(context), clock_from(os.environ), names, requests or REQUESTS):
        click.echo(terminal.live_line(found))
        failed = failed or found.level == "error"
    return int(failed)


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
