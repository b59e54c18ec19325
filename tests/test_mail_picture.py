"""A mail as Chromium lays it out: nothing is wider than the screen, of a telephone neither. Skipped without Chromium.

The pictures themselves are for eyes: python -m tests.picture_mail FOLDER
"""

import shutil
from pathlib import Path

import pytest

from tests.mail_world import MailWorld
from tests.mailserver import MailServer
from tests.picture_mail import WIDTHS, size
from tests.world import WEEKS
from tracker import schedule
from tracker.dates import clock_from
from tracker.demo.faults import Html
from tracker.demo.play import play
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.store import Store


def mails(folder: Path) -> dict[str, str]:
    """Pages of mails by name: a week with much news, a quiet one with an alarm, an alert, a state of the field."""
    play(folder / "demo", lambda line: None)
    with Store.read(next((folder / "demo").rglob("tracker.db"))) as store:
        pages = {"news": store.rows("select html from digests order by id desc limit 1")[0]["html"]}
    (folder / "world").mkdir()
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in, MailServer() as server:
        world = MailWorld(folder / "world", stand_in, server)
        world.put_article(1, "A title without any space: " + "Gel" * 60)
        world.put_study(1)
        for now in (WEEKS[0], *(f"2026-11-1{day}T07:00:00Z" for day in range(4, 7))):
            schedule.run(world.settings, clock_from({"TRACKER_NOW": now}), lambda thing: None)
            stand_in.misbehave("esearch", Html("Site maintenance"), times=1_000)
        rows = world.rows("select name, period, html from digests")
    return pages | {row["name"]: row["html"] for row in rows}


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs Chromium")
def test_no_mail_is_wider_than_the_screen(tmp_path: Path) -> None:
    pages = mails(tmp_path)
    assert pages.keys() == {"news", "weekly", "weekly.baseline", "weekly.alert"}
    for name, page in pages.items():
        assert size(page, WIDTHS[0])[0] == WIDTHS[0], name
    assert size(pages["news"].replace("<h1", "<h1 style='width:900px'", 1), 320)[0] > 320, "it would be seen"
