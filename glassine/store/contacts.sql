-- name: insert
insert into contacts (org_id, id, verified, key, sealed) values (%(org)s, %(id)s, %(verified)s, %(key)s, %(sealed)s) returning *

-- name: load
select * from contacts where org_id = %(org)s and id = %(id)s

-- name: of_session
select c.* from sessions s join contacts c on c.org_id = s.org_id and c.id = s.contact_id
where s.org_id = %(org)s and s.id = %(session)s

-- name: save
update contacts set sealed = %(sealed)s, verified = verified or %(verified)s, updated_at = clock_timestamp()
where org_id = %(org)s and id = %(id)s returning *

-- name: overrides
select overrides from contacts where org_id = %(org)s and id = %(id)s

-- name: set_overrides
update contacts set overrides = %(sealed)s where org_id = %(org)s and id = %(id)s

-- name: delete
delete from contacts where org_id = %(org)s and id = %(id)s returning id

-- name: lock
select * from contacts where org_id = %(org)s and id = %(id)s for update

-- name: by_lookup
select c.* from contact_lookups l join contacts c on c.org_id = l.org_id and c.id = l.contact_id
where l.org_id = %(org)s and l.kind = %(kind)s and l.digest = any(%(digests)s)

-- name: forget_lookups
delete from contact_lookups where org_id = %(org)s and contact_id = %(id)s and kind = %(kind)s

-- name: add_lookup
insert into contact_lookups (org_id, kind, digest, contact_id)
select %(org)s, %(kind)s, %(digest)s, %(id)s
where not exists (select from contact_lookups l where l.org_id = %(org)s and l.kind = %(kind)s and l.digest = any(%(digests)s))
on conflict (org_id, kind, digest) do nothing returning contact_id

-- name: page
select * from contacts
where org_id = %(org)s
  and (%(created_after)s::timestamptz is null or created_at > %(created_after)s)
  and (%(created_before)s::timestamptz is null or created_at < %(created_before)s)
  and (%(updated_after)s::timestamptz is null or updated_at > %(updated_after)s)
  and (%(updated_before)s::timestamptz is null or updated_at < %(updated_before)s)
  and (%(before)s::timestamptz is null or (created_at, id) < (%(before)s, %(before_id)s::uuid))
order by created_at desc, id desc
limit %(limit)s

-- name: sessions_of
select id from sessions where org_id = %(org)s and contact_id = %(id)s

-- name: holdings
-- What there is of a contact, counted.
with mine as (select id from sessions where org_id = %(org)s and contact_id = %(id)s),
said as (select e.id, e.type from events e join mine on e.session_id = mine.id where e.org_id = %(org)s)
select 1 as contacts, (select count(*) from contact_lookups l where l.org_id = %(org)s and l.contact_id = %(id)s)::int as lookups,
    (select count(*) from mine)::int as sessions, (select count(*) from said)::int as entries,
    (select count(*) from said where type in ('message', 'agent_message', 'agent_comment'))::int as messages,
    (select count(*) from originals o join said on said.id = o.event_id where o.org_id = %(org)s)::int as originals,
    (select count(*) from vault v join mine on v.session_id = mine.id where v.org_id = %(org)s)::int as placeholder_values,
    (select count(*) from turns t join mine on t.session_id = mine.id where t.org_id = %(org)s)::int as turns,
    (select count(*) from votes x join mine on x.session_id = mine.id where x.org_id = %(org)s)::int as votes,
    f.files, f.file_bytes
from (select count(*)::int as files, coalesce(sum(size), 0)::bigint as file_bytes from files where org_id = %(org)s and contact_id = %(id)s and removed_at is null) f

-- name: copies
-- Where what was said may have gone: what left for each destination out of the contact's sessions.
select c.purpose, c.destination, count(*)::int as requests, sum(c.bytes)::bigint as bytes, min(c.created_at) as first, max(c.created_at) as last
from crossings c join sessions s on s.org_id = c.org_id and s.id = c.session_id
where c.org_id = %(org)s and s.contact_id = %(id)s and c.allowed
group by c.purpose, c.destination order by c.purpose, c.destination
