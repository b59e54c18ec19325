"""A step that is better ended than cut: SIGTERM and SIGINT wait for it, and not for long.

A mail whose answer is on its way would be held as unknown if the program left right now. Everything else may be cut at
any moment and loses nothing.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

LONGEST = 5.0  # seconds; who asks us to leave gets that within ten


@contextmanager
def finishing(longest: float = LONGEST) -> Iterator[None]:
    """Signals that come inside take effect at its end, or after `longest` seconds. For the main thread; elsewhere
    signals do not arrive anyway.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.getsignal(number) for number in (*numbers, signal.SIGALRM)}

    def wait(number: int, _frame: FrameType | None) -> None:
        if not came:
            signal.setitimer(signal.ITIMER_REAL, longest)
        came.append(number)

    def leave(_number: int, _frame: FrameType | None) -> None:
        restore()
        os.kill(os.getpid(), came[0])
        came.clear()

    def restore() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)

    signal.signal(signal.SIGALRM, leave)
    for number in numbers:
        signal.signal(number, wait)
    try:
        yield
    finally:
        restore()
        if came:
            os.kill(os.getpid(), came[0])
