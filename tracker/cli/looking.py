"""What shows and changes nothing: show, search, taxonomy, board, status."""

import json
import os

import click

from tracker.cli.group import cli, open_store, settings_of
from tracker.dates import clock_from


@cli.command()
@click.argument("identifier", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="The same as an object for programs: docs/json.md.")
@click.pass_context
def show(context: click.Context, identifier: str, as_json: bool) -> None:
    """One record as a page: what it is, its labels with the words that made them, its dates, links and history.

    ID is a PMID, a trial's number or a DOI. Examples:

    \b
      tracker show NCT06393452
      tracker show 10.1016/j.example.2026.01.001
      tracker show NCT06393452 --json | jq .trial.status
    """
    from tracker.store.reading import find_record

    with open_store(context, writing=False) as (_, store):
        record = find_record(store, identifier)
    if as_json:
        from tracker.page.record_json import json_of_record

        click.echo(json.dumps(json_of_record(record), ensure_ascii=False, indent=2))
    else:
        from tracker.page.record import record_page

        click.echo(record_page(record))


@cli.command()
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@click.option("--approach", default="", help="Only this family or leaf of the taxonomy, such as ev or act.mpc.")
@click.option("--stage", default="", help="Only this stage, such as phase2 or animal.")
@click.option("--kind", type=click.Choice(["article", "trial", "news"]), help="Only records of this kind.")
@click.option(
    "--since", default="", metavar="DATE", help="Only what is dated then or later: 2026, 2026-05, 2026-05-04."
)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Show at most so many.")
@click.option("--json", "as_json", is_flag=True, help="The same as an object for programs: docs/json.md.")
@click.pass_context
def search(
    context: click.Context,
    words: tuple[str, ...],
    approach: str,
    stage: str,
    kind: str | None,
    since: str,
    limit: int,
    as_json: bool,
) -> None:
    """Full text over everything that is held, off-topic records (marked so) last.

    Every word must occur; case, accents, hyphens and the plural do not matter, so that pp405, "PP-405" and "pp 405"
    are one. Words in quotation marks stand beside each other, exosom* takes any ending, OR in capitals means either.

    Examples:

    \b
      tracker search pp-405
      tracker search exosomes alopecia --stage animal --since 2025
      tracker search '"dermal papilla" OR organoid' --kind trial
    """
    from tracker.page.found import found_page, json_of_found
    from tracker.store.filters import Filters
    from tracker.store.searching import search

    text = " ".join(words)
    with open_store(context, writing=False) as (_, store):
        filters = Filters(approach=approach, stage=stage, kind=kind or "", since=since)
        found = search(store, text, filters, limit)
    click.echo(json.dumps(json_of_found(found), ensure_ascii=False, indent=2) if as_json else found_page(found))


@cli.command()
@click.option("--definitions", is_flag=True, help="With a sentence on what belongs to each.")
@click.pass_context
def taxonomy(context: click.Context, definitions: bool) -> None:
    """The approaches by family, with how many records hold each and which are followed by a query.

    \b
    Examples:
      tracker taxonomy
      tracker taxonomy --definitions | less
    """
    from tracker.classify import load_taxonomy
    from tracker.page.taxonomy import taxonomy_page
    from tracker.store.opening import there
    from tracker.store.reading import leaf_counts

    settings = settings_of(context)
    counts = None
    if there(settings.db):
        with open_store(context, writing=False) as (_, store):
            counts = leaf_counts(store)
    followed = {name for query in settings.queries for name in query.follows}
    click.echo(taxonomy_page(load_taxonomy(settings.approaches), counts, followed, definitions=definitions))


@cli.command()
@click.pass_context
def board(context: click.Context) -> None:
    """How far each approach has come, from the laboratory to approved, and what is not held.

    Example: tracker board
    """
    from tracker.digest.board import make_board, read_board
    from tracker.digest.plain import render_board

    with open_store(context, writing=False) as (_, store):
        made = make_board(read_board(store.db.conn))
    click.echo("\n".join(render_board(made)) if made else "Nothing is held yet; tracker fetch fills the board.")


@cli.command()
@click.pass_context
def status(context: click.Context) -> int:
    """Health of each source, query and digest; exit code 1 when something failed or is overdue.

    Example: tracker status
    """
    from tracker import terminal
    from tracker.pipeline import health
    from tracker.schedule.waiting import waiting

    clock = clock_from(os.environ)
    with open_store(context, writing=False) as (settings, store):
        report = health(settings, store, clock, waiting(settings, store, clock))
    click.echo(terminal.health_table(report))
    return int(not report.well)
