"""A sample of the proof in kill.py, small enough for every run: `make proof` plays all of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kill import KINDS, Play, Step, compare, prove, state

STORY = (Step(0, ("fetch",)), Step(1, ("fetch",)), Step(1, ("digest",)))


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    yield Play(tmp_path_factory.mktemp("story"), STORY, many=5)


@pytest.mark.parametrize(
    "n, kinds",
    [(1, ("clock",)), *((n % 3, (kind,)) for n, kind in enumerate(KINDS) if n), (0, ("opcode", "call"))],
    ids=str,
)
def test_what_was_killed_and_run_again_ends_in_the_same_database(play: Play, n: int, kinds: tuple[str, ...]) -> None:
    kinds = tuple(kind for kind in kinds if play.totals[n][kind]) or ("call",)
    died = 0
    for seed in range(9):
        proof = prove(play, n, kinds, seed)
        assert not proof.failure, proof
        died += len(proof.moments)
        if died:
            return
    raise AssertionError("no run was killed before it came to its end")


def test_the_proof_sees_a_lost_row_and_a_lost_digest(play: Play, tmp_path: Path) -> None:
    import shutil
    import sqlite3

    shutil.copytree(play.before(2), tmp_path / "work")
    found = state(tmp_path / "work")
    compare(found, play.after[1], "before anything is lost")
    with pytest.raises(AssertionError, match="digests"):
        compare(found, play.after[2], "without the digest")
    with sqlite3.connect(tmp_path / "work/db/tracker.db") as conn:
        conn.execute("delete from labels where record = (select min(record) from labels)")
    conn.close()
    with pytest.raises(AssertionError, match="another database"):
        compare(state(tmp_path / "work"), play.after[1], "without a label")
