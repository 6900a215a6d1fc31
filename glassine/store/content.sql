-- name: articles
-- What the team writes here, with the working copy where there is one, and the slugs of its topic from the top.
with recursive ways as (
    select id, slug::text as way, 0 as depth from topics where org_id = %(org)s and parent is null
    union all
    select t.id, w.way || '/' || t.slug, w.depth + 1 from topics t join ways w on w.id = t.parent where t.org_id = %(org)s and w.depth < 8
)
select a.*, e.fields as edit, coalesce(e.updated_at, a.updated_at) as saved_at, coalesce(w.way, '') as way, o.language as of_language, o.slug as of_slug,
    (select s.segments from scopes s where s.org_id = a.org_id and s.number = a.scope) as segments
from articles a
left join article_edits e on e.org_id = a.org_id and e.article_id = a.id
left join ways w on w.id = a.topic
left join articles o on o.org_id = a.org_id and o.id = a.translation_of
where a.org_id = %(org)s and a.source = 'editor' and a.deleted_at is null
  and (%(id)s::uuid is null or a.id = %(id)s) and (%(after)s::uuid is null or a.id > %(after)s)
order by a.id limit %(limit)s

-- name: topics
with recursive ways as (
    select id, slug::text as way, 0 as depth from topics where org_id = %(org)s and parent is null
    union all
    select t.id, w.way || '/' || t.slug, w.depth + 1 from topics t join ways w on w.id = t.parent where t.org_id = %(org)s and w.depth < 8
)
select t.*, w.way from topics t join ways w on w.id = t.id where t.org_id = %(org)s order by w.way

-- name: put_topic
insert into topics (org_id, id, parent, name, slug, description, icon, position, names)
values (%(org)s, %(id)s, %(parent)s, %(name)s, %(slug)s, %(description)s, %(icon)s, %(position)s, %(names)s)
on conflict (org_id, slug) do update set name = excluded.name, parent = excluded.parent, description = excluded.description, icon = excluded.icon,
    position = excluded.position, names = excluded.names, updated_at = now()

-- name: place
update articles set topic = %(topic)s, position = %(position)s, translation_of = %(translation_of)s
where org_id = %(org)s and id = %(id)s and source = 'editor'

-- name: by_slug
select id from articles where org_id = %(org)s and language = %(language)s and slug = %(slug)s and deleted_at is null
