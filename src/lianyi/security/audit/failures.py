"""What can be wrong with questions over the audit trail and with its exports."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NoSuchAct(LianyiError):
    """There is no act at a position, or it is none of the asker's business."""

    code = "LY-1871"
    category = Category.NOT_FOUND
    en = Told("there is no such act", "no act stands at this position", "check the position")
    zh = Told("没有这条审计记录", "该位点没有审计记录", "请核对位点")


class BroadKind(LianyiError):
    """A kind that begins with a star would look through everything."""

    code = "LY-1872"
    category = Category.INVALID
    en = Told(
        "this kind is too broad",
        "a kind begins with a letter, and may have * further on",
        "write 'access.*', or leave the kind out",
    )
    zh = Told("操作类型过于宽泛", "操作类型须以字母开头，其后可用 *", "写成 access.*，或不填")


class TooManyActs(LianyiError):
    """An export of more than one file can sensibly hold."""

    code = "LY-1873"
    category = Category.INVALID
    en = Told(
        "these are too many acts for one export",
        "one export holds at most {most}",
        "choose a shorter time, and export several times",
    )
    zh = Told("导出的审计记录过多", "一次最多导出 {most} 条", "缩短时间范围，分多次导出")


class BrokenExport(LianyiError):
    """An export is not what was signed, or is none."""

    code = "LY-1874"
    category = Category.INVALID
    en = Told(
        "this is no genuine export of the audit trail",
        "{why}",
        "ask for the file again at its source, and compare the public key",
    )
    zh = Told("审计导出文件未通过验证", "{why_zh}", "请向来源重新索取文件，并核对公钥")
