-- Each time that a language model was asked to sum a session up for whoever takes it over: what it saw, what it said, and what was taken of that. Masked text only.
create table summaries (
    org_id uuid not null,
    id uuid not null,
    session_id uuid not null,
    turn_id uuid,                        -- the turn that had handed the session off; null: people took it
    handed_off_at timestamptz not null,  -- the handoff that was summed up
    seen bigint not null,                -- the newest event that was read
    outcome text not null check (outcome in ('written', 'refused', 'failed', 'late')),
    model text not null,
    fields jsonb not null default '{}',  -- helpdesk -> custom field -> value
    trace jsonb not null,
    created_at timestamptz not null default clock_timestamp(),
    redacted_at timestamptz,             -- its words are gone
    primary key (org_id, id),
    foreign key (org_id, session_id) references sessions on delete cascade
);
create index on summaries (org_id, session_id, created_at);

alter table helpdesks add column forms jsonb not null default '{}';  -- what may stand in its custom fields, by field, as it said when its settings were tried last
