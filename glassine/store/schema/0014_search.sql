-- What late interaction compares (docs/decisions/0033): for each word of a passage the signs of its vector, one bit a dimension, made in the same run of the
-- model as the passage's vector. They go where the passage goes: away with it, or aside with its former version.

alter table sentence_vectors add column words bytea;  -- a count, the ends of heading and sentences, then 48 bytes a word; null: the model tells only of whole texts
alter table sentence_vectors alter column words set storage external;
alter table former_vectors add column words bytea;
