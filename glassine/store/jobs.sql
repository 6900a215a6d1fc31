-- name: add
insert into jobs (org_id, kind, ref, key, dedupe, run_at, owner, claimed_at)
values (%(org)s, %(kind)s, %(ref)s, %(key)s, case when %(owner)s::uuid is null then %(dedupe)s end, now() + make_interval(secs => %(delay)s), %(owner)s, case when %(owner)s::uuid is not null then now() end)
on conflict (org_id, dedupe) where dedupe is not null and owner is null and failed_at is null do nothing
returning id

-- name: claim
-- The oldest due job of each key whose earlier jobs are all done; what another process holds is passed over.
-- Its dedupe word ends here: an equal job may follow it, and must not be in its way when it is put back.
-- An organisation that a living process keeps for itself is passed over by all others, and that process passes over all others.
-- Deliveries are claimed by lane (deliveries.sql).
update jobs set owner = %(owner)s, claimed_at = now(), attempts = attempts + 1, dedupe = null
where id in (
    select j.id from jobs j
    where j.owner is null and j.failed_at is null and j.kind <> 'deliver' and j.run_at <= now() and j.kind = any(%(kinds)s)
      and not exists (select from jobs earlier where earlier.key = j.key and earlier.id < j.id and earlier.failed_at is null)
      and case when %(keeps)s::uuid[] is null then not exists (select from workers w where j.org_id = any(w.keeps)) else j.org_id = any(%(keeps)s) end
    order by j.run_at, j.id
    limit %(limit)s
    for update skip locked
)
returning id, org_id, kind, ref, key, attempts, run_at

-- name: done
delete from jobs where id = %(id)s

-- name: finish
-- By whoever holds it: a job that its own run has put off stays.
delete from jobs where id = %(id)s and owner = %(owner)s

-- name: put_off
-- Nothing went wrong, so the try does not count.
update jobs set owner = null, claimed_at = null, run_at = %(until)s, attempts = greatest(attempts - 1, 0) where id = %(id)s

-- name: hurry
update jobs set run_at = now() where key = %(key)s and owner is null and failed_at is null and run_at > now()

-- name: retry
update jobs set owner = null, claimed_at = null, run_at = now() + make_interval(secs => %(delay)s), why = %(why)s where id = %(id)s

-- name: give_up
update jobs set failed_at = now(), why = %(why)s where id = %(id)s

-- name: hello
insert into workers (id, host, pid, keeps) values (%(id)s, %(host)s, %(pid)s, %(keeps)s)
on conflict (id) do update set heartbeat = now()

-- name: goodbye
delete from workers where id = %(id)s

-- name: may_sweep
select pg_try_advisory_xact_lock(7241997) as mine

-- name: sweep
-- Jobs of processes that were not heard of for a while go back into the queue; the processes are forgotten.
with dead as (delete from workers where heartbeat < now() - make_interval(secs => %(silence)s) returning id),
released as (
    update jobs set owner = null, claimed_at = null
    where owner is not null and failed_at is null and claimed_at < now() - make_interval(secs => 1)
      and not exists (select from workers w where w.id = jobs.owner and w.heartbeat >= now() - make_interval(secs => %(silence)s))
    returning 1
)
select (select count(*) from released)::int as released, (select count(*) from dead)::int as dead

-- name: waits
select 1 from jobs where org_id = %(org)s and key = %(key)s and failed_at is null limit 1

-- name: waiting
select count(*)::int as n from jobs where failed_at is null

-- name: organizations
select every_organization() as id

-- name: release_unheld
-- A commit whose answer was lost can leave a job claimed by a process that does not know of it.
update jobs set owner = null, claimed_at = null
where owner = %(owner)s and failed_at is null and claimed_at < now() - interval '2 seconds' and id <> all(%(running)s::bigint[])

-- name: drop_waiting
-- What a process holds ends by itself: it finds nothing to do.
with done as (
    delete from jobs where org_id = %(org)s and ref = %(ref)s and owner is null
    returning 1
)
select count(*)::int as n from done
