"""Which hosts a webhook may reach: none of this machine or its network, whatever the name says."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from quen.errors import InvalidInput, TemporaryError

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SITE_LOCAL = ipaddress.ip_network("fec0::/10")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_url(url: str) -> SplitResult:
    """Raises InvalidInput unless it is an http(s) address with a host and no password in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidInput(f"url: {error}", details={"url": "not an address"}) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise InvalidInput("url: expected https://host/path", details={"url": "not an http(s) address"})
    if parts.username or parts.password:
        raise InvalidInput(
            "url: takes no user and password; the receiver checks the signature", details={"url": "has a password"}
        )
    return parts


def resolve(host: str, port: int) -> str:
    """One public address of the host: the caller connects to this, so that a second look-up cannot lead elsewhere.

    Raises TemporaryError when the name cannot be looked up now, InvalidInput when any of its addresses is private.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise TemporaryError(f"{host} cannot be looked up: {error.strerror}") from error
    except UnicodeError:
        raise InvalidInput(f"{host[:80]!r} is not a host name") from None
    addresses = [ipaddress.ip_address(str(item[4][0]).split("%")[0]) for item in found]
    for address in addresses:
        if not is_public(address):
            raise InvalidInput(
                f"{host} is {address}, an address of this machine or a private network; webhooks go to public ones only"
                " (setting ALLOW_PRIVATE_WEBHOOKS)"
            )
    return str(addresses[0])


def is_public(address: Address) -> bool:
    """Whether it is out on the internet, also when it is an IPv4 address in the clothes of IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None or address in _SITE_LOCAL:
            return False
    return address.is_global and not address.is_multicast
