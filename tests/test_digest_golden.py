"""Digests as files: what the database holds, and what the digest must say, to the byte. See tests/digests/README.md."""

import os
from pathlib import Path

import pytest

from tests.digest_case import read_case

CASES = sorted(path.parent for path in (Path(__file__).parent / "digests").glob("*/records.toml"))


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_a_digest_says_exactly_what_its_file_says(folder: Path) -> None:
    markdown = read_case(folder).markdown()
    expected = folder / "expected.md"
    if os.environ.get("UPDATE_DIGESTS"):
        expected.write_text(markdown, encoding="utf-8", newline="\n")
    assert markdown.encode() == expected.read_bytes()


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_the_same_material_gives_the_same_bytes(folder: Path) -> None:
    assert read_case(folder).markdown() == read_case(folder).markdown()


def test_there_are_cases() -> None:
    assert len(CASES) >= 5
