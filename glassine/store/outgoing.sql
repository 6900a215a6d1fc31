-- name: page
-- Filters stay null where they are not asked for. Newest first.
select d.*, s.ticket_number, (d.state = 'waiting' and l.until > %(now)s) as held
from deliveries d left join sessions s on s.org_id = d.org_id and s.id = d.session_id left join lanes l on l.id = d.target_id and l.org_id = d.org_id
where d.org_id = %(org)s
  and (%(target)s::text is null or d.target = %(target)s)
  and (%(destination)s::uuid is null or d.target_id = %(destination)s)
  and (%(session)s::uuid is null or d.session_id = %(session)s)
  and (%(state)s::text is null or d.state = %(state)s)
  and (%(before)s::timestamptz is null or (d.created_at, d.id) < (%(before)s, %(before_id)s::uuid))
order by d.created_at desc, d.id desc
limit %(limit)s

-- name: health
-- Of each destination that is asked about, and of each that something of is left.
with waits as (
    select target, target_id, count(*)::int as waiting, min(created_at) as oldest, min(next_at) as next, 0 as dead, 0 as unknown
    from deliveries where org_id = %(org)s and state = 'waiting' group by 1, 2
), stuck as (
    select target, target_id, 0 as waiting, null::timestamptz as oldest, null::timestamptz as next,
        (count(*) filter (where state = 'dead'))::int as dead, (count(*) filter (where state = 'unknown'))::int as unknown
    from deliveries where org_id = %(org)s and state in ('unknown', 'dead') group by 1, 2
), counted as (
    select coalesce(max(target), '') as target, target_id, sum(waiting)::int as waiting, min(oldest) as oldest, min(next) as next, sum(dead)::int as dead, sum(unknown)::int as unknown
    from (select * from waits union all select * from stuck) both_of_them group by target_id
)
select coalesce(asked.id, counted.target_id) as id, counted.target, coalesce(waiting, 0) as waiting, oldest, next, coalesce(dead, 0) as dead, coalesce(unknown, 0) as unknown,
    l.failures, l.since, l.until,
    (select d.settled_at from deliveries d where d.org_id = %(org)s and d.target_id = coalesce(asked.id, counted.target_id) and d.state = 'done' order by d.settled_at desc limit 1) as arrived,
    (select d.why from deliveries d where d.org_id = %(org)s and d.target_id = coalesce(asked.id, counted.target_id) and d.state in ('waiting', 'dead', 'unknown') and d.why <> '' and d.tried_at is not null
        order by d.tried_at desc limit 1) as why
from unnest(%(ids)s::uuid[]) asked(id) full join counted on counted.target_id = asked.id
left join lanes l on l.id = coalesce(asked.id, counted.target_id) and l.org_id = %(org)s

-- name: with_dead
select distinct target_id from deliveries where org_id = %(org)s and state = 'dead' and created_at >= %(since)s

-- name: dead_since
select id from deliveries where org_id = %(org)s and state = 'dead' and created_at >= %(since)s and (%(destination)s::uuid is null or target_id = %(destination)s)

-- name: revive
-- Of a line whose ticket was never opened, all of it. Each takes its old place in the queue, so that the order of its line is kept.
-- Whoever sends again what may have arrived has decided that it goes again.
with chosen as (
    select d.id from deliveries d where d.org_id = %(org)s and d.state in ('dead', 'unknown', 'dropped') and (
        d.id = any(%(ids)s)
        or (d.state = 'dead' and d.line in (select o.line from deliveries o where o.org_id = %(org)s and o.id = any(%(ids)s) and o.effect = 'open'))
    )
), again as (
    update deliveries set state = 'waiting', since = %(now)s, rung = 0, next_at = %(now)s, settled_at = null, trying = false, doubtful = doubtful and state <> 'unknown'
    where org_id = %(org)s and id in (select id from chosen) returning id, line, target_id, created_at
), woken as (
    update jobs set owner = null, claimed_at = null, failed_at = null, run_at = least(run_at, %(now)s), attempts = 1
    where kind = 'deliver' and ref in (select id from again) returning ref
), made as (
    insert into jobs (org_id, kind, ref, key, lane, attempts)
    select %(org)s, 'deliver', id, line, target_id, 1 from again where id not in (select ref from woken) order by created_at, id
), probed as (
    update lanes set until = least(until, %(now)s) where org_id = %(org)s and id in (select target_id from again) and until is not null
)
select count(*)::int as n from again

-- name: hurry
-- Nothing is left alone any longer, and what waits for its next try is due.
with half_open as (
    update lanes set until = least(until, %(now)s) where org_id = %(org)s and id = %(destination)s and until is not null
), due as (
    update jobs set run_at = least(run_at, %(now)s) where lane = %(destination)s and org_id = %(org)s and kind = 'deliver' and owner is null and failed_at is null
)
update deliveries set next_at = least(next_at, %(now)s) where org_id = %(org)s and target_id = %(destination)s and state = 'waiting'

-- name: settle
-- By a person: it has arrived, or nobody wants it any more.
with settled as (
    update deliveries set state = %(state)s, settled_at = %(now)s, trying = false
    where org_id = %(org)s and id = %(id)s and state = any(%(from)s) returning id
), job as (
    delete from jobs where kind = 'deliver' and ref in (select id from settled)
)
select count(*)::int as n from settled

-- name: drop_all
-- Its destination is gone.
with settled as (
    update deliveries set state = 'dropped', why = %(why)s, settled_at = %(now)s where org_id = %(org)s and target_id = %(destination)s and state in ('waiting', 'unknown', 'dead') returning id
), job as (
    delete from jobs where kind = 'deliver' and ref in (select id from settled)
), lane as (
    delete from lanes where org_id = %(org)s and id = %(destination)s
)
select count(*)::int as n from settled

-- name: forget
with old as (
    select id from deliveries where org_id = %(org)s and settled_at < case when state in ('done', 'dropped') then %(settled)s::timestamptz else %(stuck)s::timestamptz end
      and settled_at < %(settled)s order by settled_at limit %(most)s for update skip locked
), gone as (
    delete from deliveries where org_id = %(org)s and id in (select id from old) returning 1
)
select count(*)::int as n from gone
