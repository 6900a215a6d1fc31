-- name: all_keys
select version, wrapped from org_keys where org_id = %(org)s order by version desc for update

-- name: rewrap
update org_keys set wrapped = %(wrapped)s where org_id = %(org)s and version = %(version)s

-- name: current
-- More than one: a rotation was begun and not ended.
select version from org_keys where org_id = %(org)s and until is null order by version desc

-- name: retire
update org_keys set until = least(until, now() + %(grace)s::interval) where org_id = %(org)s and version < %(version)s

-- name: forget_retired
with done as (
    delete from org_keys where org_id = %(org)s and until <= now()
    returning 1
)
select count(*)::int as n from done

-- name: contacts_after
select * from contacts where org_id = %(org)s and id > %(after)s order by id limit %(limit)s

-- name: contacts_held
select * from contacts where org_id = %(org)s and id > %(after)s order by id limit %(limit)s for update

-- name: rewrap_contact
update contacts set key = %(key)s where org_id = %(org)s and id = %(id)s

-- name: rehash
-- A contact keeps the look-ups that are its own: a phone that two share stays with the first.
update contact_lookups set digest = %(newest)s
where org_id = %(org)s and contact_id = %(id)s and kind = %(kind)s and digest = any(%(former)s)
  and not exists (select from contact_lookups l where l.org_id = %(org)s and l.kind = %(kind)s and l.digest = %(newest)s)

-- name: values_of
select v.session_id, v.placeholder, v.sealed from vault v join sessions s on s.org_id = v.org_id and s.id = v.session_id
where v.org_id = %(org)s and s.contact_id = %(id)s

-- name: values_before
-- The first byte of what is sealed is its version. Held, so that a redaction meanwhile waits.
select v.session_id, v.placeholder, v.sealed from vault v join sessions s on s.org_id = v.org_id and s.id = v.session_id
where v.org_id = %(org)s and s.contact_id = %(id)s and get_byte(v.sealed, 0) = 1
for update of v

-- name: count_before
select count(*)::int as n from vault where org_id = %(org)s and get_byte(sealed, 0) = 1

-- name: reseal_value
update vault set sealed = %(sealed)s where org_id = %(org)s and session_id = %(session)s and placeholder = %(placeholder)s

-- name: originals_of
select o.event_id, o.sealed from originals o join events e on e.org_id = o.org_id and e.id = o.event_id
    join sessions s on s.org_id = e.org_id and s.id = e.session_id
where o.org_id = %(org)s and s.contact_id = %(id)s

-- name: attached_of
select id, sealed from sessions where org_id = %(org)s and contact_id = %(id)s and sealed is not null
