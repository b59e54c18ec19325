"""load(): queries.toml -> Settings, or one ConfigError that holds every mistake at once. find(): where the file is.

The order: bytes -> TOML (syntax.py) -> models (form.py) and checks across values (checks.py) -> settings.
pydantic is imported in here, at the first load, and not with the package.
"""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from tracker.config import hosts, presets, syntax
from tracker.config.settings import Approach, Digest, Feed, Query, Settings, Smtp, SourceSettings
from tracker.errors import ConfigError

if TYPE_CHECKING:
    from tracker.config.form import ApproachSection, DigestSection, FeedSection, Form, QuerySection
    from tracker.config.mistakes import Report
    from tracker.config.upstreams import Section

P = ParamSpec("P")
T = TypeVar("T")
FILE = "queries.toml"
SEVERITIES = {"high": 3, "medium": 2, "low": 1}


def find(folder: Path) -> Path:
    """queries.toml in `folder`. Raises ConfigError where there is none; folders above are not searched."""
    path = folder / FILE
    if not path.is_file():
        raise ConfigError(f"there is no {FILE} in {folder.absolute()}; `tracker init` writes one to start from")
    return path


def load(
    path: Path,
    env: Mapping[str, str],
    leaves: Collection[str] | None = None,
    leaf_mistakes: Callable[[Mapping[str, Any]], list[str]] | None = None,
) -> Settings:
    """The settings in the file at `path`, under the environment `env`.

    leaves: ids of the taxonomy, against which `follows` and `approaches` are checked; None checks their form alone.
    leaf_mistakes: what the taxonomy says against an [[approach]], each as "key: what is wrong".
    Raises ConfigError whose text holds every mistake, one line each: file:line: key: what is wrong and what to write.
    """
    shown = _shown(path)
    data, positions = syntax.read(path, shown)

    from pydantic import ValidationError

    from tracker.config import checks
    from tracker.config.form import Form
    from tracker.config.mistakes import Report

    mistakes = Report(shown, data, positions)
    wrong: set[str | int] = set()
    try:
        form = Form.model_validate(data)
    except ValidationError as error:
        mistakes.add_all(error)
        wrong = {one["loc"][0] for one in error.errors()}
        form = Form.model_validate({key: value for key, value in data.items() if key not in wrong})
    checks.check(data, mistakes, leaves)
    if leaf_mistakes and "approach" not in wrong:
        checks.check_leaves(data, mistakes, leaf_mistakes)
    settings = _settings(path, form, env, mistakes)
    warnings = Report(shown, data, positions)
    checks.warn(data, warnings, leaves)
    if mistakes.lines():
        raise ConfigError("\n".join([*mistakes.lines(), *(f"warning: {line}" for line in warnings.lines())]))
    return replace(settings, warnings=tuple(warnings.lines()))


def shipped() -> Path:
    """The queries.toml that comes with the program: inside the package once installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / FILE
    return inside if inside.is_file() else package.parent / FILE


def schema() -> dict[str, Any]:
    """The JSON schema for editors, kept beside the file as queries.schema.json."""
    from tracker.config.form import json_schema

    return json_schema()


def _shown(path: Path) -> str:
    """The file's name in messages: short where it is below the current folder."""
    try:
        shown = os.path.relpath(path)
    except (OSError, ValueError):  # the current folder is gone; the path is none
        shown = ".."
    shown = str(path) if shown.startswith((".", os.sep)) else shown
    return shown if shown.isprintable() else ascii(shown)


def _settings(path: Path, form: "Form", env: Mapping[str, str], mistakes: "Report") -> Settings:
    """The form as settings. Mistakes of the environment and of paths go to `mistakes`."""
    folder = path.absolute().parent
    feeds = tuple(map(_feed, form.feed))
    queries = (*map(_query, form.query), *(Query(name=one.name, title=one.title, feed=one) for one in feeds))
    names = tuple(query.name for query in queries)
    return Settings(
        path=path,
        timezone=form.tracker.timezone,
        fetch=form.tracker.fetch,
        contact=form.tracker.contact,
        db=_inside(folder, "db", form, mistakes),
        digests_dir=_inside(folder, "digests", form, mistakes),
        ping=form.tracker.ping,
        sources=_sources(form, env, mistakes),
        queries=queries,
        feeds=feeds,
        approaches=tuple(_approach(approach) for approach in form.approach),
        digests=tuple(_digest(digest, names, form.tracker.timezone) for digest in form.digest),
        smtp=_smtp(form, env, mistakes),
    )


