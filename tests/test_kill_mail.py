"""A sample of the proof in kill_mail.py, small enough for every run: `make proof` plays 200 points of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kill import Step
from tests.kill_mail import CONFIG, MailPlay, Postman, count, deliveries, prove
from tests.mailserver import Taken


def story(port: int) -> tuple[Step, ...]:
    return Step(0, ("fetch",), config=CONFIG.format(port=port)), Step(0, ("digest", "mailed", "--send"))


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailPlay]:
    yield MailPlay(tmp_path_factory.mktemp("story"), story)


@pytest.mark.parametrize("kind", ["mail", "opcode", "call"])
def test_killed_while_it_sends_every_mail_arrives_once_or_is_unknown(play: MailPlay, kind: str) -> None:
    for seed in range(9):
        proof, _ = prove(play, 1, (kind,), seed)
        assert not proof.failure, proof
        if proof.moments:
            return
    raise AssertionError("no run was killed before it came to its end")


def test_the_proof_sees_a_mail_that_is_lost_or_comes_twice(play: MailPlay, tmp_path: Path) -> None:
    folder = play.folder / "stage"
    server = Postman()
    fixed = [(row["recipient"], play.mails[row["message_id"]]) for row in deliveries(folder)]
    server.mails = [Taken("tracker@example.net", recipient, body) for recipient, body in fixed]
    assert count(play, folder, server, set(), 0) == []
    server.mails.append(server.mails[0])
    with pytest.raises(AssertionError, match="is sent and arrived 2 times"):
        count(play, folder, server, set(), 0)
    server.mails = server.mails[1:-1]
    with pytest.raises(AssertionError, match="is sent and arrived 0 times"):
        count(play, folder, server, set(), 0)
    server._listener.close()
