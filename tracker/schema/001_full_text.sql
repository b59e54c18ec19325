-- Full text over records. Datasette finds the index only when the DDL says content="records" with double quotes.

create virtual table records_fts using fts5 (
    title, abstract, terms, variants, tokenize='porter unicode61', content="records"
);
create trigger records_ai after insert on records begin
    insert into records_fts (rowid, title, abstract, terms, variants)
    values (new.rowid, new.title, new.abstract, new.terms, new.variants);
end;
create trigger records_ad after delete on records begin
    insert into records_fts (records_fts, rowid, title, abstract, terms, variants)
    values ('delete', old.rowid, old.title, old.abstract, old.terms, old.variants);
end;
create trigger records_au after update of title, abstract, terms, variants on records begin
    insert into records_fts (records_fts, rowid, title, abstract, terms, variants)
    values ('delete', old.rowid, old.title, old.abstract, old.terms, old.variants);
    insert into records_fts (rowid, title, abstract, terms, variants)
    values (new.rowid, new.title, new.abstract, new.terms, new.variants);
end;
