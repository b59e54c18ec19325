"""What a stand-in answers, before it goes over the wire: a Reply, and the plain shapes that replies have."""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from tracker.demo.wire import Sending

XML = "text/xml; charset=UTF-8"
JSON = "application/json"
PLAIN = "text/plain; charset=utf-8"
HTML = "text/html"

SEARCH_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n'
    '<!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch 20060628//EN"'
    ' "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">\n'
)
FETCH_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n'
    '<!DOCTYPE eEfetchResult PUBLIC "-//NLM//DTD efetch 20131226//EN"'
    ' "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20131226/efetch.dtd">\n'
)
SET_HEAD = (
    '<?xml version="1.0" ?>\n'
    '<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN"'
    ' "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
)


@dataclass(frozen=True)
class Reply:
    """sending: how it goes over the wire, where that is part of a fault; None for the honest way."""

    status: int
    body: bytes = field(repr=False)
    content_type: str
    headers: dict[str, str] = field(default_factory=dict)
    sending: "Sending | None" = None


def xml(text: str, status: int = 200) -> Reply:
    return Reply(status, text.encode(), XML)


def article_set(bodies: list[bytes]) -> Reply:
    return Reply(200, f"{SET_HEAD}<PubmedArticleSet>\n".encode() + b"\n".join([*bodies, b"</PubmedArticleSet>"]), XML)


def search_error(text: str) -> Reply:
    """An esearch that failed: status 200, and ERROR is all that it says."""
    return xml(f"{SEARCH_HEAD}<eSearchResult>\n\t<ERROR>{escape(text)}</ERROR>\n</eSearchResult>\n")


def fetch_error(text: str, status: int = 200) -> Reply:
    """An efetch that failed, under the root that its errors have."""
    return xml(f"{FETCH_HEAD}<eFetchResult>\n\t<ERROR>{escape(text)}</ERROR>\n</eFetchResult>\n", status)


def as_json(value: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value, ensure_ascii=False).encode(), JSON)


def plain(status: int, text: str = "") -> Reply:
    return Reply(status, text.encode(), PLAIN)


def html(status: int, title: str) -> Reply:
    """A page as a web server makes it for itself."""
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
    return Reply(status, f"{page}<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n".encode(), HTML)
