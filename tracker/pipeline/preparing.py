"""Before anything is stored or told: the database knows the names of today's configuration and taxonomy."""

from tracker.classify import Taxonomy
from tracker.config import Settings
from tracker.dates import Clock, stamp
from tracker.store import Store, fetching
from tracker.store.judging import UNNAMED_CONDITION, note_judged_by


def prepare(settings: Settings, store: Store, taxonomy: Taxonomy, clock: Clock) -> None:
    """Write queries as they are configured today, and what the taxonomy names and says."""
    fetching.sync_queries(store.db, settings.queries, list(settings.sources), stamp(clock()))
    if not store.rows("select 1 from records limit 1"):
        with store.transaction():
            note_judged_by(store.db, taxonomy.version, stamp(clock()))
    followed = {name for query in settings.queries for name in query.follows}
    store.sync_taxonomy(
        [(leaf.id, leaf.family, leaf.label, leaf.definition, bool({leaf.id, leaf.family} & followed))
         for leaf in taxonomy.leaves],
        [(stage.id, stage.rank, stage.label) for stage in taxonomy.stages],
        [*((condition.id, condition.label) for condition in taxonomy.conditions),
         (UNNAMED_CONDITION, "Hair loss, which kind is not said")],
        [(one.approach, one.condition, one.product, one.indication, one.authority, one.year, one.reference)
         for one in taxonomy.approvals],
    )  # fmt: skip
