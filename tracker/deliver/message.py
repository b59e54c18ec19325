"""An issue as the bytes of a mail, one mail for each recipient. Pure: the same issue makes the same bytes.

Whatever a title holds, it stays in the line and the part that it belongs to. Both parts travel as quoted-printable, so
that no server has anything to change: ASCII, lines of 76 at most, no line that a relay could take for its own.
"""

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from urllib.parse import quote

from tracker.deliver.channel import Mail

_SUBJECT = 200  # characters
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


class _Policy(EmailPolicy):
    """Addresses that programs read stay in one piece: a long one would be folded, and encoded past recognition."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name in ("Message-ID", "List-Id", "List-Unsubscribe"):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep=SMTP.linesep)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said, whoever gets it. name: the digest's; period: its issue's. created: the moment of composing."""

    name: str
    period: str
    subject: str
    text: str
    html: str
    created: datetime


def write(letter: Letter, recipient: str, *, sender: str, owner: str) -> Mail:
    """The mail for one recipient. sender: "Name <address>" or an address. owner: who is asked to be taken off the list.

    Headers: RFC 5322; List-Id by RFC 2919, List-Unsubscribe by RFC 2369 (a mail to a person: there is no server that
    could take a click, so there is no List-Unsubscribe-Post), Auto-Submitted by RFC 3834.
    """
    author = _author(sender)
    digest = letter.name.partition(".")[0]
    mark = _mark(letter, recipient, sender)
    message = EmailMessage(policy=_POLICY)
    message["Date"] = format_datetime(letter.created.astimezone(UTC))
    message["From"] = author
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = one_line(letter.subject)[:_SUBJECT]
    message["Message-ID"] = f"<{letter.name}.{letter.period}.{mark}@{author.domain}>"
    message["List-Id"] = f"Hair research {digest} <{digest}.tracker.{author.domain}>"
    message["List-Unsubscribe"] = f"<mailto:{quote(owner, safe='@')}?subject={quote(f'unsubscribe {digest}')}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_storable(letter.text), cte="quoted-printable")
    message.add_alternative(_storable(letter.html), subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{mark}")  # no quoted-printable text can hold "=_"
    return Mail(recipient, str(message["Message-ID"]), message.as_bytes())


def one_line(text: str) -> str:
    """A text as a header can hold it: no control, format or direction characters, no line ends.

    Nor "=?", which begins an encoded word: Python decodes one that stands in a title and writes what was in it, a line
    end and a header of its own for instance (CVE-2024-6923 and its kin).
    """
    text = "".join(" " if unicodedata.category(char) in _HIDDEN else char for char in text)
    return " ".join(text.split()).replace("=?", "= ?")


def address(sender: str) -> str:
    """The address in "Name <address>", as the grammar of queries.toml has let it through."""
    return sender.rpartition("<")[2].strip("> ")


def _author(sender: str) -> Address:
    name = one_line(sender.rpartition("<")[0])
    return Address(name[1:-1] if name[:1] == name[-1:] == '"' else name, addr_spec=address(sender))


def _mark(letter: Letter, recipient: str, sender: str) -> str:
    """What makes a mail this one and no other: equal for equal content, recipient and moment."""
    parts = (sender, recipient, letter.subject, letter.text, letter.html, letter.created.isoformat())
    return hashlib.sha256("\0".join(map(_storable, parts)).encode()).hexdigest()[:20]


def _storable(text: str) -> str:
    """Without half characters, which no encoding can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
