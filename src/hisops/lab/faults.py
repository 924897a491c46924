"""What can be made to go wrong, by name. `link-drop@datapatch` narrows a fault to one tool."""

from __future__ import annotations

from hisops.errors import UsageProblem
from hisops.lab.state import LAB, Store
from hisops.model.text import Text

FAULTS: dict[str, Text] = {
    "conflict": Text(
        zh="home 中已装的单个补丁与要安装的补丁冲突",
        en="An interim patch in the home conflicts with the patch to be installed",
    ),
    "opatch-too-old": Text(
        zh="home 中的 OPatch 版本低于补丁的要求", en="The OPatch of the home is older than patches require"
    ),
    "standby-behind": Text(zh="备库的 home 没有该补丁", en="The standby's home lacks the patch"),
    "standby-lag": Text(zh="备库的日志传输与应用落后 90 分钟", en="The standby is 90 minutes behind its primary"),
    "gap": Text(
        zh="两个归档日志未到达备库,主库上也已被移走",
        en="Two archived logs never reached the standby, and the primary has them no more",
    ),
    "logs-copied": Text(
        zh="有人把缺失的归档日志拷贝到了备库主机的 u01/backup/archived-logs",
        en="Somebody has copied the logs of the gap to u01/backup/archived-logs of the standby's host",
    ),
    "roll-forward-fails": Text(
        zh="RMAN 经网络前滚备库到一半时与主库断开(一次)",
        en="RMAN loses the primary in the middle of rolling the standby forward over the network (once)",
    ),
    "flashback-off": Text(zh="两侧数据库都关闭了闪回", en="Flashback Database is off on both sides"),
    "insufficient-srls": Text(
        zh="备库重做日志组比要求少一组", en="There is one group of standby redo logs too few on both sides"
    ),
    "broker-dies-half-way": Text(
        zh="切换进行到一半时 broker 失去响应,两侧都成为备库(一次)",
        en="The broker ceases to answer in the middle of the next switchover: both databases are standbys (once)",
    ),
    "apply-dies-half-way": Text(
        zh="broker 切换进行到一半时备库的恢复进程终止,日志末尾未应用,两侧都成为备库(一次)",
        en="Redo apply dies in the middle of the next switchover by the broker, before the end of redo is applied: "
        "both databases are standbys (once)",
    ),
    "password-by-slash": Text(
        zh="dgmgrl 没有另一侧可用的口令(如同用 / 登录),重启旧主库时报 ORA-01017",
        en="dgmgrl has no password for the other side, as if started with /: ORA-01017 at the old primary's restart",
    ),
    "old-primary-returns": Text(
        zh="故障切换之后旧主库所在主机恢复,oratab 为 :Y 时自行启动(一次)",
        en="After a failover the old primary's host is back: dbstart starts what oratab says (once)",
    ),
    "no-autostart": Text(
        zh="两台主机的 oratab 标志都是 N(dbca 的默认值),主机重启后什么都不自行启动",
        en="oratab says N on both hosts, as dbca writes it: nothing starts by itself at boot, no listener either",
    ),
    "primary-lost": Text(
        zh="主库突然失去:实例和监听器都停止,不再应答",
        en="The primary is gone of a sudden: its instance and its listener are down and answer nobody",
    ),
    "primary-host-lost": Text(
        zh="主库主机突然失去:SSH 和监听器都不再应答",
        en="The primary's host is gone of a sudden: neither SSH nor its listener answers",
    ),
    "observer-lost": Text(
        zh="快速故障切换已启用,但失去了观察者",
        en="Fast-start failover is enabled, but its observer is no longer heard of",
    ),
    "node-evicted": Text(zh="集群的第二个节点被驱逐", en="The second node of the cluster has been evicted"),
    "crs-stuck": Text(
        zh="集群件启动后停在中途,一直报 CRS-4535",
        en="The clusterware of a node stops half way up, and goes on saying CRS-4535",
    ),
    "stop-stuck": Text(
        zh="crsctl stop crs 有一个资源停不下来(CRS-2675)", en="One resource does not stop in crsctl stop crs (CRS-2675)"
    ),
    "service-stuck": Text(
        zh="迁移服务时已在原实例停止,却未能在新实例启动",
        en="A service that is relocated has left its instance, but does not start on the other",
    ),
    "slow-mount": Text(zh="数据库装载需要三分钟", en="Mounting a database takes three minutes"),
    "tablespace-full": Text(zh="一个表空间几乎用尽", en="A tablespace is nearly full"),
    "failed-job": Text(zh="一个定时作业昨夜失败", en="A scheduled job failed last night"),
    "internal-error": Text(
        zh="告警日志中出现一个内部错误(ORA-00600)", en="An internal error (ORA-00600) is written into the alert logs"
    ),
    "disk-full": Text(zh="home 所在文件系统几乎没有空间", en="The file system of the home has hardly any space left"),
    "disk-full-apply": Text(zh="opatch apply 复制文件时空间耗尽", en="Space runs out while opatch apply copies files"),
    "smoke-red": Text(zh="业务冒烟测试有一项失败", en="One check of the smoke test fails"),
    "active-executables": Text(
        zh="停库之后仍有进程占用 home", en="A process goes on using the home after the database was stopped"
    ),
    "backup-fails-late": Text(
        zh="RMAN 备份中途报错,之后仍打印 Finished backup",
        en="RMAN prints an error stack in the middle of a backup, and then Finished backup",
    ),
    "missing-piece": Text(
        zh="最新数据文件备份的一个备份片(连同 NAS 上的副本)从磁盘上消失;尚无备份时在下次备份之后消失",
        en="A piece of the newest backup of data files is gone from disk, and its copy; else one of the next backup",
    ),
    "corrupt-piece": Text(
        zh="最新数据文件备份的一个备份片(连同 NAS 上的副本)被改了一个字节",
        en="One byte of a piece of the newest backup of data files was changed, and of its copy",
    ),
    "corrupt-block": Text(
        zh="一个数据文件的一个块在磁盘上被改了一个字节",
        en="One byte of a block of a data file has been flipped on disk",
    ),
    "nologging-block": Text(
        zh="一个块由 NOLOGGING 操作写入,被标记为损坏(文件状态仍为 OK)",
        en="A block was written by a NOLOGGING operation and is marked corrupt, in a file that is OK otherwise",
    ),
    "expired-log": Text(
        zh="一个归档日志已从磁盘上消失,控制文件仍认为它在",
        en="An archived log is gone from disk, while the control file takes it to be there",
    ),
    "fra-full": Text(zh="快速恢复区已满", en="The fast recovery area is full"),
    "wallet-closed": Text(zh="备份须加密,但钱包没有打开", en="Backups are to be encrypted, and the wallet is not open"),
    "wrong-incarnation": Text(
        zh="备份之后生产库曾以 RESETLOGS 打开:控制文件属于更新的化身(incarnation)",
        en="Production was opened with RESETLOGS after its backups: its control file is of a later incarnation",
    ),
    "datapatch-errors": Text(
        zh="datapatch 在一个 PDB 中报错", en="datapatch ends with errors in one pluggable database"
    ),
    "pdb-mounted": Text(
        zh="一个 PDB 处于 MOUNTED 状态,datapatch 会跳过它",
        en="One pluggable database is MOUNTED, so that datapatch skips it",
    ),
    "pdb-read-only": Text(zh="一个 PDB 以只读方式打开", en="One pluggable database is open read only"),
    "link-drop": Text(
        zh="长命令执行到一半时所有 SSH 连接断开(一次)",
        en="All SSH connections are cut in the middle of the next long command (once)",
    ),
    "host-reboot": Text(
        zh="opatch apply 执行到一半时主机重启(一次)",
        en="The host restarts in the middle of the next opatch apply (once)",
    ),
    "chinese-output": Text(zh="工具输出中文,部分为 GBK 乱码", en="The tools answer in Chinese, partly in GBK bytes"),
    "profile-noise": Text(zh="登录脚本打印横幅和 stty 错误", en="Login scripts print a banner and errors of stty"),
    "catbundle-swallows": Text(
        zh="catbundle.sql 遇到异常后自行吞掉:补丁未装入数据字典,退出码仍为 0(11.2)",
        en="catbundle.sql catches an exception: the dictionary holds no patch, and it exits with 0 all the same (11.2)",
    ),
    "linker-warnings": Text(
        zh="较新的链接器让 opatch 以 OPatch completed with warnings. 结束(11.2)",
        en="A newer linker has opatch end with OPatch completed with warnings. (11.2)",
    ),
    "scratch-is-production": Text(
        zh="恢复演练主机其实是生产主机:his-rt1 的 hostname 应答 his-db1",
        en="The scratch host is production: hostname on his-rt1 answers his-db1",
    ),
    "truncated-dump": Text(
        zh="下一次导出正常结束后转储文件丢失了末尾(一次)",
        en="The next dump loses its end after the export has ended well (once)",
    ),
    "skipped-tables": Text(
        zh="UNDO 不足,导出跳过一张表(ORA-01555)",
        en="Undo does not reach back far enough: exports skip a table (ORA-01555)",
    ),
    "charset-mismatch": Text(
        zh="19c 库的字符集是 WE8MSWIN1252,存不下中文",
        en="The character set of the 19c database is WE8MSWIN1252, which holds no Chinese",
    ),
    "slow": Text(zh="所有命令都变慢", en="Every command takes longer"),
}


