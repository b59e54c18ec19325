"""What only two values together can get wrong: names written twice, names that point nowhere, queries that ask nothing.

Works on the file as TOML gave it, not on the models, so that it finds its mistakes beside those of the models; whatever
has the wrong type is left alone here, as the models have said so. Also the warnings: what is allowed and rarely meant.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

from tracker import expression
from tracker.config import presets
from tracker.config.hosts import is_loopback
from tracker.config.mistakes import Report, did_you_mean
from tracker.errors import ConfigError
from tracker.expression import Term, Tree

_HAIR = re.compile(
    r"\b(?:alopeci|hair|bald|effluvium|hypotrich|dermal papilla|follicle|follicular unit|pilosebaceous|tricho|anagen"
    r"|telogen|scalp)",
    re.IGNORECASE,
)
# The field tags of the PubMed help and their long names. The list may grow, so another one is a warning, no mistake.
_TAGS = frozenset(
    re.sub(
        r"\s+",
        " ",
        """ad, affiliation, aid, article identifier, all, all fields, au, author, auid, author - identifier,
        1au, first author, author - first, lastau, last author, author - last, fau, full author name, au -
        full, cn, corporate author, author - corporate, ir, investigator, fir, full investigator name, ed,
        editor, bk, book, cois, conflict of interest statements, crdt, create date, date - create, dcom,
        completion date, date - completion, edat, entrez date, date - entry, entry date, mhda, mesh date,
        date - mesh, lr, mdat, modification date, date - modification, dp, pdat, publication date, date -
        publication, epdat, electronic publication date, ppdat, print publication date, rn, ec/rn number,
        filter, sb, subset, gr, grants and funding, grant number, ip, issue, isbn, ta, jo, jour, journal,
        jid, nlm unique id, la, lang, language, lid, location id, majr, mesh major topic, mh, mesh, mesh
        terms, sh, mesh subheading, nm, supplementary concept, substance name, ot, other term, own, owner,
        pa, pharmacological action, pg, page, pagination, pl, place of publication, pmid, uid, pmc, pmcid,
        ps, subject - personal name, pt, ptyp, publication type, pubn, publisher, si, secondary source id,
        secondary id, ti, title, tiab, title/abstract, tt, transliterated title, tw, word, text word, text
        words, vi, volume""",
    ).split(", ")
)
_LOWER_OPERATOR = re.compile(r"\b(and|or|not)\b")
_ONLY_IDS = re.compile(r"(\s*NCT\d{8}\s*,?)+", re.IGNORECASE)


def entries(data: dict[str, Any], section: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The tables of [[section]], numbered."""
    held = data.get(section)
    if isinstance(held, list):
        yield from ((number, entry) for number, entry in enumerate(held) if isinstance(entry, dict))


