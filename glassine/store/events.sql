-- name: append
-- Takes the next number of the session and writes the event, in one statement: the log has no gaps and one order.
-- A masked text is written only while the vault is as its writer saw it (`tokens`).
with session as (
    update sessions set last_seq = last_seq + 1, updated_at = clock_timestamp(), tokens = tokens + %(fresh)s
    where org_id = %(org)s and id = %(session)s and tokens = coalesce(%(tokens)s, tokens)
    returning last_seq
)
insert into events (org_id, session_id, seq, id, type, actor_kind, actor_id, text, payload)
select %(org)s, %(session)s, session.last_seq, %(id)s, %(type)s, %(actor)s, %(actor_id)s, %(text)s, %(payload)s
from session
returning *, null::text as actor_name

-- name: log
select e.*, p.name as actor_name
from events e left join people p on p.org_id = e.org_id and p.id = e.actor_id and e.actor_kind = 'agent'
where e.org_id = %(org)s and e.session_id = %(session)s and e.seq > %(after)s
order by e.seq
limit %(limit)s

-- name: newest
select e.*, p.name as actor_name
from (
    select * from events where org_id = %(org)s and session_id = %(session)s order by seq desc limit %(limit)s
) e left join people p on p.org_id = e.org_id and p.id = e.actor_id and e.actor_kind = 'agent'
order by e.seq

-- name: recent
select * from (
    select e.*, null::text as actor_name from events e
    where e.org_id = %(org)s and e.session_id = %(session)s and e.type in ('message', 'agent_message')
    order by e.seq desc limit %(limit)s
) newest order by seq

-- name: recent_until
select * from (
    select e.*, null::text as actor_name from events e
    where e.org_id = %(org)s and e.session_id = %(session)s and e.type in ('message', 'agent_message') and e.seq <= %(seq)s
    order by e.seq desc limit %(limit)s
) newest order by seq

-- name: handoff_before
select e.*, null::text as actor_name from events e
where e.org_id = %(org)s and e.session_id = %(session)s and e.type = 'handoff' and e.seq < %(seq)s order by e.seq desc limit 1

-- name: glimpses
-- Both ends of each log are read from the primary key, so that a long session costs as little as a short one.
select s.id as session_id,
    (select e.text from events e where e.org_id = %(org)s and e.session_id = s.id and e.type = 'message' and e.actor_kind = 'user' and e.text <> '' order by e.seq limit 1) as first,
    (select e.text from events e where e.org_id = %(org)s and e.session_id = s.id and e.type in ('message', 'agent_message') and e.text <> ''
     order by e.seq desc limit 1) as last
from unnest(%(sessions)s::uuid[]) as s (id)

-- name: find
select e.*, null::text as actor_name from events e where e.org_id = %(org)s and e.id = %(id)s

-- name: vote
insert into votes (org_id, session_id, event_id, action)
select %(org)s, e.session_id, e.id, %(action)s from events e
where e.org_id = %(org)s and e.session_id = %(session)s and e.id = %(id)s and e.actor_kind <> 'user'
on conflict (org_id, event_id) do update set action = excluded.action
returning event_id

-- name: redact
-- The one way to change the log: blanks, and writes the line of the audit log.
select * from redact_events(%(session)s, %(events)s, %(verb)s, %(thing)s, %(id)s, %(line)s, %(actor_kind)s, %(actor_id)s, %(why)s)

-- name: later_handoffs
-- Their summaries quote what was said before.
select id from events where org_id = %(org)s and session_id = %(session)s and seq > %(seq)s and type = 'handoff' and redacted_at is null

-- name: forget_votes
delete from votes where org_id = %(org)s and session_id = %(session)s and (%(events)s::uuid[] is null or event_id = any(%(events)s))

-- name: newest_texts
-- What customers and people wrote in the sessions that changed last, newest session first; each session is read by its key.
select e.text
from (select id, updated_at from sessions where org_id = %(org)s order by updated_at desc, id desc limit 500) s
    join lateral (
        select seq, text from events where org_id = %(org)s and session_id = s.id and type in ('message', 'agent_message', 'agent_comment')
            and actor_kind not in ('ai', 'system') and text <> ''
        order by seq desc limit 200
    ) e on true
order by s.updated_at desc, s.id desc, e.seq desc
limit %(limit)s
