-- What models read of the topics that messages are compared with: by the text's digest, so that whoever tries lists out need not read them again.

create table topic_vectors (
    org_id uuid not null references organizations on delete cascade,
    model text not null,
    digest bytea not null,               -- of the text
    vector bytea not null,               -- 384 half floats
    words bytea not null,                -- as many for each word; empty where the model tells none
    primary key (org_id, model, digest)
);
