"""What is told: digest."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tracker.cli.group import cli, open_store
from tracker.dates import clock_from
from tracker.errors import ConfigError

if TYPE_CHECKING:
    from tracker.config import Digest, Settings
    from tracker.store import Store


@cli.command()
@click.argument("names", nargs=-1, metavar="[DIGEST]...")
@click.option("--dry-run", is_flag=True, help="Print the issue and keep nothing.")
@click.option("--period", metavar="P", help="Print an earlier issue as it was fixed, such as 2026-W48.")
@click.option(
    "--as-of",
    metavar="T",
    help="Print the issue as if the clock stood at T and keep nothing: 2026-11-23 (at the digest's own hour), "
    "2026-11-23T12:00 (in the time zone of queries.toml) or 2026-11-23T12:00:00Z.",
)
@click.option("--baseline", is_flag=True, help="Write the state of the field: what is held, not what moved.")
@click.option("--explain-missing", "missing", metavar="ID", help="Say why a record is not in the digest.")
@click.option("--send", is_flag=True, help="Send it to its recipients, and whatever else waits to be sent.")
@click.option("--to", metavar="ADDRESS", help="Send it to this address alone: a test that leaves no trace.")
@click.pass_context
def digest(
    context: click.Context,
    names: tuple[str, ...],
    dry_run: bool,
    period: str | None,
    as_of: str | None,
    baseline: bool,
    missing: str | None,
    send: bool,
    to: str | None,
) -> int:
    """Write the issue of the current period from everything not yet told.

    Its mails are fixed with it, and sent by --send, `tracker deliver`, `run` or `schedule`. With --send --dry-run the
    mail is shown as it would go, and written as .eml and .html to look at.

    \b
    Examples:
      tracker digest weekly --dry-run
      tracker digest weekly --send
      tracker digest weekly --send --dry-run
      tracker digest weekly --to me@example.org
      tracker digest weekly --as-of 2026-11-23
      tracker digest --baseline
      tracker digest --explain-missing 38212345
    """
    asked = {"--period": period, "--as-of": as_of, "--baseline": baseline or None, "--explain-missing": missing}
    questions = [name for name, value in asked.items() if value is not None]
    _refuse_two_things(questions, send, to)
    with open_store(context, writing=not (dry_run or questions or to)) as (settings, store):
        digests = [settings.digest(name) for name in names] or settings.digests
        if not digests:
            raise ConfigError(f"{settings.path}: it names no digest; `tracker init` in an empty folder shows one")
        if period is not None:
            _print_fixed(settings, store, digests, period)
        elif as_of is not None:
            _print_as_of(settings, store, digests, as_of)
        elif missing is not None:
            _explain(settings, store, digests, missing)
        elif baseline:
            _report(settings, store, digests, dry_run)
        elif to:
            _send_test(settings, store, digests, to, dry_run)
        elif dry_run:
            _print_untold(settings, store, digests, send)
        else:
            return _issue(settings, store, digests, send)
    return 0


def _refuse_two_things(questions: "Sequence[str]", send: bool, to: str | None) -> None:
    if len(questions) > 1:
        raise click.UsageError(f"{' and '.join(questions)} ask different things; ask one at a time")
    if send and to:
        raise click.UsageError(
            "--to sends a test to one address, --send the issue to its recipients; ask one at a time"
        )
    if (send or to) and questions:
        raise click.UsageError(f"{questions[0]} is not sent; --send and --to are for the issue of the current period")


def _issue(settings: "Settings", store: "Store", digests: "Sequence[Digest]", send: bool) -> int:
    from tracker.page.happened import happened
    from tracker.pipeline.delivering import deliver
    from tracker.pipeline.issuing import issue, passed_by

    clock = clock_from(os.environ)
    if send and settings.smtp is None:
        raise ConfigError(f"{settings.path}: there is no [smtp] to send by; without --send the digest is a file")
    for one in digests:
        made = issue(settings, store, one, clock)
        click.echo(happened(made))
        if send and (said := passed_by(settings, store, one, made)):
            click.echo(said)
    done = deliver(settings, store, clock, at_once=True, told=lambda one: click.echo(happened(one))) if send else []
    return int(any(one.state != "sent" for one in done))


def _print_untold(settings: "Settings", store: "Store", digests: "Sequence[Digest]", as_mail: bool) -> None:
    from tracker.pipeline import compose
    from tracker.pipeline.issuing import passed_by
    from tracker.pipeline.previewing import as_text, mails_to_look_at, write_previews

    for one in digests:
        issue = compose(settings, store, one, clock_from(os.environ), dry_run=True)
        if not as_mail:
            click.echo(issue.markdown, nl=False)
            continue
        mails = mails_to_look_at(settings, one, issue)
        click.echo(as_text(mails[0]))
        others = f"; {len(mails) - 1} more get the same" if mails[1:] else ""
        click.echo(f"Nothing was sent. To look at: {write_previews(settings, mails)} and .html{others}")
        if said := passed_by(settings, store, one, issue):
            click.echo(said)


def _send_test(settings: "Settings", store: "Store", digests: "Sequence[Digest]", address: str, dry_run: bool) -> None:
    from tracker.config.grammar import email
    from tracker.pipeline import compose
    from tracker.pipeline.delivering import send_test
    from tracker.pipeline.previewing import as_text, mail_for_test

    try:
        address = email(address)
    except ValueError as error:
        raise click.UsageError(f"--to: {error}") from None
    for one in digests:
        issue = compose(settings, store, one, clock_from(os.environ), dry_run=True)
        mail = mail_for_test(settings, issue, address, clock_from(os.environ))
        click.echo(as_text(mail) if dry_run else f"test of {one.name} to {address}: sent ({send_test(settings, mail)})")


def _print_fixed(settings: "Settings", store: "Store", digests: "Sequence[Digest]", period: str) -> None:
    from tracker.pipeline import stored_issues

    for issue in stored_issues(settings, store, digests, period):
        click.echo(issue.markdown, nl=False)


def _print_as_of(settings: "Settings", store: "Store", digests: "Sequence[Digest]", moment: str) -> None:
    from tracker import terminal
    from tracker.pipeline.as_of import compose_as_of

    with terminal.CountProgress("versions read again") as progress:
        issues = compose_as_of(settings, store, digests, moment, clock_from(os.environ), progress)
    for issue in issues:
        click.echo(issue.markdown, nl=False)


def _report(settings: "Settings", store: "Store", digests: "Sequence[Digest]", dry_run: bool) -> None:
    from tracker.pipeline.baseline import compose_baseline, write_baseline

    for one in digests:
        report = compose_baseline(settings, store, one, clock_from(os.environ))
        if dry_run:
            click.echo(report.markdown, nl=False)
        else:
            path, *others = write_baseline(settings, report)
            click.echo(f"{path}: {report.subject} (also as {' and '.join(other.suffix for other in others)})")


def _explain(settings: "Settings", store: "Store", digests: "Sequence[Digest]", identifier: str) -> None:
    from tracker.pipeline.missing import explain_missing
    from tracker.terminal import plain

    for one in digests:
        click.echo(plain(explain_missing(settings, store, one, identifier, clock_from(os.environ))))
