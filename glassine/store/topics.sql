-- name: all
select t.*, (select count(*)::int from articles a where a.org_id = t.org_id and a.topic = t.id and a.deleted_at is null and a.status = 'published') as articles,
    (select count(*)::int from articles a where a.org_id = t.org_id and a.topic = t.id and a.deleted_at is null and a.status = 'draft') as drafts
from topics t where t.org_id = %(org)s and (%(id)s::uuid is null or t.id = %(id)s) order by t.position, t.name, t.id

-- name: insert
insert into topics (org_id, id, parent, name, slug, description, icon, names, position)
values (%(org)s, %(id)s, %(parent)s, %(name)s, %(slug)s, %(description)s, %(icon)s, %(names)s, coalesce(%(position)s, (select coalesce(max(position) + 1, 0) from topics where org_id = %(org)s)))

-- name: update
update topics set parent = %(parent)s, name = %(name)s, slug = %(slug)s, description = %(description)s, icon = %(icon)s, names = %(names)s, updated_at = now()
where org_id = %(org)s and id = %(id)s returning id

-- name: delete
delete from topics where org_id = %(org)s and id = %(id)s returning id

-- name: order
update topics t set position = o.place from unnest(%(ids)s::uuid[]) with ordinality as o (id, place) where t.org_id = %(org)s and t.id = o.id

-- name: within
select id from articles where org_id = %(org)s and topic = %(id)s and deleted_at is null order by position, title, id
