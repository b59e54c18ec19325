"""What sends, and what does by itself whatever is due: deliver, run, schedule."""

import os
from typing import TYPE_CHECKING

import click

from tracker.cli.group import cli, open_store, settings_of
from tracker.dates import clock_from
from tracker.errors import TrackerError

if TYPE_CHECKING:
    from tracker.pipeline.delivering import Delivered
    from tracker.schedule import Report, Thing


@cli.command()
@click.option("--resend", type=int, metavar="ID", help="Send a delivery once more, as `tracker status` numbers it.")
@click.option("--resume", metavar="ADDRESS", help="Send again to an address that was paused.")
@click.pass_context
def deliver(context: click.Context, resend: int | None, resume: str | None) -> int:
    """Send what waits, at once. What is composed from now on is sent by `run`, `schedule` and `digest --send`.

    A mail of which nobody knows whether it arrived is never sent again by itself, but only by --resend: the same mail
    to the last byte.

    \b
    Examples:
      tracker deliver
      tracker deliver --resend 12
      tracker deliver --resume reader@example.org
    """
    from tracker.dates import stamp
    from tracker.deliver import outbox
    from tracker.pipeline.delivering import deliver as send

    clock = clock_from(os.environ)
    with open_store(context, writing=True) as (settings, store):
        if resume is not None:
            click.echo(f"{outbox.resume(store, resume, stamp(clock()))}: is sent to again")
        if resend is not None:
            outbox.resend(store, resend, stamp(clock()))
        done = send(settings, store, clock, at_once=True, told=_say)
    if not done:
        click.echo("Nothing waits to be sent.")
    return int(any(one.state != "sent" for one in done))


@cli.command()
@click.pass_context
def run(context: click.Context) -> int:
    """Do whatever is due now, once: fetch, write digests, send. For cron, systemd timers and GitHub Actions.

    What is due is decided by the database, so that it may be called as often as you like: what was done is not done
    again, what was missed is caught up once.

    Example: tracker run
    """
    from tracker import schedule, terminal

    try:
        settings = settings_of(context)
    except TrackerError as error:
        # Nobody may be looking; but the address to call stands in the file that cannot be used.
        if remark := schedule.ping_of(context.obj["config"], [type(error).__name__]):
            click.echo(f"tracker: {remark}", err=True)
        raise
    clock = clock_from(os.environ)
    with terminal.FetchProgress() as progress:
        report = schedule.run(settings, clock, _say, progress)
    _after(report)
    if not report.did:
        click.echo("Nothing is due.")
    return int(bool(report.failures))


@cli.command()
@click.pass_context
def schedule(context: click.Context) -> None:
    """Stay, and do whatever is due when it is due. Ends by Ctrl-C or SIGTERM, within ten seconds.

    It looks each minute, and reads queries.toml anew each time. After sleep or an outage what was missed is caught up
    once.

    Example: tracker schedule
    """
    from tracker import terminal
    from tracker.schedule import stay

    settings_of(context)  # a mistake is said at once
    clock = clock_from(os.environ)
    click.echo("Looking each minute what is due; Ctrl-C ends it.")
    with terminal.FetchProgress() as progress:
        stay(lambda: settings_of(context), clock, _say, progress, _after)


def _say(thing: "Thing | Delivered") -> None:
    from tracker.page.happened import happened

    click.echo(happened(thing))


def _after(report: "Report") -> None:
    if report.remark:
        click.echo(f"tracker: {report.remark}", err=True)
