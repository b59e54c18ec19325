"""What a record is about: relevance, approaches, conditions, stage of evidence and flags, each with its words.

`Classifier.classify` is pure: same record, same linked trials, same taxonomy, same labels. It never reads a database,
the network or a clock, and it never raises for what a record contains. Rules live in taxonomy.toml (what exists) and
rules.toml (how text is read); the modules beside hold the order in which they speak. `Classifier.explain` gives every
finding: those that fired are the labels, the others were vetoed or outweighed, and say by what.
"""

from tracker.classify.approach import Approaches
from tracker.classify.claims import find_claims
from tracker.classify.condition import find_conditions
from tracker.classify.document import Document
from tracker.classify.finding import Finding
from tracker.classify.flags import find_flags
from tracker.classify.relevance import OFF, judge_relevance
from tracker.classify.rules import Rules
from tracker.classify.stage import Linked, judge_stage
from tracker.classify.study import Study
from tracker.classify.takeaway import find_takeaway
from tracker.classify.taxonomy import Taxonomy, load_taxonomy
from tracker.records import Label, Record

__all__ = ["Classifier", "Finding", "Taxonomy", "load_taxonomy"]


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
        version = self.taxonomy.version
        return [finding.as_label(version) for finding in self._find(record, linked) if finding.fired]

    def explain(self, record: Record, linked: Linked = ()) -> list[Finding]:
        """Every finding; those that fired are what `classify` returns, in its order."""
        return self._find(record, linked, every=True)

    def _find(self, record: Record, linked: Linked, every: bool = False) -> list[Finding]:
        document = Document(record, self._rules)
        relevance = judge_relevance(document, every)
        study = Study(document)
        stage = judge_stage(study, linked, every)
        relevant = relevance[0].label != OFF
        found = [*relevance, *stage, *find_flags(study, stage[0].label, relevant)]
        if relevant:
            approaches = self._approaches.find(document, stage[0].label)
            if core := next((f.label for f in approaches if f.fired and self.taxonomy.is_core(f.label)), ""):
                relevance[0].label, relevance[0].by = "core", f"{core} is among the approaches"
            found += [*approaches, *find_conditions(document, every), *find_takeaway(document, stage[0].label)]
            found += find_claims(document)
        return found
