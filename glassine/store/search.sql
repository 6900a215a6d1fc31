-- name: plan
-- The planner takes row-level security's condition for cheap and would read whole tables, evaluating it for every row (16 ms against 3 in 10,000 passages).
-- There is one good plan whatever is asked, so once prepared the statement is not planned again.
select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)

-- name: words
-- The rarest of some terms, with the passages that hold them and what they weigh there (BM25: Robertson & Zaragoza 2009), one value each in the driver's binary form.
-- A term that stands in very many passages comes without them, unless there is no rarer one: it finds none by itself.
-- One row comes at least, so that the version is known.
select k.version, term, held, held >= %(common)s as common,
    case when held < %(common)s or row_number() over (order by held, place) = 1 then array_send(passages) end as passages,
    case when held < %(common)s or row_number() over (order by held, place) = 1 then array_send(weights) end as weights
from (select coalesce(max(version), 0) as version from knowledge) as k left join (
    unnest(%(terms)s::text[]) with ordinality as asked (term, place) cross join lateral (
        select count(*)::int as held, array_agg(passage) as passages, array_agg(weight) as weights
        from (select passage, weight from postings where scope = any (%(scopes)s) and term = asked.term limit %(common)s) as those
    ) as found
) on held > 0
order by held, place limit %(rarest)s

-- name: likely
-- What stands between the marks of `candidates` where this process holds the bits (store/nearest.py) and has looked them through itself.
select passage from passage_vectors where model = %(model)s and scope = any (%(scopes)s) and passage = any (%(likely)s::bigint[])

-- name: candidates
-- The nearest passages and those that were found by words, each with its cosine and what its sentences and words are compared by.
-- What somebody may see is a condition on all that is read here (store/visibility.py), whoever proposed it: what is out of sight is not scored either.
-- The nearest are looked for by bits first; vectors are compared of those that are left.
-- What a common term weighs is read for what else was found.
with near as materialized (
    -- by bits:
    select passage from passage_vectors
    where model = %(model)s and scope = any (%(scopes)s) and passage = any (array(
        select passage from passage_vectors
        where model = %(model)s and scope = any (%(scopes)s) and %(vector)s::halfvec is not null
        order by bits <~> (select binary_quantize(%(vector)s::halfvec)::bit(384)), passage limit %(rough)s
    ))
    -- :by bits
    order by vector <#> %(vector)s::halfvec limit %(candidates)s
), candidates as materialized (
    select passage from near
    union
    select unnest(%(worded)s::bigint[])
    union
    (select number from passages where article_id = any (%(pinned)s::uuid[]) and scope = any (%(scopes)s) order by position limit %(candidates)s)
)
-- `offset 0` keeps each look-up a look-up: joined freely, the planner reads every passage to find sixty.
-- What passages say never changes, so it is not sent of those that the process holds (store/contents.py).
select (select coalesce(max(version), 0) from knowledge) as version, candidates.passage, v.cosine, m.score as common, p.scope,
    case p.scope when 0 then 'public' when 1 then 'internal' else (select case audience when 'segment' then 'segment' else 'internal' end from articles where id = p.article_id) end as audience,
    c.id, c.article_id, c.title, c.heading, c.text, c.sentences, c.url, c.language, c.since, s.vectors, s.words
from candidates
    cross join lateral (select scope, article_id from passages where number = candidates.passage and scope = any (%(scopes)s) offset 0) as p
    cross join lateral (
        select coalesce(sum(t.idf * p.weight), 0) as score from unnest(%(common_terms)s::text[], %(common_idf)s::real[]) as t (term, idf)
            cross join lateral (select weight from postings where scope = any (%(scopes)s) and term = t.term and passage = candidates.passage offset 0) as p
    ) as m
    left join lateral (
        select -(vector <#> %(vector)s::halfvec) as cosine from passage_vectors where passage = candidates.passage and model = %(model)s offset 0
    ) as v on true
    left join lateral (select * from passages where number = candidates.passage and candidates.passage <> all (%(held)s::bigint[]) offset 0) as c on true
    left join lateral (
        select vectors, words from sentence_vectors where passage = candidates.passage and model = %(model)s and candidates.passage <> all (%(held)s::bigint[]) offset 0
    ) as s on true

-- name: version
select coalesce(max(version), 0) as version from knowledge

-- name: size
select count(*)::int as passages from passages where scope = any (%(scopes)s)
