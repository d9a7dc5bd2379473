"""Section ``[identity]``: the HL7 v2 doors of the patient index."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from pydantic import Field, field_validator, model_validator

from lianyi.api.card_authority_settings import CardAuthoritySettings
from lianyi.base.settings import Section
from lianyi.connectors.mllp.source import MllpSourceSettings
from lianyi.connectors.tls import TlsServer
from lianyi.formats.hl7v2 import UnsupportedCharset
from lianyi.formats.hl7v2.charsets import known_codec
from lianyi.projections.identity.alone import ALONE_RECORDS_MAX
from lianyi.projections.identity.pix.forms import Form

QUERY_BYTES_MAX = 65_536
QUERY_CONNECTIONS_MAX = 200
QUERIES_OUTSTANDING_MAX = 20
_ADDRESS = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[^:\s]+):(?P<port>\d{1,5})")
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")


class QueryPeer(Section):
    """A system that may ask the patient index over HL7 v2.

    Attributes:
        account: name of the service account that it asks as.
        application: MSH-3.1 that it sends.
        facility: MSH-4.1 that it sends.
        network: addresses that it sends from, ``10.2.0.0/16``; empty: any, for those that show a
            certificate only.
        certificate: subject of the certificate that it shows, ``commonName=lis.hospital``; empty:
            it shows none.
    """

    account: str = Field(min_length=1, max_length=100)
    application: str = Field(min_length=1, max_length=180)
    facility: str = Field(default="", max_length=180)
    network: str = ""
    certificate: str = ""

    @field_validator("network")
    @classmethod
    def _is_a_network(cls, text: str) -> str:
        if text:
            ip_network(text)
        return text

    @model_validator(mode="after")
    def _proves_something(self) -> QueryPeer:
        if not self.network and not self.certificate:
            raise ValueError("a peer needs a network or a certificate")
        return self

    def is_at(self, address: str) -> bool:
        """Tell whether it may send from an address."""
        if not self.network:
            return True
        try:
            found = ip_address(address)
        except ValueError:
            return False
        network: IPv4Network | IPv6Network = ip_network(self.network)
        return found in network


class NotifiedChannel(Section):
    """A channel that is told when a person's identifiers change.

    Attributes:
        channel: its name; its source is ``platform``.
        form: ``hl7v2``: ADT^A31 as in ITI-10; ``json``: who joined, left and was replaced as well.
        sensitive: whether it is told of patients of sensitive authorities, too.
    """

    channel: str = Field(pattern=r"^[a-z][a-z0-9-]{1,62}$")
    form: Form = "hl7v2"
    sensitive: bool = False


class IdentitySettings(Section):
    """Section ``[identity]``: the patient index: who may ask and who is told, and who decides.

    Attributes:
        query_listen: where PIX and PDQ queries (ITI-9, ITI-21, ITI-22) are answered over MLLP,
            ``127.0.0.1:2576``; empty: nowhere.
        query_tls: certificate and key; with ``client_ca_file`` only systems with a certificate
            from one of these authorities are let in.
        query_default_codec: of questions that say nothing in MSH-18.
        query_peers: the systems that may ask.
        domains: the OID of an assigning authority by its name, as messages write it; answers say
            both, and questions may use either.
        notify: the channels that are told when a person's identifiers change.
        alone_records_max: one person decides about persons that have so many records together; a
            decision that touches more takes a second person.
        sensitive: the assigning authorities (by name or OID) whose patients are seen only with
            the permission ``identity.sensitive``: a psychiatric hospital, an HIV clinic.
        card_authorities: who says what the codes stand for that phones show.
        ranks: how far the hospital trusts an assigning authority, the higher the more; where
            records differ, a value of a more trusted one goes before one that more records say.
    """

    query_listen: str = ""
    query_tls: TlsServer | None = None
    query_default_codec: str = "utf-8"
    query_peers: tuple[QueryPeer, ...] = ()
    domains: dict[str, str] = Field(default_factory=dict)
    notify: tuple[NotifiedChannel, ...] = ()
    alone_records_max: int = Field(default=ALONE_RECORDS_MAX, ge=0, le=1_000)
    sensitive: tuple[str, ...] = ()
    card_authorities: tuple[CardAuthoritySettings, ...] = ()
    ranks: dict[str, int] = Field(default_factory=dict)

    @field_validator("query_listen")
    @classmethod
    def _is_an_address(cls, text: str) -> str:
        found = _ADDRESS.fullmatch(text)
        if text and (found is None or int(found["port"]) > 65535):
            raise ValueError("write host and port: 127.0.0.1:2576")
        return text

    @field_validator("query_default_codec")
    @classmethod
    def _is_a_codec(cls, name: str) -> str:
        try:
            known_codec(name)
        except UnsupportedCharset as error:
            raise ValueError(f"'{name}' is no codec") from error
        return name

    @field_validator("domains")
    @classmethod
    def _are_oids(cls, domains: dict[str, str]) -> dict[str, str]:
        wrong = [name for name, oid in domains.items() if not _OID.fullmatch(oid)]
        if wrong:
            raise ValueError(f"no OID: {', '.join(wrong)}")
        if len(set(domains.values())) < len(domains):
            raise ValueError("two authorities have one OID")
        return domains

    @model_validator(mode="after")
    def _certificates_can_be_shown(self) -> IdentitySettings:
        shows = self.query_tls is not None and self.query_tls.client_ca_file is not None
        if any(peer.certificate for peer in self.query_peers) and not shows:
            raise ValueError("certificates of peers need query_tls with client_ca_file")
        return self

    @property
    def veiled(self) -> frozenset[str]:
        """The sensitive authorities as messages may write them: by name, and by OID."""
        oids = {oid: name for name, oid in self.domains.items()}
        names = {oids.get(one, one) for one in self.sensitive}
        return frozenset(names | {self.domains[one] for one in names if one in self.domains})

    def listening(self) -> MllpSourceSettings:
        """Return how queries are listened for; call it only where ``query_listen`` is set."""
        host, _, port = self.query_listen.rpartition(":")
        return MllpSourceSettings(
            host=host.strip("[]"),
            port=int(port),
            tls=self.query_tls,
            size_limit_bytes=QUERY_BYTES_MAX,
            connections_max=QUERY_CONNECTIONS_MAX,
            outstanding_max=QUERIES_OUTSTANDING_MAX,
        )
