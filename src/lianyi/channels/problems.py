"""What can be wrong with a channel definition, or with a message that a channel must change.

Problems of a definition name the file, the key and the line. Problems of a message name the
place in it (``PID-8``, ``items[0].code``), never a value.
"""

from __future__ import annotations

from lianyi.base.errors import Category, Fact, LianyiError, Told


class BadChannel(LianyiError):
    """A channel definition cannot be used. The one in force before it stays in force.

    Attributes:
        problems: everything that is wrong with the definition, this one first.
    """

    code = "LY-1401"
    category = Category.INVALID
    en = Told("cannot use this channel definition", "{why}", "correct the file and check it again")
    zh = Told("通道定义不可用", "{why_zh}", "改正该文件后重新检查")

    def __init__(self, *, where: str, **facts: Fact) -> None:
        super().__init__(where=where, **facts)
        self.problems: tuple[LianyiError, ...] = (self,)


class UnknownKey(BadChannel):
    """A key that a definition does not know: nearly always a misspelling."""

    code = "LY-1402"
    en = Told(
        "cannot use this channel definition",
        "unknown key '{key}'; the nearest known one is '{nearest}'",
        "correct the spelling, or remove the key",
    )
    zh = Told(
        "通道定义不可用",
        "未知的键“{key}”；最接近的已知键是“{nearest}”",
        "改正拼写，或删除该键",
    )


class UnreadableDefinition(BadChannel):
    """The file is no YAML, too large, or uses YAML that we refuse (anchors, tags)."""

    code = "LY-1403"
    en = Told("cannot read this file", "{why}", "correct the file and check it again")
    zh = Told("无法读取该文件", "{why_zh}", "改正该文件后重新检查")


class UnknownName(BadChannel):
    """A table, step list, function or connector that does not exist."""

    code = "LY-1404"
    en = Told(
        "cannot use this channel definition",
        "there is no {kind} '{name}'; the nearest is '{nearest}'",
        "correct the name, or add the missing file under content/",
    )
    zh = Told(
        "通道定义不可用",
        "不存在名为“{name}”的{kind_zh}；最接近的是“{nearest}”",
        "改正名称，或在 content/ 下补上缺少的文件",
    )


class UnknownCodec(BadChannel):
    """A source names a character set that nobody knows."""

    code = "LY-1417"
    en = Told(
        "cannot use this channel definition",
        "there is no character set '{name}'; the nearest known one is '{nearest}'",
        "write a name of HL7 table 0211 or of Python, e.g. gb18030 or utf-8",
    )
    zh = Told(
        "通道定义不可用",
        "没有名为“{name}”的字符集；最接近的已知名称是“{nearest}”",
        "填写 HL7 表 0211 或 Python 中的名称，例如 gb18030、utf-8",
    )


class Clash(BadChannel):
    """Two things want the same name, port or folder."""

    code = "LY-1405"
    en = Told(
        "cannot use this channel definition",
        "{what} '{name}' is already used by {by}",
        "choose another one",
    )
    zh = Told("通道定义不可用", "{what_zh}“{name}”已被 {by} 使用", "换用另一个")


class TransparentChannel(BadChannel):
    """A transparent channel hands on the bytes as they came; it cannot change them."""

    code = "LY-1406"
    en = Told(
        "cannot use this channel definition",
        "a transparent channel sends every byte as it came and cannot transform",
        "write 'mode: interpreted', or remove the steps",
    )
    zh = Told(
        "通道定义不可用",
        "透明转发的通道原样发送每个字节，不能转换",
        "改为 mode: interpreted，或删除转换步骤",
    )


class BadTable(BadChannel):
    """A code table cannot be used."""

    code = "LY-1407"
    en = Told("cannot use this code table", "{why}", "correct the table and check again")
    zh = Told("代码对照表不可用", "{why_zh}", "改正该表后重新检查")


class BadExpression(BadChannel):
    """A filter expression is no CEL, or does not give true or false."""

    code = "LY-1408"
    en = Told(
        "cannot use this expression",
        "{why}",
        'write CEL that gives true or false, e.g. field("PV1-2") == "I"',
    )
    zh = Told(
        "表达式不可用",
        "{why}",
        '请写结果为真或假的 CEL，例如 field("PV1-2") == "I"',
    )


class FailedExample(LianyiError):
    """The channel does something else with an example than the example says."""

    code = "LY-1409"
    category = Category.INVALID
    en = Told(
        "an example does not hold",
        "{aspect}: expected {expected}, got {got}",
        "correct the channel, or the example",
    )
    zh = Told("示例不成立", "{aspect_zh}：应为 {expected}，实为 {got}", "改正通道，或改正示例")


