"""A record as a page: what it is, how it is judged and by which words, its dates, ties and history, and its text."""

from collections.abc import Iterable
from typing import Any

from tracker.digest.wording import counted, listed, moment, reference, source_name, status_words
from tracker.page.claims import claims
from tracker.page.layout import block, bold, dim, facts, heading, section, warning
from tracker.page.life import life
from tracker.page.words import COLUMNS, NOTICES, phase_words, spoken, study_words, tie
from tracker.store.reading import Page
from tracker.terminal import plain

_AXES = {"stage": "Stage", "approach": "Approach", "condition": "Condition", "flag": "Design", "relevance": "Relevance"}
_RELEVANCE = {"core": "core (a regenerative approach)", "hair": "hair loss, other approach", "off": "off topic"}
_SAID_ABOVE = ("retracted_by", "corrected_by", "concern_in")
MOST_SITES, MOST_PEOPLE = 8, 6


def record_page(page: Page) -> str:
    """The page ends without a line end."""
    lines = [*_title(page), ""]
    lines += section("Judged", _labels(page))
    if page.trial:
        lines += section("Trial", _trial(page.trial, page.elsewhere))
        lines += section("Life (a move stands on the day on which it was seen here)", life(page))
    lines += section("Dates", _dates(page))
    if page.trial:
        lines += section("Arms", _items(map(spoken, page.trial["arms"])))
        lines += section("Primary outcomes", _items(page.trial["primary_outcomes"]))
        lines += section(_sites_title(page.sites), _sites(page.sites))
    lines += section("Claims", _claims(page))
    lines += section("Links", [line for link in page.links for line in _link(link, page)])
    lines += section("Listed by", [f"  {plain(m['query'])}: {plain(m['title'])}{_since(m)}" for m in page.matches])
    lines += section("History", _history(page))
    lines += _text(page)
    return "\n".join(lines).rstrip()


def _title(page: Page) -> list[str]:
    r = page.record
    lines = [bold(line) for line in block(r["title"] or "(no title)", 0)]
    lines += block(_what_it_is(page), 0)
    if r["authors"]:
        names = [author["name"] for author in r["authors"]]
        more = [f"{len(names) - MOST_PEOPLE} more"] if len(names) > MOST_PEOPLE else []
        lines += block(listed([*names[:MOST_PEOPLE], *more]), 0)
    names = [r["id"], f"doi:{r['doi']}" if r["doi"] else "", r["pmcid"], r["url"]]
    lines.append(plain(" · ".join(name for name in names if name)))
    return lines + [warning(line) for line in _warnings(page)]


def _what_it_is(page: Page) -> str:
    """In words: "Journal article (randomized controlled trial) in Journal of Moss, 2031-01"."""
    r, trial = page.record, page.trial
    if trial:
        phase = phase_words(trial["phases"])
        if trial["phase_detail"]:
            phase += f" ({trial['phase_detail']} by its {trial['phase_source']})"
        people = counted(trial["enrollment"], "participant") if trial["enrollment"] is not None else ""
        planned = " (planned)" if people and trial["enrollment_type"] == "ESTIMATED" else ""
        parts = [study_words(trial["study_type"]), phase, status_words(trial["status"]) if trial["status"] else ""]
        return ", ".join(part for part in [*parts, people + planned, trial["sponsor"]] if part)
    kind = {"article": "Article", "news": "News"}.get(r["kind"], r["kind"])
    types = [name for name in r["types"] if name != "Journal Article"]
    text = kind + (f" ({'; '.join(types)})" if types else "")
    text += f" in {r['venue']}" if r["venue"] else ""
    date = f", {r['published']}" if r["published"] else ""
    language = f", in the language {r['language']}" if r["language"] not in ("", "eng", "en") else ""
    return f"{text}{date}{language}"


