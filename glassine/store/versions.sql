-- name: current
select version from knowledge where org_id = %(org)s

-- name: raised
insert into knowledge (org_id, version) values (%(org)s, 1)
on conflict (org_id) do update set version = knowledge.version + 1
returning version

-- name: take_out
with former as (
    insert into former_passages (org_id, number, id, article_id, scope, title, url, language, heading, text, sentences, terms, weights, since, until)
    select p.org_id, p.number, p.id, p.article_id, p.scope, p.title, p.url, p.language, p.heading, p.text, p.sentences,
        coalesce(w.terms, '{}'), coalesce(w.weights, '{}'), p.since, %(version)s
    from passages p left join lateral (
        select array_agg(term) as terms, array_agg(weight) as weights from postings where org_id = p.org_id and passage = p.number
    ) as w on true
    where p.org_id = %(org)s and p.article_id = any(%(articles)s)
    returning number
), vectors as (
    insert into former_vectors (org_id, passage, model, vector, sentences, words)
    select v.org_id, v.passage, v.model, v.vector, s.vectors, s.words
    from former join passage_vectors v on v.org_id = %(org)s and v.passage = former.number
        left join sentence_vectors s on s.org_id = v.org_id and s.passage = v.passage and s.model = v.model
)
delete from passages where org_id = %(org)s and article_id = any(%(articles)s)

-- name: forget
delete from former_passages f
where f.org_id = %(org)s and f.removed_at < now() - interval '1 hour'
  and not exists (select from turns t where t.org_id = f.org_id and t.knowledge >= f.since and t.knowledge < f.until)

-- name: candidates
-- As the statement of the same name in search.sql, over the passages that an earlier version had: those that are still there, and those that are not.
-- It reads all of them, which a search could not afford and a replay can.
with there as materialized (
    select number, false as former from passages
    where org_id = %(org)s and since <= %(version)s and scope = any (%(scopes)s) and article_id <> all (%(without)s::uuid[])
    union all
    select number, true from former_passages
    where org_id = %(org)s and since <= %(version)s and until > %(version)s and scope = any (%(scopes)s) and article_id <> all (%(without)s::uuid[])
), vectors as materialized (
    select t.number, v.vector <#> %(vector)s::halfvec as distance, binary_quantize(v.vector) <~> binary_quantize(%(vector)s::halfvec) as rough, s.vectors, s.words
    from there t join passage_vectors v on v.org_id = %(org)s and v.passage = t.number and v.model = %(model)s
        left join sentence_vectors s on s.org_id = v.org_id and s.passage = v.passage and s.model = v.model
    where not t.former
    union all
    select t.number, v.vector <#> %(vector)s::halfvec, binary_quantize(v.vector) <~> binary_quantize(%(vector)s::halfvec), v.sentences, v.words
    from there t join former_vectors v on v.org_id = %(org)s and v.passage = t.number and v.model = %(model)s
    where t.former
), near as materialized (
    select number from (select number, distance from vectors where distance is not null order by rough, number limit %(rough)s) as left_over
    order by distance limit %(candidates)s
), held as materialized (
    select p.term, p.passage as number, p.weight from postings p join there t on t.number = p.passage
    where p.org_id = %(org)s and p.term = any (%(terms)s) and not t.former
    union all
    select h.term, f.number, h.weight from former_passages f join there t on t.number = f.number cross join lateral unnest(f.terms, f.weights) as h (term, weight)
    where f.org_id = %(org)s and h.term = any (%(terms)s) and t.former
), weights as materialized (
    select term, ln(1 + (greatest(%(size)s, count(*)) - count(*) + .5) / (count(*) + .5))::real as idf
    from held group by term order by count(*), array_position(%(terms)s::text[], term) limit %(rarest)s
), lexical as materialized (
    select held.number, sum(w.idf * held.weight) as score from weights w join held on held.term = w.term group by held.number
), chosen as (
    select number from near
    union
    (select number from lexical order by score desc limit %(candidates)s)
    union
    (select t.number from there t left join passages p on p.org_id = %(org)s and p.number = t.number left join former_passages f on f.org_id = %(org)s and f.number = t.number
     where coalesce(p.article_id, f.article_id) = any (%(pinned)s::uuid[]) order by t.number limit %(candidates)s)
)
select chosen.number as passage, -v.distance as cosine, coalesce(l.score, 0) as lexical, v.vectors, v.words,
    coalesce(p.id, f.id) as id, coalesce(p.article_id, f.article_id) as article_id, coalesce(p.title, f.title) as title, coalesce(p.heading, f.heading) as heading,
    coalesce(p.text, f.text) as text, coalesce(p.sentences, f.sentences) as sentences, case when p.id is null then f.url else p.url end as url,
    coalesce(p.language, f.language) as language, coalesce(p.scope, f.scope) as scope, coalesce(p.since, f.since) as since,
    case coalesce(p.scope, f.scope) when 0 then 'public' when 1 then 'internal' else 'segment' end as audience, (select jsonb_object_agg(term, idf) from weights) as idf
from chosen
    left join passages p on p.org_id = %(org)s and p.number = chosen.number
    left join former_passages f on f.org_id = %(org)s and f.number = chosen.number and p.id is null
    left join lexical l on l.number = chosen.number
    left join vectors v on v.number = chosen.number
