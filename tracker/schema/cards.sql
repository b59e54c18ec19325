-- What is browsed: every paper and trial on topic, each work once, with what a list shows and is narrowed down by.
-- It reads in the order of an index on `published`, and looks up the rest for those rows alone that are shown.

create view cards as
select r.rowid, r.id, r.title, r.kind,
    (select s.label from labels l join stages s on s.id = l.label
        where l.record = r.id and l.axis = 'stage' and r.kind != 'news') as stage,  -- what news says is no evidence
    (select json_group_array(label) from (
        select a.label from labels l join approaches a on a.id = l.label
        where l.record = r.id and l.axis = 'approach' order by l.strength desc, l.label)) as approaches,
    (select json_group_array(label) from labels where record = r.id and axis = 'condition') as conditions,
    case when r.kind != 'news' and exists (select 1 from labels l join rungs g on g.stage = l.label
        where l.record = r.id and l.axis = 'stage' and g.people) then 'human' else 'not human' end as human,
    (select status from trials where record = r.id) as status,
    substr(r.published, 1, 4) as year, r.published, r.venue, r.notice, r.url,
    (select quote from labels where record = r.id and axis = 'flag' and label = 'takeaway') as takeaway,
    substr(r.abstract, 1, 220) as opening,
    (select quote from labels where record = r.id and axis in ('approach', 'relevance') and quote is not null
        order by axis, strength desc, label limit 1) as why,
    r.abstract, r.terms, r.variants
from records r
where r.same_as is null
    and not exists (select 1 from labels where record = r.id and axis = 'relevance' and label = 'off');

-- Where trials on topic are, for the map.
create view trial_sites as
select r.id as record, r.title, replace(lower(t.status), '_', ' ') as status, s.facility, s.city, s.country,
    s.latitude, s.longitude
from sites s join trials t on t.record = s.record join records r on r.id = s.record
where s.latitude is not null and r.same_as is null
    and not exists (select 1 from labels where record = r.id and axis = 'relevance' and label = 'off');
