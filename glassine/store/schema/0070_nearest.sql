-- The bits of an organisation's vectors are held by the process that searches (store/nearest.py). What was published since it last looked is read by version,
-- and the indexes that large organisations had for the same purpose are of no use any more.

create index on passages (org_id, since);

do $$ declare gone text; begin
    for gone in select relname from pg_class where relkind = 'i' and relname ~ '^nearest_[0-9a-f]{32}_[0-9a-f]{8}$' loop
        execute format('drop index %I', gone);
    end loop;
end $$;
