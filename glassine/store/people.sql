-- name: insert
insert into people (org_id, id, email, name, role, password_hash) values (%(org)s, %(id)s, %(email)s, %(name)s, %(role)s, %(password_hash)s)

-- name: load
select * from people where org_id = %(org)s and id = %(id)s

-- name: stay
-- Nobody takes this person's role or place away until the transaction ends.
select * from people where org_id = %(org)s and id = %(id)s for share

-- name: all
select * from people where org_id = %(org)s order by disabled_at nulls first, created_at

-- name: set_role
update people set role = %(role)s where org_id = %(org)s and id = %(id)s returning id

-- name: disable
update people set disabled_at = now() where org_id = %(org)s and id = %(id)s and disabled_at is null returning id

-- name: owners
select count(*)::int as n from people where org_id = %(org)s and role = 'owner' and disabled_at is null

-- name: add_invite
insert into invites (org_id, id, email, role, made_by, expires_at) values (%(org)s, %(id)s, %(email)s, %(role)s, %(by)s, %(expires)s)

-- name: invite
select * from invites where org_id = %(org)s and id = %(id)s and used_at is null and expires_at > now()

-- name: use_invite
update invites set used_at = now() where org_id = %(org)s and id = %(id)s and used_at is null and expires_at > now() returning id

-- name: add_api_key
insert into api_keys (org_id, id, name, prefix, scopes, made_by) values (%(org)s, %(id)s, %(name)s, %(prefix)s, %(scopes)s, %(by)s)

-- name: api_key
select * from api_keys where org_id = %(org)s and id = %(id)s and revoked_at is null

-- name: api_keys
select k.*, p.name as made_by_name from api_keys k left join people p on p.org_id = k.org_id and p.id = k.made_by
where k.org_id = %(org)s order by k.revoked_at nulls first, k.created_at desc

-- name: revoke_api_key
update api_keys set revoked_at = now() where org_id = %(org)s and id = %(id)s and revoked_at is null returning id

-- name: touch_api_key
update api_keys set last_used_at = now()
where org_id = %(org)s and id = %(id)s and (last_used_at is null or last_used_at < now() - interval '1 minute')

-- name: set_password
update people set password_hash = %(hash)s where org_id = %(org)s and id = %(id)s returning id
