-- name: refuse
insert into refusals (org_id, boundary, day, refused, last)
select %(org)s, r.boundary, (now() at time zone 'UTC')::date, r.refused, now() from unnest(%(boundaries)s::text[], %(counts)s::bigint[]) r (boundary, refused)
on conflict (org_id, boundary, day) do update set refused = refusals.refused + excluded.refused, last = excluded.last

-- name: refused
select boundary, sum(refused)::bigint as refused, max(last) as last from refusals
where org_id = %(org)s and day >= (%(since)s::timestamptz at time zone 'UTC')::date
group by boundary

-- name: said
-- Messages that came in, by channel and by who wrote them, with the types that were masked in them. Sessions are found by their index;
-- a session is touched by each of its events, so none is missed.
-- Messages with the same counts are counted together: there are few different ones.
with said as materialized (
    select s.channel, e.actor_kind, e.payload -> 'masked' as masked, count(*) as n, max(e.created_at) as last
    from sessions s join events e on e.org_id = s.org_id and e.session_id = s.id
    where s.org_id = %(org)s and s.updated_at >= %(since)s and e.created_at >= %(since)s
      and e.type in ('message', 'agent_message', 'agent_comment') and e.actor_kind in ('user', 'agent', 'api')
    group by 1, 2, 3
), types as (
    select said.channel, said.actor_kind, m.key as type, sum(m.value::bigint * said.n)::bigint as n
    from said cross join lateral jsonb_each_text(said.masked) m
    where jsonb_typeof(said.masked) = 'object'
    group by 1, 2, 3
)
select said.channel, said.actor_kind, sum(said.n)::bigint as n, max(said.last) as last,
    (select coalesce(jsonb_object_agg(t.type, t.n), '{}') from types t where t.channel = said.channel and t.actor_kind = said.actor_kind) as types
from said group by said.channel, said.actor_kind

-- name: revealed
-- An export is everything about one contact in the clear.
select case verb when 'privacy.export' then 'export' else coalesce(detail ->> 'type', detail ->> 'field', thing) end as type, count(*) as n, max(created_at) as last
from audit where org_id = %(org)s and created_at >= %(since)s and verb in ('privacy.reveal', 'privacy.export')
group by 1

-- name: files
select count(*) as n, coalesce(sum(size), 0)::bigint as bytes, max(created_at) as last from files where org_id = %(org)s and created_at >= %(since)s

-- name: articles
select count(*) filter (where source <> 'editor' and updated_at >= %(since)s) as imported, max(updated_at) filter (where source <> 'editor') as last_import,
    count(*) filter (where status = 'published' and audience = 'public') as public
from articles where org_id = %(org)s

-- name: connection
-- How this process reaches its database: over what, and how it is encrypted.
select inet_server_addr() is null as local, coalesce(host(inet_server_addr()), '') as address, coalesce(inet_server_port(), 0) as port,
    current_setting('server_version') as version, coalesce(t.ssl, false) as tls, coalesce(t.version, '') as tls_version
from (select pg_backend_pid() as pid) me left join pg_stat_ssl t on t.pid = me.pid

-- name: tables
-- Every table with whether row-level security holds on it, for its owner too.
select c.relname as name, c.relrowsecurity as shut, c.relforcerowsecurity as forced,
    exists (select from pg_policy p where p.polrelid = c.oid) as policy
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p')
order by c.relname

-- name: role
select current_user::text as name, r.rolsuper as superuser, r.rolbypassrls as bypasses,
    exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'public' and c.relkind in ('r', 'p') and pg_get_userbyid(c.relowner) = current_user) as owns
from pg_roles r where r.rolname = current_user

-- name: audited
select verb, count(*) as n, max(created_at) as last from audit where org_id = %(org)s and created_at >= %(since)s group by verb order by verb
