-- The house: organisations, people, contacts, sessions, the event log, the vault, the queue and the door.
-- Every table leads its key with org_id and is shut by row-level security: without an organisation set, no row exists.
-- Two tables stand outside: `jobs` (ids only) and `door` (reached only through open_door(), by equality).

create extension if not exists vector;

do $$ begin
    if not exists (select from pg_roles where rolname = 'glassine_app') then
        create role glassine_app nologin;
    end if;
    execute format('grant glassine_app to %I', current_user);
end $$;

create function current_org() returns uuid language sql stable parallel safe
    as $$ select nullif(current_setting('glassine.org_id', true), '')::uuid $$;

create table organizations (
    id uuid primary key,
    name text not null,
    widget_token text not null,          -- public by nature: it stands in the page that embeds the widget
    settings jsonb not null default '{}',
    next_ticket int not null default 1001,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table org_keys (                  -- the organisation's key, wrapped by the master key
    org_id uuid not null references organizations on delete cascade,
    version int not null,
    wrapped bytea not null,
    created_at timestamptz not null default now(),
    primary key (org_id, version)
);

create table people (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    email text not null,
    name text not null,
    role text not null check (role in ('owner', 'admin', 'agent', 'viewer')),
    password_hash text,
    disabled_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (org_id, id),
    unique (org_id, email)
);

create table invites (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    email text,
    role text not null check (role in ('owner', 'admin', 'agent', 'viewer')),
    made_by uuid,
    expires_at timestamptz not null,
    used_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (org_id, id)
);

create table api_keys (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    name text not null,
    prefix text not null,                -- the first characters, so that people can tell their keys apart
    scopes text[],                       -- null: everything
    made_by uuid,
    revoked_at timestamptz,
    last_used_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (org_id, id)
);

-- The door finds the organisation behind a secret or an address. Only digests are kept, and only equality can ask.
create table door (
    kind text not null,                  -- api_key | widget | contact | login | cookie | invite | email
    digest bytea not null,
    org_id uuid not null,
    ref uuid,
    expires_at timestamptz,
    primary key (kind, digest, org_id)   -- one person's address may open several organisations
);
create index on door (org_id, kind, ref);

create function open_door(kind_ text, digest_ bytea)
    returns table (org_id uuid, ref uuid, expires_at timestamptz)
    language sql stable security definer set search_path = public, pg_temp
    as $$ select d.org_id, d.ref, d.expires_at from door d
          where d.kind = kind_ and d.digest = digest_ and (d.expires_at is null or d.expires_at > now()) $$;

create function hang_door(kind_ text, digest_ bytea, ref_ uuid, expires_ timestamptz) returns void
    language sql security definer set search_path = public, pg_temp
    as $$ insert into door (kind, digest, org_id, ref, expires_at)
          select kind_, digest_, current_org(), ref_, expires_ where current_org() is not null
          on conflict (kind, digest, org_id) do update set ref = excluded.ref, expires_at = excluded.expires_at $$;

create function shut_door(kind_ text, ref_ uuid) returns int
    language sql security definer set search_path = public, pg_temp
    as $$ with gone as (delete from door where kind = kind_ and ref = ref_ and org_id = current_org() returning 1)
          select count(*)::int from gone $$;

create function every_organization() returns setof uuid  -- for the sweeper: each organisation has one widget token
    language sql stable security definer set search_path = public, pg_temp
    as $$ select distinct d.org_id from door d where d.kind = 'widget' $$;

create table channels (
    org_id uuid not null references organizations on delete cascade,
    kind text not null,
    autopilot text not null default 'on' check (autopilot in ('off', 'assist', 'on')),
    settings jsonb not null default '{}',
    changed_by uuid,
    updated_at timestamptz not null default now(),
    primary key (org_id, kind)
);

create table contacts (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    verified boolean not null default false,
    key bytea not null,                  -- the contact's key, wrapped by the organisation's: without it nothing of theirs can be read
    sealed bytea not null,               -- who they are, as sealed JSON
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (org_id, id)
);
create index on contacts (org_id, created_at, id);

create table contact_lookups (           -- exact look-up by keyed hash of the normalised value
    org_id uuid not null,
    kind text not null,                  -- email | phone | external_id
    digest bytea not null,
    contact_id uuid not null,
    primary key (org_id, kind, digest),
    foreign key (org_id, contact_id) references contacts on delete cascade
);
create index on contact_lookups (org_id, contact_id);

create table sessions (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    ticket_number int not null,
    contact_id uuid not null,
    channel text not null,
    status text not null default 'open' check (status in ('open', 'closed_resolved', 'closed_unresolved')),
    owner_kind text not null default 'ai' check (owner_kind in ('ai', 'person', 'team', 'helpdesk')),
    owner_id uuid,
    language text,
    ai_closure_type text,
    sentiment text,
    summary text,
    external_id uuid,                    -- which browser made it, for contacts nobody has verified
    verified boolean not null default false,
    sealed bytea,                        -- what the host page attached for people only, as sealed JSON
    checkpoint jsonb,
    handed_off_at timestamptz,
    deadline timestamptz,
    last_seq int not null default 0,
    last_user_seq int not null default 0, -- the newest customer message …
    settled_seq int not null default 0,   -- … and the newest one whose turn has an outcome
    tokens int not null default 0,       -- how many vault entries it has: a writer who counted fewer must mask again
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (org_id, id),
    unique (org_id, ticket_number),
    foreign key (org_id, contact_id) references contacts on delete cascade,
    check ((owner_kind in ('person', 'helpdesk')) = (owner_id is not null) or owner_kind = 'team')
);
create index on sessions (org_id, updated_at desc, id desc);
create index on sessions (org_id, created_at, id);
create index on sessions (org_id, contact_id, created_at desc);
create index sessions_waiting on sessions (org_id, owner_kind, updated_at desc) where status = 'open';

create table events (                    -- append-only; the application may not update or delete
    org_id uuid not null,
    session_id uuid not null,
    seq int not null,
    id uuid not null,
    type text not null,
    actor_kind text not null,
    actor_id uuid,
    text text not null default '',
    payload jsonb not null default '{}',
    created_at timestamptz not null default clock_timestamp(),
    primary key (org_id, session_id, seq),
    unique (org_id, id),                 -- the same message id twice is one message
    foreign key (org_id, session_id) references sessions on delete cascade
);

create table originals (                 -- messages as they came, sealed under the contact's key
    org_id uuid not null,
    event_id uuid not null,
    sealed bytea not null,
    primary key (org_id, event_id)
);

create table vault (                     -- what each placeholder of a session stands for, sealed under the contact's key
    org_id uuid not null,
    session_id uuid not null,
    placeholder text not null,
    type text not null,
    sealed bytea not null,
    created_at timestamptz not null default now(),
    primary key (org_id, session_id, placeholder),
    foreign key (org_id, session_id) references sessions on delete cascade
);

create table turns (                     -- evidence of what the AI saw and did; masked text only
    org_id uuid not null,
    id uuid not null,
    session_id uuid not null,
    message_id uuid not null,
    event_id uuid,                       -- the event it became, if it became one
    outcome text not null,
    reasons text[] not null,
    model text not null,
    trace jsonb not null,
    created_at timestamptz not null default now(),
    primary key (org_id, id),
    foreign key (org_id, session_id) references sessions on delete cascade
);
create index on turns (org_id, session_id, created_at);

create table votes (
    org_id uuid not null,
    session_id uuid not null,
    event_id uuid not null,
    action text not null check (action in ('upvote', 'downvote')),
    created_at timestamptz not null default now(),
    primary key (org_id, event_id),
    foreign key (org_id, session_id) references sessions on delete cascade
);

create table files (                     -- uploads: name and bytes sealed under the contact's key
    org_id uuid not null,
    id uuid not null,
    contact_id uuid not null,
    session_id uuid,
    media_type text not null,
    size int not null,
    sealed_name bytea not null,
    sealed bytea not null,
    created_at timestamptz not null default now(),
    primary key (org_id, id),
    foreign key (org_id, contact_id) references contacts on delete cascade
);

create table audit (                     -- who looked behind a mask or changed a boundary; append-only
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    actor_kind text not null,
    actor_id uuid,
    verb text not null,
    thing text not null,
    thing_id uuid,
    detail jsonb not null default '{}',
    created_at timestamptz not null default now(),
    primary key (org_id, id)
);
create index on audit (org_id, created_at desc);

create table crossings (                 -- one row per request that left, or was refused; never the text
    org_id uuid not null,
    id uuid not null,
    session_id uuid,
    destination text not null,
    purpose text not null,
    bytes int not null,
    allowed boolean not null,
    why text not null default '',
    created_at timestamptz not null default now(),
    primary key (org_id, id)
);
create index on crossings (org_id, created_at desc);

create table jobs (                      -- the queue: ids only, no text, hence no row-level security
    id bigint generated always as identity primary key,
    org_id uuid not null,
    kind text not null,
    ref uuid not null,
    key text not null,
    dedupe text,
    run_at timestamptz not null default now(),
    attempts int not null default 0,
    owner uuid,                          -- the process that claimed it
    claimed_at timestamptz,
    failed_at timestamptz,               -- given up: kept for people to see
    why text not null default ''
);
create index jobs_due on jobs (run_at, id) where owner is null and failed_at is null;
create index jobs_key on jobs (key, id) where failed_at is null;
create unique index jobs_dedupe on jobs (org_id, dedupe) where dedupe is not null and owner is null and failed_at is null;

create table workers (                   -- processes that claim jobs, and when they were last heard of
    id uuid primary key,
    host text not null,
    pid int not null,
    heartbeat timestamptz not null default now()
);
