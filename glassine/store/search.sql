-- name: plan
-- The planner takes row-level security's condition for cheap and would read whole tables, evaluating it for every row (16 ms against 3 in 10,000 passages).
select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)

-- name: candidates
-- The nearest passages and the best by BM25 (Robertson & Zaragoza 2009), each with both scores and its sentences' vectors.
-- One statement, so that it sees one state: an article that is published again between two would be missed.
-- Whether internal passages may be seen is a condition on what both legs read: what is out of sight is not counted or scored either.
with near as materialized (
    select passage from passage_vectors
    where model = %(model)s and internal = any (%(internal)s) and %(vector)s::halfvec is not null
    order by vector <#> %(vector)s::halfvec limit %(candidates)s
), weights as materialized (
    select asked.term, ln(1 + (size.passages - found.passages + .5) / (found.passages + .5))::real as idf
    from unnest(%(terms)s::text[]) as asked (term)
        cross join lateral (select count(*) as passages from postings where internal = any (%(internal)s) and term = asked.term) as found
        cross join (select count(*) as passages from passages where internal = any (%(internal)s)) as size
    where found.passages > 0
    order by found.passages limit %(rarest)s
), lexical as materialized (
    select p.passage, sum(w.idf * p.weight) as score
    from weights w cross join lateral (select passage, weight from postings where internal = any (%(internal)s) and term = w.term) as p
    group by p.passage
), candidates as (
    select passage from near
    union
    (select passage from lexical order by score desc limit %(candidates)s)
)
select candidates.passage, -(v.vector <#> %(vector)s::halfvec) as cosine, coalesce(l.score, 0) as lexical, s.vectors,
    p.id, p.article_id, a.title, p.heading, p.text, p.sentences, a.url, a.language, p.internal
from candidates
    join passages p on p.number = candidates.passage
    join articles a on a.id = p.article_id
    left join lexical l on l.passage = candidates.passage
    left join passage_vectors v on v.passage = candidates.passage and v.model = %(model)s and v.internal = any (%(internal)s)
    left join sentence_vectors s on s.passage = candidates.passage and s.model = %(model)s
