-- name: insert
insert into scenarios (org_id, id, kind, directory, enabled, draft, learned_from)
values (%(org)s, %(id)s, %(kind)s, %(directory)s, %(enabled)s, %(draft)s, %(learned_from)s)

-- name: load
select * from scenarios where org_id = %(org)s and id = %(id)s

-- name: page
select *, count(*) over ()::int as total from scenarios
where org_id = %(org)s and (%(directory)s::text is null or directory = %(directory)s) and (%(kind)s::text is null or kind = %(kind)s)
  and (%(contains)s = '' or strpos(lower(draft ->> 'title'), lower(%(contains)s)) > 0)
order by directory, lower(draft ->> 'title'), id limit %(limit)s offset %(offset)s

-- name: directories
select directory, count(*)::int as n from scenarios where org_id = %(org)s group by directory order by directory

-- name: write
update scenarios set draft = %(draft)s, updated_at = clock_timestamp()
where org_id = %(org)s and id = %(id)s and updated_at = %(read_at)s returning id

-- name: place
update scenarios set directory = coalesce(%(directory)s, directory), enabled = coalesce(%(enabled)s, enabled)
where org_id = %(org)s and id = %(id)s returning id

-- name: set_kind
-- Another kind begins anew: what was live under the former one is taken back.
update scenarios set kind = %(kind)s, live = null, updated_at = clock_timestamp() where org_id = %(org)s and id = %(id)s and kind <> %(kind)s returning id

-- name: publish
update scenarios set live = %(live)s, draft = %(live)s, version = version + 1, published_at = %(at)s, accepted_by = coalesce(accepted_by, %(by)s), updated_at = clock_timestamp()
where org_id = %(org)s and id = %(id)s and updated_at = %(read_at)s returning version

-- name: take_back
update scenarios set live = null, updated_at = clock_timestamp() where org_id = %(org)s and id = %(id)s returning id

-- name: add_version
insert into scenario_versions (org_id, scenario_id, number, fields, kind, by) values (%(org)s, %(id)s, %(number)s, %(fields)s, %(kind)s, %(by)s)

-- name: versions
select v.*, coalesce(p.name, '') as by_name from scenario_versions v left join people p on p.org_id = v.org_id and p.id = v.by
where v.org_id = %(org)s and v.scenario_id = %(id)s order by v.number desc limit 50

-- name: delete
delete from scenarios where org_id = %(org)s and id = %(id)s returning id

-- name: forget_vectors
delete from scenario_vectors where org_id = %(org)s and scenario_id = %(id)s

-- name: add_vector
insert into scenario_vectors (org_id, scenario_id, model, position, vector) values (%(org)s, %(id)s, %(model)s, %(position)s, %(vector)s)

-- name: live
select id, kind, version, live from scenarios where org_id = %(org)s and enabled and live is not null order by directory, created_at, id limit 2000

-- name: live_vectors
select v.scenario_id, v.model, v.position, v.vector from scenario_vectors v join scenarios s on s.org_id = v.org_id and s.id = v.scenario_id
where v.org_id = %(org)s and s.enabled and s.live is not null
