-- name: record
with crossed as (
    insert into crossings (org_id, id, session_id, destination, purpose, bytes, allowed, why, raw, digest, masked, found, exempt)
    values (%(org)s, %(id)s, %(session)s, %(destination)s, %(purpose)s, %(bytes)s, %(allowed)s, %(why)s, %(raw)s, %(digest)s, %(masked)s, %(found)s, %(exempt)s)
)
insert into ledger_waiting (org_id, crossing_id) values (%(org)s, %(id)s)

-- name: record_values
insert into crossed_values (org_id, digest, crossing_id) select %(org)s, digest, %(id)s from unnest(%(carried)s::bytea[]) digest on conflict do nothing

-- name: page
-- `filters` stay null where they are not asked for. Newest first.
select c.*, l.seq, l.link, l.sealed_at,
    array(select v.digest from crossed_values v where v.org_id = c.org_id and v.crossing_id = c.id order by v.digest) as carried
from crossings c left join ledger_links l on l.org_id = c.org_id and l.crossing_id = c.id
where c.org_id = %(org)s
  and (%(purpose)s::text is null or c.purpose = %(purpose)s)
  and (%(destination)s::text is null or c.destination = %(destination)s)
  and (%(session)s::uuid is null or c.session_id = %(session)s)
  and (not %(refused)s or not c.allowed)
  and (%(before)s::timestamptz is null or (c.created_at, c.id) < (%(before)s, %(before_id)s::uuid))
order by c.created_at desc, c.id desc
limit %(limit)s

-- name: crossed
-- The crossings whose payload held a value, by the hashes of its spellings.
select c.*, l.seq, l.link, l.sealed_at, array[]::bytea[] as carried
from crossings c left join ledger_links l on l.org_id = c.org_id and l.crossing_id = c.id
where c.org_id = %(org)s
  and c.id in (select v.crossing_id from crossed_values v where v.org_id = %(org)s and v.digest = any(%(digests)s::bytea[]))
order by c.created_at desc, c.id desc
limit %(limit)s

-- name: summary
with chosen as (
    select * from crossings where org_id = %(org)s and created_at >= %(since)s
), types as (
    select c.purpose, c.destination, t.kind, t.type, sum(t.n)::bigint as n
    from chosen c cross join lateral (
        select 'masked' as kind, key as type, value::bigint as n from jsonb_each_text(c.masked) where c.allowed
        union all select case when c.allowed then 'found' else 'stopped' end, key, value::bigint from jsonb_each_text(c.found)
    ) t
    group by 1, 2, 3, 4
)
select c.purpose, c.destination, count(*) filter (where c.allowed) as allowed, count(*) filter (where not c.allowed) as refused,
    coalesce(sum(c.bytes) filter (where c.allowed), 0)::bigint as bytes, min(c.created_at) as first, max(c.created_at) as last,
    (select coalesce(jsonb_object_agg(t.type, t.n), '{}') from types t where (t.purpose, t.destination, t.kind) = (c.purpose, c.destination, 'masked')) as masked,
    (select coalesce(jsonb_object_agg(t.type, t.n), '{}') from types t where (t.purpose, t.destination, t.kind) = (c.purpose, c.destination, 'found')) as found,
    (select coalesce(jsonb_object_agg(t.type, t.n), '{}') from types t where (t.purpose, t.destination, t.kind) = (c.purpose, c.destination, 'stopped')) as stopped
from chosen c
group by c.purpose, c.destination
order by c.purpose, c.destination

-- name: head
select seq, link, sealed_at from ledger_links where org_id = %(org)s order by seq desc limit 1

-- name: published
-- Which of these texts stand, as whole words, in what the public may read or in what the team has set about itself.
select p.value
from unnest(%(values)s::text[], %(patterns)s::text[]) p(value, pattern)
where exists (select from passages g where g.org_id = %(org)s and not g.internal
        and ((strpos(g.text, p.value) > 0 and g.text ~ p.pattern) or (strpos(g.heading, p.value) > 0 and g.heading ~ p.pattern)))
   or exists (select from articles a where a.org_id = %(org)s and a.status = 'published' and a.audience = 'public'
        and strpos(a.title, p.value) > 0 and a.title ~ p.pattern)
   or exists (select from organizations o where o.id = %(org)s and (strpos(o.name, p.value) > 0 or strpos(o.settings::text, p.value) > 0)
        and (o.name ~ p.pattern or o.settings::text ~ p.pattern))
   or exists (select from people m where m.org_id = %(org)s and lower(m.email) = lower(p.value))
   or exists (select from invites i where i.org_id = %(org)s and lower(i.email) = lower(p.value))
