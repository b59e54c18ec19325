-- What people read. Dropped and made again whenever this file changes, so it may be edited freely.

-- "Today" is the day of the last fetch: what we can know, and the same whenever a view is read.
create view today as select max(substr(started, 1, 10)) as day from fetches;

-- The last day that each partial date can mean; null where there is none. A trial without a completion date is judged
-- by its primary completion.
create view trial_last_days as
select record, completed, case length(completed) when 4 then completed || '-12-31'
        when 7 then date(completed || '-01', '+1 month', '-1 day') else nullif(completed, '') end as completion,
    case length(verified) when 4 then verified || '-12-31' when 7 then date(verified || '-01', '+1 month', '-1 day')
        else nullif(verified, '') end as verified
from (select record, verified, coalesce(nullif(completion, ''), primary_completion) as completed from trials);

create view literature as
select r.rowid, r.id, r.title, r.venue, r.published, r.url, r.notice,
    (select label from labels where record = r.id and axis = 'relevance') as relevance,
    (select label from labels where record = r.id and axis = 'stage') as stage,
    (select json_group_array(label) from (
        select label from labels where record = r.id and axis = 'approach' order by strength desc, label)) as approaches,
    r.abstract, r.terms, r.variants, r.doi, r.first_seen
from records r
where r.kind = 'article' and r.same_as is null
    and not exists (select 1 from labels where record = r.id and axis = 'relevance' and label = 'off');

-- ---- The board: how far each approach has come, in three groups of conditions: aga (pattern hair loss), aa (alopecia
-- areata), other (neither of them named). A work counts once, as its version of record; a paper taken back not at all,
-- nor a protocol, which is a plan.

-- The rungs of the ladder. A combined phase stands on its lower rung: no approach is further than it is.
create view rungs as
with entries (stage, rung, place, people) as (values
    ('in_silico', 'laboratory', 1, 0), ('in_vitro', 'laboratory', 1, 0), ('ex_vivo', 'laboratory', 1, 0),
    ('animal', 'animals', 2, 0),
    ('case_report', 'people', 3, 1), ('observational', 'people', 3, 1), ('trial_unphased', 'people', 3, 1),
    ('early_phase1', 'phase1', 4, 1), ('phase1', 'phase1', 4, 1), ('phase1_2', 'phase1', 4, 1),
    ('phase2', 'phase2', 5, 1), ('phase2_3', 'phase2', 5, 1),
    ('phase3', 'phase3', 6, 1), ('phase4', 'phase4', 7, 1))
select * from entries;

-- What does not count: other versions of a work, papers taken back, protocols, news, and what is off topic.
create view board_left_out as
select id as record from records where same_as is not null or gone is not null or kind = 'news'
union all
select l.record from labels l where l.axis = 'flag' and l.label in ('retracted', 'withdrawn', 'protocol')
    and not exists (select 1 from trials t where t.record = l.record)
union all
select l.record from labels l where l.axis = 'relevance' and l.label = 'off';

