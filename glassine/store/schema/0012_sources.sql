-- Sources that knowledge is read from: how each is connected, its runs, and its pages. Their articles carry the source's key.

create table sources (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    kind text not null,                      -- the connector's name
    name text not null,
    key text not null,                       -- what its articles carry as `source`; never changes
    settings jsonb not null default '{}',    -- without secrets
    secrets bytea,                           -- sealed under the organisation's key, bound to this row
    cadence text not null check (cadence in ('15m', 'hour', 'day', 'manual')),
    readers text not null default 'source' check (readers in ('source', 'segment', 'internal')),
    segments uuid[] not null default '{}',
    max_age_hours int check (max_age_hours > 0),
    share int not null default 30 check (share between 1 and 100),
    canary text not null default '',
    marker jsonb,                            -- the source's own word for how far it was read
    made text not null default '',           -- how its pages were cut and embedded
    next_run_at timestamptz,
    first_done_at timestamptz,
    last_done_at timestamptz,
    withdrawn_at timestamptz,                -- too old: out of answers since
    created_at timestamptz not null default now(),
    primary key (org_id, id),
    unique (org_id, key)
);
create unique index on sources (org_id, lower(name));

create table source_runs (
    org_id uuid not null,
    id uuid not null,
    source_id uuid not null,
    by text not null,                        -- a person's name, or schedule
    outcome text not null default 'running' check (outcome in ('running', 'done', 'failed', 'waiting', 'stopped')),
    made_at timestamptz not null default now(),
    started_at timestamptz,
    ended_at timestamptz,
    trouble text not null default '',
    reason text not null default '',
    counts jsonb not null default '{}',
    done int not null default 0,
    total int,
    cursor jsonb,                            -- where it goes on when its process dies
    asked text[] not null default '{}',
    stop boolean not null default false,     -- somebody wants it to end
    primary key (org_id, id),
    foreign key (org_id, source_id) references sources on delete cascade
);
create unique index on source_runs (org_id, source_id) where ended_at is null;  -- one at a time
create index on source_runs (org_id, source_id, made_at desc);

create table source_pages (
    org_id uuid not null,
    source_id uuid not null,
    path text not null,
    part_of text not null,                   -- its path in the source, where a long document becomes several pages
    article_id uuid,
    title text not null default '',
    url text,
    marker text not null default '',
    state text not null check (state in ('synced', 'pending', 'error', 'excluded')),
    by_hand boolean not null default false,  -- a person excluded it
    reason text not null default '',
    leaving text not null default '' check (leaving in ('', 'held', 'kept')),
    withdrawn boolean not null default false, -- out of answers because its source is too old or its going is not decided, and back with it
    run_id uuid,                             -- the last run that named it
    updated_at timestamptz,                  -- in the source
    synced_at timestamptz,
    primary key (org_id, source_id, path),
    foreign key (org_id, source_id) references sources on delete cascade,
    foreign key (org_id, article_id) references articles on delete set null (article_id)
);
create index on source_pages (org_id, source_id, part_of);
create index on source_pages (org_id, article_id);

create table source_delays (                 -- from a change in the source to search, in seconds
    org_id uuid not null,
    id uuid not null,
    source_id uuid not null,
    path text not null,
    changed_at timestamptz not null,
    seconds real not null,
    primary key (org_id, id),
    foreign key (org_id, source_id) references sources on delete cascade
);
create index on source_delays (org_id, source_id, changed_at desc);

create table source_files (                  -- what the team uploaded; sources of the kind files read it
    org_id uuid not null,
    source_id uuid not null,
    name text not null,
    media_type text not null,
    size int not null,
    digest bytea not null,
    content bytea not null,
    by text not null,
    uploaded_at timestamptz not null default now(),
    primary key (org_id, source_id, name),
    foreign key (org_id, source_id) references sources on delete cascade
);
alter table source_files alter column content set storage external;
