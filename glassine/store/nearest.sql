-- name: ready
-- The model's name is the comment that the index gets when it is built.
select array_agg(obj_description(c.oid, 'pg_class')) filter (where obj_description(c.oid, 'pg_class') is not null) as models
from pg_class c join pg_index i on i.indexrelid = c.oid where starts_with(c.relname, %(prefix)s) and i.indisvalid

-- name: state
select i.indisvalid as valid from pg_class c join pg_index i on i.indexrelid = c.oid where c.relname = %(name)s

-- name: all
select relname as name from pg_class where relkind = 'i' and starts_with(relname, %(prefix)s)

-- name: lock
select pg_try_advisory_lock(hashtextextended(%(name)s, 14)) as got

-- name: unlock
select pg_advisory_unlock(hashtextextended(%(name)s, 14))

-- name: memory
-- A graph that does not fit is built many times slower; a million passages take about half of this.
select set_config('maintenance_work_mem', '1GB', false), set_config('max_parallel_maintenance_workers', '0', false)
