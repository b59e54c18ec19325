"""A record for programs: the object that `tracker show --json` prints. Keys may be added, none is renamed or dropped.

    id, source, kind, title, abstract, url, venue, published, entered, language, doi, pmcid, notice, gone, same_as,
    first_seen, last_changed    as the columns of `records`; "" or null for what is absent
    stands_for   ids of other records of the same work, for which this one counts
    authors      [{name, family, given, suffix, orcid, group}], absent parts left out
    types, terms, mesh, substances, databanks    lists of text
    trial        null, or the columns of `trials`, lists as lists
    sites        [{facility, city, country, latitude, longitude}]
    labels       [{axis, label, name, value, origin, source, strength, field, start, end, quote, rule, version, seen}]
    judgements   [{axis, label, name, says, author, note, seen}]: a person's word
    links        [{relation, other, title, held, origins, quote}]: each tie once, from this record's side
    papers       [{paper, kind, origins, held, title, notice, published, noticed}] of a trial
    claims       [{news, title, published, trial, label, value, quote, and the registry's facts of the trial}]
    mentions     [{record, kind, types, title, published}] of a trial: items of feeds that name it
    elsewhere    [{id, status, phases}] of a trial: what other registries that hold it say
    matches      [{query, title, first_seen, baseline, absent_since}]
    versions     [{received, sha256}], in the order of their coming
    history      [{seen, versions, events: [{id, kind, severity, field, old, new, headline}]}], newest first

Dates are partial dates (2026, 2026-05, 2026-05-04); moments are UTC (2026-11-23T07:00:00Z).
"""

from collections.abc import Mapping
from typing import Any

from tracker.page.claims import claimed
from tracker.store.reading import Page

_LEFT_OUT = ("variants", "title_key", "fingerprint", "record_status")
_EVENT = ("id", "kind", "severity", "field", "old", "new", "headline")


def json_of_record(page: Page) -> dict[str, Any]:
    """The object that is described at the top of this module."""
    trial = _without(page.trial, "record") | {"has_results": bool(page.trial["has_results"])} if page.trial else None
    return {
        **_without(page.record, *_LEFT_OUT),
        "stands_for": page.stands_for,
        "trial": trial,
        "sites": [_without(site, "record", "n") for site in page.sites],
        "labels": [_without(label, "record") for label in page.labels],
        "judgements": [_without(word, "record") for word in page.judgements],
        "links": page.links,
        "papers": page.papers,
        "claims": [claim | {"has_results": bool(claim["has_results"])} for claim in claimed(page)],
        "mentions": page.mentions,
        "elsewhere": page.elsewhere,
        "matches": [_without(match, "record") | {"baseline": bool(match["baseline"])} for match in page.matches],
        "versions": page.versions,
        "history": [
            when | {"events": [{name: event[name] for name in _EVENT} for event in when["events"]]}
            for when in page.history
        ],
    }


def _without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
