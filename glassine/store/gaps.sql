-- name: due
select exists (
    select from turns t where t.org_id = %(org)s and t.reasons && %(telling)s::text[] and t.created_at < %(until)s
      and (t.created_at, t.id) > (coalesce((select turned_at from gap_marks where org_id = %(org)s), now() - interval '30 days'), coalesce((select turn_id from gap_marks where org_id = %(org)s), '00000000-0000-0000-0000-000000000000'))
) or exists (
    select from votes v join turns t on t.org_id = v.org_id and t.session_id = v.session_id and t.event_id = v.event_id
        join events e on e.org_id = t.org_id and e.id = t.message_id and e.redacted_at is null and e.text ~ '[[:alnum:]]'
        left join gap_questions q on q.org_id = t.org_id and q.turn_id = t.id
    where v.org_id = %(org)s and 'answered_from_knowledge' = any (t.reasons)
      and case v.action when 'downvote' then coalesce(q.why = 'answered', true) else coalesce(q.why = 'downvoted', false) end
) as due

-- name: turned
-- The next turns in order that say something of their question; at the beginning, those of the last month. One that began a moment ago may have an older one still to be committed.
select t.id, t.session_id, t.message_id, t.created_at, t.reasons, e.text, e.redacted_at, s.language from turns t
    join sessions s on s.org_id = t.org_id and s.id = t.session_id
    left join events e on e.org_id = t.org_id and e.id = t.message_id
where t.org_id = %(org)s and t.reasons && %(telling)s::text[] and t.created_at < %(until)s
  and (t.created_at, t.id) > (coalesce((select turned_at from gap_marks where org_id = %(org)s), now() - interval '30 days'), coalesce((select turn_id from gap_marks where org_id = %(org)s), '00000000-0000-0000-0000-000000000000'))
order by t.created_at, t.id limit %(limit)s

-- name: voted
-- Answers that a customer found unhelpful, and are not known as such.
select t.id, t.session_id, t.message_id, t.created_at, t.reasons, e.text, e.redacted_at, s.language
from votes v join turns t on t.org_id = v.org_id and t.session_id = v.session_id and t.event_id = v.event_id
    join sessions s on s.org_id = t.org_id and s.id = t.session_id
    join events e on e.org_id = t.org_id and e.id = t.message_id and e.redacted_at is null and e.text ~ '[[:alnum:]]'
    left join gap_questions q on q.org_id = t.org_id and q.turn_id = t.id
where v.org_id = %(org)s and v.action = 'downvote' and 'answered_from_knowledge' = any (t.reasons) and coalesce(q.why = 'answered', true)
order by t.created_at, t.id limit %(limit)s

-- name: forgiven
-- A vote that was taken back.
update gap_questions q set why = 'answered' from votes v join turns t on t.org_id = v.org_id and t.session_id = v.session_id and t.event_id = v.event_id
where q.org_id = %(org)s and v.org_id = %(org)s and q.turn_id = t.id and q.why = 'downvoted' and v.action <> 'downvote'

-- name: mark
insert into gap_marks (org_id, turned_at, turn_id) values (%(org)s, %(at)s, %(turn)s)
on conflict (org_id) do update set turned_at = excluded.turned_at, turn_id = excluded.turn_id

-- name: centres
select id, model, language, centre, weight from gaps where org_id = %(org)s order by created_at, id

-- name: open
insert into gaps (org_id, id, language, model, middle, centre, weight, changed_at, created_at)
values (%(org)s, %(id)s, %(language)s, %(model)s, %(message)s, %(centre)s, 1, %(at)s, %(at)s)

-- name: join
insert into gap_questions (org_id, turn_id, gap_id, session_id, message_id, why, vector, asked_at)
values (%(org)s, %(turn)s, %(gap)s, %(session)s, %(message)s, %(why)s, %(vector)s, %(at)s)
on conflict (org_id, turn_id) do update set why = excluded.why

-- name: moved
update gaps set centre = %(centre)s, weight = %(weight)s where org_id = %(org)s and id = %(id)s

-- name: members
select message_id, vector from gap_questions where org_id = %(org)s and gap_id = %(id)s and why <> 'answered' order by asked_at, turn_id limit 500

-- name: centred
update gaps set centre = %(centre)s, weight = %(weight)s, middle = %(middle)s where org_id = %(org)s and id = %(id)s

-- name: changed
-- Gaps whose questions are no longer those that their centre is made of.
select g.id from gaps g left join lateral (
    select count(*)::int as n, bool_or(q.message_id = g.middle) as has_middle from gap_questions q where q.org_id = g.org_id and q.gap_id = g.id and q.why <> 'answered'
) as m on true
where g.org_id = %(org)s and (m.n <> g.weight or not coalesce(m.has_middle, false))

