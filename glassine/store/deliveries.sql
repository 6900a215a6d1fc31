-- name: claim
-- One look at the index for each lane; of each as many as may go there at once, so that a destination that is slow or down takes no place from others.
-- A lane that fails gets one at a time, one whose breaker is open gets none. What has never been tried is told to a helpdesk's lane all the same (`held`):
-- nothing is sent, but somebody must hear that it waits.
with recursive seen (lane) as (
    (select j.lane from jobs j where j.kind = 'deliver' and j.owner is null and j.failed_at is null order by j.lane limit 1)
    union all
    select (select j.lane from jobs j where j.kind = 'deliver' and j.owner is null and j.failed_at is null and j.lane > seen.lane order by j.lane limit 1)
    from seen where seen.lane is not null
), room as (
    select seen.lane, coalesce(l.until > greatest(now(), %(now)s), false) as shut, coalesce(l.target = 'helpdesk', false) as tells,
        greatest(0, case when l.id is null then %(each)s else 1 end
            - (select count(*) from jobs h where h.lane = seen.lane and h.kind = 'deliver' and h.owner is not null and h.failed_at is null))::int as free
    from seen left join lanes l on l.id = seen.lane where seen.lane is not null
), chosen as (
    select j.id, room.shut from room cross join lateral (
        select d.id, row_number() over (order by d.run_at, d.id) as n from (
            select w.id, w.run_at from jobs w
            where w.lane = room.lane and w.kind = 'deliver' and w.owner is null and w.failed_at is null and w.run_at <= greatest(now(), %(now)s)
              and (not room.shut or (room.tells and w.attempts = 0))
              and not exists (select from jobs earlier where earlier.key = w.key and earlier.id < w.id and earlier.failed_at is null)
              and case when %(keeps)s::uuid[] is null then not exists (select from workers p where w.org_id = any(p.keeps)) else w.org_id = any(%(keeps)s) end
            order by w.run_at, w.id limit case when room.shut then %(each)s else room.free end
        ) d
    ) j order by j.n, j.id limit %(limit)s
), mine as (
    select j.id from jobs j where j.id = any(select id from chosen) and j.owner is null and j.failed_at is null for update skip locked
)
update jobs j set owner = %(owner)s, claimed_at = now(), attempts = attempts + 1
from mine join chosen on chosen.id = mine.id where j.id = mine.id
returning j.id, j.org_id, j.kind, j.ref, j.key, j.attempts, j.run_at, chosen.shut as held

-- name: beside
-- Whoever settles deliveries does so beside others who do, and not while somebody changes their destination or all that waits for it.
select pg_advisory_xact_lock_shared(hashtextextended('destination ' || d.target_id, 0))
from (select distinct target_id from deliveries where org_id = %(org)s and id = any(%(ids)s) order by target_id) d

-- name: conversations
-- What a helpdesk says or fails to hear is written into conversations. Held before their deliveries, as a handoff holds them.
select s.id from sessions s
where s.org_id = %(org)s and s.id in (select d.session_id from deliveries d where d.org_id = %(org)s and d.id = any(%(ids)s) and d.target = 'helpdesk')
order by s.id for no key update

-- name: alone
select pg_advisory_xact_lock(hashtextextended('destination ' || d.id, 0)) from (select distinct id from unnest(%(destinations)s::uuid[]) as u (id) order by id) d

-- name: alone_for
-- Everywhere that something of a contact's conversations goes.
select pg_advisory_xact_lock(hashtextextended('destination ' || d.target_id, 0)) from (
    select distinct d.target_id from deliveries d join sessions s on s.org_id = d.org_id and s.id = d.session_id
    where d.org_id = %(org)s and s.contact_id = %(contact)s order by d.target_id
) d

-- name: begin
update deliveries set attempts = attempts + 1, doubtful = doubtful or trying, trying = true, tried_at = %(now)s
where org_id = %(org)s and id = any(%(ids)s) and state = 'waiting' returning *

-- name: load
select * from deliveries where org_id = %(org)s and id = %(id)s

