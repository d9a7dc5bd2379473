"""The listening side of MLLP."""

from __future__ import annotations

from lianyi.base.errors import LianyiError
from lianyi.connectors.connector import Answer, Arrival, OnTrouble, Receive
from lianyi.connectors.listening import Connection, Intake, Listener, ListenSettings, Owed
from lianyi.connectors.mllp.framing import END, START, Deframer
from lianyi.connectors.tls import server_context


class MllpSourceSettings(ListenSettings):
    """What an MLLP source can be told, besides :class:`ListenSettings`.

    Attributes:
        end_without_cr: for senders that end a frame with 0x1C alone.
    """

    end_without_cr: bool = False


class MllpSource:
    """Takes HL7 messages from MLLP peers. An empty answer sends nothing back."""

    def __init__(
        self, settings: MllpSourceSettings, receive: Receive, on_trouble: OnTrouble
    ) -> None:
        self._intake = Intake(receive=receive, on_trouble=on_trouble)
        self._listener = Listener(
            settings,
            lambda listener: _MllpConnection(listener, settings, self._intake),
            server_context,
        )
        self._listener.intakes.append(self._intake)
        self._listener.adjust_reading()

    @property
    def address(self) -> str:
        """``host:port``; the real port once started."""
        return self._listener.address

    @property
    def connections(self) -> int:
        """How many peers are connected now."""
        return len(self._listener.connections)

    @property
    def trouble(self) -> LianyiError | None:
        """Nothing lasts: a peer that is refused may come again."""
        return None

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            AddressInUse: the address cannot be had.
            TlsUnusable: a certificate, key or CA file cannot be used.
        """
        await self._listener.start()

    def pause(self) -> None:
        """Stop reading from peers."""
        self._intake.open = False
        self._listener.adjust_reading()

    def resume(self) -> None:
        """Go on reading."""
        self._intake.open = True
        self._listener.adjust_reading()

    async def stop(self, *, grace_seconds: float = 5.0) -> None:
        """Stop taking messages, wait for outstanding replies, close."""
        await self._listener.stop(grace_seconds=grace_seconds)


class _MllpConnection(Connection):
    def __init__(self, listener: Listener, settings: MllpSourceSettings, intake: Intake) -> None:
        super().__init__(listener)
        self._intake = intake
        self._attributes: dict[str, str] = {}
        self._deframer = Deframer(
            size_limit_bytes=settings.size_limit_bytes, end_without_cr=settings.end_without_cr
        )

    def connected(self) -> None:
        self._attributes = self.peer_attributes()

    def parse(self, chunk: bytes) -> None:
        deframer = self._deframer
        messages = deframer.feed(chunk)
        for body in messages:
            self.offer(self._intake, Arrival(body, self.peer, self._attributes))
        if not deframer.inside_frame:
            self.began_at = None
        elif messages or self.began_at is None:
            self.began_at = self.read_at
        if deframer.broken is not None:
            self._tell(deframer.broken)
            self.end_input()

    def encode(self, owed: Owed, answer: Answer, out: list[bytes]) -> None:
        if answer.body:
            out += (START, answer.body, END)

    def ended(self, *, too_slow: bool) -> None:
        self._deframer.finish()
        if self._deframer.broken is not None:
            self._tell(self._deframer.broken)

    def _tell(self, broken: LianyiError) -> None:
        broken.where = f"{self.peer}, {broken.where}"
        self._intake.on_trouble(broken)
