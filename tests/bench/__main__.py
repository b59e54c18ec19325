"""`python -m tests.bench`: every figure of docs/speed.md, in one run."""

import argparse
import json
import os
import platform
import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.measure import Cost, cheapest, run
from tests.generated import write_set

QUERY = "[[query]]\nname = \"gel\"\npubmed = 'gel[tiab] AND alopecia[tiab]'\n"
MONDAY = "2026-11-23T07:00:00Z"  # when the issue of library.py's week is due
_COMMAND = re.compile(r"^  ([a-z]+)  ", re.MULTILINE)


def imports(folder: Path, options: argparse.Namespace) -> None:
    """`tracker import` against the usual stack, its re-import, and its memory for three times as many."""
    count = options.records
    few = min(options.usual or max(1, count // 10), count)
    files = {n: write_set(folder / f"{n}.xml", n) for n in {0, few, count, 3 * count}}
    (folder / "queries.toml").write_text(QUERY)
    first = _import(folder, "a.db", files[count])
    again = _import(folder, "a.db", files[count])
    threefold = _import(folder, "b.db", files[3 * count])
    bare = _import(folder, "c.db", files[0])
    usual_bare = _usual(folder, files[0], "d.db")
    usual = _usual(folder, files[few], "e.db")
    reading = _usual(folder, files[count])
    usual_cpu = usual_bare.cpu + (usual.cpu - usual_bare.cpu) / few * count
    print(f"Import of {count:,} generated PubMed records, {files[count].stat().st_size / 1e6:.1f} MB of XML")
    rows = [
        ("tracker import", count, first.cpu, first.peak),
        ("the same file again", count, again.cpu, again.peak),
        ("three times as many", 3 * count, threefold.cpu, threefold.peak),
        ("no record", 0, bare.cpu, bare.peak),
        (f"the usual stack, by {few:,}", count, usual_cpu, max(usual.peak, reading.peak)),
        ("the usual stack, no record", 0, usual_bare.cpu, usual_bare.peak),
    ]
    shown = [(name, f"{n:,}", f"{cpu:.2f}", f"{n / cpu:,.0f}", f"{peak / 1e6:.0f}") for name, n, cpu, peak in rows]
    _table(("", "records", "CPU s", "records/s", "peak MB"), shown)
    print(f"The usual stack ran on {few:,} records, scaled per record; its peak is of Entrez.read over all {count:,}.")
    print(f"against the usual stack: {usual_cpu / first.cpu:.1f} times as fast (aim: 10)")
    print(f"unchanged against the first time: {first.cpu / again.cpu:.1f} times as fast (aim: 3)")
    print(f"peak: {first.peak / 1e6:.0f} MB, of three times as many {threefold.peak / 1e6:.0f} MB (aim: under 150)")


def _import(folder: Path, database: str, file: Path) -> Cost:
    return run("-m", "tracker", "--db", database, "import", file.name, folder=folder)


def _usual(folder: Path, file: Path, *database: str) -> Cost:
    return run("-m", "tests.bench.usual", file.name, *database, folder=folder)


def classification(folder: Path, options: argparse.Namespace) -> None:
    """Labels alone, against one regular expression per plain term."""
    print("Classification alone, records of 1.5 kB")
    print(run("-m", "tests.bench_classify", folder=folder).out.rstrip())


def start_up(folder: Path, options: argparse.Namespace) -> None:
    """What each command costs before it does anything."""
    bare = cheapest("-c", "pass", folder=folder, rounds=options.rounds)
    commands = _COMMAND.findall(run("-m", "tracker", "-h", folder=folder).out.partition("Commands:")[2])
    print(f"Start-up, best of {options.rounds}; python -c pass takes {1000 * bare.cpu:.0f} ms of CPU")
    rows = []
    for arguments in [["--version"], ["-h"], *([name, "-h"] for name in commands)]:
        cost = cheapest("-m", "tracker", *arguments, folder=folder, rounds=options.rounds)
        rows.append((f"tracker {' '.join(arguments)}", f"{1000 * cost.cpu:.0f}", f"{cost.cpu / bare.cpu:.1f}"))
    _table(("", "CPU ms", "times python -c pass"), rows)


def digest(folder: Path, options: argparse.Namespace) -> None:
    """Composing one issue over a large database, and the whole command that does it."""
    count = options.library or 10 * options.records
    run("-m", "tests.bench.library", "large.db", str(count), folder=folder)
    made = json.loads(run("-m", "tests.bench.issue", "large.db", folder=folder).out)
    run("-c", "from tests.bench.library import CONFIG; open('queries.toml', 'w').write(CONFIG)", folder=folder)
    command = run("-m", "tracker", "--db", "large.db", "digest", folder=folder, env={"TRACKER_NOW": MONDAY})
    size = (folder / "large.db").stat().st_size / 1e6
    print(f"One issue over {count:,} records ({size:.0f} MB), a week of {made['events']} events, {made['works']} told")
    first, best = made["first"], made["best"]
    rows = [(step, *first[step], *best[step]) for step in first]
    rows.append(("all", *(sum(column) for column in zip(*(row[1:] for row in rows), strict=True))))
    head = ("", "first CPU s", "wall s", "again CPU s", "wall s")
    _table(head, [(name, *(f"{seconds:.2f}" for seconds in row)) for name, *row in rows])
    print(f"composing: {rows[-1][1]:.2f} s of CPU, {rows[-1][2]:.2f} s of wall (aim: under 1)")
    print(f"tracker digest, start-up and file and all: {command.cpu:.2f} s of CPU, {command.peak / 1e6:.0f} MB")


SECTIONS: dict[str, Callable[[Path, argparse.Namespace], None]] = {
    "import": imports,
    "classify": classification,
    "start": start_up,
    "digest": digest,
}


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for first, *rest in (head, *rows):
        cells = (cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))
        print("  ".join([first.ljust(widths[0]), *cells]))


def _machine() -> str:
    """Date, processor, Python and how busy the machine is."""
    info = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", info.read_text()) if info.exists() else None
    load = os.getloadavg()[0]
    processor = model[1] if model else platform.machine()
    return f"{date.today()}, Python {platform.python_version()}, {os.cpu_count()} x {processor}, load {load:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure how fast tracker is.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"only these: {', '.join(SECTIONS)}")
    parser.add_argument("--records", type=int, default=10_000, help="records to import (default 10000)")
    parser.add_argument("--usual", type=int, help="records for the usual stack (default: a tenth), scaled to all")
    parser.add_argument("--library", type=int, help="records under the digest (default: ten times --records)")
    parser.add_argument("--rounds", type=int, default=5, help="starts of each command (default 5)")
    options = parser.parse_args()
    if unknown := set(options.sections) - SECTIONS.keys():
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    print(_machine())
    for name in options.sections or SECTIONS:
        print()
        with TemporaryDirectory() as folder:
            SECTIONS[name](Path(folder), options)


if __name__ == "__main__":
    main()
