-- A change of how the AI behaves, tried on past conversations before it goes live. What is kept of those is masked, and goes with the turn it is of.

create table rehearsals (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    proposal jsonb not null,             -- parts of the rulebook, a scenario's id, ids of models
    rulebook int not null,               -- the version that it is held against
    wanted int not null,                 -- sessions
    state text not null default 'running' check (state in ('running', 'ready', 'stopped', 'cancelled', 'published', 'dropped')),
    asks boolean not null default false, -- whether language models are asked
    why text not null default '',        -- a sentence of ours
    by uuid,
    created_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    primary key (org_id, id)
);
create index on rehearsals (org_id, created_at desc);

create table rehearsed (                 -- one session of it
    org_id uuid not null,
    rehearsal_id uuid not null,
    session_id uuid not null,
    place int not null,                  -- the newest session is 1
    verdict text not null default 'waiting' check (verdict in ('waiting', 'same', 'differs', 'unknown', 'left_out')),
    turn_id uuid,                        -- the first that would end otherwise
    before jsonb,                        -- how it ends and what would be written, masked
    after jsonb,
    why text not null default '',
    tokens_in int not null default 0,
    tokens_out int not null default 0,
    primary key (org_id, rehearsal_id, session_id),
    foreign key (org_id, rehearsal_id) references rehearsals on delete cascade,
    foreign key (org_id, session_id) references sessions on delete cascade,
    foreign key (org_id, turn_id) references turns on delete cascade
);
create index on rehearsed (org_id, rehearsal_id, verdict, place);
create index on rehearsed (org_id, session_id);
create index on rehearsed (org_id, turn_id) where turn_id is not null;
