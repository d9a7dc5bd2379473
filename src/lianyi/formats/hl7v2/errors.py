"""What can be wrong with an HL7 v2 message before anyone asks whether it is a good one."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class MalformedHl7(LianyiError):
    """The bytes are not an HL7 v2 message. Base of everything that cannot be read."""

    code = "LY-1201"
    category = Category.INVALID
    en = Told(
        "cannot read message",
        "it does not begin with an MSH segment",
        "check that the sender really sends HL7 v2 here, and that nothing stands before MSH",
    )
    zh = Told(
        "无法读取消息",
        "消息不以 MSH 段开头",
        "确认发送方在此处发送的确实是 HL7 v2，且 MSH 之前没有其他内容",
    )


class EmptyMessage(MalformedHl7):
    """There is nothing in it."""

    code = "LY-1202"
    en = Told("cannot read message", "it is empty", "look at what the sender puts into its frames")
    zh = Told("无法读取消息", "消息为空", "检查发送方往报文框内写入了什么")


class UnusableDelimiters(MalformedHl7):
    """MSH-1 and MSH-2 do not say how the message is divided."""

    code = "LY-1203"
    en = Told(
        "cannot read message",
        "MSH-1 and MSH-2 must be up to six different punctuation marks; {found} bytes stand there",
        "have the sender put the usual |^~\\& there",
    )
    zh = Told(
        "无法读取消息",
        "MSH-1 与 MSH-2 应为互不相同的至多六个标点符号；此处有 {found} 个字节",
        "请发送方使用常规的 |^~\\&",
    )


class WrongCharset(MalformedHl7):
    """The bytes are text neither in the declared character set nor in the default one."""

    code = "LY-1204"
    en = Told(
        "cannot read message",
        "the bytes are not {codec} text (MSH-18 says '{declared}')",
        "set the source option 'default_codec' to what the sender really uses",
    )
    zh = Told(
        "无法读取消息",
        "这些字节不是 {codec} 文本（MSH-18 声明为“{declared}”）",
        "把来源的 default_codec 设为发送方实际使用的编码",
    )


class UnsupportedCharset(MalformedHl7):
    """A character set that this release cannot read."""

    code = "LY-1205"
    category = Category.UNSUPPORTED
    en = Told(
        "cannot read message",
        "the character set '{declared}' is not supported",
        "have the sender use UTF-8 or GB18030",
    )
    zh = Told("无法读取消息", "不支持字符集“{declared}”", "请发送方改用 UTF-8 或 GB18030")


class SeveralMessages(MalformedHl7):
    """A second MSH segment: two messages arrived as one."""

    code = "LY-1206"
    en = Told(
        "cannot read message",
        "a second MSH segment begins here; one frame may hold one message only",
        "have the sender frame each message by itself, or send the batch as a file",
    )
    zh = Told(
        "无法读取消息",
        "此处开始了第二个 MSH 段；一个报文框只能包含一条消息",
        "请发送方为每条消息单独加框，或以批量文件方式发送",
    )


class BadPath(LianyiError):
    """A path that is not written like ``PID-3(2).4``, or points where nothing can be set."""

    code = "LY-1207"
    category = Category.INVALID
    en = Told(
        "cannot use path '{path}'",
        "{expected} was expected at character {at}",
        "write it like PID-3, PID-3(2).4 or OBX(3)-5.1.2",
    )
    zh = Told(
        "路径“{path}”不可用",
        "第 {at} 个字符处应为 {expected}",
        "写法如 PID-3、PID-3(2).4 或 OBX(3)-5.1.2",
    )


class CannotEncode(LianyiError):
    """A value was set that the message's character set or delimiters cannot carry."""

    code = "LY-1208"
    category = Category.INVALID
    en = Told(
        "cannot write message",
        "a value set by the channel cannot be written in {codec}",
        "convert the message to UTF-8 or GB18030 first, or set another value",
    )
    zh = Told(
        "无法生成消息",
        "通道写入的某个值无法用 {codec} 表示",
        "先把消息转换为 UTF-8 或 GB18030，或改写该值",
    )


class FixedByMessage(LianyiError):
    """MSH-1 and MSH-2 divide the whole message and cannot be set alone."""

    code = "LY-1209"
    category = Category.INVALID
    en = Told(
        "cannot set MSH-1 or MSH-2",
        "they say how the whole message is divided",
        "leave them as the sender wrote them",
    )
    zh = Told("不能改写 MSH-1 或 MSH-2", "它们规定整条消息的分隔方式", "保持发送方原样")


class NoAcknowledgment(MalformedHl7):
    """What the receiver answered holds no MSA segment."""

    code = "LY-1210"
    en = Told(
        "cannot read the answer",
        "it holds no MSA segment",
        "look at what the receiver answers; it must be an HL7 v2 acknowledgment",
    )
    zh = Told("无法读取应答", "应答中没有 MSA 段", "检查接收方的应答内容，应为 HL7 v2 应答消息")
