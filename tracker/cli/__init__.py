"""The commands. No logic: each reads its options, calls one function and prints what came back.

    group.py     the group, and how a command opens settings and store
    filling.py   fetch, import             telling.py   digest
    looking.py   show, search, taxonomy, board, status
    sending.py   deliver, run, schedule
    judging.py   classify, why, label      keeping.py   init, check, backup, completion, demo
    taking.py    export, browse
    leaving.py   SIGTERM and SIGINT

Whatever is slow to import is imported inside the command that needs it.
"""

import errno
import io
import os
import sys
from typing import NoReturn

import click

from tracker.cli import filling, judging, keeping, looking, sending, taking, telling
from tracker.cli.group import cli
from tracker.cli.leaving import heed_signals
from tracker.errors import TrackerError

__all__ = ["cli", "filling", "judging", "keeping", "looking", "run", "sending", "taking", "telling"]


_NO_SPACE = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


def run() -> NoReturn:
    """The program: errors that a user can act on become one line each and an exit code; a bug keeps its traceback."""
    _mend_streams()
    out = sys.stdout
    heed_signals()
    try:
        code = cli.main(prog_name="tracker", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        if isinstance(error, click.NoSuchOption) and error.option_name in ("--config", "--db"):
            click.echo(f"{error.option_name} stands before the command: tracker {error.option_name} FILE ...", err=True)
        code = error.exit_code
    except click.Abort:
        code = 130
    except TrackerError as error:
        from tracker.terminal import plain

        for line in str(error).splitlines():
            click.echo(f"tracker: {plain(line)}", err=True)
        code = error.exit_code
    except SystemExit:
        # The reader of a pipe went away (`tracker show ... | head`): click puts a stream of its own in the place of the
        # broken one and leaves with code 1, but there is nothing to say, and nobody to say it to.
        if sys.stdout is out:
            raise
        _write_no_more()
        code = 0
    except OSError as error:
        if error.filename or error.errno not in _NO_SPACE:
            raise
        _write_no_more()
        click.echo(f"tracker: the output cannot be written ({error.strerror}): check space and quota", err=True)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _mend_streams() -> None:
    """A closed stream takes what is printed and forgets it; a character that an old locale lacks becomes a "?"."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _write_no_more() -> None:
    """Let what is still in the buffer of standard output go nowhere, or Python would complain of it on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