def texts(value: Any) -> list[str]:
    """The strings of a list, or none where there is no list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def check(data: dict[str, Any], report: Report, leaves: Collection[str] | None) -> None:
    """Adds every mistake to `report`."""
    _names_once(data, report, ("query", "feed"), "name")
    _names_once(data, report, ("digest",), "name")
    _names_once(data, report, ("approach",), "id")
    for number, query in entries(data, "query"):
        if "pubmed" not in query and not query.get("clinicaltrials") and "isrctn" not in query:
            report.add(("query", number), "asks nothing: write pubmed = '...' or clinicaltrials = { cond = \"...\" }")
    for number, feed in entries(data, "feed"):
        if wrong := presets.mistake(feed):
            report.add(("feed", number, wrong[0]) if wrong[0] in feed else ("feed", number), wrong[1])
    for number, approach in entries(data, "approach"):
        if not any(texts(value) for value in approach.values()):
            report.add(("approach", number), 'names nothing: write terms = ["...", "..."]')
    _digests(data, report, leaves)
    _mail(data, report)


def check_leaves(
    data: dict[str, Any], report: Report, leaf_mistakes: Callable[[dict[str, Any]], Iterable[str]]
) -> None:
    """What the taxonomy says against each [[approach]], whose form is right."""
    for number, approach in entries(data, "approach"):
        for message in leaf_mistakes(approach):
            key, _, rest = message.partition(": ")
            here = key in approach and rest
            report.add(("approach", number, key if here else "id"), rest if here else message)


def _names_once(data: dict[str, Any], report: Report, sections: tuple[str, ...], key: str) -> None:
    first: dict[str, tuple[str, int]] = {}
    for section in sections:
        for number, entry in entries(data, section):
            name = entry.get(key)
            if not isinstance(name, str):
                continue
            if name in first:
                line = report.positions.of((*first[name], key)).line
                report.add((section, number, key), f'"{name}" is taken by the {first[name][0]} on line {line}')
            first.setdefault(name, (section, number))


def _digests(data: dict[str, Any], report: Report, leaves: Collection[str] | None) -> None:
    names = {str(entry.get("name")) for section in ("query", "feed") for _, entry in entries(data, section)}
    known = known_approaches(data, leaves)
    for number, digest in entries(data, "digest"):
        for place, name in enumerate(texts(digest.get("queries"))):
            if name not in names:
                report.add(
                    ("digest", number, "queries", place), f'no query or feed "{name}" - {did_you_mean(name, names)}'
                )
        if digest.get("queries") == []:
            report.add(("digest", number, "queries"), "is empty: leave it out to tell of all")
        for place, name in enumerate(texts(digest.get("approaches"))):
            if known is not None and name not in known:
                report.add(("digest", number, "approaches", place), _unknown_approach(name, known))


def _mail(data: dict[str, Any], report: Report) -> None:
    smtp = data.get("smtp")
    if isinstance(smtp, dict) and smtp.get("security") == "none" and not is_loopback(f"http://{smtp.get('host')}/"):
        report.add(("smtp", "security"), "none is for a mail server on this machine only: use starttls or tls")


def known_approaches(data: dict[str, Any], leaves: Collection[str] | None) -> set[str] | None:
    """Leaves and families of the taxonomy and of [[approach]]; None where the taxonomy was not given."""
    if leaves is None:
        return None
    own = {entry["id"] for _, entry in entries(data, "approach") if isinstance(entry.get("id"), str)}
    every = {*leaves, *own}
    return every | {leaf.partition(".")[0] for leaf in every}


def _unknown_approach(name: str, known: set[str]) -> str:
    short = {leaf for leaf in known if "." in leaf} if "." in name else {leaf for leaf in known if "." not in leaf}
    return f'no family or leaf "{name}" in the taxonomy - {did_you_mean(name, short)}'


def warn(data: dict[str, Any], report: Report, leaves: Collection[str] | None) -> None:
    """Adds to `report` what is allowed and rarely meant. What is wrong has been said, and is passed over here."""
    if not data.get("query") and not data.get("feed"):
        report.add((), "there is no [[query]] and no [[feed]], so nothing is followed")
    for number, query in entries(data, "query"):
        with suppress(ConfigError, RecursionError):  # an expression that cannot be read, or is too deep
            for message in _pubmed_warnings(str(query.get("pubmed") or "")):
                report.add(("query", number, "pubmed"), message)
        held = query.get("clinicaltrials")
        areas = {area: str(value) for area, value in held.items()} if isinstance(held, dict) else {}
        if areas and not any(_HAIR.search(value) or _ONLY_IDS.fullmatch(value) for value in areas.values()):
            report.add(
                ("query", number, "clinicaltrials"),
                'no area is about hair loss, so other fields come in: cond = "alopecia OR hair loss"',
            )
        for area, value in areas.items():
            for message in _area_warnings(area, value):
                report.add(("query", number, "clinicaltrials", area), message)
        for message in _isrctn_warnings(str(query.get("isrctn") or "")):
            report.add(("query", number, "isrctn"), message)
    for number, digest in entries(data, "digest"):
        if digest.get("email") and "smtp" not in data:
            report.add(
                ("digest", number, "email"), "there is no [smtp] to send it by, so the file is all there will be"
            )
    _warn_of_approaches(data, report, known_approaches(data, leaves))


def _warn_of_approaches(data: dict[str, Any], report: Report, known: set[str] | None) -> None:
    """Approaches that are followed and do not exist, and those that exist here and are not followed."""
    followed: set[str] = set()
    for number, query in entries(data, "query"):
        for place, name in enumerate(texts(query.get("follows"))):
            followed.add(name)
            if known is not None and name not in known:
                report.add(("query", number, "follows", place), _unknown_approach(name, known))
    for number, approach in entries(data, "approach"):
        leaf = str(approach.get("id"))
        if followed.isdisjoint((leaf, leaf.partition(".")[0])):
            report.add(("approach", number, "id"), "no query follows it: add it, or its family, to `follows`")


def _pubmed_warnings(text: str) -> Iterator[str]:
    if not text.strip():
        return
    tree = expression.parse(text)
    if not about_hair(tree):
        yield 'no AND-ed part is about hair loss, so other fields come in: ... AND (alopecia[mh] OR "hair loss"[tiab])'
    yield from _field_warnings(expression.terms(tree))
    for term in expression.terms(tree):
        if not term.quoted and (match := _LOWER_OPERATOR.search(term.text)):
            yield f'"{match.group()}" in lower case is a word to PubMed: write {match.group().upper()}'
        if term.truncated and len(term.text.split()[-1]) < 4:
            yield f'"{term.text}*" has fewer than 4 letters before the *, so PubMed does not take it as any ending'


def _field_warnings(terms: Sequence[Term]) -> Iterator[str]:
    for tag in sorted({term.field.partition(":")[0] for term in terms} - _TAGS - {""}):
        yield f'PubMed knows no field "[{tag}]" - {did_you_mean(tag, _TAGS, few=("tiab", "ti", "mh", "nm", "pt"))}'
    bare = [f'"{term.text}"' for term in terms if not term.field]
    if bare and len(bare) < len(terms):  # a query without any field is meant so: PubMed finds fields for it
        more = f" and {len(bare) - 3} more" if len(bare) > 3 else ""
        yield f"{', '.join(bare[:3])}{more}: without a field PubMed searches everywhere: add [tiab], or [mh] for MeSH"


def _area_warnings(area: str, value: str) -> Iterator[str]:
    bare = re.sub(r'"[^"]*"', "", value)
    if area != "advanced" and (match := re.search(r"\b(or|and)\b", bare)):
        yield f'"{match.group()}" in lower case is a word to ClinicalTrials.gov: write {match.group().upper()}'
    if area != "advanced" and _ONLY_IDS.fullmatch(value):
        yield "holds only NCT numbers, so ClinicalTrials.gov ignores advanced"


def _isrctn_warnings(text: str) -> Iterator[str]:
    """Lucene's grammar, as others report of it: what stands side by side without an operator is joined by OR."""
    if text and not _HAIR.search(text):
        yield 'is not about hair loss, so other fields come in: "hair loss" OR alopecia'
    bare = re.sub(r'"[^"]*"', '""', text)
    words = re.findall(r"[^\s()]+", bare)
    for pair in pairwise(words):
        if not {"AND", "OR", "NOT"} & {*pair}:
            yield f"{' '.join(pair)}: words side by side are alternatives to ISRCTN: quote the phrase, or write AND"
            return


def about_hair(tree: Tree) -> bool:
    """Whether what it finds has to do with hair: an AND needs one such part, an OR more than half of them."""
    if isinstance(tree, Term):
        return bool(_HAIR.search(tree.text))
    if tree.op == "NOT":
        return about_hair(tree.parts[0])
    hits = sum(about_hair(part) for part in tree.parts)
    return hits > 0 if tree.op == "AND" else 2 * hits > len(tree.parts)
