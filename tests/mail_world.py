"""A whole installation with a mail server: what tests/world.py is, and a digest that goes to people."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.child import Done, tracker
from tests.mailserver import MailServer, Script
from tests.world import CONFIG, WEEKS, World
from tracker.dates import clock_from
from tracker.demo.server import StandIn
from tracker.pipeline.delivering import Delivered, deliver
from tracker.pipeline.issuing import issue
from tracker.store import Store

ANNE, BEN, CARA = "anne@example.org", "ben@example.org", "cara@example.org"
SMTP = """email = [{email}]
send_empty = {send_empty}
[smtp]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "Tracker <tracker@example.net>"
"""


class MailWorld(World):
    """email and send_empty are those of the digest "weekly"; more is added to queries.toml."""

    def __init__(self, folder: Path, stand_in: StandIn, server: MailServer) -> None:
        self.server = server
        super().__init__(folder, stand_in)

    def config(
        self, *, gel: str, email: Sequence[str] = (ANNE, BEN), send_empty: bool = True, more: str = "", port: int = 0
    ) -> None:
        listed = ", ".join(f'"{one}"' for one in email)
        mail = SMTP.format(email=listed, send_empty=str(send_empty).lower(), port=port or self.server.port)
        (self.folder / "queries.toml").write_text(CONFIG.format(gel=gel) + mail + more)

    def does(self, step: Script) -> None:
        """What the mail server does from now on."""
        self.server.script = step

    def run(
        self, *arguments: str, now: str = WEEKS[0], env: Mapping[str, str] = MappingProxyType({}), **under: Any
    ) -> Done:
        """The command in a process of its own, its clock at `now`."""
        return tracker(self, *arguments, env={"TRACKER_NOW": now, **env}, **under)

    def issue(self, now: str = WEEKS[0]) -> None:
        """Compose and queue, in this process."""
        with Store.open(self.settings.db) as store:
            for digest in self.settings.digests:
                issue(self.settings, store, digest, clock_from({"TRACKER_NOW": now}))

    def deliver(self, now: str = WEEKS[0], *, at_once: bool = False) -> list[Delivered]:
        with Store.open(self.settings.db) as store:
            return deliver(self.settings, store, clock_from({"TRACKER_NOW": now}), at_once=at_once)

    def states(self) -> dict[str, str]:
        """By "recipient name": the state of each delivery."""
        rows = self.rows("select d.*, i.name from deliveries d join digests i on i.id = d.digest order by d.id")
        return {f"{row['recipient'].partition('@')[0]} {row['name']}": row["state"] for row in rows}

    def execute(self, sql: str, *values: object) -> None:
        with sqlite3.connect(self.settings.db) as conn:
            conn.execute(sql, values)
        conn.close()
