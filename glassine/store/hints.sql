-- name: add_synonyms
insert into synonyms (org_id, id, language, phrases, terms) values (%(org)s, %(id)s, %(language)s, %(phrases)s, %(terms)s)

-- name: remove_synonyms
delete from synonyms where org_id = %(org)s and id = %(id)s returning id, language, phrases

-- name: synonyms
select id, language, phrases from synonyms where org_id = %(org)s order by phrases, id

-- name: add_pin
insert into pins (org_id, id, article_id, question, language, model, vector)
select %(org)s, %(id)s, id, %(question)s, %(language)s, %(model)s, %(vector)s::halfvec from articles where org_id = %(org)s and id = %(article)s
returning id

-- name: remove_pin
delete from pins where org_id = %(org)s and id = %(id)s returning id, article_id, question, language

-- name: pins
select p.id, p.article_id, p.question, p.language, a.title, a.status from pins p join articles a on a.org_id = p.org_id and a.id = p.article_id
where p.org_id = %(org)s order by p.created_at desc, p.id

-- name: asked
-- What is known beside a question, in one round trip: synonyms that may stand in it, pins that mean it, and which of its terms stand nowhere that may be seen.
select (select coalesce(max(version), 0) from knowledge where org_id = %(org)s) as version,
    (select coalesce(jsonb_agg(phrases order by id), '[]') from synonyms where org_id = %(org)s and language = %(language)s and terms && %(terms)s::text[]) as synonyms,
    (select coalesce(jsonb_agg(jsonb_build_object('article', article_id, 'question', question) order by distance, id), '[]') from (
        select id, article_id, question, vector <#> %(vector)s::halfvec as distance from pins where org_id = %(org)s and model = %(model)s
    ) as near where distance <= -%(near)s::real or lower(question) = lower(%(text)s)) as pins,
    (select coalesce(jsonb_agg(term), '[]') from unnest(%(terms)s::text[]) as asked (term) where not exists (
        select from postings where org_id = %(org)s and scope = any (%(scopes)s) and term = asked.term
    )) as missing

-- name: there
-- Which of some terms stand in passages that may be seen, the most frequent first. Up to a limit: it is only asked which is the commonest of a few.
select asked.term from unnest(%(terms)s::text[]) as asked (term) cross join lateral (
    select count(*) as passages from (select from postings where org_id = %(org)s and scope = any (%(scopes)s) and term = asked.term limit 100) as held
) as found where passages > 0 order by passages desc, asked.term limit %(limit)s

-- name: beginning
-- Terms that begin with one, as a code that was given in part does.
select distinct term from postings where org_id = %(org)s and scope = any (%(scopes)s) and term > %(term)s and term < %(end)s order by term limit %(limit)s
