"""What people ask of the database: one record with everything we know of it, and names as it knows them."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from tracker.errors import ConfigError
from tracker.registration import number, spelled
from tracker.store import Store, registered

_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:https?://)?(?:\w+\.)*(?:ncbi\.nlm\.nih\.gov/(?:pubmed/)?(\d+)|clinicaltrials\.gov/\S*?(NCT\d{8})"
    r"|isrctn\.com/(ISRCTN\d{8})|euclinicaltrials\.eu/\S*?(20\d\d-5\d{5}-\d\d(?:-\d\d)?))(?:[/?#&]\S*)?",
    re.IGNORECASE | re.ASCII,
)
_PMID = re.compile(r"(?:(?:pmid:?|pubmed-)\s*)?0*(\d+)", re.IGNORECASE | re.ASCII)

# A relation as the other side would put it, so that a tie said by both is one.
INVERSE = {
    "reports": "reported_by", "derived": "derived_in", "background": "background_of", "cites": "cited_by",
    "retracts": "retracted_by", "corrects": "corrected_by", "concern_of": "concern_in",
    "preprint_of": "has_preprint", "mentions": "mentioned_by",
}  # fmt: skip
INVERSE |= {there: here for here, there in INVERSE.items()}


@dataclass(frozen=True, slots=True)
class Page:
    """A record as `tracker show` prints it: rows are plain dicts with the column names of the database.

    links: relation (from this record's side), other, title, origins, quote, each tie once. history: from the newest to
    the oldest moment, each with `seen`, `versions` (their numbers from 1; mostly one, or none) and `events`.
    """

    record: dict[str, Any]
    stands_for: list[str]  # ids of other records of the same work
    trial: dict[str, Any] | None
    sites: list[dict[str, Any]]
    labels: list[dict[str, Any]]
    judgements: list[dict[str, Any]]
    links: list[dict[str, Any]]
    papers: list[dict[str, Any]]  # of a trial: rows of trial_papers with the day on which each was published
    versions: list[dict[str, Any]]
    history: list[dict[str, Any]]
    matches: list[dict[str, Any]]
    claims: list[dict[str, Any]]  # what news says of a trial, each beside the registry's facts of it
    mentions: list[dict[str, Any]]  # of a trial: items of feeds that name it
    elsewhere: list[dict[str, Any]]  # of a trial in several registries: id, status, phases of its other records

    @property
    def events(self) -> list[dict[str, Any]]:
        """What is told of it, without details, from the oldest to the newest."""
        return [event for when in reversed(self.history) for event in when["events"] if event["severity"]]


def meant(identifier: str) -> str:
    """The id that a person means by a PMID, a trial's number, a DOI or the address of one: `pubmed-38212345`,
    `NCT05678901`, `ISRCTN12345678` or, as links name a DOI, `doi-10.1000/x`; anything else as it stands."""
    text = identifier.strip().encode("utf-8", "replace").decode()  # a half character is in no id
    if address := _ADDRESS.fullmatch(text):
        text = next(filter(None, address.groups()))
    if doi := _DOI.fullmatch(text):
        return "doi-" + doi[1].lower().rstrip(".")
    if pmid := _PMID.fullmatch(text):
        return f"pubmed-{pmid[1]}"
    return spelled(text)


def record_of(store: Store, identifier: str) -> str:
    """The id of the held record that a person means. Raises ConfigError when it is not held."""
    wanted = meant(identifier)
    record = held_as(store, wanted)
    if not record:
        text = identifier.strip()
        shown = text if text and text.isprintable() else ascii(text)
        found = number(wanted)
        rows = store.rows(
            "select distinct record from links where target in (?, ?) order by record limit 3",
            [wanted, found.key if found else wanted],
        )
        hint = "ids are a PMID, a trial's number, a DOI, or an id of the database"
        if rows:
            hint = f"it is named by {', '.join(row['record'] for row in rows)}"
        raise ConfigError(f"{shown}: is not held; {hint}")
    return record


def held_as(store: Store, wanted: str) -> str:
    """The held record of an id as `meant` gives it, "" where there is none; of a DOI its version of record,
    of a trial's number whatever holds it."""
    if wanted.startswith("doi-"):
        found = store.rows(
            "select id from records where doi = ? order by same_as is not null, id", [wanted.removeprefix("doi-")]
        )
    else:
        found = store.rows("select id from records where id = ? collate nocase", [wanted])
        if not found:
            return registered.named_as(store.db, wanted)
    return str(found[0]["id"]) if found else ""


def find_record(store: Store, identifier: str) -> Page:
    """Everything held about one record. Raises ConfigError when it is not held."""
    record = record_of(store, identifier)
    row = store.rows("select * from records where id = ?", [record])[0]
    trial = store.rows("select * from trials where record = ?", [record])
    work = row["same_as"] or record
    versions = store.rows("select received, sha256 from payloads where record = ? order by received, id", [record])
    return Page(
        record=_with_lists(row, ("authors", "types", "terms", "mesh", "substances", "databanks")),
        stands_for=[one["id"] for one in store.rows("select id from records where same_as = ? order by id", [record])],
        trial=_with_lists(trial[0], _TRIAL_LISTS) if trial else None,
        sites=store.rows("select * from sites where record = ? order by n", [record]),
        labels=store.rows(
            """select l.*, coalesce(a.label, s.label, c.label, l.label) as name from labels l
               left join approaches a on l.axis = 'approach' and a.id = l.label
               left join stages s on l.axis = 'stage' and s.id = l.label
               left join conditions c on l.axis = 'condition' and c.id = l.label
               where l.record = ? order by l.axis, l.strength desc, l.label""",
            [record],
        ),
        judgements=store.rows(
            """select j.*, coalesce(a.label, s.label, c.label, j.label) as name from judgements j
               left join approaches a on j.axis = 'approach' and a.id = j.label
               left join stages s on j.axis = 'stage' and s.id = j.label
               left join conditions c on j.axis = 'condition' and c.id = j.label
               where j.record = ? order by j.axis, j.label""",
            [record],
        ),
        links=_links(store, record),
        papers=_papers(store, work) if trial else [],
        versions=versions,
        history=_history(store, record, versions),
        matches=store.rows(
            """select m.*, q.title from matches m join queries q on q.name = m.query
               where m.record = ? order by m.first_seen, m.query""",
            [record],
        ),
        claims=_claims(store, record, work),
        mentions=_mentions(store, work) if trial else [],
        elsewhere=_elsewhere(store, record, work) if trial else [],
    )


def _elsewhere(store: Store, record: str, work: str) -> list[dict[str, Any]]:
    rows = store.rows(
        """select t.record as id, t.status, t.phases from trials t join records r on r.id = t.record
           where :work in (r.id, r.same_as) and r.id != :record order by r.id""",
        {"work": work, "record": record},
    )
    return [_with_lists(row, ("phases",)) for row in rows]


def _claims(store: Store, record: str, work: str) -> list[dict[str, Any]]:
    """Claims of news that names a trial by any of its numbers: those of this item, or those about this trial."""
    rows = store.rows(
        """select n.id as news, n.title, n.published, t.record as trial, c.label, c.value, c.quote, l.quote as mention,
               t.phases, t.phase_detail, t.phase_source, t.has_results, t.results_posted, t.primary_completion,
               t.primary_completion_type
           from links l join records n on n.id = l.record and n.kind = 'news'
           join records v on v.id = l.target join trials t on t.record = coalesce(v.same_as, v.id)
           join labels c on c.record = n.id and c.axis = 'flag' and substr(c.label, 1, 6) = 'claim_'
           where l.relation = 'mentions' and (l.record = :record or t.record = :work)
             -- of an item that names several trials nobody can say of which it claims it; an NCT number that is not
             -- held is another trial, one of another registry may be the same one's
             and 1 = (select count(distinct coalesce(u.same_as, u.id, o.target)) from links o
                      left join records u on u.id = o.target
                      where (u.kind = 'trial' or u.id is null and o.target glob 'NCT*')
                        and o.record = n.id and o.relation = 'mentions')
           group by n.id, t.record, c.label order by n.published, n.id, t.record, c.label desc""",
        {"record": record, "work": work},
    )
    return [_with_lists(row, ("phases",)) for row in rows]


def _mentions(store: Store, work: str) -> list[dict[str, Any]]:
    rows = store.rows(
        """select distinct r.id as record, r.kind, r.types, r.title, r.published
           from links l join records r on r.id = l.record and r.source = 'feeds' and r.same_as is null
           join records v on v.id = l.target and ? in (v.id, v.same_as)
           where l.relation = 'mentions' order by r.published, r.id""",
        [work],
    )
    return [_with_lists(row, ("types",)) for row in rows]


_TRIAL_LISTS = ("phases", "conditions", "interventions", "arms", "primary_outcomes", "secondary_ids", "countries")


def _with_lists(row: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return row | {name: json.loads(row[name]) for name in names}


def _links(store: Store, record: str) -> list[dict[str, Any]]:
    """Every tie once, from this record's side, whichever side says it and for however many reasons."""
    rows = store.rows(
        """select l.relation, l.origin, l.quote, coalesce(r.id, d.id, l.target) as other, 1 as mine from links l
           left join records r on r.id = l.target
           left join records d on l.target like 'doi-%' and d.doi = substr(l.target, 5) and d.same_as is null
           where l.record = :record
           union all
           select l.relation, l.origin, l.quote, l.record, 0 from links l
           where l.target = :record or l.target = 'doi-' || nullif((select doi from records where id = :record), '')
           order by mine desc, relation, other, origin""",
        {"record": record},
    )
    ties: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        relation = row["relation"] if row["mine"] else INVERSE.get(row["relation"], f"{row['relation']}, says")
        empty = {"relation": relation, "other": row["other"], "title": "", "origins": [], "quote": ""}
        tie = ties.setdefault((relation, row["other"]), empty)
        tie["origins"] += [row["origin"]] * (row["origin"] not in tie["origins"])
        tie["quote"] = tie["quote"] or row["quote"]
    others = [other for _, other in ties]
    marks = ",".join("?" * len(others))
    titles = {
        row["id"]: row["title"] for row in store.rows(f"select id, title from records where id in ({marks})", others)
    }
    for (_, other), tie in ties.items():
        tie |= {"title": titles.get(other, ""), "held": other in titles}
    return list(ties.values())


def _papers(store: Store, trial: str) -> list[dict[str, Any]]:
    rows = store.rows(
        """select t.paper, t.kind, t.origins, t.held, t.title, t.notice, coalesce(r.published, '') as published,
               coalesce((select max(substr(seen, 1, 10)) from events e where e.record = t.paper
                   and e.kind = iif(t.notice = 'concern', 'concern', 'retracted')
                   and t.notice in ('retracted', 'withdrawn', 'concern')), '') as noticed
           from trial_papers t left join records r on r.id = t.paper where t.trial = ? order by r.published, t.paper""",
        [trial],
    )
    return [_with_lists(row, ("origins",)) | {"held": bool(row["held"])} for row in rows]


def _history(store: Store, record: str, versions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each moment at which something was received or moved, with the details of that fetch; the newest first."""
    events = store.rows("select * from events where record = ? order by severity desc, id", [record])
    moments = {row["received"] for row in versions} | {event["seen"] for event in events}
    return [
        {
            "seen": seen,
            "versions": [n for n, version in enumerate(versions, start=1) if version["received"] == seen],
            "events": [event for event in events if event["seen"] == seen],
        }
        for seen in sorted(moments, reverse=True)
    ]


def leaf_counts(store: Store) -> dict[str, tuple[int, int]]:
    """Leaf -> how many works hold it, and how many of them are trials. Versions of one work count once."""
    rows = store.rows(
        """select l.label, count(distinct coalesce(r.same_as, r.id)) as works,
                  count(distinct case when r.kind = 'trial' then coalesce(r.same_as, r.id) end) as trials
           from labels l join records r on r.id = l.record where l.axis = 'approach' group by l.label"""
    )
    return {row["label"]: (row["works"], row["trials"]) for row in rows}


def family_or_leaf(store: Store, name: str) -> str:
    """A family or leaf of the taxonomy as it is stored. Raises ConfigError, with the nearest names."""
    rows = store.rows("select id, family from approaches")
    return known_name(name, "approach", {row["id"] for row in rows} | {row["family"] for row in rows})


def stage_id(store: Store, name: str) -> str:
    return known_name(name, "stage", {row["id"] for row in store.rows("select id from stages")})


def known_name(name: str, what: str, known: set[str]) -> str:
    """The name as it is stored. Raises ConfigError, with the nearest one."""
    if name.lower() in known:
        return name.lower()
    near = get_close_matches(name.lower(), sorted(known), n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(sorted(known)) or 'none yet'}"
    raise ConfigError(f'no {what} is named "{name}" - {hint}')
