-- name: hear
-- A customer's message with all that belongs to it: its number in the log, its new placeholders, the original, and the turn's job,
-- claimed by the process that is going to take it. Written only while the vault is as its writer saw it (`tokens`) and the session is open.
with session as (
    update sessions set last_seq = last_seq + 1, last_user_seq = last_seq + 1, updated_at = clock_timestamp(), tokens = tokens + cardinality(%(placeholders)s::text[]),
        language = coalesce(%(language)s, language)
    where org_id = %(org)s and id = %(session)s and tokens = %(tokens)s and status = 'open'
    returning last_seq
), said as (
    insert into events (org_id, session_id, seq, id, type, actor_kind, actor_id, text, payload)
    select %(org)s, %(session)s, session.last_seq, %(id)s, 'message', 'user', %(contact)s, %(text)s, %(payload)s from session
    returning *
), kept as (
    insert into vault (org_id, session_id, placeholder, type, sealed, seq)
    select %(org)s, %(session)s, v.placeholder, v.type, v.sealed, session.last_seq
    from session, unnest(%(placeholders)s::text[], %(types)s::text[], %(sealed)s::bytea[]) as v (placeholder, type, sealed)
), original as (
    insert into originals (org_id, event_id, sealed) select %(org)s, %(id)s, %(original)s from session
), job as (
    insert into jobs (org_id, kind, ref, key, owner, claimed_at)
    select %(org)s, %(kind)s, %(session)s, %(key)s, %(process)s, now() from session
    returning id
)
select said.*, null::text as actor_name, job.id as job, pg_notify(%(channel)s, %(notice)s) from said cross join job

-- name: settle
-- The outcome of a turn with all that belongs to it: who owns the session now, what is said, the evidence, and the end of its job.
-- Compare and set: only the turn for the newest customer message may settle, only once, only while the session has the owner it had,
-- nothing of it was redacted and no person is writing the reply; and with words of the AI only while all AI is not switched off.
with session as (
    update sessions set settled_seq = %(seq)s,
        owner_kind = coalesce(%(owner_kind)s, owner_kind),
        owner_id = case when %(owner_kind)s::text is null then owner_id else %(owner_id)s::uuid end,
        handed_off_at = case when %(handed_off)s then clock_timestamp() else handed_off_at end,
        deadline = case when %(handed_off)s then clock_timestamp() + %(patience)s::interval
            when %(waits)s and status = 'open' then coalesce(deadline, clock_timestamp() + %(patience)s::interval) else deadline end,
        escalated_at = case when %(handed_off)s then null else escalated_at end,
        summary = coalesce(%(summary)s, summary),
        sentiment = coalesce(%(sentiment)s, sentiment),
        last_seq = last_seq + cardinality(%(ids)s::uuid[]),
        updated_at = case when cardinality(%(ids)s::uuid[]) > 0 then clock_timestamp() else updated_at end
    where org_id = %(org)s and id = %(session)s and last_user_seq = %(seq)s and settled_seq < %(seq)s and owner_kind = %(owner_was)s
      and redactions = %(redactions)s
      and not (%(by_ai)s and exists (select from organizations o where o.id = %(org)s and (o.settings ->> 'ai_off')::boolean))
      and (typing_until is null or typing_until <= clock_timestamp())
    returning last_seq
), said as (
    insert into events (org_id, session_id, seq, id, type, actor_kind, text, payload)
    select %(org)s, %(session)s, session.last_seq - cardinality(%(ids)s::uuid[]) + e.place, e.id, e.type, 'ai', e.text, e.payload::jsonb
    from session, unnest(%(ids)s::uuid[], %(types)s::text[], %(texts)s::text[], %(payloads)s::text[]) with ordinality as e (id, type, text, payload, place)
    order by e.place
    returning *
), turn as (
    insert into turns (org_id, id, session_id, message_id, event_id, outcome, reasons, model, trace, knowledge, conditions)
    select %(org)s, %(turn)s, %(session)s, %(message)s, %(event)s, %(outcome)s, %(reasons)s, %(model)s, %(trace)s, %(knowledge)s, %(conditions)s from session
), done as (
    delete from jobs where id = %(job)s and exists (select from session)
)
select said.*, null::text as actor_name, pg_notify(%(channel)s, %(notice)s) from session left join said on true order by said.seq
