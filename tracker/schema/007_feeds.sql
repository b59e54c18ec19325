-- What is remembered of each feed, and by what each of its items is known again.

create table feeds (
    name text primary key,
    url text not null,              -- as it was configured when the rest was learnt
    moved_to text not null,         -- where permanent redirects led; empty: nowhere
    etag text not null,             -- the validators of the last document that was read whole
    modified text not null,
    whole text not null,            -- when it was last read whole, a stamp
    disabled text,                  -- since when its server says that it is gone for good (410), a stamp
    title text not null,
    format text not null            -- rss20, rss10, atom10 ...; json
) strict;

create table feed_items (
    feed text not null references feeds(name),
    record text not null references records(id),
    guid text not null,
    link text not null,             -- as it is compared: without scheme, www and what counts visitors
    title text not null,
    day text not null,
    primary key (feed, record)
) strict;
