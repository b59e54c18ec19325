"""Which records are meant: what `search` and `export` take as options, as SQL over `records r`. Changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracker.dates import partial
from tracker.errors import ConfigError
from tracker.store import Store
from tracker.store.reading import family_or_leaf, known_name, stage_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Everything that is named must hold; "" names nothing."""

    query: str = ""  # the name of a query that listed it
    approach: str = ""  # a family or a leaf
    stage: str = ""
    kind: str = ""
    since: str = ""  # a partial date: dated then or later


def conditions(store: Store, filters: Filters) -> tuple[list[str], dict[str, str]]:
    """Conditions over `r`, and their values. Raises ConfigError for a name or date that is none."""
    where: list[str] = []
    values: dict[str, str] = {}
    if filters.query:
        names = {row["name"] for row in store.rows("select name from queries")}
        values["query"] = known_name(filters.query, "query", names)
        where.append("exists (select 1 from matches where record = r.id and query = :query)")
    if filters.approach:
        values["approach"] = family_or_leaf(store, filters.approach)
        where.append(
            """exists (select 1 from labels where record = r.id and axis = 'approach'
               and (label = :approach or label like :approach || '.%'))"""
        )
    if filters.stage:
        values["stage"] = stage_id(store, filters.stage)
        where.append("exists (select 1 from labels where record = r.id and axis = 'stage' and label = :stage)")
    if filters.kind:
        values["kind"] = filters.kind
        where.append("r.kind = :kind")
    if filters.since:
        values["since"] = partial(filters.since)
        lost = values["since"].count("-") < filters.since.strip().count("-")  # a month or day that there is not
        if not values["since"] or lost:
            raise ConfigError(f"{filters.since}: is no date; write 2026, 2026-05 or 2026-05-04")
        # Partial dates are compared over the precision that both have.
        where.append("substr(r.published, 1, length(:since)) >= substr(:since, 1, length(r.published))")
        where.append("r.published != ''")
    return where, values


# What a list without further words is about: on topic, each work once.
SHOWN = (
    "r.same_as is null",
    "not exists (select 1 from labels where record = r.id and axis = 'relevance' and label = 'off')",
)


def named(ids: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The condition that a record is one of these, and its values."""
    values = {f"id{n}": record for n, record in enumerate(ids)}
    return f"r.id in ({', '.join(f':{name}' for name in values)})", values
