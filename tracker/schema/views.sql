-- What people read. Dropped and made again whenever this file changes, so it may be edited freely.

-- "Today" is the day of the last fetch: what we can know, and the same whenever a view is read.
create view today as select max(substr(started, 1, 10)) as day from fetches;

-- The last day that each partial date can mean.
create view trial_last_days as
select record,
    case length(completion) when 4 then completion || '-12-31' when 7 then date(completion || '-01', '+1 month', '-1 day')
        else completion end as completion,
    case length(verified) when 4 then verified || '-12-31' when 7 then date(verified || '-01', '+1 month', '-1 day')
        else verified end as verified
from trials;

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

create view trial_board as
select a.family, a.id as approach, a.label as approach_label, a.followed, c.label as condition,
    s.id as stage, s.label as stage_label, s.rank, t.status,
    count(*) as trials, sum(t.enrollment) as people
from records r
join trials t on t.record = r.id
join labels la on la.record = r.id and la.axis = 'approach'
join approaches a on a.id = la.label
join labels ls on ls.record = r.id and ls.axis = 'stage'
join stages s on s.id = ls.label
left join labels c on c.record = r.id and c.axis = 'condition'
where r.same_as is null
group by a.id, c.label, s.id, t.status
order by a.rank, s.rank desc;

create view what_moved as
select e.id, e.seen, e.kind, e.severity, e.headline, e.record, r.title, r.kind as record_kind, e.field, e.old, e.new
from events e join records r on r.id = e.record
where e.severity > 0
    and not (e.kind in ('new_article', 'new_trial', 'new_item', 'matched', 'published_from_preprint')
        and not exists (select 1 from matches m where m.record = e.record and m.baseline = 0))
    and not exists (select 1 from labels l where l.record = e.record and l.axis = 'relevance' and l.label = 'off');

create view trial_papers as
select trial, paper, max(tie) as kind, json_group_array(distinct origin) as origins,  -- result > derived > background
    p.id is not null as held, coalesce(p.title, '') as title
from (
    select l.target as trial, l.record as paper,
        case l.relation when 'reports' then 'result' when 'derived' then 'derived' else l.relation end as tie, l.origin
    from links l where l.target like 'NCT%' and l.relation in ('reports', 'derived', 'background')
    union all
    select l.record, l.target,
        case l.relation when 'reported_by' then 'result' when 'derived_in' then 'derived' else 'background' end, l.origin
    from links l join trials t on t.record = l.record where l.relation in ('reported_by', 'derived_in', 'cites')
) left join records p on p.id = paper
group by trial, paper;

create view silent_trials as
select r.id, r.title, t.status, t.completion, t.completion_type, t.enrollment, t.sponsor, r.url
from trials t join records r on r.id = t.record join trial_last_days d on d.record = t.record
where t.status = 'COMPLETED' and t.has_results = 0 and t.completion != ''
    and date(d.completion, '+1 year') <= (select day from today)
    and not (exists (
        select 1 from links l where l.relation in ('reports', 'derived') and l.target = t.record
    ) or exists (
        select 1 from links l where l.record = t.record and l.relation in ('reported_by', 'derived_in')
    ));

create view stale_trials as
select r.id, r.title, t.status, t.primary_completion, t.completion, t.verified, t.sponsor, r.url
from trials t join records r on r.id = t.record join trial_last_days d on d.record = t.record
where t.status in ('RECRUITING', 'NOT_YET_RECRUITING', 'ENROLLING_BY_INVITATION', 'ACTIVE_NOT_RECRUITING')
    and ((d.completion < (select day from today) and t.completion != '')
        or (date(d.verified, '+2 years') <= (select day from today) and t.verified != ''));

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
