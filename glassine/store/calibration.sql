-- name: ended
-- The newest turns that answered from the knowledge base, or found nothing sure enough, with the customer's word on it and with what came next in the conversation:
-- the first of a person's words, the customer's yes, a handoff that they asked for, another word of the AI's, or that it was opened again.
select t.id, t.session_id, t.outcome, t.reasons, t.trace -> 'hits' as hits, t.trace ->> 'query' as query, t.trace ->> 'answer' as answer,
    (t.trace -> 'prompt' ->> 'shown')::int as shown, jsonb_typeof(t.trace -> 'prompt') = 'object' as by_model, t.trace -> 'given' ->> 'language' as language,
    v.action as vote, n.type as next, n.text as said, n.payload -> 'reasons' as because, n.redacted_at is not null as gone,
    exists (select from events r where r.org_id = t.org_id and r.session_id = t.session_id and r.seq > o.seq and r.type = 'system_reopened_session') as reopened
from turns t join events o on o.org_id = t.org_id and o.id = t.event_id
    left join votes v on v.org_id = t.org_id and v.event_id = t.event_id
    left join lateral (
        select e.type, e.text, e.payload, e.redacted_at from events e where e.org_id = t.org_id and e.session_id = t.session_id and e.seq > o.seq
          and (e.type in ('agent_message', 'closed_resolved_by_contact', 'system_reopened_session', 'handoff') or (e.type = 'message' and e.actor_kind = 'ai'))
        order by e.seq limit 1
    ) n on true
where t.org_id = %(org)s and t.redacted_at is null and t.created_at > %(since)s
  and t.reasons && array['answered_from_knowledge', 'insufficient_knowledge', 'low_confidence'] and t.trace ->> 'query' <> ''
  and (v.action is not null or n.type is not null)
order by t.created_at desc, t.id desc limit %(limit)s
