-- name: create
with ticket as (
    update organizations set next_ticket = next_ticket + 1 where id = %(org)s returning next_ticket - 1 as number
)
insert into sessions (org_id, id, ticket_number, contact_id, channel, owner_kind, language, external_id, verified, sealed, deadline)
select %(org)s, %(id)s, ticket.number, %(contact)s, %(channel)s, %(owner_kind)s, %(language)s, %(external_id)s, %(verified)s, %(sealed)s, null
from ticket
returning *, null::text as owner_name

-- name: load
select s.*, coalesce(p.name, h.name) as owner_name
from sessions s left join people p on p.org_id = s.org_id and p.id = s.owner_id and s.owner_kind = 'person'
    left join helpdesks h on h.org_id = s.org_id and h.id = s.owner_id and s.owner_kind = 'helpdesk'
where s.org_id = %(org)s and s.id = %(id)s

-- name: hold
select s.*, coalesce(p.name, h.name) as owner_name
from sessions s left join people p on p.org_id = s.org_id and p.id = s.owner_id and s.owner_kind = 'person'
    left join helpdesks h on h.org_id = s.org_id and h.id = s.owner_id and s.owner_kind = 'helpdesk'
where s.org_id = %(org)s and s.id = %(id)s
for update of s

-- name: held_by
select id from sessions where org_id = %(org)s and owner_kind = 'person' and owner_id = %(person)s and status = 'open' order by id

-- name: mode
-- What the AI may do where this session happens, and what the organisation has set.
select coalesce(c.autopilot, 'on') as autopilot, o.name, o.settings, o.widget_token
from organizations o left join channels c on c.org_id = o.id and c.kind = %(channel)s
where o.id = %(org)s

-- name: in_place
-- A session with what the AI may do on its channel, what the organisation has set, the number of the rulebook in force (its content only for whoever knows another one),
-- and what a search for its customer would read: the version of the knowledge base and the scopes beside the public one.
select s.*, p.name as owner_name, array(select h.id from helpdesks h where h.org_id = s.org_id and h.removed_at is null) as helpdesks, coalesce(c.autopilot, 'on') as autopilot, o.name, o.settings, o.widget_token,
    greatest(o.updated_at, c.updated_at) as set_at, case when s.typing_until > clock_timestamp() then s.typing_until end as waits_until,
    coalesce(s.debug_until > clock_timestamp(), false) as debugged,
    exists (select from calls k where k.org_id = s.org_id and k.session_id = s.id) as called, a.number as rulebook, a.rules,
    coalesce((select k.version from knowledge k where k.org_id = s.org_id), 0) as knowledge,
    case when s.verified then array(
        select g.number from scopes g where g.org_id = s.org_id
          and g.segments && (select array_agg(m.segment_id) from segment_members m where m.org_id = s.org_id and m.contact_id = s.contact_id)
        order by g.number
    ) end as scopes,
    array(
        select floor(extract(epoch from s.created_at - e.created_at) / 86400)::int from sessions e
        where e.org_id = s.org_id and e.contact_id = s.contact_id and e.created_at between s.created_at - interval '30 days' and s.created_at and e.id <> s.id
          and (e.handed_off_at is not null or e.status = 'closed_unresolved')
        order by e.created_at desc limit 10
    ) as unsolved
from sessions s join organizations o on o.id = s.org_id
    left join channels c on c.org_id = s.org_id and c.kind = s.channel
    left join people p on p.org_id = s.org_id and p.id = s.owner_id and s.owner_kind = 'person'
    left join lateral (
        select v.number, case when v.number <> %(known)s::int then v.content end as rules from autopilot_versions v where v.org_id = s.org_id order by v.number desc limit 1
    ) a on true
where s.org_id = %(org)s and s.id = %(id)s

