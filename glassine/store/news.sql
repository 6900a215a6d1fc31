-- name: listen
-- From now on what happens is told.
insert into listening (org_id) values (%(org)s)
on conflict (org_id) do update set streamed_at = clock_timestamp(), awake = true
where not listening.awake or listening.streamed_at < clock_timestamp() - interval '1 hour'

-- name: number
select number_told(%(most)s) as last

-- name: bounds
select last, forgot from listening where org_id = %(org)s

-- name: tell
select tell(%(org)s, %(name)s, null, %(ref)s, null, %(facts)s, %(but)s) as id

-- name: trial
-- For one endpoint and nobody else.
with made as (
    insert into news (org_id, id, name, ref, facts, alone) values (%(org)s, gen_random_uuid(), %(name)s, %(webhook)s, %(facts)s, %(webhook)s) returning id
)
select deliver(%(org)s, 'webhook', %(webhook)s, 'event', null, made.id, webhook_line(%(webhook)s, false, null, made.id)) as id from made

-- name: behind
-- What was told, with all that its words are made from. An entry that was redacted is empty in the log, and so it is here.
select t.id as told_id, t.name, t.session_id as told_session, t.ref, t.channel, t.facts, t.position, t.created_at as told_at,
    e.id, e.session_id, e.seq, e.type, e.actor_kind, e.actor_id, e.text, e.payload, e.created_at, null::text as actor_name,
    case when t.name = 'conversation.closed' then (
        select count(*)::int from events m where m.org_id = t.org_id and m.session_id = t.session_id and m.seq < e.seq and m.type in ('message', 'agent_message')
            and not m.payload @> '{"initial": true}'
    ) end as messages,
    case when t.name = 'conversation.closed' then (
        select h.payload from events h where h.org_id = t.org_id and h.session_id = t.session_id and h.type = 'handoff' and h.seq < e.seq order by h.seq desc limit 1
    ) end as handed
from news t left join events e on e.org_id = t.org_id and e.id = t.ref and e.session_id = t.session_id
where t.org_id = %(org)s and t.id = any(%(ids)s)

-- name: after
-- By position: what has none yet comes later. The last position of those that were looked at is given too, so that whoever filters goes on behind them.
select t.id, t.position,
    (cardinality(%(names)s::text[]) = 0 or t.name = any(%(names)s)) and (cardinality(%(channels)s::text[]) = 0 or t.channel = any(%(channels)s)) as wanted
from news t where t.org_id = %(org)s and t.position > %(after)s
order by t.position limit %(limit)s

-- name: forget
-- What is old, oldest first. The stream says so to whoever asks for what is not kept any more.
with old as (
    delete from news where (org_id, id) in (
        select t.org_id, t.id from news t where t.org_id = %(org)s and t.created_at < %(before)s order by t.created_at limit %(most)s
    )
    returning position
), gone as (
    update listening set forgot = greatest(forgot, (select max(position) from old)) where org_id = %(org)s and exists (select from old where position is not null)
)
select count(*)::int as n from old

-- name: hush
-- Nobody has listened for a while: nothing is told any more, and whoever comes back hears of the gap. Positions go on where they were.
update listening l set awake = false, last = l.last + 1, forgot = l.last + 1 where l.org_id = %(org)s and l.awake and l.streamed_at < %(before)s
    and not exists (select from webhooks w where w.org_id = l.org_id) and not exists (select from news t where t.org_id = l.org_id)
