-- Our webhooks and the stream of events. What happened is told in the transaction in which it happened, and only where somebody listens.

create table webhooks (                  -- endpoints of the organisation's own systems
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    name text not null,
    url text not null,
    events text[] not null default '{}',   -- names of the catalogue; empty: all
    channels text[] not null default '{}', -- empty: all, and what belongs to no channel
    ordered boolean not null default false, -- of one conversation one at a time, in order
    clear boolean not null default false,  -- whether contact details go along in the clear
    failing_since timestamptz,             -- since when every try failed; null: one succeeded since, or there was none
    failed_at timestamptz,                 -- when a try failed last
    succeeded_at timestamptz,
    disabled_at timestamptz,
    why text not null default '',          -- why it was disabled, as a sentence of ours; empty when a person did
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    primary key (org_id, id)
);

create table webhook_secrets (           -- what is signed with: several while one follows another
    org_id uuid not null,
    id uuid not null,
    webhook_id uuid not null,
    sealed bytea not null,               -- under the organisation's key
    until timestamptz,                   -- a former one: signed with until then
    created_at timestamptz not null default clock_timestamp(),
    primary key (org_id, id),
    foreign key (org_id, webhook_id) references webhooks on delete cascade
);
create index on webhook_secrets (org_id, webhook_id);

create table listening (                 -- an organisation of which somebody wants to hear: without a row nothing is told
    org_id uuid primary key references organizations on delete cascade,
    last bigint not null default 0,      -- the newest position
    forgot bigint not null default 0,    -- the newest position that is not kept any more
    streamed_at timestamptz not null default clock_timestamp(),  -- when somebody last read the stream
    awake boolean not null default true  -- whether somebody still listens: else nothing is told, but positions go on where they were when somebody comes back
);

create table news (                      -- what happened, by its name on the wire. No words: those stand in the log, and are read when it is delivered
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,                    -- what doubles can be told by, for ever: the same for every endpoint and every try
    name text not null,
    session_id uuid,
    ref uuid,                            -- the entry of the log, the call or the endpoint that it tells of
    channel text,
    facts jsonb not null default '{}',   -- what could be another tomorrow: who owned the session, which language it had. No personal values
    alone uuid,                          -- a test: for this endpoint and nobody else
    place bigint not null generated always as identity,
    position bigint,                     -- 1, 2, 3 … within the organisation, given when it is first read: nothing is ever put in before what was read
    created_at timestamptz not null default clock_timestamp(),
    primary key (org_id, id),
    foreign key (org_id, session_id) references sessions on delete cascade
);
create unique index news_read on news (org_id, position) where position is not null;
create index news_unread on news (org_id, place) where position is null and alone is null;
create index news_old on news (org_id, created_at);
create index news_of_session on news (org_id, session_id) where session_id is not null;

create table webhook_tries (             -- what an endpoint answered, each time
    org_id uuid not null,
    id uuid not null,
    delivery_id uuid not null,
    status int not null,                 -- 0: nothing came back
    answer text not null default '',     -- its first 4 kB, masked
    why text not null default '',        -- what went wrong, as a sentence of ours
    milliseconds real not null,
    at timestamptz not null default clock_timestamp(),
    primary key (org_id, id),
    foreign key (org_id, delivery_id) references deliveries on delete cascade
);
create index on webhook_tries (org_id, delivery_id, at);

-- The names under which an entry of the log goes out; rules/telling.py says the same, and a test compares the two.
create function wire_events(type_ text, actor_ text, payload_ jsonb, first_ boolean) returns text[] language sql immutable as $$
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

-- Tells the endpoints that want to hear of it, each by a delivery of its own, in the transaction of what happened.
create function tell(org_ uuid, name_ text, session_ uuid, ref_ uuid, channel_ text, facts_ jsonb, but_ uuid default null) returns uuid language plpgsql as $$
declare told_id uuid := gen_random_uuid();
begin
    insert into news (org_id, id, name, session_id, ref, channel, facts) values (org_, told_id, name_, session_, ref_, channel_, facts_);
    perform deliver(org_, 'webhook', w.id, 'event', session_, told_id, webhook_line(w.id, w.ordered, session_, told_id))
    from webhooks w
    where w.org_id = org_ and w.disabled_at is null and w.id is distinct from but_ and (w.events = '{}' or name_ = any(w.events))
      and (w.channels = '{}' or channel_ is null or channel_ = any(w.channels));
    return told_id;
end $$;

-- Of one line one at a time goes: a conversation at an endpoint that wants order, and else each event for itself.
create function webhook_line(webhook_ uuid, ordered_ boolean, session_ uuid, told_ uuid) returns text language sql immutable as $$
    select 'webhook:' || webhook_ || ':' || case when ordered_ and session_ is not null then session_ else told_ end
$$;

create function tell_of_event() returns trigger language plpgsql as $$
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

create trigger events_are_told after insert on events for each row
    when (new.type in ('message', 'agent_message', 'handoff', 'agent_took_session_from_ai', 'team_assigned_by_system', 'handoff_to_third_party_failed',
        'handoff_to_third_party_recovered', 'csat_requested', 'csat_submitted', 'message_redacted', 'session_redacted')
        or new.type like 'closed\_%' or new.type like '%\_reopened\_session')
    execute function tell_of_event();

create function tell_of_call() returns trigger language plpgsql as $$
begin
    if exists (select from listening l where l.org_id = new.org_id and l.awake) then
        perform tell(new.org_id, 'action.approval_requested', new.session_id, new.id, s.channel,
            jsonb_build_object('number', s.ticket_number, 'contact', s.contact_id, 'action', new.name, 'expires_at', new.expires_at))
        from sessions s where s.org_id = new.org_id and s.id = new.session_id;
    end if;
    return null;
end $$;

create trigger calls_to_approve_are_told after insert on calls for each row when (new.state = 'approval') execute function tell_of_call();
create trigger calls_put_to_approval_are_told after update of state on calls for each row when (new.state = 'approval' and old.state <> 'approval') execute function tell_of_call();

create function tell_of_erasure() returns trigger language plpgsql as $$
begin
    if exists (select from listening l where l.org_id = new.org_id and l.awake) then
        perform tell(new.org_id, 'contact.erased', null, new.contact_id, null, jsonb_build_object('contact', new.contact_id));
    end if;
    return null;
end $$;

create trigger erasures_are_told after insert on erasures for each row execute function tell_of_erasure();

-- Gives positions to what has become visible since; one at a time for each organisation. Whoever reads by position misses nothing: what commits later comes later.
create function number_told(most_ int) returns bigint language plpgsql as $$
declare before bigint; fresh int;
begin
    select l.last into before from listening l where l.org_id = current_org() for update;
    if not found then return null; end if;
    with unread as (
        select t.id, row_number() over (order by t.place) as n
        from (select id, place from news where org_id = current_org() and position is null and alone is null order by place limit most_) t
    )
    update news set position = before + unread.n from unread where news.org_id = current_org() and news.id = unread.id;
    get diagnostics fresh = row_count;
    if fresh > 0 then update listening set last = before + fresh where org_id = current_org(); end if;
    return before + fresh;
end $$;
