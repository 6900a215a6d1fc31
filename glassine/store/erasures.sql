-- name: insert
insert into erasures (org_id, id, contact_id, certificate) values (%(org)s, %(id)s, %(contact)s, %(certificate)s)

-- name: load
select * from erasures where org_id = %(org)s and id = %(id)s

-- name: page
select * from erasures
where org_id = %(org)s and (%(before)s::timestamptz is null or (created_at, id) < (%(before)s, %(before_id)s::uuid))
order by created_at desc, id desc limit %(limit)s
