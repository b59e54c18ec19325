"""The mail as it is written, read by another reader than Python's (tests/mime.py): headers, parts, hostile titles."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests import mime
from tracker.deliver.channel import Mail
from tracker.deliver.file import Folder
from tracker.deliver.message import Letter, one_line, write

LETTER = Letter(
    name="weekly",
    period="2026-W48",
    subject="Hair research, weekly 2026-W48: 2 trials moved",
    text="Größe of the gel\n.\n..dots\nFrom here on\n\ttabs and ends  \n",
    html="<p>Größe &amp; gel</p>\n",
    created=datetime(2026, 11, 23, 7, 0, 5, tzinfo=UTC),
)
HEADERS = {
    "date", "from", "to", "subject", "message-id", "list-id", "list-unsubscribe", "auto-submitted", "mime-version",
    "content-type",
}  # fmt: skip


def written(letter: Letter = LETTER, recipient: str = "reader@example.org", sender: str = "Träcker <t@example.org>",
            owner: str = "owner@example.org") -> Mail:  # fmt: skip
    return write(letter, recipient, sender=sender, owner=owner)


def test_every_header_is_there_once_and_says_what_it_should() -> None:
    mail = written()
    part = mime.read(mail.body)
    assert set(part.headers) == HEADERS
    assert part.one("Date") == "Mon, 23 Nov 2026 07:00:05 +0000"
    assert part.one("From") == "Träcker <t@example.org>"
    assert part.one("To") == "reader@example.org"
    assert part.one("Subject") == LETTER.subject
    assert part.one("Message-ID") == mail.message_id
    assert re.fullmatch(r"<weekly\.2026-W48\.[0-9a-f]{20}@example\.org>", mail.message_id)
    assert part.one("List-Id") == "Hair research weekly <weekly.tracker.example.org>"
    assert part.one("List-Unsubscribe") == "<mailto:owner@example.org?subject=unsubscribe%20weekly>"
    assert part.one("Auto-Submitted") == "auto-generated"


def test_plain_text_comes_first_and_both_parts_are_whole() -> None:
    part = mime.read(written().body)
    assert part.kind == "multipart/alternative"
    assert [(one.kind, one.text) for one in part.parts] == [("text/plain", LETTER.text), ("text/html", LETTER.html)]


def test_the_same_issue_is_the_same_mail_and_another_recipient_or_moment_another_one() -> None:
    assert written().body == written().body
    later = replace(LETTER, created=datetime(2026, 11, 23, 7, 0, 6, tzinfo=UTC))
    ids = {one.message_id for one in (written(), written(recipient="b@example.org"), written(later))}
    assert len(ids) == 3


def test_alerts_and_baseline_reports_belong_to_the_list_of_their_digest() -> None:
    part = mime.read(written(replace(LETTER, name="weekly.alert")).body)
    assert part.one("List-Id").endswith("<weekly.tracker.example.org>")
    assert part.one("Message-ID").startswith("<weekly.alert.2026-W48.")


def test_long_names_and_addresses_stay_readable_for_programs() -> None:
    domain = "a-long-name." * 18 + "example.org"
    letter = replace(LETTER, name="w" * 40 + ".baseline", period="2026-11-23.12")
    mail = written(letter, f"{'a' * 64}@{domain}", f"Name <t@{domain}>", f"{'o' * 64}@{domain}")
    part = mime.read(mail.body)
    assert part.one("To") == f"{'a' * 64}@{domain}"
    for name, value in (
        ("Message-ID", mail.message_id),
        ("List-Id", f"Hair research {'w' * 40} <{'w' * 40}.tracker.{domain}>"),
        ("List-Unsubscribe", f"<mailto:{'o' * 64}@{domain}?subject=unsubscribe%20{'w' * 40}>"),
    ):
        assert part.headers[name.lower()] == [value], "in one piece and not encoded"


HOSTILE = (
    "a\r\nBcc: x@example.org",
    "a\nBcc: x@example.org\n",
    "=?UTF-8?Q?=0A?=Bcc: x@example.org",
    "=?utf-8?q?=0D=0ABcc:_x@example.org?=",
    "=?utf-8?b?CkJjYzogeEBleGFtcGxlLm9yZw==?=",
    "a\0b",
    "ends in a line end\n",
    "\u2028Bcc: x@example.org\u2029",
    "\x85Bcc: x@example.org",
    "half \ud800 a character",
    "\u202eright to left",
    "=?", "?=", "=?=?=?", "= ?utf-8?q?x?=", "Bcc: x@example.org", "x" * 5000, "ü" * 500, " ", "",
)  # fmt: skip


@pytest.mark.parametrize("title", HOSTILE, ids=ascii)
def test_a_hostile_title_stays_in_its_line(title: str) -> None:
    _is_harmless(title)


@given(st.text(alphabet=st.sampled_from('=?UTF-8qQbB_0ADn\r\n\0\t :@<>,;"\\(ü\u2028\u202e\ud800é漢'), max_size=80))
@settings(max_examples=300, deadline=None)
@example("=?utf-8?q?=0A?= =?utf-8?q?Bcc:x?=")
def test_whatever_a_title_is_made_of(title: str) -> None:
    _is_harmless(title)


def _is_harmless(title: str) -> None:
    part = mime.read(written(replace(LETTER, subject=title, text=title + "\n", html=title + "\n")).body)
    assert set(part.headers) == HEADERS
    assert all(len(values) == 1 for values in part.headers.values())
    assert part.one("Subject") == one_line(title)[:200].strip()
    assert mime.words(part.one("Subject")) == part.one("Subject"), "nothing in it is still to be decoded"
    assert all(char.isprintable() for char in part.one("Subject"))
    assert len(part.parts) == 2


def test_a_sender_with_a_hostile_name_adds_no_header() -> None:
    for name in ("=?utf-8?q?=0ABcc:_x@example.org?=", 'Tracker, the "best"', '"Tracker, Inc."', "Tr(a)cker", "ü" * 100):
        part = mime.read(written(sender=f"{name} <t@example.org>").body)
        assert set(part.headers) == HEADERS and part.one("From").endswith("<t@example.org>")


def test_the_folder_channel_writes_the_mail_and_its_page(tmp_path: Path) -> None:
    begun: list[int] = []
    said = Folder(tmp_path / "preview").send(written(), lambda: begun.append(1))
    assert Path(said).name == "weekly.2026-W48.eml" and Path(said).read_bytes() == written().body
    assert Path(said).with_suffix(".html").read_text() == LETTER.html
    assert begun == [1]
