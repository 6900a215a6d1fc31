-- name: add
insert into images (org_id, id, name, media_type, width, height, size, digest, content, by)
values (%(org)s, %(id)s, %(name)s, %(media_type)s, %(width)s, %(height)s, %(size)s, %(digest)s, %(content)s, %(by)s)
on conflict (org_id, digest) do update set name = images.name
returning id, name, media_type, width, height, size, created_at, unused_since

-- name: load
select * from images where org_id = %(org)s and id = %(id)s

-- name: shown
-- To everybody: where a published article for everybody shows it.
select i.* from images i where i.org_id = %(org)s and i.id = %(id)s and exists (
    select from image_uses u join articles a on a.org_id = u.org_id and a.id = u.article_id
    where u.org_id = i.org_id and u.image_id = i.id and u.live and a.status = 'published' and a.scope = any (%(scopes)s) and a.deleted_at is null)

-- name: all
select i.id, i.name, i.media_type, i.width, i.height, i.size, i.created_at, i.unused_since,
    (select count(distinct u.article_id)::int from image_uses u where u.org_id = i.org_id and u.image_id = i.id) as articles,
    count(*) over ()::int as total, sum(i.size) over ()::bigint as bytes
from images i where i.org_id = %(org)s order by i.created_at desc, i.id limit %(limit)s offset %(offset)s

-- name: forget_uses
delete from image_uses where org_id = %(org)s and article_id = %(article)s and live = %(live)s

-- name: use
insert into image_uses (org_id, image_id, article_id, live)
select org_id, id, %(article)s, %(live)s from images where org_id = %(org)s and id = any (%(ids)s)
on conflict do nothing

-- name: mark
-- Which pictures no article shows, and since when.
update images i set unused_since = case when u.used then null else coalesce(i.unused_since, now()) end
from (select id, exists (select from image_uses u where u.org_id = images.org_id and u.image_id = images.id) as used from images where org_id = %(org)s) as u
where i.org_id = %(org)s and i.id = u.id and (i.unused_since is null) <> u.used

-- name: delete
delete from images where org_id = %(org)s and id = %(id)s returning id

-- name: purge
with gone as (delete from images where org_id = %(org)s and unused_since < %(before)s returning 1) select count(*)::int as n from gone

-- name: unused
select count(*)::int as n from images where org_id = %(org)s and unused_since is not null

-- name: held
select coalesce(sum(size), 0)::bigint as n from images where org_id = %(org)s
