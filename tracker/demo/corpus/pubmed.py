"""One [[article]] table -> a PubmedArticle element, in the order and the shapes of pubmed_250101.dtd.

The keys of a table are listed in `KEYS`; an unknown one raises ValueError, so that a typing mistake is not lost.
"""

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from tracker.demo.corpus.elements import MONTHS, add, add_date, add_ids, add_mixed, add_published

MARK = "This record is made up for the tracker demo."

KEYS = {
    "pmid": "nine digits",
    "title": "may hold <i>, <b>, <sub>, <sup>; a title in [brackets] is a translation; gets its full stop",
    "vernacular": "the title in its own language",
    "journal": "a key of names.toml",
    "published": 'a partial date "2026-05-14", "2026-05", "2026"; "2026/05/14" writes the month as a number; '
    '"2026 Spring" is a season; anything else is a MedlineDate',
    "online": "date of electronic publication",
    "entered": "date that PubMed took it in",
    "revised": "date of the last change, `entered` if absent",
    "status": "MEDLINE (the default with MeSH), PubMed-not-MEDLINE (the default without), Publisher, In-Process ...",
    "pages": '"12-19"; absent while the status is Publisher',
    "authors": '"Family, Given", "Family, Given | ORCID" or "group: Name"',
    "abstract": 'lines that start with "METHODS: " make a labelled abstract; the mark is appended',
    "language": "eng if absent; a list where there are two",
    "types": "publication types, Journal Article if absent",
    "mesh": 'as MEDLINE writes it: "Alopecia/*drug therapy"',
    "substances": 'as MEDLINE writes it: "5965120SH1 (Minoxidil)"',
    "keywords": "of the authors",
    "trials": "NCT numbers of the DataBankList",
    "grants": '"ID, Agency"',
    "corrections": '"RetractionIn 999000201"',
    "cites": "PMIDs of the reference list",
    "conflict": "the CoiStatement",
    "doi": '10.5555/tracker.demo.N if absent, none if ""',
    "pmcid": "PMC and nine digits",
    "approach": "see Meant",
    "stage": "see Meant",
    "condition": "see Meant",
    "off_topic": "see Meant",
}

Entry = Mapping[str, Any]

_LABEL = re.compile(r"([A-Z][A-Z &/]+): (.+)")
_CATEGORIES = {
    "BACKGROUND": "BACKGROUND",
    "OBJECTIVE": "OBJECTIVE",
    "AIM": "OBJECTIVE",
    "METHODS": "METHODS",
    "DESIGN": "METHODS",
    "RESULTS": "RESULTS",
    "CONCLUSION": "CONCLUSIONS",
    "CONCLUSIONS": "CONCLUSIONS",
}


def render(entry: Entry, entries: Mapping[str, Entry], names: Entry) -> ET.Element:
    """The element. `entries` are all records, for the citations of other ones; `names` is names.toml.

    Raises ValueError for an unknown key, KeyError for a journal, heading or record that is not there.
    """
    if unknown := entry.keys() - KEYS.keys():
        raise ValueError(f"article {entry.get('pmid')}: unknown key {', '.join(sorted(unknown))}")
    root = ET.Element("PubmedArticle")
    citation = add(root, "MedlineCitation", Status=status(entry), Owner="NLM")
    add(citation, "PMID", str(entry["pmid"]), Version="1")
    if status(entry) == "MEDLINE":
        add_date(citation, "DateCompleted", modified(entry))
    add_date(citation, "DateRevised", modified(entry))
    _article(citation, entry, names)
    journal = names["journals"][entry["journal"]]
    info = add(citation, "MedlineJournalInfo")
    add(info, "MedlineTA", journal["short"])
    add(info, "NlmUniqueID", journal["id"])
    _substances(citation, entry, names)
    if status(entry) == "MEDLINE":
        add(citation, "CitationSubset", "IM")
    _corrections(citation, entry, entries, names)
    _mesh(citation, entry, names)
    if entry.get("keywords"):
        keywords = add(citation, "KeywordList", Owner="NOTNLM")
        for word in entry["keywords"]:
            add(keywords, "Keyword", word, MajorTopicYN="N")
    if entry.get("conflict"):
        add(citation, "CoiStatement", entry["conflict"])
    _pubmed_data(root, entry, entries, names)
    return root


