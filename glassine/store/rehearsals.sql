-- name: insert
insert into rehearsals (org_id, id, proposal, rulebook, wanted, by) values (%(org)s, %(id)s, %(proposal)s, %(rulebook)s, %(wanted)s, %(by)s)

-- name: choose
-- The newest sessions that have a turn which can be played once more.
insert into rehearsed (org_id, rehearsal_id, session_id, place)
select %(org)s, %(id)s, found.id, row_number() over (order by found.created_at desc, found.id desc) from (
    select s.id, s.created_at from sessions s where s.org_id = %(org)s and exists (
        select from turns t where t.org_id = s.org_id and t.session_id = s.id and t.redacted_at is null and t.conditions is not null
    ) order by s.created_at desc, s.id desc limit %(wanted)s
) found

-- name: forget_old
delete from rehearsals where org_id = %(org)s and id in (select id from rehearsals where org_id = %(org)s order by created_at desc, id desc offset %(kept)s)

-- name: load
select r.*, coalesce(p.name, '') as by_name from rehearsals r left join people p on p.org_id = r.org_id and p.id = r.by
where r.org_id = %(org)s and r.id = %(id)s

-- name: hold
select r.*, '' as by_name from rehearsals r where r.org_id = %(org)s and r.id = %(id)s for update

-- name: newest
select r.*, coalesce(p.name, '') as by_name from rehearsals r left join people p on p.org_id = r.org_id and p.id = r.by
where r.org_id = %(org)s order by r.created_at desc, r.id desc limit %(limit)s

-- name: counts
select verdict, before ->> 'end' as before, after ->> 'end' as after, count(*)::int as n, sum(tokens_in)::int as tokens_in, sum(tokens_out)::int as tokens_out
from rehearsed where org_id = %(org)s and rehearsal_id = %(id)s group by 1, 2, 3 order by n desc, 1, 2, 3

-- name: set_state
update rehearsals set state = %(state)s, why = %(why)s, asks = coalesce(%(asks)s, asks), ended_at = case when %(state)s = 'running' then null else %(at)s::timestamptz end
where org_id = %(org)s and id = %(id)s

-- name: next
select d.session_id from rehearsed d where d.org_id = %(org)s and d.rehearsal_id = %(id)s and d.verdict = 'waiting' order by d.place limit 1

-- name: write
update rehearsed set verdict = %(verdict)s, turn_id = %(turn)s, before = %(before)s, after = %(after)s, why = %(why)s, tokens_in = %(tokens_in)s, tokens_out = %(tokens_out)s
where org_id = %(org)s and rehearsal_id = %(id)s and session_id = %(session)s and verdict = 'waiting'

-- name: reconsider
-- What only a model can tell is looked at again.
update rehearsed set verdict = 'waiting' where org_id = %(org)s and rehearsal_id = %(id)s and (verdict = 'unknown' or 'model' in (before ->> 'end', after ->> 'end'))

-- name: cases
select d.*, s.ticket_number, coalesce(e.text, '') as asked from rehearsed d join sessions s on s.org_id = d.org_id and s.id = d.session_id
    left join turns t on t.org_id = d.org_id and t.id = d.turn_id
    left join events e on e.org_id = d.org_id and e.id = (t.trace ->> 'message')::uuid
where d.org_id = %(org)s and d.rehearsal_id = %(id)s and d.verdict = any (%(verdicts)s)
order by d.before ->> 'end' is not distinct from d.after ->> 'end', d.before ->> 'end', d.after ->> 'end', d.place limit %(limit)s offset %(offset)s

-- name: turns
select id from turns where org_id = %(org)s and session_id = %(session)s and redacted_at is null and conditions is not null order by created_at, id
