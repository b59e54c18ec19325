"""queries.toml -> settings: what a good file comes to, and that every mistake is told at its line with what to do."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from tracker.config import Query, Settings, find, load, schema
from tracker.config.positions import scan
from tracker.errors import ConfigError

ROOT = Path(__file__).resolve().parents[1]

GOOD = """\
[tracker]
contact = "ada@lovelace.uk"
timezone = "Europe/London"
db = "store/t.db"
[sources.pubmed]
url = "http://127.0.0.1:8801/entrez/eutils/"
retry_wait = 0.1
[[query]]
name = "exosomes"
title = "Vesicles"
pubmed = '''
exosome*[tiab]
  AND "hair loss"[tiab]
'''
clinicaltrials = { intr = "exosome", cond = "alopecia  OR hair loss" }
follows = ["ev", "free.cm"]
gold = ["PMID: 39155501", "nct06393452"]
[[feed]]
name = "regulator"
url = "https://example.org/feed"
[[approach]]
id = "ev.newco"
terms = ["NC-12"]
not = ["NC-12 cells"]
[[digest]]
name = "weekly"
every = "Monday  07:00"
[[digest]]
name = "monthly"
every = "monthly 1 07:00"
queries = ["exosomes"]
min_severity = "high"
email = ["reader@example.org"]
send_empty = false
[smtp]
host = "smtp.example.org"
sender = "Tracker <tracker@example.org>"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(text: str | bytes, env: Mapping[str, str] | None = None, leaves: set[str] | None = None) -> Settings:
    path = Path("queries.toml")
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(path, env or {}, leaves)


