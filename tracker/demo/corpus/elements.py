"""The pieces of PubMed's XML: an element, a text with inline markup, a date in each of its shapes.

What an article consists of is pubmed.py's matter.
"""

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_INLINE = re.compile(r"&lt;(/?(?:i|b|u|sub|sup))&gt;")


def add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element


def add_ids(parent: ET.Element, ids: Mapping[str, str]) -> None:
    """An ArticleIdList of kind -> id, without the empty ones."""
    found = add(parent, "ArticleIdList")
    for kind, text in ids.items():
        if text:
            add(found, "ArticleId", text, IdType=kind)


def add_date(parent: ET.Element, tag: str, day: str, *, padded: bool = True, **attributes: str) -> ET.Element:
    """An ISO day as Year, Month and Day; PubMed's History writes months and days without a leading zero."""
    found = add(parent, tag, **attributes)
    for name, part in zip(("Year", "Month", "Day"), day.split("-"), strict=True):
        add(found, name, part if padded else str(int(part)))
    return found


def add_mixed(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    """Text in which the inline tags are markup, and every other < or & is itself."""
    marked = _INLINE.sub(r"<\1>", escape(text))
    inner = ET.fromstring(f"<x>{marked}</x>")
    element = add(parent, tag, inner.text, **attributes)
    element.extend(inner)


def add_published(issue: ET.Element, text: str) -> None:
    """The PubDate, in the shape that `text` asks for (see pubmed.KEYS)."""
    pubdate = add(issue, "PubDate")
    if found := re.fullmatch(r"(\d{4})(?:([-/])(\d\d)(?:[-/](\d\d))?)?", text):
        add(pubdate, "Year", found[1])
        if found[3]:
            add(pubdate, "Month", MONTHS[int(found[3]) - 1] if found[2] == "-" else found[3])
        if found[4]:
            add(pubdate, "Day", found[4])
    elif found := re.fullmatch(r"(\d{4}) (Spring|Summer|Autumn|Winter)", text):
        add(pubdate, "Year", found[1])
        add(pubdate, "Season", found[2])
    else:
        add(pubdate, "MedlineDate", text)
