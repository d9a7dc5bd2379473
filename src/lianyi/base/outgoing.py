"""Where the platform may connect to, decided in one place for every address that a file names.

Receivers of a hospital are internal addresses, so those are allowed. Never allowed is what no
receiver lives at: link-local addresses (where clouds keep the keys of their machines), other
metadata services, multicast, "any address". This machine itself is allowed where the setting says
so: whoever edits a channel or a way to sign in must not reach what listens only for us.

A name is resolved once, and the address that was looked at is the one that is connected to; an
answer of the name server that changes meanwhile changes nothing. So it is with every connection,
of a redirect, too.

Source: OWASP, Server-Side Request Forgery Prevention; RFC 6890; RFC 6052, 2.1; RFC 3056.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Sequence

from pydantic import field_validator

from lianyi.base.settings import Section

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Answer = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int]]

NEVER: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "169.254.0.0/16",  # link-local; metadata of AWS, Azure, Google, Huawei, Tencent
        "100.100.100.200/32",  # metadata of Alibaba Cloud
        "192.0.0.192/32",  # metadata of Oracle Cloud
        "168.63.129.16/32",  # the wire server of Azure
        "224.0.0.0/4",
        "255.255.255.255/32",
        "::/128",
        "fe80::/10",
        "fd00:ec2::254/128",  # metadata of AWS
        "fd20:ce::254/128",  # metadata of Google Cloud
        "ff00::/8",
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class OutgoingSettings(Section):
    """Section ``[outgoing]``: where channels and ways to sign in may connect to.

    What is link-local is always refused.

    Attributes:
        loopback: whether they may connect to this machine itself. Where nothing is said, they may
            as long as nobody else is served: the console on the loopback without a proxy in front,
            and the embedded database.
        only: when not empty, they may connect to these networks and nowhere else, e.g.
            ``["10.0.0.0/8"]``.
        refused: networks that they may not connect to, besides.
    """

    loopback: bool | None = None
    only: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    def settled(self, *, alone: bool) -> OutgoingSettings:
        """Return the same with a decision on this machine itself; ``alone``: it serves no other."""
        return self if self.loopback is not None else self.model_copy(update={"loopback": alone})

    @field_validator("only", "refused", mode="before")
    @classmethod
    def _of_the_environment(cls, value: object) -> object:
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("only", "refused")
    @classmethod
    def _are_networks(cls, listed: tuple[str, ...]) -> tuple[str, ...]:
        for text in listed:
            ipaddress.ip_network(text)  # raises ValueError itself
        return listed


class AddressRefused(OSError):
    """A name leads nowhere that the platform may connect to.

    It is an ``OSError``, so that whoever connects treats it as a peer that cannot be reached.
    """


class Outgoing:
    """The rule, as the settings make it."""

    def __init__(self, settings: OutgoingSettings) -> None:
        self.settings = settings
        self._loopback = bool(settings.loopback)
        self._only = [ipaddress.ip_network(text) for text in settings.only]
        self._refused = [*NEVER, *map(ipaddress.ip_network, settings.refused)]

    def allows(self, address: Address) -> bool:
        """Tell whether an address may be connected to; what is wrapped in it counts, too."""
        if isinstance(address, ipaddress.IPv6Address):
            inside = _wrapped(address)
            if inside is not None:
                return self.allows(inside)
        if _within(address, self._refused):
            return False
        if address.is_loopback:
            return self._loopback
        return not self._only or _within(address, self._only)

    async def resolve(self, host: str, port: int) -> Sequence[Answer]:
        """Return the addresses of a host that may be connected to, at least one.

        Raises:
            AddressRefused: it has addresses, but none of them is allowed.
            OSError: the name is unknown.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return self.allowed(found)  # type: ignore[arg-type]

    def allowed(self, found: Iterable[Answer]) -> Sequence[Answer]:
        """Return those answers of a name server that may be connected to, at least one.

        Raises:
            AddressRefused: there is none.
        """
        fit = [one for one in found if self.allows(_address(one))]
        if not fit:
            raise AddressRefused("the settings [outgoing] do not let us connect there")
        return fit


_rule = Outgoing(OutgoingSettings(loopback=True))
"""What holds before a process has read its settings: tools and tests on this machine."""


def set_outgoing(settings: OutgoingSettings) -> None:
    """Let the settings hold for this process."""
    global _rule
    _rule = Outgoing(settings)


def outgoing() -> Outgoing:
    """Return the rule of this process, for addresses that channels and ways to sign in name."""
    return _rule


def outgoing_of_settings() -> Outgoing:
    """Return the rule for addresses that ``lianyi.toml`` names: they may be this machine."""
    return Outgoing(_rule.settings.model_copy(update={"loopback": True}))


async def connect_tcp(host: str, port: int, *, rule: Outgoing | None = None) -> socket.socket:
    """Return a connected socket: the first allowed address of the host that answers.

    Raises:
        AddressRefused: the host may not be connected to.
        OSError: nobody answers there.
    """
    loop = asyncio.get_running_loop()
    failure: OSError = OSError("no address")
    for family, kind, protocol, _, address in await (rule or _rule).resolve(host, port):
        found = socket.socket(family, kind, protocol)
        found.setblocking(False)
        try:
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(found, address)
        except OSError as error:
            found.close()
            failure = error
        except BaseException:
            found.close()
            raise
        else:
            return found
    raise failure


def _address(answer: Answer) -> Address:
    return ipaddress.ip_address(answer[4][0].partition("%")[0])


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for; None when it stands for itself."""
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    number = int(address)
    if address in _NAT64 or 1 < number < 1 << 32:  # ::a.b.c.d, RFC 4291, 2.5.5.1
        return ipaddress.IPv4Address(number & 0xFFFFFFFF)
    return None
