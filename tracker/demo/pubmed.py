"""PubMed's esearch and efetch as a stand-in: answers in the shapes that were recorded, from what the upstream holds.

Played: retmax, retstart and the limit of 9,999; rettype=count; date windows; unknown phrases, unknown fields, empty
results and malformed queries as PubMed tells them; ids that PubMed does not hold or that are none; 414.
Not played: the history server (WebEnv), reldate, sort (always newest first), JSON, other databases than pubmed.
"""

from collections.abc import Mapping
from weakref import WeakKeyDictionary
from xml.sax.saxutils import escape

from tracker.demo.articles import Document, read
from tracker.demo.reply import SEARCH_HEAD, Reply, article_set, fetch_error, html, search_error, xml
from tracker.demo.search import Search
from tracker.demo.upstream import Article, Upstream
from tracker.errors import ConfigError
from tracker.expression import Term, render

LAST = 9_999  # PubMed lists no more than the first 9,999 records of a search
MOST_IDS_BY_GET = 200

_WINDOWS = {"pdat": "date - publication", "edat": "date - entry", "mdat": "date - modification"}


class PubMed:
    """Both endpoints over one upstream. An article is read from its XML once, however often it is searched."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self._read: WeakKeyDictionary[Article, Document] = WeakKeyDictionary()

    def esearch(self, asked: Mapping[str, str]) -> Reply:
        try:
            start, most = int(asked.get("retstart") or 0), int(asked.get("retmax") or 20)
        except ValueError:
            return search_error("Invalid value of retstart or retmax")
        if problem := _refusal(asked, start, most):
            return search_error(problem)
        try:
            with self.upstream.lock:
                return self._search(asked, start, most)
        except ConfigError as error:
            return search_error(f"Search Backend failed: Exception: {error}")

    def _search(self, asked: Mapping[str, str], start: int, most: int) -> Reply:
        articles = self.upstream.articles
        search = Search({pmid: self._document(article) for pmid, article in articles.items()}, self.upstream.knows)
        found, translation = search.run(asked["term"])
        if window := _window(asked):
            found &= search.find(window)
            translation = f"({translation}) AND {render(search.spelt_out(window))}"
        newest = sorted(found, key=lambda pmid: (articles[pmid].entered, int(pmid)), reverse=True)
        if asked.get("rettype") == "count":
            return xml(f"{SEARCH_HEAD}<eSearchResult>\n\t<Count>{len(newest)}</Count>\n</eSearchResult>\n")
        page = newest[start : min(start + most, LAST)]
        said = [
            *_ids(page, len(newest), start),
            *_translations(search, translation),
            *_complaints(search, newest, most),
        ]
        return xml(f"{SEARCH_HEAD}<eSearchResult>{''.join(said)}</eSearchResult>\n")

    def _document(self, article: Article) -> Document:
        if article not in self._read:
            self._read[article] = read(article)
        return self._read[article]

    def efetch(self, asked: Mapping[str, str], *, by_get: bool) -> Reply:
        ids = [part.strip() for part in asked.get("id", "").split(",") if part.strip()]
        pmids = dict.fromkeys(str(int(part)) for part in ids if part.isascii() and part.isdigit() and int(part))
        if asked.get("db") != "pubmed":
            return fetch_error(f"Invalid db name specified: {asked.get('db', '')}")
        if not ids:
            return fetch_error("Supplied id parameter is empty.")
        if by_get and len(ids) > MOST_IDS_BY_GET:
            return html(414, "414 Request-URI Too Large")
        if not pmids:
            return fetch_error("ID list is empty! Possibly it has no correct IDs.", status=400)
        if asked.get("retmode") != "xml":
            return fetch_error("This stand-in plays retmode=xml only.", status=400)
        with self.upstream.lock:
            return article_set([self.upstream.articles[pmid].xml for pmid in pmids if pmid in self.upstream.articles])


def _refusal(asked: Mapping[str, str], start: int, most: int) -> str:
    if asked.get("db") != "pubmed":
        return f"Invalid db name specified: {asked.get('db', '')}"
    if not asked.get("term", "").strip():
        return "Empty term and query_key - nothing todo"
    if start >= LAST:
        return (
            f"Search Backend failed: Exception:\n'retstart' cannot be larger than {LAST - 1}. For PubMed, "
            "ESearch can only retrieve the first 9,999 records matching the query."
        )
    return "Invalid value of retstart or retmax" if start < 0 or most < 0 else ""


def _window(asked: Mapping[str, str]) -> Term | None:
    """The date window as a term. One end alone is ignored without a word, as PubMed does."""
    if not (asked.get("mindate") and asked.get("maxdate")):
        return None
    kind = asked.get("datetype") or "pdat"
    if kind not in _WINDOWS:
        raise ConfigError(f"datetype {kind} is unknown")
    return Term(f"{asked['mindate']}:{asked['maxdate']}", _WINDOWS[kind])


def _ids(page: list[str], count: int, start: int) -> list[str]:
    ids = "".join(f"<Id>{pmid}</Id>\n" for pmid in page)
    return [
        f"<Count>{count}</Count><RetMax>{len(page)}</RetMax><RetStart>{start}</RetStart>",
        f"<IdList>\n{ids}</IdList>" if page else "<IdList/>",
    ]


def _translations(search: Search, translation: str) -> list[str]:
    mapped = "".join(
        f"<Translation>     <From>{escape(asked)}</From>     <To>{escape(meant)}</To>    </Translation>"
        for asked, meant in search.translations.items()
    )
    return [
        f"<TranslationSet>{mapped}</TranslationSet>" if mapped else "<TranslationSet/>",
        f"<QueryTranslation>{escape(translation)}</QueryTranslation>",
    ]


def _complaints(search: Search, found: list[str], most: int) -> list[str]:
    """ErrorList and WarningList: an unknown phrase as it was written, a quoted one with the field's long name."""
    errors = [f"<PhraseNotFound>{escape(render(t))}</PhraseNotFound>" for t in search.unknown if not t.quoted]
    errors += [f"<FieldNotFound>{escape(name)}</FieldNotFound>" for name in search.unknown_fields]
    quoted = [render(search.spelt_out(term)) for term in search.unknown if term.quoted]
    warnings = [f"<QuotedPhraseNotFound>{escape(phrase)}</QuotedPhraseNotFound>" for phrase in quoted]
    if most > LAST:
        warnings.append(f"<OutputMessage>start and count adjusted to 0, {LAST}</OutputMessage>")
    if not found:
        warnings.append("<OutputMessage>No items found.</OutputMessage>")
    return [
        f"<{name}>{''.join(said)}</{name}>" for name, said in (("ErrorList", errors), ("WarningList", warnings)) if said
    ]
