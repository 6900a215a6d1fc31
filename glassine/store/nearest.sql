-- name: all
-- The version that this statement sees, and for each scope the passages with their bits, sixty bytes each, as one value: a row each would take ten times as long to read.
select (select coalesce(max(version), 0) from knowledge) as version, scope, string_agg(int8send(passage) || bit_send(bits), ''::bytea) as packed
from passage_vectors where model = %(model)s group by scope
union all
select (select coalesce(max(version), 0) from knowledge), null, null

-- name: since
-- The same of what was published after a version, and on the last line what has left the search since then, which is kept for an hour at least (versions.sql).
select (select coalesce(max(version), 0) from knowledge) as version, v.scope, string_agg(int8send(v.passage) || bit_send(v.bits), ''::bytea) as packed, array[]::bigint[] as gone
from passages p join passage_vectors v on v.passage = p.number and v.model = %(model)s
where p.since > %(version)s group by v.scope
union all
select (select coalesce(max(version), 0) from knowledge), null, null, array(select number from former_passages where until > %(version)s)
