"""Wrong files and wrong words, as a user types them: exit code 2, lines that name the place, and nothing touched.

A sample through the whole program; every kind of mistake in queries.toml is tried in test_config.py.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.child import tracker
from tests.world import World, at
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    with StandIn(Upstream()) as standing:
        yield standing


@pytest.fixture
def world(stand_in: StandIn, tmp_path: Path) -> World:
    return at(stand_in, tmp_path)


def refused(world: World, *arguments: str) -> list[str]:
    """The lines with which a command was refused; no request was sent and no file made."""
    asked = len(world.stand_in.log)
    done = tracker(world, *arguments)
    assert done.code == 2 and "Traceback" not in done.err, done.err
    assert len(world.stand_in.log) == asked
    assert [file.name for file in world.folder.iterdir() if file.name != "queries.toml"] == []
    return [line for line in done.err.splitlines() if line.startswith(("tracker: ", "Error: "))]


WRONG: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "no TOML": (b"[tracker\ncontact = 1", ("queries.toml:1",)),
    "a word without quotes": (b"[tracker]\ncontact = me@example.org", ("queries.toml:2",)),
    "a byte order mark": (b"\xef\xbb\xbf[tracker]\ncontact = 3", ("queries.toml",)),
    "latin-1": ("[tracker]\ncontact = 'jörg@example.org'".encode("latin-1"), ("queries.toml:2", "UTF-8")),
    "junk": (bytes(range(256)), ("queries.toml",)),
    "UTF-16": ("[tracker]".encode("utf-16"), ("queries.toml",)),
    "an unknown key": (b"[[query]]\nname = 'a'\npubmd = 'x[tiab] AND y'", ("queries.toml:3", 'did you mean "pubmed"?')),
    "a wrong type": (b"[tracker]\ntimezone = 3", ("queries.toml:2", "timezone")),
    "an unknown zone": (b"[tracker]\ntimezone = 'Moon/Crater'", ("queries.toml:2", "unknown time zone")),
    "an open bracket": (b"[[query]]\nname = 'a'\npubmed = '(x[tiab] AND y[tiab]'", ("queries.toml:3", "query.a")),
    "an open quote": (b"[[query]]\nname = 'a'\npubmed = '\"x[tiab] AND y[tiab]'", ("queries.toml:3", "query.a")),
    "a name twice": (b"[[query]]\nname='a'\npubmed='x'\n[[query]]\nname='a'\npubmed='y'", ("queries.toml:5", "a")),
    "a schedule in numbers": (b"[[digest]]\nname = 'w'\nevery = '0 7 * * 1'", ("queries.toml:3", "every")),
    "5,000 brackets": (b"a = " + b"[" * 5_000, ("queries.toml",)),
}


@pytest.mark.parametrize("body, words", WRONG.values(), ids=WRONG)
def test_a_wrong_configuration_is_refused_at_its_place(world: World, body: bytes, words: tuple[str, ...]) -> None:
    (world.folder / "queries.toml").write_bytes(body)
    for command in (["fetch"], ["check"]):
        said = refused(world, *command)
        assert any(all(word in line for word in words) for line in said), said


def test_a_configuration_that_is_not_there_or_no_file_is_named(world: World) -> None:
    for name in ("nowhere.toml", ".", "queries.toml/below"):
        for command in ("fetch", "digest", "status", "check"):
            assert any(name.rstrip("/") in line for line in refused(world, "--config", name, command))


WORDS: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "an unknown query": (["fetch", "gell"], ('no query is named "gell"', 'did you mean "gel"?')),
    "a query like no other": (["fetch", "xyz"], ('no query is named "xyz"', "gel, moss")),
    "an unknown source": (["fetch", "--source", "pubmd"], ('no source is named "pubmd"', "pubmed, clinicaltrials")),
    "an unknown command": (["fetsh"], ("No such command", "fetch")),
    "an unknown option": (["fetch", "--ful"], ("No such option", "--full")),
    "control characters": (["fetch", "a\x1b[31mb"], ("no query is named",)),
    "half a character": (["fetch", "a\udc80"], ("no query is named",)),
}


@pytest.mark.parametrize("arguments, words", WORDS.values(), ids=WORDS)
def test_a_wrong_word_is_answered_with_the_right_one(
    world: World, arguments: list[str], words: tuple[str, ...]
) -> None:
    said = refused(world, *arguments)
    assert len(said) == 1 and all(word in said[0] for word in words), said
    assert "\x1b" not in said[0]


@pytest.mark.parametrize(
    "name", ["TRACKER_NOW", "TRACKER_PUBMED_URL", "TRACKER_CLINICALTRIALS_URL", "NCBI_API_KEY_FILE"]
)
@pytest.mark.parametrize("value", ["nonsense", "file:///etc/passwd", "\x1b[2J"])
def test_a_wrong_variable_is_named(world: World, name: str, value: str) -> None:
    done = tracker(world, "fetch", env={name: value})
    assert (done.code, "\x1b" in done.err, "Traceback" in done.err) == (2, False, False), done.err
    assert name in done.err