def _warnings(page: Page) -> list[str]:
    r = page.record
    lines = []
    if r["notice"]:
        told = [link for link in page.links if link["relation"] in _SAID_ABOVE]
        by = f" (see {listed(reference(link['other']) for link in told)})" if told else ""
        lines.append(NOTICES.get(r["notice"], r["notice"]) + by)
    if r["gone"]:
        lines.append(f"{source_name(r['source'])} no longer holds this record (since {r['gone'][:10]})")
    if r["same_as"]:
        lines.append(f"Another version of {r['same_as']}, which stands for both")
    if page.stands_for:
        lines.append(f"Stands also for {listed(page.stands_for)}, of the same work")
    off = [label for label in page.labels if (label["axis"], label["label"]) == ("relevance", "off")]
    return lines + ["Off topic: kept, and in no digest"] * bool(off)


def _labels(page: Page) -> list[str]:
    """Each label with what made it; a person's word with who said it, and what a person struck out."""
    words = {(word["axis"], word["label"]): word for word in page.judgements}
    names = {one["label"]: one["name"] for one in [*page.labels, *page.judgements]}
    lines: list[str] = []
    for axis, called in _AXES.items():
        reasons: dict[str, list[str]] = {}  # what has one reason stands on one line
        for label in (one for one in page.labels if one["axis"] == axis):
            name = {"relevance": _RELEVANCE}.get(axis, names).get(label["label"], label["label"]).replace("_", " ")
            value = f" {label['value']}" if label["value"] else ""
            word = words.get((axis, label["label"]))
            reasons.setdefault(_said_by(word) if word else _reason(label, page), []).append(f"{name}{value}")
        for word in page.judgements:
            if word["axis"] == axis and word["says"] == "no":
                reasons.setdefault(_said_by(word), []).append(f"not {names.get(word['label'], word['label'])}")
        for reason, found in reasons.items():
            lines += block(f"{', '.join(found)}  - {reason}", hang=12, first=f"  {called}:")
    return lines


def _reason(label: dict[str, Any], page: Page) -> str:
    """The words that made a label, and the rule by which. A paper that reports a trial has the trial's phase."""
    trials = [link["other"] for link in page.links if link["relation"] == "reports"]
    if label["quote"]:
        return f"“{label['quote']}” in the {COLUMNS.get(label['field'], label['field'])} [{label['rule']}]"
    registry = "the registry's own field" + (f", of {listed(trials)}" if trials else "")
    source = {"registry": registry, "pubtype": "its publication type", "mesh": "its MeSH headings"}
    return f"{source.get(label['source'], 'nothing that says otherwise')} [{label['rule']}]"


def _said_by(word: dict[str, Any]) -> str:
    who = f"by {word['author'] or 'a person'}, {word['seen'][:10]}"
    return f"{who}: {word['note']}" if word["note"] else who


def _trial(trial: dict[str, Any], elsewhere: list[dict[str, Any]]) -> list[str]:
    before = f" (before: {status_words(trial['last_known_status'])})" if trial["last_known_status"] else ""
    design = [trial["allocation"], f"masking {trial['masking']}" if trial["masking"] else ""]
    results = f"posted {trial['results_posted']}".rstrip() if trial["has_results"] else "none posted"
    return facts(
        [
            ("Status", status_words(trial["status"]) + before if trial["status"] else "not stated"),
            ("Why stopped", trial["why_stopped"]),
            ("Phase", phase_words(trial["phases"]) or "none stated"),
            ("Sub-phase", f"{trial['phase_detail']}, by its {trial['phase_source']}" if trial["phase_detail"] else ""),
            ("Sponsor", trial["sponsor"]),
            ("Participants", _with_type(trial["enrollment"], trial["enrollment_type"])),
            ("Design", ", ".join(part.lower().replace("_", "-") for part in design if part)),
            ("Conditions", "; ".join(trial["conditions"])),
            ("Interventions", "; ".join(map(spoken, trial["interventions"]))),
            ("Results", results),
            ("Other ids", ", ".join(trial["secondary_ids"])),
            ("Elsewhere", "; ".join(map(_other, elsewhere))),
        ]
    )


def _other(one: dict[str, Any]) -> str:
    """What another registry says of the trial: "ISRCTN12345678: completed, phase 2"."""
    status = status_words(one["status"]) if one["status"] else "status not stated"
    phase = phase_words(one["phases"])
    return f"{reference(one['id'])}: {status}{f', {phase}' if phase else ''}"


