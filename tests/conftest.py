"""Shared by all tests: where the real records lie, and the rule that CI must not pass without them where they are."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


@pytest.fixture(autouse=True)
def _a_clean_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of whoever runs the tests may reach them."""
    for name in list(os.environ):
        if name.startswith(("TRACKER_", "NCBI_API")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    yield


# Each of these takes long (a fault in processes of its own, ten years of a clock): `make proof` runs them all, a plain
# run every n-th.
SAMPLED = {"test_bad_input_transport.py": 7, "test_bad_input_environment.py": 5, "test_bad_input_records.py": 4,
           "test_bad_input_database.py": 2, "test_bad_input_configuration.py": 3, "test_check_live.py": 3,
           "test_registries.py": 3, "test_due_ten_years.py": 12}  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="play every fault, not a sample")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--all"):
        _sample(config, items)
    if SHARED.exists():
        return
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(pytest.mark.skip(reason="needs ../shared beside the checkout"))


def _sample(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Every n-th of the cases of a test, and every test that has no cases."""
    dropped = [
        item
        for item in items
        if (callspec := getattr(item, "callspec", None))
        and sum(callspec.indices.values()) % SAMPLED.get(item.path.name, 1)
    ]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in set(dropped)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ran = _passed_on_real_records(terminalreporter)
    terminalreporter.write_line(f"tests on real and labelled records: {ran} passed")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI, where the real records are present, a whole run that did not use them has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    whole = not session.config.option.keyword and session.config.args == session.config.getini("testpaths")
    if reporter and whole and os.environ.get("CI") and SHARED.exists() and not _passed_on_real_records(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _passed_on_real_records(reporter: pytest.TerminalReporter) -> int:
    return sum("shared" in report.keywords for report in reporter.stats.get("passed", []))
