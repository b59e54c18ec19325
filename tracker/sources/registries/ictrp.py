"""WHO ICTRP: a Trial of its XML export, or a row of its CSV, read into a Record. Talks to nobody.

Both have the same columns under two spellings. A trial whose register is a source of its own (ClinicalTrials.gov,
ISRCTN, CTIS) is kept as what WHO says of it, beside that register's record and never instead of it.
"""

from urllib.parse import quote, urlsplit

from tracker.errors import RecordError
from tracker.records import Record, Trial, record_id, source_of
from tracker.registration import spelled
from tracker.sources.registries import element, text, words
from tracker.sources.registries.row import Row, eligibility, name

PORTAL = "https://trialsearch.who.int/Trial2.aspx?TrialID="
_MAX_ID = 60  # characters
MOVES_BY_ITSELF = ("export date", "internal number")


def key_of(trial_id: str) -> str:
    """The TrialID as it is kept: as the portal writes it, but for the prefix that only the portal gives EU numbers."""
    return spelled(" ".join(trial_id.split()))


def read(body: bytes, key: str = "") -> Record:
    """The Record of one trial. Raises RecordError."""
    label = f"ictrp {key or 'trial'}"
    row = _row(body, label)
    trial_id = key_of(row.raw("trialid"))
    if not trial_id or len(trial_id) > _MAX_ID or not trial_id.isprintable():
        raise RecordError(f"{label}: has no TrialID that could be one ({trial_id[:40]!r}); export it again", record=key)
    trial = _trial(row, trial_id)
    return Record(
        id=record_id("ictrp", trial_id),
        source="ictrp",
        kind="trial",
        title=row.line("public title", "scientific title"),
        url=_address(row.line("web address"), trial_id),
        venue=row.line("source register") or "WHO ICTRP",
        types=(trial.study_type,) if trial.study_type else (),
        terms=text.unique([*trial.conditions, *trial.interventions]),
        published=trial.first_posted,
        trial=trial,
        warnings=tuple(dict.fromkeys(row.warnings)),
        raw=body,
    )


def _row(body: bytes, label: str) -> Row:
    if not body.lstrip().startswith(b"<"):
        return Row.of(body, label)
    root, warnings = element.parse(body, label)
    row = Row({name(child.tag): "".join(child.itertext()) for child in reversed(root)})
    row.warnings += warnings
    return row


def _trial(row: Row, trial_id: str) -> Trial:
    design = row.line("study design")
    actual = row.people("results actual enrollment", "results actual enrolment")
    planned = row.people("target size")
    ids = [*row.parts("secondary id", "secondary ids", "secondary id(s)", signs=";,\n|"), *_own(trial_id)]
    return Trial(
        study_type=words.study_type(row.line("study type")),
        status=words.status("ictrp", row.line("recruitment status")),
        phases=text.phases(text.line(row.raw("phase"))),
        sponsor=row.line("primary sponsor"),
        conditions=row.parts("condition"),
        interventions=row.parts("intervention", "interventions"),
        eligibility=eligibility(row.text("inclusion criteria"), row.text("exclusion criteria")),
        primary_outcomes=row.parts("primary outcome"),
        allocation=words.allocation(design),
        masking=words.masking(design),
        enrollment=planned if actual is None else actual,
        enrollment_type="ACTUAL" if actual is not None else "ESTIMATED" if planned is not None else "",
        start=row.date("date enrollement", "date enrollment", doubtful=True),
        completion=row.date("results date completed", doubtful=True),
        first_posted=row.date("date registration3") or row.date("date registration", doubtful=True),
        last_update=row.date("last refreshed on", doubtful=True),
        has_results=row.line("results yes no").lower() == "yes" or bool(row.line("results date posted")),
        results_posted=row.date("results date posted", doubtful=True),
        secondary_ids=text.unique(one for one in ids if one != record_id("ictrp", trial_id)),
        countries=row.parts("countries"),
    )


def _own(trial_id: str) -> tuple[str, ...]:
    """Of a trial that another source reads, its own number: this record's id is not that."""
    return (trial_id,) if source_of(trial_id) not in ("ictrp", "") else ()


def _address(web_address: str, trial_id: str) -> str:
    try:
        held = urlsplit(web_address)
    except ValueError:
        held = urlsplit("")
    return web_address if held.scheme in ("http", "https") and held.netloc else PORTAL + quote(trial_id)
