-- Imports of OpenAPI files: what a file says until somebody has looked at it, and what an import changed, so that it can be undone. Nothing of a contact's stands here.

create table action_imports (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    origin text not null,                -- what the imported actions belong to: a later import of the same origin replaces them
    came_from text not null default '',  -- the address of the file, where it was fetched
    base text not null default '',       -- the base address that somebody chose
    file bytea,                          -- compressed, as long as it may be read again with another base
    found jsonb not null,                -- what it offers, operation by operation
    by uuid,
    by_name text not null default '',
    created_at timestamptz not null default clock_timestamp(),
    taken_at timestamptz,                -- null: nobody has imported it yet
    changed jsonb not null default '[]', -- what the import touched: each action as it was before, and its version after
    undone_at timestamptz,
    primary key (org_id, id)
);
create index on action_imports (org_id, origin, taken_at desc);
