-- name: all
select s.*, coalesce(m.members, 0)::int as members, coalesce(a.articles, 0)::int as articles,
    exists (select from jobs j where j.org_id = s.org_id and j.ref = s.id and j.kind = 'place_contacts' and j.failed_at is null) as placing
from segments s
    left join (select segment_id, count(*) as members from segment_members where org_id = %(org)s group by segment_id) as m on m.segment_id = s.id
    left join (
        select one.segment, count(*) as articles from articles a join scopes on scopes.org_id = a.org_id and scopes.number = a.scope,
            lateral unnest(scopes.segments) as one (segment)
        where a.org_id = %(org)s group by one.segment
    ) as a on a.segment = s.id
where s.org_id = %(org)s and (%(id)s::uuid is null or s.id = %(id)s)
order by lower(s.name)

-- name: insert
insert into segments (org_id, id, name, description, field, operator, value)
values (%(org)s, %(id)s, %(name)s, %(description)s, %(field)s, %(operator)s, %(value)s)
on conflict do nothing returning id

-- name: lock
select * from segments where org_id = %(org)s and id = %(id)s for update

-- name: name_taken
select id from segments where org_id = %(org)s and lower(name) = lower(%(name)s) and id <> %(id)s

-- name: update
update segments set name = %(name)s, description = %(description)s, field = %(field)s, operator = %(operator)s, value = %(value)s,
    ruled_at = case when %(ruled)s then clock_timestamp() else ruled_at end, updated_at = clock_timestamp()
where org_id = %(org)s and id = %(id)s

-- name: forget_ruled
-- Nobody belongs by a rule that is no more, until the new one has been asked of every contact.
with named as (
    update segment_members set by_rule = false where org_id = %(org)s and segment_id = %(id)s and by_rule and by_hand
)
delete from segment_members where org_id = %(org)s and segment_id = %(id)s and by_rule and not by_hand

-- name: hide
-- A segment leaves every set that names it. What only it could see is the team's from here on, whatever number it carries.
with sets as (
    update scopes set segments = array_remove(segments, %(id)s) where org_id = %(org)s and %(id)s = any (segments) returning number, segments
)
update articles a set audience = 'internal', updated_at = clock_timestamp() from sets
where a.org_id = %(org)s and a.scope = sets.number and sets.segments = '{}'

-- name: delete
delete from segments where org_id = %(org)s and id = %(id)s

-- name: loss
select a.title, scopes.segments = array[%(id)s]::uuid[] as hidden from articles a join scopes on scopes.org_id = a.org_id and scopes.number = a.scope
where a.org_id = %(org)s and %(id)s = any (scopes.segments) order by lower(a.title)

-- name: ruled
-- Held until the transaction ends: a rule does not change between a contact's data and where they put it.
select * from segments where org_id = %(org)s and field <> '' and (%(id)s::uuid is null or id = %(id)s) for share

-- name: place
with kept as (
    update segment_members set by_rule = false where org_id = %(org)s and contact_id = %(contact)s and by_rule and by_hand and segment_id <> all (%(segments)s::uuid[])
), gone as (
    delete from segment_members where org_id = %(org)s and contact_id = %(contact)s and by_rule and not by_hand and segment_id <> all (%(segments)s::uuid[])
)
insert into segment_members (org_id, segment_id, contact_id, by_rule)
select %(org)s, segment, %(contact)s, true from unnest(%(segments)s::uuid[]) as s (segment)
on conflict (org_id, segment_id, contact_id) do update set by_rule = true

-- name: hand
with kept as (
    update segment_members set by_hand = false where org_id = %(org)s and contact_id = %(contact)s and by_rule and by_hand and segment_id <> all (%(segments)s::uuid[])
), gone as (
    delete from segment_members where org_id = %(org)s and contact_id = %(contact)s and by_hand and not by_rule and segment_id <> all (%(segments)s::uuid[])
)
insert into segment_members (org_id, segment_id, contact_id, by_hand)
select %(org)s, id, %(contact)s, true from segments where org_id = %(org)s and id = any (%(segments)s::uuid[])
on conflict (org_id, segment_id, contact_id) do update set by_hand = true

-- name: of_contact
select s.id, s.name, m.by_rule, m.by_hand from segment_members m join segments s on s.org_id = m.org_id and s.id = m.segment_id
where m.org_id = %(org)s and m.contact_id = %(contact)s order by lower(s.name)

-- name: placed
select s.id, s.name, coalesce(m.by_rule, false) as by_rule, coalesce(m.by_hand, false) as by_hand
from segments s left join segment_members m on m.org_id = s.org_id and m.segment_id = s.id and m.contact_id = %(contact)s
where s.org_id = %(org)s order by lower(s.name)

-- name: contacts
-- Held while they are looked at, so that nobody changes a contact's data in between.
select * from contacts where org_id = %(org)s and (%(after)s::uuid is null or id > %(after)s) order by id limit %(limit)s for share

-- name: fit
insert into segment_members (org_id, segment_id, contact_id, by_rule)
select %(org)s, %(id)s, contact, true from unnest(%(contacts)s::uuid[]) as c (contact)
on conflict (org_id, segment_id, contact_id) do update set by_rule = true

-- name: unfit
with kept as (
    update segment_members set by_rule = false where org_id = %(org)s and segment_id = %(id)s and by_rule and by_hand and contact_id = any (%(contacts)s::uuid[])
)
delete from segment_members where org_id = %(org)s and segment_id = %(id)s and by_rule and not by_hand and contact_id = any (%(contacts)s::uuid[])
