-- Actions: calls to a company's own API that the AI may ask for, with their versions, the keys that go along, and every call with what became of it.

create table actions (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    name text not null,                  -- what the model calls it by
    content jsonb not null,              -- words/actions.py: Action, but for what has a column
    host text not null,
    enabled boolean not null default true,
    origin text not null default '',     -- the import it came with
    version int not null default 1,
    deleted_at timestamptz,              -- deleted ones can be brought back, and their calls stay
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    primary key (org_id, id)
);
create unique index actions_name on actions (org_id, name) where deleted_at is null;

create table action_versions (           -- immutable: calls point to one
    org_id uuid not null,
    action_id uuid not null,
    number int not null,
    content jsonb not null,
    by uuid,
    by_name text not null default '',
    created_at timestamptz not null default clock_timestamp(),
    primary key (org_id, action_id, number),
    foreign key (org_id, action_id) references actions on delete cascade
);

create table action_vectors (            -- of what it is for, by model: where there are many, the nearest are offered
    org_id uuid not null,
    action_id uuid not null,
    model text not null,
    vector bytea not null,               -- 384 half floats
    primary key (org_id, action_id, model),
    foreign key (org_id, action_id) references actions on delete cascade
);

create table action_variables (          -- keys that go along with calls to the hosts they are for
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    name text not null,
    kind text not null check (kind in ('header', 'query', 'basic', 'oauth2')),
    field text not null default '',      -- the header or the query parameter; of basic a user name, of oauth2 the client's id
    token_url text not null default '',
    scope text not null default '',
    hosts text[] not null,
    sealed bytea not null,               -- under the organisation's key
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    primary key (org_id, id)
);
create unique index action_variables_name on action_variables (org_id, lower(name));

create table calls (                     -- every call that was asked for, refused ones too. Masked text only
    org_id uuid not null,
    id uuid not null,
    session_id uuid not null,
    contact_id uuid not null,
    turn_id uuid,
    action_id uuid,                      -- null: there is no such action
    name text not null,
    version int not null default 0,
    host text not null default '',
    arguments jsonb not null,
    form jsonb not null default '{}',    -- what the customer filled in, masked
    sealed bytea,                        -- the same in the clear under the contact's key, until the call is settled
    agreed bytea,                        -- a keyed hash of the values that were shown to whoever says yes
    passed text[] not null default '{}', -- what it has waited for already
    state text not null,
    why text not null default '',
    says text not null default '',
    status int,
    seen text not null default '',
    fault boolean not null default false, -- the other side's own failure, for the circuit breaker
    attempts int not null default 0,
    by uuid,
    by_name text not null default '',
    milliseconds real,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz,              -- of one that waits
    started_at timestamptz,
    settled_at timestamptz,
    primary key (org_id, id),
    foreign key (org_id, session_id) references sessions on delete cascade
);
create index on calls (org_id, session_id, created_at);
create index on calls (org_id, action_id, started_at desc) where started_at is not null;
create index on calls (org_id, host, settled_at desc) where started_at is not null;
create unique index calls_waiting on calls (org_id, session_id) where state in ('form', 'code', 'confirm', 'approval');
create index calls_unsettled on calls (org_id, state) where state in ('form', 'code', 'confirm', 'approval', 'running');

alter table contacts add column overrides bytea; -- what the organisation's own systems add to this contact's calls, sealed under the contact's key
