-- name: count
insert into rerank_failures (org_id, day, kind, times, last_at, says) values (%(org)s, (now() at time zone 'utc')::date, %(kind)s, 1, now(), %(says)s)
on conflict (org_id, day, kind) do update set times = rerank_failures.times + 1, last_at = excluded.last_at, says = excluded.says

-- name: forget
delete from rerank_failures where org_id = %(org)s and day < (now() at time zone 'utc')::date - %(days)s::integer

-- name: lately
select kind, sum(times)::integer as times, max(last_at) as last_at, (array_agg(says order by last_at desc))[1] as says
from rerank_failures where org_id = %(org)s and day > (now() at time zone 'utc')::date - %(days)s::integer group by kind order by max(last_at) desc, kind
