"""The hosts that are asked: which of them are the real ones, how fast each may be asked, what an address looks like.

Rules of the real hosts: NCBI allows 3 requests a second, 10 with an API key, and wants tool and e-mail address of the
asker (E-utilities, "Usage guidelines and requirements"). ClinicalTrials.gov publishes no limit; its robots.txt asks for
one second between requests. ISRCTN publishes none. Knows nothing of the configuration file.
"""

from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit


class Upstream(NamedTuple):
    """A source's home: its base address, the domains that are the real thing, and the most requests a second there."""

    url: str
    ends: str
    domains: tuple[str, ...]
    pace: float
    pace_with_key: float
    variable: str  # the environment variable that names another base address


UPSTREAMS = {
    "pubmed": Upstream(
        url="https://eutils.ncbi.nlm.nih.gov/entrez/eutils/",
        ends="/entrez/eutils/",
        domains=("nih.gov",),
        pace=3.0,
        pace_with_key=10.0,
        variable="TRACKER_PUBMED_URL",
    ),
    "clinicaltrials": Upstream(
        url="https://clinicaltrials.gov/api/v2/",
        ends="/api/v2/",
        domains=("clinicaltrials.gov",),
        pace=1.0,
        pace_with_key=1.0,
        variable="TRACKER_CLINICALTRIALS_URL",
    ),
    "isrctn": Upstream(
        url="https://www.isrctn.com/api/",
        ends="/api/",
        domains=("isrctn.com",),
        pace=1.0,
        pace_with_key=1.0,
        variable="TRACKER_ISRCTN_URL",
    ),
}

FEEDS_PACE = 2.0  # requests a second, over all feeds
FROM_FILES = ("ctis", "ictrp")  # sources that are never asked
EXPERIMENTAL = ("isrctn",)  # asked as others report of it; nobody has run it against the real host yet

# Addresses that stand in examples and reach nobody.
_EXAMPLES = ("example.org", "example.com", "example.net", "university.edu")


def host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".")


def is_loopback(url: str) -> bool:
    name = host(url)
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def is_real(source: str, url: str) -> bool:
    name, upstream = host(url), UPSTREAMS.get(source)
    return any(name == domain or name.endswith("." + domain) for domain in (upstream.domains if upstream else ()))


def limit(source: str, with_key: bool) -> float:
    """The most requests a second that the real host of a source allows, and the default for any other host."""
    upstream = UPSTREAMS[source]
    return upstream.pace_with_key if with_key else upstream.pace


def is_placeholder(contact: str) -> bool:
    return not contact or contact.rpartition("@")[2].lower() in _EXAMPLES


def base_address(source: str, url: str) -> str:
    """The address as it is used, with its last slash. ValueError says what is wrong with it."""
    ends = UPSTREAMS[source].ends
    base = web_address(url)
    base = base if base.endswith("/") else base + "/"
    if not base.endswith(ends):
        raise ValueError(f"must end in {ends}")
    if is_real(source, base) and not base.startswith("https:"):
        raise ValueError(f"{host(base)} is asked over https only")
    return base


def web_address(url: str) -> str:
    """`url`, when it is a plain http or https address; else ValueError, which does not repeat what it holds."""
    if any(char.isspace() or not char.isprintable() for char in url):
        raise ValueError("an address has no spaces or line breaks in it")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("not an address: its host or port cannot be read") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address that starts with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a user or password does not belong in an address")
    return url
