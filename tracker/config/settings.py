"""What queries.toml comes to once it is read: frozen, every default filled in, every path absolute.

Plain dataclasses without validation: whoever holds Settings may trust them. Nothing here reads a file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TypeAlias, TypeVar

from tracker.config.hosts import EXPERIMENTAL, UPSTREAMS, is_placeholder, is_real
from tracker.errors import ConfigError

# The name under which trials and papers are fetched because a record points to them; no query may take it.
LINKED = "linked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """An RSS, Atom or JSON feed. `private` allows loopback and private addresses."""

    name: str
    url: str
    title: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One topic, asked of each source in that source's own language.

    pubmed: a PubMed expression on one line, or "". clinicaltrials: search areas of API v2 (cond, intr, term, titles,
    outc, spons, lead, locn, advanced). follows: families or leaves of the taxonomy that it is meant to see whole.
    isrctn: what ISRCTN's API takes as q, or "".
    gold: PMIDs, NCT and ISRCTN numbers that it must find. feed: a [[feed]] that is asked, and nothing else.
    """

    name: str
    title: str = ""
    pubmed: str = ""
    clinicaltrials: Mapping[str, str] = field(default_factory=dict, hash=False)
    isrctn: str = ""
    follows: tuple[str, ...] = ()
    gold: tuple[str, ...] = ()
    feed: Feed | None = None

    def expression(self, source: str) -> str:
        """What this query asks of a source, as one string: equal exactly when the question is, "" for nothing."""
        if source in ("pubmed", "isrctn"):
            return str(getattr(self, source))
        if source == "clinicaltrials" and self.clinicaltrials:
            return json.dumps(dict(self.clinicaltrials), ensure_ascii=False, sort_keys=True)
        return self.feed.url if source == "feeds" and self.feed else ""

    def with_expression(self, source: str, expression: str) -> "Query":
        """The same query asking `expression` (as `expression()` gave it, perhaps before an edit) of that source."""
        if source == "pubmed":
            return replace(self, pubmed=expression)
        if source == "isrctn":
            return replace(self, isrctn=expression)
        if source == "clinicaltrials":
            return replace(self, clinicaltrials=json.loads(expression) if expression else {})
        if source == "feeds" and self.feed:
            return replace(self, feed=replace(self.feed, url=expression))
        raise ConfigError(f'query {self.name}: no expression can be asked of "{source}"')


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """Where a source is and how politely it is asked: `pace` in requests a second, `retry_wait` in seconds."""

    name: str
    url: str
    pace: float
    retry_wait: float = 1.0
    tool: str = "follicle-tracker"
    contact: str = ""
    api_key: str = field(default="", repr=False)


# A leaf added to the shipped taxonomy, or what refines one: the keys that were written, as taxonomy.toml has them.
Approach: TypeAlias = dict[str, str | bool | list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What is told, to whom and when. `queries` names queries and feeds; none in the file means all of them.

    approaches: families or leaves to which it is limited; () is no limit. min_severity: high 3, medium 2, low 1.
    timezone: that of its hour and of its periods.
    """

    name: str
    every: str
    timezone: str = "UTC"
    queries: tuple[str, ...] = ()
    approaches: tuple[str, ...] = ()
    min_severity: int = 1
    email: tuple[str, ...] = ()
    send_empty: bool = True
    atom: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """The mail server. security: starttls, tls or none (none: loopback only)."""

    host: str
    sender: str
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole of queries.toml. `warnings` are lines for `check`, each with file:line."""

    path: Path | None = None
    timezone: str = "UTC"
    fetch: str = "daily 06:00"
    contact: str = ""
    db: Path = Path("db/tracker.db")
    digests_dir: Path = Path("digests")
    ping: str = field(default="", repr=False)  # a key to whoever knows it
    sources: Mapping[str, SourceSettings] = field(default_factory=dict, hash=False)
    queries: tuple[Query, ...] = ()
    feeds: tuple[Feed, ...] = ()
    approaches: tuple[Approach, ...] = field(default=(), hash=False)
    digests: tuple[Digest, ...] = ()
    smtp: Smtp | None = None
    warnings: tuple[str, ...] = ()

    def query(self, name: str) -> Query:
        """The query of that name; ConfigError, with the nearest names, where there is none."""
        return _named(self.queries, name, "query")

    def digest(self, name: str) -> Digest:
        return _named(self.digests, name, "digest")

    @property
    def experimental(self) -> list[str]:
        """The sources that a query asks though nobody has tried them on the real host yet."""
        return [source for source in EXPERIMENTAL if any(query.expression(source) for query in self.queries)]

    @property
    def asked_for_links(self) -> list[str]:
        """The sources that no query asks, and that are asked all the same for what records name: no experimental one,
        and no real host before it can know who asks."""
        return [
            name
            for name, source in self.sources.items()
            if name in UPSTREAMS
            and name not in EXPERIMENTAL
            and not any(query.expression(name) for query in self.queries)
            and not (is_real(name, source.url) and is_placeholder(source.contact))
        ]

    def require_contact(self, source: str) -> None:
        """Raises ConfigError when a real host would be asked without an address of its asker, as NCBI's rules want."""
        settings = self.sources.get(source)
        if settings and is_real(source, settings.url) and is_placeholder(settings.contact):
            held = f"{settings.contact} is an example's" if settings.contact else "it is empty"
            raise ConfigError(
                f"{self.path or 'queries.toml'}: tracker.contact: {held}; {source} is not asked before it can "
                "know who asks: put your own e-mail address there"
            )


_Named = TypeVar("_Named", Query, Digest)


def _named(held: tuple[_Named, ...], name: str, what: str) -> _Named:
    for one in held:
        if one.name == name:
            return one
    names = [one.name for one in held]
    near = get_close_matches(name, names, n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(names) or 'none'}"
    raise ConfigError(f'no {what} is named "{name}" - {hint}')
