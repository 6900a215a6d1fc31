-- The help centre as people write it: topics, what an article has besides its text, its versions, and the copy that is being worked on.
-- `articles` holds what is live (and indexed) of a published article, and the draft itself of one that is not. What is written on a
-- published one stands in article_edits until it is published.

create table topics (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    parent uuid,
    name text not null,
    slug text not null,
    description text not null default '',
    icon text not null default '',       -- one of the icons that the help centre knows; empty: none
    position int not null default 0,
    names jsonb not null default '{}',   -- language -> name, where it differs
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (org_id, id),
    unique (org_id, slug),
    foreign key (org_id, parent) references topics on delete set null (parent)
);

alter table articles no force row level security;  -- the closing file forces it again; until then the owner sees what is to be filled in
alter table articles
    add column topic uuid,
    add column position int not null default 0,          -- within the topic
    add column slug text not null default '',            -- its address in the help centre; unique per language
    add column description text not null default '',
    add column meta_title text not null default '',      -- for search engines; empty: the title
    add column meta_description text not null default '', -- empty: the description
    add column translation_of uuid,
    add column translated_from int not null default 0,   -- the version of that article it was made from
    add column machine boolean not null default false,   -- a machine translated it, and no person has edited it since
    add column version int not null default 0,           -- the number of its newest row in article_versions
    add column deleted_at timestamptz,                   -- in the trash since
    add column published_at timestamptz,                 -- when it last became what readers see
    add foreign key (org_id, topic) references topics on delete set null (topic),
    add foreign key (org_id, translation_of) references articles on delete set null (translation_of);

-- Slugs of what is there: from the title, and where two have the same title the id tells them apart.
with plain as (
    select org_id, id, language, coalesce(nullif(left(trim(both '-' from regexp_replace(lower(title), '[^[:alnum:]]+', '-', 'g')), 80), ''), 'article') as base from articles
), counted as (
    select *, row_number() over (partition by org_id, language, base order by id) as n from plain
)
update articles a set slug = case when c.n = 1 then c.base else c.base || '-' || left(c.id::text, 8) end, published_at = case when a.status = 'published' then a.updated_at end
from counted c where c.org_id = a.org_id and c.id = a.id;

create unique index articles_slug on articles (org_id, language, slug) where deleted_at is null and slug <> '';
create index on articles (org_id, topic, position);
create index on articles (org_id, translation_of);
create index on articles (org_id, deleted_at) where deleted_at is not null;

create table article_slugs (             -- addresses that articles had before, so that old links still lead there
    org_id uuid not null,
    language text not null,
    slug text not null,
    article_id uuid not null,
    created_at timestamptz not null default now(),
    primary key (org_id, language, slug),
    foreign key (org_id, article_id) references articles on delete cascade
);

-- The wanted slug, or the next free one: `refunds`, `refunds-2`. Two transactions that want the same wait for each other.
create function free_slug(org uuid, lang text, wanted text, own uuid) returns text language plpgsql as $$
declare found text := wanted; n int := 1;
begin
    perform pg_advisory_xact_lock(hashtextextended(org::text || '/' || lang || '/' || wanted, 0));
    while exists (select from articles a where a.org_id = org and a.language = lang and a.slug = found and a.id <> own and a.deleted_at is null) loop
        n := n + 1;
        found := wanted || '-' || case when n < 50 then n::text else left(own::text, 8) end;
    end loop;
    return found;
end $$;

create table article_edits (             -- the working copy of a published article, while it differs from what is live
    org_id uuid not null,
    article_id uuid not null,
    fields jsonb not null,               -- words/articles.py: Fields
    by uuid,                             -- a person, or a key
    updated_at timestamptz not null default clock_timestamp(),
    primary key (org_id, article_id),
    foreign key (org_id, article_id) references articles on delete cascade
);

create table article_versions (          -- immutable: what was published, and working copies that were set aside
    org_id uuid not null,
    article_id uuid not null,
    number int not null,
    fields jsonb not null,
    published boolean not null,
    note text not null default '',
    by uuid,
    created_at timestamptz not null default clock_timestamp(),
    primary key (org_id, article_id, number),
    foreign key (org_id, article_id) references articles on delete cascade
);

insert into article_versions (org_id, article_id, number, fields, published, note, created_at)
select org_id, id, 1, jsonb_build_object('title', title, 'body', body, 'audience', audience, 'language', language, 'url', url, 'slug', slug), true, 'As it was', updated_at
from articles where source = 'editor' and status = 'published';
update articles set version = 1 where source = 'editor' and status = 'published';

create table images (                    -- pictures in articles
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    name text not null,
    media_type text not null,
    width int not null,
    height int not null,
    size int not null,
    digest bytea not null,               -- the same picture is kept once
    content bytea not null,
    by uuid,
    unused_since timestamptz default now(), -- null while an article shows it
    created_at timestamptz not null default now(),
    primary key (org_id, id)
);
alter table images alter column content set storage external;
create unique index on images (org_id, digest);

create table image_uses (                -- which article shows which picture: in its live text, or in its working copy
    org_id uuid not null,
    image_id uuid not null,
    article_id uuid not null,
    live boolean not null,
    primary key (org_id, image_id, article_id, live),
    foreign key (org_id, image_id) references images on delete cascade,
    foreign key (org_id, article_id) references articles on delete cascade
);
create index on image_uses (org_id, article_id);

create table content_rules (
    org_id uuid not null references organizations on delete cascade,
    id uuid not null,
    name text not null,
    kind text not null,                  -- words/articles.py: RuleKind
    value text not null default '',
    severity text not null check (severity in ('must', 'should')),
    active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (org_id, id)
);

create table links (                     -- addresses outside that published articles link to, and what they answered
    org_id uuid not null references organizations on delete cascade,
    url text not null,
    state text not null default 'new' check (state in ('new', 'fine', 'broken', 'unsure')),
    reason text not null default '',
    failures int not null default 0,     -- in a row
    ignored boolean not null default false,
    checked_at timestamptz,
    primary key (org_id, url)
);
create index on links (org_id, checked_at);

create table article_links (             -- where articles link to
    org_id uuid not null,
    article_id uuid not null,
    url text not null,
    internal boolean not null,           -- to another article, a heading or a picture of ours
    fault text not null default '',      -- of an internal one
    primary key (org_id, article_id, url),
    foreign key (org_id, article_id) references articles on delete cascade
);
create index on article_links (org_id, url);
