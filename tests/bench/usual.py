"""The usual stack, as such a thing is first written: what `tracker import` is held against.

    python -m tests.bench.usual FILE DATABASE      # without a DATABASE the file is only read

Bio.Entrez.read for the whole file, one case-insensitive regular expression for each phrase of our taxonomy, and
sqlite-utils upserts with full text. It keeps neither payloads nor history and judges nothing but the words, so it does
less than `tracker import`; its upserts are batched, so it does that little well.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from Bio import Entrez
from sqlite_utils import Database

from tracker.classify import load_taxonomy

_GROUP = re.compile(r"\(([^()]*)\)")


def read(path: Path) -> list[Any]:
    with path.open("rb") as file:
        return list(Entrez.read(file)["PubmedArticle"])  # type: ignore[no-untyped-call]


def patterns() -> list[tuple[str, re.Pattern[str]]]:
    """(leaf, pattern) of each phrase as it is written, alternatives and all: some 900."""
    return [
        (leaf.id, _pattern(phrase))
        for leaf in load_taxonomy().leaves
        for phrase in (*leaf.terms, *leaf.title_terms, *leaf.weak_terms, *leaf.source)
    ]


def _pattern(phrase: str) -> re.Pattern[str]:
    """A blank may be a hyphen or nothing: "(stem|fat) cell*" is \\b(?:stem|fat)[ -]?cell, and * takes any ending."""
    parts = _GROUP.split(phrase.removesuffix("*"))  # text and alternatives in turn
    text = "".join(
        f"(?:{'|'.join(map(_spaced, part.split('|')))})" if n % 2 else _spaced(part) for n, part in enumerate(parts)
    )
    end = "" if phrase.endswith("*") else r"s?\b"
    return re.compile(rf"\b{text}{end}", re.IGNORECASE)


def _spaced(text: str) -> str:
    return "[ -]?".join(map(re.escape, text.split(" ")))


def row(article: Any) -> dict[str, Any]:
    """The fields that a list of papers needs."""
    citation, data = article["MedlineCitation"], article["PubmedData"]
    paper = citation["Article"]
    date = paper["Journal"]["JournalIssue"]["PubDate"]
    return {
        "id": f"pubmed-{citation['PMID']}",
        "title": str(paper["ArticleTitle"]),
        "abstract": "\n".join(map(str, paper.get("Abstract", {}).get("AbstractText", []))),
        "journal": str(paper["Journal"]["Title"]),
        "published": "-".join(str(date[part]) for part in ("Year", "Month", "Day") if part in date),
        "authors": [f"{one.get('LastName', '')} {one.get('Initials', '')}" for one in paper.get("AuthorList", [])],
        "types": [str(one) for one in paper["PublicationTypeList"]],
        "mesh": [str(one["DescriptorName"]) for one in citation.get("MeshHeadingList", [])],
        "doi": next((str(one) for one in data["ArticleIdList"] if one.attributes["IdType"] == "doi"), ""),
    }


def labels(rows: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """One label per leaf and record, with the words that made it."""
    terms = patterns()
    for one in rows:
        text = f"{one['title']}\n{one['abstract']}"
        for leaf, pattern in terms:
            if found := pattern.search(text):
                yield {"record": one["id"], "label": leaf, "quote": found[0]}


def main(file: str, database: str = "") -> None:
    articles = read(Path(file))
    if not database:
        return
    rows = [row(article) for article in articles]
    db = Database(database)
    db.table("records").upsert_all(rows, pk="id")
    db.table("labels").upsert_all(labels(rows), pk=("record", "label"))
    if rows:
        db.table("records").enable_fts(["title", "abstract"], create_triggers=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
