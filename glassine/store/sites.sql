-- name: load
select o.id, o.name, o.settings, s.* from organizations o left join help_sites s on s.org_id = o.id where o.id = %(org)s

-- name: change
insert into help_sites (org_id, title, slug, domain, accent, hidden, header_links, footer_links)
values (%(org)s, %(title)s, %(slug)s, %(domain)s, %(accent)s, %(hidden)s, %(header_links)s, %(footer_links)s)
on conflict (org_id) do update set title = excluded.title, slug = excluded.slug, domain = excluded.domain, accent = excluded.accent, hidden = excluded.hidden,
    header_links = excluded.header_links, footer_links = excluded.footer_links, updated_at = clock_timestamp()

-- name: set_logo
insert into help_sites (org_id, logo, logo_type, logo_digest) values (%(org)s, %(logo)s, %(type)s, %(digest)s)
on conflict (org_id) do update set logo = excluded.logo, logo_type = excluded.logo_type, logo_digest = excluded.logo_digest, updated_at = clock_timestamp()

-- name: logo
select logo, logo_type, logo_digest from help_sites where org_id = %(org)s and logo is not null

-- name: claim
-- Two organisations that want the same address wait for each other here.
select pg_advisory_xact_lock(hashtextextended('help address ' || %(address)s, 0))

-- name: vote
insert into article_votes (org_id, id, article_id, helpful, comment, visitor)
values (%(org)s, %(id)s, %(article)s, %(helpful)s, %(comment)s, %(visitor)s)
on conflict (org_id, article_id, visitor) do update set helpful = excluded.helpful,
    comment = case when excluded.comment = '' then article_votes.comment else excluded.comment end, created_at = clock_timestamp()

-- name: forget_visitors_of_votes
update article_votes set visitor = null where org_id = %(org)s and visitor is not null and created_at < now() - interval '1 day'

-- name: forget_comments
with done as (update article_votes set comment = '' where org_id = %(org)s and comment <> '' and created_at < %(before)s returning 1) select count(*)::int as n from done

-- name: votes
select count(*) filter (where helpful)::int as helpful, count(*) filter (where not helpful)::int as unhelpful
from article_votes where org_id = %(org)s and article_id = %(article)s

-- name: comments
select helpful, comment, created_at from article_votes where org_id = %(org)s and article_id = %(article)s and comment <> '' order by created_at desc limit %(limit)s

-- name: popularity
-- What readers said of each article since then: +1 for each who found it helpful, -1 for each who did not.
select article_id, sum(vote)::int as votes from (
    select article_id, case when helpful then 1 else -1 end as vote from article_votes where org_id = %(org)s and created_at > %(since)s
    union all
    select (cited.source ->> 'article')::uuid, case v.action when 'upvote' then 1 else -1 end
    from votes v join events e on e.org_id = v.org_id and e.session_id = v.session_id and e.id = v.event_id,
        lateral jsonb_array_elements(case jsonb_typeof(e.payload -> 'sources') when 'array' then e.payload -> 'sources' else '[]' end) as cited (source)
    where v.org_id = %(org)s and v.created_at > %(since)s
) as cast_votes group by article_id
