"""Why something about encounters cannot be learned or told."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class UnreadableEncounter(LianyiError):
    """A message does not say whose encounter it is about, or says it in a way nobody can keep."""

    code = "LY-2080"
    category = Category.INVALID
    en = Told(
        "cannot read whose encounter this is about",
        "{why}",
        "let the sender fill the field, and send the message again",
    )
    zh = Told("无法读出这是谁的就诊", "{why_zh}", "让发送方填写该字段后重新发送")
