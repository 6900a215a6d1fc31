-- name: counted
-- Handoffs of a stretch of time by reasons, combinations of reasons, moods and days.
with found as (
    select e.session_id, e.created_at, e.payload ->> 'sentiment' as sentiment,
        array(select jsonb_array_elements_text(coalesce(e.payload -> 'reasons', '[]'::jsonb)) order by 1) as reasons
    from events e where e.org_id = %(org)s and e.type = 'handoff' and e.created_at >= %(since)s and e.created_at < %(until)s and e.redacted_at is null
)
select (select count(*) from found) as handoffs,
    (select count(distinct session_id) from found) as handed_off,
    (select count(*) from sessions s where s.org_id = %(org)s and s.created_at >= %(since)s and s.created_at < %(until)s) as sessions,
    (select coalesce(jsonb_object_agg(reason, n), '{}') from (select unnest(reasons) as reason, count(*) as n from found group by 1) r) as reasons,
    (select coalesce(jsonb_agg(jsonb_build_object('reasons', reasons, 'count', n) order by n desc, reasons), '[]') from (select reasons, count(*) as n from found group by 1 order by n desc, reasons limit 50) c) as combinations,
    (select coalesce(jsonb_object_agg(sentiment, n), '{}') from (select sentiment, count(*) as n from found where sentiment is not null group by 1) s) as sentiments,
    (select coalesce(jsonb_agg(jsonb_build_object('date', day, 'count', n) order by day), '[]')
     from (select (created_at at time zone 'UTC')::date as day, count(*) as n from found group by 1) d) as trends

-- name: page
-- With the summary that the session has got since, where this handoff is its newest.
select e.id, e.session_id, e.created_at, e.payload, case when s.handed_off_at is not null and not exists (
        select from events later where later.org_id = e.org_id and later.session_id = e.session_id and later.type = 'handoff' and later.seq > e.seq
    ) then s.summary end as summary
from events e join sessions s on s.org_id = e.org_id and s.id = e.session_id
where e.org_id = %(org)s and e.type = 'handoff' and e.created_at >= %(since)s and e.created_at < %(until)s and e.redacted_at is null
  and (%(before)s::timestamptz is null or (e.created_at, e.id) < (%(before)s, %(before_id)s::uuid))
order by e.created_at desc, e.id desc limit %(limit)s

-- name: summarised
-- What a model made of the conversation, instead of the quoted words; not where anything was removed for good meanwhile, or where it was handed back.
update sessions set summary = %(summary)s, sentiment = %(sentiment)s
where org_id = %(org)s and id = %(session)s and redactions = %(redactions)s and handed_off_at is not null
returning id
