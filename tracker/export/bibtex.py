"""BibTeX in UTF-8, as biber and today's BibTeX styles read it. Whatever TeX would obey is escaped."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tracker.export.entry import Choice, Entry
from tracker.export.tagged import notes, one_line

_SPECIAL = {
    **{char: f"\\{char}" for char in "&%$#_"},
    # Not with a backslash alone: whoever reads the file counts braces, escaped or not.
    "{": "\\textbraceleft{}",
    "}": "\\textbraceright{}",
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    '"': "{\\textquotedbl}",
}
_ESCAPE = re.compile("[" + re.escape("".join(_SPECIAL)) + "]")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def bibtex(choice: Choice) -> Iterator[str]:
    """One entry a record. Keys are the ids, so that the same record always has the same key."""
    for entry in choice.entries():
        fields = [f"  {name} = {value}" for name, value in _fields(entry) if value not in ("{}", "{{}}")]
        yield f"@{_type(entry)}{{{entry.id},\n" + ",\n".join(fields) + "\n}\n\n"


def _type(entry: Entry) -> str:
    if entry.kind != "article" or "preprint" in entry.flags:
        return "misc"
    return "incollection" if entry.in_book else "article"


def _fields(entry: Entry) -> Iterator[tuple[str, str]]:
    kind = _type(entry)
    sponsor = [{"name": entry.trial["sponsor"], "group": True}] if entry.trial and entry.trial["sponsor"] else []
    yield "author", f"{{{' and '.join(_name(author) for author in [*entry.authors, *sponsor])}}}"
    yield "title", f"{{{{{escaped(entry.title)}}}}}"  # twice, or styles make capitals of a name small
    where = {"article": "journal", "incollection": "booktitle", "misc": "howpublished"}[kind]
    yield where, f"{{{escaped(entry.venue)}}}"
    yield "year", f"{{{entry.published[:4]}}}"
    if len(entry.published) > 4:
        yield "month", _MONTHS[int(entry.published[5:7]) - 1]
    yield "doi", f"{{{_address(entry.doi)}}}"
    yield "url", f"{{{_address(entry.url)}}}"
    yield "pmid", f"{{{entry.pmid}}}"
    yield "abstract", f"{{{escaped(entry.abstract)}}}"
    yield "keywords", f"{{{escaped('; '.join(entry.terms))}}}"
    yield "note", f"{{{escaped('. '.join([*filter(None, [entry.warning]), *notes(entry)]))}}}"


def escaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _SPECIAL[match[0]], one_line(text))


def _address(url: str) -> str:
    """An address is read word for word, so that only what would end the value is taken out of it."""
    return re.sub(r"[{}\\\s]", lambda match: f"%{ord(match[0]):02X}", one_line(url))


def _name(author: Mapping[str, Any]) -> str:
    """Family, Suffix, Given: BibTeX has the suffix in the middle. A group in braces is one name."""
    if author.get("group") or not author.get("family"):
        return f"{{{escaped(author['name'])}}}"
    parts = [author["family"], author.get("suffix", ""), author.get("given", "")]
    return ", ".join(_part(part) for part in parts if part)


def _part(text: str) -> str:
    plain = escaped(text.replace(",", " "))
    return f"{{{plain}}}" if " and " in f" {plain} " else plain
