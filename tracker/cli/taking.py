"""What is taken away and looked at with other programs: export, browse."""

from pathlib import Path

import click

from tracker.cli.group import cli, open_store

FORMATS = ("ris", "bibtex", "nbib", "csv", "json", "atom", "ics")


@cli.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="What to write.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write; standard output otherwise.")
@click.option("--search", "words", default="", metavar="WORDS", help="Only what tracker search finds for these words.")
@click.option("--query", default="", help="Only what this query listed.")
@click.option("--approach", default="", help="Only this family or leaf of the taxonomy, such as ev or act.mpc.")
@click.option("--stage", default="", help="Only this stage, such as phase2 or animal.")
@click.option("--kind", type=click.Choice(["article", "trial", "news"]), help="Only records of this kind.")
@click.option(
    "--since", default="", metavar="DATE", help="Only what is dated then or later: 2026, 2026-05, 2026-05-04."
)
@click.pass_context
def export(
    context: click.Context,
    ids: tuple[str, ...],
    form: str,
    output: Path | None,
    words: str,
    query: str,
    approach: str,
    stage: str,
    kind: str | None,
    since: str,
) -> None:
    """Records for other programs: reference managers, spreadsheets, feed readers, calendars.

    ris, bibtex and nbib are for reference managers (nbib holds articles alone), csv and json (an object a line) for
    tables and programs; atom is what moved in these records, ics the completion dates of trials. Without ID, everything
    that is on topic, each work once. Always UTF-8.

    \b
    Examples:
      tracker export --format ris --approach ev --since 2025 -o exosomes.ris
      tracker export --format ics --kind trial -o trials.ics
      tracker export NCT06393452 38212345 --format bibtex
    """
    from tracker.pipeline.exporting import choose
    from tracker.pipeline.exporting import export as write
    from tracker.store.filters import Filters

    filters = Filters(query=query, approach=approach, stage=stage, kind=kind or "", since=since)
    with open_store(context, writing=False) as (_, store):
        for line in write(choose(store, ids, words, filters), form, output):
            click.echo(f"tracker: {line}", err=True)


@cli.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="0 takes a free one.")
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
@click.pass_context
def browse(context: click.Context, port: int, no_open: bool) -> int:
    """The database in Datasette, on this machine alone: what moved, the board, search, charts, a map, every record.

    It reads only, and shows each commit of a fetch at once. Ctrl-C ends it. To publish a copy, take one that holds
    nothing private: tracker backup --public.

    \b
    Examples:
      tracker browse
      tracker --db tracker-public.db browse --port 8080 --no-open
    """
    from tracker.browse import start

    with open_store(context, writing=False) as (settings, _):
        path = settings.db
    return start(path, port, open_page=not no_open)
