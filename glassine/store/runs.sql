-- name: open
-- One at a time: while one waits or runs, no second is made.
insert into source_runs (org_id, id, source_id, by, asked) values (%(org)s, %(id)s, %(source)s, %(by)s, %(asked)s)
on conflict (org_id, source_id) where ended_at is null do nothing
returning id

-- name: begin
-- A run that goes on after its process died keeps when it began.
update source_runs set started_at = coalesce(started_at, clock_timestamp()) where org_id = %(org)s and id = %(id)s and ended_at is null returning *

-- name: progress
update source_runs set counts = %(counts)s, done = %(done)s, total = %(total)s where org_id = %(org)s and id = %(id)s returning stop

-- name: checkpoint
update source_runs set cursor = %(cursor)s, counts = %(counts)s, done = %(done)s, total = %(total)s where org_id = %(org)s and id = %(id)s

-- name: end
update source_runs set outcome = %(outcome)s, trouble = %(trouble)s, reason = %(reason)s, counts = %(counts)s, done = %(done)s, total = %(total)s, ended_at = clock_timestamp(), cursor = null
where org_id = %(org)s and id = %(id)s and ended_at is null

-- name: failures
-- How many of its newest runs failed, one after the other.
select count(*)::int as n from (
    select count(*) filter (where outcome <> 'failed') over (order by made_at desc, id desc) as others from (
        select id, made_at, outcome from source_runs where org_id = %(org)s and source_id = %(source)s and ended_at is not null order by made_at desc, id desc limit 20
    ) newest
) counted where others = 0

-- name: settle
update source_runs set outcome = 'done', reason = %(reason)s where org_id = %(org)s and source_id = %(source)s and outcome = 'waiting'

-- name: stop
-- One that has not begun ends here; one that is under way ends itself.
update source_runs set stop = true, outcome = case when started_at is null then 'stopped' else outcome end, ended_at = case when started_at is null then now() end
where org_id = %(org)s and source_id = %(source)s and ended_at is null returning id

-- name: load
select * from source_runs where org_id = %(org)s and id = %(id)s

-- name: under_way
select id from source_runs where org_id = %(org)s and source_id = %(source)s and ended_at is null

-- name: of_source
select * from source_runs where org_id = %(org)s and source_id = %(source)s order by made_at desc limit %(limit)s

-- name: newest
select distinct on (source_id) * from source_runs where org_id = %(org)s order by source_id, made_at desc

-- name: forget
-- The last two hundred of a source are kept.
delete from source_runs where org_id = %(org)s and source_id = %(source)s and ended_at is not null
    and made_at < (select made_at from source_runs where org_id = %(org)s and source_id = %(source)s order by made_at desc offset 200 limit 1)

-- name: known
select p.path, p.part_of, p.article_id, p.marker, p.state, p.reason, p.by_hand, p.leaving, p.withdrawn, p.run_id, a.digest, coalesce(a.status = 'published', false) as published
from source_pages p left join articles a on a.org_id = p.org_id and a.id = p.article_id
where p.org_id = %(org)s and p.source_id = %(source)s

-- name: adopt
-- Articles that an import brought before its source was known as one.
insert into source_pages (org_id, source_id, path, part_of, article_id, title, url, state, synced_at)
select org_id, %(source)s, path, path, id, title, url, 'synced', updated_at from articles where org_id = %(org)s and source = %(key)s
on conflict (org_id, source_id, path) do nothing

-- name: put_page
insert into source_pages (org_id, source_id, path, part_of, article_id, title, url, marker, state, reason, run_id, updated_at, synced_at)
values (%(org)s, %(source)s, %(path)s, %(part_of)s, %(article)s, %(title)s, %(url)s, %(marker)s, %(state)s, %(reason)s, %(run)s, %(updated_at)s, %(synced_at)s)
on conflict (org_id, source_id, path) do update set article_id = coalesce(excluded.article_id, source_pages.article_id), part_of = excluded.part_of,
    title = coalesce(nullif(excluded.title, ''), source_pages.title), url = coalesce(excluded.url, source_pages.url), marker = excluded.marker,
    state = case when source_pages.by_hand then 'excluded' else excluded.state end, reason = case when source_pages.by_hand then source_pages.reason else excluded.reason end,
    leaving = '', withdrawn = false, run_id = excluded.run_id, updated_at = coalesce(excluded.updated_at, source_pages.updated_at),
    synced_at = coalesce(excluded.synced_at, source_pages.synced_at)

