-- What leaves for other systems, and the tickets that sessions have there. The rows are made in the transaction of what they tell of; their jobs hold ids only.

create table deliveries (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,                    -- the same for every try
    target text not null check (target in ('webhook', 'helpdesk')),
    target_id uuid not null,
    effect text not null check (effect in ('event', 'open', 'say', 'status')),
    session_id uuid,
    ref uuid,                            -- the event it tells of
    line text not null,                  -- of one line one at a time goes, oldest first
    state text not null default 'waiting' check (state in ('waiting', 'done', 'unknown', 'dead', 'dropped')),
    attempts int not null default 0,
    why text not null default '',        -- a sentence of ours
    external text not null default '',   -- what the other side calls what came of it
    created_at timestamptz not null default clock_timestamp(),
    next_at timestamptz not null default clock_timestamp(),
    settled_at timestamptz,
    primary key (org_id, id),
    foreign key (org_id, session_id) references sessions on delete cascade
);
create index on deliveries (org_id, session_id) where session_id is not null;
create index on deliveries (org_id, target_id, created_at desc);
create index deliveries_open on deliveries (org_id, target_id, next_at) where state = 'waiting';
create index deliveries_stuck on deliveries (org_id, created_at) where state in ('unknown', 'dead');

create table helpdesks (                 -- a vendor that the team has connected
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    kind text not null,                  -- the connector's name
    name text not null,
    settings jsonb not null default '{}',  -- without secrets
    secrets bytea,                       -- sealed under the organisation's key, bound to this row
    hook_secret bytea,                   -- the same; what the vendor signs with
    made jsonb not null default '{}',    -- what was made on its side, to be taken away again
    policy jsonb not null default '{}',  -- what leaves of a session: masked, pseudonym or raw, by field
    created_at timestamptz not null default now(),
    removed_at timestamptz,              -- disconnected; kept while sessions name it
    primary key (org_id, id)
);
create unique index on helpdesks (org_id, lower(name)) where removed_at is null;

create table tickets (                   -- a session over there, from the moment it was handed off to it
    org_id uuid not null,
    session_id uuid not null,
    helpdesk_id uuid not null,
    external_id text not null default '',  -- empty until it has been opened
    url text not null default '',
    state jsonb not null default '{}',   -- the connector's own; ids only
    owns boolean not null default true,  -- whether people answer over there; else it only mirrors
    solved boolean not null default false,
    since text not null default '',      -- where the next look at it goes on
    looked_at timestamptz,
    failed_at timestamptz,               -- since when it could not be opened or written to; null: all is well
    why text not null default '',        -- a sentence of ours
    told_at timestamptz,                 -- when conversation.handoff_to_third_party_failed was said of it, once for each trouble
    gone_at timestamptz,                 -- deleted over there, or disconnected: nothing more is written
    created_at timestamptz not null default clock_timestamp(),
    primary key (org_id, session_id, helpdesk_id),
    foreign key (org_id, session_id) references sessions on delete cascade,
    foreign key (org_id, helpdesk_id) references helpdesks on delete cascade
);
create unique index on tickets (org_id, helpdesk_id, external_id) where external_id <> '';

create table heard (                     -- what helpdesks told, so that the same twice is one
    org_id uuid not null,
    helpdesk_id uuid not null,
    key text not null,
    at timestamptz not null default clock_timestamp(),
    primary key (org_id, helpdesk_id, key),
    foreign key (org_id, helpdesk_id) references helpdesks on delete cascade
);
create index on heard (org_id, at);

-- One effect, with the job that brings it about. Called in the transaction of what it tells of.
create function deliver(org_ uuid, target_ text, target_id_ uuid, effect_ text, session_ uuid, ref_ uuid, line_ text) returns uuid language plpgsql as $$
declare new_id uuid := gen_random_uuid();
begin
    insert into deliveries (org_id, id, target, target_id, effect, session_id, ref, line) values (org_, new_id, target_, target_id_, effect_, session_, ref_, line_);
    insert into jobs (org_id, kind, ref, key) values (org_, 'deliver', new_id, line_);
    return new_id;
end $$;
