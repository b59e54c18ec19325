"""Draws what people look at, from the demo. Needs Chromium.

python -m tests.picture [FOLDER]

docs/digest.png: the digest as a markdown viewer shows it; docs/home.png and docs/record.png: pages of `tracker browse`.
With FOLDER also every page of PAGES into it, 1300 and 500 pixels wide, to look at.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt

from tracker.demo.play import play

OUT = Path(__file__).resolve().parents[1] / "docs/digest.png"
WEEK = "2026-W47"

PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #1f2328; margin: 28px 36px; }}
h1 {{ font-size: 25px; border-bottom: 1px solid #d1d9e0; padding-bottom: 8px; margin-top: 0; }}
h2 {{ font-size: 19px; border-bottom: 1px solid #d1d9e0; padding-bottom: 5px; margin-top: 22px; }}
a {{ color: #0969da; text-decoration: none; }} p {{ margin: 8px 0; }} li {{ margin: 6px 0; }}
table {{ border-collapse: collapse; font-size: 13px; }} td, th {{ border: 1px solid #d1d9e0; padding: 4px 10px; }}
blockquote {{ border-left: 4px solid #d1242f; margin: 8px 0; padding: 0 14px; }}
</style>{body}"""

CHROMIUM = [
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--force-device-scale-factor=1",
]  # fmt: skip


def draw(markdown: str, out: Path, *, width: int = 900, height: int = 1000) -> None:
    """A picture of the top of a digest. Raises FileNotFoundError where there is no Chromium."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "digest.html"
        page.write_text(PAGE.format(body=MarkdownIt("commonmark").enable("table").render(markdown)), "utf-8")
        subprocess.run(
            [*CHROMIUM, f"--user-data-dir={folder}/profile", f"--window-size={width},{height}",
             f"--screenshot={out}", page.as_uri()],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip


PAGES = {
    "home": "", "list": "tracker/cards", "record": "tracker/records/NCT99900002",
    "paper": "tracker/records/pubmed-999000001",
    "board": "board", "charts": "-/dashboards/tracker", "map": "tracker/trial_sites", "search": "search?q=exosomes",
    "questions": "tracker", "human_evidence": "tracker/human_evidence", "what_moved": "tracker/what_moved",
    "trials": "tracker/trials", "issues": "tracker/digests", "issue": "tracker/digests/3", "labels": "tracker/labels",
    "trial_board": "tracker/trial_board", "everything": "tracker/records", "papers": "tracker/trial_papers",
}  # fmt: skip
WIDTHS = {1300: 1100, 500: 1000}


def shoot(address: str, out: Path, width: int, height: int) -> None:
    """A picture of a page, as it is after its scripts have run."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [*CHROMIUM, f"--user-data-dir={profile}", f"--window-size={width},{height}", "--virtual-time-budget=5000",
             f"--screenshot={out}", address],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip


def browse(database: Path, folder: Path | None) -> None:
    command = [sys.executable, "-m", "tracker.browse.serving", str(database), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found is not None
        try:
            for name in ("home", "record"):
                shoot(found[0] + PAGES[name], OUT.with_name(f"{name}.png"), 1300, 1100)
            for name, page in PAGES.items() if folder else ():
                for width, height in WIDTHS.items():
                    shoot(found[0] + page, folder / f"{name}-{width}.png", width, height)  # type: ignore[operator]
        finally:
            server.terminate()


def main() -> None:
    wanted = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if wanted:
        wanted.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        play(Path(folder), lambda line: None)
        draw((Path(folder) / f"digests/{WEEK}-weekly.md").read_text(), OUT)
        browse(Path(folder) / "db/tracker.db", wanted)


if __name__ == "__main__":
    main()
