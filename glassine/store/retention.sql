-- name: old_messages
-- Conversations that were closed and not touched since. An open one is never old.
select count(*)::int as conversations, min(s.updated_at) as oldest,
    coalesce(sum((select count(*) from events e where e.org_id = s.org_id and e.session_id = s.id and e.type in ('message', 'agent_message', 'agent_comment'))), 0)::int as things
from sessions s where s.org_id = %(org)s and s.status <> 'open' and s.updated_at < %(before)s

-- name: old_attachments
-- A file stays as long as its contact has an open conversation.
select 0 as conversations, min(f.created_at) as oldest, count(*)::int as things
from files f where f.org_id = %(org)s and f.removed_at is null and f.created_at < %(before)s
  and not exists (select from sessions s where s.org_id = f.org_id and s.contact_id = f.contact_id and s.status = 'open')

-- name: old_traces
select count(distinct t.session_id)::int as conversations, min(t.created_at) as oldest, count(*)::int as things
from turns t join sessions s on s.org_id = t.org_id and s.id = t.session_id
where t.org_id = %(org)s and t.created_at < %(before)s and s.status <> 'open'

-- name: old_audit
select 0 as conversations, min(a.created_at) as oldest, count(*)::int as things from audit a
where a.org_id = %(org)s and a.created_at < least(%(before)s, now() - interval '30 days')
  and a.verb not in ('privacy.erase', 'privacy.redact', 'privacy.retain', 'privacy.export', 'keys.rotate')

-- name: some_old_sessions
select id from sessions where org_id = %(org)s and status <> 'open' and updated_at < %(before)s order by updated_at limit %(most)s for update skip locked

-- name: forget_messages
-- With a session go its log, values, turns and votes. Originals hang on nothing, so they go first.
with old as (
    delete from originals o using events e
    where o.org_id = %(org)s and e.org_id = o.org_id and e.id = o.event_id and e.session_id = any(%(sessions)s)
)
select coalesce(sum(1), 0)::int as n from events e
where e.org_id = %(org)s and e.session_id = any(%(sessions)s) and e.type in ('message', 'agent_message', 'agent_comment')

-- name: forget_sessions
with done as (delete from sessions where org_id = %(org)s and id = any(%(sessions)s) returning 1) select count(*)::int as n from done

-- name: forget_visitors
-- Nobody knows who they are, and nothing is left of what they said.
with done as (
    delete from contacts c where c.org_id = %(org)s and not c.verified and c.updated_at < %(before)s
      and not exists (select from sessions s where s.org_id = c.org_id and s.contact_id = c.id)
      and not exists (select from contact_lookups l where l.org_id = c.org_id and l.contact_id = c.id)
    returning 1
)
select count(*)::int as n from done

-- name: forget_attachments
with done as (
    update files f set sealed = '', sealed_name = '', sealed_text = null, size = 0, removed_at = clock_timestamp()
    where (f.org_id, f.id) in (
        select o.org_id, o.id from files o where o.org_id = %(org)s and o.removed_at is null and o.created_at < %(before)s
          and not exists (select from sessions s where s.org_id = o.org_id and s.contact_id = o.contact_id and s.status = 'open')
        order by o.created_at limit %(most)s for update skip locked
    )
    returning 1
)
select count(*)::int as n from done

-- name: forget_traces
-- Calls of actions and summaries are part of what the AI did.
with called as (
    delete from calls c using sessions s
    where c.org_id = %(org)s and c.created_at < %(before)s and s.org_id = c.org_id and s.id = c.session_id and s.status <> 'open'
), summed as (
    delete from summaries u using sessions s
    where u.org_id = %(org)s and u.created_at < %(before)s and s.org_id = u.org_id and s.id = u.session_id and s.status <> 'open'
), done as (
    delete from turns t where (t.org_id, t.id) in (
        select o.org_id, o.id from turns o join sessions s on s.org_id = o.org_id and s.id = o.session_id
        where o.org_id = %(org)s and o.created_at < %(before)s and s.status <> 'open'
        order by o.created_at limit %(most)s
    )
    returning 1
)
select count(*)::int as n from done

-- name: forget_audit
select forget_audit(%(before)s, %(most)s) as n

-- name: begin
insert into retention_runs (org_id, id, started_at) values (%(org)s, %(id)s, %(at)s)

-- name: finish
update retention_runs set removed = %(removed)s, finished_at = %(at)s where org_id = %(org)s and id = %(id)s

-- name: runs
select * from retention_runs where org_id = %(org)s order by started_at desc limit %(limit)s
