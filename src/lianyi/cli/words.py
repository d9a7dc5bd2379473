"""The words for states, as the console shows them."""

from __future__ import annotations

from lianyi.cli.common import in_words

CHINESE = {
    # of a channel
    "running": "运行中",
    "stopped": "已停止",
    "faulty": "有故障",
    "retired": "已撤下",
    # of a destination
    "flowing": "畅通",
    "idle": "空闲",
    "slow": "接收方慢",
    "down": "接收方停机",
    "poison": "毒消息",
    "overloaded": "过载",
    # of a delivery
    "delivered": "已送达",
    "waiting": "等待重试",
    "parked": "待处理",
    "behind": "在待处理之后",
    "filtered": "不需投递",
    "queued": "排队中",
    "dismissed": "已放弃",
    "held": "暂挂",
    # of an attempt
    "refused": "被拒绝",
    "no_answer": "无应答",
    "cannot_transform": "无法转换",
    # of the validation
    "accept": "通过",
    "warn": "通过，有警告",
    "hold": "暂挂",
    # of a replay
    "stopping": "正在停止",
    "finished": "已完成",
}


def word(state: str) -> str:
    """Return a state in the reader's language; in English as the API calls it."""
    return in_words(CHINESE.get(state, state), state.replace("_", " "))