def _with_type(value: object, kind: str) -> str:
    return "" if value in ("", None) else f"{value} ({kind.lower()})" if kind else str(value)


def _dates(page: Page) -> list[str]:
    r, trial = page.record, page.trial
    dates: list[tuple[str, object]] = []
    if trial:
        milestones = ("start", "primary_completion", "completion")
        dates = [
            (name.replace("_", " ").capitalize(), _with_type(trial[name], trial[f"{name}_type"])) for name in milestones
        ]
        others = {"first_posted": "First posted", "last_update": "Last update", "verified": "Verified"}
        dates += [(called, trial[name]) for name, called in others.items()]
    else:
        dates = [("Published", r["published"]), ("In PubMed since", r["entered"])]
    return facts([*dates, ("Held since", r["first_seen"][:10]), ("Last change", r["last_changed"][:10])])


def _items(items: Iterable[str]) -> list[str]:
    return [line for item in items for line in block(item, hang=2, first="  -")]


def _sites_title(sites: list[dict[str, Any]]) -> str:
    countries = {site["country"] for site in sites}
    return f"{counted(len(sites), 'site')} in {counted(len(countries), 'country', 'countries')}"


def _sites(sites: list[dict[str, Any]]) -> list[str]:
    """One line per country, the one with most sites first: how many, and in which cities."""
    countries: dict[str, list[str]] = {}
    for site in sites:
        countries.setdefault(site["country"] or "(no country)", []).append(site["city"] or site["facility"])
    lines: list[str] = []
    for country, places in sorted(countries.items(), key=lambda entry: (-len(entry[1]), entry[0])):
        cities = list(dict.fromkeys(place for place in places if place))
        more = f" and {len(cities) - MOST_SITES} more" if len(cities) > MOST_SITES else ""
        lines += block(f"{country} ({len(places)}): {', '.join(cities[:MOST_SITES])}{more}", hang=2)
    return lines


def _claims(page: Page) -> list[str]:
    """Of a trial each item once, with what it claims below; of an item each claim with the trial's number before it."""
    if page.trial is None:
        return [line for whose, said in claims(page) for line in block(f"{whose}: {said}", hang=2)]
    items: dict[str, list[str]] = {}
    for whose, said in claims(page):
        items.setdefault(whose, []).append(said)
    return [
        line
        for whose, every in items.items()
        for line in (*block(whose, hang=2), *(part for said in every for part in block(said, 4, hang=2)))
    ]


def _link(link: dict[str, Any], page: Page) -> list[str]:
    title = f": {link['title']}" if link["title"] else "" if link["held"] else " (not held)"
    by = ", ".join(link["origins"])
    name = link["other"] if link["other"].startswith("feed-") else reference(link["other"])
    return block(f"{tie(link, page.papers)} {name}{title} [{by}]", hang=2)


def _since(match: dict[str, Any]) -> str:
    held = "held before it began to watch" if match["baseline"] else f"since {match['first_seen'][:10]}"
    return f" ({held}{', no longer listed' if match['absent_since'] else ''})"


def _history(page: Page) -> list[str]:
    """Newest first: each version that was received, and what changed in it; details stand back."""
    prefix = f"{page.record['id']}: "
    lines: list[str] = []
    for when in page.history:
        which = f"version {listed(map(str, when['versions']))} of {len(page.versions)}" if when["versions"] else ""
        lines.append(f"  {moment(when['seen'])}  {which}".rstrip())
        for event in when["events"]:
            told = block(event["headline"].removeprefix(prefix), 4, hang=2)
            lines += told if event["severity"] else map(dim, told)
        if which and not when["events"]:
            lines.append(dim("    nothing that is told changed"))
    return lines


def _text(page: Page) -> list[str]:
    r = page.record
    if not r["abstract"]:
        return []
    lines = [heading("Brief summary" if r["kind"] == "trial" else "Abstract")]
    for part in r["abstract"].splitlines():
        lines += block(part)
    return lines
