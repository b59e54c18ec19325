"""The channel that writes a mail into a folder: the mail itself as .eml, and its page as .html, to look at."""

from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from tracker.deliver.channel import Mail
from tracker.writing import write_whole


class Folder:
    """Files are named after the Message-ID's first parts: weekly.2026-W48.eml."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, mail: Mail, begin: Callable[[], None]) -> str:
        """Returns the path of the .eml. Raises StoreError when the folder refuses it."""
        begin()
        stem = mail.message_id.strip("<>").rpartition("@")[0].rpartition(".")[0]
        page = message_from_bytes(mail.body, policy=default).get_body(("html",))
        write_whole(self.folder / f"{stem}.html", [page.get_content().replace("\r\n", "\n")] if page else [])
        write_whole(self.folder / f"{stem}.eml", [mail.body.decode("ascii")])
        return str(self.folder / f"{stem}.eml")

    def close(self) -> None:
        """Nothing is held open."""
