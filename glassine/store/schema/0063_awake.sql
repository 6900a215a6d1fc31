-- Where nobody listens any more, nothing is told, but positions in the stream go on where they were when somebody comes back.

alter table listening add column awake boolean not null default true; -- whether somebody still listens

create or replace function tell_of_event() returns trigger language plpgsql as $$
declare first boolean; facts jsonb; channel text; name text;
begin
    if not exists (select from listening l where l.org_id = new.org_id and l.awake) or new.payload @> '{"initial": true}' then return null; end if;
    first := new.type in ('message', 'agent_message') and not exists (
        select from events e where e.org_id = new.org_id and e.session_id = new.session_id and e.seq < new.seq and e.type in ('message', 'agent_message')
            and not e.payload @> '{"initial": true}'
    );
    select s.channel, jsonb_strip_nulls(jsonb_build_object(
        'number', s.ticket_number, 'contact', s.contact_id, 'owner', s.owner_kind, 'owner_id', s.owner_id, 'owner_name', o.name, 'language', s.language,
        'sentiment', s.sentiment, 'handed_off', s.handed_off_at is not null, 'by', a.name,
        'third_party', (select h.kind from helpdesks h where h.org_id = new.org_id
            and h.id::text = coalesce(new.payload ->> 'helpdesk', case when new.actor_kind = 'helpdesk' then new.actor_id::text end))
    )) into channel, facts
    from sessions s
        left join people o on o.org_id = s.org_id and o.id = s.owner_id and s.owner_kind = 'person'
        left join people a on a.org_id = s.org_id and a.id = new.actor_id and new.actor_kind = 'agent'
    where s.org_id = new.org_id and s.id = new.session_id;
    foreach name in array wire_events(new.type, new.actor_kind, new.payload, first) loop
        perform tell(new.org_id, name, new.session_id, new.id, channel, facts);
    end loop;
    return null;
end $$;

create or replace function tell_of_call() returns trigger language plpgsql as $$
begin
    if exists (select from listening l where l.org_id = new.org_id and l.awake) then
        perform tell(new.org_id, 'action.approval_requested', new.session_id, new.id, s.channel,
            jsonb_build_object('number', s.ticket_number, 'contact', s.contact_id, 'action', new.name, 'expires_at', new.expires_at))
        from sessions s where s.org_id = new.org_id and s.id = new.session_id;
    end if;
    return null;
end $$;

create or replace function tell_of_erasure() returns trigger language plpgsql as $$
begin
    if exists (select from listening l where l.org_id = new.org_id and l.awake) then
        perform tell(new.org_id, 'contact.erased', null, new.contact_id, null, jsonb_build_object('contact', new.contact_id));
    end if;
    return null;
end $$;
