-- name: insert
insert into calls (org_id, id, session_id, contact_id, turn_id, action_id, name, version, host, arguments, form, sealed, agreed, passed, state, why, says, expires_at, started_at, settled_at)
values (%(org)s, %(id)s, %(session)s, %(contact)s, %(turn)s, %(action)s, %(name)s, %(version)s, %(host)s, %(arguments)s, %(form)s, %(sealed)s, %(agreed)s, %(passed)s, %(state)s, %(why)s,
    %(says)s, case when %(minutes)s::int is not null then clock_timestamp() + make_interval(mins => %(minutes)s::int) end,
    case when %(state)s = 'running' then clock_timestamp() end, case when %(settled)s then clock_timestamp() end)

-- name: move
-- A waiting call goes on: to the next thing it waits for, or to its end without being sent. Only from where it was read: what is shown by now is not exchanged for what a late word brought.
update calls set state = %(state)s, why = %(why)s, says = %(says)s, form = %(form)s, sealed = %(sealed)s, agreed = %(agreed)s, passed = %(passed)s,
    by = coalesce(%(by)s, by), by_name = coalesce(nullif(%(by_name)s, ''), by_name),
    expires_at = case when %(minutes)s::int is not null then clock_timestamp() + make_interval(mins => %(minutes)s::int) end,
    started_at = case when %(state)s = 'running' then clock_timestamp() else started_at end,
    settled_at = case when %(settled)s then clock_timestamp() end
where org_id = %(org)s and id = %(id)s and state = %(was)s and state in ('form', 'code', 'confirm', 'approval') returning id

-- name: settle
update calls set state = %(state)s, why = %(why)s, status = %(status)s, seen = %(seen)s, fault = %(fault)s, attempts = %(attempts)s, milliseconds = %(milliseconds)s,
    sealed = null, settled_at = clock_timestamp()
where org_id = %(org)s and id = %(id)s and state = 'running' returning id

-- name: load
select * from calls where org_id = %(org)s and id = %(id)s

-- name: hold
select * from calls where org_id = %(org)s and id = %(id)s for update

-- name: of_session
select * from calls where org_id = %(org)s and session_id = %(session)s order by created_at, id limit 500

-- name: of_action
select * from calls where org_id = %(org)s and action_id = %(action)s order by created_at desc, id desc limit %(limit)s

-- name: waiting
select * from calls where org_id = %(org)s and session_id = %(session)s and state in ('form', 'code', 'confirm', 'approval') and expires_at > clock_timestamp()

-- name: approvals
select c.*, s.ticket_number from calls c join sessions s on s.org_id = c.org_id and s.id = c.session_id
where c.org_id = %(org)s and c.state = 'approval' and c.expires_at > clock_timestamp() order by c.created_at limit 200

-- name: told
-- What a host has said in this session.
select seen from calls where org_id = %(org)s and session_id = %(session)s and host = %(host)s and seen <> ''

-- name: lock
select pg_advisory_xact_lock(hashtextextended(%(org)s::text || ':' || %(action)s::text, 39))

-- name: counts
select
    (select count(*) from calls c where c.org_id = %(org)s and c.action_id = %(action)s and c.started_at >= date_trunc('day', clock_timestamp()))::int as of_all,
    (select count(*) from calls c where c.org_id = %(org)s and c.action_id = %(action)s and c.contact_id = %(contact)s and c.started_at >= date_trunc('day', clock_timestamp()))::int as of_contact,
    exists (
        select from calls c where c.org_id = %(org)s and c.session_id = %(session)s and c.action_id = %(action)s and c.id <> %(id)s and c.arguments = %(arguments)s::jsonb and c.form = %(form)s::jsonb
          and c.state in ('form', 'code', 'confirm', 'approval', 'running', 'done', 'unknown') and c.created_at > clock_timestamp() - make_interval(mins => %(minutes)s)
    ) as same,
    coalesce((
        select array_agg(f.fault order by f.settled_at desc) from (
            select c.fault, c.settled_at from calls c where c.org_id = %(org)s and c.host = %(host)s and c.started_at is not null and c.settled_at is not null order by c.settled_at desc limit %(row)s
        ) as f
    ), '{}') as row,
    coalesce(extract(epoch from clock_timestamp() - (
        select max(c.settled_at) from calls c where c.org_id = %(org)s and c.host = %(host)s and c.started_at is not null and c.settled_at is not null
    )), 1e9)::float8 as seconds

-- name: count_tokens
-- Whoever read the session's placeholders and counted another number has to mask again.
update sessions set tokens = tokens + %(fresh)s where org_id = %(org)s and id = %(session)s and tokens = %(tokens)s returning last_seq

-- name: expire
-- With the sessions in which the team had to decide. `approvals`: false leaves those to whoever tells the customer of them.
with late as (
    select id, state from calls where org_id = %(org)s and state in ('form', 'code', 'confirm', 'approval') and expires_at <= clock_timestamp()
      and (%(session)s::uuid is null or session_id = %(session)s) and (%(approvals)s or state <> 'approval') for update
), ended as (
    update calls c set state = 'expired', why = case l.state when 'approval' then %(undecided)s else %(late)s end, sealed = null, settled_at = clock_timestamp()
    from late l where c.org_id = %(org)s and c.id = l.id returning c.session_id, l.state as waited
)
select distinct session_id from ended where waited = 'approval'

-- name: give_way
-- A waiting call is not wanted any more; whoever was quicker with a yes has it running by now, and then it is left alone.
update calls set state = 'declined', why = %(why)s, sealed = null, settled_at = clock_timestamp()
where org_id = %(org)s and id = %(id)s and state in ('form', 'code', 'confirm', 'approval')

-- name: strand
-- Nobody is at work on these any more: a call and all its tries take a minute at most.
update calls set state = 'unknown', why = 'The process that sent it stopped before an answer came.', sealed = null, settled_at = clock_timestamp()
where org_id = %(org)s and state = 'running' and started_at < clock_timestamp() - interval '2 minutes'

-- name: blank
-- Words that were removed from a session are removed from its calls; that there were calls stays.
update calls set arguments = '{}', form = '{}', seen = '', says = '', why = case when why = '' then '' else 'Removed with the conversation''s words.' end, sealed = null,
    state = case when state in ('form', 'code', 'confirm', 'approval') then 'expired' else state end, settled_at = coalesce(settled_at, clock_timestamp())
where org_id = %(org)s and session_id = %(session)s and (%(since)s::timestamptz is null or created_at >= %(since)s)

-- name: hosts_row
-- How the last calls to each host ended, for whoever looks at the list.
select host, array_agg(fault order by settled_at desc) as row, extract(epoch from clock_timestamp() - max(settled_at))::float8 as seconds from (
    select host, fault, settled_at, row_number() over (partition by host order by settled_at desc) as place from calls
    where org_id = %(org)s and started_at is not null and settled_at > clock_timestamp() - interval '1 hour'
) as lately where place <= %(row)s group by host
