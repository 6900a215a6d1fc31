-- What replay needs of a turn: which knowledge it read, what was set then, and which placeholders there were. Who types, and what is watched closely.
-- No customer's words stand in these tables and columns. What a turn saw and said stays in turns.trace, masked, and goes when that is emptied.

alter table turns add column knowledge bigint;    -- the version of the knowledge base that its search read; null: it did not search
alter table turns add column conditions uuid;     -- what was set then; null: taken before this was kept, and cannot be replayed
create index turns_knowledge on turns (org_id, knowledge) where knowledge is not null;

create table conditions (                -- what a turn depends on beside the conversation and the knowledge, kept once for all turns that share it
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,                    -- of the content
    content jsonb not null,              -- settings without keys and addresses, mode of the channel, version of the program, names of the models
    created_at timestamptz not null default now(),
    primary key (org_id, id)
);

alter table vault add column seq int;    -- the event that brought the value: a replay masks with what was there before it

alter table sessions add column typing_by uuid;              -- who of the team is writing a reply, and until when the AI waits for it
alter table sessions add column typing_until timestamptz;
alter table sessions add column debug_until timestamptz;     -- until when its turns record more than they need

create table knowledge (                 -- one row an organisation: counts up with every change of what search reads
    org_id uuid primary key references organizations on delete cascade,
    version bigint not null
);

-- A passage knows what a search shows beside it, and since which version it is there, so that it can be kept as it was.
alter table passages add column since bigint not null default 0, add column title text not null default '', add column url text,
    add column language text not null default 'en';
alter table passages no force row level security;
alter table articles no force row level security;
update passages p set title = a.title, url = a.url, language = a.language from articles a where a.org_id = p.org_id and a.id = p.article_id;

create table former_passages (           -- passages that search reads no more, for as long as a turn is kept that may have read them
    org_id uuid not null references organizations on delete cascade,
    number bigint not null,
    id uuid not null,
    article_id uuid not null,            -- which may be gone
    internal boolean not null,
    title text not null,
    url text,
    language text not null,
    heading text not null,
    text text not null,
    sentences text[] not null,
    terms text[] not null,
    weights real[] not null,
    since bigint not null,               -- the first version that had it …
    until bigint not null,               -- … and the first that had it no more
    removed_at timestamptz not null default now(),
    primary key (org_id, number)
);
create index on former_passages (org_id, until);

create table former_vectors (
    org_id uuid not null,
    passage bigint not null,
    model text not null,
    vector halfvec(384) not null,
    sentences bytea,
    primary key (org_id, passage, model),
    foreign key (org_id, passage) references former_passages on delete cascade
);
