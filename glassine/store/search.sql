-- name: plan
-- The planner takes row-level security's condition for cheap and would read whole tables, evaluating it for every row (16 ms against 3 in 10,000 passages).
-- There is one good plan whatever is asked, so once prepared the statement is not planned again.
select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true),
    set_config('hnsw.ef_search', '300', true), set_config('hnsw.iterative_scan', 'relaxed_order', true)  -- of an organisation's own index, if it has one

-- name: indexed
-- What stands between the marks of `candidates`, in an organisation with an index of its own (store/nearest.py), which is used only where its names stand in the
-- statement: they take the place of these two.
select passage from (
    select passage, vector from passage_vectors
    where org_id = '00000000-0000-0000-0000-000000000000' and model = 'a model' and scope = any (%(scopes)s)
    order by bits <~> binary_quantize(%(vector)s::halfvec)::bit(384) limit %(rough)s
) as rough

-- name: candidates
-- The nearest passages and the best by BM25 (Robertson & Zaragoza 2009), each with both scores and what its sentences and words are compared by.
-- One statement, so that it sees one state: an article that is published again between two would be missed.
-- What somebody may see is a condition on what both legs read (store/visibility.py): what is out of sight is not counted or scored either.
-- The nearest are looked for by bits first; vectors are compared of those that are left.
-- A term that stands in very many passages finds none by itself, unless there is no rarer one; it counts in what else was found.
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
), weights as materialized (
    select asked.term, found.passages >= %(common)s as common, row_number() over (order by found.passages) = 1 as rarest,
        ln(1 + (greatest(%(size)s, found.passages) - found.passages + .5) / (found.passages + .5))::real as idf
    from unnest(%(terms)s::text[]) as asked (term) cross join lateral (
        select count(*) as passages from (select from postings where scope = any (%(scopes)s) and term = asked.term limit %(common)s) as held
    ) as found
    where found.passages > 0
    order by found.passages limit %(rarest)s
), lexical as materialized (
    select p.passage, sum(w.idf * p.weight) as rank, coalesce(sum(w.idf * p.weight) filter (where not w.common), 0) as score
    from weights w cross join lateral (select passage, weight from postings where scope = any (%(scopes)s) and term = w.term limit %(common)s) as p
    where w.rarest or not w.common
    group by p.passage
), candidates as materialized (
    select passage from near
    union
    (select passage from lexical order by rank desc, passage limit %(candidates)s)
    union
    (select number from passages where article_id = any (%(pinned)s::uuid[]) and scope = any (%(scopes)s) order by position limit %(candidates)s)
), widespread as materialized (
    select c.passage, sum(w.idf * p.weight) as score
    from weights w cross join candidates c
        cross join lateral (select weight from postings where scope = any (%(scopes)s) and term = w.term and passage = c.passage offset 0) as p
    where w.common
    group by c.passage
)
-- `offset 0` keeps each look-up a look-up: joined freely, the planner reads every passage to find sixty.
select (select coalesce(max(version), 0) from knowledge) as version, candidates.passage, v.cosine,
    coalesce(l.score, 0) + coalesce(m.score, 0) as lexical, s.vectors, s.words,
    p.id, p.article_id, a.title, p.heading, p.text, p.sentences, a.url, a.language, p.scope, p.since, case p.scope when 0 then 'public' when 1 then 'internal' else a.sees end as audience
from candidates
    cross join lateral (select * from passages where number = candidates.passage offset 0) as p
    cross join lateral (select title, url, language, case audience when 'segment' then 'segment' else 'internal' end as sees from articles where id = p.article_id offset 0) as a
    left join lexical l on l.passage = candidates.passage
    left join widespread m on m.passage = candidates.passage
    left join lateral (
        select -(vector <#> %(vector)s::halfvec) as cosine from passage_vectors where passage = candidates.passage and model = %(model)s offset 0
    ) as v on true
    left join lateral (select vectors, words from sentence_vectors where passage = candidates.passage and model = %(model)s offset 0) as s on true

-- name: version
select coalesce(max(version), 0) as version from knowledge

-- name: size
select count(*)::int as passages from passages where scope = any (%(scopes)s)
