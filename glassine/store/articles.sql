-- name: insert
insert into articles (org_id, id, source, path, title, body, audience, scope, language, url, digest)
values (%(org)s, %(id)s, %(source)s, %(path)s, %(title)s, %(body)s, %(audience)s, %(scope)s, %(language)s, %(url)s, %(digest)s)
returning *, (select segments from scopes s where s.org_id = articles.org_id and s.number = articles.scope) as segments

-- name: update
-- Only the version that was read: a text that changed meanwhile must not be overwritten, nor shown with passages of another.
update articles set title = %(title)s, body = %(body)s, audience = %(audience)s, scope = %(scope)s, language = %(language)s, url = %(url)s, digest = %(digest)s,
    updated_at = clock_timestamp()
where org_id = %(org)s and id = %(id)s and updated_at = %(read_at)s
returning *, (select segments from scopes s where s.org_id = articles.org_id and s.number = articles.scope) as segments

-- name: set_status
update articles set status = %(status)s, updated_at = clock_timestamp()
where org_id = %(org)s and id = %(id)s and (%(read_at)s::timestamptz is null or updated_at = %(read_at)s)
returning *, (select segments from scopes s where s.org_id = articles.org_id and s.number = articles.scope) as segments

-- name: load
select *, (select segments from scopes s where s.org_id = articles.org_id and s.number = articles.scope) as segments
from articles where org_id = %(org)s and id = %(id)s

-- name: page
select *, (select segments from scopes s where s.org_id = articles.org_id and s.number = articles.scope) as segments, count(*) over () as total
from articles
where org_id = %(org)s
  and (%(status)s::text is null or status = %(status)s)
  and (%(source)s::text is null or source = %(source)s)
  and (%(audience)s::text is null or audience = %(audience)s)
  and (%(contains)s = '' or strpos(lower(title), lower(%(contains)s)) > 0)
order by updated_at desc, id
limit %(limit)s offset %(offset)s

-- name: of_source
select id, path, digest, status from articles where org_id = %(org)s and source = %(source)s

-- name: delete
delete from articles where org_id = %(org)s and id = %(id)s returning id

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
    insert into sentence_vectors (org_id, passage, model, vectors)
    select %(org)s, number, model, vectors from passage, unnest(%(models)s::text[], %(sentence_vectors)s::bytea[]) as s (model, vectors)
)
insert into postings (org_id, scope, term, passage, weight)
select %(org)s, %(scope)s, term, number, weight from passage, unnest(%(terms)s::text[], %(weights)s::real[]) as t (term, weight)

-- name: counts
select count(*) as articles, count(*) filter (where status = 'published') as published,
    (select count(*) from passages where org_id = %(org)s) as passages
from articles where org_id = %(org)s
