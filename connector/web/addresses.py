"""Network addresses: which count as one, and which are believed."""

from collections.abc import Collection, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from connector.settings.web import Network

_HOUSEHOLD = 64  # whoever has one IPv6 address has as many as fit behind such a prefix


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address, as IPv4 where it is one in IPv6's clothes; None where it is none."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def counted_as(text: str) -> str:
    """Return what an address is counted by: itself, or its /64 of IPv6."""
    found = parsed(text)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, _HOUSEHOLD), strict=False))
    return str(found) if found else text[:64]


def within(text: str, networks: Collection[Network]) -> bool:
    """Say whether an address lies in one of some networks."""
    found = parsed(text)
    return found is not None and any(found in network for network in networks)


def client_of(peer: str, forwarded: Sequence[str], proxies: Collection[Network]) -> tuple[str, int]:
    """Return whom a request comes from, and how many steps back that is from its peer.

    Each proxy adds to `X-Forwarded-For`, at the end, whom it was asked by. So the headers are read
    from there, as far as believed proxies wrote them: whatever stands before may be made up.
    """
    found, steps = peer, 0
    for written in reversed([part for line in forwarded for part in line.split(",")]):
        address = parsed(_bare(written.strip())) if within(found, proxies) else None
        if address is None:
            break
        found, steps = str(address), steps + 1
    return found, steps


def _bare(text: str) -> str:
    """Drop the port that some proxies add."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    host, colon, port = text.rpartition(":")
    return host if colon and port.isdecimal() and ":" not in host else text
