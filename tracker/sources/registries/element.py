"""One XML element of a registry, parsed without a DTD; texts by path, whatever the namespace."""

import re
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from tracker.errors import RecordError

_BAD = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:x(?:0?[0-8bcef]|1[0-9a-f])|0?[0-8]|1[124-9]|2\d|3[01]);", re.I)


def parse(body: bytes, label: str) -> tuple[Element, list[str]]:
    """The element, with tags without their namespace, and what was odd. Raises RecordError."""
    warnings = []
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise RecordError(f"{label}: defines entities of its own, and is not read", record=label)
    try:
        body.decode()
    except UnicodeDecodeError:
        body = body.decode("cp1252", "replace").encode()
        warnings.append("is no UTF-8, read as Windows-1252")
    if _BAD.search(body):
        body = _BAD.sub(b"", body)
        warnings.append("control characters taken out")
    try:
        root = ET.fromstring(body)
    except ET.ParseError as error:
        raise RecordError(f"{label}: is not well-formed XML ({error}); export it again", record=label) from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
    return root, warnings


def words(element: Element | None, path: str = ".") -> str:
    """All text under the first element on a path; "" where there is none."""
    found = element.find(path) if element is not None else None
    return "".join(found.itertext()) if found is not None else ""


def all_words(element: Element | None, path: str) -> list[str]:
    return ["".join(one.itertext()) for one in element.iterfind(path)] if element is not None else []