-- One row for each trial, approach and group. `state` sums up the registry's status; `enrolled` is 1 where it took in
-- somebody (or is open to), by what it says: of a terminated one only an actual enrollment says so. `people` is what the
-- registry holds, `counted` the same without what was planned and is no plan any more; `moved` is the last day on which
-- something happened, as far as is known; `goes_on` is 1 of those that enrolled somebody and were not stopped: none other is
-- the furthest of its approach.
create view board_trials as
select la.label as approach, coalesce(lc.label, 'other') as condition, t.record as trial,
    ls.label as stage, s.rank, s.label as stage_label, t.status, t.state, t.enrollment as people,
    t.enrollment_type, case when t.state in ('running', 'planned') or t.enrollment_type != 'ESTIMATED' then t.enrollment end
        as counted,
    t.state in ('running', 'completed', 'stopped', 'unknown') and coalesce(t.enrollment, 1) > 0
        and not (t.status = 'TERMINATED' and t.enrollment_type = 'ESTIMATED')
        and not (t.status = 'UNKNOWN' and t.last_known_status = 'NOT_YET_RECRUITING') as enrolled,
    t.state in ('running', 'completed', 'unknown') and coalesce(t.enrollment, 1) > 0
        and not (t.status = 'UNKNOWN' and t.last_known_status = 'NOT_YET_RECRUITING') as goes_on,
    t.why_stopped, t.phase_detail, t.phase_source, t.has_results, t.results_posted,
    case when t.state = 'running' and t.primary_completion != ''
        and t.primary_completion_type != 'ACTUAL'
        and t.primary_completion >= substr((select day from today), 1, length(t.primary_completion))
        then t.primary_completion end as readout,
    max(t.first_posted, t.results_posted,
        case when t.start_type != 'ESTIMATED' and t.start <= (select day from today) then t.start else '' end,
        case when t.primary_completion_type != 'ESTIMATED' and t.primary_completion <= (select day from today)
            then t.primary_completion else '' end,
        case when t.completion_type != 'ESTIMATED' and t.completion <= (select day from today) then t.completion else '' end,
        coalesce((select max(substr(e.seen, 1, 10)) from events e where e.record = t.record and e.severity > 0
            and e.kind not in ('new_trial', 'matched')), '')) as moved
from (
    select *, case when status in ('RECRUITING', 'ENROLLING_BY_INVITATION', 'ACTIVE_NOT_RECRUITING') then 'running'
        when status = 'NOT_YET_RECRUITING' then 'planned' when status in ('TERMINATED', 'SUSPENDED') then 'stopped'
        when status in ('COMPLETED', 'WITHDRAWN', 'UNKNOWN') then lower(status) else 'other' end as state
    from trials
) t
cross join labels la on la.record = t.record and la.axis = 'approach'
cross join labels ls on ls.record = t.record and ls.axis = 'stage'
left join labels lc on lc.record = t.record and lc.axis = 'condition' and lc.label in ('aga', 'aa')
left join stages s on s.id = ls.label
where t.record not in (select record from board_left_out);

-- Papers in people of which a harm is the finding: cases that tell one, and whatever has it in its title.
create view harm_reports as
select l.record from labels l cross join labels s on s.record = l.record and s.axis = 'stage'
where l.axis = 'flag' and l.label = 'safety' and l.value = 'harm' and (l.field = 'title' or s.label = 'case_report');

-- Papers of the approaches that a query follows, by approach, group and rung; `newest` is the newest study in people that
-- is peer reviewed or a preprint, as "date id": no case report and no report of harm, of which the newest is `harm`;
-- `latest` is the newest of all of them. Of approaches that no query follows nobody looks for papers, so whatever
-- is held says nothing. The plus signs and cross joins hold SQLite to one pass through an index that has all it needs.
create view board_papers as
select papers.approach, papers.condition, g.rung, sum(papers.works) as works, sum(papers.clinical) as clinical,
    max(papers.newest) as newest, max(papers.harm) as harm, max(papers.latest) as latest
from (
    select la.label as approach, coalesce(lc.label, 'other') as condition, ls.label as stage, count(*) as works,
        sum(r.id is not null and r.id not in (select record from labels where axis = 'flag' and label = 'preprint'))
            as clinical,
        max(case when ls.label != 'case_report' and r.id not in (select record from harm_reports)
            then r.published || ' ' || r.id end) as newest,
        max(case when r.id in (select record from harm_reports) then r.published || ' ' || r.id end) as harm,
        max(r.published || ' ' || r.id) as latest
    from labels la
    cross join labels ls on ls.record = la.record and ls.axis = 'stage'
    left join labels lc on lc.record = la.record and lc.axis = 'condition' and lc.label in ('aga', 'aa')
    left join records r on r.id = case when ls.label in (select stage from rungs where people) then la.record end
    where +la.axis = 'approach' and +la.label in (select id from approaches where followed)
        and la.record not in (select record from trials)
        and la.record not in (select record from board_left_out)
    group by 1, 2, 3
) papers join rungs g on g.stage = papers.stage
group by 1, 2, 3;

