-- What the page of deliveries asks often: when something last arrived, and what is old enough to be forgotten.
create index deliveries_arrived on deliveries (org_id, target_id, settled_at desc) where state = 'done';
create index deliveries_settled on deliveries (org_id, settled_at) where settled_at is not null;
create index deliveries_newest on deliveries (org_id, created_at desc, id desc);
