"""What can go wrong with a database that is asked, besides what can with every connector.

None of these holds a value of a row: keys and watermarks may tell who a patient is.
"""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class DatabaseAway(LianyiError):
    """The database cannot be reached, or went away. It is tried again, ever more slowly."""

    code = "LY-1135"
    category = Category.UNAVAILABLE
    en = Told(
        "cannot reach the source database",
        "{why}",
        "check that it runs and the address is right; reading goes on by itself where it stopped",
    )
    zh = Told(
        "无法连接来源数据库", "{why}", "检查数据库是否在运行、地址是否正确；恢复后会自动从断点继续"
    )


class DatabaseRefuses(LianyiError):
    """The database does not let the account in."""

    code = "LY-1136"
    category = Category.FORBIDDEN
    en = Told(
        "the source database does not let us in",
        "account, password, database name or TLS are not what it asks for ({why})",
        "correct 'account', 'password_file', 'database' or 'tls' of the source; it is tried again",
    )
    zh = Told(
        "来源数据库拒绝登录",
        "账号、密码、库名或 TLS 不符合要求（{why}）",
        "改正来源的 account、password_file、database 或 tls；平台会自动重试",
    )


class PasswordUnreadable(LianyiError):
    """The file with the password cannot be read."""

    code = "LY-1137"
    category = Category.UNAVAILABLE
    en = Told(
        "cannot use the password file", "{why}", "put the password into the file, as one line"
    )
    zh = Told("密码文件不可用", "{why}", "将密码作为一行放入该文件")


class QueryRefused(LianyiError):
    """The database does not understand the query, or does not allow it."""

    code = "LY-1138"
    category = Category.INVALID
    en = Told(
        "the source database refuses the query",
        "{why}; at character {position} of it",
        "correct 'table', 'query' or the rights of the account; it is tried again",
    )
    zh = Told(
        "来源数据库拒绝了查询",
        "{why}；位于查询的第 {position} 个字符",
        "改正 table、query 或账号的权限；平台会自动重试",
    )


class QueryTooSlow(LianyiError):
    """The database did not answer within the time limit."""

    code = "LY-1139"
    category = Category.UNAVAILABLE
    en = Told(
        "the source database takes too long",
        "nothing came within {seconds} s; the query was ended",
        "give the watermark and key an index, or raise 'statement_seconds'; it is tried again",
    )
    zh = Told(
        "来源数据库响应过慢",
        "{seconds} 秒内没有结果，查询已中止",
        "为水位列与主键建索引，或调高 statement_seconds；平台会自动重试",
    )


class ColumnMissing(LianyiError):
    """A column that the settings name is not there."""

    code = "LY-1140"
    category = Category.CONFLICT
    en = Told(
        "a column of the source table is not there",
        "the settings name '{column}'",
        "correct 'key', 'watermark' or 'done_column', or ask the maker what changed",
    )
    zh = Told(
        "来源表缺少列",
        "设置中写有“{column}”",
        "改正 key、watermark 或 done_column，或向厂商询问改动",
    )


class ColumnUnordered(LianyiError):
    """A column cannot say what comes after what."""

    code = "LY-1141"
    category = Category.INVALID
    en = Told(
        "rows cannot be ordered by this column",
        "'{column}' is of type {type}",
        "take a number, a date, a time or a text for 'key' and 'watermark'; an overlap in seconds "
        "needs a time, one that is a count needs a number",
    )
    zh = Told(
        "无法按该列排序",
        "“{column}”的类型是 {type}",
        "key 与 watermark 请使用数字、日期、时间或文本列；overlap_seconds 需要时间列，"
        "overlap_count 需要数字列",
    )


class ColumnsChanged(LianyiError):
    """The table has other columns than before. Reading goes on; the next message says so too."""

    code = "LY-1142"
    category = Category.CONFLICT
    en = Told(
        "the columns of the source table have changed",
        "added: {added}; gone: {removed}; other type: {retyped}",
        "nothing was lost; check whoever reads these rows",
    )
    zh = Told(
        "来源表的列发生了变化",
        "新增：{added}；删除：{removed}；类型改变：{retyped}",
        "数据没有丢失；请检查使用这些行的各方",
    )


class WatermarkBackwards(LianyiError):
    """The highest watermark at the source is below what was read: the table was set back."""

    code = "LY-1143"
    category = Category.CONFLICT
    en = Told(
        "the watermark of the source table runs backwards",
        "its highest value is below the last one that was read; perhaps a backup was restored",
        "rows written since are not read: give the table another 'name' to read it all anew",
    )
    zh = Told(
        "来源表的水位倒退",
        "其最大值小于已读取的值；可能恢复过备份",
        "此后写入的行不会被读取：为该表换一个 name 即可从头重新读取",
    )


class WatermarkNull(LianyiError):
    """Rows without a watermark or key are never read."""

    code = "LY-1144"
    category = Category.INVALID
    en = Told(
        "rows of the source table have no watermark",
        "{rows} rows (counted up to {counted_max}) have NULL in 'watermark' or 'key'",
        "they are not read: ask the maker to fill the column, or choose another or mode full",
    )
    zh = Told(
        "来源表中有行缺少水位",
        "{rows} 行（最多数到 {counted_max}）的 watermark 或 key 为 NULL",
        "这些行不会被读取：请厂商补全该列，或改用其他列或 full 模式",
    )


class RowTooLarge(LianyiError):
    """One row is larger than a message may be. Its table stands still, so that nothing is lost."""

    code = "LY-1145"
    category = Category.INVALID
    en = Told(
        "a row of the source table is too large",
        "it has {bytes} bytes, a message may have {size_limit_bytes}",
        "raise 'size_limit_bytes', or leave the large column out with a 'query'",
    )
    zh = Told(
        "来源表中有一行过大",
        "它有 {bytes} 字节，一条消息最多 {size_limit_bytes} 字节",
        "调高 size_limit_bytes，或用 query 去掉过大的列",
    )


class BatchHeld(LianyiError):
    """The channel did not simply take a batch: it is held for a person. Reading goes on."""

    code = "LY-1146"
    category = Category.INVALID
    en = Told(
        "a batch of rows is held",
        "the channel did not accept it ({category})",
        "look at the held message; it stands in the log",
    )
    zh = Told("一批数据被挂起", "通道没有接受它（{category}）", "查看被挂起的消息；它已在日志中")


class LoadBroken(LianyiError):
    """A load of a whole table did not come to its end. It begins anew."""

    code = "LY-1147"
    category = Category.UNAVAILABLE
    en = Told(
        "a load of the whole table broke off",
        "load {load} has no end message and is not complete",
        "it begins anew by itself",
    )
    zh = Told("全量读取中断", "第 {load} 次读取没有结束消息，不完整", "平台会自动重新开始")


class TypeUnknown(LianyiError):
    """A type is not in the type table; its values are kept as the source writes them."""

    code = "LY-1148"
    category = Category.UNSUPPORTED
    en = Told(
        "a column has a type that nobody knows",
        "'{column}' is of type {type}; its values are kept as text",
        "nothing is lost; tell us the type, so that it enters the table of types",
    )
    zh = Told(
        "有一列的类型未知",
        "“{column}”的类型是 {type}；其值按文本保存",
        "数据没有丢失；请告知该类型，以便加入类型表",
    )
