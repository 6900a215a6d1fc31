-- name: put
insert into vault (org_id, session_id, placeholder, type, sealed, seq) values (%(org)s, %(session)s, %(placeholder)s, %(type)s, %(sealed)s, %(seq)s)

-- name: all
select placeholder, type, sealed from vault where org_id = %(org)s and session_id = %(session)s

-- name: one
select placeholder, type, sealed from vault where org_id = %(org)s and session_id = %(session)s and placeholder = %(placeholder)s

-- name: original
select sealed from originals where org_id = %(org)s and event_id = %(event)s

-- name: held
-- What the vault held when an event came: nothing that came with it or after it. A value without a number is from before numbers were kept.
select placeholder, type, sealed, seq from vault where org_id = %(org)s and session_id = %(session)s and (seq is null or seq < %(seq)s)

-- name: originals_of
-- A session's messages as they came, in order, each sealed.
select o.event_id, o.sealed, e.seq, e.created_at
from events e join originals o on o.org_id = e.org_id and o.event_id = e.id
where e.org_id = %(org)s and e.session_id = %(session)s
order by e.seq

-- name: put_file
insert into files (org_id, id, contact_id, session_id, media_type, size, sealed_name, sealed, sealed_text, text_note)
values (%(org)s, %(id)s, %(contact)s, %(session)s, %(media_type)s, %(size)s, %(sealed_name)s, %(sealed)s, %(sealed_text)s, %(text_note)s)

-- name: file
select * from files where org_id = %(org)s and id = %(id)s

-- name: audit
insert into audit (org_id, id, actor_kind, actor_id, verb, thing, thing_id, detail)
values (%(org)s, %(id)s, %(actor_kind)s, %(actor_id)s, %(verb)s, %(thing)s, %(thing_id)s, %(detail)s)

-- name: audit_hourly
-- One line an hour for what is looked at again and again: who, what and which thing are the same.
insert into audit (org_id, id, actor_kind, actor_id, verb, thing, thing_id, detail)
select %(org)s, %(id)s, %(actor_kind)s, %(actor_id)s, %(verb)s, %(thing)s, %(thing_id)s, %(detail)s
where not exists (
    select from audit a where a.org_id = %(org)s and a.created_at > now() - interval '1 hour' and a.verb = %(verb)s and a.thing_id = %(thing_id)s
      and a.actor_kind = %(actor_kind)s and a.actor_id is not distinct from %(actor_id)s
)

-- name: audit_page
select a.*, p.name as actor_name from audit a left join people p on p.org_id = a.org_id and p.id = a.actor_id
where a.org_id = %(org)s
  and (%(only)s::text is null or %(only)s = case when a.verb = 'privacy.reveal' then 'reveals' when a.verb like 'privacy.%%' then 'removals' when a.verb like 'knowledge.%%' then 'knowledge'
    when a.verb like 'inspect.%%' then 'inspections' else 'changes' end)
order by a.created_at desc limit %(limit)s

-- name: forget_originals
-- Of every message of a contact.
delete from originals o using events e, sessions s
where o.org_id = %(org)s and e.org_id = o.org_id and e.id = o.event_id and s.org_id = e.org_id and s.id = e.session_id and s.contact_id = %(contact)s

-- name: forget_original
delete from originals o using events e
where o.org_id = %(org)s and e.org_id = o.org_id and e.id = o.event_id and e.session_id = %(session)s and (%(events)s::uuid[] is null or e.id = any(%(events)s))

-- name: forget_unused
-- What no text of the session names any more. Run it after the texts are gone.
with done as (
    delete from vault v
    where v.org_id = %(org)s and v.session_id = %(session)s
      and not exists (
          select from events e where e.org_id = v.org_id and e.session_id = v.session_id
            and (strpos(e.text, v.placeholder) > 0 or strpos(e.payload::text, v.placeholder) > 0)
      )
      and not exists (
          select from sessions s where s.org_id = v.org_id and s.id = v.session_id
            and (strpos(coalesce(s.summary, ''), v.placeholder) > 0 or strpos(coalesce(s.checkpoint::text, ''), v.placeholder) > 0)
      )
      and not exists (
          select from calls c where c.org_id = v.org_id and c.session_id = v.session_id
            and (strpos(c.seen, v.placeholder) > 0 or strpos(c.says, v.placeholder) > 0 or strpos(c.arguments::text, v.placeholder) > 0 or strpos(c.form::text, v.placeholder) > 0)
      )
    returning 1
)
select count(*)::int as n from done

-- name: forget_files
-- Name, bytes and text of what came with these messages; the row stays and says that there was a file. Run it before the texts are gone.
with done as (
    update files f set sealed = '', sealed_name = '', sealed_text = null, size = 0, removed_at = clock_timestamp()
    where f.org_id = %(org)s and f.removed_at is null and f.id in (
        select (a ->> 'id')::uuid from events e cross join lateral jsonb_array_elements(e.payload -> 'attachments') a
        where e.org_id = %(org)s and e.session_id = %(session)s and e.payload ? 'attachments' and (%(events)s::uuid[] is null or e.id = any(%(events)s))
    )
    returning 1
)
select count(*)::int as n from done

-- name: files_of
select * from files where org_id = %(org)s and contact_id = %(contact)s order by created_at, id

-- name: audit_of
-- Who looked at what is a contact's, or took it away.
select a.* from audit a
where a.org_id = %(org)s and a.verb like 'privacy.%%' and (
    a.thing_id = %(contact)s
    or a.thing_id in (select id from sessions where org_id = %(org)s and contact_id = %(contact)s)
    or a.detail ->> 'session' in (select id::text from sessions where org_id = %(org)s and contact_id = %(contact)s)
    or a.thing_id in (select id from files where org_id = %(org)s and contact_id = %(contact)s)
)
order by a.created_at
