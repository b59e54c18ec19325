"""Made-up PubMed records of real shape in any number: the same ones on every machine. For benchmarks and big files.

    python -m tests.generated FILE [--count 10000] [--revised 2025-06-01]     # .gz in the name: gzipped

A record is nearly 6 kB: authors with affiliations, a structured abstract, MeSH, chemicals, identifiers. Every sentence
is put together here from our own words; a third of the records is about hair, which is far more than in PubMed and so
the harder case for the rules. Record n depends on n alone.
"""

import argparse
import gzip
from collections.abc import Iterator
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape

FIRST_PMID = 50_000_001

_HAIR = ("androgenetic alopecia", "alopecia areata", "hair loss", "the hair follicle", "telogen effluvium",
         "hair regrowth", "dermal papilla cells", "scarring alopecia")  # fmt: skip
_OTHER = ("asthma", "chronic kidney disease", "knee osteoarthritis", "migraine", "type 2 diabetes", "heart failure",
          "early breast cancer", "hip fracture", "glaucoma", "sepsis", "low back pain", "vaccination")  # fmt: skip
_MEANS = ("platelet-rich plasma", "exosomes from adipose-derived stem cells", "topical minoxidil", "oral baricitinib",
          "low-level light", "microneedling", "finasteride 1 mg", "PP405 gel", "umbilical cord mesenchymal stem cells",
          "a supervised exercise programme", "a reminder by telephone", "metformin", "a short course of prednisolone",
          "telemedicine visits", "a salt-restricted diet", "early mobilisation", "a cement-free implant")  # fmt: skip
_DESIGNS = ("randomized, double-blind, placebo-controlled trial", "retrospective cohort study", "systematic review",
            "open-label pilot study", "cross-sectional survey", "study in C57BL/6 mice", "case series",
            "in vitro study", "registry-based analysis", "multicentre prospective study")  # fmt: skip
_BACKGROUND = ("The burden of {topic} on those who live with it is larger than routine figures suggest",
               "How far {means} helps in {topic} has been asked often and answered seldom",
               "Earlier reports on {means} came from single centres and counted few people",
               "Guidelines for {topic} leave room for judgement where evidence is thin",
               "We set out to learn whether {means} changes the course of {topic}")  # fmt: skip
_METHODS = ("In this {design} we followed {n} participants for {weeks} weeks",
            "Allocation was concealed, and those who judged the outcome did not know the group",
            "The main outcome was the change from the first visit on a scale agreed in advance",
            "Counts per square centimetre were taken from photographs by two readers",
            "Missing visits were handled by multiple imputation under the usual assumptions",
            "Tissue was fixed, cut and stained by a protocol that is available on request")  # fmt: skip
_RESULTS = ("Of {n} participants {half} completed the last visit, a share in line with the plan",
            "The mean change was {a}.{b} (95% CI {a}.1 to {a}.9; P = 0.0{b}) in favour of {means}",
            "Among {half} samples the marker rose {a}-fold, and fell again within {weeks} days",
            "No serious adverse event was judged to be related, and {a} people reported itching",
            "The effect was seen in women and in men, and did not depend on age at onset",
            "Results in {topic} of long standing were weaker and their intervals wide")  # fmt: skip
_CLOSING = ("{means} may have a place in {topic}, which larger studies must confirm",
            "The findings do not support routine use, but they do not rule out a benefit in some",
            "Longer follow-up is under way and will show whether what was gained is kept")  # fmt: skip
_PLACES = ("Department of Dermatology", "Institute for Skin Research", "School of Public Health", "Division of Surgery",
           "Laboratory of Cell Biology", "Clinical Trials Unit", "Centre for Primary Care")  # fmt: skip
_TOWNS = ("Aberlind, Scotland", "Northwick, England", "Bad Selten, Germany", "Miravalle, Spain", "Kitahara, Japan",
          "Sungdo, Republic of Korea", "New Calder, Ohio, USA", "Porto Alto, Brazil", "Linhai, China")  # fmt: skip
