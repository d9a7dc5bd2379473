"""What can go wrong with files, besides what can go wrong with every connector."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class FolderUnusable(LianyiError):
    """The watched folder cannot be read or written any more. It is tried again."""

    code = "LY-1130"
    category = Category.UNAVAILABLE
    en = Told(
        "cannot use the folder", "{why}", "check the share and its permissions; it is tried again"
    )
    zh = Told("文件夹不可用", "{why}", "检查共享目录及其权限；平台会自动重试")


class LinkRefused(LianyiError):
    """A symbolic link lay in the folder; what it points to is not the sender's to give."""

    code = "LY-1131"
    category = Category.FORBIDDEN
    en = Told("refused a file", "it is a symbolic link", "put the file itself into the folder")
    zh = Told("拒绝了一个文件", "它是符号链接", "请把文件本身放入文件夹")


class FileRefused(LianyiError):
    """The channel did not take the message in a file."""

    code = "LY-1132"
    category = Category.INVALID
    en = Told(
        "the message in this file was not taken",
        "the channel refused it ({category}); what it said, if anything, follows below",
        "correct the file and put it into the folder again",
    )
    zh = Told(
        "该文件中的消息未被接收",
        "通道拒绝了它（{category}）；通道的答复（如有）见下文",
        "改正文件后重新放入文件夹",
    )


class FileUnreadable(LianyiError):
    """A file is there but cannot be read."""

    code = "LY-1133"
    category = Category.INVALID
    en = Told(
        "cannot read a file", "{why}", "give the platform the right to read what the sender writes"
    )
    zh = Told("无法读取文件", "{why}", "为平台授予读取发送方文件的权限")


class FileExists(LianyiError):
    """Another file has the name already. It is not overwritten."""

    code = "LY-1134"
    category = Category.CONFLICT
    en = Told(
        "did not write a file",
        "another file with this name and other content is there",
        "remove or rename the file that is there, then send again",
    )
    zh = Told(
        "未写入文件",
        "已有同名但内容不同的文件",
        "移走或重命名已有文件后重新发送",
    )
