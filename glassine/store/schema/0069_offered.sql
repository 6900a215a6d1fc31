-- What a helpdesk offers to choose from (groups, stages, people, fields), as it said when its settings were tried last: field -> id -> title.
alter table helpdesks add column offered jsonb not null default '{}';
