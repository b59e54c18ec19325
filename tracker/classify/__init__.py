"""What a record is about: relevance, approaches, conditions, stage of evidence and flags, each with its words.

`Classifier.classify` is pure: same record, same linked trials, same taxonomy, same labels. It never reads a database,
the network or a clock, and it never raises for what a record contains. Rules live in taxonomy.toml (what exists) and
rules.toml (how text is read); the modules beside hold the order in which they speak. `Classifier.explain` gives every
finding: those that fired are the labels, the others were vetoed or outweighed, and say by what.
"""

from collections.abc import Mapping, Sequence

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

Said = Mapping[str, bool]
_NOTHING: Said = {}

__all__ = ["Classifier", "Finding", "Taxonomy", "load_taxonomy"]


class Classifier:
    """Compiles the taxonomy and the rules once; then classifies any number of records."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.taxonomy = taxonomy
        self._rules = Rules(taxonomy)
        self._approaches = Approaches(taxonomy, self._rules)

    def classify(self, record: Record, linked: Linked = (), said: Said = _NOTHING) -> list[Label]:
        """One label on relevance, one on stage, any number on approach, condition and flag.

        linked: (NCT number, phases as the registry says) of the trials that this record reports. said: approaches that
        a person says it has (True) or has not (False); they are no labels of the rules, but "core" follows from them.
        """
        version = self.taxonomy.version
        return [finding.as_label(version) for finding in self._find(record, linked, said) if finding.fired]

    def explain(self, record: Record, linked: Linked = (), said: Said = _NOTHING) -> list[Finding]:
        """Every finding; those that fired are what `classify` returns, in its order."""
        return self._find(record, linked, said, every=True)

    def _find(self, record: Record, linked: Linked, said: Said, every: bool = False) -> list[Finding]:
        document = Document(record, self._rules)
        relevance = judge_relevance(document, every)
        study = Study(document)
        stage = judge_stage(study, linked, every)
        relevant = relevance[0].label != OFF
        found = [*relevance, *stage, *find_flags(study, stage[0].label, relevant, every)]
        if relevant or (every and document.has_hair):
            approaches = self._approaches.find(document, stage[0].label, every)
        if relevant:
            if core := self._core([f.label for f in approaches if f.fired], said):
                relevance[0].label, relevance[0].by = "core", f"{core} is among the approaches"
            found += [*approaches, *find_conditions(document, every), *find_takeaway(document, stage[0].label, every)]
            found += find_claims(document)
        elif every and document.has_hair:
            found += [approach.unless("" if approach.by else "the record is off topic") for approach in approaches]
        return found

    def _core(self, fired: Sequence[str], said: Said) -> str:
        """The first approach that makes a record core, by the rules or by a person; "" where there is none."""
        if core := next((leaf for leaf in fired if said.get(leaf, True) and self.taxonomy.is_core(leaf)), ""):
            return core
        held = (leaf for leaf, holds in said.items() if holds and leaf in self.taxonomy.leaf)
        return next((f"{leaf} (a person)" for leaf in held if self.taxonomy.is_core(leaf)), "")
