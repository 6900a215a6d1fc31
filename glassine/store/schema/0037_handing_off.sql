-- From where in its log the AI counts what a customer went through, and when it was opened again; and handoffs in the order in which analytics read them.
alter table sessions add column handed_back_seq int not null default 0, add column handed_back_at timestamptz, add column reopened_seq int not null default 0;
create index events_handoffs on events (org_id, created_at, id) where type = 'handoff';
