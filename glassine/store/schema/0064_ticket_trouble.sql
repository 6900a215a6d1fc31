-- The list of sessions whose ticket is in trouble is short, and is asked for with every look at the inbox.

create index tickets_in_trouble on tickets (org_id, session_id) where failed_at is not null and gone_at is null;
