-- name: mine
s.status = 'open' and s.owner_kind = 'person' and s.owner_id = %(person)s

-- name: unassigned
s.status = 'open' and s.owner_kind = 'team'

-- name: autopilot
-- A chat that somebody opened without writing is nobody's concern yet.
s.status = 'open' and s.owner_kind = 'ai' and s.last_user_seq > 0

-- name: colleagues
s.status = 'open' and (s.owner_kind = 'helpdesk' or (s.owner_kind = 'person' and s.owner_id is distinct from %(person)s))

-- name: trouble
-- Their ticket could not be opened or written to, whoever owns them by now.
s.status = 'open' and exists (select from tickets t where t.org_id = s.org_id and t.session_id = s.id and t.failed_at is not null and t.gone_at is null)

-- name: closed
s.status in ('closed_resolved', 'closed_unresolved')

-- name: by_deadline
-- Whoever must be answered soonest comes first; whom nobody waits for comes last.
and (%(before_id)s::uuid is null or (coalesce(s.deadline, 'infinity'), s.id) > (coalesce(%(before)s::timestamptz, 'infinity'), %(before_id)s))
order by coalesce(s.deadline, 'infinity'), s.id

-- name: by_change
and (%(before_id)s::uuid is null or (s.updated_at, s.id) < (%(before)s::timestamptz, %(before_id)s))
order by s.updated_at desc, s.id desc

-- name: page
-- One list of the inbox in its order, with the newest words and the first words of the customer. Which and in what order stands above.
select s.*, coalesce(p.name, h.name) as owner_name, newest.text as last_text, newest.actor_kind as last_actor, newest.type as last_type, newest.created_at as last_at,
    opening.text as first_text,
    (select h.name from tickets t join helpdesks h on h.org_id = t.org_id and h.id = t.helpdesk_id
     where t.org_id = s.org_id and t.session_id = s.id and t.failed_at is not null and t.gone_at is null limit 1) as trouble
from sessions s
left join people p on p.org_id = s.org_id and p.id = s.owner_id and s.owner_kind = 'person'
left join helpdesks h on h.org_id = s.org_id and h.id = s.owner_id and s.owner_kind = 'helpdesk'
left join lateral (
    select e.text, e.actor_kind, e.type, e.created_at from events e
    where e.org_id = s.org_id and e.session_id = s.id and e.type in ('message', 'agent_message', 'agent_comment')
    order by e.seq desc limit 1
) newest on true
left join lateral (
    select e.text from events e
    where e.org_id = s.org_id and e.session_id = s.id and e.type = 'message' and e.actor_kind = 'user'
    order by e.seq limit 1
) opening on true
where s.org_id = %(org)s and {where}
{order}
limit %(limit)s

-- name: counts
-- The lists' lengths. Closed sessions pile up for years and nobody waits for them, so they are not counted.
select count(*) filter (where s.owner_kind = 'person' and s.owner_id = %(person)s)::int as mine,
    count(*) filter (where s.owner_kind = 'team')::int as unassigned,
    count(*) filter (where s.owner_kind = 'ai' and s.last_user_seq > 0)::int as autopilot,
    count(*) filter (where s.owner_kind = 'helpdesk' or (s.owner_kind = 'person' and s.owner_id is distinct from %(person)s))::int as colleagues,
    (select count(distinct t.session_id) from tickets t join sessions o on o.org_id = t.org_id and o.id = t.session_id and o.status = 'open'
     where t.org_id = %(org)s and t.failed_at is not null and t.gone_at is null)::int as trouble
from sessions s
where s.org_id = %(org)s and s.status = 'open'

-- name: waiting
-- The customer who was handed off last and whom nobody has taken yet, or whose call waits for the team's approval.
select id, ticket_number, handed_off_at from (
    (select s.id, s.ticket_number, s.handed_off_at from sessions s
    where s.org_id = %(org)s and s.status = 'open' and s.owner_kind = 'team'
    order by s.handed_off_at desc nulls last limit 1)
    union all
    (select s.id, s.ticket_number, c.created_at from calls c join sessions s on s.org_id = c.org_id and s.id = c.session_id
    where c.org_id = %(org)s and c.state = 'approval' and c.expires_at > clock_timestamp() and s.status = 'open'
    order by c.created_at desc limit 1)
) as w order by handed_off_at desc nulls last limit 1

-- name: others
-- Other sessions of the same contact.
select s.id, s.ticket_number, s.channel, s.status, s.updated_at, opening.text as first_text
from sessions s
left join lateral (
    select e.text from events e
    where e.org_id = s.org_id and e.session_id = s.id and e.type = 'message' and e.actor_kind = 'user'
    order by e.seq limit 1
) opening on true
where s.org_id = %(org)s and s.contact_id = %(contact)s and s.id <> %(session)s and (s.last_user_seq > 0 or s.owner_kind <> 'ai')
order by s.updated_at desc limit 6

-- name: turns
-- Which turn stands behind which event: without the traces, which are large.
select t.id, t.event_id, t.message_id, t.outcome, t.model from turns t
where t.org_id = %(org)s and t.session_id = %(session)s order by t.created_at, t.id

-- name: votes
select v.event_id, v.action from votes v where v.org_id = %(org)s and v.session_id = %(session)s
