"""Made-up records for the tests of the stand-ins. No PMID or NCT number here can be mistaken for a real one."""

from datetime import date
from typing import Any
from xml.sax.saxutils import escape

from tracker.demo.upstream import Upstream

# n: (title, abstract, MeSH headings ("*" marks a major topic, "/" a qualifier), types, entered)
ARTICLES = {
    1: ("Moss-cell therapy in alopecia", "Stem cells woke resting follicles.", ["Alopecia/therapy*"], ["Review"], 1),
    2: (
        "PP\u2011405 in bald mice",
        "The drug PP-405 regrew hair.",
        ["Alopecia Areata", "Mice"],
        ["Journal Article"],
        2,
    ),
    3: ("Exosomal cargo", "Exosomes of Wharton's jelly.", ["Exosomes*"], ["Randomized Controlled Trial"], 3),
    4: ("Hair loss & <i>vesicles</i>", "", [], ["Journal Article", "Clinical Trial, Phase II"], 4),
    5: ("Cafés of Zürich", "Loss of hair was not seen.", ["Mesenchymal Stem Cells"], ["Letter"], 5),
}


def pmid(n: int) -> str:
    return str(999_000_000 + n)


def nct(n: int) -> str:
    return f"NCT999{n:05d}"


def article(
    n: int, title: str = "A title", abstract: str = "", mesh: Any = (), types: Any = (), rest: str = ""
) -> bytes:
    """A PubmedArticle element of year 2031, month n (1 to 12). rest: more children of MedlineCitation."""
    body = f"<Abstract><AbstractText>{escape(abstract)}</AbstractText></Abstract>" if abstract else ""
    kinds = "".join(f"<PublicationType>{each}</PublicationType>" for each in types)
    headings = "".join(_heading(each) for each in mesh)
    when = f"<Year>2031</Year><Month>{(n - 1) % 12 + 1:02d}</Month>"
    text = f"""<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{pmid(n)}</PMID>
<Article PubModel="Print"><Journal><JournalIssue CitedMedium="Print"><PubDate>{when}</PubDate></JournalIssue>
<Title>Journal of Moss</Title></Journal><ArticleTitle>{title.replace("&", "&amp;")}</ArticleTitle>{body}
<AuthorList><Author><LastName>Mooser</LastName><Initials>A</Initials></Author></AuthorList><Language>eng</Language>
<PublicationTypeList>{kinds}</PublicationTypeList></Article><MeshHeadingList>{headings}</MeshHeadingList>{rest}
</MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType="pubmed">{pmid(n)}</ArticleId></ArticleIdList>
</PubmedData></PubmedArticle>"""
    return text.encode()


def _heading(text: str) -> str:
    major = "Y" if text.endswith("*") else "N"
    name, _, qualifier = text.rstrip("*").partition("/")
    tail = f'<QualifierName MajorTopicYN="{major}">{qualifier}</QualifierName>' if qualifier else ""
    own = "N" if qualifier else major
    return f'<MeshHeading><DescriptorName MajorTopicYN="{own}">{name}</DescriptorName>{tail}</MeshHeading>'


def study(n: int, title: str = "A study", **facts: Any) -> dict[str, Any]:
    """An API v2 object. facts: conditions, interventions, phases, status, updated, sponsor, aliases, summary."""
    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct(n), "nctIdAliases": facts.get("aliases", []), "briefTitle": title},
            "statusModule": {
                "overallStatus": facts.get("status", "RECRUITING"),
                "lastUpdatePostDateStruct": {"date": facts.get("updated", "2031-01-01"), "type": "ACTUAL"},
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": facts.get("sponsor", "Moss Laboratories")}},
            "descriptionModule": {"briefSummary": facts.get("summary", "")},
            "conditionsModule": {"conditions": facts.get("conditions", [])},
            "designModule": {"studyType": "INTERVENTIONAL", "phases": facts.get("phases", ["NA"])},
            "armsInterventionsModule": {"interventions": [{"name": name} for name in facts.get("interventions", [])]},
        },
        "derivedSection": {"miscInfoModule": {"versionHolder": "2031-01-01"}},
        "hasResults": False,
    }


def a_world(**settings: Any) -> Upstream:
    """ARTICLES, entered in January 2031 and modified ten days later each, and five studies."""
    upstream = Upstream(**settings)
    for n, (title, abstract, mesh, types, day) in ARTICLES.items():
        body = article(n, title, abstract, mesh, types)
        upstream.put_article(body, date(2031, 1, day), date(2031, 1, day + 10))
    upstream.put_study(study(1, "Moss gel", conditions=["Alopecia"], interventions=["Moss gel"], phases=["PHASE2"]))
    upstream.put_study(study(2, "PP-405", conditions=["Hair loss"], phases=["PHASE1", "PHASE2"], status="COMPLETED"))
    upstream.put_study(study(3, "Studies of hair", conditions=["Androgenetic alopecia"], updated="2031-06"))
    upstream.put_study(study(4, "Loss of sleep", conditions=["Insomnia"], summary="Not of hair", sponsor="Night Inc."))
    upstream.put_study(study(5, "Vesicles", interventions=["Exosome"], aliases=[nct(55)], status="TERMINATED"))
    return upstream
