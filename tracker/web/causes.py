"""Why there is no answer, in our own words and one line: those of requests repeat the address, and what is in it."""

import errno
import os
import socket
import ssl
import time
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import requests
from requests.exceptions import InvalidSchema, InvalidURL, ProxyError
from requests.utils import get_environ_proxies

from tracker.errors import SourceError

PATIENCE = 86_400.0  # seconds; a Retry-After beyond a day is a mistake, not a wish


class Trouble(SourceError):
    """What another try may mend. `after`: the seconds that the server asks us to wait, if it does.

    `nobody`: no connection came about at all.
    """

    def __init__(self, message: str, after: float | None = None, *, nobody: bool = False) -> None:
        super().__init__(message)
        self.after = after
        self.nobody = nobody


def refusal(status: int, retry_after: str | None) -> SourceError:
    """What an HTTP status other than success comes to."""
    if status in (408, 425, 429) or status >= 500:
        why = " (too many requests)" if status == 429 else ""
        after = seconds(retry_after)
        asks = f", and asks to wait {after:.0f} s" if after else ""
        return Trouble(f"HTTP {status}{why}{asks}", after)
    if status in (403, 451):
        advice = "it may block this network or this program: do not hurry it, try later or from another network"
        return SourceError(f"refuses us (HTTP {status}); {advice}", permanent=True)
    known = {401: " (not authorised)", 404: " (not found)", 410: " (gone)", 414: " (address too long)"}
    return SourceError(f"HTTP {status}{known.get(status, '')}", permanent=True)


def seconds(retry_after: str | None) -> float | None:
    """A Retry-After header in seconds from now (RFC 9110: seconds or a date); None where it is absent or absurd."""
    text = (retry_after or "").strip()
    try:
        if text.isascii() and text.isdigit():
            wait = float(int(text))
        else:
            wait = parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return wait if 0 <= wait <= PATIENCE else None


def redirected(url: str, target: str) -> str:
    """Where a redirect leads, on the same host by the same scheme. Anything else is refused."""
    try:
        old, new = urlsplit(url), urlsplit(urljoin(url, target))
        same = (new.scheme, new.hostname, new.port) == (old.scheme, old.hostname, old.port)
    except ValueError:
        raise SourceError("redirects to an address that cannot be read", permanent=True) from None
    if not same:
        where = f"{new.scheme}://{new.hostname or ''}"[:100]
        raise SourceError(f"redirects to {where}, which is refused: a block, or a portal in between", permanent=True)
    return new.geturl()


def failure(error: Exception, url: str) -> SourceError:
    """What a request that got no answer comes to."""
    # Of a proxy whose address makes no sense requests says the same as of our own; ours was checked with queries.toml.
    unusable_proxy = isinstance(error, (InvalidSchema, InvalidURL)) and get_environ_proxies(url)
    # One that speaks SOCKS, where that can be spoken, is to requests as if the host itself had not been there.
    proxies = [str(address) for address in get_environ_proxies(url).values()]
    through_socks = isinstance(error, requests.ConnectionError) and any(one.startswith("socks") for one in proxies)
    if unusable_proxy or through_socks or isinstance(error, ProxyError):
        return Trouble(f"the proxy named by {_proxy_variable(url)} cannot be used")
    root = _root(error)
    if isinstance(root, ssl.SSLCertVerificationError):
        return SourceError(f"its certificate is refused ({root.verify_message})", permanent=True)
    if isinstance(error, ValueError):
        return SourceError(f"cannot be asked ({type(error).__name__}): check its address and contact", permanent=True)
    return Trouble(broken(error), nobody=_nobody(error, root))


def _nobody(error: Exception, root: BaseException) -> bool:
    if isinstance(error, requests.ConnectTimeout) or isinstance(root, (socket.gaierror, ConnectionRefusedError)):
        return True
    return isinstance(root, OSError) and root.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH)


def broken(error: Exception) -> str:
    """How a connection failed, or ended too early."""
    root = _root(error)
    if isinstance(root, TimeoutError) or isinstance(error, requests.Timeout):
        return "it fell silent"
    if isinstance(root, socket.gaierror):
        return "its name cannot be resolved: is there a network?"
    if isinstance(root, ssl.SSLError):
        return f"TLS failed ({root.reason or 'no reason given'})"
    if isinstance(root, OSError) and root.strerror:
        return f"the connection failed ({root.strerror.lower()})"
    return "the connection ended before the answer was whole"


def _root(error: BaseException) -> BaseException:
    """The innermost error: requests and urllib3 wrap it as `reason`, as an argument, or as cause."""
    for _ in range(10):
        inside = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
        inner = next((one for one in inside if isinstance(one, BaseException)), None)
        if inner is None:
            break
        error = inner
    return error


def _proxy_variable(url: str) -> str:
    scheme = urlsplit(url).scheme
    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
    return next((name for name in names if os.environ.get(name)), "the system")
