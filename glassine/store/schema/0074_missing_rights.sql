-- Rights that a helpdesk's key lacks, as it said when its settings were tried last: each a sentence that says what does not work without it.
alter table helpdesks add column missing jsonb not null default '[]';
