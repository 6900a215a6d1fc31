-- name: all
select * from webhooks where org_id = %(org)s order by lower(name), created_at

-- name: load
select * from webhooks where org_id = %(org)s and id = %(id)s

-- name: some
select * from webhooks where org_id = %(org)s and id = any(%(ids)s)

-- name: hold
select * from webhooks where org_id = %(org)s and id = %(id)s for update

-- name: insert
insert into webhooks (org_id, id, name, url, events, channels, ordered, clear) values (%(org)s, %(id)s, %(name)s, %(url)s, %(events)s, %(channels)s, %(ordered)s, %(clear)s)
returning *

-- name: update
-- Where it goes may be another place now, so what was learnt of the former one is forgotten.
with fresh as (delete from lanes where org_id = %(org)s and id = %(id)s and exists (select from webhooks where org_id = %(org)s and id = %(id)s and url <> %(url)s))
update webhooks set name = %(name)s, url = %(url)s, events = %(events)s, channels = %(channels)s, ordered = %(ordered)s, clear = %(clear)s, updated_at = clock_timestamp()
where org_id = %(org)s and id = %(id)s
returning *

-- name: delete
-- What waits for it is let go, and so are its jobs; what it was sent stays in the log until it is old.
with gone as (
    delete from webhooks where org_id = %(org)s and id = %(id)s returning id
), dropped as (
    update deliveries d set state = 'dropped', why = 'The endpoint was removed.', settled_at = clock_timestamp()
    from gone where d.org_id = %(org)s and d.target = 'webhook' and d.target_id = gone.id and d.state = 'waiting'
    returning d.id
), lane as (
    delete from lanes where org_id = %(org)s and id = %(id)s
), jobless as (
    delete from jobs j using dropped where j.org_id = %(org)s and j.kind = 'deliver' and j.ref = dropped.id and j.owner is null
)
select count(*)::int as n from gone

-- name: secrets
-- The newest first; a former one as long as it signs.
select id, webhook_id, sealed, until, created_at from webhook_secrets
where org_id = %(org)s and webhook_id = any(%(ids)s) and (until is null or until > %(now)s)
order by created_at desc

-- name: every_secret
select id, sealed from webhook_secrets where org_id = %(org)s

-- name: add_secret
insert into webhook_secrets (org_id, id, webhook_id, sealed) values (%(org)s, %(id)s, %(webhook)s, %(sealed)s)

-- name: end_secrets
-- What signed until now does so until then, if not a shorter time; what has ended is forgotten.
with ended as (
    delete from webhook_secrets where org_id = %(org)s and webhook_id = %(webhook)s and until <= %(now)s
)
update webhook_secrets set until = least(coalesce(until, %(until)s), %(until)s) where org_id = %(org)s and webhook_id = %(webhook)s

-- name: reseal
update webhook_secrets set sealed = %(sealed)s where org_id = %(org)s and id = %(id)s

-- name: succeeded
-- Written down at most once a minute, or every delivery of a busy endpoint would wait for the one before; in the order of their ids, so that no two processes wait for each other.
with due as (
    select id from webhooks where org_id = %(org)s and id = any(%(ids)s) and (failing_since is not null or succeeded_at is null or succeeded_at + interval '1 minute' < %(now)s)
    order by id for update
)
update webhooks w set failing_since = null, succeeded_at = %(now)s from due where w.org_id = %(org)s and w.id = due.id

-- name: failed
-- Since when every try has failed, if it is not disabled. A day without any try ends the count: nothing is known of it.
update webhooks set failed_at = %(now)s,
    failing_since = case when failing_since is null or failed_at + interval '1 day' < %(now)s then %(now)s else failing_since end
where org_id = %(org)s and id = %(id)s and disabled_at is null
returning failing_since as since

-- name: disable
update webhooks set disabled_at = %(now)s, why = %(why)s, updated_at = clock_timestamp() where org_id = %(org)s and id = %(id)s and disabled_at is null returning id

-- name: enable
with fresh as (delete from lanes where org_id = %(org)s and id = %(id)s)
update webhooks set disabled_at = null, why = '', failing_since = null, failed_at = null, updated_at = clock_timestamp() where org_id = %(org)s and id = %(id)s and disabled_at is not null returning id

-- name: keep_tries
insert into webhook_tries (org_id, id, delivery_id, status, answer, why, milliseconds, at)
select %(org)s, gen_random_uuid(), t.delivery, t.status, t.answer, t.why, t.milliseconds, t.at
from jsonb_to_recordset(%(tries)s) as t (delivery uuid, status int, answer text, why text, milliseconds real, at timestamptz)

-- name: tries
select * from webhook_tries where org_id = %(org)s and delivery_id = any(%(deliveries)s) order by at

-- name: sent
select d.*, t.name, t.id as told from deliveries d join news t on t.org_id = d.org_id and t.id = d.ref
where d.org_id = %(org)s and d.target = 'webhook' and d.target_id = %(webhook)s
    and (%(state)s::text is null or d.state = %(state)s)
    and (%(delivery)s::uuid is null or d.id = %(delivery)s)
    and (%(before)s::timestamptz is null or (d.created_at, d.id) < (%(before)s, %(before_id)s::uuid))
order by d.created_at desc, d.id desc limit %(limit)s

-- name: counts
-- By endpoint, of the last day.
select d.target_id as webhook, d.state, count(*)::int as n from deliveries d
where d.org_id = %(org)s and d.target = 'webhook' and d.created_at > clock_timestamp() - interval '1 day'
group by d.target_id, d.state

-- name: resend
-- The same event once more, in a delivery of its own.
select deliver(d.org_id, 'webhook', w.id, 'event', d.session_id, d.ref, webhook_line(w.id, w.ordered, d.session_id, d.ref)) as id
from deliveries d join webhooks w on w.org_id = d.org_id and w.id = d.target_id join news t on t.org_id = d.org_id and t.id = d.ref
where d.org_id = %(org)s and d.id = %(delivery)s and w.id = %(webhook)s

-- name: replay
-- What an endpoint wants to hear and was told since then, oldest first; unless it has arrived already, or waits.
with missed as materialized (
    select w.id as webhook, w.ordered, t.id as told, t.session_id, t.place
    from webhooks w join news t on t.org_id = w.org_id
    where w.org_id = %(org)s and w.id = %(webhook)s and t.created_at >= %(since)s and t.alone is null and t.ref is distinct from w.id
        and (w.events = '{}' or t.name = any(w.events)) and (w.channels = '{}' or t.channel is null or t.channel = any(w.channels))
        and not exists (
            select from deliveries d where d.org_id = w.org_id and d.target = 'webhook' and d.target_id = w.id and d.ref = t.id
                and (d.state = 'waiting' or (d.state = 'done' and not %(all)s))
        )
    order by t.place limit %(most)s
), sent as (
    select deliver(%(org)s, 'webhook', m.webhook, 'event', m.session_id, m.told, webhook_line(m.webhook, m.ordered, m.session_id, m.told))
    from (select * from missed order by place) m
)
select count(*)::int as n from sent

-- name: blank_answers
-- What endpoints answered may quote what they were sent.
update webhook_tries w set answer = '' from deliveries d
where w.org_id = %(org)s and d.org_id = w.org_id and d.id = w.delivery_id and d.session_id = %(session)s and w.answer <> ''

-- name: forget
with done as (
    delete from deliveries where (org_id, id) in (
        select d.org_id, d.id from deliveries d where d.org_id = %(org)s and d.target = 'webhook' and d.created_at < %(before)s and d.state <> 'waiting' limit %(most)s for update skip locked
    )
    returning 1
)
select count(*)::int as n from done
