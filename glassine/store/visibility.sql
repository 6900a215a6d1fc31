-- name: all
select number from scopes where org_id = %(org)s order by number

-- name: of_contact
select number from scopes where org_id = %(org)s
  and segments && (select array_agg(segment_id) from segment_members where org_id = %(org)s and contact_id = %(contact)s)
order by number

-- name: of_segments
select number from scopes where org_id = %(org)s and segments && %(segments)s::uuid[] order by number

-- name: there
-- Held until the transaction ends, so that none of them is deleted between this look and the scope's use.
select count(*)::int as n from (select id from segments where org_id = %(org)s and id = any (%(segments)s) for key share) as held

-- name: find
select number from scopes where org_id = %(org)s and segments = %(segments)s::uuid[] order by number limit 1

-- name: mint
insert into scopes (org_id, segments) values (%(org)s, %(segments)s) returning number
