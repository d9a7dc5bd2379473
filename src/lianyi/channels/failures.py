"""What can go wrong between a channel and its peers, each with its code and its words."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class Refused(LianyiError):
    """The receiver read the message and does not want it: AE, CE, HTTP 4xx."""

    code = "LY-1451"
    category = Category.INVALID
    en = Told(
        "the receiver refused the message",
        "it answered {answer}",
        "read its reason, correct the message or the receiver, then send again or dismiss",
    )
    zh = Told(
        "接收方拒绝了该消息",
        "它应答了 {answer}",
        "查看拒绝原因，修正消息或接收方后重新发送，或说明理由后忽略",
    )


class RefusedForNow(LianyiError):
    """The receiver cannot take the message now: AR, CR, HTTP 500."""

    code = "LY-1452"
    category = Category.BUSY
    en = Told(
        "the receiver could not process the message",
        "it answered {answer}",
        "it is tried again by itself; if it goes on, look at the receiver",
    )
    zh = Told(
        "接收方暂时无法处理该消息",
        "它应答了 {answer}",
        "平台会自动重试；若持续出现，请检查接收方",
    )


class Unavailable(RefusedForNow):
    """The receiver says that it is there for nobody now: HTTP 502, 503, 504."""

    code = "LY-1460"
    category = Category.UNAVAILABLE
    en = Told(
        "the receiver is not available",
        "it answered {answer}",
        "look at the receiver; delivery goes on by itself",
    )
    zh = Told("接收方暂不可用", "它应答了 {answer}", "检查接收方；恢复后平台会自动继续投递")


class WrongAnswer(LianyiError):
    """The receiver acknowledged another message than the one it was sent."""

    code = "LY-1453"
    category = Category.UNAVAILABLE
    en = Told(
        "the receiver answered for another message",
        "the control id in its acknowledgment is not the one that was sent",
        "the message is sent again on a new connection; report it to the receiver's maker",
    )
    zh = Told(
        "接收方应答的不是这条消息",
        "应答中的控制 ID 与所发送的不一致",
        "平台会用新连接重新发送；请向接收方厂商反映",
    )


class UnreadableAnswer(LianyiError):
    """What the receiver answered is no acknowledgment."""

    code = "LY-1454"
    category = Category.UNAVAILABLE
    en = Told(
        "the receiver's answer cannot be read",
        "it is not an HL7 v2 acknowledgment",
        "the message is sent again; if the receiver never acknowledges, set 'acknowledgment: any'",
    )
    zh = Told(
        "无法读懂接收方的应答",
        "它不是 HL7 v2 应答消息",
        "平台会重新发送；若接收方从不应答，可设置 acknowledgment: any",
    )


class Poison(LianyiError):
    """One message gets no answer again and again while others pass."""

    code = "LY-1455"
    category = Category.INVALID
    en = Told(
        "this message stops the receiver",
        "it got no answer {attempts} times while other messages were taken",
        "look for this control id in the receiver's log; correct it, send again or dismiss",
    )
    zh = Told(
        "毒消息：接收方在这条消息上卡住",
        "它连续 {attempts} 次得不到应答，而其他消息正常",
        "在接收方日志中按控制 ID 查找；修正消息后重新发送，或说明理由后忽略",
    )


class GaveUp(LianyiError):
    """A message was tried as often as the definition allows."""

    code = "LY-1456"
    category = Category.INVALID
    en = Told(
        "the message was tried too often",
        "{attempts} attempts; the last one was answered {answer}",
        "look at the receiver, then send again or dismiss with a reason",
    )
    zh = Told(
        "该消息重试次数已用尽",
        "已尝试 {attempts} 次；最后一次应答为 {answer}",
        "检查接收方后重新发送，或说明理由后忽略",
    )


class DiskNearlyFull(LianyiError):
    """The disk of the log is nearly full; nothing more is taken until there is room."""

    code = "LY-1457"
    category = Category.UNAVAILABLE
    en = Told(
        "the platform cannot store the message now",
        "its disk is {percent} % full; the message was NOT stored",
        "keep the message and send it again later; the platform resumes by itself",
    )
    zh = Told(
        "平台暂时无法保存该消息",
        "磁盘已用 {percent}%；该消息未被保存",
        "请保留该消息稍后重发；空间恢复后平台会自动继续接收",
    )


class Held(LianyiError):
    """The gate of the channel holds the message for a person; it is stored."""

    code = "LY-1458"
    category = Category.INVALID
    en = Told(
        "the message is stored but held back",
        "{why}",
        "correct it at the sender and send a new one, or have the platform's operator repair it",
    )
    zh = Told(
        "消息已保存，但被暂挂", "{why_zh}", "请在发送方更正后发送新消息，或由平台操作员修复后放行"
    )


class EmptyBody(LianyiError):
    """A source handed over no bytes at all."""

    code = "LY-1459"
    category = Category.INVALID
    en = Told("there is no message", "the body is empty", "look at the sender")
    zh = Told("没有消息内容", "消息体为空", "请检查发送方")


class Erased(LianyiError):
    """The body of a message was lawfully erased; nobody can send, read or correct it any more."""

    code = "LY-1461"
    category = Category.CONFLICT
    en = Told(
        "this message was erased by law",
        "its content, and what was made of it, is gone",
        "nothing to do; the act that says who decided stands in the log",
    )
    zh = Told(
        "该消息已依法擦除",
        "其内容以及修复后的内容均已删除",
        "无需处理；日志中的操作记录说明由何人决定",
    )


class AttemptBrokenOff(LianyiError):
    """An attempt was ended by us while the receiver may already have had the message."""

    code = "LY-1462"
    category = Category.UNAVAILABLE
    en = Told(
        "this attempt was broken off",
        "its process or the definition of its channel ended before the receiver answered",
        "nothing to do; the message is sent again with the same control id",
    )
    zh = Told(
        "本次投递被中断",
        "接收方应答之前，投递进程或通道定义的旧版本已结束",
        "无需处理；平台会以相同的控制 ID 重新发送该消息",
    )


class AnsweredTooLate(LianyiError):
    """A receiver took a message from a process that was no longer the one to deliver it."""

    code = "LY-1463"
    category = Category.UNAVAILABLE
    en = Told(
        "this attempt counts no more",
        "it was answered {answer} when another process had taken over already",
        "nothing to do; the message was sent again with the same control id",
    )
    zh = Told(
        "本次投递不再计入",
        "接收方应答 {answer} 时，已由另一进程接手投递",
        "无需处理；平台已以相同的控制 ID 再次发送该消息",
    )


class OtherShard(LianyiError):
    """A position that does not belong to the channel."""

    code = "LY-1629"
    category = Category.INVALID
    en = Told(
        "this position belongs to another channel",
        "the channel lives in shard {shard}",
        "use positions that begin with {shard}-",
    )
    zh = Told("该位点属于其他通道", "该通道位于分片 {shard}", "请使用以 {shard}- 开头的位点")
