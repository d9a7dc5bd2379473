"""What can go wrong when numbers are explained, carried on or compared."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NothingToExplain(LianyiError):
    """One of two periods has no value, so there is no change that could be divided."""

    code = "LY-2570"
    category = Category.CONFLICT
    en = Told("there is no change to explain", "{why}", "choose another period or another caliber")
    zh = Told("没有可解释的变化", "{why_zh}", "请选择其他统计期或其他口径")


class CannotForecast(LianyiError):
    """A series is too short, does not vary or has gaps: nothing honest can be said of it."""

    code = "LY-2572"
    category = Category.CONFLICT
    en = Told(
        "this series cannot be forecast",
        "{why}",
        "wait until more data have come, or choose a wider place or another indicator",
    )
    zh = Told("该序列不能预测", "{why_zh}", "请等待更多数据，或选择更大的范围、其他指标")


class BadTopic(LianyiError):
    """A topic does not exist, or its file cannot be used."""

    code = "LY-2573"
    category = Category.INVALID
    en = Told("cannot show this topic", "{why}", "choose another topic, or correct its file")
    zh = Told("无法显示该专题", "{why_zh}", "请选择其他专题，或改正专题文件")


class TooFewPeers(LianyiError):
    """So few others would be compared with that each could be told from the rest."""

    code = "LY-2574"
    category = Category.CONFLICT
    en = Told(
        "there are too few to compare with",
        "{count} others have a value; at least {least} are needed so that none can be recognised",
        "compare departments instead of hospitals, or a longer period",
    )
    zh = Told(
        "可对标的对象过少",
        "只有 {count} 个其他对象有数值；至少需要 {least} 个，否则可能认出其中某一个",
        "请改为科室间对标，或选择更长的统计期",
    )


class AskedOfNoHospital(LianyiError):
    """Departments are compared within one hospital, and it is not said in which."""

    code = "LY-2575"
    category = Category.INVALID
    en = Told(
        "it is not said in which hospital departments are compared",
        "departments are compared within one hospital",
        "name a hospital, one of those that you may see",
    )
    zh = Told("未指明对标的医院", "科室只在同一医院内对标", "请指定一家您有权查看的医院")
