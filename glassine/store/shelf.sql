-- name: languages
-- Those of the organisation's languages in which there is something to read.
select l.language from unnest(%(languages)s::text[]) with ordinality as l (language, n)
where exists (select from public_articles a where a.org_id = %(org)s and a.language = l.language) order by l.n

-- name: topics
select t.id, t.parent, t.slug, t.icon, coalesce(t.names ->> %(language)s, t.name) as name, t.description, coalesce(a.n, 0)::int as n
from topics t left join (
    select topic, count(*) as n from public_articles where org_id = %(org)s and language = %(language)s and topic is not null group by topic
) a on a.topic = t.id
where t.org_id = %(org)s order by t.position, t.name, t.id

-- name: of_topic
select id, title, slug, description, changed_at from public_articles
where org_id = %(org)s and language = %(language)s and topic = %(topic)s order by position, title, id limit %(limit)s

-- name: firsts
-- The first articles of every topic.
select topic, title, slug from (
    select topic, title, slug, row_number() over (partition by topic order by position, title, id) as n
    from public_articles where org_id = %(org)s and language = %(language)s and topic is not null
) each where n <= %(each)s order by topic, n

-- name: loose
-- Articles of no topic.
select id, title, slug, description, changed_at, count(*) over ()::int as total from public_articles
where org_id = %(org)s and language = %(language)s and topic is null order by title, id limit %(limit)s offset %(offset)s

-- name: by_slug
select * from public_articles where org_id = %(org)s and language = %(language)s and slug = %(slug)s

-- name: by_id
select * from public_articles where org_id = %(org)s and id = %(id)s

-- name: by_former_slug
select a.language, a.slug from article_slugs s join public_articles a on a.org_id = s.org_id and a.id = s.article_id
where s.org_id = %(org)s and s.language = %(language)s and s.slug = %(slug)s

-- name: translations
select language, slug from public_articles
where org_id = %(org)s and (id = %(group)s or translation_of = %(group)s) and slug <> '' order by language

-- name: some
select id, title, slug, language, description from public_articles where org_id = %(org)s and id = any(%(ids)s)

-- name: of_source
select path, language, slug from public_articles where org_id = %(org)s and source = %(source)s

-- name: count
select count(*)::int as n from public_articles where org_id = %(org)s and slug <> ''

-- name: listed
-- All of them, in an order that pages can be cut from.
select a.id, a.title, a.slug, a.language, a.description, a.changed_at, a.topic from public_articles a
where a.org_id = %(org)s and a.slug <> '' and (%(language)s::text is null or a.language = %(language)s)
order by a.language, a.slug limit %(limit)s offset %(offset)s

-- name: newest
select id, title, slug, language, description, changed_at from public_articles
where org_id = %(org)s and language = %(language)s and slug <> '' order by changed_at desc, id limit %(limit)s
