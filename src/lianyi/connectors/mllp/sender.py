"""The calling side of MLLP."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any

from pydantic import Field, field_validator

from lianyi.base.settings import Section
from lianyi.connectors.connector import Answer, CannotCarry
from lianyi.connectors.exchange import Exchange, Unreadable
from lianyi.connectors.mllp.framing import END, START, Deframer
from lianyi.connectors.tls import ClientTls, TlsClient


class MllpSenderSettings(Section):
    """What an MLLP sender can be told.

    Attributes:
        address: the peer, ``host:port``; an IPv6 host in brackets.
        tls: None means plain TCP.
        answer_limit_bytes: of one answer.
        end_without_cr: for peers that end a frame with 0x1C alone.
        keepalive_seconds: TCP asks a silent peer whether it is there this often.
    """

    address: str
    tls: TlsClient | None = None
    answer_limit_bytes: int = Field(default=1024 * 1024, ge=1)
    end_without_cr: bool = False
    keepalive_seconds: int = Field(default=60, ge=1)

    @field_validator("address")
    @classmethod
    def _has_host_and_port(cls, address: str) -> str:
        split_address(address)
        return address


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of ``host:port``.

    Raises:
        ValueError: it is not of this form.
    """
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("an address is host:port, e.g. emr.hospital.internal:7001")
    return host, int(port)


class MllpSender:
    """Gives HL7 messages to one MLLP peer."""

    def __init__(self, settings: MllpSenderSettings) -> None:
        host, port = split_address(settings.address)
        tls = settings.tls
        self._exchange = Exchange(
            host=host,
            port=port,
            tls=ClientTls(tls) if tls else None,
            keepalive_seconds=settings.keepalive_seconds,
            reader=lambda: _Acknowledgments(settings),
        )

    def send(
        self, body: bytes, *, attributes: Mapping[str, str], timeout_seconds: float
    ) -> Coroutine[Any, Any, Answer]:
        """Send one message and return the acknowledgment, raw.

        Raises:
            CannotCarry: the peer would read it as several messages; nothing was sent.
            Unreachable: nothing was sent.
            NoAnswer: it was sent, but no complete answer came in time.
        """
        if START in body or END[:1] in body:
            raise CannotCarry(where=self._exchange.where, wire="MLLP", byte="0x0B 0x1C")
        return self._exchange.send(b"".join((START, body, END)), timeout_seconds=timeout_seconds)

    async def close(self) -> None:
        """Close the connection."""
        self._exchange.close()


class _Acknowledgments:
    """Reads what an MLLP peer answers."""

    def __init__(self, settings: MllpSenderSettings) -> None:
        self._deframer = Deframer(
            size_limit_bytes=settings.answer_limit_bytes, end_without_cr=settings.end_without_cr
        )

    def feed(self, chunk: bytes) -> list[Answer]:
        answers = [Answer(body) for body in self._deframer.feed(chunk)]
        if self._deframer.broken is not None and not answers:
            raise Unreadable(self._deframer.broken.told("en").why)
        return answers

    def end(self) -> Answer | None:
        return None

    @property
    def last(self) -> bool:
        return self._deframer.broken is not None or self._deframer.inside_frame
