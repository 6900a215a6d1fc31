-- name: create
insert into organizations (id, name, widget_token, settings) values (%(org)s, %(name)s, %(widget_token)s, %(settings)s)

-- name: load
select * from organizations where id = %(org)s

-- name: change
update organizations set name = coalesce(%(name)s, name), settings = settings || %(settings)s, updated_at = now() where id = %(org)s

-- name: add_key
insert into org_keys (org_id, version, wrapped) values (%(org)s, %(version)s, %(wrapped)s)

-- name: keys
select version, wrapped from org_keys where org_id = %(org)s and (until is null or until > now()) order by version desc

-- name: channels
select c.*, p.name as changed_by_name from channels c left join people p on p.org_id = c.org_id and p.id = c.changed_by
where c.org_id = %(org)s order by c.kind

-- name: set_channel
insert into channels (org_id, kind, autopilot, changed_by) values (%(org)s, %(kind)s, %(autopilot)s, %(by)s)
on conflict (org_id, kind) do update set autopilot = excluded.autopilot, changed_by = excluded.changed_by, updated_at = now()

-- name: open_door
select org_id, ref, expires_at from open_door(%(kind)s, %(digest)s)

-- name: hang_door
select hang_door(%(kind)s, %(digest)s, %(ref)s, %(expires)s)

-- name: shut_door
select shut_door(%(kind)s, %(ref)s) as n

-- name: sweep_doors
select sweep_doors()

-- name: lock
-- Leaves rows that refer to the organisation free to come and go.
select id from organizations where id = %(org)s for no key update

-- name: share_master
select pg_advisory_xact_lock_shared(7241998)

-- name: hold_master
select pg_advisory_xact_lock(7241998)
