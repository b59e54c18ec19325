"""Sending what was composed. Nothing here knows what a digest is about.

    channel.py   what a channel is, and the mail that it carries. Start here.
    message.py   an issue -> the bytes of a mail, fixed when it is composed. Pure
    smtp.py      the channel that hands a mail to a mail server
    file.py      the channel that writes a mail into a folder, to look at
    outbox.py    what became of each delivery, in the database

One channel more is one module here and one line in CHANNELS.
"""

from collections.abc import Callable

from tracker.config import Settings
from tracker.deliver.channel import Channel, Mail
from tracker.deliver.file import Folder
from tracker.deliver.smtp import MailServer

__all__ = ["CHANNELS", "Channel", "Mail"]

CHANNELS: dict[str, Callable[[Settings], Channel]] = {
    "email": lambda settings: MailServer(settings.smtp),
    "file": lambda settings: Folder(settings.digests_dir / "preview"),
}
