"""What can be wrong with a mapping, or with what it maps."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class BadMapping(LianyiError):
    """A file that should map tables to a fact does not."""

    code = "LY-2430"
    category = Category.INVALID
    en = Told("cannot use this mapping", "{why}", "correct the file; the other mappings go on")
    zh = Told("映射文件不可用", "{why_zh}", "改正该文件；其他映射不受影响")


class BadTerm(LianyiError):
    """What stands for a column cannot be read."""

    code = "LY-2431"
    category = Category.INVALID
    en = Told("cannot understand this expression", "{why}", "correct the text at this place")
    zh = Told("无法理解该表达式", "{why_zh}", "在所指位置改正")


class NotInLake(LianyiError):
    """A mapping names a table of which the lake has nothing yet."""

    code = "LY-2432"
    category = Category.UNAVAILABLE
    en = Told(
        "the lake does not have this table",
        "nothing has come of it; the nearest known one is '{nearest}'",
        "let its channel run, or correct the name of the table",
    )
    zh = Told(
        "数据湖中没有该表",
        "尚未收到其任何数据；最接近的已知表是“{nearest}”",
        "启动其通道，或改正表名",
    )


class RowsMultiplied(LianyiError):
    """A table that is looked up has several rows for one key: the join would multiply rows."""

    code = "LY-2433"
    category = Category.CONFLICT
    en = Told(
        "a lookup would multiply rows",
        "{count} keys stand in it more than once",
        "look up by the whole key of that table, or have it cleaned at the source",
    )
    zh = Told(
        "查找表会使行数增多",
        "其中有 {count} 个键不唯一",
        "按该表的完整主键查找，或由来源系统清理",
    )


class DoesNotAddUp(LianyiError):
    """Rows of the lake are neither in the fact nor set aside: a fault of ours."""

    code = "LY-2434"
    category = Category.INTERNAL
    en = Told(
        "the rows of a mapping do not add up",
        "{lake} rows in the lake, {accounted} accounted for",
        "build again; report it with the place when it stays",
    )
    zh = Told(
        "映射的行数对不上",
        "数据湖有 {lake} 行，能说明去向的有 {accounted} 行",
        "重新生成；如仍然如此，请连同位置报告平台管理员",
    )


class NoSuchMapping(LianyiError):
    """Nobody maps this fact of this source."""

    code = "LY-2435"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such mapping",
        "no file maps it; the nearest known one is '{nearest}'",
        "correct the name, or write the file",
    )
    zh = Told(
        "没有该映射", "没有文件映射它；最接近的已知映射是“{nearest}”", "改正名称，或编写该文件"
    )


class BuildingAlready(LianyiError):
    """Another process builds the star from the tables at this moment."""

    code = "LY-2436"
    category = Category.BUSY
    en = Told("the star is being built already", "another process is at it", "wait, and try again")
    zh = Told("正在生成运营数据", "另一进程正在进行", "稍后再试")


class BuildBroken(LianyiError):
    """DuckDB, or the disk, did not do what making a fact needs."""

    code = "LY-2437"
    category = Category.UNAVAILABLE
    en = Told(
        "a fact could not be made of its tables",
        "{why}",
        "look at the room on the disk and at memory_megabytes in [mapping]; what was there before "
        "still stands, and it is tried again",
    )
    zh = Told(
        "未能由数据表生成运营数据",
        "{why}",
        "检查磁盘空间和 [mapping] 的 memory_megabytes；原有数据保持不变，稍后会自动重试",
    )


def reasons(error: LianyiError) -> dict[str, str]:
    """Return why, in both languages, to raise another error with."""
    return {name: str(error.facts.get(name, "")) for name in ("why", "why_zh")}
