"""Formats of a tag and a value a line: RIS, as Zotero, EndNote and Mendeley import it, and MEDLINE (.nbib)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tracker.export.entry import Choice, Entry

_BREAKS = re.compile(r"\s*[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]")


def one_line(text: str) -> str:
    """A value as it may stand on a line: no value of a source can begin a tag of its own."""
    return _CONTROL.sub("", _BREAKS.sub(" ", text)).strip()


def ris(choice: Choice) -> Iterator[str]:
    """The tags that Zotero's importer reads. Trials are electronic sources with their NCT number as accession."""
    for entry in choice.entries():
        yield "".join(f"{tag}  - {one_line(value)}\r\n" for tag, value in _ris(entry) if value)
        yield "ER  - \r\n\r\n"


def _ris(entry: Entry) -> Iterator[tuple[str, str]]:
    yield "TY", _ris_type(entry)
    yield "TI", entry.title
    yield from (("AU", _inverted(author)) for author in entry.authors)
    if entry.trial and entry.trial["sponsor"]:
        yield "AU", f"{entry.trial['sponsor']},"  # with nothing after the comma: an institution
    yield "T2", entry.venue
    yield "PY", entry.published[:4]
    yield "DA", _slashes(entry.published)
    yield "AB", entry.abstract
    yield "DO", entry.doi
    yield "AN", entry.pmid or entry.id
    yield "C2", entry.pmcid
    yield "LA", entry.language
    yield "UR", entry.url
    yield from (("KW", term) for term in entry.terms)
    yield "N1", entry.warning
    yield from (("N1", note) for note in notes(entry))


def _ris_type(entry: Entry) -> str:
    if entry.kind == "article":
        return "CHAP" if entry.in_book else "UNPB" if "preprint" in entry.flags else "JOUR"
    return "ELEC"


def _inverted(author: Mapping[str, Any]) -> str:
    """Family, Given, Suffix; a group with a comma behind it, so that no importer takes its last word for a surname."""
    if author.get("group") or not author.get("family"):
        return f"{author['name'].replace(',', ' ').strip()},"
    parts = [author["family"], author.get("given", ""), author.get("suffix", "")]
    return ", ".join(part.replace(",", " ") for part in parts).rstrip(", ")


def _short(author: Mapping[str, Any]) -> str:
    """Family name and initials, as MEDLINE has them: Marlow ET."""
    initials = "".join(word[0] for word in re.split(r"[\s.-]+", author.get("given", "")) if word)
    return " ".join(filter(None, [author["family"], initials, author.get("suffix", "")]))


def _slashes(published: str) -> str:
    """YYYY/MM/DD/ with what is unknown left empty, as RIS wants it."""
    year, month, day = (*published.split("-"), "", "")[:3]
    return f"{year}/{month}/{day}/" if year else ""


def notes(entry: Entry) -> Iterator[str]:
    """What the tracker made of it, one line each."""
    if entry.stage_label:
        yield f"Stage: {entry.stage_label}"
    if entry.approaches:
        yield "Approach: " + ", ".join(name for _, name in entry.approaches)
    if entry.trial:
        yield f"Status: {entry.trial['status'] or 'not stated'}, {'/'.join(entry.trial['phases']) or 'no phase'}"


def nbib(choice: Choice) -> Iterator[str]:
    """MEDLINE text, which PubMed itself gives: articles alone, since a trial has no PMID."""
    for entry in choice.entries():
        if entry.pmid:
            yield "".join(_wrapped(tag, one_line(value)) for tag, value in _nbib(entry) if value) + "\r\n"


def _nbib(entry: Entry) -> Iterator[tuple[str, str]]:
    yield "PMID", entry.pmid
    yield "BTI" if entry.in_book else "TI", entry.title
    yield "AB", entry.abstract
    for author in entry.authors:
        if author.get("group") or not author.get("family"):
            yield "CN", author["name"]
        else:
            yield "FAU", _inverted(author)
            yield "AU", _short(author)
    yield "LA", entry.language
    yield from (("PT", kind) for kind in entry.types)
    if entry.notice == "retracted" and "Retracted Publication" not in entry.types:
        yield "PT", "Retracted Publication"
    yield "DP", _medline_date(entry.published)
    yield "JT", entry.venue
    yield "LID", f"{entry.doi} [doi]" if entry.doi else ""
    yield "AID", f"{entry.doi} [doi]" if entry.doi else ""
    yield "PMC", entry.pmcid
    yield from (("OT", term) for term in entry.terms)
    yield "GN", f"NOTICE: {entry.warning}" if entry.warning else ""
    yield from (("GN", note) for note in notes(entry))


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _medline_date(published: str) -> str:
    parts = published.split("-")
    words = [parts[0]] + ([_MONTHS[int(parts[1]) - 1]] if len(parts) > 1 else [])
    return " ".join(words + ([str(int(parts[2]))] if len(parts) > 2 else []))


def _wrapped(tag: str, value: str, width: int = 84) -> str:
    """Lines of MEDLINE: what goes on is indented by six."""
    lines, line = [], f"{tag:<4}- "
    for word in value.split(" "):
        if len(line) > 6 and len(line) + len(word) > width:
            lines.append(line.rstrip())
            line = " " * 6
        line += word + " "
    return "".join(f"{one}\r\n" for one in _chain(lines, line.rstrip()))


def _chain(lines: Iterable[str], last: str) -> Iterator[str]:
    yield from lines
    yield last
