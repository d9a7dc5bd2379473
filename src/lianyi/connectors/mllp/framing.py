"""MLLP framing: chunks of a stream in, messages out. No socket here.

A frame is ``0x0B``, the message, ``0x1C 0x0D``. Real senders put CR and LF between frames, and a
few forget the last CR: the first is always borne, the second on request. What could be read in
two ways is never accepted: a start block inside a frame (an unfinished message, or two in one
frame), ``0x1C`` without CR, bytes outside a frame. Then the stream is broken for good, because
nobody knows where its next message begins.

Source:
    HL7 Version 2.x, "Transport Specification: MLLP", Release 1.
"""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.connectors.connector import MessageTooLarge

START = b"\x0b"
END = b"\x1c\r"
_START_BYTE, _END_BYTE, _CR, _LF = 0x0B, 0x1C, 0x0D, 0x0A

_CLOSED_EN = "the connection is closed and the sender repeats; repair the sender if this recurs"
_CLOSED_ZH = "连接已关闭，发送方会重发；如反复出现请修正发送方"


class BytesOutsideFrame(LianyiError):
    """Something other than CR or LF came where a start block was due."""

    code = "LY-1110"
    category = Category.INVALID
    en = Told("cannot read the stream", "bytes outside an MLLP frame", _CLOSED_EN)
    zh = Told("无法读取数据流", "MLLP 帧之外出现了字节", _CLOSED_ZH)


class StartInsideFrame(LianyiError):
    """A start block came before the end block: two messages in one frame, or half of one."""

    code = "LY-1111"
    category = Category.INVALID
    en = Told(
        "cannot read the stream", "a start block (0x0B) inside a frame, before 0x1C", _CLOSED_EN
    )
    zh = Told("无法读取数据流", "帧内在结束块 0x1C 之前又出现了起始块 0x0B", _CLOSED_ZH)


class EndInsideFrame(LianyiError):
    """``0x1C`` came without the CR that must follow it."""

    code = "LY-1112"
    category = Category.INVALID
    en = Told(
        "cannot read the stream",
        "0x1C without CR after it",
        "if the sender always omits the CR, set 'end_without_cr' on the source",
    )
    zh = Told(
        "无法读取数据流",
        "0x1C 之后没有 CR",
        "如果发送方总是省略 CR，请在来源上设置 end_without_cr",
    )


class UnfinishedFrame(LianyiError):
    """The peer closed the connection, or fell silent, in the middle of a frame."""

    code = "LY-1113"
    category = Category.INVALID
    en = Told(
        "received half a message",
        "it ended after {received_bytes} bytes without an end block",
        "nothing of it was kept; the sender repeats it",
    )
    zh = Told(
        "只收到半条消息",
        "在 {received_bytes} 字节之后中断，没有结束块",
        "该部分未保留；发送方会重发",
    )


# Where in the stream we are
_OUTSIDE, _INSIDE = 0, 1
_ENDING = 2  # 0x1C was the last byte seen; CR is due


class Deframer:
    """Cuts one stream into messages, in time linear in its bytes.

    Never holds more than ``size_limit_bytes`` of an unfinished message.

    Attributes:
        broken: why the stream cannot be read any further; None while it can.
    """

    __slots__ = ("_end_without_cr", "_kept", "_limit", "_offset", "_state", "broken")

    def __init__(self, *, size_limit_bytes: int, end_without_cr: bool = False) -> None:
        self._limit = size_limit_bytes
        self._end_without_cr = end_without_cr
        self._kept = bytearray()
        self._offset = 0  # of the chunk in the stream, to say where it broke
        self._state: int = _OUTSIDE
        self.broken: LianyiError | None = None

    @property
    def inside_frame(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._state != _OUTSIDE

    @property
    def kept_bytes(self) -> int:
        """How much of an unfinished message is held."""
        return len(self._kept)

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next bytes of the stream and return the messages that they complete.

        Messages before the place where the stream breaks are returned; after it, none are.

        Args:
            chunk: any number of bytes, cut anywhere.

        Returns:
            The messages without their framing, in order.
        """
        at, size = 0, len(chunk)
        if self._is_one_frame(chunk, size):
            self._offset += size
            return [chunk[1:-2]]
        messages: list[bytes] = []
        while at < size and self.broken is None:
            if self._state == _OUTSIDE:
                at = self._start(chunk, at)
            elif self._state == _INSIDE:
                at = self._read_on(chunk, at)
                if self._end_without_cr and self._state == _ENDING:
                    messages.append(self._take())
            elif chunk[at] == _CR:
                messages.append(self._take())
                at += 1
            else:
                self._break(EndInsideFrame(where=self._place(at)))
        self._offset += size
        return messages

    def _is_one_frame(self, chunk: bytes, size: int) -> bool:
        """Whether a chunk is exactly one whole message, as most are."""
        return (
            self._state == _OUTSIDE
            and self.broken is None
            and chunk[:1] == START
            and chunk.find(_END_BYTE) == size - 2
            and chunk[-1] == _CR
            and chunk.find(_START_BYTE, 1) < 0
            and size - 3 <= self._limit
        )

    def finish(self) -> None:
        """Note that the stream has ended; in the middle of a frame, that breaks it."""
        if self.inside_frame and self.broken is None:
            self._break(UnfinishedFrame(where=self._place(0), received_bytes=self.kept_bytes))

    def _start(self, chunk: bytes, at: int) -> int:
        """Return where the message begins, or the end of the chunk."""
        while at < len(chunk):
            byte = chunk[at]
            if byte == _START_BYTE:
                self._state = _INSIDE
                return at + 1
            if byte not in (_CR, _LF):
                self._break(BytesOutsideFrame(where=self._place(at)))
                return at
            at += 1
        return at

    def _read_on(self, chunk: bytes, at: int) -> int:
        """Keep what belongs to the message and return what follows its 0x1C."""
        end = chunk.find(_END_BYTE, at)
        stop = len(chunk) if end < 0 else end
        if (nested := chunk.find(_START_BYTE, at, stop)) >= 0:
            self._break(StartInsideFrame(where=self._place(nested)))
        elif len(self._kept) + stop - at > self._limit:
            limit = self._limit
            self._break(MessageTooLarge(where=self._place(at), size_limit_bytes=limit))
        else:
            self._kept += chunk[at:stop]
            if end >= 0:
                self._state = _ENDING
        return stop + 1

    def _take(self) -> bytes:
        message = bytes(self._kept)
        self._kept = bytearray()
        self._state = _OUTSIDE
        return message

    def _break(self, error: LianyiError) -> None:
        self.broken = error
        self._kept = bytearray()

    def _place(self, at: int) -> str:
        return f"byte {self._offset + at} of the connection"
