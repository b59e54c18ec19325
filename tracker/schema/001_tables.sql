-- Tables and their indexes. STRICT; foreign keys name their column, because Datasette 0.65 answers 500 on tables
-- whose keys do not. Released files are never edited: a change is one file more.

create table records (
    id text primary key,            -- pubmed-38212345, NCT05678901, feed-<16 hex>
    source text not null,
    kind text not null check (kind in ('article', 'trial', 'news')),
    title text not null,
    abstract text not null,         -- of a trial: its brief summary
    url text not null,
    venue text not null,
    authors text not null,          -- JSON list of {name, family, given, suffix, orcid, group}
    types text not null,            -- JSON list: publication types; of a trial its study type
    terms text not null,            -- JSON list: MeSH and keywords; of a trial conditions and interventions
    mesh text not null,             -- JSON list as MEDLINE writes it: "Alopecia/*drug therapy"
    substances text not null,       -- JSON list as MEDLINE writes it: "5965120SH1 (Minoxidil)"
    databanks text not null,        -- JSON list as MEDLINE writes it: "ClinicalTrials.gov/NCT01095302"
    variants text not null,         -- other spellings and leaf names, for full text only
    doi text not null,
    pmcid text not null,
    published text not null,        -- partial date: 2026, 2026-05 or 2026-05-04
    entered text not null,          -- partial date: when PubMed took it in
    language text not null,
    notice text not null check (notice in ('', 'retracted', 'withdrawn', 'concern', 'corrected')),
    record_status text not null,    -- of PubMed: MEDLINE, Publisher, In-Process ...
    same_as text references records(id),
    fingerprint text not null,
    first_seen text not null,
    last_changed text not null,
    gone text                       -- since when the source says that it does not hold it
) strict;

create index versions on records (same_as) where same_as is not null;
create index records_by_doi on records (doi);

create table trials (
    record text primary key references records(id),
    study_type text not null,
    status text not null,           -- overall status, raw: RECRUITING, UNKNOWN ...
    last_known_status text not null,
    verified text not null,
    phases text not null,           -- JSON list as the registry says: [], ["NA"], ["PHASE1", "PHASE2"]
    phase_detail text not null,     -- 2a, 2b: from a title, kept apart from the registry's phase
    phase_source text not null,     -- who said phase_detail
    sponsor text not null,
    conditions text not null,       -- JSON lists
    interventions text not null,
    arms text not null,
    eligibility text not null,
    primary_outcomes text not null,
    allocation text not null,
    masking text not null,
    enrollment integer,
    enrollment_type text not null,
    start text not null,            -- partial dates; types are ACTUAL or ESTIMATED
    start_type text not null,
    primary_completion text not null,
    primary_completion_type text not null,
    completion text not null,
    completion_type text not null,
    first_posted text not null,
    last_update text not null,
    has_results integer not null,
    results_posted text not null,
    why_stopped text not null,
    secondary_ids text not null,
    countries text not null
) strict;

create table sites (
    record text not null references records(id),
    n integer not null,
    facility text not null,
    city text not null,
    country text not null,
    latitude real,
    longitude real,
    primary key (record, n)
) strict;

create table labels (
    record text not null references records(id),
    axis text not null check (axis in ('approach', 'stage', 'condition', 'relevance', 'flag')),
    label text not null,
    value text not null,
    origin text not null check (origin in ('rule', 'person')),
    source text not null,           -- registry, pubtype, mesh, text
    strength real not null,
    field text,                     -- quote is the substring of this column at [start, end), or all four are null
    start integer,
    end integer,
    quote text,
    rule text not null,
    version text not null,
    seen text not null,
    primary key (record, axis, label)
) strict;
create unique index one_relevance_and_stage on labels (record, axis) where axis in ('relevance', 'stage');
create index labels_by_label on labels (axis, label);

create table judgements (
    record text not null references records(id),
    axis text not null,
    label text not null,
    says text not null check (says in ('yes', 'no')),
    author text not null,
    note text not null,
    seen text not null,
    primary key (record, axis, label)
) strict;

create table queries (
    name text primary key,
    source text not null,           -- JSON list of the sources it asks
    expression text not null,       -- JSON object: source -> expression
    title text not null,
    since text not null
) strict;

create table matches (
    record text not null references records(id),
    query text not null references queries(name),
    first_seen text not null,
    baseline integer not null check (baseline in (0, 1)),
    absent_since text,
    primary key (record, query)
) strict;
create index matches_by_query on matches (query);

create table fetches (
    id integer primary key,
    source text not null,
    query text not null references queries(name),
    expression text not null,
    started text not null,
    finished text,
    complete integer not null default 0,
    listed integer,
    asked integer,
    new integer,
    changed integer,
    same integer,
    quarantined integer,
    missing text not null default '[]',
    notes text not null default '[]',
    requests integer,
    error text
) strict;
create index fetches_by_query on fetches (source, query, complete);

create table events (
    id integer primary key,
    record text not null references records(id),
    fetch integer references fetches(id),
    seen text not null,
    kind text not null,
    severity integer not null check (severity between 0 and 3),
    field text,
    old text,
    new text,
    headline text not null
) strict;
create index events_by_record on events (record);
create index events_by_time on events (seen);

create table links (
    record text not null references records(id),
    relation text not null,
    target text not null,           -- a record id, held or not, or doi-<doi>
    origin text not null,
    seen text not null,
    quote text not null,
    primary key (record, relation, target, origin)
) strict;
create index links_by_target on links (target);

create table payloads (
    id integer primary key,
    record text not null references records(id),
    sha256 text not null,
    received text not null,
    body blob not null              -- zlib
) strict;
create index payloads_by_record on payloads (record, id);
create index payloads_by_hash on payloads (sha256);

create table quarantine (
    id integer primary key,
    source text not null,
    record text not null,           -- the source's own key, '' where it could not be read
    sha256 text not null,
    payload blob not null,          -- zlib
    reason text not null,
    query text not null,            -- whose fetch met it
    seen text not null,
    resolved text,                  -- when a readable version of the same record was stored
    unique (source, record, sha256)
) strict;

create table approaches (
    id text primary key,
    family text not null,
    label text not null,
    definition text not null,
    rank integer not null,
    followed integer not null
) strict;

create table stages (
    id text primary key,
    rank real,                      -- place on the ladder; null for what stands beside it
    label text not null
) strict;

create table digests (
    id integer primary key,
    name text not null,
    period text not null,           -- 2026-W48, 2026-W48.2, 2026-11-23, 2026-11
    created text not null,
    since text not null,
    until text not null,
    last_event integer not null,
    subject text not null,
    markdown text not null,
    html text not null,
    text text not null,
    unique (name, period)
) strict;

create table digest_items (
    name text not null,
    event integer not null references events(id),
    digest integer not null references digests(id),
    section text not null,
    primary key (name, event)       -- the database itself refuses a repeat
) strict;

create table deliveries (
    digest integer not null references digests(id),
    channel text not null,
    recipient text not null,
    state text not null check (state in ('pending', 'sending', 'sent', 'failed', 'unknown')),
    attempts integer not null default 0,
    message_id text not null default '',
    error text not null default '',
    updated text not null,
    primary key (digest, channel, recipient)
) strict;
