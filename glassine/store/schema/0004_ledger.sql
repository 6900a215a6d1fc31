-- The ledger: one row per crossing, and a hash chain over the rows. Rows hold ids, sizes, types and keyed hashes, never text, and outlive
-- sessions and contacts. The application may add to these tables and change nothing in them; only `ledger_waiting` is a list to work off.

alter table crossings
    add column digest bytea not null default '',      -- keyed hash of what was about to leave
    add column raw boolean not null default false,    -- the destination may see personal values
    add column masked jsonb not null default '{}',    -- placeholders in it: type -> how many
    add column found jsonb not null default '{}',     -- raw values that the rescan found in it: type -> how many
    add column exempt int not null default 0;         -- raw values in it that the organisation has published itself
create index on crossings (org_id, session_id) where session_id is not null;

create table crossed_values (            -- "did this value ever leave?": hashes under the contact's key, worthless once that is gone
    org_id uuid not null,
    digest bytea not null,
    crossing_id uuid not null,
    primary key (org_id, digest, crossing_id)
);
create index on crossed_values (org_id, crossing_id);

create table ledger_links (              -- the chain: each link is made of the one before and of what its crossing says
    org_id uuid not null,
    seq bigint not null,
    crossing_id uuid not null,
    link bytea not null,
    sealed_at timestamptz not null,
    primary key (org_id, seq),
    unique (org_id, crossing_id)
);

create table ledger_anchors (            -- where a head of the chain was put for safe keeping
    org_id uuid not null,
    seq bigint not null,
    place text not null check (place in ('file', 'mail', 'url')),
    link bytea not null,
    anchored_at timestamptz not null default now(),
    primary key (org_id, seq, place)
);

create table ledger_waiting (            -- crossings that are yet to be sealed
    org_id uuid not null,
    crossing_id uuid not null,
    primary key (org_id, crossing_id)
);
-- Whoever seals looks from outside for organisations that wait; they see ids, as in the queue.
create policy seen_from_outside on ledger_waiting for select using (current_org() is null);

-- What crossed before there was a chain is sealed too. The closing file forces row-level security again, in this transaction.
alter table crossings no force row level security;
insert into ledger_waiting (org_id, crossing_id) select org_id, id from crossings;
