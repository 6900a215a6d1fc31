-- What is heard of tickets may come late, twice or in the wrong order, and a ticket may live on as another that had a life before.

alter table tickets add column status_at timestamptz;    -- as of when its status is known: older news of it is no news
alter table tickets add column heard_from timestamptz;   -- what was said over there before is not of this conversation; null: all of it is
