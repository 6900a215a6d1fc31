-- name: begin
-- A ticket that is gone over there is opened anew; one that lives is the session's only one.
insert into tickets (org_id, session_id, helpdesk_id, owns) values (%(org)s, %(session)s, %(helpdesk)s, %(owns)s)
on conflict (org_id, session_id, helpdesk_id) do update set owns = excluded.owns,
    external_id = case when tickets.gone_at is null then tickets.external_id else '' end, url = case when tickets.gone_at is null then tickets.url else '' end,
    state = case when tickets.gone_at is null then tickets.state else '{}' end, solved = tickets.gone_at is null and tickets.solved,
    carried = case when tickets.gone_at is null then tickets.carried end, lacks = tickets.gone_at is null and tickets.lacks,
    returns = false, failed_at = case when tickets.gone_at is null then tickets.failed_at end, why = case when tickets.gone_at is null then tickets.why else '' end,
    told_at = case when tickets.gone_at is null then tickets.told_at end, gone_at = null
returning *

-- name: opening
-- Whether an opening of it is under way. One that was given up is taken up again: it may have arrived all the same, and goes by the same id.
with again as (
    update deliveries set state = 'waiting', rung = 0, since = clock_timestamp(), next_at = clock_timestamp(), settled_at = null
    where org_id = %(org)s and target_id = %(helpdesk)s and session_id = %(session)s and effect = 'open' and state in ('dead', 'unknown')
    returning id
), job as (
    update jobs set failed_at = null, owner = null, claimed_at = null, run_at = now() where kind = 'deliver' and ref in (select id from again)
)
select exists (select from again) or exists (
    select from deliveries where org_id = %(org)s and target_id = %(helpdesk)s and session_id = %(session)s and effect = 'open' and state = 'waiting'
) as opening

-- name: deliver
select deliver(%(org)s, 'helpdesk', %(helpdesk)s::uuid, %(effect)s, %(session)s::uuid, %(ref)s, 'ticket:' || %(session)s::uuid || ':' || %(helpdesk)s::uuid) as id

-- name: newest_event
select id from events where org_id = %(org)s and session_id = %(session)s order by seq desc limit 1

-- name: load
select * from tickets where org_id = %(org)s and session_id = %(session)s and helpdesk_id = %(helpdesk)s

-- name: lock
select * from tickets where org_id = %(org)s and session_id = %(session)s and helpdesk_id = %(helpdesk)s for update

-- name: by_external
select * from tickets where org_id = %(org)s and helpdesk_id = %(helpdesk)s and external_id = %(external)s and external_id <> ''

-- name: of_session
select t.*, h.name as helpdesk_name, h.kind as helpdesk_kind from tickets t join helpdesks h on h.org_id = t.org_id and h.id = t.helpdesk_id
where t.org_id = %(org)s and t.session_id = any(%(sessions)s::uuid[]) order by t.created_at

-- name: desks_of
select h.* from tickets t join helpdesks h on h.org_id = t.org_id and h.id = t.helpdesk_id
where t.org_id = %(org)s and t.session_id = %(session)s and t.gone_at is null and h.removed_at is null order by t.created_at

-- name: of_helpdesk
select session_id from tickets where org_id = %(org)s and helpdesk_id = %(helpdesk)s and gone_at is null order by created_at

-- name: try_lacking
-- The contact may have now what the helpdesk needs of one. What somebody is settling at this moment is passed over: whoever holds a contact waits for no delivery.
with given_up as materialized (
    select d.id from tickets t join sessions s on s.org_id = t.org_id and s.id = t.session_id
        join deliveries d on d.org_id = t.org_id and d.session_id = t.session_id and d.target_id = t.helpdesk_id and d.effect = 'open' and d.state in ('dead', 'unknown')
    where t.org_id = %(org)s and s.contact_id = %(contact)s and t.lacks and t.gone_at is null
    for update of d skip locked
), again as (
    update deliveries d set state = 'waiting', rung = 0, since = clock_timestamp(), next_at = clock_timestamp(), settled_at = null
    from given_up where d.org_id = %(org)s and d.id = given_up.id
    returning d.id
)
update jobs set failed_at = null, owner = null, claimed_at = null, run_at = now() where kind = 'deliver' and ref in (select id from again)

-- name: fix_carried
-- The first try says how far it reaches; those after it carry the same, because nobody knows whether the first arrived.
update tickets set carried = coalesce(carried, (select last_seq from sessions where org_id = %(org)s and id = %(session)s))
where org_id = %(org)s and session_id = %(session)s and helpdesk_id = %(helpdesk)s
returning carried

-- name: opened
update tickets set external_id = %(external)s, url = %(url)s, state = %(state)s, lacks = false, looks = 0, look_at = %(look_at)s
where org_id = %(org)s and session_id = %(session)s and helpdesk_id = %(helpdesk)s

-- name: revive
-- What could not be said before the ticket was there follows now, in the order in which it was made.
with again as (
    update deliveries set state = 'waiting', rung = 0, since = clock_timestamp(), next_at = clock_timestamp(), settled_at = null
    where org_id = %(org)s and target_id = %(helpdesk)s and session_id = %(session)s and effect in ('say', 'status') and state = 'dead'
    returning id
)
update jobs set failed_at = null, owner = null, claimed_at = null, run_at = now() where kind = 'deliver' and ref in (select id from again)