-- name: page
select s.*, coalesce(p.name, h.name) as owner_name
from sessions s left join people p on p.org_id = s.org_id and p.id = s.owner_id and s.owner_kind = 'person'
    left join helpdesks h on h.org_id = s.org_id and h.id = s.owner_id and s.owner_kind = 'helpdesk'
where s.org_id = %(org)s
  and (%(contact)s::uuid is null or s.contact_id = %(contact)s)
  and (%(external_id)s::uuid is null or s.external_id = %(external_id)s)
  and (%(status)s::text is null or s.status = %(status)s)
  and (%(channel)s::text is null or s.channel = %(channel)s)
  and (%(handed_off)s::boolean is null or (s.handed_off_at is not null) = %(handed_off)s)
  and (%(created_after)s::timestamptz is null or s.created_at > %(created_after)s)
  and (%(created_before)s::timestamptz is null or s.created_at < %(created_before)s)
  and (%(updated_after)s::timestamptz is null or s.updated_at > %(updated_after)s)
  and (%(updated_before)s::timestamptz is null or s.updated_at < %(updated_before)s)
  and (%(before)s::timestamptz is null or (s.created_at, s.id) < (%(before)s, %(before_id)s::uuid))
order by s.created_at desc, s.id desc
limit %(limit)s

-- name: own
-- Compare and set: only an open session, and only from whom it was seen with, where the caller says so. Its tickets follow: one of them is answered on, or none.
with moved as (
    update sessions set owner_kind = %(kind)s, owner_id = %(owner)s, typing_by = null, typing_until = null,
        deadline = case when %(kind)s in ('team', 'helpdesk') then clock_timestamp() + %(patience)s::interval when %(kind)s = 'person' then deadline end,
        escalated_at = case when %(kind)s = 'person' then escalated_at end,
        handed_off_at = case when %(kind)s = 'ai' then null else coalesce(handed_off_at, clock_timestamp()) end,
        settled_seq = case when %(kind)s = 'ai' then settled_seq else last_user_seq end,
        handed_back_seq = case when %(kind)s = 'ai' then last_seq else handed_back_seq end,
        handed_back_at = case when %(kind)s = 'ai' then clock_timestamp() else handed_back_at end,
        summary = coalesce(%(summary)s, summary), sentiment = coalesce(%(sentiment)s, sentiment),
        updated_at = clock_timestamp()
    where org_id = %(org)s and id = %(id)s and status = 'open'
      and (%(was_kind)s::text is null or (owner_kind = %(was_kind)s and owner_id is not distinct from %(was_owner)s))
    returning org_id, id, owner_kind, owner_id
), tickets as (
    update tickets t set owns = m.owner_kind = 'helpdesk' and m.owner_id = t.helpdesk_id
    from moved m where t.org_id = m.org_id and t.session_id = m.id and t.owns is distinct from (m.owner_kind = 'helpdesk' and m.owner_id = t.helpdesk_id)
)
select id from moved

-- name: sum_up
-- Only the handoff that was summed up, and only while nothing of it was removed.
update sessions set summary = %(summary)s, sentiment = %(sentiment)s
where org_id = %(org)s and id = %(id)s and handed_off_at = %(handed_off_at)s and redactions = %(redactions)s and owner_kind <> 'ai'
returning id

-- name: close
update sessions set status = %(status)s, deadline = null, escalated_at = null, settled_seq = last_user_seq, updated_at = clock_timestamp(),
    ai_closure_type = %(ai_closure_type)s
where org_id = %(org)s and id = %(id)s and status <> %(status)s
returning id

-- name: reopen
-- With a new deadline where somebody of the queue or of a helpdesk is to act.
update sessions set status = 'open', ai_closure_type = null, reopened_seq = last_seq, updated_at = clock_timestamp(),
    deadline = case when owner_kind in ('team', 'helpdesk') then clock_timestamp() + %(patience)s::interval end
where org_id = %(org)s and id = %(id)s and status <> 'open'
returning id