class ExamplesFail(BadChannel):
    """Examples of a channel's own file do not hold, so the file does not come into force."""

    code = "LY-1418"
    en = Told(
        "the channel does not do what its examples say",
        "{failed} of {total} examples do not hold; '{example}': {why}",
        "correct the channel or the example, and check it; the version before stays in force",
    )
    zh = Told(
        "通道的行为与其示例不符",
        "{total} 个示例中有 {failed} 个不成立；“{example}”：{why_zh}",
        "改正通道或示例后重新检查；之前的版本继续生效",
    )


class UnreadableContent(LianyiError):
    """A message is not what the format of its channel says."""

    code = "LY-1410"
    category = Category.INVALID
    en = Told(
        "cannot read message",
        "it is no {format}: {why}",
        "check what the sender sends here, and the 'format' of the channel",
    )
    zh = Told(
        "无法读取消息",
        "它不是 {format}：{why}",
        "检查发送方发来的内容，以及通道的 format 设置",
    )


class NotInFormat(LianyiError):
    """Something was asked of a message that its format cannot do."""

    code = "LY-1411"
    category = Category.INVALID
    en = Told(
        "cannot do this with a {format} message",
        "{why}",
        "use a path or step that fits the format of the channel",
    )
    zh = Told(
        "无法对 {format} 消息执行该操作",
        "{why_zh}",
        "改用与通道 format 相符的路径或步骤",
    )


class BadContentPath(LianyiError):
    """A path into a JSON or XML message that cannot be understood."""

    code = "LY-1412"
    category = Category.INVALID
    en = Told(
        "cannot use path '{path}'",
        "it is no {format} path: {why}",
        "write it like patient.id or items[0].code (JSON), /Order/Patient/@id (XML)",
    )
    zh = Told(
        "路径“{path}”不可用",
        "它不是 {format} 路径：{why}",
        "写法如 patient.id、items[0].code（JSON），/Order/Patient/@id（XML）",
    )


class CodeNotInTable(LianyiError):
    """A code is not in the table that should translate it, and the step says to hold."""

    code = "LY-1413"
    category = Category.INVALID
    en = Told(
        "cannot translate a code",
        "the code is not in table '{table}'",
        "add the code to the table, then send the message again",
    )
    zh = Told(
        "代码无法对照", "该代码不在对照表“{table}”中", "把该代码补入对照表，然后重新投递该消息"
    )


class TooManyParts(LianyiError):
    """A split would make more messages than allowed."""

    code = "LY-1414"
    category = Category.INVALID
    en = Told(
        "cannot split message",
        "it would become {found} messages, at most {allowed} are allowed",
        "split at a larger unit, or have the sender send smaller messages",
    )
    zh = Told(
        "无法拆分消息",
        "将拆成 {found} 条消息，至多允许 {allowed} 条",
        "按更大的单元拆分，或请发送方发送较小的消息",
    )


class ExpressionFailed(LianyiError):
    """A filter expression could not be evaluated for this message."""

    code = "LY-1415"
    category = Category.INVALID
    en = Told(
        "cannot decide who gets the message",
        "the filter expression failed on this message",
        'guard it, e.g. field("OBX-5") != "" && double(field("OBX-5")) > 5.0',
    )
    zh = Told(
        "无法判断消息去向",
        "过滤表达式在此消息上求值失败",
        '先加条件，例如 field("OBX-5") != "" && double(field("OBX-5")) > 5.0',
    )


class NeedsFunctions(LianyiError):
    """A transformation that calls a function was run without a place to run functions."""

    code = "LY-1416"
    category = Category.INTERNAL
    en = Told(
        "cannot transform here",
        "the steps call function '{function}', and functions run apart",
        "report this with the time and the code",
    )
    zh = Told(
        "无法在此处转换",
        "步骤调用了函数“{function}”，函数须隔离运行",
        "请把时间和错误码报告给平台管理员",
    )


def first_of(problems: list[LianyiError]) -> BadChannel:
    """Return the first problem as an error that carries all of them."""
    first = problems[0]
    if not isinstance(first, BadChannel):
        told, told_zh = first.told("en"), first.told("zh")
        first = BadChannel(
            where=first.where,
            why=f"{told.what}: {told.why}",
            why_zh=f"{told_zh.what}：{told_zh.why}",
        )
    first.problems = tuple(problems)
    return first
