-- name: insert
insert into action_imports (org_id, id, origin, came_from, base, file, found, by, by_name) values (%(org)s, %(id)s, %(origin)s, %(came_from)s, %(base)s, %(file)s, %(found)s, %(by)s, %(by_name)s)

-- name: tidy
-- What nobody imported within a week goes, and of the rest what is far back; the newest of each origin says what its file said.
delete from action_imports i where org_id = %(org)s and (
    (taken_at is null and created_at < clock_timestamp() - interval '7 days')
    or id in (select id from (select id, row_number() over (partition by origin order by created_at desc) as place from action_imports where org_id = %(org)s and taken_at is not null) as o where place > 10)
)

-- name: load
select * from action_imports where org_id = %(org)s and id = %(id)s

-- name: hold
select * from action_imports where org_id = %(org)s and id = %(id)s for update

-- name: said_before
select found from action_imports where org_id = %(org)s and origin = %(origin)s and taken_at is not null and undone_at is null order by taken_at desc limit 1

-- name: recent
select id, origin, came_from, by_name, created_at, taken_at, undone_at, jsonb_array_length(changed) as touched from action_imports
where org_id = %(org)s and taken_at is not null order by taken_at desc limit 20

-- name: rebase
update action_imports set base = %(base)s, origin = %(origin)s, found = %(found)s where org_id = %(org)s and id = %(id)s and taken_at is null returning id

-- name: take
update action_imports set taken_at = clock_timestamp(), changed = %(changed)s, file = null where org_id = %(org)s and id = %(id)s and taken_at is null returning id

-- name: undo
update action_imports set undone_at = clock_timestamp() where org_id = %(org)s and id = %(id)s and taken_at is not null and undone_at is null returning id

-- name: drop
delete from action_imports where org_id = %(org)s and id = %(id)s and taken_at is null returning id
