"""What can be wrong with a channel or destination as a whole, as people read it.

These are shown, not raised: the deliveries themselves go on or wait as they do.
"""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NobodyDelivers(LianyiError):
    """A destination should run, but no process has said anything of it for some seconds."""

    code = "LY-1612"
    category = Category.UNAVAILABLE
    en = Told(
        "no process is delivering",
        "the last sign of life is older than {seconds} seconds",
        "start a process with the role 'deliver'; nothing is lost, the messages wait in the log",
    )
    zh = Told(
        "没有进程在投递",
        "超过 {seconds} 秒没有收到投递进程的状态",
        "启动角色为 deliver 的进程；消息保存在日志中，不会丢失",
    )


class NobodyListens(LianyiError):
    """A source should run, but no process has said anything of it for some seconds."""

    code = "LY-1613"
    category = Category.UNAVAILABLE
    en = Told(
        "no process is receiving",
        "the last sign of life is older than {seconds} seconds",
        "start a process with the role 'intake'; senders keep their messages until then",
    )
    zh = Told(
        "没有进程在接收",
        "超过 {seconds} 秒没有收到接收进程的状态",
        "启动角色为 intake 的进程；在此之前发送方会保留消息",
    )


class DestinationDown(LianyiError):
    """A destination cannot be reached, or does not answer."""

    code = "LY-1614"
    category = Category.UNAVAILABLE
    en = Told(
        "a destination does not take messages",
        "{depth} messages wait for it",
        "look at the receiver; delivery goes on by itself",
    )
    zh = Told("目的端无法接收消息", "有 {depth} 条消息在等待", "检查接收方；恢复后自动继续投递")


class DeliveriesParked(LianyiError):
    """Deliveries need a person."""

    code = "LY-1615"
    category = Category.CONFLICT
    en = Told(
        "deliveries need a person",
        "{parked} are parked and {behind} wait behind them",
        "open them, then send again or dismiss",
    )
    zh = Told("有投递需要人工处理", "{parked} 条待处理，{behind} 条排在其后", "打开后重发或放弃")


class MessagesHeld(LianyiError):
    """The validation gate holds messages."""

    code = "LY-1616"
    category = Category.CONFLICT
    en = Told(
        "the validation gate holds messages",
        "{held} messages broke a rule of the channel",
        "open them, then release or dismiss",
    )
    zh = Told("校验关口拦截了消息", "{held} 条消息违反通道规则", "打开后放行或放弃")


class ReceiverSlow(LianyiError):
    """A receiver answers so late that messages wait."""

    code = "LY-1617"
    category = Category.BUSY
    en = Told(
        "a receiver answers slowly",
        "{depth} messages wait for it",
        "ask the receiver's maker, or give the destination more lanes",
    )
    zh = Told("接收方应答缓慢", "有 {depth} 条消息在等待", "联系接收方厂商，或为目的端增加通路")


class Overloaded(LianyiError):
    """More arrives for a destination than it takes."""

    code = "LY-1618"
    category = Category.BUSY
    en = Told(
        "more arrives than the destination takes",
        "{depth} messages wait for it",
        "give the destination more lanes, or filter what it does not need",
    )
    zh = Told(
        "到达速度超过目的端处理能力", "有 {depth} 条消息在等待", "增加通路，或过滤不需要的消息"
    )
