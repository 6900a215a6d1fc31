-- name: keep
-- Only while nothing of the session was removed since it was read. The turn: the one that handed it off, if a turn did.
insert into summaries (org_id, id, session_id, turn_id, handed_off_at, seen, outcome, model, fields, trace)
select s.org_id, %(id)s, s.id, (
    select t.id from turns t where t.org_id = s.org_id and t.session_id = s.id and t.outcome = 'HandOff' and t.created_at <= %(handed_off_at)s
      and (s.handed_back_at is null or s.handed_back_at >= %(handed_off_at)s or t.created_at > s.handed_back_at)
    order by t.created_at desc, t.id desc limit 1
), %(handed_off_at)s, %(seen)s, %(outcome)s, %(model)s, %(fields)s, %(trace)s
from sessions s where s.org_id = %(org)s and s.id = %(session)s and s.redactions = %(redactions)s for update of s
returning id

-- name: all
select * from summaries where org_id = %(org)s and session_id = %(session)s order by created_at, id

-- name: newest
select model, outcome from summaries where org_id = %(org)s and session_id = %(session)s and handed_off_at = %(handed_off_at)s and redacted_at is null order by created_at desc, id desc limit 1

-- name: fields
select fields -> %(helpdesk)s::text as fields from summaries
where org_id = %(org)s and session_id = %(session)s and redacted_at is null and jsonb_exists(fields, %(helpdesk)s::text)
order by created_at desc, id desc limit 1

-- name: blank
update summaries set redacted_at = clock_timestamp(), fields = '{}', trace = (
    select coalesce(jsonb_object_agg(t.key, t.value), '{}') from jsonb_each(trace) t where t.key in ('usage', 'masked')
) || '{"prompt": null, "asked": [], "answer": null, "wanted": [], "notes": [], "redacted": true}'
where org_id = %(org)s and session_id = %(session)s and redacted_at is null and (%(since)s::timestamptz is null or created_at >= %(since)s)
