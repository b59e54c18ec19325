-- The numbers under which registries know a trial, so that the same trial in two of them is found: its own, and those that
-- its record names. As tracker/registration.py compares them; drawn from `records` and `trials`, and nothing new.

create table registrations (
    record text not null references records(id),
    number text not null,           -- NCT01234567, ISRCTN12345678, 2023-501234-12 ...
    own integer not null,           -- 1: the number of the record itself; 0: one that it names
    primary key (number, record)
) strict, without rowid;

create index registrations_of on registrations (record);
