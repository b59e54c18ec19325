"""Pictures of a mail's HTML at the width of a telephone and of a window, on light and dark screens. Needs Chromium.

python -m tests.picture_mail FOLDER     pictures of the demo's mails, of one with an alarm and of an alert
"""

import html
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.picture import CHROMIUM

WIDTHS = (320, 700)
SCREENS = ("light", "dark")
# The mail stands in a frame as wide as the screen; the script says how wide and high the mail would like to be.
FRAME = """<!doctype html><meta charset="utf-8"><body style="margin:0"><iframe id="mail" srcdoc="{mail}"
style="border:0;width:{width}px;height:{height}px"></iframe><p id="said"></p><script>onload = () => {{
const page = document.getElementById("mail").contentDocument.documentElement;
document.getElementById("said").textContent = page.scrollWidth + "x" + page.scrollHeight; }}</script>"""


def _chromium(mail: str, width: int, screen: str, height: int, *options: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "frame.html"
        page.write_text(FRAME.format(mail=html.escape(mail), width=width, height=height), "utf-8")
        dark = f"--blink-settings=preferredColorScheme={SCREENS[::-1].index(screen)}"
        size = f"--window-size={max(width, 500)},{height}"
        command = [*CHROMIUM, f"--user-data-dir={folder}/profile", dark, size, *options, page.as_uri()]
        return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout


def size(mail: str, width: int, screen: str = "light") -> tuple[int, int]:
    """(width, height) in pixels that the mail takes on a screen of that width."""
    said = re.search(rb'id="said">(\d+)x(\d+)<', _chromium(mail, width, screen, 600, "--dump-dom"))
    assert said, "Chromium did not run the page"
    return int(said[1]), int(said[2])


def draw(mail: str, out: Path, width: int, screen: str) -> None:
    _chromium(mail, width, screen, size(mail, width)[1] + 20, f"--screenshot={out}")


def main(folder: Path) -> None:
    from tests.test_mail_picture import mails

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        for name, mail in mails(Path(work)).items():
            for width in WIDTHS:
                for screen in SCREENS:
                    draw(mail, folder / f"{name}-{width}-{screen}.png", width, screen)
    print(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
