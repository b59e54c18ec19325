"""One work, however many records it has: a preprint and its paper, two PMIDs of one paper, a feed's item of either.
Trials are united in `registered`.

`same_as` points from each other version to the version of record: what is held over what is gone, a paper over its
preprint, PubMed's record over a feed's item, the newer PMID over the older; never in a chain. Views, board and digest
count coalesce(same_as, id).

Two articles are one work when PubMed says that one is the other's preprint (by its PMID or its DOI), when they have
one DOI, or when one is a preprint and title, authors and dates leave no doubt (`titles`); that is kept as a link of
origin "title". An item of a feed is the record whose address is its own. A notice and the paper that it is about are
two, whatever they share.

What is one work is worked out from what the records say now, so that the order in which they came does not matter, and
a later version that contradicts undoes it.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from tracker.events import published_from_preprint
from tracker.records import Event, Record
from tracker.store import registered, titles

# A link of PubMed by which a record is about another one, from either side.
_ABOUT = ("retracts", "retracted_by", "corrects", "corrected_by", "concern_of", "concern_in", "mentions")
_SAID = "relation in ('preprint_of', 'has_preprint') and origin != 'title'"
_IS_ITEM = "relation = 'mentions' and origin = 'link'"  # an item of a feed whose own address is that of the record
_IS_PREPRINT = "instr(types, '\"Preprint\"') > 0"  # as the index preprints_by_title has it
# What more records than this share is no name of one work: the DOI of a volume of abstracts, "Letters to the editor".
_MANY = 10


@dataclass(frozen=True, slots=True, eq=False)
class _Article:
    """A held article, as far as it matters to what work it is of. One object for each, so that it can be in a set."""

    id: str
    source: str
    title: str
    types: tuple[str, ...]
    authors: tuple[dict[str, Any], ...]
    doi: str
    published: str
    gone: bool
    title_key: str
    same_as: str | None
    changed: str

    @property
    def preprint(self) -> bool:
        return "Preprint" in self.types

    @property
    def rank(self) -> tuple[object, ...]:
        """The highest of a work is its version of record."""
        return (not self.gone, not self.preprint, self.source != "feeds", len(self.id), self.id)

    def comparable(self, other: "_Article") -> bool:
        """Two records of PubMed; or a feed's item, which may be of anything."""
        return self.source == other.source or "feeds" in (self.source, other.source)


# Nearly every record: no other of its work, nor anything that could make one so. One look, as each record takes it.
_ALONE = f"""
select not (same_as is not null
    or exists (select 1 from records where same_as = r.id)
    or exists (select 1 from links where record = r.id and {_SAID})
    or exists (select 1 from links where target in (r.id, 'doi-' || nullif(r.doi, '')) and {_SAID})
    or exists (select 1 from links where record = r.id and {_IS_ITEM})
    or exists (select 1 from links where target = r.id and {_IS_ITEM})
    or doi != '' and exists (select 1 from records where doi = r.doi and id != r.id)
    or title_key != '' and {_IS_PREPRINT} and exists (
        select 1 from records where title_key = r.title_key and id != r.id)
    or title_key != '' and exists (
        select 1 from records where title_key = r.title_key and {_IS_PREPRINT} and id != r.id))
from records r where id = ? and kind = 'article'
"""


def unite(db: Database, record: str) -> bool:
    """Bring same_as up to date among the records of one work, now that this one was written, went or came back.

    Returns whether there was anything to look at.
    """
    alone = db.conn.execute(_ALONE, [record]).fetchone()
    if alone is None:
        registered.unite(db, record)
        return False
    if alone[0]:
        return False
    held = _Held(db)
    one = held.article(record)
    if one is None:
        return False
    around = {member for near in held.sharing(one) for member in held.group(near)}
    settled: set[str] = set()
    for start in sorted(around, key=lambda each: each.id):
        if start.id not in settled:
            work = held.work(start)
            settled |= {each.id for each in work}
            _point(db, work)
    if len(around) > 1 or len(settled) > 1:
        _keep_title_links(db, held, settled)
    return True


