-- Gaps: questions that found no answer, gathered by what they mean. No customer's words stand here: a question points to its message, whose words
-- are masked, and shows nothing once those are redacted, grown old or erased.

create table gaps (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    language text not null,
    model text not null,                 -- that its vectors were made with; others cannot be compared
    name text not null default '',       -- as a person calls it; empty: the words of the question in its middle
    status text not null default 'open' check (status in ('open', 'resolved', 'archived')),
    by_itself boolean not null default false,  -- the status came of later answers, not of a person
    changed_at timestamptz not null default now(),  -- of the status
    merged_into uuid,
    article_id uuid,                     -- that was drafted for it
    middle uuid,                         -- the message nearest to its centre
    centre bytea not null,               -- half floats of norm 1
    weight int not null,                 -- how many questions the centre is made of
    created_at timestamptz not null default now(),
    primary key (org_id, id),
    foreign key (org_id, merged_into) references gaps on delete set null (merged_into),
    foreign key (org_id, article_id) references articles on delete set null (article_id)
);

create table gap_questions (             -- a turn that left a question open, or answered one like those
    org_id uuid not null,
    turn_id uuid not null,
    gap_id uuid not null,
    session_id uuid not null,
    message_id uuid not null,
    why text not null check (why in ('nothing_found', 'not_sure', 'did_you_mean', 'not_grounded', 'downvoted', 'answered')),
    vector bytea not null,
    asked_at timestamptz not null,
    primary key (org_id, turn_id),
    foreign key (org_id, gap_id) references gaps on delete cascade,
    foreign key (org_id, session_id) references sessions on delete cascade
);
create index on gap_questions (org_id, gap_id, asked_at);
create index on gap_questions (org_id, session_id);

create table gap_marks (                 -- up to which turn an organisation's were looked at
    org_id uuid primary key references organizations on delete cascade,
    turned_at timestamptz not null,
    turn_id uuid not null
);
create index turns_in_order on turns (org_id, created_at, id);
