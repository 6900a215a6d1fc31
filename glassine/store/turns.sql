-- name: keep_conditions
insert into conditions (org_id, id, content) values (%(org)s, %(id)s, %(content)s) on conflict do nothing

-- name: conditions
select content from conditions where org_id = %(org)s and id = %(id)s

-- name: all
select * from turns where org_id = %(org)s and session_id = %(session)s order by created_at, id

-- name: whereabouts
select session_id, id from turns where org_id = %(org)s and id = %(id)s
union all
select id, null from sessions where org_id = %(org)s and id = %(id)s

-- name: load
select * from turns where org_id = %(org)s and session_id = %(session)s and id = %(id)s

-- name: blank
-- What a turn read and wrote is gone; what stays says that it ran, how it ended and how long it took.
with done as (
    update turns set redacted_at = clock_timestamp(), trace = (
        select coalesce(jsonb_object_agg(t.key, t.value), '{}') from jsonb_each(trace) t where t.key in ('message', 'decision', 'model', 'usage', 'timings')
    ) || '{"query": "", "masked": {}, "hits": [], "used": [], "prompt": null, "request": null, "answer": null, "notes": [], "redacted": true}'
    where org_id = %(org)s and session_id = %(session)s and redacted_at is null and (%(since)s::timestamptz is null or created_at >= %(since)s)
    returning 1
), played as (
    delete from rehearsed where org_id = %(org)s and session_id = %(session)s  -- what a rehearsal would have said quotes them
)
select count(*)::int as n from done

-- name: newest
-- The newest turns of all conversations with what the customer had said, newest first; those whose words were removed are left out.
select t.id, t.session_id, t.outcome, t.reasons, t.created_at, t.trace -> 'given' as given, t.trace ->> 'query' as query, e.text, s.ticket_number, s.language
from turns t join events e on e.org_id = t.org_id and e.id = (t.trace ->> 'message')::uuid
    join sessions s on s.org_id = t.org_id and s.id = t.session_id
where t.org_id = %(org)s and t.redacted_at is null and e.text <> '' and not coalesce((e.payload ->> 'redacted')::boolean, false)
order by t.created_at desc, t.id desc limit %(limit)s
