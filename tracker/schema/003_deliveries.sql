-- Deliveries get a number that `tracker deliver --resend` takes, and the mail itself: what is sent once more is the same
-- to the last byte. Nothing could be delivered before this migration, so the table is made anew.

drop table deliveries;
create table deliveries (
    id integer primary key,
    digest integer not null references digests(id),
    channel text not null,
    recipient text not null,
    state text not null check (state in ('pending', 'sending', 'sent', 'failed', 'unknown')),
    attempts integer not null default 0,
    message_id text not null default '',
    error text not null default '', -- why it was not sent, or why that is not known
    stage text not null default '', -- how far the last attempt came: connection, sender, recipient, message
    receipt text not null default '', -- what the server said when it took the mail
    mail blob not null default x'', -- zlib: the whole mail, fixed when it was composed
    queued text not null default '', -- when it was composed, or last asked for by --resend
    updated text not null,
    unique (digest, channel, recipient)
) strict;

-- Addresses that were refused for good in two issues running; nothing is sent to them until `tracker deliver --resume`.
create table pauses (
    recipient text primary key,
    since text not null,
    until text,                     -- when it was resumed; null while it is paused
    error text not null
) strict;

alter table fetches add column full integer not null default 0; -- every listed record was read again