-- name: revive_all
-- What was given up for this helpdesk is tried again, from the first rung on, and nobody leaves it alone any more.
with again as (
    update deliveries set state = 'waiting', rung = 0, since = clock_timestamp(), next_at = clock_timestamp(), settled_at = null
    where org_id = %(org)s and target = 'helpdesk' and target_id = %(helpdesk)s and state = 'dead'
    returning id
), lane as (
    delete from lanes where id = %(helpdesk)s and org_id = %(org)s
)
update jobs set failed_at = null, owner = null, claimed_at = null, run_at = now() where kind = 'deliver' and ref in (select id from again)

-- name: counts
select (select count(*) from tickets t where t.org_id = %(org)s and t.helpdesk_id = %(helpdesk)s and t.gone_at is null and t.external_id <> '')::int as opened,
    (select count(*) from tickets t where t.org_id = %(org)s and t.helpdesk_id = %(helpdesk)s and t.gone_at is null and t.failed_at is not null)::int as failing,
    (select count(*) from deliveries d where d.org_id = %(org)s and d.target_id = %(helpdesk)s and d.state = 'waiting')::int as waiting,
    (select count(*) from deliveries d where d.org_id = %(org)s and d.target_id = %(helpdesk)s and d.state in ('dead', 'unknown'))::int as stuck,
    (select t.why from tickets t where t.org_id = %(org)s and t.helpdesk_id = %(helpdesk)s and t.gone_at is null and t.failed_at is not null order by t.failed_at desc limit 1) as why

-- name: failed
update tickets set failed_at = coalesce(failed_at, clock_timestamp()), why = %(why)s, lacks = lacks or %(lacks)s, carried = case when %(arrived)s then carried end
where org_id = %(org)s and session_id = %(session)s and helpdesk_id = %(helpdesk)s

-- name: told
update tickets set told_at = clock_timestamp() where org_id = %(org)s and session_id = %(session)s and helpdesk_id = %(helpdesk)s and told_at is null
returning session_id

-- name: recovered
update tickets set failed_at = null, why = '', told_at = null, lacks = false, returns = false where org_id = %(org)s and session_id = %(session)s and helpdesk_id = %(helpdesk)s

-- name: set_solved
update tickets set solved = %(solved)s, status_at = %(at)s where org_id = %(org)s and session_id = %(session)s and helpdesk_id = %(helpdesk)s

-- name: set_returns
update tickets set returns = true where org_id = %(org)s and session_id = %(session)s and helpdesk_id = %(helpdesk)s

-- name: stays
-- Somebody has decided whose the session is: the end of a trouble moves it no more.
update tickets set returns = false where org_id = %(org)s and session_id = %(session)s and returns

-- name: lives_on_as
-- What it was merged into had a life before: what was said there until then is none of this conversation.
update tickets set external_id = %(external)s, url = %(url)s, state = %(state)s, since = '', heard_from = %(at)s, solved = false, status_at = %(at)s, looks = 0, look_at = clock_timestamp() where org_id = %(org)s and session_id = %(session)s and helpdesk_id = %(helpdesk)s

-- name: gone
-- Nothing more is written there, and what still waited for it is let go.
with dropped as (
    update deliveries set state = 'dropped', why = %(why)s, settled_at = clock_timestamp()
    where org_id = %(org)s and target_id = %(helpdesk)s and session_id = %(session)s and state = 'waiting'
)
update tickets set gone_at = coalesce(gone_at, clock_timestamp()), why = %(why)s, lacks = false, look_at = null
where org_id = %(org)s and session_id = %(session)s and helpdesk_id = %(helpdesk)s

-- name: due
-- Those that are to be looked at, longest due first.
select t.* from tickets t where t.org_id = %(org)s and t.look_at <= clock_timestamp() and t.gone_at is null and t.external_id <> ''
order by t.look_at limit %(limit)s for update skip locked

-- name: put_off
-- Somebody is about to look.
update tickets set look_at = clock_timestamp() + interval '10 minutes' where org_id = %(org)s and session_id = %(session)s and helpdesk_id = %(helpdesk)s

-- name: looked
update tickets set since = %(since)s, looked_at = clock_timestamp(), looks = %(looks)s,
    look_at = case when %(seconds)s::float8 is not null then clock_timestamp() + make_interval(secs => %(seconds)s::float8) end
where org_id = %(org)s and session_id = %(session)s and helpdesk_id = %(helpdesk)s

-- name: look_again
update tickets set look_at = least(look_at, clock_timestamp() + make_interval(secs => %(seconds)s)), looks = 0
where org_id = %(org)s and session_id = %(session)s and helpdesk_id = %(helpdesk)s and gone_at is null and external_id <> ''

-- name: hear
insert into heard (org_id, helpdesk_id, key) values (%(org)s, %(helpdesk)s, %(key)s) on conflict do nothing
returning key

-- name: forget_heard
delete from heard where org_id = %(org)s and at < clock_timestamp() - interval '90 days'
