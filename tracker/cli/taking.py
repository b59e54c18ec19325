"""What is taken away: export."""

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