-- Works of followed approaches in people that were retracted or withdrawn, by approach and group: what was once a result.
create view board_taken_back as
select la.label as approach, coalesce(lc.label, 'other') as condition, count(distinct la.record) as works
from labels f
cross join labels la on la.record = f.record and la.axis = 'approach'
cross join labels ls on ls.record = f.record and ls.axis = 'stage'
left join labels lc on lc.record = f.record and lc.axis = 'condition' and lc.label in ('aga', 'aa')
where f.axis = 'flag' and f.label in ('retracted', 'withdrawn')
    and la.label in (select id from approaches where followed) and ls.label in (select stage from rungs where people)
    and f.record not in (select record from trials)
    and f.record not in (select id from records where same_as is not null or gone is not null or kind = 'news')
    and f.record not in (select record from labels where axis = 'relevance' and label = 'off')
group by 1, 2;

-- The board itself: one row for each approach and group of which something is held, and one for each approach that a query
-- follows and of which nothing is.
--   laboratory .. phase4        works on each rung: papers (of followed approaches) and trials that enrolled somebody
--   approved, approved_products only from `approvals`: each product, for what, by whom, when, and where to look it up
--   running .. unknown          trials by state, and the people in them; other: expanded access, and words of other
--                               registries that say neither
--   approved_briefly            each product with who approved it first
--   furthest_*                  the furthest trial that enrolled somebody and was not stopped
--   beside                      the furthest that is planned, stopped or withdrawn, each with the reason given
--   stopped_reasons             of stopped and withdrawn trials that give one: JSON list of [day, trial, reason]
--   newest_result_*             the newest study in people (paper or posted results), its size, 1 where it is a preprint,
--                               its notice (an expression of concern)
--   taken_back                  papers in people that were retracted or withdrawn: none of them is a result
--   newest_harm_*               the newest paper in people of which a harm is the finding, and its words
--   next_readout                the earliest primary completion to come of a running trial
--   moved, months_still         when something last happened in people, and the full months since; null: no date, or a year alone
--   absent                      what one would look for and is not held
create view trial_board as
with t as materialized (select * from board_trials),
p as materialized (select * from board_papers),
granted as (
    select approach, case when condition in ('aga', 'aa') then condition else 'other' end as condition, product,
        authority || ' ' || year as first,
        product || ' for ' || indication as what, authority || ' ' || year || ' (' || reference || ')' as said, rowid as place
    from approvals order by place  -- as the taxonomy has them
),
keys as (
    select approach, condition from p union select approach, condition from t
    union select approach, condition from granted union select approach, condition from board_taken_back
    union select id, '' from approaches
    where followed and id not in (
        select approach from p union select approach from t union select approach from board_taken_back)
),
papers as (
    select approach, condition, sum(clinical) as clinical, max(newest) as newest, max(harm) as harm, max(latest) as latest,
        sum(works) filter (where rung = 'laboratory') as laboratory, sum(works) filter (where rung = 'animals') as animals,
        sum(works) filter (where rung = 'people') as people, sum(works) filter (where rung = 'phase1') as phase1,
        sum(works) filter (where rung = 'phase2') as phase2, sum(works) filter (where rung = 'phase3') as phase3,
        sum(works) filter (where rung = 'phase4') as phase4
    from p group by 1, 2
),
counts as (
    select t.approach, t.condition, count(*) as trials,
        sum(enrolled and rung = 'people') as people, sum(enrolled and rung = 'phase1') as phase1,
        sum(enrolled and rung = 'phase2') as phase2, sum(enrolled and rung = 'phase3') as phase3,
        sum(enrolled and rung = 'phase4') as phase4,
        sum(state = 'running') as running, sum(t.counted) filter (where state = 'running') as running_people,
        sum(state = 'planned') as planned, sum(t.counted) filter (where state = 'planned') as planned_people,
        sum(state = 'completed') as completed, sum(t.counted) filter (where state = 'completed') as completed_people,
        sum(state = 'stopped') as stopped, sum(t.counted) filter (where state = 'stopped') as stopped_people,
        sum(state = 'unknown') as unknown, sum(t.counted) filter (where state = 'unknown') as unknown_people,
        sum(state = 'withdrawn') as withdrawn, sum(state = 'other') as other,
        sum(has_results) as posted, max(case when has_results then results_posted || ' ' || trial end) as newest,
        min(readout || ' ' || trial) as readout, max(moved) as moved,
        json_group_array(json_array(moved, trial, why_stopped)) filter (
            where state in ('stopped', 'withdrawn') and why_stopped != '') as reasons
    from t left join rungs g on g.stage = t.stage group by 1, 2
),
places as (
    select *, row_number() over (
            partition by approach, condition, goes_on order by rank desc, people desc, trial) as among_going_on,
        row_number() over (partition by approach, condition, state order by rank desc, people desc, trial) as among_state
    from t
),
besides as (
    select approach, condition, group_concat(state || ': ' || stage_label || ', ' || trial
        || iif(why_stopped = '', '', ' (' || rtrim(substr(why_stopped, 1, 120), '. ')
            || iif(length(why_stopped) > 120, '…', '') || ')'), '; ') as beside
    from (select * from places where among_state = 1 and state in ('planned', 'stopped', 'withdrawn')
        order by approach, condition, state)
    group by 1, 2
),
approved as (
    select approach, condition, group_concat(what || ': ' || said, '; ') as approved,
        group_concat(product || ': ' || first, '; ') as briefly, count(*) as products
    from (select approach, condition, what, product, first, group_concat(said, ', ') as said from granted
        group by approach, condition, what order by min(place))
    group by 1, 2
),
facts as (
    select k.approach, k.condition,
        max(coalesce(papers.newest, ''), coalesce(counts.newest, '')) as newest, papers.harm, counts.readout,
        min((select day from today),
            max(coalesce(counts.moved, ''), coalesce(substr(papers.latest, 1, instr(papers.latest, ' ') - 1), ''))) as moved
    from keys k left join papers using (approach, condition) left join counts using (approach, condition)
)
select a.family, a.id as approach, a.label as approach_label, a.followed, k.condition,
    case k.condition when 'aga' then 'pattern hair loss' when 'aa' then 'alopecia areata' when '' then ''
        else 'other or unnamed hair loss' end as condition_label,
    coalesce(papers.laboratory, 0) as laboratory, coalesce(papers.animals, 0) as animals,
    coalesce(papers.people, 0) + coalesce(counts.people, 0) as people,
    coalesce(papers.phase1, 0) + coalesce(counts.phase1, 0) as phase1,
    coalesce(papers.phase2, 0) + coalesce(counts.phase2, 0) as phase2,
    coalesce(papers.phase3, 0) + coalesce(counts.phase3, 0) as phase3,
    coalesce(papers.phase4, 0) + coalesce(counts.phase4, 0) as phase4,
    approved.approved, approved.briefly as approved_briefly, coalesce(approved.products, 0) as approved_products, coalesce(counts.trials, 0) as trials,
    counts.running, counts.running_people, counts.planned, counts.planned_people, counts.completed,
    counts.completed_people, counts.stopped, counts.stopped_people, counts.unknown, counts.unknown_people,
    counts.withdrawn, counts.other,
    f.stage as furthest_stage, f.stage_label as furthest_label, f.rank as furthest_rank, f.trial as furthest_trial,
    f.status as furthest_status, f.people as furthest_people,
    f.enrollment_type as furthest_people_type, f.phase_detail as sub_phase,
    f.phase_source as sub_phase_source, besides.beside, coalesce(counts.reasons, '[]') as stopped_reasons,
    nullif(substr(facts.newest, 1, instr(facts.newest, ' ') - 1), '') as newest_result_date,
    nullif(substr(facts.newest, instr(facts.newest, ' ') + 1), '') as newest_result,
    coalesce(
        (select enrollment from trials where record = substr(facts.newest, instr(facts.newest, ' ') + 1)),
        (select nullif(cast(value as integer), 0) from labels where axis = 'flag' and label = 'n'
            and record = substr(facts.newest, instr(facts.newest, ' ') + 1))) as newest_result_people,
    exists (select 1 from labels where axis = 'flag' and label = 'preprint'
        and record = substr(facts.newest, instr(facts.newest, ' ') + 1)) as newest_result_preprint,
    coalesce((select notice from records where id = substr(facts.newest, instr(facts.newest, ' ') + 1)), '')
        as newest_result_notice,
    coalesce(back.works, 0) as taken_back,
    substr(facts.harm, 1, instr(facts.harm, ' ') - 1) as newest_harm_date,
    substr(facts.harm, instr(facts.harm, ' ') + 1) as newest_harm,
    (select quote from labels where axis = 'flag' and label = 'safety'
        and record = substr(facts.harm, instr(facts.harm, ' ') + 1)) as newest_harm_quote,
    substr(facts.readout, 1, instr(facts.readout, ' ') - 1) as next_readout,
    substr(facts.readout, instr(facts.readout, ' ') + 1) as next_readout_trial,
    nullif(facts.moved, '') as moved,
    case when length(facts.moved) > 4 then max(0, 12 * (substr(today.day, 1, 4) - substr(facts.moved, 1, 4))
        + substr(today.day, 6, 2) - substr(facts.moved, 6, 2)
        - (substr(today.day, 9, 2) < substr(facts.moved, 9, 2))) end as months_still,
    rtrim(case when counts.trials is null then 'no registered trial held; ' else '' end
        || case when a.followed and coalesce(papers.clinical, 0) = 0 then 'no peer-reviewed clinical paper held; ' else '' end
        || case when counts.completed > 0 and counts.posted = 0 then 'no results posted; ' else '' end
        || case when counts.readout is null then 'no readout expected; ' else '' end, '; ') as absent
