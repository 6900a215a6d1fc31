-- name: put
insert into one_time_codes (org_id, call_id, session_id, contact_id, digest, expires_at)
values (%(org)s, %(call)s, %(session)s, %(contact)s, %(digest)s, clock_timestamp() + make_interval(mins => %(minutes)s))
on conflict (org_id, call_id) do update set digest = excluded.digest, expires_at = excluded.expires_at, sent = one_time_codes.sent + 1, sent_at = clock_timestamp()

-- name: tidy
delete from one_time_codes where org_id = %(org)s and expires_at < clock_timestamp() - interval '1 day'

-- name: sent
select coalesce(sum(sent), 0)::int as sent from one_time_codes where org_id = %(org)s and contact_id = %(contact)s and sent_at > clock_timestamp() - interval '1 hour'

-- name: attempt
-- Counted before it is compared, and never more often than allowed.
update one_time_codes set tries = tries + 1
where org_id = %(org)s and call_id = %(call)s and tries < %(most)s and expires_at > clock_timestamp() returning digest, tries

-- name: lately
select exists (select from one_time_codes where org_id = %(org)s and session_id = %(session)s and sent_at > clock_timestamp() - interval '1 hour') as lately
