"""ClinicalTrials.gov API v2 as a stand-in: /studies, /studies/{nctId} and /version over what the upstream holds.

Played: query.* and filter.* (by essie.py), pageSize, countTotal and page tokens, aliases (301), the texts of its 400s.
A page token belongs to its parameters and to a state of the data. The order is fixed but follows from nothing, as the
registry's own. Not played: fields, sort, CSV, geo and synonym filters, /stats, /studies/metadata.
"""

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Mapping
from typing import Any

from tracker.demo.essie import ENUMS, QueryError, Test, View, compile_query
from tracker.demo.reply import Reply, as_json, plain
from tracker.demo.upstream import Upstream

API_VERSION = "2.0.5"

# Parameter -> (area that it searches, what the registry calls it in its errors).
QUERIES = {
    "query.cond": ("ConditionSearch", "Conditions or disease"),
    "query.intr": ("InterventionSearch", "Intervention / treatment"),
    "query.term": ("BasicSearch", "Other terms"),
    "query.titles": ("TitleSearch", "Title / acronym"),
    "query.spons": ("SponsorSearch", "Sponsor / collaborator"),
    "query.lead": ("LeadSponsorName", "Lead sponsor"),
    "query.outc": ("OutcomeSearch", "Outcome measure"),
    "query.locn": ("LocationSearch", "Location terms"),
    "query.id": ("IdSearch", "Study IDs"),
}
FILTERS = ("filter.ids", "filter.advanced", "filter.overallStatus")
PAGING = ("pageSize", "pageToken", "countTotal", "format", "markupFormat")

_NCT = re.compile(r"[Nn][Cc][Tt]0*([1-9]\d{0,7})")
_ONLY_IDS = re.compile(r"[\s,]*(?:NCT\d+[\s,]*)+", re.IGNORECASE)


class BadRequest(Exception):
    """What a 400 says, as plain text."""


class Registry:
    """The endpoints over one upstream. A study is gathered for search once, however often it is searched."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self._views: dict[str, View] = {}

    def version(self) -> Reply:
        return as_json({"apiVersion": API_VERSION, "dataTimestamp": self.upstream.data_timestamp})

    def study(self, asked: str) -> Reply:
        if not _NCT.fullmatch(asked):
            return plain(400, f"NCT ID `{asked}` has incorrect format")
        with self.upstream.lock:
            nct = self._canonical(asked)
            if nct is None:
                return plain(404)
            if nct != _eight_digits(asked):
                return Reply(301, b"", "text/plain", {"Location": f"/api/v2/studies/{nct}"})
            return as_json(self.upstream.studies[nct])

    def studies(self, asked: Mapping[str, str]) -> Reply:
        try:
            with self.upstream.lock:
                return self._page(asked)
        except BadRequest as error:
            return plain(400, str(error))

    def _page(self, asked: Mapping[str, str]) -> Reply:
        for name in asked:
            if name not in (*QUERIES, *FILTERS, *PAGING):
                raise BadRequest(f"Parameter `{name}` is unknown, or not played by this stand-in")
        size = min(_page_size(asked.get("pageSize") or "0") or 10, self.upstream.most_per_page)
        found = self._find(asked)
        start = read_token(asked["pageToken"], asked, self.upstream.token_epoch) if "pageToken" in asked else 0
        page: dict[str, Any] = {"studies": [self.upstream.studies[nct] for nct in found[start : start + size]]}
        if asked.get("countTotal") == "true" and "pageToken" not in asked:
            page["totalCount"] = len(found)
        if start + size < len(found):
            page["nextPageToken"] = make_token(start + size, asked, self.upstream.token_epoch)
        return as_json(page)

    def _find(self, asked: Mapping[str, str]) -> list[str]:
        tests = [
            _compile(asked[name], area, called)
            for name, (area, called) in QUERIES.items()
            if asked.get(name, "").strip()
        ]
        if not any(_ONLY_IDS.fullmatch(asked.get(name, "")) for name in QUERIES):
            tests += self._filters(asked)
        found = [nct for nct in self.upstream.studies if all(test(self._view(nct)) for test in tests)]
        return sorted(found, key=lambda nct: hashlib.sha256(nct.encode()).digest())

    def _filters(self, asked: Mapping[str, str]) -> list[Test]:
        tests = []
        if advanced := asked.get("filter.advanced"):
            tests.append(_compile(advanced, "BasicSearch", "advanced filter"))
        if statuses := _listed(asked.get("filter.overallStatus", "")):
            for status in statuses:
                if status not in ENUMS["OverallStatus"]:
                    raise BadRequest(f"Invalid value in parameter `overallStatus`: `{status}`")
            tests.append(lambda view: not statuses.isdisjoint(view.values("OverallStatus")))
        if ids := _listed(asked.get("filter.ids", "")):
            for each in ids:
                if not _NCT.fullmatch(each):
                    raise BadRequest(f"NCT ID `{each}` in parameter `filter.ids` has incorrect format")
            wanted = {_eight_digits(each) for each in ids}
            tests.append(lambda view: not wanted.isdisjoint(view.values("NCTId")))
        return tests

    def _view(self, nct: str) -> View:
        study = self.upstream.studies[nct]
        if nct not in self._views or self._views[nct].study is not study:
            self._views[nct] = View(study)
        return self._views[nct]

    def _canonical(self, asked: str) -> str | None:
        """The number under which a study is held now, from any that it has or had."""
        wanted = _eight_digits(asked)
        if wanted in self.upstream.studies:
            return wanted
        return next((nct for nct in self.upstream.studies if wanted in self._view(nct).values("NCTId")), None)


def _compile(text: str, area: str, called: str) -> Test:
    try:
        return compile_query(text, area)
    except QueryError as error:
        raise BadRequest(f"Error parsing query in {called}: {error}") from None


def _eight_digits(asked: str) -> str:
    return f"NCT{int(asked[3:]):08d}"


def _listed(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in re.split(r"[,|]", text) if part.strip())


def _page_size(text: str) -> int:
    if not text.isdigit():
        raise BadRequest("Parameter `pageSize` has incorrect format")
    return int(text)


def make_token(start: int, asked: Mapping[str, str], epoch: int) -> str:
    """An opaque token for the page that begins at `start`. No two calls give the same one."""
    said = json.dumps([start, _same(asked), epoch, next(_serial)])
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def read_token(token: str, asked: Mapping[str, str], epoch: int) -> int:
    """Where the token's page begins. Raises BadRequest for a foreign, expired or garbled token."""
    try:
        start, same, made, _ = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError:
        raise BadRequest("Parameter `pageToken` has incorrect format") from None
    if same != _same(asked):
        raise BadRequest("Parameter `pageToken` was given for other parameters")
    if made != epoch:
        raise BadRequest("Parameter `pageToken` has expired")
    return int(start)


def _same(asked: Mapping[str, str]) -> str:
    """What must be the same on every page of a walk."""
    kept = sorted((name, value) for name, value in asked.items() if name not in PAGING)
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()[:12]


_serial = itertools.count()
