-- One bit a dimension beside each vector, in the primary key's index: a search reads the bits of all of an organisation's passages
-- from there, and the vectors of the few that they leave (docs/decisions/0026-bits-before-vectors.md).

alter table passage_vectors add column bits bit(384) not null generated always as (binary_quantize(vector)::bit(384)) stored;
alter table passage_vectors drop constraint passage_vectors_pkey;
alter table passage_vectors add primary key (org_id, model, internal, passage) include (bits);
