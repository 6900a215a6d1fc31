-- A call waits for the customer or the team only while the session is the AI's and open: whoever takes it over or closes it ends what waits, in the same transaction.

create function end_waiting_calls() returns trigger language plpgsql as $$
begin
    update calls set state = 'expired', why = 'The session was taken over or closed before anybody said yes.', sealed = null, settled_at = clock_timestamp()
    where org_id = new.org_id and session_id = new.id and state in ('form', 'code', 'confirm', 'approval');
    return null;
end $$;

create trigger calls_end_with_the_ai after update of owner_kind, status on sessions for each row
    when ((old.owner_kind = 'ai' and new.owner_kind <> 'ai') or (old.status = 'open' and new.status <> 'open'))
    execute function end_waiting_calls();
