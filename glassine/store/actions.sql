-- name: insert
insert into actions (org_id, id, name, content, host, enabled, origin) values (%(org)s, %(id)s, %(name)s, %(content)s, %(host)s, %(enabled)s, %(origin)s)
on conflict do nothing returning id

-- name: load
select * from actions where org_id = %(org)s and id = %(id)s and deleted_at is null

-- name: hold
select * from actions where org_id = %(org)s and id = %(id)s for update

-- name: every
select * from actions where org_id = %(org)s and deleted_at is null order by lower(name)

-- name: stamp
-- Another whenever anything of the actions is: a change, a switch and a deletion each write the time.
select max(updated_at) as at, count(*)::int as n from actions where org_id = %(org)s

-- name: listed
-- With how its calls of the last seven days ended.
select a.*, coalesce(c.calls, 0)::int as calls, coalesce(c.failures, 0)::int as failures, c.last_at
from actions a left join (
    select action_id, count(*) as calls, count(*) filter (where state in ('failed', 'unknown')) as failures, max(created_at) as last_at
    from calls where org_id = %(org)s and created_at > clock_timestamp() - interval '7 days' group by action_id
) as c on c.action_id = a.id
where a.org_id = %(org)s and a.deleted_at is null order by lower(a.name)

-- name: update
update actions set name = %(name)s, content = %(content)s, host = %(host)s, enabled = %(enabled)s, origin = %(origin)s, version = version + 1,
    deleted_at = null, updated_at = clock_timestamp()
where org_id = %(org)s and id = %(id)s returning version

-- name: name_taken
select id from actions where org_id = %(org)s and name = %(name)s and id <> %(id)s and deleted_at is null

-- name: delete
update actions set deleted_at = clock_timestamp(), updated_at = clock_timestamp() where org_id = %(org)s and id = %(id)s and deleted_at is null returning name

-- name: add_version
insert into action_versions (org_id, action_id, number, content, by, by_name) values (%(org)s, %(id)s, %(number)s, %(content)s, %(by)s, %(by_name)s)

-- name: versions
select number, content, by, by_name, created_at from action_versions where org_id = %(org)s and action_id = %(id)s order by number desc limit 50

-- name: version
select v.number, v.content, v.created_at, a.enabled, a.deleted_at, a.version from action_versions v join actions a on a.org_id = v.org_id and a.id = v.action_id
where v.org_id = %(org)s and v.action_id = %(id)s and v.number = %(number)s

-- name: forget_vectors
delete from action_vectors where org_id = %(org)s and action_id = %(id)s

-- name: add_vector
insert into action_vectors (org_id, action_id, model, vector) values (%(org)s, %(id)s, %(model)s, %(vector)s)

-- name: vectors
select v.action_id, v.model, v.vector from action_vectors v join actions a on a.org_id = v.org_id and a.id = v.action_id
where v.org_id = %(org)s and a.deleted_at is null and a.enabled
