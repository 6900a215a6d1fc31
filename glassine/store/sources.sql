-- name: insert
insert into sources (org_id, id, kind, name, key, settings, secrets, cadence, readers, segments, max_age_hours, share, canary, next_run_at)
values (%(org)s, %(id)s, %(kind)s, %(name)s, %(key)s, %(settings)s, %(secrets)s, %(cadence)s, %(readers)s, %(segments)s, %(max_age_hours)s, %(share)s, %(canary)s, %(next_run_at)s)
returning *

-- name: update
-- `anew`: other settings may name other pages, so the next run reads everything.
update sources set name = %(name)s, settings = %(settings)s, secrets = %(secrets)s, cadence = %(cadence)s, readers = %(readers)s, segments = %(segments)s,
    max_age_hours = %(max_age_hours)s, share = %(share)s, canary = %(canary)s, next_run_at = %(next_run_at)s, marker = case when %(anew)s then null else marker end,
    made = case when %(anew)s then '' else made end
where org_id = %(org)s and id = %(id)s
returning *

-- name: reseal
update sources set secrets = %(secrets)s where org_id = %(org)s and id = %(id)s

-- name: load
select * from sources where org_id = %(org)s and id = %(id)s

-- name: lock
select * from sources where org_id = %(org)s and id = %(id)s for update

-- name: hold
select from sources where org_id = %(org)s and id = %(id)s for key share

-- name: by_key
select * from sources where org_id = %(org)s and key = %(key)s

-- name: taken
select 1 from sources where org_id = %(org)s and (key = %(name)s or lower(name) = lower(%(name)s))
union all select 1 from articles where org_id = %(org)s and source = %(name)s
limit 1

-- name: all
select * from sources where org_id = %(org)s order by lower(name)

-- name: delete
delete from sources where org_id = %(org)s and id = %(id)s

-- name: due
select id from sources s where org_id = %(org)s and next_run_at <= %(now)s
    and not exists (select from source_runs r where r.org_id = s.org_id and r.source_id = s.id and r.ended_at is null)

-- name: aged
-- Sources whose age limit has just passed.
select * from sources where org_id = %(org)s and withdrawn_at is null and max_age_hours is not null and last_done_at + make_interval(hours => max_age_hours) < %(now)s
for update skip locked

-- name: set_withdrawn
update sources set withdrawn_at = %(at)s where org_id = %(org)s and id = %(id)s

-- name: set_next
update sources set next_run_at = %(at)s where org_id = %(org)s and id = %(id)s

-- name: put_off
-- Not what somebody asked for while it was being read: that is due before the time that was planned.
update sources set next_run_at = %(at)s where org_id = %(org)s and id = %(id)s and next_run_at >= %(planned)s::timestamptz - interval '1 minute'

-- name: begin_anew
-- What was cut, embedded or chosen otherwise does not count any more. What is read from now on does, also where the run breaks off.
with forgotten as (update source_pages set marker = '' where org_id = %(org)s and source_id = %(id)s and marker <> '')
update sources set made = %(made)s, marker = null where org_id = %(org)s and id = %(id)s returning *

-- name: succeeded
update sources set marker = coalesce(%(marker)s, marker), last_done_at = %(at)s, first_done_at = coalesce(first_done_at, %(at)s)
where org_id = %(org)s and id = %(id)s

-- name: put_file
insert into source_files (org_id, source_id, name, media_type, size, digest, content, by)
values (%(org)s, %(source)s, %(name)s, %(media_type)s, %(size)s, sha256(%(content)s::bytea), %(content)s, %(by)s)
on conflict (org_id, source_id, name) do update set media_type = excluded.media_type, size = excluded.size, digest = excluded.digest, content = excluded.content,
    by = excluded.by, uploaded_at = now()

-- name: files
select name, media_type, size, encode(digest, 'hex') as digest, by, uploaded_at from source_files where org_id = %(org)s and source_id = %(source)s order by lower(name), name

-- name: file
select name, media_type, content from source_files where org_id = %(org)s and source_id = %(source)s and name = %(name)s

-- name: delete_file
delete from source_files where org_id = %(org)s and source_id = %(source)s and name = %(name)s returning 1

-- name: file_room
select coalesce(sum(size), 0)::bigint as bytes, count(*)::int as n from source_files where org_id = %(org)s and source_id = %(source)s and name <> %(name)s
