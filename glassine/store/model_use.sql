-- name: count
with written as (
insert into model_use as u (org_id, day, endpoint, purpose, name, calls, failures, tokens_in, tokens_cached, tokens_out, money)
select %(org)s, (now() at time zone 'utc')::date, n.* from unnest(
    %(endpoints)s::text[], %(purposes)s::text[], %(names)s::text[], %(calls)s::bigint[], %(failures)s::bigint[], %(tokens_in)s::bigint[], %(tokens_cached)s::bigint[],
    %(tokens_out)s::bigint[], %(money)s::double precision[]
) n where exists (select from organizations where id = %(org)s)  -- it may have been deleted since
on conflict (org_id, day, endpoint, purpose) do update set
    name = excluded.name, calls = u.calls + excluded.calls, failures = u.failures + excluded.failures, tokens_in = u.tokens_in + excluded.tokens_in,
    tokens_cached = u.tokens_cached + excluded.tokens_cached, tokens_out = u.tokens_out + excluded.tokens_out, money = u.money + excluded.money
returning 1
) select count(*)::int as n from written

-- name: today
select coalesce(sum(tokens_in + tokens_out), 0)::bigint as tokens, coalesce(sum(money), 0)::double precision as money, (now() at time zone 'utc')::date as day
from model_use where org_id = %(org)s and day = (now() at time zone 'utc')::date

-- name: history
select day, endpoint, purpose, name, calls, failures, tokens_in, tokens_cached, tokens_out, money from model_use
where org_id = %(org)s and day > (now() at time zone 'utc')::date - %(days)s::integer order by day desc, endpoint, purpose

-- name: forget
delete from model_use where org_id = %(org)s and day < (now() at time zone 'utc')::date - %(days)s::integer

-- name: breakers
select endpoint, failures, until, says, changed_at from model_breakers where org_id = %(org)s

-- name: tell_breaker
insert into model_breakers (org_id, endpoint, failures, until, says, changed_at)
select %(org)s, %(endpoint)s, %(failures)s, to_timestamp(%(until)s), %(says)s, to_timestamp(%(changed)s) from organizations where id = %(org)s
on conflict (org_id, endpoint) do update set failures = excluded.failures, until = excluded.until, says = excluded.says, changed_at = excluded.changed_at
where model_breakers.changed_at < excluded.changed_at

-- name: first_notice
with new as (
    insert into model_notices (org_id, day, share) values (%(org)s, (now() at time zone 'utc')::date, %(share)s) on conflict do nothing returning 1
), old as (
    delete from model_notices where org_id = %(org)s and day < (now() at time zone 'utc')::date - 2
)
select count(*)::int as n from new