def _sources(form: "Form", env: Mapping[str, str], mistakes: "Report") -> dict[str, SourceSettings]:
    from tracker.config.upstreams import secret, source_settings, too_fast

    api_key = _heard(mistakes, secret, "NCBI_API_KEY", env) or ""
    sources = {}
    sections: dict[str, Section] = {name: getattr(form.sources, name) for name in hosts.UPSTREAMS}
    for name, section in sections.items():
        settings = _heard(mistakes, source_settings, name, section, form.tracker.contact, api_key, env)
        if settings and (problem := too_fast(settings)):
            mistakes.add(("sources", name, "pace"), problem)
        if settings:
            sources[name] = settings
    sources["feeds"] = SourceSettings(name="feeds", url="", pace=hosts.FEEDS_PACE, contact=form.tracker.contact)
    sources |= {name: SourceSettings(name=name, url="", pace=hosts.FEEDS_PACE) for name in hosts.FROM_FILES}
    return sources


def _heard(mistakes: "Report", call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """What `call` gives; its ConfigError goes to `mistakes`, so that one mistake does not hide the next."""
    try:
        return call(*args, **kwargs)
    except ConfigError as error:
        mistakes.add_plain(str(error))
        return None


def _inside(folder: Path, key: str, form: "Form", mistakes: "Report") -> Path:
    """A path of [tracker], relative ones from `folder`; ~ is the home folder."""
    try:
        return folder / Path(getattr(form.tracker, key)).expanduser()
    except RuntimeError:
        mistakes.add(("tracker", key), "there is no home folder here that ~ could mean: write the whole path")
        return folder


def _query(query: "QuerySection") -> Query:
    areas = query.clinicaltrials.model_dump(exclude_none=True) if query.clinicaltrials else {}
    return Query(
        name=query.name,
        title=query.title or query.name,
        pubmed=query.pubmed or "",
        clinicaltrials=areas,
        isrctn=query.isrctn or "",
        follows=tuple(query.follows),
        gold=tuple(query.gold),
    )


def _feed(feed: "FeedSection") -> Feed:
    known = presets.presets().get(feed.preset or "", {})
    url = feed.url or presets.address(feed.preset or "", feed.of or "")
    title = feed.title or " ".join(filter(None, (known.get("title"), feed.of))) or feed.name
    return Feed(name=feed.name, url=url, title=title, private=feed.private)


def _approach(approach: "ApproachSection") -> Approach:
    return {key: value for key, value in approach.model_dump(by_alias=True).items() if value}


def _digest(digest: "DigestSection", names: tuple[str, ...], timezone: str) -> Digest:
    return Digest(
        name=digest.name,
        every=digest.every,
        timezone=digest.timezone or timezone,
        queries=names if digest.queries is None else tuple(dict.fromkeys(digest.queries)),
        approaches=tuple(digest.approaches),
        min_severity=SEVERITIES[digest.min_severity],
        email=_once(digest.email),
        send_empty=digest.send_empty,
        atom=digest.atom,
    )


def _once(addresses: list[str]) -> tuple[str, ...]:
    """Each address once, in their order; capitals make no other address."""
    once: dict[str, str] = {}
    for address in addresses:
        once.setdefault(address.casefold(), address)
    return tuple(once.values())


def _smtp(form: "Form", env: Mapping[str, str], mistakes: "Report") -> Smtp | None:
    from tracker.config.upstreams import secret

    if form.smtp is None:
        return None
    password = _heard(mistakes, secret, "TRACKER_SMTP_PASSWORD", env, spaces=True) or ""
    return Smtp(**form.smtp.model_dump(), password=password)
