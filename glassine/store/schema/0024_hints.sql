-- What people tell search: words that mean the same, and which article answers a question. No customer's words stand here.

create table synonyms (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    language text not null,
    phrases text[] not null,             -- as they were written
    terms text[] not null,               -- all their terms: whether a question may hold one of them
    created_at timestamptz not null default now(),
    primary key (org_id, id)
);

create table pins (                      -- the article that comes first for a question, as long as whoever asks may see it
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    article_id uuid not null,
    question text not null,
    language text not null,
    model text not null,                 -- that the vector was made with
    vector halfvec(384) not null,
    created_at timestamptz not null default now(),
    primary key (org_id, id),
    foreign key (org_id, article_id) references articles on delete cascade
);
create index on pins (org_id, article_id);