-- name: named
-- They are there, with all their parts: whatever was being decided about their going is settled.
update source_pages set run_id = %(run)s, leaving = '' where org_id = %(org)s and source_id = %(source)s and part_of = any(%(paths)s)

-- name: trouble
update source_pages set state = case when by_hand then state else 'error' end, reason = case when by_hand then reason else %(reason)s end, marker = %(marker)s, leaving = '', run_id = %(run)s
where org_id = %(org)s and source_id = %(source)s and part_of = %(path)s returning path

-- name: unnamed
-- What a run that named everything did not name.
select path, article_id from source_pages where org_id = %(org)s and source_id = %(source)s and run_id is distinct from %(run)s and leaving <> 'kept'

-- name: names
select exists (select from source_pages where org_id = %(org)s and source_id = %(source)s and run_id = %(run)s) as any

-- name: hold
update source_pages set leaving = 'held' where org_id = %(org)s and source_id = %(source)s and path = any(%(paths)s)

-- name: held
select path, article_id, title, url from source_pages where org_id = %(org)s and source_id = %(source)s and leaving = 'held' order by path limit %(limit)s

-- name: keep_held
update source_pages set leaving = 'kept' where org_id = %(org)s and source_id = %(source)s and leaving = 'held' returning path

-- name: withdraw
update source_pages set withdrawn = true where org_id = %(org)s and source_id = %(source)s and path = any(%(paths)s)

-- name: withdrawn
select path, article_id from source_pages where org_id = %(org)s and source_id = %(source)s and withdrawn and article_id is not null and not by_hand order by path

-- name: returned
update source_pages set withdrawn = false where org_id = %(org)s and source_id = %(source)s and path = any(%(paths)s)

-- name: delete_pages
delete from source_pages where org_id = %(org)s and source_id = %(source)s and path = any(%(paths)s)

-- name: excluded
-- By a person, or again with whatever the next run finds.
update source_pages set by_hand = %(on)s, state = case when %(on)s then 'excluded' else 'pending' end, reason = case when %(on)s then %(reason)s else '' end, marker = '', leaving = ''
where org_id = %(org)s and source_id = %(source)s and part_of = any(%(paths)s) returning path, article_id

-- name: again
update source_pages set state = 'pending', marker = '' where org_id = %(org)s and source_id = %(source)s and part_of = any(%(paths)s) and not by_hand returning part_of

-- name: left_over
-- What waits, or could not be fetched, though the run was only about what has changed. What was fetched and cannot be read has a marker.
select distinct part_of from source_pages
where org_id = %(org)s and source_id = %(source)s and (state = 'pending' or (state = 'error' and marker = '')) and run_id is distinct from %(run)s and not by_hand order by part_of limit 200

-- name: page
select *, count(*) over () as found from source_pages
where org_id = %(org)s and source_id = %(source)s and (%(state)s = '' or (%(state)s = 'leaving' and leaving = 'held') or state = %(state)s)
  and (%(contains)s = '' or strpos(lower(path || ' ' || title), lower(%(contains)s)) > 0)
order by path limit %(limit)s offset %(offset)s

-- name: one_page
select * from source_pages where org_id = %(org)s and source_id = %(source)s and path = %(path)s

-- name: of_article
select * from source_pages where org_id = %(org)s and article_id = %(article)s limit 1

-- name: parts
select path, article_id from source_pages where org_id = %(org)s and source_id = %(source)s and part_of = %(path)s

-- name: states
select source_id, count(*) filter (where state = 'synced')::int as synced, count(*) filter (where state = 'pending')::int as pending,
    count(*) filter (where state = 'error')::int as error, count(*) filter (where state = 'excluded')::int as excluded, count(*) filter (where leaving = 'held')::int as held
from source_pages where org_id = %(org)s group by source_id

-- name: put_delay
insert into source_delays (org_id, id, source_id, path, changed_at, seconds) values (%(org)s, %(id)s, %(source)s, %(path)s, %(changed_at)s, %(seconds)s)

-- name: delays
select d.source_id, percentile_cont(0.5) within group (order by seconds) as p50, percentile_cont(0.95) within group (order by seconds) as p95, count(*)::int as changes
from source_delays d join sources s on s.org_id = d.org_id and s.id = d.source_id
where d.org_id = %(org)s and changed_at > %(since)s and (not %(canary)s or path = s.canary) group by d.source_id

-- name: forget_delays
delete from source_delays where org_id = %(org)s and source_id = %(source)s and changed_at < %(before)s
