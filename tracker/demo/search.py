"""PubMed's terms, evaluated: the tree of tracker.expression over a snapshot of documents.

Every field of FIELDS; quotes, trailing *, proximity ([tiab:~3]); MeSH headings and publication types with what stands
below them, entry terms, subheadings and :noexp; date ranges; the automatic mapping of untagged words. A phrase that is
unknown is dropped, which makes the query broader: that is what PubMed does, and it says so only in passing.
Not here: spelling variants, stop words, the phrase index (every phrase that an article holds can be found).
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import reduce
from operator import and_, or_, sub

from tracker.demo import mesh
from tracker.demo.articles import Document, interval
from tracker.demo.words import fold, holds, near
from tracker.errors import ConfigError
from tracker.expression import Node, Term, Tree, parse, render

Test = Callable[[Document], bool]

FIELDS = {
    "All Fields": ("", "all", "all fields"),
    "Title/Abstract": ("tiab", "title/abstract"),
    "Text Word": ("tw", "text word", "text words", "text"),
    "Title": ("ti", "title"),
    "Abstract": ("ab", "abstract"),
    "Other Term": ("ot", "other term"),
    "MeSH Terms": ("mh", "mesh", "mesh terms", "mesh term"),
    "MeSH Major Topic": ("majr", "mesh major topic"),
    "MeSH Subheading": ("sh", "mesh subheading", "subheading"),
    "Supplementary Concept": ("nm", "supplementary concept", "substance name", "substance"),
    "EC/RN Number": ("rn", "ec/rn number"),
    "Publication Type": ("pt", "publication type"),
    "Language": ("la", "lang", "language"),
    "Journal": ("ta", "jour", "journal"),
    "Author": ("au", "author"),
    "Affiliation": ("ad", "affiliation"),
    "Secondary Source ID": ("si", "secondary source id"),
    "Location ID": ("lid", "aid", "doi", "article identifier"),
    "PMID": ("pmid", "uid"),
    "Filter": ("sb", "filter", "subset"),
    "Date - Publication": ("dp", "pdat", "publication date", "date - publication"),
    "Date - Entry": ("edat", "entry date", "date - entry", "date - entrez"),
    "Date - Modification": ("lr", "mdat", "modification date", "date - modification"),
}
_NAMES = {tag: name for name, tags in FIELDS.items() for tag in tags}
_COMBINE = {"AND": and_, "OR": or_, "NOT": sub}
_HEADINGS = ("MeSH Terms", "MeSH Major Topic", "Publication Type")


class Search:
    """One search. After run(): unknown terms, unknown fields and translations are what PubMed says beside the ids.

    knows: whether PubMed's index holds a phrase that these documents do not.
    """

    def __init__(self, documents: Mapping[str, Document], knows: Callable[[str], bool]) -> None:
        self.documents = documents
        self.knows = knows
        self.unknown: list[Term] = []
        self.unknown_fields: list[str] = []
        self.translations: dict[str, str] = {}
        self.holders: dict[Term, frozenset[str]] = {}

    def run(self, term: str) -> tuple[frozenset[str], str]:
        """The PMIDs found and the query as translated. Raises ConfigError where the term cannot be parsed."""
        asked = parse(term)
        tree = self.without_unknown(asked)
        if tree is None:
            return frozenset(), f"({render(self.spelt_out(asked))})"
        return self.find(tree), render(self.spelt_out(self.mapped(tree)))

    def find(self, tree: Tree) -> frozenset[str]:
        if isinstance(tree, Node):
            return reduce(_COMBINE[tree.op], (self.find(part) for part in tree.parts))
        if (mapped := self.mapped(tree)) != tree:
            return self.find(mapped)
        if tree not in self.holders:
            test = self.test(tree)
            self.holders[tree] = frozenset(pmid for pmid, document in self.documents.items() if test(document))
        return self.holders[tree]

    def test(self, term: Term) -> Test:
        """Whether a document holds one term in its field."""
        name, option = self.field(term)
        phrase = fold(term.text)
        if name.startswith("Date"):
            first, last = dates(term.text)
            return lambda document: document.dates[name][0] <= last and first <= document.dates[name][1]
        if name in _HEADINGS and term.truncated:
            return lambda document: any(heading.startswith(phrase) for heading in document.headings[name])
        if name in _HEADINGS:
            wanted = headings(term.text, exploded=option != "noexp")
            return lambda document: not wanted.isdisjoint(document.headings[name])
        if option.startswith("~") and option[1:].isdigit():
            return lambda document: near(document.texts[name], phrase, int(option[1:]))
        return lambda document: holds(document.texts[name], phrase, truncated=term.truncated)

    def field(self, term: Term) -> tuple[str, str]:
        """The long name of a term's field, and what follows its colon. An unknown field is noted, and is all fields."""
        tag, _, option = term.field.partition(":")
        name = _NAMES.get(tag.strip())
        if name is None and term.field not in self.unknown_fields:
            self.unknown_fields.append(term.field)
        return name or "All Fields", option.strip()

    def without_unknown(self, tree: Tree) -> Tree | None:
        """The tree without the terms that PubMed does not know; None when nothing of it is left."""
        if isinstance(tree, Term):
            known = self.known(tree)
            if not known and tree not in self.unknown:
                self.unknown.append(tree)
            return tree if known else None
        parts = [self.without_unknown(part) for part in tree.parts]
        kept = [part for part in parts if part is not None]
        if not kept or (tree.op == "NOT" and parts[0] is None):
            return None
        return kept[0] if len(kept) == 1 else Node(tree.op, tuple(kept))

    def known(self, term: Term) -> bool:
        name, _ = self.field(term)
        vocabulary = name in _HEADINGS and mesh.preferred(term.text.partition("/")[0]) in mesh.VOCABULARY
        return name.startswith("Date") or vocabulary or bool(self.find(term)) or self.knows(term.text)

    def mapped(self, tree: Tree) -> Tree:
        """Automatic term mapping: untagged, unquoted words mean the MeSH heading, or each word, or the phrase."""
        if isinstance(tree, Node):
            return Node(tree.op, tuple(self.mapped(part) for part in tree.parts))
        words = tuple(Term(word, "all fields") for word in fold(tree.text).split())
        if tree.field or tree.quoted or tree.truncated or not words:
            return tree
        each = words[0] if len(words) == 1 else Node("AND", words)
        phrase = Term(tree.text, "all fields", quoted=True)
        if not self.is_heading(tree.text):
            return each if len(words) == 1 else Node("OR", (each, phrase))
        heading = Term(mesh.preferred(tree.text), "mesh terms", quoted=True)
        mapped = Node("OR", (heading, each, phrase))
        self.translations[tree.text] = render(self.spelt_out(mapped))
        return mapped

    def is_heading(self, text: str) -> bool:
        heading = mesh.preferred(text)
        return heading in mesh.VOCABULARY or any(heading in d.headings["MeSH Terms"] for d in self.documents.values())

    def spelt_out(self, tree: Tree) -> Tree:
        """The tree with the long names of its fields, as a translation shows it."""
        if isinstance(tree, Node):
            return Node(tree.op, tuple(self.spelt_out(part) for part in tree.parts))
        name, option = self.field(tree)
        return Term(tree.text, name + (f":{option}" if option else ""), tree.quoted, tree.truncated)


def headings(text: str, *, exploded: bool) -> set[str]:
    """The folded headings that "Alopecia" or "Alopecia/drug therapy" stands for."""
    name, _, qualifier = text.partition("/")
    heading = mesh.preferred(name)
    wanted = mesh.explode(heading) if exploded else {heading}
    return {f"{each}/{fold(qualifier)}" for each in wanted} if qualifier else wanted


def dates(text: str) -> tuple[date, date]:
    """First and last day of "2024/05" or "2024/01/01:2024/06/30" ("3000" as the end means: until ever)."""
    first, _, last = text.partition(":")
    try:
        return interval(first)[0], interval(last or first)[1]
    except ValueError:
        raise ConfigError(f"{text} is no date") from None
