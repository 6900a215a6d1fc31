-- What `glassine prove` leaves behind: its reports. And what it needs of the queue: a process may keep organisations for itself.

create table proofs (                    -- signed reports, of the installation and not of an organisation: counts and places, no value
    id uuid primary key,
    report jsonb not null,
    passed boolean not null,
    created_at timestamptz not null default now()
);
create index on proofs (created_at desc);

-- While such a process gives signs of life, nobody else runs these organisations' jobs, and it runs nobody else's. Null: any but those.
alter table workers add column keeps uuid[];