-- name: tidy
-- Questions whose words are gone, and gaps that have none left.
with gone as (
    delete from gap_questions q using events e where q.org_id = %(org)s and e.org_id = q.org_id and e.id = q.message_id and (e.redacted_at is not null or e.text = '')
    returning q.turn_id
)
delete from gaps g where g.org_id = %(org)s and g.merged_into is null and not exists (
    select from gap_questions q join gaps m on m.org_id = q.org_id and m.id = q.gap_id
    where q.org_id = g.org_id and coalesce(m.merged_into, m.id) = g.id and q.why <> 'answered' and q.turn_id not in (select turn_id from gone)
)

-- name: standing
select g.id, g.status, (
    select array_agg(q.why = 'answered' order by q.asked_at, q.turn_id) from gap_questions q join gaps m on m.org_id = q.org_id and m.id = q.gap_id
    where q.org_id = g.org_id and coalesce(m.merged_into, m.id) = g.id and q.asked_at > g.changed_at
) as since, (
    select max(q.asked_at) from gap_questions q join gaps m on m.org_id = q.org_id and m.id = q.gap_id where q.org_id = g.org_id and coalesce(m.merged_into, m.id) = g.id
) as last
from gaps g where g.org_id = %(org)s and g.merged_into is null and g.status <> 'archived'

-- name: set_status
update gaps set status = %(status)s, by_itself = %(by_itself)s, changed_at = %(at)s where org_id = %(org)s and id = %(id)s and merged_into is null returning id

-- name: rename
update gaps set name = %(name)s where org_id = %(org)s and id = %(id)s returning id

-- name: merge
update gaps set merged_into = %(into)s where org_id = %(org)s and (id = %(id)s or merged_into = %(id)s)

-- name: part
update gaps set merged_into = null where org_id = %(org)s and id = %(id)s and merged_into is not null returning id

-- name: link
update gaps set article_id = %(article)s where org_id = %(org)s and id = %(id)s returning id

-- name: all
-- Words come from messages that can still be read; a gap of which none can is not shown.
with asked as (
    select coalesce(g.merged_into, g.id) as gap, q.turn_id, q.session_id, q.message_id, q.why, q.asked_at, e.text
    from gap_questions q join gaps g on g.org_id = q.org_id and g.id = q.gap_id
        join events e on e.org_id = q.org_id and e.id = q.message_id and e.redacted_at is null and e.text <> ''
    where q.org_id = %(org)s
), counted as (
    select gap, count(*) filter (where why <> 'answered')::int as asked, count(*) filter (where why = 'answered')::int as answered, count(distinct session_id)::int as sessions,
        count(*) filter (where why <> 'answered' and asked_at > now() - interval '7 days')::int as this_week,
        count(*) filter (where why <> 'answered' and asked_at between now() - interval '14 days' and now() - interval '7 days')::int as last_week,
        max(asked_at) as last_asked, (array_agg(why = 'answered' order by asked_at desc, turn_id desc))[1:6] as recent
    from asked group by gap
)
select g.*, c.*, count(*) over () as total,
    coalesce(nullif(g.name, ''), (select text from asked where message_id = g.middle limit 1), (select text from asked where gap = g.id and why <> 'answered' order by asked_at limit 1)) as words
from gaps g join counted c on c.gap = g.id
where g.org_id = %(org)s and g.merged_into is null and c.asked > 0 and (%(id)s::uuid is null or g.id = %(id)s) and (%(status)s::text is null or g.status = %(status)s)
order by case %(sort)s when 'newest' then extract(epoch from c.last_asked) when 'rising' then c.this_week - c.last_week else c.asked end desc, c.last_asked desc, g.id
limit %(limit)s offset %(offset)s

-- name: questions
select q.turn_id, q.session_id, q.message_id, q.why, q.asked_at, e.text, s.ticket_number from gap_questions q join gaps g on g.org_id = q.org_id and g.id = q.gap_id
    join events e on e.org_id = q.org_id and e.id = q.message_id and e.redacted_at is null and e.text <> ''
    join sessions s on s.org_id = q.org_id and s.id = q.session_id
where q.org_id = %(org)s and coalesce(g.merged_into, g.id) = %(id)s order by q.asked_at desc, q.turn_id limit %(limit)s

-- name: parts
select g.id, coalesce(nullif(g.name, ''), e.text, '') as words from gaps g left join events e on e.org_id = g.org_id and e.id = g.middle and e.redacted_at is null
where g.org_id = %(org)s and g.merged_into = %(id)s order by g.created_at

-- name: replies
-- What people answered after a question that was left open, masked; the newest conversations first.
select distinct on (r.session_id) r.text, r.session_id, r.created_at from gap_questions q join gaps g on g.org_id = q.org_id and g.id = q.gap_id
    join events e on e.org_id = q.org_id and e.id = q.message_id
    join events r on r.org_id = q.org_id and r.session_id = q.session_id and r.seq > e.seq and r.type = 'agent_message' and r.redacted_at is null and length(r.text) > 20
where q.org_id = %(org)s and coalesce(g.merged_into, g.id) = %(id)s and q.why <> 'answered'
order by r.session_id, r.seq limit %(limit)s
