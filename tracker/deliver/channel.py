"""What all channels share: the mail that they carry, and how they carry it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail for one recipient. body: the whole of it, headers included, with CRLF line ends, in ASCII alone."""

    recipient: str
    message_id: str
    body: bytes = field(repr=False)


class Channel(Protocol):
    """`send` calls `begin` right before the point from which nobody can say any more whether the mail arrived: a
    delivery that dies before it is simply tried again.
    """

    def send(self, mail: Mail, begin: Callable[[], None]) -> str:
        """Hand over one mail. Returns what the other side said to it. Raises DeliveryError, which says how it stands:
        with the stage "connection" nobody was there, and the next mail need not be tried.
        """

    def close(self) -> None: ...
