-- Runs after every migration: shuts each table by row-level security and gives the application's role what it needs.
do $$ declare t text; begin
    for t in select tablename from pg_tables where schemaname = 'public' loop
        if t in ('jobs', 'lanes', 'door', 'workers', 'migrations', 'proofs') then continue; end if;
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('drop policy if exists own_organization on %I', t);
        execute format('create policy own_organization on %I using (%I = current_org()) with check (%I = current_org())',
            t, case t when 'organizations' then 'id' else 'org_id' end, case t when 'organizations' then 'id' else 'org_id' end);
        execute format('grant select, insert, update, delete on %I to glassine_app', t);
    end loop;
    grant usage on schema public to glassine_app;
    grant select, insert, update, delete on jobs, lanes, workers to glassine_app;
    grant select, insert on proofs to glassine_app;
    revoke update, delete on events, audit from glassine_app;
    revoke update, delete on crossings, crossed_values, ledger_links, ledger_anchors from glassine_app;
    revoke update on ledger_waiting from glassine_app;
    revoke update, delete on erasures from glassine_app;
    revoke update on article_versions from glassine_app;
    revoke update, delete on autopilot_versions from glassine_app;
    grant execute on function current_org(), every_organization(), open_door(text, bytea), hang_door(text, bytea, uuid, timestamptz), shut_door(text, uuid) to glassine_app;
    revoke all on door from glassine_app;
    revoke execute on function every_organization(), open_door(text, bytea), hang_door(text, bytea, uuid, timestamptz), shut_door(text, uuid) from public;
end $$;
