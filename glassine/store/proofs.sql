-- name: keep
insert into proofs (id, report, passed) values (%(id)s, %(report)s, %(passed)s)

-- name: latest
select report from proofs order by created_at desc limit 1