from keys k
join approaches a on a.id = k.approach
join facts using (approach, condition)
cross join today
left join papers using (approach, condition)
left join counts using (approach, condition)
left join approved using (approach, condition)
left join besides using (approach, condition)
left join board_taken_back back using (approach, condition)
left join (select * from places where goes_on and among_going_on = 1) f using (approach, condition)
order by a.followed desc, a.rank, k.condition = 'other', k.condition = 'aa';

create view what_moved as
select e.id, e.seen, e.kind, e.severity, e.headline, e.record, r.title, r.kind as record_kind, e.field, e.old, e.new
from events e join records r on r.id = e.record
where e.severity > 0
    and not (e.kind in ('new_article', 'new_trial', 'new_item', 'matched', 'published_from_preprint')
        and not exists (select 1 from matches m where m.record = e.record and m.baseline = 0))
    and not exists (select 1 from labels l where l.record = e.record and l.axis = 'relevance' and l.label = 'off');

-- Papers that can be no result of a trial that they name: a plan, a notice about another paper, a writing about others'
-- trials. Null for any other paper.
create view paper_kinds as
select r.id as record, case
    when exists (select 1 from labels where record = r.id and axis = 'flag' and label = 'protocol') then 'protocol'
    when exists (select 1 from json_each(r.types)
        where value in ('Published Erratum', 'Retraction of Publication', 'Expression of Concern')) then 'notice'
    when exists (select 1 from labels where record = r.id and axis = 'stage' and label in ('review', 'systematic_review'))
        then 'review' end as kind
