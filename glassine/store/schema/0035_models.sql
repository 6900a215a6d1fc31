-- Language models: several to an organisation, what they were used for, and which of them are not asked for a while.

-- The one model that an organisation could set becomes the first of its list. The closing file forces row-level security again, in this transaction.
alter table organizations no force row level security;
update organizations set settings = settings || jsonb_build_object('models', jsonb_build_array(jsonb_build_object(
    'id', gen_random_uuid()::text, 'name', settings->>'llm_model', 'wire', 'openai', 'url', settings->>'llm_url', 'model', settings->>'llm_model', 'key', coalesce(settings->>'llm_key', '')
))) where coalesce(settings->>'llm_url', '') <> '' and coalesce(settings->>'llm_model', '') <> '';
update organizations set settings = settings - 'llm_url' - 'llm_model' - 'llm_key' where settings ?| array['llm_url', 'llm_model', 'llm_key'];

create table model_use (                 -- counted by day (UTC); no word of a prompt or an answer
    org_id uuid not null references organizations on delete cascade,
    day date not null,
    endpoint text not null,              -- its id among the organisation's models, or `operator`
    purpose text not null,
    name text not null,                  -- as it was called last, for when it has been removed
    calls bigint not null default 0,
    failures bigint not null default 0,
    tokens_in bigint not null default 0,
    tokens_cached bigint not null default 0,
    tokens_out bigint not null default 0,
    money double precision not null default 0,
    primary key (org_id, day, endpoint, purpose)
);

create table model_breakers (            -- what processes tell each other of models that fail
    org_id uuid not null references organizations on delete cascade,
    endpoint text not null,
    failures integer not null,           -- in a row
    until timestamptz not null,          -- it is not asked before
    says text not null,                  -- a sentence of ours
    changed_at timestamptz not null,
    primary key (org_id, endpoint)
);

create table model_notices (             -- shares of a day's budget that the team was told of
    org_id uuid not null references organizations on delete cascade,
    day date not null,
    share integer not null,              -- of a hundred
    primary key (org_id, day, share)
);