def publication(db: Database, record: Record) -> Event | None:
    """What announces a new paper whose preprint was held, instead of new_article; None where it was held as a paper."""
    held = _Held(db)
    mine = held.article(record.id)
    if mine is None or mine.preprint:
        return None
    others = [each for each in held.group(mine) if each.id != mine.id]
    if not others or not all(each.preprint for each in others):
        return None
    return published_from_preprint(record, min(each.id for each in others))


def announced(events: Iterable[Event], instead: Event | None) -> list[Event]:
    """A paper whose preprint was held is announced as published, and not as new."""
    return [instead if instead and event.kind == "new_article" else event for event in events]


def other_versions(db: Database, record: str) -> list[str]:
    """The other records of a paper's work that are papers; of a preprint's work all of them."""
    held = _Held(db)
    mine = held.article(record)
    if mine is None:
        return []
    return sorted(each.id for each in held.group(mine) if each.id != record and (mine.preprint or not each.preprint))


def catch_up(db: Database) -> None:
    """Records that were stored before titles were compared: give them their key, and unite those that share one."""
    if not db.conn.execute("select 1 from records where title_key is null limit 1").fetchone():
        return
    with db.atomic():
        rows = db.conn.execute("select id, kind, title, types from records where title_key is null").fetchall()
        keys = [
            (titles.title_key(Record(id=name, source="", kind=kind, title=title, types=tuple(json.loads(types)))), name)
            for name, kind, title, types in rows
        ]
        db.conn.executemany("update records set title_key = ? where id = ?", keys)
        shared = "select title_key from records where title_key != '' group by 1 having count(*) > 1"
        for (name,) in db.conn.execute(f"select id from records where title_key in ({shared}) order by id").fetchall():
            unite(db, name)


