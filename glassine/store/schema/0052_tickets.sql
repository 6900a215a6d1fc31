-- What tickets need beside their ids, and how the entries of a session follow to its tickets.

alter table tickets add column carried int;                        -- the newest event that opening it took along, fixed when that was first tried; null: it has certainly not arrived
alter table tickets add column lacks boolean not null default false;  -- the contact lacks what the helpdesk needs of one
alter table tickets add column returns boolean not null default false;  -- trouble took the session away from it: it goes back when that is over and nobody has taken it
alter table tickets add column looks int not null default 0;       -- how many looks in a row found nothing
alter table tickets add column look_at timestamptz;                -- when to look at it next; null: not any more
create index on tickets (org_id, look_at) where look_at is not null;
create index on tickets (org_id, session_id) where lacks;

-- Whatever is said in a session that has tickets goes there too, but not to where it came from. In the transaction of what was said, so nothing is lost.
create function events_to_tickets() returns trigger language plpgsql as $$
declare desk uuid;
begin
    for desk in select helpdesk_id from tickets where org_id = new.org_id and session_id = new.session_id and gone_at is null loop
        if new.actor_kind <> 'helpdesk' or new.actor_id is distinct from desk then
            perform deliver(new.org_id, 'helpdesk', desk, case when new.type in ('message', 'agent_message', 'agent_comment') then 'say' else 'status' end,
                new.session_id, new.id, 'ticket:' || new.session_id || ':' || desk);
        end if;
    end loop;
    return null;
end $$;
create trigger events_to_tickets after insert on events for each row
    when (new.type in ('message', 'agent_message', 'agent_comment', 'agent_reopened_session', 'system_reopened_session') or new.type like 'closed\_%')
    execute function events_to_tickets();
