"""The commands. No logic: each reads its options, calls one function and prints what came back.

    group.py     the group, and how a command opens settings and store
    filling.py   fetch, import             telling.py   digest
    looking.py   show, status              keeping.py   check, demo

Whatever is slow to import is imported inside the command that needs it.
"""

import os
import signal
import sys
from typing import NoReturn

import click

from tracker.cli import filling, keeping, looking, telling
from tracker.cli.group import cli
from tracker.errors import TrackerError

__all__ = ["cli", "filling", "keeping", "looking", "run", "telling"]


def run() -> NoReturn:
    """The program: errors that a user can act on become one line each and an exit code; a bug keeps its traceback."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupted)
    try:
        code = cli.main(standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:
        code = 130
    except TrackerError as error:
        for line in str(error).splitlines():
            click.echo(f"tracker: {line}", err=True)
        code = error.exit_code
    except BrokenPipeError:
        # The reader of a pipe went away (`tracker show ... | head`): nothing to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def _interrupted(number: int, _frame: object) -> NoReturn:
    # Open transactions roll back on the way out; what was committed stays, and the next run goes on from there.
    raise SystemExit(128 + number)
