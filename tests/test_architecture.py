"""The direction of imports, the size of the rooms, and what a start may cost. Read from the syntax trees."""

import ast
import subprocess
import sys
import time
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "tracker"

# What each room may import of the others. A room is a module or a package directly under tracker/.
MAY_IMPORT = {
    "errors": set(),
    "dates": {"errors"},
    "harm": set(),
    "registration": set(),
    "records": {"errors", "dates", "registration"},
    "periods": {"errors", "dates"},
    "expression": {"errors"},
    "lock": {"errors"},
    "config": {"errors", "dates", "records", "expression", "periods", "writing"},
    "web": {"errors", "dates", "records"},
    "sources": {"errors", "dates", "records", "registration", "config", "web", "expression"},
    "classify": {"errors", "dates", "records", "config", "harm"},
    "events": {"errors", "dates", "records"},
    "schema": {"errors", "registration"},
    "store": {"errors", "dates", "records", "registration", "config", "schema", "events", "lock"},
    "digest": {"errors", "dates", "records", "registration", "config", "schema", "periods", "harm"},
    "deliver": {"errors", "dates", "config", "store", "web", "writing"},
    "export": {"errors", "dates", "records"},
    "writing": {"errors"},
}
BELOW_PIPELINE = set(MAY_IMPORT) | {""}  # "" is tracker itself, for its version
MAY_IMPORT |= {
    "pipeline": BELOW_PIPELINE,
    "terminal": BELOW_PIPELINE | {"pipeline"},
    "page": BELOW_PIPELINE | {"pipeline", "terminal"},
    "demo": BELOW_PIPELINE | {"pipeline", "terminal"},
    "schedule": BELOW_PIPELINE | {"pipeline"},
    "browse": BELOW_PIPELINE | {"pipeline", "terminal", "page"},
    "cli": BELOW_PIPELINE | {"pipeline", "terminal", "page", "demo", "schedule", "browse"},
    "__main__": {"", "cli"},
    "__init__": set(),
}

MODULES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            base = node.module or ""
            names |= {f"{base}.{alias.name}" if base == "tracker" else base for alias in node.names}
    ours = [name.split(".") for name in names if name == "tracker" or name.startswith("tracker.")]
    rooms = {parts[1] if len(parts) > 1 else "" for parts in ours}
    return {name if (PACKAGE / name).exists() or (PACKAGE / f"{name}.py").exists() else "" for name in rooms}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    mine = room(path)
    assert imported_rooms(ast.parse(path.read_text())) - {mine} <= MAY_IMPORT[mine]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_says_what_it_is_and_no_function_must_be_scrolled_for(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module begins by saying what it does"
    assert text.count("\n") <= 350, "two files with plainer names would be easier to find one's way in"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno <= 50, f"{node.name} must be scrolled for"


def test_no_module_is_called_utils() -> None:
    assert not [path for path in MODULES if path.stem in ("utils", "util", "helpers", "misc")]


def cost(*arguments: str) -> float:
    """The least wall time of seven runs, in seconds."""
    times = []
    for _ in range(7):
        begun = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        times.append(time.perf_counter() - begun)
    return min(times)


def test_the_version_costs_at_most_four_times_a_bare_interpreter() -> None:
    ratio = cost("-m", "tracker", "--version") / cost("-c", "pass")
    print(f"tracker --version costs {ratio:.2f} times the bare interpreter")
    assert ratio <= 4


def test_the_version_imports_nothing_that_costs_time() -> None:
    code = (
        "import sys; sys.argv = ['tracker', '--version']; from tracker.__main__ import main; main();"
        "print(sorted({name.split('.')[0] for name in sys.modules}))"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.startswith("tracker ")
    for heavy in ("requests", "sqlite_utils", "numpy", "Bio", "rich", "click", "pydantic", "jinja2"):
        assert f"'{heavy}'" not in out
