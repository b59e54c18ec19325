"""What a record is about: relevance, approaches, conditions, stage of evidence and flags, each with its words.

`Classifier.classify` is pure: same record, same linked trials, same taxonomy, same labels. It never reads a database,
the network or a clock, and it never raises for what a record contains. Rules live in taxonomy.toml (what exists) and
rules.toml (how text is read); the modules beside hold the order in which they speak.
"""

from tracker.classify.approach import Approaches
from tracker.classify.condition import find_conditions
from tracker.classify.document import Document
from tracker.classify.flags import find_flags
from tracker.classify.relevance import judge_relevance
from tracker.classify.rules import Rules
from tracker.classify.stage import Linked, judge_stage
from tracker.classify.study import Study
from tracker.classify.taxonomy import Taxonomy, load_taxonomy
from tracker.records import Label, Record

__all__ = ["Classifier", "Taxonomy", "load_taxonomy"]


class Classifier:
    """Compiles the taxonomy and the rules once; then classifies any number of records."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.taxonomy = taxonomy
        self._rules = Rules(taxonomy)
        self._approaches = Approaches(taxonomy, self._rules)

    def classify(self, record: Record, linked: Linked = ()) -> list[Label]:
        """One label on relevance, one on stage, any number on approach, condition and flag.

        linked: (NCT number, phases as the registry says) of the trials that this record reports.
        """
        document = Document(record, self._rules, self.taxonomy.version)
        relevance = judge_relevance(document)
        study = Study(document)
        stage = judge_stage(study, linked)
        labels = [stage, *find_flags(study, stage.label, relevance.relevant)]
        verdict = "off"
        if relevance.relevant:
            approaches = self._approaches.find(document, stage.label)
            core = next((label for label in approaches if self.taxonomy.is_core(label.label)), None)
            verdict = "core" if core else "hair"
            labels += approaches + find_conditions(document)
        reason = document.label(
            "relevance", verdict, relevance.rule, relevance.strength, relevance.at, source=relevance.source
        )
        return [reason, *labels]
