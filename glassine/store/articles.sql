-- name: insert
insert into articles (org_id, id, source, path, title, body, audience, scope, language, url, digest, slug, description, meta_title, meta_description, topic,
    translation_of, translated_from, machine)
values (%(org)s, %(id)s, %(source)s, %(path)s, %(title)s, %(body)s, %(audience)s, %(scope)s, %(language)s, %(url)s, %(digest)s,
    free_slug(%(org)s, %(language)s, %(slug)s, %(id)s), %(description)s, %(meta_title)s, %(meta_description)s, %(topic)s,
    %(translation_of)s, %(translated_from)s, %(machine)s)
returning *, (select segments from scopes s where s.org_id = articles.org_id and s.number = articles.scope) as segments, false as edited

-- name: update
-- Only the version that was read: a text that changed meanwhile must not be overwritten, nor shown with passages of another.
-- Where readers have had an address, it goes on leading here.
with before as (
    select slug, language, published_at from articles where org_id = %(org)s and id = %(id)s
), changed as (
    update articles set title = %(title)s, body = %(body)s, audience = %(audience)s, scope = %(scope)s, language = %(language)s, url = %(url)s, digest = %(digest)s,
        slug = free_slug(%(org)s, %(language)s, coalesce(%(slug)s, nullif(slug, ''), %(plain)s), %(id)s),
        description = coalesce(%(description)s, description), meta_title = coalesce(%(meta_title)s, meta_title),
        meta_description = coalesce(%(meta_description)s, meta_description), updated_at = clock_timestamp()
    where org_id = %(org)s and id = %(id)s and updated_at = %(read_at)s and deleted_at is null
    returning *, (select segments from scopes s where s.org_id = articles.org_id and s.number = articles.scope) as segments, exists (select from article_edits e where e.org_id = articles.org_id and e.article_id = articles.id) as edited
), former as (
    insert into article_slugs (org_id, language, slug, article_id)
    select %(org)s, b.language, b.slug, c.id from before b, changed c
    where b.published_at is not null and b.slug <> '' and (b.language, b.slug) <> (c.language, c.slug)
    on conflict (org_id, language, slug) do update set article_id = excluded.article_id, created_at = now()
)
select * from changed

-- name: set_status
update articles set status = %(status)s, updated_at = clock_timestamp(), published_at = case when %(status)s = 'published' then clock_timestamp() else published_at end
where org_id = %(org)s and id = %(id)s and deleted_at is null and (%(read_at)s::timestamptz is null or updated_at = %(read_at)s)
returning *, (select segments from scopes s where s.org_id = articles.org_id and s.number = articles.scope) as segments, exists (select from article_edits e where e.org_id = articles.org_id and e.article_id = articles.id) as edited

-- name: load
select a.*, (select segments from scopes s where s.org_id = a.org_id and s.number = a.scope) as segments, exists (select from article_edits e where e.org_id = a.org_id and e.article_id = a.id) as edited
from articles a where a.org_id = %(org)s and a.id = %(id)s and (a.deleted_at is null or %(deleted)s)

-- name: page
select a.*, (select segments from scopes s where s.org_id = a.org_id and s.number = a.scope) as segments,
    e.article_id is not null as edited, count(*) over () as total
from articles a left join article_edits e on e.org_id = a.org_id and e.article_id = a.id
where a.org_id = %(org)s and (a.deleted_at is not null) = %(deleted)s
  and (%(status)s::text is null or a.status = %(status)s)
  and (%(source)s::text is null or a.source = %(source)s)
  and (%(audience)s::text is null or a.audience = %(audience)s)
  and (%(language)s::text is null or a.language = %(language)s)
  and (%(topic)s::uuid is null or a.topic = %(topic)s)
  and (not %(no_topic)s or a.topic is null)
  and (not %(edited)s or e.article_id is not null)
  and (%(contains)s = '' or strpos(lower(a.title), lower(%(contains)s)) > 0)
order by case when %(topic)s::uuid is not null then a.position end, coalesce(e.updated_at, a.updated_at) desc, a.id
limit %(limit)s offset %(offset)s

-- name: by_slug
-- The article that has this address, or that had it before.
select a.*, (select segments from scopes s where s.org_id = a.org_id and s.number = a.scope) as segments, false as edited from articles a
where a.org_id = %(org)s and a.language = %(language)s and a.slug = %(slug)s and a.deleted_at is null
union all
select a.*, (select segments from scopes o where o.org_id = a.org_id and o.number = a.scope), false from article_slugs s join articles a on a.org_id = s.org_id and a.id = s.article_id
where s.org_id = %(org)s and s.language = %(language)s and s.slug = %(slug)s and a.deleted_at is null
limit 1

