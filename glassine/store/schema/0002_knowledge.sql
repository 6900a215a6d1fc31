-- Knowledge: articles, and what search reads of the published ones. An article that is not published has no row below `articles`.
-- `internal` stands in the keys of what is ranked, so that what an audience may not see is never read there, let alone scored.

create table articles (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    source text not null,                -- 'editor', or the name of an import
    path text not null,                  -- its place in that source
    title text not null,
    body text not null,                  -- Markdown
    status text not null default 'draft' check (status in ('draft', 'published')),
    audience text not null default 'public' check (audience in ('public', 'internal')),
    language text not null,
    url text,
    digest text not null default '',     -- of what was indexed and how: an import skips what has not changed
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (org_id, id),
    unique (org_id, source, path)
);
create index on articles (org_id, updated_at desc, id);

create table passages (
    org_id uuid not null,
    number bigint generated always as identity,  -- what the tables below refer to; ids are for the outside
    id uuid not null,
    article_id uuid not null,
    internal boolean not null,           -- for the team only
    position int not null,
    heading text not null,
    text text not null,
    sentences text[] not null,
    primary key (org_id, number),
    unique (org_id, article_id, position),
    foreign key (org_id, article_id) references articles on delete cascade
);
create index on passages (org_id, internal);

create table passage_vectors (           -- narrow, because every search reads all of an organisation's
    org_id uuid not null,
    model text not null,
    internal boolean not null,
    passage bigint not null,
    vector halfvec(384) not null,
    primary key (org_id, model, internal, passage),
    foreign key (org_id, passage) references passages on delete cascade
);
alter table passage_vectors alter column vector set storage plain;
create index on passage_vectors (org_id, passage);

create table sentence_vectors (          -- one row a passage, read for the candidates of a search only
    org_id uuid not null,
    passage bigint not null,
    model text not null,
    vectors bytea not null,              -- (1 heading + sentences) x 384 signed bytes, row by row; only their directions count
    primary key (org_id, passage, model),
    foreign key (org_id, passage) references passages on delete cascade
) with (toast_tuple_target = 8160);      -- most rows stay whole in the table: one read instead of three
alter table sentence_vectors alter column vectors set storage external;

create table postings (                  -- which terms stand in which passage; looked up by equality only
    org_id uuid not null,
    internal boolean not null,
    term text not null collate "C",
    passage bigint not null,
    weight real not null,                -- BM25's part that depends on the passage alone
    primary key (org_id, internal, term, passage) include (weight),
    foreign key (org_id, passage) references passages on delete cascade
);
create index on postings (org_id, passage);
