"""Tells an address on the web how a run went: it is called after a good run, and told of a bad one under /fail.

That is how healthchecks.io and its kin watch a cron job: who hears nothing for too long, or of a failure, tells a
person. Names of queries and digests are told, no address and no text of a source.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

import requests
from urllib3.exceptions import HTTPError

from tracker import __version__
from tracker.web.wire import Limit, session

_SECONDS = 10.0  # for the whole of it: a ping that hangs must not hold up anything


def ping(address: str, failures: Sequence[str]) -> str:
    """Call the address. Returns "" or what went wrong, without the address, which may hold a key."""
    method, target = ("POST", _fail(address)) if failures else ("GET", address)
    body = "\n".join(failures).encode("utf-8", "replace")[:10_000]
    with Limit(_SECONDS), session(f"follicle-tracker/{__version__}") as http:
        try:
            with http.request(
                method, target, data=body or None, timeout=_SECONDS / 2, stream=True, allow_redirects=False
            ) as answer:
                status = answer.status_code
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            return f"ping: {urlsplit(address).hostname} cannot be reached ({type(error).__name__})"
    return "" if status < 300 else f"ping: {urlsplit(address).hostname} answers HTTP {status}"


def _fail(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/fail"))
