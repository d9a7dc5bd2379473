"""What can be wrong with an indicator."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class BadIndicator(LianyiError):
    """A file that should define an indicator does not."""

    code = "LY-2500"
    category = Category.INVALID
    en = Told("cannot use this indicator", "{why}", "correct the file; the other indicators go on")
    zh = Told("指标定义不可用", "{why_zh}", "改正该文件；其他指标不受影响")


class BadPredicate(LianyiError):
    """What an indicator counts is not said in words that the facts know."""

    code = "LY-2501"
    category = Category.INVALID
    en = Told("cannot understand this condition", "{why}", "correct the condition at this place")
    zh = Told("无法理解该条件", "{why_zh}", "在所指位置改正条件")


class NoSuchIndicator(LianyiError):
    """Nobody has defined an indicator of this code."""

    code = "LY-2502"
    category = Category.NOT_FOUND
    en = Told("there is no such indicator", "{why}", "choose one of the list of indicators")
    zh = Told("没有这一指标", "{why_zh}", "请从指标列表中选择")


class UnreadablePeriod(LianyiError):
    """A period is no month, quarter, year or range of months."""

    code = "LY-2503"
    category = Category.INVALID
    en = Told(
        "cannot read this period",
        "{why}",
        "write a month (2026-03), a quarter (2026Q1), a year (2026) or months (2026-01..2026-03)",
    )
    zh = Told(
        "无法识别统计期间",
        "{why_zh}",
        "请写月份（2026-03）、季度（2026Q1）、年份（2026）或月份区间（2026-01..2026-03）",
    )


class NothingInSight(LianyiError):
    """Nothing of what is asked for lies where whoever asks may see it."""

    code = "LY-2504"
    category = Category.FORBIDDEN
    en = Told(
        "you may not see these figures",
        "none of your roles reaches this place, or there is no such place",
        "choose a hospital or department that is yours, or ask for a role there",
    )
    zh = Told(
        "您无权查看这些数据",
        "您的角色不覆盖该机构或科室，或该机构、科室不存在",
        "请选择您有权查看的医院或科室，或申请该处的角色",
    )


class NotCounted(LianyiError):
    """A caliber is entered by form, or cannot be had, so there are no rows behind it."""

    code = "LY-2505"
    category = Category.CONFLICT
    en = Told("there are no rows behind this figure", "{why}", "choose another caliber")
    zh = Told("该数据没有可查看的明细", "{why_zh}", "请选择其他口径")


class NoStar(LianyiError):
    """The rows that are counted cannot be read just now, or there are none at all."""

    code = "LY-2506"
    category = Category.UNAVAILABLE
    en = Told("there is nothing to count", "{why}", "wait until operations data have come in")
    zh = Told("尚无可统计的数据", "{why_zh}", "请等待运营数据到达后重试")


class TooMuchAtOnce(LianyiError):
    """More indicators, months or rows are asked for than are given at a time."""

    code = "LY-2507"
    category = Category.INVALID
    en = Told("this is too much at once", "{why}", "ask for less, in several questions")
    zh = Told("一次请求的内容过多", "{why_zh}", "请减少内容，分多次查询")


class BadBoard(LianyiError):
    """A board does not exist, or its file cannot be used."""

    code = "LY-2508"
    category = Category.INVALID
    en = Told("cannot show this board", "{why}", "choose another board, or correct its file")
    zh = Told("无法显示该看板", "{why_zh}", "请选择其他看板，或改正看板文件")


class OutOfSight(LianyiError):
    """Something was counted that whoever asks may not see. A mistake of ours; nothing is shown."""

    code = "LY-2509"
    category = Category.INTERNAL
    en = Told(
        "the answer was held back",
        "it holds something outside of your reach",
        "report this with the time and the code",
    )
    zh = Told("答复已被拦截", "其中含有超出您权限范围的内容", "请把时间和错误码报告给平台管理员")


class CountingTooBig(LianyiError):
    """The question needs more memory than the installation gives to counting."""

    code = "LY-2510"
    category = Category.UNAVAILABLE
    en = Told(
        "this question needs too much memory",
        "counting may use what [indicators] memory_mb says",
        "ask for fewer months or indicators, or let the administrator raise memory_mb",
    )
    zh = Told(
        "该查询需要的内存过多",
        "统计所用内存不得超过 [indicators] memory_mb",
        "请减少月份或指标，或请管理员调高 memory_mb",
    )


class NoSuchSplit(LianyiError):
    """Rows cannot be divided, or narrowed, in the way that was asked for."""

    code = "LY-2571"
    category = Category.INVALID
    en = Told(
        "cannot divide the figure like this", "{why}", "choose one of the ways that are offered"
    )
    zh = Told("不能这样拆分该数值", "{why_zh}", "请从提供的拆分方式中选择")


class BadSlice(LianyiError):
    """Figures cannot be narrowed or put together as it was asked."""

    code = "LY-2546"
    category = Category.INVALID
    en = Told(
        "cannot cut figures so",
        "{why}",
        "choose one of the columns and values that the answer of an exploration lists",
    )
    zh = Told("不能这样筛选或分组", "{why_zh}", "请从自助分析列出的分组列和取值中选择")


class NoSpark(LianyiError):
    """Figures are to be counted with Spark, and its package is not installed."""

    code = "LY-2511"
    category = Category.INTERNAL
    en = Told(
        "cannot count with Spark",
        "the Python package pyspark is not installed beside Lianyi",
        "pip install --require-hashes -r requirements/spark.lock, or set [indicators] engine to"
        " duckdb",
    )
    zh = Told(
        "无法使用 Spark 统计",
        "未在联医的环境中安装 Python 包 pyspark",
        "请执行 pip install --require-hashes -r requirements/spark.lock，"
        "或将 [indicators] engine 改为 duckdb",
    )


class NoJava(LianyiError):
    """Figures are to be counted with Spark, and the machine has no Java."""

    code = "LY-2512"
    category = Category.INTERNAL
    en = Told(
        "cannot count with Spark",
        "there is no Java: none at JAVA_HOME, or no command java",
        "install a Java 17 or newer (Debian: default-jre-headless), or set [indicators] engine to"
        " duckdb",
    )
    zh = Told(
        "无法使用 Spark 统计",
        "没有 Java：JAVA_HOME 处没有，或没有命令 java",
        "请安装 Java 17 或更高版本（Debian：default-jre-headless），"
        "或将 [indicators] engine 改为 duckdb",
    )


class SparkFailed(LianyiError):
    """Spark did not start, did not answer, or refused the question."""

    code = "LY-2513"
    category = Category.UNAVAILABLE
    en = Told(
        "Spark could not answer",
        "{why}",
        "look whether [indicators] spark_master is up and sees the folder of the star",
    )
    zh = Told(
        "Spark 未能答复",
        "{why_zh}",
        "请检查 [indicators] spark_master 是否在运行，并且能读取运营数据目录",
    )