def mistakes(text: str | bytes, env: Mapping[str, str] | None = None, leaves: set[str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text, env, leaves)
    return [line for line in str(caught.value).split("\n") if not line.startswith("warning: ")]


def query(lines: str) -> str:
    return f'[[query]]\nname = "x"\n{lines}\n'


def test_a_good_file_comes_to_typed_frozen_settings(folder: Path) -> None:
    settings = read(GOOD, {"TRACKER_SMTP_PASSWORD": "s3cret"})
    exosomes, regulator = settings.queries
    assert (regulator.expression("feeds"), regulator.expression("pubmed")) == ("https://example.org/feed", "")
    assert (exosomes.expression("feeds"), regulator.feed in settings.feeds) == ("", True)
    assert exosomes.pubmed == 'exosome*[tiab] AND "hair loss"[tiab]'
    assert exosomes.expression("clinicaltrials") == '{"cond": "alopecia OR hair loss", "intr": "exosome"}'
    assert (exosomes.follows, exosomes.gold) == (("ev", "free.cm"), ("39155501", "NCT06393452"))
    assert (settings.db, settings.digests_dir) == (folder / "store/t.db", folder / "digests")
    assert settings.sources["pubmed"].url == "http://127.0.0.1:8801/entrez/eutils/"
    assert (settings.sources["pubmed"].retry_wait, settings.sources["pubmed"].pace) == (0.1, 3.0)
    assert settings.sources["clinicaltrials"].url == "https://clinicaltrials.gov/api/v2/"
    weekly, monthly = settings.digests
    assert (weekly.queries, weekly.every, weekly.min_severity, weekly.send_empty) == (
        ("exosomes", "regulator"), "monday 07:00", 1, True,
    )  # fmt: skip
    assert (monthly.queries, monthly.min_severity, monthly.email) == (("exosomes",), 3, ("reader@example.org",))
    assert settings.approaches == ({"id": "ev.newco", "terms": ["NC-12"], "not": ["NC-12 cells"]},)
    assert settings.smtp and settings.smtp.password == "s3cret" and "s3cret" not in repr(settings)
    assert settings.warnings == ()
    with pytest.raises(FrozenInstanceError):
        settings.timezone = "UTC"  # type: ignore[misc]


def test_an_empty_file_has_every_default_and_one_warning(folder: Path) -> None:
    settings = read("")
    assert (settings.timezone, settings.fetch, settings.contact) == ("UTC", "daily 06:00", "")
    assert settings.db == folder / "db/tracker.db"
    assert settings.warnings == ("queries.toml:1: there is no [[query]] and no [[feed]], so nothing is followed",)


def test_relative_paths_start_at_the_folder_of_the_file(folder: Path) -> None:
    inner = folder / "inner"
    inner.mkdir()
    (inner / "queries.toml").write_text("")
    assert load(Path("inner/queries.toml"), {}).db == inner / "db/tracker.db"


def test_a_query_asks_an_older_expression_and_nothing_else_changes() -> None:
    asked = Query(name="x", pubmed="new[tiab]", clinicaltrials={"cond": "new"}, follows=("ev",))
    old = asked.with_expression("clinicaltrials", '{"cond": "old"}').with_expression("pubmed", "old[tiab]")
    assert old == Query(name="x", pubmed="old[tiab]", clinicaltrials={"cond": "old"}, follows=("ev",))
    assert asked.with_expression("clinicaltrials", "").expression("clinicaltrials") == ""
    assert asked.expression("feeds") == ""


@pytest.mark.parametrize(
    ("lines", "url"),
    [
        ('url = "https://example.org/feed"', "https://example.org/feed"),
        ('preset = "mhra"', "https://www.gov.uk/drug-device-alerts.atom"),
        ('preset = "medrxiv"\nof = "Dermatology"', "https://connect.medrxiv.org/medrxiv_xml.php?subject=Dermatology"),
        ('preset = "clinicaltrials"\nof = "hair loss"', "cond=hair%20loss&"),
    ],
)
def test_a_feed_has_an_address_or_a_preset(folder: Path, lines: str, url: str) -> None:
    (feed,) = read(f'[[feed]]\nname = "x"\n{lines}\n').feeds
    assert url in feed.url and feed.title


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "a feed has either a url or a preset"),
        ('preset = "mhra"\nurl = "https://example.org/"', "a feed has either a url or a preset"),
        ('preset = "medarxiv"\nof = "x"', 'no feed is known as "medarxiv" - did you mean "medrxiv"?'),
        ('preset = "medrxiv"', "medrxiv needs of = "),
        ('preset = "mhra"\nof = "x"', "mhra needs no more than its name"),
        ('url = "https://example.org/"\nof = "x"', "goes with a preset alone"),
    ],
)
def test_mistakes_in_a_feed_are_said(folder: Path, lines: str, said: str) -> None:
    (line,) = mistakes(f'[[feed]]\nname = "x"\n{lines}\n')
    assert line.startswith("queries.toml:") and said in line


def test_every_mistake_is_told_at_once_with_its_line(folder: Path) -> None:
    text = """\
[tracker]
contact = "ada"
timezone = "europe/london"
fetch = "1 07:00"
api_key = "abc"
[sources.pubmed]
pace = 20
[[query]]
name = "exosomes"
pubmd = "hair[tiab]"
clinicaltrials = { cnd = "alopecia", intr = "(exosome" }
gold = [39155501]
[[feed]]
name = "exosomes"
url = "ftp://example.org/"
[[digest]]
name = "weekly"
every = "dayly 07:00"
queries = ["exosome"]
email = ["a@b.c\\nBcc: x@y.z"]
"""
    expected = [
        ("2: tracker.contact: ", "must be one plain e-mail address"),
        ("3: tracker.timezone: ", 'did you mean "Europe/London"?'),
        ("4: tracker.fetch: ", "weekday"),
        ("5: tracker.api_key: ", "environment variable NCBI_API_KEY or NCBI_API_KEY_FILE"),
        ("7: sources.pubmed.pace: ", "eutils.ncbi.nlm.nih.gov allows 3 a second, and 10 with NCBI_API_KEY"),
        ("10: query.exosomes.pubmd: ", 'unknown key - did you mean "pubmed"?'),
        ("11: query.exosomes.clinicaltrials.intr: ", "bracket opened at position 1 is never closed"),
        ("11: query.exosomes.clinicaltrials.cnd: ", 'unknown key - did you mean "cond"?'),
        ("12: query.exosomes.gold.1: ", "must be text in quotation marks"),
        ("14: feed.exosomes.name: ", '"exosomes" is taken by the query on line 9'),
        ("15: feed.exosomes.url: ", "https://"),
        ("18: digest.weekly.every: ", "dayly"),
        ("19: digest.weekly.queries.1: ", 'no query or feed "exosome" - did you mean "exosomes"?'),
        ("20: digest.weekly.email.1: ", "must be one plain e-mail address"),
    ]
    told = mistakes(text)
    assert len(told) == len(expected), told
    for line, (place, words) in zip(told, expected, strict=True):
        assert line.startswith(f"queries.toml:{place}") and words in line


