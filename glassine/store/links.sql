-- name: there
-- Which of these articles are published, by id or by slug; old slugs lead on.
select a.id, a.slug, a.language, a.body, a.status from articles a
where a.org_id = %(org)s and a.deleted_at is null and (a.id = any (%(ids)s) or a.slug = any (%(slugs)s)
    or exists (select from article_slugs s where s.org_id = a.org_id and s.article_id = a.id and s.slug = any (%(slugs)s)))

-- name: former
select s.slug, s.article_id from article_slugs s where s.org_id = %(org)s and s.slug = any (%(slugs)s)

-- name: pictures
select id from images where org_id = %(org)s and id = any (%(ids)s)

-- name: forget
delete from article_links where org_id = %(org)s and article_id = %(article)s

-- name: note
with noted as (
    insert into article_links (org_id, article_id, url, internal, fault)
    select %(org)s, %(article)s, url, internal, fault from unnest(%(urls)s::text[], %(internals)s::boolean[], %(faults)s::text[]) as l (url, internal, fault)
    returning url, internal
)
insert into links (org_id, url) select %(org)s, url from noted where not internal on conflict do nothing

-- name: broken
-- Links of published articles that lead nowhere: inside by their own fault, outside by what their host answered.
select l.article_id, a.title, l.url, l.internal, case when l.internal then l.fault else o.reason end as reason, o.checked_at, coalesce(o.ignored, false) as ignored,
    coalesce(o.state, 'broken') as state
from article_links l join articles a on a.org_id = l.org_id and a.id = l.article_id and a.deleted_at is null and a.status = 'published'
    left join links o on o.org_id = l.org_id and o.url = l.url and not l.internal
where l.org_id = %(org)s and ((l.internal and l.fault <> '') or o.state in ('broken', 'unsure'))
order by coalesce(o.ignored, false), l.internal desc, a.title, l.url limit 500

-- name: known
select url, reason from links where org_id = %(org)s and url = any (%(urls)s) and state = 'broken' and not ignored

-- name: counts
select count(*)::int as outside, count(*) filter (where checked_at is null)::int as unchecked, max(checked_at) as checked_at from links where org_id = %(org)s

-- name: due
select url from links l where org_id = %(org)s and not ignored and (checked_at is null or checked_at < %(before)s)
  and exists (select from article_links a where a.org_id = l.org_id and a.url = l.url)
order by checked_at nulls first, url limit %(limit)s

-- name: answered
update links set state = %(state)s, reason = %(reason)s, checked_at = %(at)s, failures = case when %(state)s = 'fine' then 0 else failures + 1 end
where org_id = %(org)s and url = %(url)s

-- name: tidy
delete from links l where org_id = %(org)s and not exists (select from article_links a where a.org_id = l.org_id and a.url = l.url)

-- name: ignore
update links set ignored = %(ignored)s where org_id = %(org)s and url = %(url)s returning url

-- name: pointing
-- Published articles with a link whose address holds one of these words.
select distinct l.article_id from article_links l join articles a on a.org_id = l.org_id and a.id = l.article_id
where l.org_id = %(org)s and l.internal and a.status = 'published' and a.deleted_at is null
  and exists (select from unnest(%(names)s::text[]) as n (name) where strpos(l.url, n.name) > 0)
