"""The client's address, by which limits and lockouts count."""

from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

#: One household or company holds a whole network of this length, and could come from any address in it.
_IPV6_PREFIX = 64
_Address = IPv4Address | IPv6Address


def client_address(request: HttpRequest) -> str | None:
    """The client's address: an IPv4 address, or the first one of an IPv6 client's network.

    X-Forwarded-For is read from its end, as far as proxies of TRUSTED_PROXIES wrote it: what stands further
    left is the client's own claim. None where there is no address, as on a Unix socket.
    """
    peer = _parsed(request.META.get("REMOTE_ADDR") or "")
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    number = _number_of_proxies()
    if number is None:
        address = _outermost(peer, hops)
    else:
        address = (number and _parsed(hops[-min(number, len(hops))])) or peer
    if isinstance(address, IPv6Address):
        address = ip_network((address, _IPV6_PREFIX), strict=False).network_address
    return str(address) if address else None


def comes_from_proxy(request: HttpRequest) -> bool:
    """Whether the peer is a proxy of TRUSTED_PROXIES, so that the headers of proxies are its own."""
    number = _number_of_proxies()
    return number > 0 if number is not None else _is_proxy(_parsed(request.META.get("REMOTE_ADDR") or ""))


def _outermost(peer: _Address | None, hops: list[str]) -> _Address | None:
    address = peer
    for hop in reversed(hops):
        before = _parsed(hop) if _is_proxy(address) else None
        if before is None:
            break
        address = before
    return address


def _number_of_proxies() -> int | None:
    """The setting as older installations have it: how many hops are believed, whoever the peer is."""
    given = settings.TRUSTED_PROXIES
    return int(given[0]) if len(given) == 1 and given[0].isdigit() else None


def _is_proxy(address: _Address | None) -> bool:
    networks = _networks(tuple(settings.TRUSTED_PROXIES))
    return address is not None and any(address in network for network in networks)


@cache
def _networks(given: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(each) for each in given)


def _parsed(text: str) -> _Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