def digest(lines: str) -> str:
    return f'[[digest]]\nname = "w"\nevery = "daily 07:00"\n{lines}\n'


def smtp(lines: str) -> str:
    return f'[smtp]\nhost = "h.org"\nsender = "a@b.c"\n{lines}\n'


ONE_VALUE = {
    "a name in capitals": ('[[query]]\nname = "Exo"\npubmed = "hair"\n', 2, "a-z"),
    "a name of 41 letters": (f'[[query]]\nname = "{"a" * 41}"\npubmed = "hair"\n', 2, "1 to 40"),
    "the reserved name": ('[[query]]\nname = "linked"\npubmed = "hair"\n', 2, "reserved"),
    "a query that asks nothing": (query('title = "X"'), 1, "asks nothing"),
    "a query without a name": ('[[query]]\npubmed = "hair"\n', 1, "query.1.name: is missing"),
    "an empty expression": (query('pubmed = " "'), 3, "is empty"),
    "an unbalanced bracket": (query('pubmed = "(hair[tiab]"'), 3, "bracket opened at position 1 is never closed"),
    "open quotes": (query("""pubmed = 'a[tiab] AND "hair'"""), 3, "position 13"),
    "an operator at the end": (query("pubmed = 'hair AND'"), 3, "AND at position 6 has no term after it"),
    "a bracket in three quotes": (query("pubmed = '''\na[tiab]\n  AND (hair\n'''"), 5, "bracket opened at column 7"),
    "a wrong closing bracket": (query('clinicaltrials = { cond = "(a]" }'), 3, "] at position 3"),
    "operators by turns": (query(f"pubmed = '{'a OR b AND ' * 400}hair'"), 3, "brackets"),
    "a book": (query(f"pubmed = '{'hair OR ' * 3_000}hair'"), 3, "longer than 20,000"),
    "quotes in a search area": (query("clinicaltrials = { cond = '\"a' }"), 3, "quotation mark at position 1"),
    "a key of another section": (query('pubmed = "hair"\ntimezone = "UTC"'), 4, "it belongs under [tracker]"),
    "a section that is none": ("[trackr]\n", 1, 'trackr: unknown key - did you mean "tracker"?'),
    "one bracket for two": ('[query]\nname = "x"\npubmed = "hair"\n', 1, "[[query]]"),
    "a weekday as a digit": ('[tracker]\nfetch = "0 07:00"\n', 2, "weekday"),
    "the 31st": ('[tracker]\nfetch = "monthly 31 07:00"\n', 2, "1 to 28"),
    "an hour past the day": ('[tracker]\nfetch = "daily 24:00"\n', 2, "24:00"),
    "a zone that is a folder": ('[tracker]\ntimezone = "Europe"\n', 2, "unknown time zone"),
    "no zone": ('[tracker]\ntimezone = ""\n', 2, "Europe/London"),
    "an unknown severity": (digest('min_severity = "urgent"'), 4, "'high'"),
    "an encoded word as an address": (digest('email = ["=?utf-8?q?x?=@example.org"]'), 4, "before the @"),
    "two addresses in one": (digest('email = ["a@b.c, d@e.f"]'), 4, "one plain"),
    "a text for a list": (digest('email = "a@b.c"'), 4, "must be a list"),
    "a text for a truth": (digest('send_empty = "no"'), 4, "true or false"),
    "a digest of nothing": (digest("queries = []"), 4, "leave it out"),
    "a DOI for gold": (query('pubmed = "hair"\ngold = ["10.1000/182"]'), 4, "PMID"),
    "an approach without terms": ('[[approach]]\nid = "act.x"\nterms = []\n', 1, "names nothing"),
    "an approach with a wrong key": ('[[approach]]\nid = "act.x"\nterms = ["y"]\nnott = []\n', 4, 'did you mean "not"'),
    "an approach without family": ('[[approach]]\nid = "x"\nterms = ["y"]\n', 2, "family.leaf"),
    "mail in clear over the net": (smtp('security = "none"'), 4, "starttls"),
    "a sender on two lines": ('[smtp]\nhost = "h.org"\nsender = "T\\n <a@b.c>"\n', 3, "one line"),
    "a password in the file": (smtp('password = "hunter2"'), 4, "environment variable TRACKER_SMTP_PASSWORD"),
    "another shape of address": ('[sources.pubmed]\nurl = "http://127.0.0.1/"\n', 2, "/entrez/eutils/"),
    "the real host without TLS": (
        '[sources.clinicaltrials]\nurl = "http://clinicaltrials.gov/api/v2/"\n', 2, "https only",
    ),
    "no pace": ("[sources.pubmed]\npace = 0\n", 2, "greater than 0"),
    "a path of control characters": ('[tracker]\ndb = "a\\u0000b"\n', 2, "file or folder"),
}  # fmt: skip


