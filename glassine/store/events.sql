-- name: append
-- Takes the next number of the session and writes the event, in one statement: the log has no gaps and one order.
with session as (
    update sessions set last_seq = last_seq + 1, updated_at = clock_timestamp()
    where org_id = %(org)s and id = %(session)s
    returning last_seq
)
insert into events (org_id, session_id, seq, id, type, actor_kind, actor_id, text, payload)
select %(org)s, %(session)s, session.last_seq, %(id)s, %(type)s, %(actor)s, %(actor_id)s, %(text)s, %(payload)s
from session
returning *, null::text as actor_name

-- name: hear
-- The same for a customer's message, but only while the vault is as the writer saw it; else nothing, and the text must be masked again.
with session as (
    update sessions set last_seq = last_seq + 1, last_user_seq = last_seq + 1, tokens = tokens + %(fresh)s, updated_at = clock_timestamp(),
        language = coalesce(language, %(language)s)
    where org_id = %(org)s and id = %(session)s and tokens = %(tokens)s and status = 'open'
    returning last_seq
)
insert into events (org_id, session_id, seq, id, type, actor_kind, actor_id, text, payload)
select %(org)s, %(session)s, session.last_seq, %(id)s, 'message', 'user', %(actor_id)s, %(text)s, %(payload)s
from session
returning *, null::text as actor_name

-- name: log
select e.*, p.name as actor_name
from events e left join people p on p.org_id = e.org_id and p.id = e.actor_id and e.actor_kind = 'agent'
where e.org_id = %(org)s and e.session_id = %(session)s and e.seq > %(after)s
order by e.seq
limit %(limit)s

-- name: recent
select * from (
    select e.*, null::text as actor_name from events e
    where e.org_id = %(org)s and e.session_id = %(session)s and e.type in ('message', 'agent_message')
    order by e.seq desc limit %(limit)s
) newest order by seq

-- name: find
select e.*, null::text as actor_name from events e where e.org_id = %(org)s and e.id = %(id)s

-- name: vote
insert into votes (org_id, session_id, event_id, action)
select %(org)s, e.session_id, e.id, %(action)s from events e
where e.org_id = %(org)s and e.session_id = %(session)s and e.id = %(id)s and e.actor_kind <> 'user'
on conflict (org_id, event_id) do update set action = excluded.action
returning event_id
