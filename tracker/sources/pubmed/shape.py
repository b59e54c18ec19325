"""What is read of PubMed's answers, in one table each; `tracker check --live` compares it with what comes.

What is needed stands in every one of 1,136 recorded articles, what is usual in all but two. The names that are known
are those of NLM's DTD of 2025-01-01 and of the esearch DTD of 2006-06-28.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from tracker.sources.looking import Shape

DEEPEST = 5  # names in the longest path below


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


SEARCH = Shape(
    needed=("Count", "IdList", "QueryTranslation"),
    usual=("TranslationSet",),
    known={
        "": _names(
            "Count RetMax RetStart QueryKey WebEnv IdList TranslationSet TranslationStack QueryTranslation ErrorList "
            "WarningList"
        )
    },
)
ARTICLE = Shape(
    needed=(
        "MedlineCitation/PMID",
        "MedlineCitation/Article/ArticleTitle",
        "MedlineCitation/Article/Journal/JournalIssue/PubDate",
        "MedlineCitation/Article/PublicationTypeList",
        "PubmedData/ArticleIdList/ArticleId",
    ),
    usual=(
        "MedlineCitation/Article/Journal/Title",
        "MedlineCitation/Article/Language",
        "MedlineCitation/Article/PublicationTypeList/PublicationType",
        "PubmedData/History/PubMedPubDate",
    ),
    known={
        "": _names("MedlineCitation PubmedData"),
        "MedlineCitation": _names(
            "PMID DateCompleted DateRevised Article MedlineJournalInfo ChemicalList SupplMeshList CitationSubset "
            "CommentsCorrectionsList GeneSymbolList MeshHeadingList NumberOfReferences PersonalNameSubjectList OtherID "
            "OtherAbstract KeywordList CoiStatement SpaceFlightMission InvestigatorList GeneralNote"
        ),
        "MedlineCitation/Article": _names(
            "Journal ArticleTitle Pagination ELocationID Abstract AuthorList Language DataBankList GrantList "
            "PublicationTypeList VernacularTitle ArticleDate"
        ),
        "PubmedData": _names("History PublicationStatus ArticleIdList ObjectList ReferenceList"),
    },
)
BOOK = Shape(
    needed=("BookDocument/PMID", "BookDocument/Book/BookTitle", "BookDocument/Book/PubDate"),
    known={"": _names("BookDocument PubmedBookData")},
)


def paths(element: Element, above: str = "", depth: int = DEEPEST) -> Iterator[str]:
    """Every path in an element, without its own name."""
    for child in element if depth else ():
        path = f"{above}/{child.tag}" if above else child.tag
        yield path
        yield from paths(child, path, depth - 1)