-- name: translations
select a.*, (select segments from scopes s where s.org_id = a.org_id and s.number = a.scope) as segments, exists (select from article_edits e where e.org_id = a.org_id and e.article_id = a.id) as edited from articles a
where a.org_id = %(org)s and a.translation_of = %(id)s and a.deleted_at is null order by a.language

-- name: bury
-- Into the trash; its passages are taken out beside this.
update articles set deleted_at = clock_timestamp(), status = 'draft', updated_at = clock_timestamp()
where org_id = %(org)s and id = %(id)s and deleted_at is null
returning *, (select segments from scopes s where s.org_id = articles.org_id and s.number = articles.scope) as segments, false as edited

-- name: dig_up
update articles set deleted_at = null, updated_at = clock_timestamp(), slug = free_slug(%(org)s, language, slug, id)
where org_id = %(org)s and id = %(id)s and deleted_at is not null
returning *, (select segments from scopes s where s.org_id = articles.org_id and s.number = articles.scope) as segments, exists (select from article_edits e where e.org_id = articles.org_id and e.article_id = articles.id) as edited

-- name: purge
with gone as (delete from articles where org_id = %(org)s and deleted_at < %(before)s returning 1) select count(*)::int as n from gone

-- name: in_trash
select count(*)::int as n from articles where org_id = %(org)s and deleted_at is not null

-- name: by_hand
update articles set machine = false where org_id = %(org)s and id = %(id)s and machine

-- name: set_translated
update articles set translated_from = %(version)s where org_id = %(org)s and id = %(id)s

-- name: families
-- Articles written here, with their translations: newest changes first.
select a.id, a.title, a.language, a.status, a.version, coalesce((
    select jsonb_object_agg(t.language, jsonb_build_object('id', t.id, 'status', t.status, 'machine', t.machine, 'behind', t.translated_from < a.version))
    from articles t where t.org_id = a.org_id and t.translation_of = a.id and t.deleted_at is null), '{}'::jsonb) as translations
from articles a where a.org_id = %(org)s and a.source = 'editor' and a.translation_of is null and a.deleted_at is null
order by a.updated_at desc, a.id limit 300

-- name: move
update articles set topic = %(topic)s, position = coalesce((select max(position) + 1 from articles where org_id = %(org)s and topic = %(topic)s), 0)
where org_id = %(org)s and id = %(id)s and deleted_at is null and topic is distinct from %(topic)s

-- name: order
update articles a set position = o.place from unnest(%(ids)s::uuid[]) with ordinality as o (id, place)
where a.org_id = %(org)s and a.id = o.id and a.topic = %(topic)s

-- name: choices
select (select array_agg(distinct language order by language) from articles where org_id = %(org)s and deleted_at is null) as languages,
    (select array_agg(distinct source order by source) from articles where org_id = %(org)s and deleted_at is null) as sources

-- name: of_source
select id, path, digest, status, scope from articles where org_id = %(org)s and source = %(source)s and deleted_at is null

-- name: lock
select id from articles where org_id = %(org)s and id = any(%(ids)s) order by id for update

-- name: delete
delete from articles where org_id = %(org)s and id = %(id)s returning id

-- name: unpublish_all
update articles set status = 'draft', updated_at = clock_timestamp() where org_id = %(org)s and id = any(%(ids)s) and status = 'published'

-- name: delete_all
delete from articles where org_id = %(org)s and id = any(%(ids)s)

-- name: take_over
update articles set source = 'editor', path = id::text, digest = '' where org_id = %(org)s and source = %(source)s

-- name: put
-- A passage with its vectors (one a model) and its postings.
with passage as (
    insert into passages (org_id, id, article_id, scope, position, heading, text, sentences, since, title, url, language)
    values (%(org)s, %(id)s, %(article)s, %(scope)s, %(position)s, %(heading)s, %(text)s, %(sentences)s, %(since)s, %(title)s, %(url)s, %(language)s)
    returning number
), vectors as (
    insert into passage_vectors (org_id, model, scope, passage, vector)
    select %(org)s, model, %(scope)s, number, vector::halfvec from passage, unnest(%(models)s::text[], %(vectors)s::text[]) as v (model, vector)
), sentence_vectors as (
    insert into sentence_vectors (org_id, passage, model, vectors, words)
    select %(org)s, number, model, vectors, words from passage, unnest(%(models)s::text[], %(sentence_vectors)s::bytea[], %(words)s::bytea[]) as s (model, vectors, words)
)
insert into postings (org_id, scope, term, passage, weight)
select %(org)s, %(scope)s, term, number, weight from passage, unnest(%(terms)s::text[], %(weights)s::real[]) as t (term, weight)

-- name: counts
select count(*) as articles, count(*) filter (where status = 'published') as published,
    (select count(*) from passages where org_id = %(org)s) as passages
from articles where org_id = %(org)s and deleted_at is null
