"""What the HTTP source itself refuses, before any channel sees it, and with which status.

Source: RFC 9110 (status codes), RFC 6585 (431).
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.connectors.connector import Answer, MessageTooLarge


class UnknownPath(LianyiError):
    """No channel takes messages at the path."""

    code = "LY-1120"
    category = Category.NOT_FOUND
    en = Told("refused a request", "no channel takes messages at this path", "correct the path")
    zh = Told("拒绝了请求", "没有通道在此路径接收消息", "改正请求路径")


class WrongMethod(LianyiError):
    """A message is sent by POST and nothing else."""

    code = "LY-1121"
    category = Category.UNSUPPORTED
    en = Told("refused a request", "messages are taken by POST only", "send it by POST")
    zh = Told("拒绝了请求", "只接受以 POST 方式发送的消息", "改用 POST 发送")


class WrongToken(LianyiError):
    """The source asks for a bearer token; the request has none or another."""

    code = "LY-1122"
    category = Category.FORBIDDEN
    en = Told(
        "refused a request",
        "the bearer token is missing or wrong",
        "send 'Authorization: Bearer …' with the token of this source",
    )
    zh = Told(
        "拒绝了请求",
        "缺少令牌或令牌不正确",
        "在请求头 Authorization: Bearer … 中带上该来源的令牌",
    )


class BrokenRequest(LianyiError):
    """The bytes are no HTTP/1.1 request."""

    code = "LY-1123"
    category = Category.INVALID
    en = Told("cannot read the request", "{why}", "the connection is closed; repair the client")
    zh = Told("无法读取请求", "{why}", "连接已关闭；请修正客户端")


class RequestTooSlow(LianyiError):
    """The request was not complete in time."""

    code = "LY-1124"
    category = Category.INVALID
    en = Told(
        "gave up a request",
        "it was not complete within {message_timeout_seconds} s",
        "check the network; for big messages raise 'message_timeout_seconds' of the source",
    )
    zh = Told(
        "放弃了一个请求",
        "在 {message_timeout_seconds} 秒内没有发送完整",
        "检查网络；消息较大时请调高来源的 message_timeout_seconds",
    )


class HeadersTooLarge(LianyiError):
    """The request line and headers are longer than anybody needs."""

    code = "LY-1125"
    category = Category.INVALID
    en = Told(
        "refused a request", "its headers have more than {limit_bytes} bytes", "repair the client"
    )
    zh = Told("拒绝了请求", "请求头超过了 {limit_bytes} 字节", "请修正客户端")


class EncodedBody(LianyiError):
    """The body is compressed; what is stored must be what the sender means."""

    code = "LY-1126"
    category = Category.UNSUPPORTED
    en = Told("refused a request", "its body has a content encoding", "send the body as it is")
    zh = Told("拒绝了请求", "请求体使用了内容编码（压缩）", "请直接发送未压缩的内容")


class UnfinishedRequest(LianyiError):
    """The client closed the connection in the middle of a request."""

    code = "LY-1127"
    category = Category.INVALID
    en = Told(
        "received half a request",
        "it ended after {received_bytes} bytes of its body",
        "nothing of it was kept; the client repeats it",
    )
    zh = Told(
        "只收到半个请求",
        "在请求体的 {received_bytes} 字节之后中断",
        "该部分未保留；由客户端重发",
    )


class SourceStopped(LianyiError):
    """The channel at this path is stopped at the moment, perhaps only to start anew."""

    code = "LY-1129"
    category = Category.UNAVAILABLE
    en = Told("refused a request", "the channel at this path is stopped", "send it again later")
    zh = Told("拒绝了请求", "此路径上的通道已停止", "稍后重新发送")


_STATUS: Mapping[type[LianyiError], tuple[int, bytes]] = {
    UnknownPath: (404, b""),
    WrongMethod: (405, b"Allow: POST\r\n"),
    WrongToken: (401, b"WWW-Authenticate: Bearer\r\n"),
    BrokenRequest: (400, b""),
    RequestTooSlow: (408, b""),
    MessageTooLarge: (413, b""),
    HeadersTooLarge: (431, b""),
    EncodedBody: (415, b""),
    SourceStopped: (503, b""),
}


def refusal(error: LianyiError) -> tuple[Answer, int, bytes]:
    """Return the answer to a refused request, its status, and headers that go with it."""
    status, headers = _STATUS[type(error)]
    body = orjson.dumps({"code": error.code, "zh": error.text("zh"), "en": error.text("en")})
    return Answer(body, error.category, "application/json"), status, headers
