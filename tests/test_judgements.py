"""A person's word: laid over the rules wherever labels are written, kept through everything, taken back at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_cli import tracker
from tests.world import WEEKS, World, at, nct, pmid
from tracker.classify import Classifier, load_taxonomy
from tracker.dates import clock_from
from tracker.demo.server import StandIn
from tracker.demo.upstream import Upstream
from tracker.errors import ConfigError
from tracker.pipeline.judging import Review, classify_all
from tracker.pipeline.labelling import Judge, Taken
from tracker.pipeline.statements import statement
from tracker.records import Label
from tracker.store import Store
from tracker.store.judging import Judgement, overlaid

PAPER = f"pubmed-{pmid(1)}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with StandIn(Upstream(known_phrases=lambda phrase: True)) as stand_in:
        world = at(stand_in, tmp_path)
        world.put_article(1, "Exosome gel in alopecia", abstract="A gel regrew hair in mice with alopecia.")
        world.put_article(2, "PP405 gel in alopecia")
        world.put_study(1)
        world.fetch()
        yield world


def say(world: World, record: str, *statements: str, author: str = "ada", note: str = "") -> list[str]:
    with Store.open(world.settings.db) as store:
        return Judge(world.settings, store, clock_from({"TRACKER_NOW": WEEKS[1]})).say(record, statements, author, note)


def drop(world: World, record: str, *statements: str) -> list[str]:
    with Store.open(world.settings.db) as store:
        return Judge(world.settings, store, clock_from({"TRACKER_NOW": WEEKS[1]})).drop(record, statements)


def take(world: World, text: str | bytes) -> Taken:
    path = world.folder / "labels.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with Store.open(world.settings.db) as store:
        return Judge(world.settings, store, clock_from({"TRACKER_NOW": WEEKS[1]})).take_file(path, "ada")


def classify(world: World, *, dry_run: bool = False, week: int = 2) -> Review:
    settings = world.settings
    with Store.read(settings.db) if dry_run else Store.open(settings.db) as store:
        classifier = Classifier(load_taxonomy(settings.approaches))
        clock = clock_from({"TRACKER_NOW": WEEKS[week]})
        return classify_all(settings, store, classifier, clock, dry_run=dry_run)


def labels(world: World, record: str = PAPER) -> dict[str, str]:
    """axis=label -> origin, without flags."""
    rows = world.rows("select axis, label, origin from labels where record = ? and axis != 'flag'", record)
    return {f"{row['axis']}={row['label']}": row["origin"] for row in rows}


def test_yes_adds_no_removes_and_the_only_label_of_an_axis_is_replaced(world: World) -> None:
    assert labels(world)["approach=ev.unspec"] == "rule" and labels(world)["stage=animal"] == "rule"
    say(world, pmid(1), "approach=ev.plant", "approach!=ev.unspec", "stage=phase2", "condition=aga", note="grapes")
    said = labels(world)
    assert said["approach=ev.plant"] == said["stage=phase2"] == said["condition=aga"] == "person"
    assert "approach=ev.unspec" not in said and "stage=animal" not in said and "condition=general" not in said
    row = world.rows("select * from labels where record = ? and label = 'ev.plant'", PAPER)[0]
    assert (row["rule"], row["strength"], row["quote"], row["seen"]) == ("person", 1.0, None, WEEKS[1])


def test_it_survives_a_fetch_that_changes_the_record_and_classifying(world: World) -> None:
    say(world, pmid(1), "approach=ev.plant", "approach!=ev.unspec", "relevance=hair")
    before = labels(world)
    world.put_article(1, "Exosome gel in alopecia, corrected", abstract="A gel regrew hair in mice with alopecia.")
    assert world.fetch(1, full=True)["pubmed", "gel"].changed == 1
    assert labels(world) == before
    classify(world)
    assert labels(world) == before


def test_taking_it_back_brings_the_rules_label_back_at_once(world: World) -> None:
    before, dump = labels(world), world.dump()
    say(world, pmid(1), "approach=ev.plant", "approach!=ev.unspec", "stage=phase2")
    assert world.dump() != dump
    assert "taken back: 1" in drop(world, pmid(1), "stage=phase2")[0]
    assert labels(world)["stage=animal"] == "rule" and "approach=ev.plant" in labels(world)
    drop(world, pmid(1))
    assert labels(world) == before and world.dump() == dump
    assert "nothing of the kind" in drop(world, pmid(1))[0]


def test_off_topic_by_a_person_takes_the_rules_approaches_with_it(world: World) -> None:
    say(world, nct(1), "relevance=off")
    assert set(labels(world, nct(1))) == {"relevance=off", "stage=phase2"}
    assert world.rows("select id from off_topic") == [{"id": nct(1)}]
    lines = say(world, nct(1), "approach=ev.plant")
    assert "stays off topic" in lines[-1] and labels(world, nct(1))["approach=ev.plant"] == "person"


def test_core_follows_from_what_a_person_says_of_the_approaches(world: World) -> None:
    assert "relevance=core" in labels(world)
    say(world, pmid(1), "approach!=ev.unspec")
    assert labels(world)["relevance=hair"] == "rule"
    shown = tracker(world, "why", pmid(1)).stdout
    assert "+ hair" in shown and "among the approaches" not in shown
    say(world, pmid(1), "approach=ev.plant")
    assert labels(world)["relevance=core"] == "rule"
    assert "because ev.plant (a person) is among the approaches" in " ".join(
        tracker(world, "why", pmid(1)).stdout.split()
    )
    assert classify(world).changed == 0
    say(world, pmid(1), "relevance=hair")
    assert labels(world)["relevance=hair"] == "person", "a person's word on relevance itself comes first"
    drop(world, pmid(1))
    assert labels(world)["relevance=core"] == "rule"


def test_what_is_no_core_approach_moves_nothing(world: World) -> None:
    say(world, pmid(1), "approach=minox.oral", "approach!=cell.dp")
    assert labels(world)["relevance=core"] == "rule"


def test_a_second_word_on_the_stage_replaces_the_first(world: World) -> None:
    say(world, pmid(1), "stage=phase2")
    say(world, pmid(1), "stage=phase3", author="grace")
    assert [(row["label"], row["author"]) for row in world.rows("select * from judgements")] == [("phase3", "grace")]


def test_full_text_finds_a_record_by_the_approach_that_a_person_gave(world: World) -> None:
    say(world, pmid(1), "approach=ev.plant")
    assert "Vesicles of plants" in world.rows("select variants from records where id = ?", PAPER)[0]["variants"]


def test_laid_over_twice_is_laid_over_once() -> None:
    rules = [
        Label(axis="stage", label="animal"),
        Label(axis="approach", label="a.b"),
        Label(axis="relevance", label="core"),
    ]
    words = [Judgement(axis="stage", label="phase2"), Judgement(axis="approach", label="a.b", says="no")]
    once = overlaid(rules, words)
    assert sorted(label.label for label in once) == ["core", "phase2"] and overlaid(once, words) == once
    assert overlaid(rules, []) == rules


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("approach=evplant", 'did you mean "ev.plant"'),
        ("approach=ev", "its leaves are: ev."),
        ("approch=ev.plant", 'no axis is called "approch" - did you mean "approach"'),
        ("stage=phase9", "no stage is called"),
        ("stage!=phase2", "a record has one stage"),
        ("relevance=maybe", "there are: core, hair, off"),
        ("ev.plant", "write axis=label"),
        ("\x1b[31m=x", "write axis=label"),
    ],
)
def test_what_cannot_be_said_is_refused_with_what_can(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        statement(text, load_taxonomy())
    assert words in str(caught.value) and "\x1b" not in str(caught.value)


def test_one_wrong_statement_keeps_none(world: World) -> None:
    with pytest.raises(ConfigError):
        say(world, pmid(1), "approach=ev.plant", "stage=phase9")
    assert world.rows("select * from judgements") == []


def test_a_file_names_its_bad_lines_and_the_others_are_taken(world: World) -> None:
    taken = take(
        world,
        "\ufeffid,label,says,note\n"
        f'{pmid(1)},approach=ev.plant,yes,"grapes, red"\n'
        "\n"
        f"{pmid(1)},approach=ev.unspec,NO,\n"
        "1,stage=phase2,,\n"
        f"{nct(1)},approach=nope.x\n"
        f"{nct(1)},stage=phase2,perhaps\n"
        f"{nct(1)},stage=phase2,no\n"
        f"{nct(1)}\n"
        f"{nct(1).lower()},stage=phase3\n",
    )
    assert taken.lines == 3
    assert [mistake.split("labels.csv:")[1].split(":")[0] for mistake in taken.mistakes] == ["5", "6", "7", "8", "9"]
    assert labels(world)["approach=ev.plant"] == "person" and "approach=ev.unspec" not in labels(world)
    assert labels(world, nct(1))["stage=phase3"] == "person"
    assert world.rows("select note from judgements where label = 'ev.plant'") == [{"note": "grapes, red"}]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pmid,label\n", ":1: has no column id"),
        ("", ":1: has no column id and label"),
        ("id,label,why\n", ":1: unknown column why"),
        ("id,label\n\xff".encode("latin-1"), "is no UTF-8 text"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_line(world: World, text: str | bytes, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        take(world, text)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_what_stands_before_a_broken_line_is_taken_and_the_line_named(world: World) -> None:
    taken = take(world, f'id,label\n{pmid(1)},approach=ev.plant\n1,"x\n')
    assert taken.lines == 1 and labels(world)["approach=ev.plant"] == "person"
    (mistake,) = taken.mistakes
    assert ":3: is no CSV from here on" in mistake and "nothing after it was read" in mistake


@pytest.mark.parametrize(
    "statements",
    [
        ("stage=phase2", "stage=phase3"),
        ("approach=ev.plant", "approach!=ev.plant"),
        ("relevance=off", "relevance=core"),
    ],
)
def test_words_that_take_each_other_back_are_refused(world: World, statements: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="said twice"):
        say(world, pmid(1), *statements)
    assert world.rows("select * from judgements") == []


def test_a_word_on_an_approach_that_is_gone_can_be_taken_back(world: World) -> None:
    config = world.folder / "queries.toml"
    before = config.read_text()
    config.write_text(before + '[[approach]]\nid = "oth.gel"\nlabel = "Gels"\nterms = ["gel of nothing"]\n')
    say(world, pmid(1), "approach=oth.gel")
    config.write_text(before)
    classify(world)
    assert drop(world, pmid(1), "approach=oth.gel")[0].endswith("taken back: 1")
    assert world.rows("select 1 from approaches where id = 'oth.gel'") == []


def test_the_command_says_who_and_show_names_them(world: World) -> None:
    done = tracker(
        world,
        "label",
        pmid(1),
        "approach=ev.plant",
        "approach!=ev.unspec",
        "--note",
        "grapes",
        USER="ada",
        LOGNAME="ada",
    )
    assert done.returncode == 0 and "approach=ev.plant (a person)" in done.stdout
    page = tracker(world, "show", pmid(1)).stdout
    assert "Vesicles of plants, not Vesicles, source not named  - by ada, 2026-11-09: grapes" in " ".join(
        page.split("\n")
    )
    assert tracker(world, "label", pmid(1), "--drop").returncode == 0
    assert "ada" not in tracker(world, "show", pmid(1)).stdout


def test_the_command_takes_a_file_and_exits_1_when_a_line_is_wrong(world: World) -> None:
    (world.folder / "l.csv").write_text(f"id,label\n{pmid(1)},approach=ev.plant\n0,stage=phase2\n")
    done = tracker(world, "label", "--import", "l.csv", "--author", "grace")
    assert done.returncode == 1 and done.stdout == "l.csv: 1 line taken\n"
    assert "l.csv:3: 0: is not held" in done.stderr and len(done.stderr.splitlines()) == 1
    assert world.rows("select author from judgements") == [{"author": "grace"}]


@pytest.mark.parametrize(
    "arguments", [["label"], ["label", "1"], ["label", "1", "--import", "x"], ["label", "--drop", "--import", "x"]]
)
def test_a_half_command_is_a_usage_error(world: World, arguments: list[str]) -> None:
    assert tracker(world, *arguments).returncode == 2


def test_classifying_again_writes_nothing_where_nothing_differs(world: World) -> None:
    before = world.rows("select * from labels")
    review = classify(world)
    assert (review.records, review.changed, review.moves) == (3, 0, {})
    assert world.rows("select * from labels") == before


NEW_LEAF = '[[approach]]\nid = "oth.moss"\nlabel = "Moss gel"\nterms = ["gel"]\n'


def test_a_new_leaf_is_shown_before_it_is_written_and_rewrites_only_what_it_changes(world: World) -> None:
    with (world.folder / "queries.toml").open("a") as file:
        file.write(NEW_LEAF)
    before, dump = world.rows("select * from labels"), world.dump()
    review = classify(world, dry_run=True)
    move = review.moves["approach", "", "oth.moss"]
    assert move.count == review.changed == 3 and len(move.examples) == 3 and world.dump() == dump
    done = tracker(world, "classify", "--dry-run")
    assert "approach + oth.moss  3 records" in done.stdout and "nothing was written" in done.stdout
    assert world.dump() == dump
    assert "3 of 3 records changed" in tracker(world, "classify").stdout
    after = world.rows("select * from labels where label != 'oth.moss'")
    assert after == before, "a label that says the same is not written again, whatever the taxonomy's version"
    assert labels(world)["approach=oth.moss"] == "rule"


def test_what_the_rules_no_longer_say_goes_and_a_stage_moves(world: World) -> None:
    with Store.open(world.settings.db) as store, store.transaction():
        store.db.conn.execute("update labels set label = 'phase1' where axis = 'stage' and record = ?", [PAPER])
        store.db.conn.execute("update labels set label = 'ev.milk' where label = 'ev.unspec'")
        store.db.conn.execute("update records set title = 'as an older parser read it' where id = ?", [PAPER])
    review = classify(world)
    assert set(review.moves) == {
        ("stage", "phase1", "animal"), ("approach", "ev.milk", ""), ("approach", "", "ev.unspec"),
    }  # fmt: skip
    assert dict(review.columns) == {"title": 1} and review.changed == 1
    assert world.rows("select title from records where id = ?", PAPER)[0]["title"] == "Exosome gel in alopecia"
    assert world.kinds(PAPER) == ["new_article"], "a better parser makes no event"
    assert classify(world).changed == 0


def test_a_record_that_today_s_parser_refuses_keeps_what_it_has(world: World) -> None:
    with Store.open(world.settings.db) as store, store.transaction():
        store.db.conn.execute("update payloads set body = x'789c030000000001' where record = ?", [PAPER])
    before = labels(world)
    done = tracker(world, "classify")
    assert done.returncode == 0 and "not readable: pubmed" in done.stdout
    assert labels(world) == before
