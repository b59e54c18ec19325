"""Which events an issue tells, and what is known of their records: plain SQL on one connection, nothing written.

An event is told when its id lies in the span, this digest has not told it, its severity reaches the digest's, one of
the digest's queries matches its record, the record is on topic and, where the digest is limited to approaches, has one
of them. What announces a record is told only where the record was not there before the query was watched (its earliest
match among the digest's queries is no baseline), and a tie to a paper or another query only where that was not found by
the first answer of a query. A correction to what this digest told before is always told; that PubMed no longer holds a
paper is one, and of a paper that was never told it is no news.

A work is told as new once, however many records it has: what announces another version of a work that was told or held
before is counted, unless the paper of a preprint came out.

The moves of one field are one story: once this digest tells a move of it, now or in an earlier issue, it tells the
later ones too, however small. Who read that a date slipped by eight months must not miss that it slipped again by two.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tracker.digest import sql
from tracker.digest.board import read_board
from tracker.digest.corrections import KINDS, PRESENCE, notice_about
from tracker.digest.doubts import gather_doubts
from tracker.digest.entries import HUMAN
from tracker.digest.known import ADDS, DigestSettings, Known, Standing
from tracker.digest.material import ANNOUNCES, Change, Corrected, Left, Material, Reason, TrialFacts, Work
from tracker.digest.receipt import Span, count_new, gather_answers
from tracker.digest.words import telling_words

_MORE_OF_A_TRIAL = "select why_stopped, eligibility from trials where record = ?"
_CHANGE = "e.id, e.record, e.seen, e.kind, e.severity, e.field, e.old, e.new, e.headline"
_TRIAL = """study_type, status, phases, phase_detail, phase_source, sponsor, enrollment,
    enrollment_type, start, start_type, primary_completion, primary_completion_type, completion, completion_type,
    has_results, results_posted, why_stopped"""


def gather(
    conn: sqlite3.Connection, digest: DigestSettings, after_event: int, upto_event: int, since: str, until: str
) -> Material:
    """Everything for one issue: events with ids in (after_event, upto_event], fetches started in (since, until]."""
    reading = Reading(conn, digest, after_event, upto_event)
    chosen, left = reading.choose()
    first = conn.execute("select 1 from digests where name = ? limit 1", [digest.name]).fetchone() is None
    span = Span(since, until, after_event, upto_event, first)
    return Material(
        name=digest.name,
        since=since,
        until=until,
        first_issue=first,
        works=tuple(reading.work(head, changes) for head, changes in sorted(chosen.items())),
        left=left,
        baseline=reading.baseline("" if first else since, until),
        new=count_new(conn, reading.queries, span),
        doubts=gather_doubts(conn, reading.queries, since),
        board=read_board(conn),
        answers=gather_answers(conn, reading.queries, span),
    )


class Reading(Known):
    """One reading of the database for one issue; every method is one question to it."""

    def __init__(self, conn: sqlite3.Connection, digest: DigestSettings, after_event: int, upto_event: int) -> None:
        super().__init__(conn, digest)
        self.span = (after_event, upto_event)

    def choose(self) -> tuple[dict[str, list[Change]], Left]:
        """The changes that are told, by version of record, and the count of what is not."""
        told: dict[str, list[Change]] = {}
        left: dict[str, set[str]] = {
            name: set() for name in ("off_topic", "below_severity", "outside_approaches", "versions")
        }
        details: list[str] = []
        for change, record, verdict in self.verdicts():
            if verdict == "told":
                told.setdefault(record.head, []).append(change)
            elif verdict == "details":
                details.append(record.head)
            elif verdict in left:
                left[verdict].add(record.head)
        counts = {name: len(heads - told.keys()) for name, heads in left.items()}
        return told, Left(**counts, details=len(details), detailed=len(set(details)))

    def verdicts(self, *records: str) -> Iterable[tuple[Change, Standing, str]]:
        """Each untold change of the span (of these records, or of all) and what becomes of it: told, details,
        off_topic, outside_approaches, below_severity, versions (another one of a work that is known), not_missed (gone,
        but never told) or unannounced."""
        known: dict[str, Standing] = {}
        for change in self._changes(records):
            if change.record not in known:
                known[change.record] = self.standing(change.record)
            record = known[change.record]
            verdict = self._verdict(change, record)
            if verdict == "told":
                record.told = True
                record.told_fields.update([change.field] if change.field and change.kind not in ADDS else [])
            yield change, record, verdict

    def _changes(self, records: tuple[str, ...]) -> Iterable[Change]:
        names = [name.strip().removeprefix("e.") for name in _CHANGE.split(",")]
        statement = f"""select {_CHANGE} from events e where e.id > ? and e.id <= ?
            and {f"e.record in ({sql.marks(records)})" if records else "true"}
            and not exists (select 1 from digest_items i where i.name = ? and i.event = e.id) order by e.id"""
        rows = self.rows(statement, *self.span, *records, self.name)
        return (Change(**dict(zip(names, row, strict=True))) for row in rows)

    def _verdict(self, change: Change, record: Standing) -> str:
        if change.kind in KINDS and record.told:
            return "versions" if self.repeats(change, record.head) else "told"
        if change.kind in PRESENCE and record.paper:
            return self._presence(change, record)
        if not record.matched or (change.kind in ANNOUNCES and record.baseline) or self._found_late(change):
            return "unannounced"
        if change.severity <= 0:
            return "unannounced" if record.off_topic else "details"
        if record.off_topic:
            return "off_topic"
        if self.is_outside(record.approaches):
            return "outside_approaches"
        if record.earlier and change.kind in ("new_article", "matched"):
            return "versions"
        goes_on = change.field in record.told_fields
        return "told" if goes_on or change.severity >= self.min_severity else "below_severity"

    def _presence(self, change: Change, record: Standing) -> str:
        """Of a paper that was told, and only where no other version of it stands for the one that went."""
        if change.kind == "returned":
            return "told" if change.field in record.told_fields else "not_missed"
        return "told" if record.told and record.head == change.record else "not_missed"

    def _found_late(self, change: Change) -> bool:
        """Only that we found it is new: the first answer of a query lists what was there before, be it a record held
        because of another query, or a paper that was tied to its trial long ago."""
        if change.kind not in ("matched", "paper_linked"):
            return False
        record = change.new if change.kind == "paper_linked" else change.record
        listed = self.rows(
            f"""select query, baseline, first_seen from matches where record = ? and query in ({self.marks})
                order by first_seen, baseline""",
            record,
            *self.queries,
        )
        if change.kind == "matched":  # by a query that is no matter of this digest, or by the first answer of one
            return (change.field, 0) not in [(query, baseline) for query, baseline, _ in listed]
        return bool(listed) and listed[0][1:] == (1, change.seen)

    def work(self, head: str, changes: Sequence[Change]) -> Work:
        """The facts and labels of a work's version of record, with the queries that match any version of it."""
        title, abstract, kind, url, venue, published, notice, types = self.rows(
            "select title, abstract, kind, url, venue, published, notice, types from records where id = ?", head
        )[0]
        labels, links = self._labels(head), self._links(head)
        stage = next((label for label in labels if label.axis == "stage"), None)
        return Work(
            id=head,
            kind=kind,
            title=title,
            url=url,
            venue=venue,
            published=published,
            notice=notice,
            types=tuple(json.loads(types)),
            corrects=self._corrects(links, json.loads(types)),
            reports=tuple(target for relation, target in links if relation == "reports"),
            trial=self._trial(head),
            stage=stage,
            relevance=next((label for label in labels if label.axis == "relevance"), None),
            approaches=tuple(label for label in labels if label.axis == "approach"),
            conditions=tuple(label for label in labels if label.axis == "condition" and label.label != "general"),
            flags=tuple(label for label in labels if label.axis == "flag"),
            words=self._words(head, title, abstract, kind, stage.label if stage else ""),
            queries=self._matched(head),
            told_in=self.told_in(head),
            named_in=self.told_in(head, named=True),
            changes=tuple(map(self._with_notice, changes)),
        )

    def _with_notice(self, change: Change) -> Change:
        """A paper that was tied to a trial may have been taken back since."""
        rows = self.rows("select notice from records where id = ?", change.new) if change.kind == "paper_linked" else []
        return replace(change, notice=rows[0][0]) if rows else change

    def _labels(self, record: str) -> list[Reason]:
        statement = """select l.axis, l.label, coalesce(a.label, s.label, c.label, l.label) as name,
                l.value, l.strength, l.field, l.quote, l.source
            from labels l
            left join approaches a on l.axis = 'approach' and a.id = l.label
            left join stages s on l.axis = 'stage' and s.id = l.label
            left join conditions c on l.axis = 'condition' and c.id = l.label
            where l.record = ? order by l.strength desc, coalesce(a.rank, c.rank, 0), l.label"""
        names = ("axis", "label", "name", "value", "strength", "field", "quote", "source")
        return [Reason(**dict(zip(names, row, strict=True))) for row in self.rows(statement, record)]

    def _links(self, record: str) -> list[tuple[str, str]]:
        """(relation, target) of what a record says of others; a version of a work stands for the work."""
        statement = """select distinct l.relation, coalesce(r.same_as, l.target)
            from links l left join records r on r.id = l.target where l.record = ? order by 1, 2"""
        return [(relation, target) for relation, target in self.rows(statement, record)]

    def _corrects(self, links: Sequence[tuple[str, str]], types: Sequence[str]) -> tuple[Corrected, ...]:
        return tuple(
            Corrected(id=target, kind=kind, told_in=self.told_in(target, named=True))
            for relation, target in links
            if (kind := notice_about(relation, types))
        )

    def _trial(self, record: str) -> TrialFacts | None:
        rows = self.rows(f"select {_TRIAL} from trials where record = ?", record)
        if not rows:
            return None
        facts = dict(zip((name.strip() for name in _TRIAL.split(",")), rows[0], strict=True))
        phases, results = tuple(json.loads(facts.pop("phases"))), bool(facts.pop("has_results"))
        return TrialFacts(**facts, phases=phases, has_results=results)

    def _words(self, head: str, title: str, abstract: str, kind: str, stage: str) -> tuple[Reason, ...]:
        """Telling words of what was done in people. Eligibility says who may not come, so there only money counts."""
        texts = {"title": title, "abstract": abstract}
        if kind == "trial":
            texts["why_stopped"], texts["eligibility"] = self.rows(_MORE_OF_A_TRIAL, head)[0]
            return telling_words(texts, {"eligibility": ("payment",)}, plans=("title", "abstract"))
        return telling_words(texts, {}) if stage in HUMAN else ()

    def _matched(self, head: str) -> tuple[str, ...]:
        versions = (head, *self.versions.get(head, ()))
        marks = sql.marks(versions)
        statement = f"select query from matches where record in ({marks}) and query in ({self.marks})"
        found = {row[0] for row in self.rows(statement, *versions, *self.queries)}
        return tuple(query for query in self.queries if query in found)

    def baseline(self, since: str, until: str) -> tuple[tuple[str, int], ...]:
        """By query, the records whose earliest match is that query's baseline and lies in (since, until]."""
        statement = f"""select query, count(*) from matches m
            where query in ({self.marks}) and baseline = 1 and first_seen > ? and first_seen <= ?
                and not exists (select 1 from matches e where e.record = m.record and e.query in ({self.marks})
                    and (e.first_seen, e.baseline, e.query) < (m.first_seen, m.baseline, m.query))
            group by query order by query"""
        return tuple(self.rows(statement, *self.queries, since, until, *self.queries))