_FAMILIES = ("Abelson", "Brandt", "Castell", "Dornier", "Eklund", "Farkas", "Gallo", "Hashimo", "Ivanek", "Jeong",
             "Kallio", "Lindqvist", "Moreau", "Novotna", "Okafor", "Petrov", "Quist", "Rossini", "Sato")  # fmt: skip
_GIVEN = ("Ada", "Bo", "Clara", "Dan", "Eun-Ji", "Felix", "Grace", "Hiro", "Ines", "Jan", "Keiko", "Leo")
_MESH = ("Humans", "Female", "Male", "Adult", "Middle Aged", "Aged", "Animals", "Mice", "Treatment Outcome",
         "Follow-Up Studies", "Double-Blind Method", "Prospective Studies", "Retrospective Studies",
         "Alopecia", "Hair Follicle", "Exosomes", "Platelet-Rich Plasma", "Stem Cells", "Quality of Life")  # fmt: skip
_QUALIFIERS = ("drug therapy", "therapy", "metabolism", "pathology", "physiology", "epidemiology")
_TYPES = ("Journal Article", "Randomized Controlled Trial", "Review", "Case Reports", "Multicenter Study")
_JOURNALS = ("Annals of Invented Dermatology", "The Imaginary Journal of Medicine", "Made-Up Cell Reports")


def articles(count: int, *, start: int = 0, revised: str = "2025-03-14") -> Iterator[bytes]:
    """PubmedArticle elements number `start` to `start + count`, last revised on the day `revised`."""
    for n in range(start, start + count):
        yield article(n, revised)


def write_set(path: Path, count: int, *, start: int = 0, revised: str = "2025-03-14") -> Path:
    """A PubmedArticleSet of these articles in a file, gzipped where its name ends so."""
    with gzip.open(path, "wb") if path.name.endswith(".gz") else path.open("wb") as file:
        file.write(
            b'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, '
            b'1st January 2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>\n'
        )
        for one in articles(count, start=start, revised=revised):
            file.write(one + b"\n")
        file.write(b"</PubmedArticleSet>\n")
    return path


def article(n: int, revised: str = "2025-03-14") -> bytes:
    """One PubmedArticle, valid by NLM's DTD of 2025."""
    random = Random(n)
    topic = random.choice(_HAIR if random.random() < 0.33 else _OTHER)
    words = {"topic": topic, "means": random.choice(_MEANS), "design": random.choice(_DESIGNS)}
    year = random.randint(2008, 2025)
    pmid, doi = FIRST_PMID + n, f"10.99999/made-up.{year}.{n}"
    title = f"{_capital(words['means'])} in {topic}: a {words['design']} (report {n})."
    text = (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM" IndexingMethod="Automated">'
        f'<PMID Version="1">{pmid}</PMID>{_day("DateCompleted", f"{year}-11-02")}{_day("DateRevised", revised)}'
        f'<Article PubModel="Print-Electronic">{_journal(random, year)}<ArticleTitle>{escape(title)}</ArticleTitle>'
        f"<Pagination><StartPage>{n % 900 + 1}</StartPage><EndPage>{n % 900 + 9}</EndPage></Pagination>"
        f'<ELocationID EIdType="doi" ValidYN="Y">{doi}</ELocationID>{_abstract(random, words)}{_authors(random)}'
        f"<Language>eng</Language>{_types(random)}"
        f'<ArticleDate DateType="Electronic"><Year>{year}</Year><Month>07</Month><Day>09</Day></ArticleDate></Article>'
        f"<MedlineJournalInfo><Country>England</Country><MedlineTA>Made Up J</MedlineTA>"
        f"<NlmUniqueID>9900001</NlmUniqueID></MedlineJournalInfo>"
        f'<ChemicalList><Chemical><RegistryNumber>5965120SH1</RegistryNumber><NameOfSubstance UI="D008914">Minoxidil'
        f"</NameOfSubstance></Chemical></ChemicalList><CitationSubset>IM</CitationSubset>{_mesh(random)}"
        f'<KeywordList Owner="NOTNLM">{_keywords(random, words)}</KeywordList></MedlineCitation>'
        f"<PubmedData><History>{_history(year)}</History><PublicationStatus>ppublish</PublicationStatus>"
        f'<ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId><ArticleId IdType="doi">{doi}</ArticleId>'
        f"</ArticleIdList></PubmedData></PubmedArticle>"
    )
    return text.encode()


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _day(tag: str, day: str, attributes: str = "") -> str:
    year, month, date = day.split("-")
    return f"<{tag}{attributes}><Year>{year}</Year><Month>{month}</Month><Day>{date}</Day></{tag}>"


