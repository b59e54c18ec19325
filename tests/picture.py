"""Draws docs/digest.png, the README's picture: the demo's digest as a markdown viewer shows it. Needs Chromium.

python -m tests.picture
"""

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


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        play(Path(folder), lambda line: None)
        draw((Path(folder) / f"digests/{WEEK}-weekly.md").read_text(), OUT)
    print(OUT)
    sys.exit(0)
