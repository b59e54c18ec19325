"""The benchmark stays runnable: each section once, over few records. Its figures are not judged here.

The section "classify" is measured, and judged, in test_classify.py.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import usual
from tests.bench.measure import cheapest, run
from tests.generated import write_set

ROOT = Path(__file__).resolve().parents[1]
WANTED = {
    "import": (
        r"Import of 200 generated PubMed records",
        r"three times as many +600 ",
        r"against the usual stack: [\d.]+ times as fast",
        r"unchanged against the first time: [\d.]+ times as fast",
        r"peak: \d+ MB, of three times as many \d+ MB",
    ),
    "start": (r"tracker --version +\d+ +[\d.]+", r"tracker import -h +\d+ +[\d.]+", r"tracker why -h +\d+ +[\d.]+"),
    "digest": (
        r"One issue over 2,000 records \(\d+ MB\), a week of 500 events, [1-9]\d\d told",
        r"gather +[\d.]+ +[\d.]+",
        r"composing: [\d.]+ s of CPU",
        r"tracker digest, start-up and file and all: [\d.]+ s of CPU",
    ),
}


@pytest.mark.parametrize("section", WANTED)
def test_a_section_prints_its_figures(section: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.bench", section, "--records", "200", "--rounds", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    for pattern in WANTED[section]:
        assert re.search(pattern, done.stdout), f"{pattern}\n{done.stdout}"


def test_an_unknown_section_is_refused() -> None:
    command = [sys.executable, "-m", "tests.bench", "imports"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "no such section: imports" in done.stderr


def test_the_usual_stack_reads_what_we_read_and_finds_its_words(tmp_path: Path) -> None:
    rows = [usual.row(one) for one in usual.read(write_set(tmp_path / "set.xml", 30))]
    assert [row["id"] for row in rows][:2] == ["pubmed-50000001", "pubmed-50000002"] and len(rows) == 30
    assert all(row["title"] and len(row["abstract"]) > 500 and row["authors"] and row["doi"] for row in rows)
    minoxidil = {row["id"] for row in rows if "minoxidil" in (row["title"] + row["abstract"]).lower()}
    assert minoxidil and minoxidil <= {label["record"] for label in usual.labels(rows)}


def test_a_cost_is_of_the_child_and_a_failure_is_said(tmp_path: Path) -> None:
    idle = cheapest("-c", "pass", folder=tmp_path, rounds=2)
    busy = run("-c", "x = bytearray(80_000_000); sum(range(3_000_000)); print('done')", folder=tmp_path)
    assert busy.cpu > idle.cpu and busy.wall > idle.wall and busy.out == "done\n"
    assert busy.peak > 80_000_000
    with pytest.raises(RuntimeError, match="code 3"):
        run("-c", "raise SystemExit(3)", folder=tmp_path)
