-- name: newest
select number, content from autopilot_versions where org_id = %(org)s order by number desc limit 1

-- name: at
select number, content from autopilot_versions where org_id = %(org)s and number = %(number)s

-- name: add
insert into autopilot_versions (org_id, number, part, content, undoes, by)
values (%(org)s, %(number)s, %(part)s, %(content)s, %(undoes)s, %(by)s)

-- name: editions
-- Newest first, with the changed part as it was before; an edition number of 0 means from the newest on.
select v.number, v.part, v.undoes, v.by, v.created_at, coalesce(p.name, '') as by_name,
    coalesce(v.content -> v.part, '{}') as after, coalesce(b.content -> v.part, '{}') as before
from autopilot_versions v left join autopilot_versions b on b.org_id = v.org_id and b.number = v.number - 1
    left join people p on p.org_id = v.org_id and p.id = v.by
where v.org_id = %(org)s and (%(below)s = 0 or v.number < %(below)s) and (%(part)s::text is null or v.part = %(part)s)
order by v.number desc limit %(limit)s

-- name: edition
select v.number, v.part, v.undoes, v.by, v.created_at, coalesce(p.name, '') as by_name,
    coalesce(v.content -> v.part, '{}') as after, coalesce(b.content -> v.part, '{}') as before
from autopilot_versions v left join autopilot_versions b on b.org_id = v.org_id and b.number = v.number - 1
    left join people p on p.org_id = v.org_id and p.id = v.by
where v.org_id = %(org)s and v.number = %(number)s
