-- What else the taxonomy says, so that views and digests can name it. Written with approaches and stages.

create table conditions (
    id text primary key,            -- aga, aa, te ...; general: hair loss, which kind is not said
    label text not null,
    rank integer not null
) strict;

-- Products that an authority has approved for hair loss: what a registry's phase can never say.
drop view if exists approvals;      -- until here a view that held its rows itself
create table approvals (
    approach text not null references approaches(id),
    condition text not null references conditions(id),
    product text not null,
    indication text not null,
    authority text not null,
    year integer not null,
    reference text not null,        -- where it can be looked up: an application's number, a PMID
    primary key (product, condition, authority)
) strict;