@pytest.mark.parametrize("text, line, words", ONE_VALUE.values(), ids=ONE_VALUE)
def test_one_wrong_value_is_one_line_at_its_place(folder: Path, text: str, line: int, words: str) -> None:
    (told,) = mistakes(text)
    assert told.startswith(f"queries.toml:{line}: ") and words in told
    assert "hunter2" not in told


SYNTAX = {
    "a byte-order mark": ("\ufeffa = 1", "1:1", "byte-order mark"),
    "UTF-16": ("a = 1".encode("utf-16"), "1:1", "UTF-16"),
    "Latin-1": (b'a = 1\nb = "caf\xe9"\n', "2:9", "UTF-8"),
    "a key twice": ("[tracker]\ndb = 'x'\ndb = 'y'\n", "3:1", "tracker.db is written twice; it stands on line 2"),
    "a section twice": ("[tracker]\n[smtp]\n[tracker]\n", "3:1", "tracker is written twice; it stands on line 1"),
    "a key twice on one line": ("a = { b = 1, b = 2 }\n", "1:14", "a.b is written twice"),
    "an open text": ('a = 1\nb = "x\nc = 2\n', "2:5", "no closing quotation mark"),
    "an open text in three quotes": ("a = 1\n  b = '''x\nc = 2\n", "2:7", "no closing quotation mark"),
    "three quotes closed too late": ('a = """x\nb = """y"""\n', "2:8", "around line 1"),
    "an open list": ('a = ["x"\nb = 1\n', "2:1", "comma or a closing ]"),
    "typographic quotes": ("a = “x”\n", "1:5", "typographic"),
    "a no-break space": ("a =\u00a01\n", "1:4", "no-break space"),
    "text without quotes": ("a = daily\n", "1:5", "quotation marks"),
    "YAML": ("a: 1\n", "1:2", "key = value"),
    "a backslash": ('a = "C:\\Users"\n', "1:", "backslash"),
    "a header of three brackets": ("[query]]\n", "1:8", "[[query]]"),
    "tabs, which are allowed, and no end": ("\ta\t=\t'x\n", "1:6", "no closing quotation mark"),
    "Windows line ends": ("a = 1\r\nb = “x”\r\n", "2:5", "typographic"),
}


