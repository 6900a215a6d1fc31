-- name: find
select digest, vector, words from topic_vectors where org_id = %(org)s and model = %(model)s and digest = any(%(digests)s)

-- name: add
insert into topic_vectors (org_id, model, digest, vector, words)
select %(org)s, %(model)s, * from unnest(%(digests)s::bytea[], %(vectors)s::bytea[], %(words)s::bytea[])
on conflict do nothing

-- name: forget_others
delete from topic_vectors where org_id = %(org)s and digest <> all(%(digests)s)
