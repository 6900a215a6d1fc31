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

-- name: delete
delete from contacts where org_id = %(org)s and id = %(id)s returning id

-- name: lock
select * from contacts where org_id = %(org)s and id = %(id)s for update

-- name: by_lookup
select c.* from contact_lookups l join contacts c on c.org_id = l.org_id and c.id = l.contact_id
where l.org_id = %(org)s and l.kind = %(kind)s and l.digest = %(digest)s

-- name: forget_lookups
delete from contact_lookups where org_id = %(org)s and contact_id = %(id)s and kind = %(kind)s

-- name: add_lookup
insert into contact_lookups (org_id, kind, digest, contact_id) values (%(org)s, %(kind)s, %(digest)s, %(id)s)
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