-- name: typing
-- Renewed by whoever writes; the name that is shown stays with the first of two.
with before as (
    select coalesce(typing_until > clock_timestamp(), false) as held from sessions
    where org_id = %(org)s and id = %(id)s and owner_kind = 'ai' and status = 'open' for update
)
update sessions set typing_until = clock_timestamp() + make_interval(secs => %(seconds)s), typing_by = case when before.held then typing_by else %(person)s end
from before where org_id = %(org)s and id = %(id)s
returning not before.held as began

-- name: typed
update sessions set typing_by = null, typing_until = null where org_id = %(org)s and id = %(id)s and typing_by = %(person)s
returning id

-- name: typist
select p.name, s.typing_by as id, s.typing_until as until
from sessions s join people p on p.org_id = s.org_id and p.id = s.typing_by
where s.org_id = %(org)s and s.id = %(id)s and s.typing_until > clock_timestamp()

-- name: typing_until
select typing_until from sessions
where org_id = %(org)s and id = %(id)s and last_user_seq > settled_seq and owner_kind = 'ai' and status = 'open' and typing_until > clock_timestamp()

-- name: debug
update sessions set debug_until = case when %(minutes)s > 0 then clock_timestamp() + make_interval(mins => %(minutes)s) end
where org_id = %(org)s and id = %(id)s
returning id

-- name: debug_until
select debug_until from sessions where org_id = %(org)s and id = %(id)s and debug_until > clock_timestamp()

-- name: wake
-- The AI's, and the customer spoke last: the newest message has no outcome any more.
update sessions s set settled_seq = least(settled_seq, last_user_seq - 1)
where org_id = %(org)s and id = %(id)s and status = 'open' and owner_kind = 'ai' and last_user_seq > 0
  and not exists (
      select from events e where e.org_id = s.org_id and e.session_id = s.id and e.seq > s.last_user_seq
        and (e.type = 'agent_message' or (e.type = 'message' and e.actor_kind = 'ai'))
  )
returning id

-- name: reopen_turn
-- Something else has happened that the customer is to hear of: the newest message has no outcome any more.
update sessions set settled_seq = least(settled_seq, last_user_seq - 1)
where org_id = %(org)s and id = %(id)s and status = 'open' and owner_kind = 'ai' and last_user_seq > 0
returning id

-- name: wanted
-- Whether a turn that began with this message may still do something: nobody wrote since, took over, closed, or writes a reply.
select owner_kind = 'ai' and status = 'open' and last_user_seq = %(seq)s and settled_seq < %(seq)s and redactions = %(redactions)s
    and (typing_until is null or typing_until <= clock_timestamp()) as wanted
from sessions where org_id = %(org)s and id = %(id)s

-- name: answered
-- A person wrote to the customer: the clock of whoever waits stops.
update sessions set deadline = null, escalated_at = null where org_id = %(org)s and id = %(id)s

-- name: checkpoint
update sessions set checkpoint = %(checkpoint)s where org_id = %(org)s and id = %(id)s returning id

-- name: forgotten
-- Open sessions whose newest customer message has no outcome and no job that will make one.
select s.org_id, s.id from sessions s
where s.org_id = %(org)s and s.status = 'open' and s.last_user_seq > s.settled_seq and s.updated_at < now() - interval '5 seconds'
  and not exists (select from jobs j where j.key = s.id::text and j.kind = 'take_turn' and j.failed_at is null)
limit 100

-- name: blank
-- A writer who has read its placeholders masks again (`tokens`), and a turn that has read its messages starts again (`redactions`).
update sessions set redactions = redactions + 1, tokens = tokens + 1, summary = null, updated_at = clock_timestamp(),
    checkpoint = case when not %(whole)s then checkpoint end, sealed = case when not %(whole)s then sealed end,
    settled_seq = case when %(silent)s then last_user_seq else settled_seq end
where org_id = %(org)s and id = %(id)s
