"""Whose request it is, as far as the network tells: the address that limits and lockouts count by."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

#: One household or company holds a whole network of this length, and could come from any address in it.
_IPV6_PREFIX = 64


def client_address(request: HttpRequest) -> str | None:
    """The client's address: an IPv4 address, or the first one of an IPv6 client's network.

    Behind TRUSTED_PROXIES proxies it is what the outermost of them saw, since what stands further left in
    X-Forwarded-For is the client's own claim. None where there is none, as on a Unix socket.
    """
    hops = [*request.headers.get("X-Forwarded-For", "").split(","), request.META.get("REMOTE_ADDR") or ""]
    distance = min(settings.TRUSTED_PROXIES, len(hops) - 1)
    address = _parsed(hops[-1 - distance]) or _parsed(hops[-1])
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or ip_network((address, _IPV6_PREFIX), strict=False).network_address
    return str(address) if address else None


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip())
    except ValueError:
        return None
