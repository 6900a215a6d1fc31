-- Who sees what: articles for everybody, for the team, or for segments of contacts. What search ranks carries one small number in its keys, `scope`:
-- 0 for everybody, 1 for the team only, from 2 on a set of segments as it stands in `scopes`. Nothing but these keys decides what a search reads.

create table segments (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    name text not null,
    description text not null default '',
    field text not null default '',      -- of a contact's custom data; empty: members are named one by one
    operator text not null default 'is' check (operator in ('is', 'contains', 'any_of', 'set')),
    value text not null default '',
    ruled_at timestamptz not null default now(),  -- since when field, operator and value are as they are
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (org_id, id)
);
create unique index on segments (org_id, lower(name));

create table segment_members (           -- no customer's words: which contact belongs, and why
    org_id uuid not null,
    segment_id uuid not null,
    contact_id uuid not null,
    by_rule boolean not null default false,
    by_hand boolean not null default false,
    primary key (org_id, segment_id, contact_id),
    foreign key (org_id, segment_id) references segments on delete cascade,
    foreign key (org_id, contact_id) references contacts on delete cascade,
    check (by_rule or by_hand)
);
create index on segment_members (org_id, contact_id);

create table scopes (                    -- sets of segments; whoever belongs to one of them sees what carries the number
    org_id uuid not null references organizations on delete cascade,
    number int generated always as identity (minvalue 2),
    segments uuid[] not null,            -- in order; a segment that is deleted leaves its sets, and an empty set is seen by the team alone
    primary key (org_id, number)
);

alter table articles no force row level security;
alter table articles add column scope int not null default 0;
update articles set scope = 1 where audience = 'internal';
alter table articles drop constraint articles_audience_check;
alter table articles add check (audience in ('public', 'segment', 'internal'));
alter table articles add check ((audience = 'public') = (scope = 0));  -- so that no other word makes something public

alter table passages alter column internal type int using internal::int;
alter table passages rename column internal to scope;
alter table passage_vectors alter column internal type int using internal::int;
alter table passage_vectors rename column internal to scope;
alter table postings alter column internal type int using internal::int;
alter table postings rename column internal to scope;
alter table former_passages alter column internal type int using internal::int;
alter table former_passages rename column internal to scope;
