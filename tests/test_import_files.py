"""Files of records: told by their content, cut into payloads in pieces of any size, and what is said of broken ones."""

import gzip
import json
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.generated import write_set
from tests.standin_world import article, nct, pmid, study
from tracker.errors import RecordError, SourceError
from tracker.records import Payload
from tracker.sources import cutting, files
from tracker.sources.clinicaltrials import study as trials
from tracker.sources.clinicaltrials.api import payload_of
from tracker.sources.files import Deletion, RecordFile

HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD X//EN" "x.dtd">\n'
BOOK = (Path(__file__).parent / "pubmed/book.xml").read_bytes().strip()
DELETED = b'<DeleteCitation>\n<PMID Version="1">999000004</PMID><PMID Version="2">0999000005</PMID></DeleteCitation>'
SET = HEAD + b"<PubmedArticleSet>\n" + b"\n".join([article(1), BOOK, article(2), DELETED]) + b"\n</PubmedArticleSet>\n"
TEXT = b"\n" + b"\n".join(
    f"PMID- {pmid(n)}\nTI  - Title {n}\n      goes on\nSO  - J. 2031.\n".encode() for n in (1, 2, 3)
)  # fmt: skip
STUDIES = [study(n, f"Study “{n}” of }}{{ ]") for n in (1, 2, 3)]
LINES = b"".join(json.dumps(one).encode() + b"\n" for one in STUDIES)
PRETTY = json.dumps(STUDIES, indent=2, ensure_ascii=False).encode()
PAGE = json.dumps({"totalCount": 3, "nextPageToken": "x", "studies": STUDIES}).encode()
PAGE_FIRST = json.dumps({"studies": STUDIES, "nextPageToken": "x"}).encode()

Write = Callable[[bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(content: bytes) -> Path:
        path = tmp_path / "file with a name that says nothing"
        path.write_bytes(content)
        return path

    return to_file


def read(path: Path) -> tuple[list[str], str]:
    """The keys of what a file gives ("-" before deleted ones), and the error at its end."""
    found: list[str] = []
    try:
        for item in RecordFile(path):
            found += ["-" + key for key, _ in item.citations] if isinstance(item, Deletion) else [item.key]
    except SourceError as error:
        return found, str(error)
    return found, ""


WHOLE = [
    (SET, [pmid(1), "90000020", pmid(2), "-" + pmid(4), "-" + pmid(5)]),
    (SET + SET.replace(HEAD, b"\n"), 2 * [pmid(1), "90000020", pmid(2), "-" + pmid(4), "-" + pmid(5)]),
    (article(7), [pmid(7)]),
    (b"\xef\xbb\xbf" + BOOK, ["90000020"]),
    (HEAD + b"<PubmedArticleSet/>", []),
    (HEAD + b"<PubmedArticleSet><!-- <none> --></PubmedArticleSet>", []),
    (TEXT, [pmid(1), pmid(2), pmid(3)]),
    (TEXT.replace(b"\n", b"\r\n"), [pmid(1), pmid(2), pmid(3)]),
    (TEXT.replace(b"\n\nPMID", b"\nPMID"), [pmid(1), pmid(2), pmid(3)]),
    (TEXT.replace(b"      goes on\n", b"      \n\n      goes on\n"), [pmid(1), pmid(2), pmid(3)]),
    (b"\xef\xbb\xbf" + TEXT.strip(), [pmid(1), pmid(2), pmid(3)]),
    (LINES, [nct(1), nct(2), nct(3)]),
    (b"\xef\xbb\xbf" + PRETTY, [nct(1), nct(2), nct(3)]),
    (PAGE, [nct(1), nct(2), nct(3)]),
    (PAGE_FIRST + b"\n" + PAGE, 2 * [nct(1), nct(2), nct(3)]),
    (json.dumps(STUDIES[0], indent=1).encode(), [nct(1)]),
    (b'{"studies": []}', []),
    (b"[]", []),
]


@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 18])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
@pytest.mark.parametrize(("content", "keys"), WHOLE)
def test_a_file_is_told_by_its_content_and_gives_all_its_records(
    write: Write, monkeypatch: pytest.MonkeyPatch, content: bytes, keys: list[str], packed: bool, size: int
) -> None:
    monkeypatch.setattr(files, "PIECE", size)
    assert read(write(gzip.compress(content) if packed else content)) == (keys, "")


def test_payloads_are_what_a_fetch_would_hand_on(write: Write) -> None:
    first, book, *_ = RecordFile(write(SET))
    assert isinstance(first, Payload) and first.body == article(1) and first.source == "pubmed"
    assert isinstance(book, Payload) and book.body == BOOK
    assert list(RecordFile(write(PRETTY))) == [payload_of(one) for one in STUDIES]
    assert [item.body for item in RecordFile(write(TEXT)) if isinstance(item, Payload)] == [
        part.strip() for part in TEXT.split(b"\n\n")
    ]


