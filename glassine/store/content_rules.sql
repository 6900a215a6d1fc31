-- name: all
select * from content_rules where org_id = %(org)s and (not %(active)s or active) order by created_at, id

-- name: put
insert into content_rules (org_id, id, name, kind, value, severity, active)
values (%(org)s, %(id)s, %(name)s, %(kind)s, %(value)s, %(severity)s, %(active)s)
on conflict (org_id, id) do update set name = excluded.name, kind = excluded.kind, value = excluded.value, severity = excluded.severity, active = excluded.active, updated_at = now()

-- name: delete
delete from content_rules where org_id = %(org)s and id = %(id)s returning *
