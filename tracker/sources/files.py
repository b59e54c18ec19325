"""A file of records, whatever its name: what is in it is told by its content, and read piece by piece.

PubMed XML, MEDLINE text, ClinicalTrials.gov JSON and what ISRCTN, CTIS and ICTRP export, each plain, gzipped, or many
of them in a zip.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from tracker.errors import SourceError
from tracker.records import Payload
from tracker.sources import cutting
from tracker.sources.cutting import Cut, Deletion
from tracker.sources.pubmed.medline import is_medline
from tracker.sources.registries import cut

__all__ = ["Cut", "Deletion", "Item", "RecordFile"]

PIECE = 1 << 18  # bytes read, or unpacked, at a time

Item = Payload | Deletion | Cut
_Cutter = Callable[[Iterable[bytes]], Iterator[Item]]


class RecordFile:
    """Iterating gives the items of the file. Raises SourceError, after everything that could be read before it.

    `taken` of `size` bytes were read so far; `size` is 0 where it cannot be known.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.size = 0
        self.taken = 0
        with suppress(OSError):  # reading it says what is wrong
            self.size = path.stat().st_size if path.is_file() else 0

    def __iter__(self) -> Iterator[Item]:
        try:
            with self._path.open("rb") as file:
                head, rest = _ahead(self._pieces(file), 4)
                if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
                    yield from self._members(file)
                else:
                    yield from _items(chain([head], rest))
        except OSError as error:
            raise SourceError(f"cannot be read ({error.strerror or error})") from None

    def _pieces(self, file: BinaryIO) -> Iterator[bytes]:
        while piece := file.read(PIECE):
            self.taken += len(piece)
            yield piece

    def _members(self, file: BinaryIO) -> Iterator[Item]:
        """Every file in a zip, such as the site's download with one study in each. One that fails leaves the others."""
        failed: list[str] = []
        self.taken = 0
        try:
            with zipfile.ZipFile(file) as archive:
                members = [one for one in archive.infolist() if not _is_clutter(one)]
                for member in members:
                    try:
                        with archive.open(member) as content:
                            yield from _items(iter(lambda content=content: content.read(PIECE), b""))  # type: ignore[misc]
                    except (SourceError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
                        failed.append(f"{member.filename} {error}")
                    self.taken += member.compress_size
        except zipfile.BadZipFile as error:
            raise SourceError(f"is a cut or broken zip ({error})") from None
        if failed:
            raise SourceError(f"{len(failed)} of its {len(members)} files could not be read whole: {failed[0]}")


def _is_clutter(member: zipfile.ZipInfo) -> bool:
    return member.is_dir() or member.filename.startswith("__MACOSX/") or Path(member.filename).name.startswith(".")


def _items(pieces: Iterator[bytes]) -> Iterator[Item]:
    head, rest = _ahead(pieces, 2)
    if head.startswith(b"\x1f\x8b"):
        head, rest = b"", _gunzip(chain([head], rest))
    head, rest = _ahead(chain([head], rest), 4000)
    head = head.removeprefix(b"\xef\xbb\xbf")
    try:
        cutter = _cutter(head)
    except SourceError:
        next(rest, None)  # where the stream broke off so early, that is the reason
        raise
    yield from cutter(chain([head], rest))


def _ahead(pieces: Iterator[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, at least `size` that are no blanks where there are as many, and the pieces after them."""
    head = b""
    try:
        for piece in pieces:
            head += piece
            if len(head.lstrip()) >= size or len(head) > 1_000_000:
                break
    except SourceError as error:  # said once what came before it has been read
        return head, _broken_off(error)
    return head, pieces


def _broken_off(error: SourceError) -> Iterator[bytes]:
    yield from ()
    raise error


def _gunzip(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Unpacked, one member after the other. Not by `gzip`, which loses what it had unpacked when the end is missing."""
    unpack = zlib.decompressobj(wbits=31)
    for piece in pieces:
        rest = piece
        while rest:
            if unpack.eof:
                rest = rest.lstrip(b"\0")  # padding
                if not rest:
                    break
                unpack = zlib.decompressobj(wbits=31)
            try:
                out = unpack.decompress(rest, PIECE)
            except zlib.error as error:
                raise SourceError(f"is damaged: cannot be unpacked any further ({error})") from None
            if out:
                yield out
            rest = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
    if out := unpack.flush():
        yield out
    if not unpack.eof:
        raise SourceError("is cut off: its compressed data has no end")


_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)")
_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([^"']*)""")


def _cutter(head: bytes) -> _Cutter:
    """How the content is cut into records, by how it begins. Raises SourceError for what is no file of records."""
    text = head.lstrip()
    if not text:
        raise SourceError("is empty")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in text[:100]:
        raise SourceError("is not text in UTF-8 (UTF-16, perhaps): save it as UTF-8")
    if text.startswith((b"{", b"[")):
        return cutting.studies
    if text.startswith(b"<"):
        return _xml_cutter(text)
    if is_medline(text) and re.search(rb"^PMID- ", text, re.MULTILINE):
        return cutting.medline_records
    if text.startswith(b"TY  - "):
        raise SourceError("is RIS; export from PubMed as MEDLINE (.nbib) or XML")
    if cutter := cut.table(text):
        return cutter
    raise SourceError(
        "is none of PubMed XML, MEDLINE (.nbib), ClinicalTrials.gov JSON, and XML, JSON or CSV of ISRCTN, CTIS or ICTRP"
    )


def _xml_cutter(text: bytes) -> _Cutter:
    declared, found = _ENCODING.match(text), _ROOT.search(text)
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
        raise SourceError(f"is in {declared[1].decode(errors='replace')}; tracker reads UTF-8")
    root = found[1].decode(errors="replace") if found else ""
    if root in ("PubmedArticleSet", "PubmedArticle", "PubmedBookArticle"):
        return cutting.articles
    for tag, (_, outer, _) in cut.ELEMENTS.items():
        if root in (tag, outer):
            return cut.elements(tag)
    if root.lower() == "html" or b"<!doctype html" in text[:200].lower():
        raise SourceError("is a web page")
    if root == "MedlineCitationSet":
        raise SourceError("is in the format that NLM gave up in 2016; take today's baseline, a PubmedArticleSet")
    if not root:
        raise SourceError("is cut off before its first element")
    raise SourceError(f"is XML, but no PubmedArticleSet, ISRCTN or ICTRP file (it begins with <{root[:40]}>)")
