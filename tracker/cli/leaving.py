"""SIGTERM and SIGINT: the way out, and its end.

A signal ends the program by SystemExit, so that open transactions roll back and files close. But Python hears it only
between two of its own steps: a system call that does not return, such as the look-up of a name while no name server
answers, would keep it for as long as it likes. So a thread hears it too, and after a while ends the process as it is.
That loses nothing: what was committed is whole, as after a death at any moment.
"""

import contextlib
import os
import signal
import socket
import threading
from typing import NoReturn

PATIENCE = 8.0  # seconds; longer than a mail's answer is waited for (deliver/finishing.py), and within ten
_NUMBERS = (signal.SIGTERM, signal.SIGINT)
_said = threading.Event()


def heed_signals() -> None:
    """From now on both end the program with exit code 128 + number. In the main thread."""
    heard, heard_of = socket.socketpair()
    heard_of.setblocking(False)
    signal.set_wakeup_fd(heard_of.detach(), warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(heard,), daemon=True, name="leaving").start()
    for number in _NUMBERS:
        signal.signal(number, _leave)


def _leave(number: int, _frame: object) -> NoReturn:
    _say()
    raise SystemExit(128 + number)


def _watch(heard: socket.socket) -> None:
    """The system writes the number of each signal into the other end, whatever Python is doing."""
    number = next(number for number in iter(lambda: heard.recv(1)[0], None) if number in _NUMBERS)
    threading.Event().wait(PATIENCE)
    if not _said.is_set():
        _say()
    os._exit(128 + number)


def _say() -> None:
    _said.set()
    with contextlib.suppress(OSError):
        os.write(2, b"\ntracker: interrupted; what is stored is whole, and the same command again goes on from there\n")
