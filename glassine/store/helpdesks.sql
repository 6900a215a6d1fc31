-- name: insert
insert into helpdesks (org_id, id, kind, name, settings, secrets, hook_secret, policy, offered, forms, missing)
values (%(org)s, %(id)s, %(kind)s, %(name)s, %(settings)s, %(secrets)s, %(hook_secret)s, %(policy)s, %(offered)s, %(forms)s, %(missing)s)
returning *

-- name: update
update helpdesks set name = %(name)s, settings = %(settings)s, secrets = %(secrets)s, policy = %(policy)s, offered = %(offered)s, forms = %(forms)s, missing = %(missing)s
where org_id = %(org)s and id = %(id)s and removed_at is null
returning *

-- name: set_made
update helpdesks set made = %(made)s where org_id = %(org)s and id = %(id)s

-- name: reseal
update helpdesks set secrets = %(secrets)s, hook_secret = %(hook_secret)s where org_id = %(org)s and id = %(id)s

-- name: load
select * from helpdesks where org_id = %(org)s and id = %(id)s

-- name: lock
select * from helpdesks where org_id = %(org)s and id = %(id)s for update

-- name: all
select * from helpdesks where org_id = %(org)s and removed_at is null order by lower(name)

-- name: taken
select 1 from helpdesks where org_id = %(org)s and lower(name) = lower(%(name)s) and removed_at is null and id <> %(id)s

-- name: remove
-- What it knew of the other side is forgotten; its name stays for as long as sessions tell of it.
update helpdesks set removed_at = clock_timestamp(), settings = '{}', secrets = null, hook_secret = null, made = '{}', offered = '{}', forms = '{}', missing = '[]'
where org_id = %(org)s and id = %(id)s
