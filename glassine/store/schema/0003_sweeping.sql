-- What the sweeper reads every two seconds: few rows of large tables.

create index sessions_forgotten on sessions (org_id, updated_at) where status = 'open' and last_user_seq > settled_seq;
create index door_expires on door (expires_at) where expires_at is not null;

create function sweep_doors() returns void
    language sql security definer set search_path = public, pg_temp
    as $$ delete from door where expires_at < now() $$;
revoke execute on function sweep_doors() from public;
grant execute on function sweep_doors() to glassine_app;