def test_a_deletion_names_versions(write: Write) -> None:
    assert list(RecordFile(write(SET)))[-1] == Deletion(((pmid(4), "0001"), (pmid(5), "0002")))


@pytest.mark.parametrize("at", range(len(HEAD) + 18, len(SET) - 20, 97))
def test_a_set_that_is_cut_off_gives_its_whole_records_and_says_so(write: Write, at: int) -> None:
    ends = [SET.index(body) + len(body) for body in (article(1), BOOK, article(2))]
    found, error = read(write(SET[:at]))
    assert len([key for key in found if not key.startswith("-")]) == sum(end <= at for end in ends)
    assert error.startswith("is cut off")


@pytest.mark.parametrize("content", [SET, TEXT, LINES, PRETTY, PAGE])
@pytest.mark.parametrize("size", [50, 1 << 18])
def test_a_gzip_that_is_cut_off_gives_its_whole_records_and_says_so(
    write: Write, monkeypatch: pytest.MonkeyPatch, content: bytes, size: int
) -> None:
    monkeypatch.setattr(files, "PIECE", size)
    packed = gzip.compress(content, 1)
    whole = read(write(content))[0]
    for at in [*range(20, len(packed) - 8, 41), len(packed) - 4]:
        plain = zlib.decompressobj(wbits=31).decompress(packed[:at])
        found, error = read(write(packed[:at]))
        expected = plain.count(b"\n\n") if content == TEXT else len(read(write(plain))[0])
        assert found == whole[:expected] and (error.startswith("is cut off") or not plain)


def test_gzips_one_after_the_other_are_one_file_and_padding_is_nothing(write: Write) -> None:
    half = LINES.index(b"\n") + 30
    packed = gzip.compress(LINES[:half]) + gzip.compress(LINES[half:])
    assert read(write(packed + b"\0" * 500)) == ([nct(1), nct(2), nct(3)], "")
    found, error = read(write(packed + b"rubbish"))
    assert found == [nct(1), nct(2), nct(3)] and "damaged" in error


def test_a_record_that_lost_its_end_does_not_take_the_next_with_it(write: Write) -> None:
    broken = article(1).replace(b"</PubmedArticle>", b"")
    elements = b"".join([broken, article(2), broken, DELETED, article(3)])
    content = HEAD + b"<PubmedArticleSet>" + elements + b"</PubmedArticleSet>"
    found = list(RecordFile(write(content)))
    keys = [item.key for item in found if isinstance(item, Payload)]
    assert keys == [pmid(1), pmid(2), pmid(1), pmid(3)]
    assert isinstance(found[0], Payload) and found[0].body == broken.strip()


def test_words_between_records_are_passed_over_and_said(write: Write) -> None:
    content = SET.replace(BOOK, b"<ERROR>Backend\ntimed out</ERROR>")
    found, error = read(write(content))
    assert found == [pmid(1), pmid(2), "-" + pmid(4), "-" + pmid(5)]
    assert error == "has something else between its records, passed over: <ERROR>Backend timed out</ERROR>"


def test_entities_that_a_file_defines_are_never_expanded(write: Write) -> None:
    bomb = b'<!DOCTYPE PubmedArticleSet [<!ENTITY a "aaaa">]><PubmedArticleSet>' + article(1) + b"</PubmedArticleSet>"
    found, error = read(write(bomb))
    assert found == [pmid(1)] and "<!DOCTYPE" in error


def test_a_medline_file_that_is_cut_off_within_a_record_says_so(write: Write) -> None:
    cut = TEXT[: TEXT.rindex(b"SO  -")]
    found, error = read(write(cut))
    assert found == [pmid(1), pmid(2)]
    assert error == f"is cut off within PMID {pmid(3)}: its last line is not the source (SO)"
    assert read(write(TEXT.replace(b"SO  - J. 2031.\n", b"")))[1] == ""  # none of them has one: another exporter


def test_a_broken_line_of_json_lines_is_one_record_and_the_rest_goes_on(write: Write) -> None:
    first, second, third = LINES.splitlines(keepends=True)
    for broken in (second[:200] + b"\n", second.replace(b'"hasResults"', b"hasResults"), second[:-2] + b"\xff\n",
                   b'{"x": ' + b"9" * 5000 + b"}\n"):  # fmt: skip
        items = [item for item in RecordFile(write(first + broken + third)) if isinstance(item, Payload)]
        assert [items[0].key, items[2].key] == [nct(1), nct(3)] and len(items) == 3
        with pytest.raises(RecordError):
            trials.read(items[1].body, items[1].key)


