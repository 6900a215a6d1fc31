-- How often a reranker outside gave no usable answer, by day and kind. The reasons are sentences of ours: no customer's words stand here.

create table rerank_failures (
    org_id uuid not null references organizations on delete cascade,
    day date not null,
    kind text not null,
    times integer not null,
    last_at timestamptz not null,
    says text not null,
    primary key (org_id, day, kind)
);
