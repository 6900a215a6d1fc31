-- name: all
select * from action_variables where org_id = %(org)s order by lower(name)

-- name: load
select * from action_variables where org_id = %(org)s and id = %(id)s

-- name: insert
insert into action_variables (org_id, id, name, kind, field, token_url, scope, hosts, sealed)
values (%(org)s, %(id)s, %(name)s, %(kind)s, %(field)s, %(token_url)s, %(scope)s, %(hosts)s, %(sealed)s)
on conflict do nothing returning id

-- name: update
update action_variables set name = %(name)s, kind = %(kind)s, field = %(field)s, token_url = %(token_url)s, scope = %(scope)s, hosts = %(hosts)s,
    sealed = coalesce(%(sealed)s, sealed), updated_at = clock_timestamp()
where org_id = %(org)s and id = %(id)s
  and not exists (select from action_variables o where o.org_id = %(org)s and lower(o.name) = lower(%(name)s) and o.id <> %(id)s)
returning id

-- name: delete
delete from action_variables where org_id = %(org)s and id = %(id)s returning name

-- name: reseal
update action_variables set sealed = %(sealed)s where org_id = %(org)s and id = %(id)s
