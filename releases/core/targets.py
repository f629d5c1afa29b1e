"""Which addresses a webhook may be sent to: public ones, and what the operator allowed by name or network.

Pure: whoever connects resolves the name, asks `choose` for the address to connect to, and connects to that
very address. A name that is resolved a second time could lead somewhere else (DNS rebinding).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias
from urllib.parse import urlsplit

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

MAX_URL: Final = 1024
PORTS: Final = {"http": 80, "https": 443}
FIRST_FREE_PORT: Final = 1024  # below it live the services of the system, and they speak other protocols


class BadTarget(Exception):
    """No webhook goes there; the text is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart. `path` has the query; `host` is a name or an address without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_encrypted(self) -> bool:
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """What the header Host says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the operator lets webhooks reach although it is not public."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def covers(self, host: str, address: Address) -> bool:
        meant = {address, _unwrapped(address)}
        return host in self.hosts or any(each in network for network in self.networks for each in meant)


def parse(url: object) -> Target:
    """Take `url` apart. Raises BadTarget."""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        raise BadTarget("The address has characters that must be percent-encoded")
    if len(url) > MAX_URL:
        raise BadTarget(f"The address is too long (allowed: {MAX_URL} characters, actual: {len(url)})")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadTarget("The address cannot be read") from None
    if parts.scheme not in PORTS or not host:
        raise BadTarget("The address must be of the form https://host/path or http://host/path")
    if "@" in parts.netloc:
        raise BadTarget("The address must not hold a user or a password: the signature says who sends")
    if parts.fragment:
        raise BadTarget("The address must not have a part after '#': it is never sent")
    if "%" in host or "\\" in parts.netloc:
        raise BadTarget(f"'{host}' is no host name")
    port = PORTS[parts.scheme] if port is None else port
    if port < FIRST_FREE_PORT and port not in PORTS.values():
        raise BadTarget(f"Port {port} is not for webhooks: use 80, 443, or one from {FIRST_FREE_PORT} on")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host.rstrip("."), port, path)


def parse_allowed(words: Iterable[str]) -> Allowed:
    """Read host names, addresses and networks such as 10.1.0.0/16. Raises BadTarget."""
    hosts: set[str] = set()
    networks: list[Network] = []
    for word in words:
        try:
            networks.append(ip_network(word.strip("[]")))
        except ValueError:
            if not word or not word.isascii() or set(word) & set("/:@?# "):
                raise BadTarget(f"'{word}' is neither a host name nor a network") from None
            hosts.add(word.lower().rstrip("."))
    return Allowed(frozenset(hosts), tuple(networks))


def check(target: Target, allowed: Allowed) -> None:
    """What can be known without resolving a name: raises BadTarget where the host is an address inside."""
    try:
        choose(target, [str(ip_address(target.host))], allowed)
    except ValueError:
        return


def choose(target: Target, resolved: Sequence[str], allowed: Allowed) -> str:
    """The one address to connect to, of those that the host's name leads to.

    One bad address among them is enough to refuse: who answers with both means no good. Raises BadTarget.
    """
    if not resolved:
        raise BadTarget(f"{target.host} leads to no address")
    for text in resolved:
        address = ip_address(text.partition("%")[0])
        why = inside(address)
        if why and not allowed.covers(target.host, address):
            raise BadTarget(f"{target.host} leads to {address}, which is not public: {why}")
    return resolved[0]


def inside(address: Address) -> str:
    """Why an address is not public, in words; empty for one that is."""
    address = _unwrapped(address)
    for network, why in _INSIDE[address.version]:
        if address in network:
            return why
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return "reserved"
    return ""


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it stands for one."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


_NAT64: Final = IPv6Network("64:ff9b::/96")
_COMPATIBLE: Final = IPv6Network("::/96")
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")

# IANA's registries of special-purpose addresses, written out: what `ipaddress` calls private differs between
# releases of Python. For IPv6, whatever lies outside 2000::/3 is refused as well.
_INSIDE: Final[dict[int, tuple[tuple[Network, str], ...]]] = {
    4: tuple(
        (ip_network(network), why)
        for network, why in (
            ("0.0.0.0/8", "unspecified"),
            ("10.0.0.0/8", "private"),
            ("100.64.0.0/10", "a provider's inside"),  # Alibaba Cloud's metadata among them
            ("127.0.0.0/8", "loopback"),
            ("168.63.129.16/32", "a provider's inside"),  # Azure's platform
            ("169.254.0.0/16", "link-local"),  # the metadata of most clouds
            ("172.16.0.0/12", "private"),
            ("192.0.0.0/24", "reserved"),
            ("192.0.2.0/24", "for documents"),
            ("192.88.99.0/24", "reserved"),
            ("192.168.0.0/16", "private"),
            ("198.18.0.0/15", "for measurements"),
            ("198.51.100.0/24", "for documents"),
            ("203.0.113.0/24", "for documents"),
            ("224.0.0.0/4", "multicast"),
            ("240.0.0.0/4", "reserved"),
        )
    ),
    6: tuple(
        (ip_network(network), why)
        for network, why in (
            ("::/128", "unspecified"),
            ("::1/128", "loopback"),
            ("64:ff9b:1::/48", "a translation of addresses inside"),
            ("100::/64", "discarded"),
            ("2001::/23", "reserved"),  # Teredo, which wraps IPv4, among them
            ("2001:db8::/32", "for documents"),
            ("2002::/16", "6to4, which wraps IPv4"),
            ("3fff::/20", "for documents"),
            ("fc00::/7", "private"),
            ("fe80::/10", "link-local"),
            ("fec0::/10", "private"),
            ("ff00::/8", "multicast"),
        )
    ),
}
