-- By which taxonomy (rules, terms, a user's own leaves) everything that is held was judged last: one row, or none.

create table judged (
    version text not null,
    since text not null
) strict;
