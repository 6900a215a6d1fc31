-- name: ownerless
select o.session_id, o.why, s.owner_kind, s.owner_id from ownerless(%(org)s) o join sessions s on s.org_id = %(org)s and s.id = o.session_id order by o.session_id limit 500

-- name: count
select count(*)::int as n from ownerless(%(org)s)

-- name: overdue
-- Sessions whose deadline has passed and of which nobody has been told yet. `filed`: whether the helpdesk that owns one has a ticket for it.
select s.id, s.deadline, s.owner_kind, s.owner_id, s.owner_kind <> 'helpdesk' or exists (
    select from tickets t where t.org_id = s.org_id and t.session_id = s.id and t.helpdesk_id = s.owner_id and t.external_id <> ''
) as filed
from sessions s
where s.org_id = %(org)s and s.status = 'open' and s.deadline <= clock_timestamp() and s.escalated_at is null and s.owner_kind <> 'ai'
order by s.deadline, s.id limit 100

-- name: escalate
-- Once for each deadline.
update sessions set escalated_at = clock_timestamp()
where org_id = %(org)s and id = %(id)s and status = 'open' and deadline = %(deadline)s and escalated_at is null
returning id

-- name: tell
insert into told (org_id, session_id, stage, since, address, name) values (%(org)s, %(session)s, %(stage)s, %(since)s, %(address)s, %(name)s) on conflict do nothing

-- name: was_told
select 1 from told where org_id = %(org)s and session_id = %(session)s and stage = %(stage)s and since = %(since)s and address = %(address)s

-- name: told
-- Of the handoff that a session stands in, and of its deadline.
select t.stage, t.name, t.at from told t join sessions s on s.org_id = t.org_id and s.id = t.session_id
where t.org_id = %(org)s and t.session_id = %(session)s and t.at >= s.handed_off_at order by t.at, t.name