@pytest.mark.parametrize("text, place, words", SYNTAX.values(), ids=SYNTAX)
def test_what_is_no_toml_is_located_and_explained(folder: Path, text: str | bytes, place: str, words: str) -> None:
    (told,) = mistakes(text)
    assert told.startswith(f"queries.toml:{place}") and words in told


def test_what_is_no_configuration_at_all_is_said_in_one_line(folder: Path) -> None:
    assert "larger than 1 MB" in mistakes("#" * 1_000_001)[0]
    assert "nested too deep" in mistakes("a = " + "[" * 5_000)[0]
    for path, words in (("nope.toml", "tracker init"), (".", "is a folder"), ("a\0b", "cannot be read")):
        with pytest.raises(ConfigError, match=words) as caught:
            load(Path(path), {})
        assert str(caught.value).isprintable()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said(folder: Path) -> None:
    Path("queries.toml").write_text("")
    Path("queries.toml").chmod(0)
    with pytest.raises(ConfigError, match="cannot be read"):
        load(Path("queries.toml"), {})


def test_no_name_in_the_file_reaches_the_terminal_raw(folder: Path) -> None:
    told = mistakes('["\\u001b[31m\\n"]\n' + digest('queries = ["\\u0007\\n"]'))
    assert len(told) == 2 and all(line.isprintable() for line in told)
    assert len(mistakes(f'["{"k" * 9_000}"]\n')[0]) <= 500
    many = mistakes("".join(f"k{number} = 1\n" for number in range(1_000)))
    assert len(many) == 101 and many[-1] == "queries.toml: and 900 mistakes more"


def test_approaches_are_checked_against_the_taxonomy(folder: Path) -> None:
    leaves = {"ev.adsc", "cell.dp"}
    assert mistakes(digest('approaches = ["ev", "ev.adcs"]'), leaves=leaves) == [
        'queries.toml:4: digest.w.approaches.2: no family or leaf "ev.adcs" in the taxonomy - did you mean "ev.adsc"?'
    ]
    text = query("pubmed = 'hair'\nfollows = ['ev', 'cel', 'act.new']")
    own = "[[approach]]\nid = 'act.new'\nterms = ['n']\n[[approach]]\nid = 'imm.new'\nterms = ['m']\n"
    assert read(text + own, leaves=leaves).warnings == (
        'queries.toml:4: query.x.follows.2: no family or leaf "cel" in the taxonomy - did you mean "cell"?',
        "queries.toml:9: approach.imm.new.id: no query follows it: add it, or its family, to `follows`",
    )
    assert read(text).warnings == ()


WARNINGS = {
    "no part about hair": ("pubmed = 'exosome*[tiab] OR PP405[tiab]'", "about hair loss"),
    "hair as one of two": ("pubmed = 'exosome*[tiab] OR alopecia[mh]'", "about hair loss"),
    "letters of hair": ("pubmed = 'exosome*[tiab] AND chair[tiab]'", "about hair loss"),
    "a follicle of another kind": ("pubmed = 'exosome*[tiab] AND \"follicular lymphoma\"[tiab]'", "about hair loss"),
    "a registry query without hair": ('clinicaltrials = { intr = "exosome" }', "no area is about hair loss"),
    "hair as one of many": ("pubmed = 'exosome*[tiab] OR PP405[tiab] OR alopecia[mh]'", "about hair loss"),
    "hair only to be left out": ("pubmed = 'exosome*[tiab] NOT hair[tiab]'", "about hair loss"),
    "an operator in lower case": ("pubmed = 'exosome or hair'", "write OR"),
    "a field that PubMed lacks": ("pubmed = 'PRP[titleabs] AND hair[mh:noexp]'", 'no field "[titleabs]" - did you'),
    "a field forgotten": ("pubmed = 'PRP AND hair[tiab]'", '"PRP": without a field'),
    "too short before the star": ("pubmed = 'hai*[tiab] AND hair[tiab]'", "fewer than 4 letters"),
    "lower case for the registry": ('clinicaltrials = { cond = "hair loss or alopecia" }', "write OR"),
    "only NCT numbers": ('clinicaltrials = { term = "NCT06393452, NCT05129800" }', "ignores advanced"),
}