def status(entry: Entry) -> str:
    return str(entry.get("status") or ("MEDLINE" if entry.get("mesh") else "PubMed-not-MEDLINE"))


def modified(entry: Entry) -> str:
    return str(entry.get("revised") or entry["entered"])


def doi(entry: Entry) -> str:
    return str(entry.get("doi", f"10.5555/tracker.demo.{int(entry['pmid']) - 999000000:03d}"))


def cite(entry: Entry, names: Entry) -> str:
    """How another record names this one: "J Made Up Trichol (sample). 2026 May;26(5):12-19"."""
    volume, issue = _volume(entry)
    when = entry["published"].replace("/", "-")
    if re.fullmatch(r"[\d-]+", when):
        year, month, day = (*when.split("-"), "", "")[:3]
        when = " ".join(part for part in (year, MONTHS[int(month) - 1] if month else "", day.lstrip("0")) if part)
    where = f";{volume}({issue}):{entry.get('pages', '')}" if volume else ""
    return f"{names['journals'][entry['journal']]['short']}. {when}{where}. doi: {doi(entry)}"


def _article(citation: ET.Element, entry: Entry, names: Entry) -> None:
    """Journal to ArticleDate: what the DTD calls Article."""
    article = add(citation, "Article", PubModel="Print-Electronic" if entry.get("online") else "Print")
    journal = add(article, "Journal")
    issue = add(journal, "JournalIssue", CitedMedium="Internet" if entry.get("online") else "Print")
    volume, number = _volume(entry)
    if volume:
        add(issue, "Volume", volume)
        add(issue, "Issue", number)
    add_published(issue, entry["published"])
    add(journal, "Title", names["journals"][entry["journal"]]["title"])
    add(journal, "ISOAbbreviation", names["journals"][entry["journal"]]["short"])
    title = entry["title"]
    add_mixed(article, "ArticleTitle", title if title[-1] in ".?!" else f"{title}.")
    if entry.get("pages") or not doi(entry):
        _pages(article, entry.get("pages", ""))
    if doi(entry):
        add(article, "ELocationID", doi(entry), EIdType="doi", ValidYN="Y")
    _abstract(article, entry.get("abstract", ""))
    _authors(article, entry.get("authors", ()), names)
    for language in _list(entry.get("language", "eng")):
        add(article, "Language", language)
    _databanks(article, entry.get("trials", ()))
    _grants(article, entry.get("grants", ()))
    types = add(article, "PublicationTypeList")
    for kind in entry.get("types", ("Journal Article",)):
        add(types, "PublicationType", kind, UI=names["types"][kind])
    if entry.get("vernacular"):
        add(article, "VernacularTitle", entry["vernacular"])
    if entry.get("online"):
        add_date(article, "ArticleDate", entry["online"], DateType="Electronic")


def _volume(entry: Entry) -> tuple[str, str]:
    """Volume and issue follow from the date: volume 26 is 2026, the issue is the month. None while ahead of print."""
    found = re.match(r"\d\d(\d\d)(?:[-/](\d\d))?", entry["published"])
    if status(entry) == "Publisher" or not found:
        return "", ""
    return found[1], str(int(found[2] or 1))


def _pages(article: ET.Element, pages: str) -> None:
    pagination = add(article, "Pagination")
    if "-" in pages:
        first, last = pages.split("-")
        add(pagination, "StartPage", first)
        add(pagination, "EndPage", last)
    add(pagination, "MedlinePgn", pages)


def _abstract(article: ET.Element, text: str) -> None:
    """Labelled where each line starts with "LABEL: ", else one piece. Without a text there is no Abstract element."""
    lines = text.strip().splitlines()
    if not lines:
        return
    abstract = add(article, "Abstract")
    labelled = [found for line in lines if (found := _LABEL.fullmatch(line))]
    if len(labelled) != len(lines):
        add_mixed(abstract, "AbstractText", f"{' '.join(lines)} {MARK}")
        return
    for found in labelled:
        end = f" {MARK}" if found is labelled[-1] else ""
        category = _CATEGORIES.get(found[1])
        attributes = {"Label": found[1]} | ({"NlmCategory": category} if category else {})
        add_mixed(abstract, "AbstractText", found[2] + end, **attributes)


