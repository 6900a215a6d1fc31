-- What the dispatcher needs beside the deliveries: a lane of the queue for each destination, so that one that is down holds up no other.

alter table jobs add column lane uuid;   -- of a delivery: its destination
drop index jobs_due;                     -- whoever looks for a turn does not read past ten thousand deliveries
create index jobs_due on jobs (run_at, id) where owner is null and failed_at is null and kind <> 'deliver';
create index jobs_lanes on jobs (lane, run_at, id) where owner is null and failed_at is null and kind = 'deliver';
create index jobs_on_their_way on jobs (lane) where owner is not null and failed_at is null and kind = 'deliver';
create index jobs_deliveries on jobs (ref) where kind = 'deliver';

create table lanes (                     -- destinations that fail: ids, counts and times only, like the queue, hence no row-level security
    id uuid primary key,                 -- the destination
    org_id uuid not null,
    target text not null,
    failures int not null,               -- in a row
    since timestamptz not null,          -- of the first of them
    until timestamptz                    -- its breaker is open: nothing goes there before, and then one at a time; null: closed still
);
create index on lanes (org_id);

alter table deliveries
    add column since timestamptz not null default clock_timestamp(),  -- when its present run of tries began
    add column rung int not null default 0,               -- how many tries of that run have failed
    add column trying boolean not null default false,     -- a try has begun, and nobody has said how it ended
    add column doubtful boolean not null default false,   -- an earlier try may have had its effect
    add column tried_at timestamptz;

create or replace function deliver(org_ uuid, target_ text, target_id_ uuid, effect_ text, session_ uuid, ref_ uuid, line_ text) returns uuid language plpgsql as $$
declare new_id uuid := gen_random_uuid();
begin
    insert into deliveries (org_id, id, target, target_id, effect, session_id, ref, line) values (org_, new_id, target_, target_id_, effect_, session_, ref_, line_);
    insert into jobs (org_id, kind, ref, key, lane) values (org_, 'deliver', new_id, line_, target_id_);
    return new_id;
end $$;

-- A delivery that is gone, with its session, its organisation or its age, has no job.
create function forget_delivery_job() returns trigger language plpgsql as $$
begin
    delete from jobs where kind = 'deliver' and ref = old.id;
    return null;
end $$;
create trigger forget_delivery_job after delete on deliveries for each row execute function forget_delivery_job();
