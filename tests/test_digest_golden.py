"""Digests as files: what the database holds, and what the digest must say, to the byte. See tests/digests/README.md."""

import os
from pathlib import Path

import pytest

from tests.digest_case import read_case

CASES = sorted(path.parent for path in (Path(__file__).parent / "digests").glob("*/records.toml"))


@pytest.mark.parametrize("ending", ["md", "html", "txt"])
@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_a_digest_says_exactly_what_its_file_says(folder: Path, ending: str) -> None:
    text = read_case(folder).rendered()[ending]
    expected = folder / f"expected.{ending}"
    if os.environ.get("UPDATE_DIGESTS"):
        expected.write_text(text, encoding="utf-8", newline="\n")
    assert text.encode() == expected.read_bytes()


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_the_same_material_gives_the_same_bytes(folder: Path) -> None:
    assert read_case(folder).rendered() == read_case(folder).rendered()


def test_there_are_cases() -> None:
    assert len(CASES) >= 6
