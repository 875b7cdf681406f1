"""Which network addresses may be contacted on behalf of somebody else.

A server that fetches whatever address it is handed can be pointed at the machines behind
its own firewall. The rule here therefore speaks of the numeric address, after names are
resolved, and it is applied to the address that is then connected to.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from minigpt.errors import CorpusError

AddressRule = Callable[[IPv4Address | IPv6Address], bool]

_TRANSLATED_IPV4 = IPv6Network("64:ff9b::/96")


def any_address(address: IPv4Address | IPv6Address) -> bool:
    """The rule for addresses that are written in this package: all may be contacted."""
    return True


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the open internet.

    False for this machine, its local network, link-local, shared, reserved and multicast
    ranges, and for an IPv6 address that merely wraps such an IPv4 address.
    """
    if isinstance(address, IPv6Address):
        wrapped = _wrapped_ipv4(address)
        if wrapped is not None:
            return is_public(wrapped)
    return address.is_global and not address.is_multicast and not address.is_reserved


def allowed_addresses(host: str, port: int, rule: AddressRule) -> list[str]:
    """Resolve a host name to addresses that all keep the rule.

    Raises:
        CorpusError: an address breaks the rule, even where others keep it.
        OSError: the name cannot be resolved.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not rule(ip_address(address)):
            raise CorpusError(
                f"{host} leads to {address}, which is not on the public internet. Use the "
                "address of a public web page, or upload the file or paste its text.",
                field="corpus",
            )
    return addresses


def _wrapped_ipv4(address: IPv6Address) -> IPv4Address | None:
    if address in _TRANSLATED_IPV4:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
