-- People who pass a session on among themselves are no second handoff by the AI, and what somebody says in a helpdesk is told with that helpdesk's name.

create or replace function wire_events(type_ text, actor_ text, payload_ jsonb, first_ boolean) returns text[] language sql immutable as $$
    select case when first_ and type_ in ('message', 'agent_message') then array['conversation.started'] else array[]::text[] end
        || case
            when type_ = 'message' and actor_ = 'user' then array['conversation.contact_response']
            when type_ = 'message' then array['conversation.ai_response']
            when type_ = 'agent_message' and actor_ = 'helpdesk' then array['conversation.third_party_agent_response']
            when type_ = 'agent_message' then array['conversation.agent_response']
            when type_ in ('handoff', 'agent_took_session_from_ai') or (type_ = 'team_assigned_by_system' and not payload_ @> '{"moved": true}') then array['conversation.handoff_to_human']
            when type_ like 'closed\_%' then array['conversation.closed']
            when type_ like '%\_reopened\_session' then array['conversation.reopened']
            when type_ = 'handoff_to_third_party_failed' then array['conversation.handoff_to_third_party_failed']
            when type_ = 'handoff_to_third_party_recovered' then array['conversation.handoff_to_third_party_recovered']
            when type_ = 'csat_requested' then array['csat.requested']
            when type_ = 'csat_submitted' then array['csat.score_submitted']
            when type_ in ('message_redacted', 'session_redacted') then array['conversation.redacted']
            else array[]::text[] end
$$;

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
            and h.id::text = case when new.actor_kind = 'helpdesk' then new.actor_id::text else new.payload ->> 'helpdesk' end)
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
