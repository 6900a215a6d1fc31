-- What was refused at a door because a boundary is switched off: counts by day. What the egress gate refuses stands in the ledger, one by one.

create table refusals (
    org_id uuid not null references organizations on delete cascade,
    boundary text not null,
    day date not null,
    refused bigint not null,
    last timestamptz not null,
    primary key (org_id, boundary, day)
);
