"""The demo as its readers see it: three Mondays, and in their digests everything that the upstream did."""

from pathlib import Path

import pytest

from tests.test_digest_html import words_before_the_board
from tracker.demo.play import play
from tracker.errors import StoreError
from tracker.store import Store


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder, said = tmp_path_factory.mktemp("demo"), list[str]()
    play(folder, said.append)
    return folder, said


def digest(demo: tuple[Path, list[str]], week: str) -> str:
    return (demo[0] / f"digests/{week}-weekly.md").read_text()


def test_the_baseline_is_told_as_such_and_lists_nothing_as_new(demo: tuple[Path, list[str]]) -> None:
    text = digest(demo, "2026-W46")
    assert "baseline" in text and "## New" not in text


@pytest.mark.parametrize(
    ("week", "words"),
    [
        ("2026-W47", "primary completion 2027-01-15 -> 2027-09-15 (slipped"),
        ("2026-W47", "status not yet recruiting -> recruiting"),
        ("2026-W47", "reason given"),
        ("2026-W47", "-> unknown; last known status recruiting"),
        ("2026-W48", "results posted"),
        ("2026-W48", "phase 1/2 -> 2"),
        ("2026-W48", "retracted by"),
        ("2026-W48", "This digest told it in 2026-W47"),
        ("2026-W48", "PMID 999000204"),  # indexed in June, first listed in November
        ("2026-W48", "2nd slip, 10 full months in total"),
        ("2026-W48", "status not yet recruiting -> withdrawn; reason given: The maker"),
        ("2026-W48", "result paper** [PMID 999000205]"),
        ("2026-W48", "protocol paper [PMID 999000210]"),
        ("2026-W48", "published; was the preprint [PMID 999000014]"),
        ("2026-W48", "who pays: “… Participants are charged for each session. …” in summary"),
        ("2026-W47", "slow enrolment and a serious infection in one participant.” in why it stopped"),
        ("2026-W47", "silent since 2026-11-14"),
        ("2026-W47", "**Harm reported 2026-11-11** [PMID 999000109]"),
        ("2026-W48", "**Bioengineered follicles and neogenesis** | ········ | no trial that enrolled somebody"),
        ("2026-W48", "| Phase 2 (2b by its title), recruiting, 300 people planned [NCT99900002]"),
        ("2026-W48", "| no peer-reviewed clinical paper held; no results posted | 2027-06 [NCT99900003]"),
        ("2026-W48", "baricitinib: FDA 2022"),
        ("2026-W48", "A registry's status and phase are what a sponsor reports: neither is an approval."),
    ],
)
def test_each_thing_that_moved_is_told_in_its_week(demo: tuple[Path, list[str]], week: str, words: str) -> None:
    assert words in digest(demo, week).replace("\\-", "-").replace("\\>", ">").replace("\\.", ".")


@pytest.mark.parametrize("week", ["2026-W47", "2026-W48"])
def test_a_mail_of_the_demo_is_read_in_two_minutes(demo: tuple[Path, list[str]], week: str) -> None:
    with Store.open(demo[0] / "db/tracker.db") as store:
        ((page,),) = store.db.execute("select html from digests where period = ?", [week])
    assert 300 < words_before_the_board(page) < 660


def test_errors_of_the_upstream_are_survived_and_no_digest_calls_a_source_failed(demo: tuple[Path, list[str]]) -> None:
    assert any("503" in line for line in demo[1]) and any("maintenance" in line for line in demo[1])
    for week in ("2026-W46", "2026-W47", "2026-W48"):
        assert "FAILED" not in digest(demo, week)


def test_nothing_is_told_twice(demo: tuple[Path, list[str]]) -> None:
    with Store.read(demo[0] / "db/tracker.db") as store:
        told = store.rows("select event, count(*) as n from digest_items group by event having n > 1")
        headlines = store.rows(
            """select e.headline, count(*) as n from digest_items i join events e on e.id = i.event
               group by 1 having n > 1"""
        )
    assert told == [] and headlines == []


def test_the_last_words_say_where_the_digest_lies_and_what_to_type_next(demo: tuple[Path, list[str]]) -> None:
    last = demo[1][-1]
    assert str(demo[0] / "digests/2026-W48-weekly.md") in last and "tracker fetch" in last


def test_a_folder_that_is_no_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "digests").mkdir()
    (tmp_path / "digests/note.md").write_text("mine")
    with pytest.raises(StoreError, match="something else than a demo"):
        play(tmp_path, lambda line: None)
    assert (tmp_path / "digests/note.md").read_text() == "mine" and not (tmp_path / "queries.toml").exists()


def test_a_file_in_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        play(tmp_path / "demo", lambda line: None)


def test_playing_it_again_gives_the_same_digests(demo: tuple[Path, list[str]], tmp_path: Path) -> None:
    play(tmp_path, lambda line: None)
    for path in sorted((demo[0] / "digests").iterdir()):
        assert (tmp_path / "digests" / path.name).read_bytes() == path.read_bytes()
