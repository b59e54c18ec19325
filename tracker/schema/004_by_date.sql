-- Lists that are browsed begin with the newest.

create index records_by_date on records (published);
