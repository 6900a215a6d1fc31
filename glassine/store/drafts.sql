-- name: load
select * from article_edits where org_id = %(org)s and article_id = %(id)s

-- name: put
insert into article_edits (org_id, article_id, fields, by) values (%(org)s, %(id)s, %(fields)s, %(by)s)
on conflict (org_id, article_id) do update set fields = excluded.fields, by = excluded.by, updated_at = clock_timestamp()
returning *

-- name: remove
delete from article_edits where org_id = %(org)s and article_id = %(id)s

-- name: add_version
-- The article's row is locked first, so that two versions never get one number.
with own as (
    update articles set version = version + 1 where org_id = %(org)s and id = %(id)s returning version
)
insert into article_versions (org_id, article_id, number, fields, published, note, by)
select %(org)s, %(id)s, version, %(fields)s, %(published)s, %(note)s, %(by)s from own
returning number

-- name: versions
select v.*, coalesce(p.name, '') as by_name from article_versions v left join people p on p.org_id = v.org_id and p.id = v.by
where v.org_id = %(org)s and v.article_id = %(id)s and (%(number)s::int is null or v.number = %(number)s)
  and (not %(published)s or v.published)
order by v.number desc limit %(limit)s
