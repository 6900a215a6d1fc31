-- One-time codes of calls that wait for one: never the code, a keyed digest of it.

create table one_time_codes (
    org_id uuid not null,
    call_id uuid not null,
    session_id uuid not null,
    contact_id uuid not null,
    digest bytea not null,               -- under the contact's key
    tries int not null default 0,
    sent int not null default 1,
    sent_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    primary key (org_id, call_id),
    foreign key (org_id, session_id) references sessions on delete cascade
);
create index on one_time_codes (org_id, contact_id, sent_at);
create index on one_time_codes (org_id, session_id);
