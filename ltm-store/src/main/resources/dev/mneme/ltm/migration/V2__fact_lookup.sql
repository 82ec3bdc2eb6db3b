-- A statement looks for one value among those believed of an attribute. The hash is of the value's
-- plain words (Remembering.hash) and is filled in for old rows by the next migration.
alter table fact add column val_hash bigint default 0 not null;
drop index fact_subject;
create index fact_believed on fact(space_id, subject, attribute, status, replaced_at, val_hash);
create index fact_newest on fact(space_id, id, replaced_at);
drop index fact_id;
