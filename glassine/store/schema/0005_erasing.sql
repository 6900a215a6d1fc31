-- Erasing: what is redacted afterwards, contacts that are gone with their certificates, what is kept for how long, and keys that follow others.
-- The log and the audit stay append-only for the application: the functions below can only blank, or forget what is old, and write down that they did.

alter table events add column redacted_at timestamptz;
alter table turns add column redacted_at timestamptz;          -- its evidence is gone: such a turn cannot be replayed
alter table files add column removed_at timestamptz;           -- name and bytes are gone, the row says that there was a file
alter table sessions add column redactions int not null default 0;  -- a turn that began before the last one writes nothing
alter table org_keys add column until timestamptz;             -- a former key: good for signatures until then, and for nothing else

create table erasures (                  -- that a contact was erased, by a certificate that names nobody
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    contact_id uuid not null,
    certificate jsonb not null,
    created_at timestamptz not null default now(),
    primary key (org_id, id)
);
create index on erasures (org_id, created_at desc);

create table retention_runs (            -- what was removed because it was old: counts only
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    removed jsonb not null default '{}',
    started_at timestamptz not null,
    finished_at timestamptz,
    primary key (org_id, id)
);
create index on retention_runs (org_id, started_at desc);

-- Blanks events of one session, those named or (null) all, and writes the line of the audit log that says so.
-- What is kept says what happened and who of the team did it, never what was said.
create function redact_events(session_ uuid, only_ uuid[], verb_ text, thing_ text, thing_id_ uuid, line_ uuid, actor_kind_ text, actor_id_ uuid, why_ text)
    returns table (entries int, messages int)
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    with blanked as (
        update events e set text = '', redacted_at = clock_timestamp(), payload = (
            select coalesce(jsonb_object_agg(p.key, p.value), '{}') from jsonb_each(e.payload) p
            where p.key in ('reasons', 'sentiment', 'score', 'suggestion', 'initial', 'handoff', 'resolves', 'assignee', 'target')
               or (p.key in ('name', 'assignee_name') and e.type in ('agent_took_session_from_ai', 'agent_assigned_by_user'))
        ) || '{"redacted": true}'
        where e.org_id = current_org() and e.session_id = session_ and (only_ is null or e.id = any(only_)) and e.redacted_at is null
          and (e.text <> '' or e.payload ?| array['attachments', 'context', 'payload', 'summary', 'custom_data', 'masked', 'sources', 'choices'])
        returning e.type
    )
    select count(*)::int, (count(*) filter (where type in ('message', 'agent_message', 'agent_comment')))::int into entries, messages from blanked;
    insert into audit (org_id, id, actor_kind, actor_id, verb, thing, thing_id, detail)
    values (current_org(), line_, actor_kind_, actor_id_, verb_, thing_, thing_id_,
        jsonb_strip_nulls(jsonb_build_object('session', session_, 'entries', entries, 'messages', messages, 'why', nullif(why_, ''))));
    return next;
end $$;

-- Forgets lines of the audit log that are older than `before_`, never younger than 30 days, and never those that say what was erased or forgotten.
create function forget_audit(before_ timestamptz, most_ int) returns int
    language plpgsql security definer set search_path = public, pg_temp as $$
declare gone int;
begin
    delete from audit where (org_id, id) in (
        select a.org_id, a.id from audit a
        where a.org_id = current_org() and a.created_at < least(before_, now() - interval '30 days')
          and a.verb not in ('privacy.erase', 'privacy.redact', 'privacy.retain', 'privacy.export', 'keys.rotate')
        order by a.created_at limit most_
    );
    get diagnostics gone = row_count;
    return gone;
end $$;

revoke execute on function redact_events(uuid, uuid[], text, text, uuid, uuid, text, uuid, text), forget_audit(timestamptz, int) from public;
grant execute on function redact_events(uuid, uuid[], text, text, uuid, uuid, text, uuid, text), forget_audit(timestamptz, int) to glassine_app;
