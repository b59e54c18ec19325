"""Other spellings of code-like words (PP405, PP-405, PP 405), so that full text finds one by the other."""

import re
import unicodedata

# With a blank only in capitals and with two digits, or "at 45 mg" and "PHASE 2" would be codes.
_CODE = re.compile(r"\b(?:([A-Za-z]{2,6})-?(?=\d{1,6}[a-z]?\b)|([A-Z]{2,6}) (?=\d{2,6}))(\d{1,6}[a-z]?)\b")
_DASHES = dict.fromkeys([0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212], "-")


def plain_dashes(text: str) -> str:
    """Text with every typographic dash as "-" and compatibility characters folded."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_DASHES)


def spellings(text: str) -> list[str]:
    """For each code-like word of a text its three spellings, lower case, in order of the text, each once."""
    found: dict[str, None] = {}
    for glued, spaced, digits in _CODE.findall(plain_dashes(text)):
        for glue in ("", "-", " "):
            found[f"{glued or spaced}{glue}{digits}".lower()] = None
    return list(found)