def test_text_that_is_no_utf_8_costs_its_study_alone(write: Write) -> None:
    items = [item for item in RecordFile(write(LINES.replace(b"Study", b"Stud\xff", 1))) if isinstance(item, Payload)]
    assert [item.key for item in items] == [nct(1), nct(2), nct(3)]
    with pytest.raises(RecordError, match="no Unicode"):
        trials.read(items[0].body)


@pytest.mark.parametrize("content", [PRETTY, PAGE, LINES])
def test_json_that_is_cut_off_gives_its_whole_studies_and_says_so(write: Write, content: bytes) -> None:
    third = content.index(nct(3).encode())
    assert read(write(content[:third])) == ([nct(1), nct(2)], "is cut off within its JSON")
    assert read(write(content.rstrip()[:-1]))[1] == "is cut off within its JSON"


@pytest.mark.parametrize("content", [PRETTY, PAGE])
def test_json_that_is_broken_in_the_middle_says_where(write: Write, content: bytes) -> None:
    at = content.index(b'"nctId": "' + nct(2).encode())
    found, error = read(write(content[:at] + b"}" + content[at:]))
    assert found == [nct(1)] and error.startswith("is broken JSON from character ")


def _zip(members: dict[str, bytes]) -> Iterator[bytes]:
    from io import BytesIO

    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    yield out.getvalue()


def test_a_zip_is_all_its_files_and_one_that_cannot_be_read_leaves_the_others(write: Write) -> None:
    members = {f"{nct(n)}.json": json.dumps(one).encode() for n, one in enumerate(STUDIES, start=1)}
    clutter = {"__MACOSX/._x": b"\0", "folder/.DS_Store": b"\0"}
    (packed,) = _zip(members | clutter)
    assert read(write(packed)) == ([nct(1), nct(2), nct(3)], "")
    (packed,) = _zip({"readme.txt": b"Hello."} | members)
    found, error = read(write(packed))
    assert found == [nct(1), nct(2), nct(3)]
    assert error.startswith("1 of its 4 files could not be read whole: readme.txt is none of")
    assert read(write(packed[:-30]))[1].startswith("is a cut or broken zip")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "is a web page"),
        (b"<html>", "is a web page"),
        (b"<eSearchResult><Count>1</Count></eSearchResult>", "is XML, but no PubmedArticleSet"),
        (b"<?xml version='1.0' encoding='iso-8859-1'?><PubmedArticleSet/>", "is in iso-8859-1; tracker reads UTF-8"),
        (SET.decode().encode("utf-16"), "is not text in UTF-8"),
        (b"<MedlineCitationSet></MedlineCitationSet>", "is in the format that NLM gave up"),
        (b"TY  - JOUR\nTI  - A title\nER  - \n", "is RIS; export from PubMed as MEDLINE"),
        (b"pmid,title\n1,A title\n", "is none of PubMed XML"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is not text in UTF-8"),
        (b'{"header": {"type": "esearch"}}', "is JSON, but its first entry is no study"),
        (b"[1, 2]", "is JSON, but its first entry is no study"),
        (b"[[", "is cut off within its JSON"),
        (b"[" * 100_000, "is broken JSON"),
    ],
)
def test_what_is_no_file_of_records_is_said_in_one_line(write: Write, content: bytes, said: str) -> None:
    found, error = read(write(content))
    assert found == [] and error.startswith(said) and "\n" not in error


def test_a_name_that_no_file_can_have_is_said(tmp_path: Path) -> None:
    assert read(tmp_path / ("x" * 300))[1] == "cannot be read (File name too long)"


def test_a_file_that_is_not_there_or_no_file_is_said(tmp_path: Path) -> None:
    assert read(tmp_path / "none.xml") == ([], "cannot be read (No such file or directory)")
    assert read(tmp_path) == ([], "cannot be read (Is a directory)")


@pytest.mark.parametrize("begin", [b"<PubmedArticleSet><PubmedArticle>", b"PMID- 1\n", b'{"protocolSection": {"a": "'])
def test_a_record_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch, write: Write, begin: bytes) -> None:
    monkeypatch.setattr(cutting, "MAX_RECORD", 3_000_000)
    path = write(gzip.compress(begin + b"x" * 12_000_000 + b"\n      x" * 1_000_000))
    tracemalloc.start()
    found, error = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [] and "more than 3 MB" in error
    assert peak < 40_000_000


@pytest.mark.parametrize("count", [500, 2000])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, count: int) -> None:
    path = write_set(tmp_path / "set.xml.gz", count)
    tracemalloc.start()
    records = sum(1 for _ in RecordFile(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert records == count and peak < 3_000_000


def test_an_array_of_studies_is_never_held_whole(write: Write) -> None:
    big: list[Any] = [study(n, "x" * 20_000) for n in range(1, 400)]
    path = write(json.dumps(big).encode())
    tracemalloc.start()
    records = sum(1 for _ in RecordFile(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert records == 399 and peak < 4_000_000 < path.stat().st_size