_ROLES = ("switchover", "failover", "reinstate")
_CLUSTER = ("relocate", "stop-instance", "start-instance", "stop-crs", "start-crs")
_LONG = (
    "opatch",
    "opatch-rollback",
    "rman",
    "datapatch",
    "startup",
    "shutdown",
    "utlrp",
    "catbundle",
    "export",
    "import",
    *_ROLES,
    *_CLUSTER,
    "any",
)
STRIKES = {
    "link-drop": frozenset({*_LONG, "exec"}),
    "host-reboot": frozenset(_LONG),
    "node-evicted": frozenset(_CLUSTER),
}
"""What a fault can strike in the middle of: a long part of a tool, `any` of them, or the next command (`exec`)."""


def check_name(name: str) -> str:
    """Return `name` if it is a fault that the lab knows, and can strike where it is told to."""
    fault, narrowed, where = name.partition("@")
    if fault not in FAULTS or (narrowed and where not in STRIKES.get(fault, ())):
        raise UsageProblem(
            "HIS-7001",
            'The lab knows no fault "{name}".',
            "Choose one of: {known}.",
            name=name,
            known=", ".join(FAULTS),
        )
    return name


def arm(store: Store, name: str, on: bool) -> None:
    """Switch the fault `name` on or off; off also takes its narrowed forms."""
    check_name(name)
    with store.change(LAB) as lab:
        armed = set(lab["faults"])
        armed = armed | {name} if on else {other for other in armed if name not in (other, other.partition("@")[0])}
        lab["faults"] = sorted(armed)