@pytest.mark.parametrize("lines, words", WARNINGS.values(), ids=WARNINGS)
def test_what_is_rarely_meant_is_a_warning(folder: Path, lines: str, words: str) -> None:
    (warning,) = read(query(lines)).warnings
    assert warning.startswith("queries.toml:3: query.x.") and words in warning


def test_a_query_that_is_about_hair_loss_gets_no_warning(folder: Path) -> None:
    for text in ("exosome*[ti] AND (alopecia[mh] OR scalp[ti])", "(a[ti] OR b[ti]) AND c[ti] AND hair[ti]", "hair",
                 'hair[Title/Abstract] AND "2024"[dp] AND scalp[tiab:~3]'):  # fmt: skip
        assert read(query(f"pubmed = '{text}'")).warnings == ()
    assert read(query("clinicaltrials = { cond = '\"skin and hair\"' }")).warnings == ()


def test_warnings_are_said_beside_mistakes(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(query("pubmed = 'exosome[ti]'\ntitel = 'x'\nfollows = ['evv']"), leaves={"ev.adsc"})
    lines = str(caught.value).split("\n")
    assert "titel: unknown key" in lines[0] and len(lines) == 3
    assert lines[1].startswith("warning: queries.toml:3: ") and "about hair loss" in lines[1]
    assert lines[2].startswith("warning: ") and '"evv"' in lines[2]


def test_mail_without_a_server_is_a_warning(folder: Path) -> None:
    (warning,) = read(query("pubmed = 'hair'") + digest('email = ["a@b.c"]')).warnings
    assert "no [smtp]" in warning


def test_the_environment_names_other_hosts_over_the_file(folder: Path) -> None:
    pubmed, trials = "TRACKER_PUBMED_URL", "TRACKER_CLINICALTRIALS_URL"
    sources = read(GOOD, {pubmed: "http://localhost:1/entrez/eutils/", trials: "https://m.org/api/v2"}).sources
    assert [sources[name].url for name in ("pubmed", "clinicaltrials")] == [
        "http://localhost:1/entrez/eutils/", "https://m.org/api/v2/",
    ]  # fmt: skip
    assert sources["clinicaltrials"].pace == 1.0
    assert mistakes("", {pubmed: "http://localhost:1/"}) == [f"{pubmed}: must end in /entrez/eutils/"]
    (told,) = mistakes("", {trials: "https://user:hunter2@h.org/api/v2/"})
    assert told.startswith(trials) and "hunter2" not in told


def test_the_real_hosts_keep_their_limits_and_other_hosts_take_what_is_given(folder: Path) -> None:
    key = {"NCBI_API_KEY": "k"}
    assert [source.pace for source in read("").sources.values()][:4] == [3.0, 1.0, 1.0, 2.0]
    assert read("", key).sources["pubmed"].pace == 10.0
    assert read("[sources.pubmed]\npace = 10\n", key).sources["pubmed"].pace == 10.0
    assert "allows 10 a second" in mistakes("[sources.pubmed]\npace = 11\n", key)[0]
    assert "allows 1 a second" in mistakes("[sources.clinicaltrials]\npace = 1.5\n")[0]
    other = '[sources.pubmed]\npace = 400\nurl = "https://mirror.example.org/entrez/eutils/"\n'
    assert read(other).sources["pubmed"].pace == 400.0


def test_the_key_is_for_ncbi_and_never_goes_in_the_clear(folder: Path) -> None:
    sources = read("", {"NCBI_API_KEY": " k3y\n"}).sources
    assert (sources["pubmed"].api_key, sources["clinicaltrials"].api_key) == ("k3y", "")
    assert "k3y" not in repr(sources)
    clear = {"NCBI_API_KEY": "k3y", "TRACKER_PUBMED_URL": "http://mirror.example.org/entrez/eutils/"}
    assert read("", clear).sources["pubmed"].api_key == ""
    (told,) = mistakes("", {"NCBI_API_KEY": "two words"})
    assert told.startswith("NCBI_API_KEY: ") and "two words" not in told


def test_a_secret_in_a_file_is_read_only_when_nobody_else_can(folder: Path) -> None:
    key = folder / "key"
    key.write_text("k3y\n")
    key.chmod(0o600)
    env = {"NCBI_API_KEY_FILE": str(key)}
    assert read("", env).sources["pubmed"].api_key == "k3y"
    key.chmod(0o640)
    assert mistakes("", env) == [f"NCBI_API_KEY_FILE: {key} can be read by others (mode 640): chmod 600 {key}"]
    key.chmod(0o600)
    key.write_text("")
    assert "is empty" in mistakes("", env)[0]
    assert "cannot be read" in mistakes("", {"NCBI_API_KEY_FILE": str(folder / "none")})[0]
    assert "not a file" in mistakes("", {"NCBI_API_KEY_FILE": str(folder)})[0]


def test_real_hosts_are_not_asked_by_nobody(folder: Path) -> None:
    for contact in ("", "you@example.org"):
        settings = read(f'[tracker]\ncontact = "{contact}"\n')
        for source in ("pubmed", "clinicaltrials"):
            with pytest.raises(ConfigError, match=r"tracker\.contact"):
                settings.require_contact(source)
    read('[tracker]\ncontact = "ada@lovelace.uk"\n').require_contact("pubmed")
    read("", {"TRACKER_PUBMED_URL": "http://127.0.0.1:1/entrez/eutils/"}).require_contact("pubmed")


def test_an_unknown_name_is_answered_with_the_nearest(folder: Path) -> None:
    settings = read(GOOD)
    assert settings.query("exosomes").name == "exosomes" and settings.digest("weekly").name == "weekly"
    with pytest.raises(ConfigError, match='no query is named "exosome" - did you mean "exosomes"'):
        settings.query("exosome")
    with pytest.raises(ConfigError, match="there are: weekly, monthly"):
        settings.digest("zzz")


def test_the_file_is_found_or_its_absence_is_said(folder: Path) -> None:
    with pytest.raises(ConfigError, match="tracker init"):
        find(folder)
    (folder / "queries.toml").write_text("")
    assert find(folder) == folder / "queries.toml"


def test_positions_of_every_kind_of_key() -> None:
    text = 'a.b = 1 # x\n"c d" = [\n "]", # ]\n { e = "}" }]\n[[f.g]]\n[f.g.h]\ni = 2020-01-01 10:00\n[[f.g]]\nj = ""\n'
    found = scan(text)
    assert {path: place.line for path, place in found.keys.items()} == {
        ("a",): 1, ("a", "b"): 1, ("c d",): 2, ("c d", 0): 3, ("c d", 1): 4, ("c d", 1, "e"): 4, ("f", "g"): 5,
        ("f", "g", 0): 5, ("f", "g", 0, "h"): 6, ("f", "g", 0, "h", "i"): 7, ("f", "g", 1): 8, ("f", "g", 1, "j"): 9,
    }  # fmt: skip
    assert found.of(("f", "g", 1, "missing")).line == 8


def test_the_schema_for_editors_is_the_one_in_the_repository() -> None:
    """To renew it: python -m tests.test_config"""
    assert (ROOT / "queries.schema.json").read_text(encoding="utf-8") == schema_text()


def test_nothing_heavy_is_imported_before_a_file_is_read() -> None:
    program = "import sys, tracker.config; print({'pydantic', 'requests', 'sqlite_utils'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def schema_text() -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (ROOT / "queries.schema.json").write_text(schema_text(), encoding="utf-8")
