"""The sources' settings and the secrets: what the file says, and what the environment says over it.

Every mistake is a ConfigError that names the key or the variable, and never the secret itself.
"""

import stat
from collections.abc import Mapping
from pathlib import Path

from tracker.config import hosts
from tracker.config.form import ClinicalTrialsSection, IsrctnSection, PubMedSection
from tracker.config.settings import SourceSettings
from tracker.errors import ConfigError

Section = PubMedSection | ClinicalTrialsSection | IsrctnSection


def secret(name: str, env: Mapping[str, str], *, spaces: bool = False) -> str:
    """The secret in the variable `name`, or in the file that `name`_FILE names; "" where neither is set.

    spaces: whether some may be inside, as in a password; around it they never belong to it.
    """
    value, origin = env.get(name, ""), name
    if not value and (file := env.get(f"{name}_FILE", "")):
        value, origin = _secret_file(f"{name}_FILE", Path(file)), f"{name}_FILE"
    value = value.strip()
    if not value.isprintable() or (" " in value and not spaces):
        raise ConfigError(f"{origin}: must hold one secret on one line{'' if spaces else ', without spaces'}")
    return value


def _secret_file(variable: str, path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise ConfigError(f"{variable}: {path} is not a file")
        if stat.S_IMODE(mode) & 0o077:
            raise ConfigError(
                f"{variable}: {path} can be read by others (mode {stat.S_IMODE(mode):03o}): chmod 600 {path}"
            )
        with path.open("rb") as file:
            content = file.read(10_000).decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{variable}: {path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise ConfigError(f"{variable}: {path} is not UTF-8 text") from None
    if not content.strip():
        raise ConfigError(f"{variable}: {path} is empty")
    return content


def source_settings(name: str, section: Section, contact: str, api_key: str, env: Mapping[str, str]) -> SourceSettings:
    """What the file says of a source, with the environment's address over it, and defaults for the rest."""
    url = _url(name, section.url, env)
    in_clear = not url.startswith("https:") and not hosts.is_loopback(url)
    api_key = api_key if name == "pubmed" and not in_clear else ""
    pace = section.pace if section.pace is not None else hosts.limit(name, bool(api_key))
    retry_wait = section.retry_wait if section.retry_wait is not None else 1.0
    return SourceSettings(name=name, url=url, pace=pace, retry_wait=retry_wait, contact=contact, api_key=api_key)


def too_fast(source: SourceSettings) -> str:
    """What is wrong with the pace of a real host, or ""."""
    most = hosts.limit(source.name, bool(source.api_key))
    if source.pace <= most or not hosts.is_real(source.name, source.url):
        return ""
    more = ", and 10 with NCBI_API_KEY" if source.name == "pubmed" and not source.api_key else ""
    return f"{hosts.host(source.url)} allows {most:g} a second{more}"


def _url(name: str, configured: str | None, env: Mapping[str, str]) -> str:
    variable = hosts.UPSTREAMS[name].variable
    if given := env.get(variable, "").strip():
        try:
            return hosts.base_address(name, given)
        except ValueError as error:
            raise ConfigError(f"{variable}: {error}") from None
    return configured or hosts.UPSTREAMS[name].url
