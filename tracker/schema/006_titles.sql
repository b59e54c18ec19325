-- By which a preprint and its paper find each other (store/titles.py); '' where a title names no work. Null: not made
-- yet, as of what was stored before; opening the database for writing makes it.

alter table records add column title_key text;
create index records_by_title on records (title_key);
create index preprints_by_title on records (title_key) where instr(types, '"Preprint"') > 0;