def _journal(random: Random, year: int) -> str:
    return (
        f'<Journal><ISSN IssnType="Electronic">9999-0001</ISSN><JournalIssue CitedMedium="Internet"><Volume>'
        f"{year - 2000}</Volume><Issue>{random.randint(1, 12)}</Issue><PubDate><Year>{year}</Year><Month>Aug</Month>"
        f"</PubDate></JournalIssue><Title>{random.choice(_JOURNALS)}</Title><ISOAbbreviation>Made Up J"
        f"</ISOAbbreviation></Journal>"
    )


def _abstract(random: Random, words: dict[str, str]) -> str:
    n = random.randint(12, 480)
    numbers = {"n": n, "half": n // 2, "weeks": random.choice((8, 12, 24, 52)), "a": random.randint(2, 9), "b": 3}
    parts = []
    for label, sentences, take in (
        ("BACKGROUND", _BACKGROUND, 3),
        ("METHODS", _METHODS, 4),
        ("RESULTS", _RESULTS, 4),
        ("CONCLUSIONS", _CLOSING, 2),
    ):
        chosen = ". ".join(_capital(one.format(**words, **numbers)) for one in random.sample(sentences, take))
        parts.append(f'<AbstractText Label="{label}" NlmCategory="{label}">{escape(chosen)}.</AbstractText>')
    return f"<Abstract>{''.join(parts)}</Abstract>"


def _authors(random: Random) -> str:
    people = []
    for _ in range(random.randint(2, 6)):
        given, family = random.choice(_GIVEN), random.choice(_FAMILIES)
        place = f"{random.choice(_PLACES)}, University Hospital, {random.choice(_TOWNS)}."
        people.append(
            f'<Author ValidYN="Y"><LastName>{family}</LastName><ForeName>{given}</ForeName>'
            f"<Initials>{given[0]}</Initials>"
            f"<AffiliationInfo><Affiliation>{place}</Affiliation></AffiliationInfo></Author>"
        )
    return f'<AuthorList CompleteYN="Y">{"".join(people)}</AuthorList>'


def _types(random: Random) -> str:
    extra = random.choice(_TYPES)
    names = dict.fromkeys(("Journal Article", extra))
    inner = "".join(f'<PublicationType UI="D016428">{name}</PublicationType>' for name in names)
    return f"<PublicationTypeList>{inner}</PublicationTypeList>"


def _mesh(random: Random) -> str:
    headings = []
    for name in random.sample(_MESH, random.randint(5, 11)):
        qualifier = f'<QualifierName UI="Q000188" MajorTopicYN="Y">{random.choice(_QUALIFIERS)}</QualifierName>'
        headings.append(
            f'<MeshHeading><DescriptorName UI="D000505" MajorTopicYN="N">{name}</DescriptorName>'
            f"{qualifier if random.random() < 0.4 else ''}</MeshHeading>"
        )
    return f"<MeshHeadingList>{''.join(headings)}</MeshHeadingList>"


def _keywords(random: Random, words: dict[str, str]) -> str:
    chosen = (words["topic"], words["means"], random.choice(("outcome", "safety", "follow-up")))
    return "".join(f'<Keyword MajorTopicYN="N">{escape(word)}</Keyword>' for word in chosen)


def _history(year: int) -> str:
    days = {"received": f"{year}-02-11", "accepted": f"{year}-06-30", "pubmed": f"{year}-07-10"}
    days |= {"medline": f"{year}-11-02", "entrez": f"{year}-07-09"}
    return "".join(_day("PubMedPubDate", day, f' PubStatus="{status}"') for status, day in days.items())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write made-up PubMed records into a file.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--revised", default="2025-03-14")
    options = parser.parse_args()
    write_set(options.file, options.count, revised=options.revised)
