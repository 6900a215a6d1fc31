-- name: insert
insert into turns (org_id, id, session_id, message_id, event_id, outcome, reasons, model, trace)
values (%(org)s, %(id)s, %(session)s, %(message)s, %(event)s, %(outcome)s, %(reasons)s, %(model)s, %(trace)s)

-- name: all
select * from turns where org_id = %(org)s and session_id = %(session)s order by created_at, id

-- name: load
select * from turns where org_id = %(org)s and session_id = %(session)s and id = %(id)s
