"""What `tracker check --live` asks of PubMed: three requests for the shape, one for each query and for each branch.

Shape: an esearch of the first query, an efetch of a few of its records, and an esearch limited to the last month with
a phrase beside it that nobody knows: the three kinds of request that a fetch makes. The search of a query lists its
ids, from which recall and overlap are told without asking again.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import combinations

from tracker.config import Query, SourceSettings
from tracker.errors import RecordError, SourceError
from tracker.expression import branches, parse, render
from tracker.records import Held
from tracker.sources.looking import Finding, Step, recall, some
from tracker.sources.pubmed import article, drift
from tracker.sources.pubmed.answers import Element, Search
from tracker.sources.pubmed.eutils import Eutils, Window
from tracker.sources.pubmed.shape import ARTICLE, BOOK, SEARCH, paths
from tracker.web import Web

NAME = "pubmed"
COMPARED = 5  # records of which the shape is compared
UNHEARD_OF = "zzqx unheard of"  # a phrase that PubMed has to say that it does not know
MONTH = timedelta(days=30)


def steps(settings: SourceSettings, web: Web, queries: Sequence[Query], today: date) -> Iterator[Step]:
    look = _Look(settings, web, today)
    yield Step("shape", NAME, f"{NAME}: {settings.url}", 3, partial(look.shape, queries[0]))
    for n, query in enumerate(queries):
        most = bool(n) + bool(_gold(query))  # the first was searched for its shape
        yield Step("query", NAME, f"query {query.name}", most, partial(look.query, query))
        for turn, (branch, whole) in enumerate(branches(parse(query.pubmed))):
            ask = partial(look.branch, query, render(branch), render(whole))
            yield Step("branches", NAME, f"branches of query {query.name} in {NAME}", 1, ask, turn)
    for turn, pair in enumerate(combinations(queries, 2)):
        yield Step("overlap", NAME, f"overlap in {NAME}", 0, partial(look.overlap, *pair), turn)


def _gold(query: Query) -> tuple[str, ...]:
    return tuple(one for one in query.gold if one.isdigit())


class _Look:
    def __init__(self, settings: SourceSettings, web: Web, today: date) -> None:
        self.talk = partial(Eutils, settings, web)
        self.today = today
        self.found: dict[str, Search] = {}

    def search(self, query: Query) -> Search:
        if query.name not in self.found:
            self.found[query.name] = self.talk(query.name).search(query.pubmed)
        return self.found[query.name]

    def shape(self, query: Query) -> Iterator[Finding]:
        whole = self.search(query)
        yield Finding("", f"esearch of {query.name}: {whole.count:,} records")
        yield from _of_search(whole)
        if whole.ids:
            yield from self._records(query, whole.ids)
        else:
            yield Finding("note", f"{query.name} lists nothing, so that no article could be compared")
        yield from self._window(query, whole)

    def _records(self, query: Query, ids: tuple[str, ...]) -> Iterator[Finding]:
        asked = ids[:: max(1, len(ids) // COMPARED)][:COMPARED]
        came = self.talk(query.name).records(asked).elements
        yield Finding("", f"efetch of {len(asked)} of them: {len(came)} came")
        if lacking := set(asked) - {one.pmid for one in came}:
            yield Finding("error", f"efetch does not give {some(sorted(lacking))}, which esearch lists")
        yield from _of_records(came)

    def _window(self, query: Query, whole: Search) -> Iterator[Finding]:
        term = f'"{UNHEARD_OF}"[tiab] OR ({query.pubmed})'
        part = self.talk(query.name).search(term, Window("mdat", self.today - MONTH, self.today), most=1)
        yield Finding("", f"esearch of what changed within {MONTH.days} days: {part.count:,} records")
        yield from _of_search(part)
        if part.count > whole.count:
            yield Finding("error", f"a month of {query.name} counts {part.count:,} records, the whole {whole.count:,}")
        if not any(UNHEARD_OF in words.casefold() for words in drift.unknown(part)):
            yield Finding(
                "warning", f'PubMed did not say that it does not know "{UNHEARD_OF}": a query could lose a part unseen'
            )

    def query(self, query: Query) -> Iterator[Finding]:
        found, gold = self.search(query), _gold(query)
        listed = set(found.ids)
        if found.count > len(listed) and set(gold) - listed:
            either = " OR ".join(f"{pmid}[uid]" for pmid in gold)
            listed |= set(self.talk(query.name).search(f"({query.pubmed}) AND ({either})").ids)
        yield from recall(NAME, found.count, gold, listed)
        try:
            drift.judge(query.name, query.pubmed, found, Held())
        except SourceError as error:
            yield Finding("error", str(error))
        yield from (Finding("warning", line) for line in drift.remarks(found))
        yield from (Finding("note", line) for line in drift.remapped(found))

    def branch(self, query: Query, branch: str, whole: str) -> Iterator[Finding]:
        yield Finding("", f"{self.talk(query.name).search(whole, most=1).count:>7,}  {branch}")

    def overlap(self, one: Query, other: Query) -> Iterator[Finding]:
        pair = [self.found.get(query.name) for query in (one, other)]
        if not all(pair):
            return
        first, second = (found for found in pair if found)
        more = " at least" * (first.count > len(first.ids) or second.count > len(second.ids))
        both = len(set(first.ids) & set(second.ids))
        yield Finding("", f"{both:>7,}{more}  in {one.name} ({first.count:,}) and {other.name} ({second.count:,})")


def _of_search(search: Search) -> Iterator[Finding]:
    return SEARCH.compare({"esearch": set(search.parts)}, "/")


def _of_records(elements: Sequence[Element]) -> Iterator[Finding]:
    articles: dict[str, set[str]] = {}
    books: dict[str, set[str]] = {}
    for one in elements:
        try:
            article.read(one.body)
            root = article.parsed(one.body)
        except RecordError as error:
            yield Finding("error", str(error))
            continue
        (books if root.tag == "PubmedBookArticle" else articles)[f"pubmed-{one.pmid}"] = set(paths(root))
    yield from ARTICLE.compare(articles, "/")
    yield from BOOK.compare(books, "/")
