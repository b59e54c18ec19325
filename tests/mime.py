"""A reader of mail that shares no code with the writer: RFC 5322 headers, RFC 2047 words, RFC 2045 parts, by hand.

It is stricter than mail programs are: what no server has to carry (a bare line feed, a byte above 127, a line of more
than 998) is an error.
"""

import re
from base64 import b64decode
from dataclasses import dataclass, field

_WORD = re.compile(r"=\?([A-Za-z0-9_-]+)(?:\*[A-Za-z-]+)?\?([BbQq])\?([!->@-~]*)\?=")
_ONE = r"=\?[A-Za-z0-9_*-]+\?[BbQq]\?[!->@-~]*\?="
_RUN = re.compile(rf"{_ONE}(?:\s+{_ONE})*")


@dataclass(frozen=True)
class Part:
    """headers: name in lower case -> each value, unfolded, still encoded."""

    headers: dict[str, list[str]]
    body: bytes = field(repr=False)

    def one(self, name: str) -> str:
        """The only header of that name, as a person reads it."""
        (value,) = self.headers[name.lower()]
        return words(value)

    def parameter(self, name: str, key: str) -> str:
        match = re.search(rf';\s*{key}="?([^";]+)"?', self.headers[name][0], re.I)
        return match[1] if match else ""

    @property
    def kind(self) -> str:
        return self.headers["content-type"][0].partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        how = self.headers.get("content-transfer-encoding", ["7bit"])[0].lower()
        raw = {"quoted-printable": quoted_printable, "base64": b64decode, "7bit": lambda body: body}[how](self.body)
        return raw.decode(self.parameter("content-type", "charset") or "ascii").replace("\r\n", "\n")

    @property
    def parts(self) -> list["Part"]:
        boundary = self.parameter("content-type", "boundary").encode()
        pieces = (b"\r\n" + self.body).split(b"\r\n--" + boundary)
        assert pieces[-1].strip() == b"--", "the last boundary is missing"
        return [read(piece.removeprefix(b"\r\n")) for piece in pieces[1:-1]]


def read(raw: bytes) -> Part:
    """A message or a part of one. Raises AssertionError where it is not what RFC 5322 lets through."""
    assert b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b""), "a bare line end"
    assert raw.isascii() and b"\0" not in raw, "a byte that is no 7-bit text"
    assert max(map(len, raw.split(b"\r\n"))) <= 998, "a line that no server has to carry"
    head, _, body = raw.partition(b"\r\n\r\n")
    headers: dict[str, list[str]] = {}
    for line in re.split(r"\r\n(?![ \t])", head.decode()):
        name, colon, value = line.partition(":")
        assert colon and re.fullmatch(r"[!-9;-~]+", name), f"no header: {line!r}"
        headers.setdefault(name.lower(), []).append(re.sub(r"\r\n(?=[ \t])", "", value).strip())
    return Part(headers, body)


def words(value: str) -> str:
    """A header's value with its encoded words read; between two of them white space is not shown."""
    return _RUN.sub(_run, value)


def _run(run: re.Match[str]) -> str:
    """Neighbours are joined as bytes first: a letter may be split between them."""
    parts = _WORD.findall(run[0])
    raw = [
        b64decode(text) if how in "Bb" else quoted_printable(text.replace("_", " ").encode()) for _, how, text in parts
    ]
    return b"".join(raw).decode(parts[0][0])


def _decoded(how: str, text: str) -> bytes:
    return b64decode(text) if how in "Bb" else quoted_printable(text.replace("_", " ").encode())


def quoted_printable(body: bytes) -> bytes:
    body = re.sub(rb"[ \t]+(?=\r\n|$)", b"", body)
    body = re.sub(rb"=\r\n", b"", body)
    return re.sub(rb"=([0-9A-F]{2})", lambda match: bytes([int(match[1], 16)]), body)
