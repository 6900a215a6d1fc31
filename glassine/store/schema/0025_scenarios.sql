-- Training scenarios: what the organisation tells its AI beside the articles. `live` is what turns read; `draft` is what is being written.

create table scenarios (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    kind text not null default 'scenario_specific' check (kind in ('behavioral', 'scenario_specific')),
    directory text not null default '',
    enabled boolean not null default true,
    draft jsonb not null,                -- words/scenarios.py: Fields
    live jsonb,                          -- null: it was never published, or taken back
    version int not null default 0,      -- of what is live, or was last
    published_at timestamptz,
    learned_from uuid,                   -- the session it was made from; may be gone
    accepted_by uuid,                    -- who published it first
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default clock_timestamp(),
    primary key (org_id, id)
);
create index on scenarios (org_id, directory);

create table scenario_versions (         -- immutable: what was published
    org_id uuid not null,
    scenario_id uuid not null,
    number int not null,
    fields jsonb not null,
    kind text not null,
    by uuid,
    created_at timestamptz not null default clock_timestamp(),
    primary key (org_id, scenario_id, number),
    foreign key (org_id, scenario_id) references scenarios on delete cascade
);

create table scenario_vectors (          -- of the live trigger questions, by model
    org_id uuid not null,
    scenario_id uuid not null,
    model text not null,
    position int not null,
    vector bytea not null,               -- 384 half floats
    primary key (org_id, scenario_id, model, position),
    foreign key (org_id, scenario_id) references scenarios on delete cascade
);