from records r where r.kind = 'article';

-- The registry's own word that a paper holds results stands against our reading of it as a review, not against the rest.
-- `notice` is the paper's own: retracted, withdrawn, concern, corrected, or empty.
create view trial_papers as
select trial, paper, case when own is null or own = 'review' and listed then kind else own end as kind, origins,
    exists (select 1 from records where id = paper) as held,
    coalesce((select title from records where id = paper), '') as title,
    coalesce((select notice from records where id = paper), '') as notice
from (
    select trial, paper, max(tie) as kind, json_group_array(distinct origin) as origins,  -- result > derived > background
        max(listed) as listed, (select kind from paper_kinds where record = paper) as own
    from (
        -- A trial in several registries has the papers of all of its records.
        select coalesce((select same_as from records where id = l.target), l.target) as trial, l.record as paper,
            0 as listed, l.origin, case l.relation when 'reports' then 'result' else l.relation end as tie
        from links l where l.relation in ('reports', 'derived', 'background')
            and (l.target like 'NCT%' or l.target in (select record from trials))
        union all
        select coalesce((select same_as from records where id = l.record), l.record), l.target, l.relation = 'reported_by', l.origin,
            case l.relation when 'reported_by' then 'result' when 'derived_in' then 'derived' else 'background' end
        from links l join trials t on t.record = l.record where l.relation in ('reported_by', 'derived_in', 'cites')
    ) group by trial, paper
);

