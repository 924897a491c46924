"""Start pictures: what a lab's pair can look like when a rehearsal begins. Each is reached by the statements and
commands by which people reach it, and none of them waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hisops.errors import CheckFailed, UsageProblem
from hisops.lab import autostart, backed_up, pair, redo
from hisops.lab.hand import Hand
from hisops.lab.inventory import install
from hisops.lab.layout import LIS_HOST, PRIMARY_HOST, Layout
from hisops.lab.patches import RU_1926, RU_1927
from hisops.lab.psu import PSU_190716
from hisops.lab.seed_lis import NAME as LIS
from hisops.lab.state import LAB, Store
from hisops.lab.tools.dgmgrl import edit, roles
from hisops.lab.tools.sqlplus.catbundle import Catbundle
from hisops.model.text import Text

PICTURES: dict[str, Text] = {
    "broker": Text(zh="broker 配置已启用,一切正常", en="The broker's configuration is enabled, all is well"),
    "failed-over": Text(
        zh="用 SQL 故障切换后:his_dr 是主库并已打开,his 已关闭、控制文件中仍是主库,无 broker",
        en="After a failover by SQL: his_dr is the primary and open, his is down and still primary in its control file",
    ),
    "failed-over-drill": Text(
        zh="用 SQL 做完故障切换演练后:同 failed-over，旧主库的监听器也已停止，oratab 标志为 N",
        en="After a failover drill by SQL: as failed-over, the old primary's listener is down, too, and oratab says N",
    ),
    "failed-over-broker": Text(
        zh="由 broker 故障切换后:his 为 (disabled),需恢复(ORA-16661)",
        en="After a failover by the broker: his is (disabled) and needs to be reinstated (ORA-16661)",
    ),
    "switched": Text(
        zh="用 SQL 正常切换后:his_dr 是主库,his 是备库且日志已应用,无 broker",
        en="After a clean switchover by SQL: his_dr is the primary, his its standby, redo is applied",
    ),
    "switched-broker": Text(
        zh="由 broker 正常切换后:his_dr 是主库,his 是备库",
        en="After a clean switchover by the broker: his_dr is the primary, his its standby",
    ),
    "patched": Text(
        zh="两库的主目录都已打补丁(19.27),数据字典部分已写入", en="Both homes and the dictionary hold the patch (19.27)"
    ),
    "backed-up": Text(
        zh="his 已全备,副本与清单在 NAS 上", en="his was backed up in full; copies and manifest are on the storage"
    ),
    "backed-up-lis": Text(
        zh="lis 已全备,副本与清单在 NAS 上", en="lis was backed up in full; copies and manifest are on the storage"
    ),
    "mistake": Text(
        zh="his 已全备;之后有人误删了数据,其后的归档日志也已复制到 NAS。lab/*.time 是误删前后的时刻",
        en="his was backed up, then somebody deleted rows; later logs were copied, too (moments: lab/*.time)",
    ),
    "patched-lis": Text(
        zh="lis 的主目录与数据字典都已装 PSU 11.2.0.4.190716", en="Home and dictionary of lis hold PSU 11.2.0.4.190716"
    ),
}
_AGO = 600
"""Seconds since the broker's last change: long enough for its members to have settled."""
_CANCEL = "alter database recover managed standby database cancel"
_APPLY = "alter database recover managed standby database disconnect"
_PDBS = ("alter pluggable database all open", "alter pluggable database all save state")


def check_name(name: str) -> str:
    """Return `name` if it is a picture that the lab knows."""
    if name not in PICTURES:
        raise UsageProblem(
            "HIS-7006",
            'The lab knows no start picture "{name}".',
            "Choose one of: {known}.",
            name=name,
            known=", ".join(PICTURES),
        )
    return name


def put_up(layout: Layout, name: str) -> None:
    """Bring a lab that is as it starts into a picture."""
    _refuse_other_starts(Store(layout.state), check_name(name))
    hand = Hand(layout)
    _STEPS[name](hand)
    _let_time_pass(hand.store)
    with hand.store.change(LAB) as lab:
        lab["picture"] = name


def _refuse_other_starts(store: Store, name: str) -> None:
    lab, his, his_dr = store.read(LAB), store.read("his"), store.read("his_dr")
    fresh = (
        not lab["picture"]
        and (his["role"], his["open_mode"]) == (redo.PRIMARY, "READ WRITE")
        and (his_dr["role"], his_dr["open_mode"]) == (redo.STANDBY, "READ ONLY WITH APPLY")
        and redo.flows(his_dr)
        and not his["broker"]["enabled"]
    )
    if not fresh:
        raise CheckFailed(
            "HIS-7007", "The lab's databases are not as they start, so {name} cannot be made of them.",
            "Run hisops lab reset first.", name=name,
        )  # fmt: skip


def _let_time_pass(store: Store) -> None:
    with pair.changing(store, "his") as states:
        for state in states:
            state["broker"]["changed"] = max(0.0, state["broker"]["changed"] - _AGO)


def _broker(hand: Hand) -> None:
    edit.configuration(hand.broker("his"), on=True)


def _failed_over(hand: Hand) -> None:
    hand.abort("his")
    hand.sql("his_dr", _CANCEL, "alter database failover to his_dr", "alter database open", *_PDBS)


def _failed_over_drill(hand: Hand) -> None:
    _failed_over(hand)
    with pair.changing(hand.store, "his") as (state, _):
        state["listener"].update(up=False)
        autostart.mark(hand.layout, state, "N")


def _failed_over_broker(hand: Hand) -> None:
    _broker(hand)
    hand.abort("his")
    roles.failover(hand.broker("his_dr"), "his_dr", immediate=False)
    hand.sql("his_dr", *_PDBS)


def _switched(hand: Hand) -> None:
    hand.sql("his", "alter database switchover to his_dr")
    hand.sql("his_dr", "alter database open", *_PDBS)
    hand.start("his", "open")
    hand.sql("his", _APPLY)


def _switched_broker(hand: Hand) -> None:
    _broker(hand)
    roles.switchover(hand.broker("his_dr"), "his_dr")
    hand.sql("his_dr", *_PDBS)


def _patched(hand: Hand) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    install(hand.layout.machine(PRIMARY_HOST).oracle_home, RU_1927, yesterday, keep=True)
    new = {
        "patch_id": int(RU_1927.id),
        "patch_uid": int(RU_1927.uid),
        "description": RU_1927.description,
        "source_version": RU_1926.version,
        "target_version": RU_1927.version,
        "target_build": RU_1927.build,
        "action_time": yesterday.isoformat(),
    }
    with hand.store.change("his") as state:
        state["version"] = RU_1927.version
        state["sqlpatch"] += [row | new for row in state["sqlpatch"]]


def _patched_lis(hand: Hand) -> None:
    install(hand.layout.machine(LIS_HOST).oracle_home, PSU_190716, datetime.now(UTC) - timedelta(days=1), keep=True)
    state = hand.store.read(LIS)
    Catbundle(hand, LIS, state, "PSU", silent=True, say=hand.out, failed=lambda code: None).run("APPLY")


_STEPS: dict[str, Callable[[Hand], None]] = {
    "broker": _broker,
    "failed-over": _failed_over,
    "failed-over-drill": _failed_over_drill,
    "failed-over-broker": _failed_over_broker,
    "switched": _switched,
    "switched-broker": _switched_broker,
    "patched": _patched,
    "patched-lis": _patched_lis,
    "backed-up": backed_up.back_up,
    "backed-up-lis": backed_up.back_up_lis,
    "mistake": backed_up.mistake,
}
