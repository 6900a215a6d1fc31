-- name: record
with crossed as (
    insert into crossings (org_id, id, session_id, destination, purpose, bytes, allowed, why, raw, digest, masked, found, exempt)
    select %(org)s, r.id, r.session, r.destination, r.purpose, r.bytes, r.allowed, r.why, r.raw, decode(r.digest, 'hex'), r.masked, r.found, r.exempt
    from jsonb_to_recordset(%(rows)s) as r (id uuid, session uuid, destination text, purpose text, bytes int, allowed boolean, why text, raw boolean, digest text,
        masked jsonb, found jsonb, exempt int)
    returning id
)
insert into ledger_waiting (org_id, crossing_id) select %(org)s, id from crossed

-- name: record_values
insert into crossed_values (org_id, digest, crossing_id) select %(org)s, v.digest, v.id from unnest(%(ids)s::uuid[], %(digests)s::bytea[]) as v (id, digest) on conflict do nothing

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
where exists (select from passages g where g.org_id = %(org)s and g.scope = 0
        and ((strpos(g.text, p.value) > 0 and g.text ~ p.pattern) or (strpos(g.heading, p.value) > 0 and g.heading ~ p.pattern)))
   or exists (select from articles a where a.org_id = %(org)s and a.status = 'published' and a.audience = 'public'
        and strpos(a.title, p.value) > 0 and a.title ~ p.pattern)
   or exists (select from organizations o where o.id = %(org)s and (strpos(o.name, p.value) > 0 or strpos(o.settings::text, p.value) > 0)
        and (o.name ~ p.pattern or o.settings::text ~ p.pattern))
   or exists (select from scenarios c where c.org_id = %(org)s and c.live is not null and strpos(c.live::text, p.value) > 0 and c.live::text ~ p.pattern)
   or exists (select from people m where m.org_id = %(org)s and lower(m.email) = lower(p.value))
   or exists (select from invites i where i.org_id = %(org)s and lower(i.email) = lower(p.value))

-- name: unsealed_organizations
-- Asked from outside: sees ids only.
select distinct org_id from ledger_waiting

-- name: may_seal
select pg_try_advisory_xact_lock(hashtextextended('ledger ' || %(org)s::text, 0)) as mine

-- name: waiting
select c.*, null::bigint as seq, null::bytea as link, null::timestamptz as sealed_at,
    array(select v.digest from crossed_values v where v.org_id = c.org_id and v.crossing_id = c.id) as carried
from ledger_waiting w join crossings c on c.org_id = w.org_id and c.id = w.crossing_id
where w.org_id = %(org)s
order by c.created_at, c.id
limit %(limit)s

-- name: seal
insert into ledger_links (org_id, seq, crossing_id, link, sealed_at)
select %(org)s, s.seq, s.id, s.link, %(at)s from unnest(%(seqs)s::bigint[], %(ids)s::uuid[], %(links)s::bytea[]) s(seq, id, link)

-- name: sealed
delete from ledger_waiting where org_id = %(org)s and crossing_id = any(%(ids)s::uuid[])

-- name: links
select l.seq, l.link, l.sealed_at, l.crossing_id, c.*,
    array(select v.digest from crossed_values v where v.org_id = l.org_id and v.crossing_id = l.crossing_id) as carried
from ledger_links l left join crossings c on c.org_id = l.org_id and c.id = l.crossing_id
where l.org_id = %(org)s and l.seq > %(after)s and l.seq <= %(upto)s
order by l.seq

-- name: links_at
select seq, link from ledger_links where org_id = %(org)s and seq = any(%(seqs)s::bigint[])

-- name: sealed_among
select crossing_id from ledger_links where org_id = %(org)s and crossing_id = any(%(ids)s::uuid[]) and seq <= %(upto)s

-- name: unsealed
-- Every crossing that is no link yet, whether or not the list says that it waits; and what waits though it is gone.
select c.*, null::bigint as seq, null::bytea as link, null::timestamptz as sealed_at, c.id as crossing_id,
    array(select v.digest from crossed_values v where v.org_id = c.org_id and v.crossing_id = c.id) as carried
from crossings c
where c.org_id = %(org)s and not exists (select from ledger_links l where l.org_id = c.org_id and l.crossing_id = c.id)
order by c.created_at, c.id

-- name: gone
select w.crossing_id from ledger_waiting w
where w.org_id = %(org)s and not exists (select from crossings c where c.org_id = w.org_id and c.id = w.crossing_id)

-- name: state
select (select count(*) from ledger_waiting w where w.org_id = %(org)s) as waiting,
    (select count(*) from crossings c where c.org_id = %(org)s) as crossings,
    (select max(a.anchored_at) from ledger_anchors a where a.org_id = %(org)s) as anchored_at,
    (select max(a.seq) from ledger_anchors a where a.org_id = %(org)s) as anchored

-- name: wants_anchor
-- An anchor is a crossing too; it must not be the reason for the next one.
select exists (
    select from ledger_links l join crossings c on c.org_id = l.org_id and c.id = l.crossing_id
    where l.org_id = %(org)s and c.purpose <> 'anchor' and l.sealed_at < now() - make_interval(secs => %(seconds)s)
      and l.seq > coalesce((select max(a.seq) from ledger_anchors a where a.org_id = %(org)s), 0)
) as wanted

-- name: anchored
select place from ledger_anchors where org_id = %(org)s and seq = %(seq)s

-- name: add_anchor
insert into ledger_anchors (org_id, seq, place, link) values (%(org)s, %(seq)s, %(place)s, %(link)s) on conflict do nothing

-- name: kinds
-- What there is to choose from.
select (select array_agg(distinct purpose) from crossings where org_id = %(org)s) as purposes,
    (select array_agg(distinct destination) from crossings where org_id = %(org)s) as destinations
