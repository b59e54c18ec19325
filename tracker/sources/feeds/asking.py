"""The HTTP of a feed: asked only for what changed, redirects followed with care, no address inside this network.

Permanent redirects are remembered, temporary ones are not. 410 means that it is gone for good. A private address
(loopback, link-local, of a private network) is refused unless the feed's entry allows it, wherever a redirect leads.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import IPv4Address, ip_address, ip_network
from urllib.parse import urljoin, urlsplit

from tracker.config import Feed
from tracker.config.hosts import web_address
from tracker.errors import FeedGoneError, SourceError
from tracker.records import FeedState
from tracker.web import Answer, Web

REDIRECTS = 5
_PERMANENT, _MOVED = (301, 308), (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a feed answered: None where it says that nothing has changed. state: what to remember, once it is read."""

    answer: Answer | None
    address: str
    state: FeedState


def ask(feed: Feed, state: FeedState, web: Web, *, whole: bool, redirects: int = REDIRECTS) -> Asked:
    """The feed as it is now; only what changed, unless it is to be `whole`. Raises SourceError, FeedGoneError.

    Where it moved for good is asked first, and its own address when that fails; once in a while it is the other way
    round, so that a move that was taken back is noticed.
    """
    addresses = [feed.url, state.moved_to] if whole else [state.moved_to, feed.url]
    failed: SourceError | None = None
    for address in dict.fromkeys(filter(None, addresses)):
        try:
            return _follow(feed, state, web, address, {} if whole else _validators(state), redirects)
        except FeedGoneError:
            raise
        except SourceError as error:
            failed = failed or error
    assert failed is not None
    raise failed


def _follow(feed: Feed, state: FeedState, web: Web, address: str, sent: Mapping[str, str], redirects: int) -> Asked:
    permanent = True
    state = replace(state, moved_to=address if address != feed.url else "")
    for _ in range(redirects + 1):
        _allowed(address, feed)
        outside = None if feed.private else partial(_outside, feed)
        answer = web.ask("GET", address, headers=sent, allow=(*_MOVED, 304, 410), follow=False, peer=outside)
        if answer.status in _MOVED:
            permanent = permanent and answer.status in _PERMANENT
            address = _target(address, answer)
            state = replace(state, moved_to=address if address != feed.url else "") if permanent else state
            continue
        if answer.status == 410 and permanent:
            raise FeedGoneError(f"{feed.url}: gone for good (410); it is not asked again: mend its url or take it out")
        if answer.status == 410:
            raise SourceError(f"{_host(address)}, where it redirects for now: gone for good (410)", permanent=True)
        if answer.status == 304:
            if not sent:
                raise SourceError(f"{_host(address)}: answers that nothing has changed (304), which was not asked")
            return Asked(None, address, state)
        etag, modified = answer.headers.get("ETag", "")[:500], answer.headers.get("Last-Modified", "")[:100]
        return Asked(answer, address, replace(state, etag=etag, modified=modified))
    raise SourceError(f"{_host(feed.url)}: redirects more than {redirects} times", permanent=True)


def _validators(state: FeedState) -> dict[str, str]:
    pairs = {"If-None-Match": state.etag, "If-Modified-Since": state.modified}
    return {name: value for name, value in pairs.items() if value}


def _target(address: str, answer: Answer) -> str:
    location = answer.headers.get("Location", "")
    try:
        return web_address(urljoin(address, location)) if location else ""
    except ValueError as error:
        raise SourceError(f"{_host(address)}: redirects to what is no web address ({error})", permanent=True) from None


def _allowed(address: str, feed: Feed) -> None:
    """Refuse what lies inside this machine or network, by its address and not by its name."""
    if not address:
        raise SourceError(f"{_host(feed.url)}: redirects to nowhere", permanent=True)
    host = _host(address)
    if feed.private:
        return
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        raise SourceError(f"{host}: its name cannot be resolved: is there a network?") from None
    for one in found:
        try:
            _outside(feed, str(one))
        except SourceError as error:
            raise SourceError(f"{host}: {error}", permanent=True) from None


def _outside(feed: Feed, address: str) -> None:
    if not _is_outside(address):
        raise SourceError(
            f"is an address of this machine or network ({address}), which is refused;"
            f" private = true in [[feed]] {feed.name} allows it",
            permanent=True,
        )


# Networks whose addresses hold an IPv4 address, from this bit on: NAT64, 6to4, IPv4-compatible and -translated.
_HOLD_IPV4 = {"64:ff9b::/96": 96, "2002::/16": 16, "::/96": 96, "::ffff:0:0:0/96": 96}
_SPECIAL = ("192.0.0.0/24", "fec0::/10")  # of protocols, and of sites


def _is_outside(text: str) -> bool:
    address = ip_address(text.partition("%")[0])
    if address.version == 6:
        for network, bits in _HOLD_IPV4.items():
            if address in ip_network(network) and not address.is_loopback:
                address = IPv4Address((int(address) >> (96 - bits)) & 0xFFFFFFFF)
                break
    special = any(address in ip_network(one) for one in _SPECIAL if ip_network(one).version == address.version)
    return address.is_global and not (address.is_multicast or address.is_reserved or special)


def _host(address: str) -> str:
    return urlsplit(address).hostname or "no host"
