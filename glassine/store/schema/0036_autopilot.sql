-- How the AI is to behave, as one document with versions: each change is a row, the newest is in force, and nothing is changed afterwards.

create table autopilot_versions (
    org_id uuid not null references organizations on delete cascade,
    number int not null,
    part text not null,                  -- what of it was changed: words/autopilot.py names the parts
    content jsonb not null,              -- the whole document
    undoes int,                          -- the change that this one takes back
    by uuid,                             -- null: an API key
    created_at timestamptz not null default clock_timestamp(),
    primary key (org_id, number)
);
