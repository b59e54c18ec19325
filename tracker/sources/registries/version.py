"""When another registry's trial was last revised, and whether this is its whole form. Read from a payload's bytes.

ISRCTN: (day of the last edit, number of the version). CTIS: (day of publication, of a hit or row the day of its last
update): two clocks, never held against each other. ICTRP: (day on which it was taken over, day of the export).
"""

import re

from tracker.errors import RecordError
from tracker.records import Payload
from tracker.sources.clinicaltrials.node import load
from tracker.sources.registries import ctis, ictrp, isrctn, text

_ATTRIBUTE = rb"""<trial\b[^<>]*?\s%s\s*=\s*["']([^"']*)["']"""
_EDITED, _NUMBER = re.compile(_ATTRIBUTE % b"lastUpdated"), re.compile(_ATTRIBUTE % b"version")
_EXPORTED = re.compile(rb"""["<]Export[_ ]date"?[:>]\s*"?(\d\d?)/(\d\d?)/(\d{4})""", re.IGNORECASE)


def version_parts(payload: Payload) -> tuple[tuple[str, ...], bool]:
    """(what orders its versions, whether it is whole); of one that cannot be read nothing is known."""
    body = payload.body
    try:
        if payload.source == "isrctn":
            return _isrctn(body)
        return _ctis(body) if payload.source == "ctis" else _ictrp(body)
    except RecordError:
        return ("", ""), False


def _isrctn(body: bytes) -> tuple[tuple[str, ...], bool]:
    if not body.lstrip().startswith(b"<"):
        return (_last_update(isrctn.read(body).trial), ""), False
    edited, number = _EDITED.search(body), _NUMBER.search(body)
    day = text.date(edited[1].decode(errors="replace"), _silent) if edited else ""
    return (day, number[1].decode(errors="replace").zfill(8) if number else ""), True


def _ctis(body: bytes) -> tuple[tuple[str, ...], bool]:
    day = _last_update(ctis.read(body).trial)
    whole = ctis.is_whole(load(body, ""))
    return ((day, "") if whole else ("", day)), whole


def _ictrp(body: bytes) -> tuple[tuple[str, ...], bool]:
    exported = _EXPORTED.search(body)  # the month first, as the portal writes this one alone
    month, day, year = (part.decode() for part in exported.groups()) if exported else ("", "", "")
    return (_last_update(ictrp.read(body).trial), f"{year}-{month.zfill(2)}-{day.zfill(2)}" if year else ""), True


def _last_update(trial: object) -> str:
    return str(getattr(trial, "last_update", ""))


def _silent(message: str) -> None:
    """The reader of the record says it."""
