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
select id, session_id, created_at, payload from events
where org_id = %(org)s and type = 'handoff' and created_at >= %(since)s and created_at < %(until)s and redacted_at is null
  and (%(before)s::timestamptz is null or (created_at, id) < (%(before)s, %(before_id)s::uuid))
order by created_at desc, id desc limit %(limit)s
