-- Nobody is left without an owner who can act: what the watchdog looks for, and whom it has told.

alter table sessions add column escalated_at timestamptz;  -- when it was said that the deadline has passed; null: not yet
create index sessions_due on sessions (org_id, deadline) where status = 'open' and deadline is not null and escalated_at is null;

-- Open sessions whose owner cannot act. `why` says what is wrong; nothing is held here, so that the count can be asked for at any time.
create function ownerless(org_ uuid) returns table (session_id uuid, why text) language sql stable as $$
    select s.id, case s.owner_kind
        when 'ai' then 'no_turn'
        when 'person' then 'person_gone'
        else case when exists (select from helpdesks h where h.org_id = s.org_id and h.id = s.owner_id and h.removed_at is null) then 'no_ticket' else 'helpdesk_gone' end
    end
    from sessions s
    where s.org_id = org_ and s.status = 'open' and case s.owner_kind
        when 'team' then false
        when 'ai' then s.last_user_seq > s.settled_seq and not exists (select from jobs j where j.key = s.id::text and j.kind = 'take_turn' and j.failed_at is null)
        when 'person' then not exists (
            select from people p where p.org_id = s.org_id and p.id = s.owner_id and p.disabled_at is null and p.role <> 'viewer'
        )
        else not exists (
            select from tickets t join helpdesks h on h.org_id = t.org_id and h.id = t.helpdesk_id
            where t.org_id = s.org_id and t.session_id = s.id and t.helpdesk_id = s.owner_id and t.gone_at is null and h.removed_at is null
              and (t.external_id <> '' or exists (
                  select from deliveries d
                  where d.org_id = s.org_id and d.session_id = s.id and d.target_id = t.helpdesk_id and d.effect = 'open' and d.state = 'waiting'
              ))
        )
    end
$$;

create table told (                      -- who was told that a customer waits, each once for each handoff and stage
    org_id uuid not null,
    session_id uuid not null,
    stage text not null check (stage in ('waits', 'overdue')),
    since timestamptz not null,          -- the handoff, or the deadline, that they were told of
    address bytea not null,              -- a keyed digest
    name text not null,                  -- of a colleague; empty for an address that is nobody's of the team
    at timestamptz not null default clock_timestamp(),
    primary key (org_id, session_id, stage, since, address),
    foreign key (org_id, session_id) references sessions on delete cascade
);
