"""`tracker import` as a user types it: the table, the exit code, what is said of a file that is not whole."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.standin_world import article, pmid
from tests.world import WEEKS

ROOT = str(Path(__file__).resolve().parents[1])
CONFIG = '[[query]]\nname = "gel"\npubmed = "gel[tiab] AND alopecia[tiab]"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "queries.toml").write_text(CONFIG)
    whole = b"<PubmedArticleSet>" + article(1) + article(2) + b"</PubmedArticleSet>"
    (tmp_path / "whole.xml").write_bytes(whole)
    (tmp_path / "cut.xml").write_bytes(whole[:-40])
    return tmp_path


def tracker(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": ROOT, "TRACKER_NOW": WEEKS[0]}
    command = [sys.executable, "-m", "tracker", *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)


def test_import_ends_with_a_table_and_says_what_was_cut(folder: Path) -> None:
    done = tracker(folder, "import", "cut.xml", "whole.xml", "none\x1b[2J.xml", "--query", "gel")
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["file", "records", "new", "changed", "same", "older", "quarantined", "deleted"]
    assert lines[2].split() == ["cut.xml", "1", "1", "0", "0", "0", "0", "0", "FAILED"]
    assert lines[3].split() == ["whole.xml", "2", "1", "0", "1", "0", "0", "0", "ok"]
    assert lines[5] == f"cut.xml: is cut off within PMID {pmid(2)}"
    assert lines[6] == "none [2J.xml: cannot be read (No such file or directory)"
    assert "whole.xml: 2 read" in done.stderr and "Traceback" not in done.stderr and "\x1b" not in done.stderr


def test_a_whole_file_is_exit_code_0_and_an_unknown_query_2(folder: Path) -> None:
    assert tracker(folder, "import", "whole.xml").returncode == 0
    done = tracker(folder, "import", "whole.xml", "--query", "gels")
    assert done.returncode == 2 and '"gel"' in done.stderr
    assert tracker(folder, "import").returncode == 2
