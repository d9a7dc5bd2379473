"""What can go wrong with models, in words."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class AlreadyTraining(LianyiError):
    """A model is being trained already."""

    code = "LY-2150"
    category = Category.CONFLICT
    en = Told(
        "a model is being trained already",
        "{actor} began it and it is not done",
        "wait for its proposal; it takes minutes at most",
    )
    zh = Told("正在训练模型", "由 {actor} 发起，尚未完成", "请等待其完成，通常只需几分钟")


class TrainingEnded(LianyiError):
    """Training was ended before it was done."""

    code = "LY-2152"
    category = Category.UNAVAILABLE
    en = Told(
        "the training was ended before it was done",
        "it took longer than {minutes} minutes, or the platform was stopped",
        "train again when the platform has less to do; nothing was changed",
    )
    zh = Told(
        "模型训练未完成即终止",
        "用时超过 {minutes} 分钟，或平台已停止",
        "请在平台空闲时重新训练；未作任何更改",
    )


class NoSuchModel(LianyiError):
    """No proposal, or no model, stands at a position."""

    code = "LY-2153"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such matching model",
        "no proposal and no earlier model stands at this position",
        "take the position from the list of models",
    )
    zh = Told("没有该匹配模型", "该位置没有模型提案或历史模型", "请从模型列表中选择")


class OwnProposal(LianyiError):
    """Who proposed a model wants to put it in force."""

    code = "LY-2154"
    category = Category.FORBIDDEN
    en = Told(
        "nobody puts his own proposal in force",
        "this model was proposed by you, and it takes two people",
        "let somebody else who maintains models look at it and put it in force",
    )
    zh = Told(
        "不能启用自己提出的模型",
        "该模型由您提出，启用须由另一人决定",
        "请由另一位有权人员审阅并启用",
    )