-- name: succeed
-- Whoever brought them, they have arrived. Lanes in the order of their ids, so that no two processes wait for each other.
with came as (
    select * from unnest(%(ids)s::uuid[], %(externals)s::text[]) as c (id, external)
), done as (
    update deliveries d set state = 'done', external = came.external, why = '', trying = false, doubtful = false, settled_at = %(now)s
    from came where d.org_id = %(org)s and d.id = came.id and d.state = 'waiting' returning d.id
), job as (
    delete from jobs where kind = 'deliver' and ref = any(%(ids)s)
), opened as (
    delete from lanes where id in (select l.id from lanes l where l.id = any(%(lanes)s) and l.org_id = %(org)s order by l.id for update) returning id, until
)
select array(select id from done) as done, array(select id from opened where until is not null) as reopened

-- name: hurry
-- What waited goes on, with a fresh ladder: its destination was down, and is not any more.
with due as (
    update jobs set run_at = least(run_at, %(now)s) where lane = %(lane)s and kind = 'deliver' and owner is null and failed_at is null
)
update deliveries set rung = 0, next_at = %(now)s where org_id = %(org)s and target_id = %(lane)s and state = 'waiting' and not trying

-- name: fail
-- Only by the try that is the newest: an older one that comes to its end late has nothing to say any more.
with told as (
    update deliveries set state = %(state)s, why = %(why)s, trying = false, doubtful = doubtful or %(unknown)s, rung = rung + 1, next_at = %(next)s,
        settled_at = case when %(state)s <> 'waiting' then %(now)s::timestamptz end
    where org_id = %(org)s and id = %(id)s and state = 'waiting' and attempts = %(attempts)s returning id
), job as (
    update jobs set owner = null, claimed_at = null, run_at = %(next)s, failed_at = case when %(state)s <> 'waiting' then now() end
    where kind = 'deliver' and ref in (select id from told)
)
select count(*)::int as n from told

-- name: hold
-- Not tried: its destination is left alone. It keeps its place.
with told as (
    update deliveries set why = %(why)s where org_id = %(org)s and id = %(id)s and state = 'waiting' returning id
), job as (
    update jobs set owner = null, claimed_at = null where kind = 'deliver' and ref = %(id)s
)
select count(*)::int as n from told

-- name: end_line
-- What was to follow on the same line has nothing to follow.
with late as (
    update jobs set failed_at = now() where kind = 'deliver' and key = %(line)s and owner is null and failed_at is null and ref <> %(id)s returning ref
), told as (
    update deliveries set state = 'dead', why = %(why)s, settled_at = %(now)s where org_id = %(org)s and id in (select ref from late) and state = 'waiting' returning 1
)
select count(*)::int as n from told

-- name: lane
select failures, since, until from lanes where id = %(lane)s and org_id = %(org)s

-- name: lane_failed
insert into lanes (id, org_id, target, failures, since) values (%(lane)s, %(org)s, %(target)s, 1, %(now)s)
on conflict (id) do update set failures = lanes.failures + 1
returning failures

-- name: open_breaker
update lanes set until = greatest(until, %(until)s) where id = %(lane)s and org_id = %(org)s

-- name: newest_trouble
select why from deliveries where org_id = %(org)s and target_id = %(lane)s and state in ('waiting', 'dead') and why <> '' and tried_at is not null order by tried_at desc limit 1

-- name: overdue
select d.id from deliveries d join lanes l on l.id = d.target_id and l.until > %(now)s
where d.org_id = %(org)s and d.target = %(target)s and d.state = 'waiting' and d.since < %(before)s order by d.since limit %(most)s

-- name: expired
-- What is due, nobody is at work on, and its destination is left alone at this moment: what our own standstill has kept back still gets its try.
with old as (
    update jobs set failed_at = now() where kind = 'deliver' and owner is null and failed_at is null and run_at <= greatest(now(), %(now)s) and ref = any(%(ids)s)
    returning ref
)
update deliveries d set state = 'dead', why = %(why)s || case when d.why = '' then '' else ' ' || d.why end, settled_at = %(now)s
from old where d.org_id = %(org)s and d.id = old.ref and d.state = 'waiting' returning d.*