def _authors(article: ET.Element, authors: list[str], names: Entry) -> None:
    if not authors:
        return
    people = add(article, "AuthorList", CompleteYN="Y")
    for n, text in enumerate(authors):
        name, _, orcid = (part.strip() for part in text.partition("|"))
        author = add(people, "Author", ValidYN="Y")
        if name.startswith("group:"):
            add(author, "CollectiveName", name.removeprefix("group:").strip())
            continue
        family, _, given = (part.strip() for part in name.partition(","))
        add(author, "LastName", family)
        if given:
            add(author, "ForeName", given)
            add(author, "Initials", "".join(part[0] for part in re.split(r"[ -]", given)))
        if orcid:
            add(author, "Identifier", orcid, Source="ORCID")
        if n == 0:
            add(add(author, "AffiliationInfo"), "Affiliation", names["affiliation"])


def _databanks(article: ET.Element, trials: list[str]) -> None:
    if trials:
        bank = add(add(article, "DataBankList", CompleteYN="Y"), "DataBank")
        add(bank, "DataBankName", "ClinicalTrials.gov")
        numbers = add(bank, "AccessionNumberList")
        for nct in trials:
            add(numbers, "AccessionNumber", nct)


def _grants(article: ET.Element, grants: list[str]) -> None:
    if not grants:
        return
    found = add(article, "GrantList", CompleteYN="Y")
    for text in grants:
        number, _, agency = (part.strip() for part in text.partition(","))
        grant = add(found, "Grant")
        add(grant, "GrantID", number)
        add(grant, "Agency", agency)
        add(grant, "Country", "")


def _substances(citation: ET.Element, entry: Entry, names: Entry) -> None:
    if not entry.get("substances"):
        return
    chemicals = add(citation, "ChemicalList")
    for text in entry["substances"]:
        number, _, name = text.partition(" (")
        name = name.removesuffix(")")
        chemical = add(chemicals, "Chemical")
        add(chemical, "RegistryNumber", number)
        add(chemical, "NameOfSubstance", name, UI=names["substances"].get(name) or names["mesh"][name])


def _corrections(citation: ET.Element, entry: Entry, entries: Mapping[str, Entry], names: Entry) -> None:
    if not entry.get("corrections"):
        return
    found = add(citation, "CommentsCorrectionsList")
    for text in entry["corrections"]:
        kind, pmid = text.split()
        correction = add(found, "CommentsCorrections", RefType=kind)
        add(correction, "RefSource", cite(entries[pmid], names))
        add(correction, "PMID", pmid, Version="1")


def _mesh(citation: ET.Element, entry: Entry, names: Entry) -> None:
    if not entry.get("mesh"):
        return
    headings = add(citation, "MeshHeadingList")
    for text in entry["mesh"]:
        heading = add(headings, "MeshHeading")
        descriptor, *qualifiers = text.split("/")
        _term(heading, "DescriptorName", descriptor, names["mesh"])
        for qualifier in qualifiers:
            _term(heading, "QualifierName", qualifier, names["qualifiers"])


def _term(heading: ET.Element, tag: str, text: str, uis: Mapping[str, str]) -> None:
    name = text.removeprefix("*")
    add(heading, tag, name, UI=uis[name], MajorTopicYN="Y" if text.startswith("*") else "N")


def _pubmed_data(root: ET.Element, entry: Entry, entries: Mapping[str, Entry], names: Entry) -> None:
    data = add(root, "PubmedData")
    history = add(data, "History")
    moments = {"entrez": entry["entered"], "pubmed": entry["entered"]}
    if status(entry) == "MEDLINE":
        moments["medline"] = modified(entry)
    for kind, day in moments.items():
        moment = add_date(history, "PubMedPubDate", day, padded=False, PubStatus=kind)
        add(moment, "Hour", "6")
        add(moment, "Minute", "0")
    add(data, "PublicationStatus", "aheadofprint" if status(entry) == "Publisher" else "ppublish")
    ids = {"pubmed": str(entry["pmid"]), "pmc": entry.get("pmcid", ""), "doi": doi(entry)}
    add_ids(data, ids)
    if entry.get("cites"):
        references = add(data, "ReferenceList")
        for pmid in map(str, entry["cites"]):
            reference = add(references, "Reference")
            add(reference, "Citation", cite(entries[pmid], names))
            add_ids(reference, {"pubmed": pmid, "doi": doi(entries[pmid])})


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