-- Completed a year ago or more, nothing posted, no linked paper that reports or analyses it and stands. `since`: the day on
-- which the year was over or the last such paper was taken back; `other_papers`: 1 where some paper is tied to it, as a
-- protocol or a review is; `taken_back`: 1 where one with results was, and was retracted or withdrawn.
create view silent_trials as
with papers as materialized (select trial, paper, notice from trial_papers where kind in ('result', 'derived')),
taken_back as (
    select p.trial, coalesce(max(substr(e.seen, 1, 10)), '') as day
    from papers p left join events e on e.record = p.paper and e.kind = 'retracted' group by p.trial
)
select r.id, r.title, t.status, t.completion, t.completion_type, t.enrollment, t.sponsor, r.url,
    max(date(d.completion, '+1 year'), coalesce(b.day, '')) as since,
    exists (select 1 from links where target = t.record and relation in ('reports', 'derived', 'background'))
        or exists (select 1 from links where record = t.record and relation in ('reported_by', 'derived_in', 'cites'))
        as other_papers,
    b.trial is not null as taken_back
from trials t cross join records r on r.id = t.record and r.same_as is null
join trial_last_days d on d.record = t.record
left join taken_back b on b.trial = t.record
where t.status = 'COMPLETED' and t.has_results = 0
    and date(d.completion, '+1 year') <= (select day from today)
    and t.record not in (select trial from papers where notice not in ('retracted', 'withdrawn'));

-- Under way by its own word, but past its completion, or not verified for two years. UNKNOWN is what the registry itself
-- writes over such a trial, so it stays here. `since`: the first day on which it was stale; `reason` says which of both.
create view stale_trials as
select r.id, r.title, t.status, t.last_known_status, t.primary_completion, t.completion, t.verified, t.sponsor, r.url,
    case when d.completion < today.day and date(d.verified, '+2 years') <= today.day then 'both'
        when d.completion < today.day then 'past its completion' else 'not verified for two years' end as reason,
    min(coalesce(date(d.completion, '+1 day'), '9999'), coalesce(date(d.verified, '+2 years'), '9999')) as since
from trials t cross join records r on r.id = t.record and r.same_as is null
join trial_last_days d on d.record = t.record cross join today
where case t.status when 'UNKNOWN' then t.last_known_status else t.status end
        in ('RECRUITING', 'NOT_YET_RECRUITING', 'ENROLLING_BY_INVITATION', 'ACTIVE_NOT_RECRUITING')
    and (d.completion < today.day or date(d.verified, '+2 years') <= today.day);

create view off_topic as
select r.rowid, r.id, r.title, l.rule as reason, l.quote, r.kind, r.published, r.url, r.abstract, r.terms
from records r join labels l on l.record = r.id and l.axis = 'relevance' and l.label = 'off';

create view unlabelled as
select r.rowid, r.id, r.title, r.kind, r.published, r.url, r.abstract, r.terms
from records r
where not exists (select 1 from labels l where l.record = r.id and l.axis = 'approach')
    and not exists (select 1 from labels l where l.record = r.id and l.axis = 'relevance' and l.label = 'off');

create view source_health as
select f.source, f.query,
    max(case when f.complete = 1 then f.started end) as last_success,
    max(f.started) as last_try,
    (select g.error from fetches g where g.source = f.source and g.query = f.query order by g.id desc limit 1) as error,
    (select g.listed from fetches g where g.source = f.source and g.query = f.query and g.complete = 1
        order by g.id desc limit 1) as listed
from fetches f group by f.source, f.query;
