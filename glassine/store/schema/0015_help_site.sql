-- The help centre as everybody outside reads it: what it looks like and where it is, and whether its articles helped.

-- The one definition of what is public. Whoever shows something to strangers reads it here.
create view public_articles with (security_invoker = true) as
    select org_id, id, source, path, title, body, language, url, topic, position, slug, description, meta_title, meta_description, translation_of,
        published_at, updated_at, coalesce(published_at, updated_at) as changed_at
    from articles where status = 'published' and audience = 'public' and deleted_at is null;
grant select on public_articles to glassine_app;

create table help_sites (
    org_id uuid primary key references organizations on delete cascade,
    title text not null default '',      -- empty: the organisation's name
    slug text not null default '',       -- its address under /help; empty: the organisation's id
    domain text not null default '',     -- a host of its own; empty: none
    accent text not null default '',     -- #rrggbb; empty: ours
    logo bytea,
    logo_type text not null default '',
    logo_digest text not null default '',
    hidden boolean not null default false,  -- asks search engines to stay away
    header_links jsonb not null default '[]',
    footer_links jsonb not null default '[]',
    updated_at timestamptz not null default clock_timestamp()
);

create table article_votes (             -- whether an article helped
    org_id uuid not null,
    id uuid not null,
    article_id uuid not null,
    helpful boolean not null,
    comment text not null default '',    -- masked before it came here
    visitor bytea,                       -- a keyed hash that holds for one day and is forgotten after it
    created_at timestamptz not null default clock_timestamp(),
    primary key (org_id, id),
    unique (org_id, article_id, visitor),
    foreign key (org_id, article_id) references articles on delete cascade
);
create index on article_votes (org_id, created_at);