class _Held:
    """The held articles and what ties them, each read once."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.known: dict[str, _Article | None] = {}
        self.tied: dict[str, set[str]] = {}

    def article(self, record: str) -> _Article | None:
        if record not in self.known:
            self._read("id = ?", record)
        return self.known.setdefault(record, None)

    def _read(self, where: str, value: str, limit: int = -1) -> list[_Article]:
        found = []
        for row in self.db.conn.execute(
            f"""select id, source, title, types, authors, doi, published, gone is not null, coalesce(title_key, ''),
                    same_as, last_changed from records where {where} and kind = 'article' limit ?""",
            [value, limit],
        ):
            name, source, title, types, authors, *rest = row
            if self.known.get(name) is None:
                people = tuple(json.loads(authors))
                self.known[name] = _Article(name, source, title, tuple(json.loads(types)), people, *rest)
            found.append(self.known[name])
        return [one for one in found if one]

    def group(self, one: _Article) -> set[_Article]:
        """The work as it stands: the article, its version of record, and whatever else points there."""
        head = one.same_as or one.id
        return {one, *self._read("id = ?", head), *self._read("same_as = ?", head)}

    def work(self, one: _Article) -> set[_Article]:
        """Every article that is one work with this one, by what they say now."""
        found, ahead = {one.id: one}, [one]
        while ahead:
            for each in self.kin(ahead.pop()):
                if each.id not in found:
                    found[each.id] = each
                    ahead.append(each)
        return set(found.values())

    def kin(self, one: _Article) -> Iterator[_Article]:
        """The articles that are one work with this one by themselves, without a third."""
        for other in _few(self._said(one)):
            if one.preprint != other.preprint and not self._about(one, other):
                yield other
        yield from _few(self._items(one))
        for other in _few(self._of_doi(one)):
            if other.id != one.id and other.comparable(one) and not self._about(one, other):
                yield other
        yield from self.by_title(one)

    def sharing(self, one: _Article) -> set[_Article]:
        """Whatever could be one work with it by DOI or title, itself among them."""
        return {one, *self._of_doi(one), *self._of_title(one)}

    def _said(self, one: _Article) -> list[_Article]:
        """By PubMed's word, from either side, a PMID or a DOI. It says the same of an updated review, which no preprint
        is."""
        rows = self.db.conn.execute(
            f"""select coalesce(r.id, l.target) from links l
                left join records r on l.target like 'doi-%' and r.doi = substr(l.target, 5)
                where l.record = ? and {_SAID}
                union select record from links where target in (?, ?) and {_SAID} limit ?""",
            [one.id, one.id, f"doi-{one.doi}", _MANY + 1],
        ).fetchall()
        return [other for (name,) in rows if (other := self.article(name))]

    def _items(self, one: _Article) -> list[_Article]:
        """By the address of a feed's item, from either side."""
        rows = self.db.conn.execute(
            f"""select target from links where record = ? and {_IS_ITEM}
                union select record from links where target = ? and {_IS_ITEM} limit ?""",
            [one.id, one.id, _MANY + 1],
        ).fetchall()
        return [other for (name,) in rows if (other := self.article(name))]

    def _of_doi(self, one: _Article) -> list[_Article]:
        return self._read("doi = ?", one.doi, _MANY + 1) if one.doi else []

    def _of_title(self, one: _Article) -> list[_Article]:
        """Those of one title, where a preprint is among them; titles that papers alone share are of no matter."""
        if (
            not one.title_key
            or not self.db.conn.execute(
                f"select 1 from records where title_key = ? and {_IS_PREPRINT} limit 1", [one.title_key]
            ).fetchone()
        ):
            return []
        return self._read("title_key = ?", one.title_key, _MANY + 1)

    def by_title(self, one: _Article) -> list[_Article]:
        """Its counterparts by title and authors: of a preprint its paper, of a paper its preprints."""
        alike = _few(self._of_title(one))
        if one.preprint:
            return self._papers(one, alike)
        return [other for other in alike if other.preprint and one in self._papers(other, alike)]

    def _papers(self, preprint: _Article, alike: Iterable[_Article]) -> list[_Article]:
        """The paper of a preprint, with its other PMIDs; none where PubMed names another, or where two would fit."""
        fit = [
            other
            for other in alike
            if not other.preprint
            and other.comparable(preprint)
            and titles.same_authors(preprint.authors, other.authors)
            and titles.near(preprint.published, other.published)
            and not self._about(preprint, other)
        ]
        if len({other.doi or other.id for other in fit}) != 1 or self._names_its_paper(preprint):
            return []
        return fit

    def _names_its_paper(self, preprint: _Article) -> bool:
        row = self.db.conn.execute(
            f"""select 1 from links where {_SAID} and (record = :id and relation = 'preprint_of'
                or target in (:id, :doi) and relation = 'has_preprint') limit 1""",
            {"id": preprint.id, "doi": f"doi-{preprint.doi}"},
        ).fetchone()
        return row is not None

    def _about(self, one: _Article, other: _Article) -> bool:
        """Whether one of them is about the other, as an erratum is: then they are two."""
        if titles.notice_kinds(one.types, one.title) != titles.notice_kinds(other.types, other.title):
            return True
        marks = ",".join("?" * len(_ABOUT))
        row = self.db.conn.execute(
            f"""select 1 from links where origin = 'corrections' and relation in ({marks})
                and (record = ? and target = ? or record = ? and target = ?) limit 1""",
            [*_ABOUT, one.id, other.id, other.id, one.id],
        ).fetchone()
        return row is not None


def _few(found: list[_Article]) -> list[_Article]:
    return found if len(found) <= _MANY else []


def _point(db: Database, work: Iterable[_Article]) -> None:
    """Let every record of a work point to its version of record."""
    head = max(work, key=lambda each: each.rank)
    for each in work:
        wanted = None if each is head else head.id
        if each.same_as != wanted:
            db.conn.execute("update records set same_as = ? where id = ?", [wanted, each.id])


def _keep_title_links(db: Database, held: _Held, records: Iterable[str]) -> None:
    """A link of origin "title" from each of these preprints to the paper that only title and authors tie it to."""
    for preprint in sorted(records):
        one = held.article(preprint)
        papers = held.by_title(one) if one and one.preprint else []
        wanted = {paper.id: max(paper.changed, one.changed) for paper in papers if one}
        rows = db.conn.execute("select target from links where record = ? and origin = 'title'", [preprint]).fetchall()
        for (target,) in rows:
            if target not in wanted:
                db.conn.execute(
                    "delete from links where record = ? and target = ? and origin = 'title'", [preprint, target]
                )
        for target in sorted(wanted.keys() - {row[0] for row in rows}):
            db.conn.execute(
                "insert into links (record, relation, target, origin, seen, quote) values (?, ?, ?, 'title', ?, '')",
                [preprint, "preprint_of", target, wanted[target]],
            )
