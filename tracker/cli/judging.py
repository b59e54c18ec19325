"""How records are judged: classify (today's rules), why (what they found) and label (a person's word)."""

import json
import os
import sys
from pathlib import Path

import click

from tracker.cli.group import ANY_PATH, cli, open_store
from tracker.dates import clock_from


@cli.command()
@click.option("--dry-run", is_flag=True, help="Print what would change, and write nothing.")
@click.pass_context
def classify(context: click.Context, dry_run: bool) -> None:
    """Judge every held record again by today's rules, and show what changes.

    Each record is read from its newest version. Labels that come, go or change are counted, with up to three examples
    each. What says the same is not written again, and what a person said (tracker label) stays.

    Example, before and after a new [[approach]] in queries.toml:

    \b
      tracker classify --dry-run
      tracker classify
    """
    from tracker import terminal
    from tracker.classify import Classifier, load_taxonomy
    from tracker.page.review import review_page
    from tracker.pipeline import prepare
    from tracker.pipeline.judging import classify_all

    clock = clock_from(os.environ)
    with open_store(context, writing=not dry_run) as (settings, store):
        taxonomy = load_taxonomy(settings.approaches)
        if not dry_run:
            prepare(settings, store, taxonomy, clock)
        with terminal.CountProgress("records") as progress:
            review = classify_all(settings, store, Classifier(taxonomy), clock, dry_run=dry_run, progress=progress)
    click.echo(review_page(review, dry_run=dry_run))


@cli.command()
@click.argument("identifier", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="The same for programs: every finding with its offsets.")
@click.pass_context
def why(context: click.Context, identifier: str, as_json: bool) -> None:
    """Why a record is judged as it is: its text with the words marked, and every rule that fired or was vetoed.

    The record is read again by today's rules. On a terminal words that made a label are bold and vetoed ones struck
    out; elsewhere they stand in [[ ]] and (( )).

    Example: tracker why 39155501
    """
    from tracker.classify import Classifier, load_taxonomy
    from tracker.errors import ConfigError
    from tracker.page.why import PIPED, TERMINAL, json_of_why, why_page
    from tracker.pipeline.judging import reread
    from tracker.store.reading import find_record, record_of

    with open_store(context, writing=False) as (settings, store):
        name = record_of(store, identifier)
        record = reread(settings, store, name)
        if record is None:
            raise ConfigError(f"{name}: nothing that a source sent of it is held; fetch it again")
        words = find_record(store, name).judgements
        linked, said = store.linked_phases(record), store.approaches_said(name)
        findings = Classifier(load_taxonomy(settings.approaches)).explain(record, linked, said)
    if as_json:
        click.echo(json.dumps(json_of_why(record, findings), ensure_ascii=False, indent=2))
    else:
        click.echo(why_page(record, findings, words, TERMINAL if sys.stdout.isatty() else PIPED))


@cli.command()
@click.argument("identifier", metavar="ID", required=False)
@click.argument("statements", nargs=-1, metavar="[AXIS=LABEL]...")
@click.option("--note", default="", help="Why; shown with the label.")
@click.option("--author", help="Who says so; by default the user's name.")
@click.option("--drop", is_flag=True, help="Take it back: the labels named, or all that was said of the record.")
@click.option("--import", "file", type=ANY_PATH, metavar="FILE.csv",
              help="Many at once: columns id, label, and where wanted says (yes, no), note, author.")  # fmt: skip
@click.pass_context
def label(
    context: click.Context,
    identifier: str | None,
    statements: tuple[str, ...],
    note: str,
    author: str | None,
    drop: bool,
    file: Path | None,
) -> int:
    """Say what a record is; your word is kept apart and lies over the rules from now on.

    AXIS is approach, condition, stage or relevance (core, hair, off); `!=` says that the rules are wrong. It survives
    fetching and classifying, and `tracker show` names you. Leaves are listed by: tracker taxonomy

    Examples:

    \b
      tracker label 39155501 approach=ev.plant approach!=cell.hfsc --note "grape vesicles"
      tracker label NCT06393452 stage=phase2
      tracker label 39155501 relevance=off
      tracker label 39155501 approach=ev.plant --drop
      tracker label --import labels.csv

    \b
    A file has a line of heads; one line that is wrong is named, and the others are taken:
      id,label,says,note
      39155501,approach=ev.plant,yes,grape vesicles
      NCT06393452,approach=cell.hfsc,no,a drug and no cells
    """
    from tracker.pipeline.labelling import Judge, user_name

    if bool(file) == bool(identifier) or (identifier and not statements and not drop) or (file and drop):
        raise click.UsageError("write an ID and what it is (approach=..., stage=...), or --drop, or --import FILE")
    who = user_name() if author is None else author
    with open_store(context, writing=True) as (settings, store):
        judge = Judge(settings, store, clock_from(os.environ))
        if file:
            taken = judge.take_file(file, who)
            click.echo(f"{file}: {taken.lines} line{'' if taken.lines == 1 else 's'} taken")
            for mistake in taken.mistakes:
                click.echo(f"tracker: {mistake}", err=True)
            return int(bool(taken.mistakes))
        name = str(identifier)
        lines = judge.drop(name, statements) if drop else judge.say(name, statements, who, note)
    click.echo("\n".join(lines))
    return 0
